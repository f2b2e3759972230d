//! The flow as a picture, and as a list for narrow screens and assistive technology.

use leptos::prelude::*;
use tombolo_model::{Id, Intent};
use tombolo_wire::store::Person;

use super::Builder;
use super::layout::layout;
use super::steps::{PROCESSORS, Step, StepKind, moved};
use super::wizard::Side;
use crate::components::{Flag, Icon};
use crate::state::App;
use crate::words;

/// The picture.
#[component]
pub(super) fn Canvas() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let placed = Memo::new(move |_| builder.steps.with(|steps| layout(steps)));
    let zoom = RwSignal::new(100_i32);
    let step_zoom = move |by: i32| zoom.update(|zoom| *zoom = (*zoom + by).clamp(25, 200));
    let at = |(x, y): (i32, i32)| format!("left:{x}px;top:{y}px");
    let count = move || builder.steps.with(Vec::len);
    let describe = move || {
        format!(
            "Flow of {}. Arrow keys go from step to step, Enter opens one, Delete removes it, Alt and arrows move it.",
            words::count(count(), "step")
        )
    };
    view! {
        <section class="canvas wide-only" role="application" aria-label=describe>
            <div class="sheet-area" style:transform=move || format!("scale({})", f64::from(zoom.get()) / 100.0)
                style:width=move || format!("{}px", placed.with(|placed| placed.size.0)) style:height=move || format!("{}px", placed.with(|placed| placed.size.1))>
                <svg class="edges" aria-hidden="true">
                    {move || placed.with(|placed| placed.edges.iter().map(|edge| view! { <path class="edge" d=edge.clone()></path> }).collect_view())}
                    {move || placed.with(|placed| placed.waiting.clone()).map(|edge| view! { <path class="edge idle" d=edge></path> })}
                </svg>
                <For each=move || builder.steps.get() key=|step| step.row.clone() let:step><Node step=step/></For>
                <button class="button add-step" style=move || at(placed.with(|placed| placed.add_source)) prop:disabled=move || !builder.doc.writable.get()
                    on:click=move |_| builder.adding.set(Some(Side::Source))><Icon name="plus"/>"Add source"</button>
                <button class="button add-step" style=move || at(placed.with(|placed| placed.add_destination)) prop:disabled=move || !builder.doc.writable.get()
                    on:click=move |_| builder.adding.set(Some(Side::Destination))><Icon name="plus"/>"Add destination"</button>
            </div>
            <div class="floating zoom">
                <button class="icon-button small" aria-label="Zoom out" on:click=move |_| step_zoom(-25)><Icon name="minus"/></button>
                <span class="num">{move || format!("{} %", zoom.get())}</span>
                <button class="icon-button small" aria-label="Zoom in" on:click=move |_| step_zoom(25)><Icon name="plus"/></button>
                <button class="icon-button small" aria-label="Full size" on:click=move |_| zoom.set(100)><Icon name="maximize"/></button>
            </div>
        </section>
    }
}

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

/// The application of a step in words.
fn application(app: App, step: &Step) -> &'static str {
    match step.resource.and_then(|id| app.row(id)).and_then(|row| row.adaptor).as_deref() {
        Some("HTTPExport" | "HTTPImport") => "HTTP",
        Some("SimpleExport" | "simple") => "File from this computer",
        Some("SimpleImport") => "File to download",
        _ => "Not set up",
    }
}

