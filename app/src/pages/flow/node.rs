//! A step on the canvas: what it says, and what keys and the pointer do with it.

use leptos::prelude::*;
use tombolo_model::{Id, Intent};
use tombolo_wire::run::{RunRow, StepCount};
use tombolo_wire::store::Person;

use super::application::Application;
use super::branching::move_step;
use super::counts::{StepState, spoken, state};
use super::layout::Layout;
use super::order::{Landing, dropped};
use super::panel::{is_filtered, mapped_fields};
use super::router::change;
use super::steps::{Step, StepKind, moved};
use super::wizard::{Adding, Side};
use super::{Builder, focus_step};
use crate::components::{Flag, Icon};
use crate::state::{App, use_document};
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
fn on_key(builder: Builder, step: &Step, event: &leptos::ev::KeyboardEvent) {
    let all = builder.steps.get_untracked();
    let forward = matches!(event.key().as_str(), "ArrowRight" | "ArrowDown");
    match event.key().as_str() {
        "Home" => focus(all.first()),
        "End" => focus(all.last()),
        "+" if builder.doc.writable.get_untracked() => builder.adding.set(Some(if step.kind == StepKind::Source {
            Adding::to(Side::Source)
        } else {
            Adding::at(step.list.clone())
        })),
        "Enter" | " " => builder.enter(step.row.clone()),
        "Delete" if builder.doc.writable.get_untracked() => remove(builder, step),
        "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" if event.alt_key() => {
            if builder.doc.writable.get_untracked() {
                shift(builder, step, forward);
            }
        }
        "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" => focus_neighbour(&all, step, forward),
        _ => return,
    }
    event.prevent_default();
}

fn focus_neighbour(all: &[Step], step: &Step, forward: bool) {
    let Some(at) = all.iter().position(|one| one.row == step.row) else { return };
    let next = if forward { at + 1 } else { at.wrapping_sub(1) };
    focus(all.get(next));
}

fn focus(step: Option<&Step>) {
    if let Some(step) = step {
        focus_step(&step.row);
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
        focus(beside.as_ref());
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

/// The last run of the flow with its count of a step.
pub(super) fn last_count(builder: Builder, step: &Step) -> Option<(RunRow, StepCount)> {
    let resource = step.resource?.to_string();
    let run = builder.app.last_run(builder.doc.id)?;
    let count = run.steps.iter().find(|count| count.step == resource)?.clone();
    Some((run, count))
}

/// What a step is called by those who do not see it.
pub(super) fn spoken_name(builder: Builder, step: &Step) -> String {
    let count = last_count(builder, step);
    let run = count.as_ref().map(|(run, count)| (run, count));
    spoken(&name_of(builder.app, step), step.kind.words(), application(builder.app, step).words(), run)
}

/// The count at the foot of a step: what came out, or how much of what came in went through.
pub(super) fn count_words(builder: Builder, step: &Step) -> Option<String> {
    let (run, count) = last_count(builder, step)?;
    if count.received + count.success == 0 && state(&run, &count) == StepState::Waiting {
        return None;
    }
    Some(if step.kind == StepKind::Source {
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

/// Puts a step at the end of a branch.
pub(super) fn drop_at_end(builder: Builder, list: &str, dragged: &str) {
    let steps = builder.steps.get_untracked();
    let after = steps.iter().rfind(|one| one.list == list).map(|one| one.row.clone());
    let source = steps.iter().any(|one| one.row == dragged && one.kind == StepKind::Source);
    if builder.doc.writable.get_untracked() && !source && after.as_deref() != Some(dragged) {
        land(builder, &steps, dragged, &Landing { list: list.to_owned(), after });
    }
}

/// The tools that are set on a step, in the order they run.
#[component]
fn SetTools(resource: Id) -> impl IntoView {
    let doc = use_document(resource);
    let filtered = Memo::new(move |_| is_filtered(doc));
    let mapped = Memo::new(move |_| mapped_fields(doc));
    view! {
        {move || filtered.get().then(|| view! { <span class="tool" title="Filter"><Icon name="funnel"/></span> })}
        {move || (mapped.get() > 0).then(|| {
            let title = format!("Mapping, {}", words::count(mapped.get(), "field"));
            view! { <span class="tool" title=title><Icon name="arrow-right-left"/></span> }
        })}
    }
}

/// A step.
#[component]
pub(super) fn Node(step: Step, placed: Memo<Layout>) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    let step = StoredValue::new(step);
    let row = step.with_value(|step| step.row.clone());
    let is_this = move |row: &str| step.with_value(|step| step.row == row);
    let place = move || {
        let at = builder.steps.with(|steps| steps.iter().position(|one| is_this(&one.row)));
        let (x, y) = at.and_then(|at| placed.with(|placed| placed.places.get(at).copied())).unwrap_or_default();
        format!("left:{x}px;top:{y}px")
    };
    let selected = move || step.with_value(|step| builder.choice.is(&step.row));
    let errors = move || {
        step.with_value(|step| last_count(builder, step)).map(|(_, count)| count.errors).filter(|errors| *errors > 0)
    };
    // One stop for the Tab key: the chosen node, or the first; arrows go on from there.
    let stop = move || {
        let chosen = builder.choice.row();
        builder.steps.with(|steps| {
            let stop = steps.iter().find(|one| chosen.as_ref() == Some(&one.row)).or(steps.first());
            stop.is_some_and(|one| is_this(&one.row))
        })
    };
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
    let (kind, resource) = step.with_value(|step| (step.kind, step.resource));
    let what =
        move || format!("{}, {}", step.with_value(|step| application(app, step).words()), kind.words().to_lowercase());
    view! {
        <article class=class id=format!("node-{row}") data-kind=kind.key() style=place role="button" tabindex=move || if stop() { "0" } else { "-1" }
            draggable=move || builder.doc.writable.get().to_string() data-held=tint
            aria-label=move || step.with_value(|step| spoken_name(builder, step)) aria-pressed=move || selected().to_string()
            on:click=move |_| builder.choice.choose(Some(step.with_value(|step| step.row.clone()))) on:keydown=move |event| step.with_value(|step| on_key(builder, step, &event))
            on:dragstart=drag on:dragover=|event| event.prevent_default() on:drop=move |event| step.with_value(|step| on_drop(builder, step, &event))>
            {move || holder.get().map(|person| view! { <Flag person=person/> })}
            <div class="head">
                <span class="kind"><StepIcon step=step/></span>
                <div><b class="cut" title=name>{name}</b>" "<small class="cut" title=what>{what}</small></div>
            </div>
            <div class="foot">{resource.map(|id| view! { <SetTools resource=id/> })}<span class="count">{move || step.with_value(|step| count_words(builder, step))}</span></div>
            {move || errors().map(|errors| view! { <span class="badge solid errors" aria-hidden="true">{words::number(errors)}</span> })}
        </article>
    }
}
