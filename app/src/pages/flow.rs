//! The flow builder: canvas, the form of the chosen step, its editors, and the runs.

mod canvas;
mod console;
mod filter;
mod forms;
mod layout;
mod mapping;
mod panel;
mod schedule;
mod steps;
mod wizard;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::query_signal_with_options;
use tombolo_model::{Id, RowId};

use super::{NotFound, id_param};
use crate::components::{ConflictBadge, DocNotices, Icon, LiveName, PeopleHere};
use crate::state::{App, Doc, use_document};
use canvas::{Canvas, Outline};
use console::Console;
use panel::{Panel, Tool};
use schedule::ScheduleButton;
use steps::{Step, steps};
use wizard::{AddStep, Side};

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Builder {
    app: App,
    doc: Doc,
    /// All steps, sources first.
    steps: Memo<Vec<Step>>,
    /// The row of the chosen step, in the address.
    chosen: Memo<Option<RowId>>,
    choose: StoredValue<Box<dyn Fn(Option<RowId>) + Send + Sync>>,
    /// The editor that is open for it.
    tool: RwSignal<Option<Tool>>,
    /// The dialog that adds a step.
    adding: RwSignal<Option<Side>>,
}

impl Builder {
    fn choose(self, row: Option<RowId>) {
        self.tool.set(None);
        self.choose.with_value(|choose| choose(row));
    }

    fn step(self) -> Option<Step> {
        let row = self.chosen.get()?;
        self.steps.with(|steps| steps.iter().find(|step| step.row == row).cloned())
    }
}

/// The page of the flow in the address.
#[component]
pub(crate) fn FlowPage() -> impl IntoView {
    let flow = id_param("flow");
    let integration = id_param("id");
    move || match (flow.get(), integration.get()) {
        (Some(flow), Some(integration)) => view! { <FlowBuilder id=flow integration=integration/> }.into_any(),
        _ => NotFound().into_any(),
    }
}

#[component]
fn FlowBuilder(id: Id, integration: Id) -> impl IntoView {
    let doc = use_document(id);
    let quietly = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
    let (chosen, choose) = query_signal_with_options::<String>("step", quietly);
    let builder = Builder {
        app: App::here(),
        doc,
        steps: Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| steps(view)).unwrap_or_default())),
        chosen,
        choose: StoredValue::new(Box::new(move |row| choose.set(row))),
        tool: RwSignal::new(None),
        adding: RwSignal::new(None),
    };
    provide_context(builder);
    doc.here(None, None);
    // A step that only moved keeps its open form.
    let shown = Memo::new(move |_| builder.step());
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=NotFound>
            <Head id=id integration=integration/>
            <DocNotices id=id/>
            <div class="work">
                <Canvas/>
                <Outline/>
                {move || shown.get().map(|step| view! { <Panel step=step/> })}
                <Console flow=id/>
            </div>
            <AddStep/>
        </Show>
    }
}

#[component]
fn Head(id: Id, integration: Id) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    let doc = builder.doc;
    let parent = move || app.row(integration).map(|row| row.name).unwrap_or_default();
    let off = move || doc.flag("/disabled");
    let blocked = move || {
        if off() {
            return Some("Switch the flow on to run it.".to_owned());
        }
        doc.view
            .with(|view| view.as_ref().and_then(|view| view.problems.first().map(|problem| problem.message.clone())))
    };
    let empty = move || builder.steps.with(Vec::is_empty);
    view! {
        <div class="editor-head">
            <nav class="crumbs wide-only" aria-label="Path"><A href=format!("/integrations/{integration}")>{parent}</A><Icon name="chevron-right" small=true/></nav>
            <div class="title-line"><LiveName doc=doc action="Rename flow"/><ConflictBadge doc=doc/></div>
            <span class="grow"></span>
            <PeopleHere id=id/>
            <button class="icon-button" aria-label="Undo" on:click=move |_| doc.undo()><Icon name="undo-2"/></button>
            <button class="icon-button" aria-label="Redo" on:click=move |_| doc.redo()><Icon name="redo-2"/></button>
            <ScheduleButton doc=doc/>
            <label class="check"><input type="checkbox" class="switch" role="switch" aria-label="The flow is on" prop:checked=move || !off()
                prop:disabled=move || !doc.writable.get() on:change=move |event| doc.set("/disabled", !event_target_checked(&event))/></label>
            <button class="button primary" prop:disabled=move || empty() || blocked().is_some() title=move || blocked().unwrap_or_default()
                on:click=move |_| app.start_run(id)><Icon name="play"/>"Run flow"</button>
        </div>
    }
}