/// Moves, deletes or opens a step by key.
fn on_key(builder: Builder, step: &Step, event: &leptos::ev::KeyboardEvent) {
    let all = builder.steps.get_untracked();
    let forward = matches!(event.key().as_str(), "ArrowRight" | "ArrowDown");
    match event.key().as_str() {
        "Home" => focus(all.first()),
        "End" => focus(all.last()),
        "+" if builder.doc.writable.get_untracked() => {
            builder.adding.set(Some(if step.kind == StepKind::Source { Side::Source } else { Side::Destination }))
        }
        "Enter" | " " => builder.choose(Some(step.row.clone())),
        "Delete" if builder.doc.writable.get_untracked() => remove(builder, step),
        "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" if event.alt_key() => {
            if builder.doc.writable.get_untracked()
                && let Some(after) = moved(&all, &step.row, forward)
            {
                builder.doc.edit(vec![Intent::MoveRow { list: step.list.into(), row: step.row.clone(), after }]);
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
    let Some(next) = step else { return };
    let node = document().get_element_by_id(&format!("node-{}", next.row));
    if let Some(Err(error)) =
        node.map(|node| wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(node).focus())
    {
        leptos::logging::debug_warn!("{error:?}");
    }
}

/// Takes a step out of the flow; its export or import stays.
pub(super) fn remove(builder: Builder, step: &Step) {
    let (list, row) = (step.list.to_owned(), step.row.clone());
    builder.doc.edit(vec![Intent::DeleteRow { list: list.clone(), row: row.clone() }]);
    if builder.chosen.get_untracked().as_ref() == Some(&row) {
        builder.choose(None);
    }
    builder.app.toasts.offer_undo("The step was removed from the flow.", move || {
        builder.doc.edit(vec![Intent::RestoreRow { list: list.clone(), row: row.clone() }]);
    });
}

#[component]
fn Node(step: Step) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    let row = StoredValue::new(step.row.clone());
    let place = move || {
        let at = builder.steps.with(|steps| steps.iter().position(|one| row.with_value(|row| one.row == *row)));
        let (x, y) =
            at.and_then(|at| builder.steps.with(|steps| layout(steps).places.get(at).copied())).unwrap_or_default();
        format!("left:{x}px;top:{y}px")
    };
    let selected = move || builder.chosen.with(|chosen| row.with_value(|row| chosen.as_ref() == Some(row)));
    let errors = {
        let step = step.clone();
        move || {
            let run = app.last_run(builder.doc.id)?;
            let resource = step.resource?.to_string();
            run.steps.iter().find(|count| count.step == resource).map(|count| count.errors).filter(|errors| *errors > 0)
        }
    };
    // One stop for the Tab key: the chosen node, or the first; arrows go on from there.
    let stop = move || {
        let chosen = builder.chosen.get();
        builder.steps.with(|steps| {
            let stop = steps.iter().find(|one| chosen.as_ref() == Some(&one.row)).or(steps.first());
            stop.is_some_and(|one| row.with_value(|row| one.row == *row))
        })
    };
    let holder = Memo::new(move |_| step_holder(app, step.resource));
    let (name, kind, drop_step) = (step.clone(), step.clone(), step.clone());
    let drag_row = step.row.clone();
    let open_row = step.row.clone();
    let on_drop = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        let dragged = event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        if drop_step.list == PROCESSORS
            && dragged != drop_step.row
            && builder
                .steps
                .with_untracked(|steps| steps.iter().any(|one| one.row == dragged && one.list == PROCESSORS))
        {
            builder.doc.edit(vec![Intent::MoveRow {
                list: PROCESSORS.into(),
                row: dragged,
                after: Some(drop_step.row.clone()),
            }]);
        }
    };
    let key_step = step.clone();
    view! {
        <article class=move || holder.with(|holder| holder.as_ref().map_or_else(|| "node".to_owned(), |person| format!("node p{}", words::tint(&person.user.email)))) id=format!("node-{}", step.row) data-kind=step.kind.key() style=place role="button" tabindex=move || if stop() { "0" } else { "-1" } draggable="true"
            data-held=move || holder.with(|holder| holder.as_ref().map(|person| words::tint(&person.user.email)))
            aria-label=move || name_of(app, &name) aria-pressed=move || selected().to_string() aria-selected=move || selected().to_string()
            on:click=move |_| builder.choose(Some(open_row.clone())) on:keydown=move |event| on_key(builder, &key_step, &event)
            on:dragstart=move |event| if let Some(Err(error)) = event.data_transfer().map(|data| data.set_data("text/plain", &drag_row)) { leptos::logging::debug_warn!("{error:?}") }
            on:dragover=|event| event.prevent_default() on:drop=on_drop>
            {move || holder.get().map(|person| view! { <Flag person=person/> })}
            <div class="head">
                <span class="kind"><Icon name=step.kind.icon()/></span>
                <div><b class="cut">{let step = step.clone(); move || name_of(app, &step)}</b><small class="cut">{move || format!("{}, {}", application(app, &kind), kind.kind.words().to_lowercase())}</small></div>
            </div>
            <div class="foot"><Tools step=step.clone()/></div>
            {move || errors().map(|errors| view! { <span class="badge solid errors" aria-label=words::count(usize::try_from(errors).unwrap_or_default(), "error")>{words::number(errors)}</span> })}
        </article>
    }
}

/// What happened at a step in the last run.
#[component]
fn Tools(step: Step) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    let count = move || {
        let resource = step.resource?.to_string();
        let run = app.last_run(builder.doc.id)?;
        let count = run.steps.iter().find(|count| count.step == resource)?.clone();
        Some(if step.kind == StepKind::Source {
            format!("{} out", words::number(count.success))
        } else {
            format!("{} of {}", words::number(count.success), words::number(count.received))
        })
    };
    view! { <span class="count">{count}</span> }
}

/// The same steps as a list.
#[component]
pub(super) fn Outline() -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    view! {
        <section class="outline narrow-only" aria-label="Steps">
            <ul>
                <For each=move || builder.steps.get() key=|step| step.row.clone() let:step>
                    <li><button class="outline-step" on:click={let row = step.row.clone(); move |_| builder.choose(Some(row.clone()))}>
                        <span class="kind" data-kind=step.kind.key()><Icon name=step.kind.icon()/></span>
                        <span class="grow"><b>{let step = step.clone(); move || name_of(app, &step)}</b><small class="muted">{step.kind.words()}</small></span>
                        <Icon name="chevron-right" small=true/>
                    </button></li>
                </For>
            </ul>
            <div class="row">
                <button class="button" on:click=move |_| builder.adding.set(Some(Side::Source))><Icon name="plus"/>"Add source"</button>
                <button class="button" on:click=move |_| builder.adding.set(Some(Side::Destination))><Icon name="plus"/>"Add destination"</button>
            </div>
        </section>
    }
}
