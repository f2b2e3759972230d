//! A step on the canvas: what it says, and what keys and the pointer do with it.

use leptos::prelude::*;
use tombolo_model::{Id, Intent};
use tombolo_wire::run::StepCount;
use tombolo_wire::store::Person;

use super::Builder;
use super::application::Application;
use super::branching::move_step;
use super::counts::{StepState, spoken, state};
use super::layout::Layout;
use super::order::{Landing, between, dropped};
use super::router::change;
use super::steps::{Step, StepKind, moved};
use super::tools::SetTools;
use super::wizard::{Adding, Side};
use crate::components::{Flag, Icon};
use crate::state::App;
use crate::words;

/// Somebody else who has the export or import of a step open.
fn step_holder(app: App, resource: Option<Id>) -> Option<Person> {
    let resource = resource?;
    app.sync.with(|sync| sync.people.iter().find(|person| person.document == Some(resource)).cloned())
}

/// What a step is called: the name of its export or import.
pub(super) fn name_of(app: App, step: &Step) -> String {
    let row = step.resource.and_then(|id| app.row(id));
    row.map(|row| row.name)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("{} without a name", step.kind.words()))
}

/// The application of a step.
pub(super) fn application(app: App, step: &Step) -> Application {
    Application::of(step.resource.and_then(|id| app.row(id)).and_then(|row| row.adaptor).as_deref())
}

/// The icon of a step, which is that of its application.
#[component]
pub(super) fn StepIcon(step: StoredValue<Step>) -> impl IntoView {
    let app = App::here();
    let icon = Memo::new(move |_| step.with_value(|step| application(app, step).icon()));
    move || view! { <Icon name=icon.get()/> }
}

/// Moves, deletes or opens a step by key.
pub(super) fn on_key(builder: Builder, step: &Step, event: &leptos::ev::KeyboardEvent) {
    let all = builder.steps.get_untracked();
    let forward = matches!(event.key().as_str(), "ArrowRight" | "ArrowDown");
    match event.key().as_str() {
        "Home" => focus(builder, all.first()),
        "End" => focus(builder, all.last()),
        "+" if builder.doc.writable.get_untracked() => builder.adding.set(Some(if step.kind == StepKind::Source {
            Adding::to(Side::Source)
        } else {
            Adding::at(step.list.clone())
        })),
        "Enter" | " " => builder.enter(step.row.clone()),
        "e" | "E" if !event.ctrl_key() && !event.meta_key() => show_errors(builder, step),
        "Delete" if builder.doc.writable.get_untracked() => remove(builder, step),
        "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" if event.alt_key() => {
            if builder.doc.writable.get_untracked() {
                shift(builder, step, forward);
            }
        }
        "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" => focus_neighbour(builder, &all, step, forward),
        _ => return,
    }
    event.prevent_default();
}

fn focus_neighbour(builder: Builder, all: &[Step], step: &Step, forward: bool) {
    let Some(at) = all.iter().position(|one| one.row == step.row) else { return };
    let next = if forward { at + 1 } else { at.wrapping_sub(1) };
    focus(builder, all.get(next));
}

fn focus(builder: Builder, step: Option<&Step>) {
    if let Some(step) = step {
        builder.focus(&step.row);
    }
}

/// Takes a step out of the flow; its export or import stays. The focus goes to the step beside it.
pub(super) fn remove(builder: Builder, step: &Step) {
    let (list, row) = (step.list.to_owned(), step.row.clone());
    let all = builder.steps.get_untracked();
    let at = all.iter().position(|one| one.row == row);
    let beside = at.and_then(|at| all.get(at + 1).or_else(|| all.get(at.wrapping_sub(1)))).cloned();
    leptos::task::spawn_local(async move {
        let removed = builder.doc.try_edit(vec![Intent::DeleteRow { list: list.clone(), row: row.clone() }]).await;
        if let Err(error) = removed {
            builder.app.toasts.fail(error.message);
            return;
        }
        if untrack(|| builder.choice.is(&row)) {
            builder.choice.choose(None);
        }
        focus(builder, beside.as_ref());
        builder.app.toasts.offer_undo("The step was removed from the flow.", move || {
            builder.doc.edit(vec![Intent::RestoreRow { list: list.clone(), row: row.clone() }]);
        });
    });
}

