//! Starts a flow once: which sources, and since when exports of changes are read.

use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::run_worker::RunOptions;

use super::Builder;
use super::node::name_of;
use super::steps::StepKind;
use crate::components::{Dialog, Field, described_by};

/// The time of a field for dates and times, in milliseconds since 1970; the field speaks of this computer's zone.
fn time_of(text: &str) -> Option<i64> {
    let time = js_sys::Date::parse(text);
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds within 53 bits")]
    let whole = time as i64;
    time.is_finite().then_some(whole)
}

/// The dialog.
#[component]
pub(super) fn RunSome() -> impl IntoView {
    let builder = expect_context::<Builder>();
    view! { <Dialog open=builder.run_some title="Run this flow once"><Ask/></Dialog> }
}

#[component]
fn Ask() -> impl IntoView {
    const FROM: &str = "run-from";
    let builder = expect_context::<Builder>();
    let sources: Vec<(Id, String)> = builder.steps.with_untracked(|all| {
        let of = all.iter().filter(|step| step.kind == StepKind::Source);
        of.filter_map(|step| Some((step.resource?, name_of(builder.app, step)))).collect()
    });
    let several = sources.len() > 1;
    let all: Vec<Id> = sources.iter().map(|(id, _)| *id).collect();
    let count = all.len();
    let chosen = RwSignal::new(all);
    let from = RwSignal::new(String::new());
    let none = move || chosen.with(Vec::is_empty);
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let chosen = chosen.get_untracked();
        if chosen.is_empty() {
            return;
        }
        let sources = if chosen.len() == count { Vec::new() } else { chosen };
        let options = RunOptions { sources, start_ms: time_of(&from.get_untracked()), ..RunOptions::default() };
        builder.run_some.set(false);
        builder.app.start_run(builder.doc.id, options);
    };
    view! {
        <form class="dialog-body" on:submit=go>
            {several.then(|| view! {
                <fieldset class="group"><legend>"Sources"</legend>
                    {sources.into_iter().map(|(id, name)| view! {
                        <label class="check"><input type="checkbox" prop:checked=move || chosen.with(|all| all.contains(&id)) on:change=move |event| {
                            let on = event_target_checked(&event);
                            chosen.update(|all| if on { all.push(id) } else { all.retain(|have| *have != id) });
                        }/><span>{name}</span></label>
                    }).collect_view()}
                </fieldset>
            })}
            <Field label="Changes since" name=FROM optional=true help="For sources that read only what changed. Empty: since the last run that completed.">
                <input class="input" id=FROM aria-describedby=described_by(FROM) type="datetime-local" step="1" prop:value=move || from.get() on:input=move |event| from.set(event_target_value(&event))/>
            </Field>
            <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=none title=move || none().then_some("Choose a source.")>"Run flow"</button></footer>
        </form>
    }
}
