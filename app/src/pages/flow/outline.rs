//! The same steps as a list, for narrow screens: with the state, counts and errors that the canvas shows.

use leptos::prelude::*;

use super::Builder;
use super::canvas::EMPTY;
use super::counts::state;
use super::node::{StepIcon, count_words, last_count, name_of, spoken_name};
use super::steps::Step;
use super::wizard::Side;
use crate::components::Icon;
use crate::words;

/// The list.
#[component]
pub(super) fn Outline() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let closed = move || !builder.doc.writable.get();
    let why = move || if closed() { "You may look and run, not change." } else { "" };
    view! {
        <section class="outline narrow-only" aria-label="Steps" prop:inert=move || builder.tool.with(Option::is_some)>
            {move || (builder.doc.view.with(Option::is_some) && builder.steps.with(Vec::is_empty)).then(|| view! { <p class="muted">{EMPTY}</p> })}
            <ul><For each=move || builder.steps.get() key=|step| step.row.clone() let:step><Line step=step/></For></ul>
            <div class="row">
                <button class="button" prop:disabled=closed title=why on:click=move |_| builder.adding.set(Some(Side::Source))><Icon name="plus"/>"Add source"</button>
                <button class="button" prop:disabled=closed title=why on:click=move |_| builder.adding.set(Some(Side::Destination))><Icon name="plus"/>"Add destination"</button>
            </div>
        </section>
    }
}

#[component]
fn Line(step: Step) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let (kind, id) = (step.kind, format!("outline-{}", step.row));
    let step = StoredValue::new(step);
    let name = move || step.with_value(|step| name_of(builder.app, step));
    let counts = move || step.with_value(|step| count_words(builder, step));
    let shown = move || {
        let (run, count) = step.with_value(|step| last_count(builder, step))?;
        Some((state(&run, &count).shown(count.errors), count.errors))
    };
    view! {
        <li><button class="outline-step" id=id aria-label=move || step.with_value(|step| spoken_name(builder, step))
            on:click=move |_| builder.choice.choose(Some(step.with_value(|step| step.row.clone())))>
            <span class="kind" data-kind=kind.key()><StepIcon step=step/></span>
            <span class="grow"><b class="cut">{name}</b><small class="muted">{kind.words()}</small></span>
            {move || shown().map(|((class, icon, word), errors)| view! {
                <span class="outline-state">
                    {if errors > 0 {
                        view! { <span class="badge solid">{words::number(errors)}</span> }.into_any()
                    } else {
                        view! { <span class=format!("status {class}")><Icon name=icon/>{word}</span> }.into_any()
                    }}
                    <small class="muted num">{counts}</small>
                </span>
            })}
            <Icon name="chevron-right" small=true/>
        </button></li>
    }
}