/// Moves a step by one place.
pub(super) fn shift(builder: Builder, step: &Step, forward: bool) {
    if let Some(after) = builder.steps.with_untracked(|all| moved(all, &step.row, forward)) {
        builder.doc.edit(vec![Intent::MoveRow { list: step.list.clone(), row: step.row.clone(), after }]);
    }
}

/// How a step stands in the newest run, with its counts there.
pub(super) fn last_count(builder: Builder, step: &Step) -> Option<(StepState, StepCount)> {
    let key = builder.keys.with(|keys| keys.get(&step.row).cloned())?;
    builder.last.with(|last| {
        let last = last.as_ref()?;
        let count = last.count(&key)?;
        Some((state(&last.run, count), count.clone()))
    })
}

/// The same, told only when it changes: of all the steps of a flow a page of records moves a few.
pub(super) fn counted(builder: Builder, step: StoredValue<Step>) -> Memo<Option<(StepState, StepCount)>> {
    Memo::new(move |_| step.with_value(|step| last_count(builder, step)))
}

/// Lists the errors that a step has in the newest run, or says that it has none.
pub(super) fn show_errors(builder: Builder, step: &Step) {
    match untrack(|| last_count(builder, step)) {
        Some((_, count)) if count.errors != 0 => builder.show_errors(count.step),
        _ => builder.app.toasts.say("This step has no errors."),
    }
}

/// What a step is called by those who do not see it.
pub(super) fn spoken_name(builder: Builder, step: &Step, count: Option<&(StepState, StepCount)>) -> String {
    spoken(&name_of(builder.app, step), step.kind.words(), application(builder.app, step).words(), count)
}

/// The count at the foot of a step: what came out, or how much of what came in went through.
pub(super) fn count_words(kind: StepKind, count: Option<&(StepState, StepCount)>) -> Option<String> {
    let (state, count) = count?;
    if count.received + count.success == 0 && *state == StepState::Waiting {
        return None;
    }
    Some(if kind == StepKind::Source {
        format!("{} out", words::number(count.success))
    } else {
        format!("{} of {}", words::number(count.success), words::number(count.received))
    })
}

/// Whether the pointer is over the first half of a node: the left one, or the upper one among sources.
fn first_half(event: &leptos::ev::DragEvent, source: bool) -> bool {
    let Some(node) = event.current_target() else { return false };
    let edges = wasm_bindgen::JsCast::unchecked_into::<web_sys::Element>(node).get_bounding_client_rect();
    if source {
        f64::from(event.client_y()) < edges.top() + edges.height() / 2.0
    } else {
        f64::from(event.client_x()) < edges.left() + edges.width() / 2.0
    }
}

fn on_drop(builder: Builder, step: &Step, event: &leptos::ev::DragEvent) {
    event.prevent_default();
    let dragged = event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
    let first = first_half(event, step.kind == StepKind::Source);
    let steps = builder.steps.get_untracked();
    if builder.doc.writable.get_untracked()
        && let Some(landing) = dropped(&steps, &dragged, &step.row, first)
    {
        land(builder, &steps, &dragged, &landing);
    }
}

/// Puts a step where it was dropped.
fn land(builder: Builder, steps: &[Step], dragged: &str, landing: &Landing) {
    let list = steps.iter().find(|one| one.row == dragged).map(|one| one.list.clone());
    if let Some(list) = list {
        change(builder, |view, fresh| move_step(view, &list, dragged, landing, fresh));
    }
}

/// Puts a step between the two that a way joins.
pub(super) fn drop_between(builder: Builder, event: &leptos::ev::DragEvent, from: Option<usize>, to: Option<usize>) {
    let dragged = event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
    let steps = builder.steps.get_untracked();
    if builder.doc.writable.get_untracked()
        && let Some(landing) = between(&steps, &dragged, from, to)
    {
        land(builder, &steps, &dragged, &landing);
    }
}

/// Puts a step at the end of a branch.
pub(super) fn drop_at_end(builder: Builder, list: &str, dragged: &str) {
    let steps = builder.steps.get_untracked();
    let after = steps.iter().rfind(|one| one.list == list).map(|one| one.row.clone());
    let source = steps.iter().any(|one| one.row == dragged && one.kind == StepKind::Source);
    if builder.doc.writable.get_untracked() && !source && after.as_deref() != Some(dragged) {
        land(builder, &steps, dragged, &Landing { list: list.to_owned(), after });
    }
}

