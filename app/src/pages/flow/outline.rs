//! The same steps as a list: with the state, counts and errors that the canvas shows, and its keys. Narrow screens have it
//! alone; elsewhere somebody chooses it.

use leptos::prelude::*;
use tombolo_model::RowId;

use super::Builder;
use super::canvas::EMPTY;
use super::node::{StepIcon, count_words, counted, name_of, note_of, on_key, spoken_name, with_note};
use super::router::add_branching;
use super::steps::{ROUTERS, Router, Step};
use super::wizard::{Adding, Side};
use crate::components::Icon;
use crate::words;

/// The list.
#[component]
pub(super) fn Outline() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let closed = move || !builder.doc.writable.get();
    let in_a_row =
        move || builder.steps.get().into_iter().filter(|step| !step.list.starts_with(ROUTERS)).collect::<Vec<_>>();
    let why = move || if closed() { "You may look and run, not change." } else { "" };
    view! {
        <section class="outline" aria-label="Steps" prop:inert=move || builder.tool.with(Option::is_some)>
            <div class="row wide-only outline-head"><h2 class="grow">"Steps"</h2><button class="button small" title="Picture (O)" on:click=move |_| builder.list(false)><Icon name="waypoints" small=true/>"Show the picture"</button></div>
            {move || (builder.doc.view.with(Option::is_some) && builder.steps.with(Vec::is_empty)).then(|| view! { <p class="muted">{EMPTY}</p> })}
            <ul><For each=in_a_row key=|step| step.row.clone() let:step><Line step=step/></For></ul>
            <For each=move || builder.routers.get() key=branching_key let:router><Branching router=router/></For>
            <div class="row">
                <button class="button" id="outline-add-source" prop:disabled=closed title=why on:click=move |_| builder.adding.set(Some(Adding::to(Side::Source)))><Icon name="plus"/>"Add source"</button>
                {move || builder.routers.with(Vec::is_empty).then(|| view! {
                    <button class="button" prop:disabled=closed title=why on:click=move |_| builder.adding.set(Some(Adding::to(Side::Destination)))><Icon name="plus"/>"Add destination"</button>
                    <button class="button" prop:disabled=closed title=why on:click=move |_| add_branching(builder, None)><Icon name="git-branch"/>"Add branching"</button>
                })}
            </div>
        </section>
    }
}

/// What of a branching is drawn anew when it changes.
fn branching_key(router: &Router) -> (RowId, String, Vec<String>) {
    (router.row.clone(), router.name.clone(), router.branches.iter().map(|branch| branch.name.clone()).collect())
}

/// A branching with the steps of its branches.
#[component]
fn Branching(router: Router) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let row = router.row.clone();
    let title = (!router.passes).then(|| router.title());
    let closed = move || !builder.doc.writable.get();
    view! {
        <div class="outline-router">
            {title.map(|title| view! {
                <button class="outline-step" id=format!("outline-{row}") on:click=move |_| builder.choice.choose(Some(row.clone()))>
                    <span class="kind" data-kind="router"><Icon name="git-branch"/></span><span class="grow"><b class="cut">{title}</b><small class="muted">"Branching"</small></span><Icon name="chevron-right" small=true/>
                </button>
            })}
            {router.branches.into_iter().map(|branch| {
                let (list, add) = (branch.list.clone(), branch.list.clone());
                let of = move || builder.steps.get().into_iter().filter(|step| step.list == list).collect::<Vec<_>>();
                let label = format!("Add a step to {}", branch.name);
                view! {
                    <section class="outline-branch" aria-label=branch.name.clone()>
                        <h3 class="row"><span class="grow cut">{branch.name.clone()}</span>
                            <button class="icon-button" aria-label=label prop:disabled=closed on:click=move |_| builder.adding.set(Some(Adding::at(add.clone())))><Icon name="plus"/></button></h3>
                        <ul><For each=of key=|step| step.row.clone() let:step><Line step=step/></For></ul>
                    </section>
                }
            }).collect_view()}
        </div>
    }
}

#[component]
fn Line(step: Step) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let (kind, id) = (step.kind, format!("outline-{}", step.row));
    let note = note_of(builder, &format!("{}/{}", step.list, step.row));
    let step = StoredValue::new(step);
    let name = move || step.with_value(|step| name_of(builder.app, step));
    let count = counted(builder, step);
    let counts = move || count.with(|count| count_words(kind, count.as_ref()));
    let shown =
        move || count.with(|count| count.as_ref().map(|(state, count)| (state.shown(count.errors), count.errors)));
    let spoken = move || step.with_value(|step| count.with(|count| spoken_name(builder, step, count.as_ref())));
    view! {
        <li><button class="outline-step" id=id aria-label=move || with_note(spoken(), &note.get())
            on:keydown=move |event| step.with_value(|step| on_key(builder, step, &event)) on:click=move |_| builder.choice.choose(Some(step.with_value(|step| step.row.clone())))>
            <span class="kind" data-kind=kind.key()><StepIcon step=step/></span>
            <span class="grow"><b class="cut">{name}</b><small class="muted">{kind.words()}</small>{move || Some(note.get()).filter(|note| !note.is_empty()).map(|note| view! { <small class="cut outline-note">{note}</small> })}</span>
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