/// What somebody wrote about a step in its flow.
pub(super) fn note_of(builder: Builder, place: &str) -> Memo<String> {
    let path = format!("{place}/note");
    Memo::new(move |_| builder.doc.text(&path).trim().to_owned())
}

/// What is said of a step, and the note that stands below it.
pub(super) fn with_note(spoken: String, note: &str) -> String {
    if note.is_empty() { spoken } else { format!("{spoken}, note: {note}") }
}

/// A step.
#[component]
pub(super) fn Node(step: Step, placed: Memo<Layout>) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    let (kind, row) = (step.kind, step.row.clone());
    let place_in_flow = format!("{}/{}", step.list, step.row);
    let step = StoredValue::new(step);
    let is_this = move |row: &str| step.with_value(|step| step.row == row);
    let at = Memo::new(move |_| step.with_value(|step| placed.with(|placed| placed.of(&step.row))).unwrap_or_default());
    let place = move || {
        let (x, y) = at.get();
        format!("left:{x}px;top:{y}px")
    };
    let selected = move || step.with_value(|step| builder.choice.is(&step.row));
    let count = counted(builder, step);
    let errors = move || count.with(|count| count.as_ref().map(|(_, count)| count.errors)).filter(|errors| *errors > 0);
    let foot = move || count.with(|count| count_words(kind, count.as_ref()));
    // One stop for the Tab key: the chosen node, or the first; arrows go on from there.
    let stop = Memo::new(move |_| builder.stop.with(|stop| stop.as_deref().is_some_and(is_this)));
    let holder = Memo::new(move |_| step_holder(app, step.with_value(|step| step.resource)));
    let tint = move || holder.with(|holder| holder.as_ref().map(|person| words::tint(&person.user.email)));
    let class = move || tint().map_or_else(|| "node".to_owned(), |tint| format!("node p{tint}"));
    let drag = move |event: leptos::ev::DragEvent| {
        let row = step.with_value(|step| step.row.clone());
        if let Some(Err(error)) = event.data_transfer().map(|data| data.set_data("text/plain", &row)) {
            leptos::logging::debug_warn!("{error:?}");
        }
    };
    let name = move || step.with_value(|step| name_of(app, step));
    let spoken = move || step.with_value(|step| count.with(|count| spoken_name(builder, step, count.as_ref())));
    let resource = step.with_value(|step| step.resource);
    let note = note_of(builder, &place_in_flow);
    let what =
        move || format!("{}, {}", step.with_value(|step| application(app, step).words()), kind.words().to_lowercase());
    // The keys have `E` for it: a button within a button would be none to a screen reader.
    let list_errors = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        step.with_value(|step| show_errors(builder, step));
    };
    view! {
        <article class=class id=format!("node-{row}") data-kind=kind.key() style=place role="button" tabindex=move || if stop.get() { "0" } else { "-1" }
            draggable=move || builder.doc.writable.get().to_string() data-held=tint
            aria-label=move || with_note(spoken(), &note.get()) aria-pressed=move || selected().to_string()
            on:click=move |_| builder.choice.choose(Some(step.with_value(|step| step.row.clone()))) on:keydown=move |event| step.with_value(|step| on_key(builder, step, &event))
            on:dragstart=drag on:dragover=|event| event.prevent_default() on:drop=move |event| step.with_value(|step| on_drop(builder, step, &event))>
            {move || holder.get().map(|person| view! { <Flag person=person/> })}
            <div class="head">
                <span class="kind"><StepIcon step=step/></span>
                <div><b class="cut" title=name>{name}</b>" "<small class="cut" title=what>{what}</small></div>
            </div>
            <div class="foot">{resource.map(|id| view! { <SetTools resource=id kind=kind place=place_in_flow/> })}<span class="count">{foot}</span></div>
            {move || Some(note.get()).filter(|note| !note.is_empty()).map(|note| view! { <p class="node-note cut" aria-hidden="true" title=note.clone()>{note.clone()}</p> })}
            {move || errors().map(|errors| view! { <span class="badge solid errors" aria-hidden="true" title="Show the errors (E)" on:click=list_errors>{words::number(errors)}</span> })}
        </article>
    }
}
