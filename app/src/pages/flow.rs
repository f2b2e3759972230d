//! The flow builder: canvas, the form of the chosen step, its editors, and the runs.

mod again;
mod application;
mod branching;
mod canvas;
mod choice;
mod console;
mod counts;
mod errors;
mod filter;
mod head;
mod layout;
mod log;
mod mapping;
mod node;
mod order;
mod outline;
mod pan;
mod panel;
mod past;
mod replace;
mod router;
mod run_some;
mod sample;
mod schedule;
mod shared;
mod sight;
mod steps;
mod templates;
mod tools;
mod transform;
mod trial;
mod verdict;
mod wizard;

use std::collections::HashMap;
use std::sync::Arc;

use leptos::prelude::*;
use tombolo_model::{Id, RowId};

use super::bin::BinnedBanner;
use super::{NotFound, Unopened, id_param};
use crate::browser::page;
use crate::components::DocNotices;
use crate::state::{App, Doc, use_document};
use canvas::Canvas;
use choice::Choice;
pub(crate) use console::Console;
use counts::Counted;
use head::Head;
use outline::Outline;
use panel::{BranchEditor, Panel, Tool};
use router::RouterPanel;
use run_some::RunSome;
pub(crate) use schedule::zones;
use steps::{Branch, Router, Step, routers, run_keys, steps};
use trial::{Trial, TrialView};
use wizard::{AddStep, Adding};

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Builder {
    app: App,
    doc: Doc,
    /// All steps, sources first.
    steps: Memo<Vec<Step>>,
    /// All branchings, in their order.
    routers: Memo<Vec<Router>>,
    /// What runs call each step by.
    keys: Memo<HashMap<RowId, String>>,
    /// The newest run of the flow with its counts by step.
    last: Memo<Option<Arc<Counted>>>,
    /// The one step that the Tab key stops at; arrows go on from there.
    stop: Memo<Option<RowId>>,
    /// The step that gets the focus, which is drawn for it though it may be far away.
    sought: RwSignal<Option<RowId>>,
    /// The step, by its key in runs, whose errors alone are listed in the console.
    errors_of: RwSignal<Option<String>>,
    /// The console lists the errors of all runs of the flow.
    errors_over: RwSignal<bool>,
    /// The dialogs about errors, and which those are.
    asking: errors::Asking,
    /// The earlier run that the console shows; nothing for the newest.
    picked: RwSignal<Option<Id>>,
    /// The steps are shown as a list in place of the picture.
    listed: RwSignal<bool>,
    /// What came of trying the flow out; nothing while nobody does.
    trial: RwSignal<Option<Trial>>,
    /// The dialog that starts parts of the flow.
    run_some: RwSignal<bool>,
    /// The chosen step and its open editor.
    choice: Choice,
    /// The open editor, where the chosen step is there and has it: an address may name what is not.
    tool: Memo<Option<Tool>>,
    /// The dialog that adds a step.
    adding: RwSignal<Option<Adding>>,
}

impl Builder {
    /// What the parts of a flow's page share.
    fn of(id: Id) -> Self {
        let (app, doc, choice) = (App::here(), use_document(id), Choice::here());
        let steps = Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| steps(view)).unwrap_or_default()));
        let routers =
            Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| routers(view)).unwrap_or_default()));
        Self {
            app,
            doc,
            steps,
            routers,
            keys: Memo::new(move |_| steps.with(|steps| run_keys(steps))),
            last: Memo::new(move |_| app.last_run(id).map(|run| Arc::new(Counted::new(run)))),
            stop: Memo::new(move |_| first_stop(choice, steps)),
            sought: RwSignal::new(None),
            errors_of: RwSignal::new(None),
            errors_over: RwSignal::new(false),
            asking: errors::Asking::new(),
            picked: RwSignal::new(None),
            listed: RwSignal::new(false),
            choice,
            tool: Memo::new(move |_| chosen_tool(choice, steps, routers)),
            adding: RwSignal::new(None),
            trial: RwSignal::new(None),
            run_some: RwSignal::new(false),
        }
    }

    /// Lists the errors of a step in the newest run in the console, and moves the focus there.
    fn show_errors(self, key: String) {
        self.picked.set(None);
        self.errors_of.set(Some(key));
        self.errors_over.set(false);
        page::focus_soon(vec![errors::ERRORS.to_owned()]);
    }

    /// Shows the steps as a list or as a picture, and moves the focus to the chosen or the first of them.
    fn list(self, listed: bool) {
        self.listed.set(listed);
        if let Some(row) = self.stop.get_untracked() {
            self.focus(&row);
        }
    }

    /// Moves the focus to a step, drawn or not.
    fn focus(self, row: &str) {
        self.sought.set(Some(row.to_owned()));
        focus_step(row);
    }

    /// Chooses a step and moves the focus into its form.
    fn enter(self, row: RowId) {
        self.choice.choose(Some(row));
        page::focus_soon(vec![panel::PANEL.to_owned()]);
    }

    /// Closes the form of the chosen step; the focus goes back to the step.
    fn close(self) {
        let row = untrack(|| self.choice.row());
        self.choice.choose(None);
        if let Some(row) = row {
            self.focus(&row);
        }
    }

    /// Opens an editor of the chosen step and moves the focus into it.
    fn open_tool(self, tool: Tool) {
        self.choice.open(Some(tool));
        page::focus_soon(vec![panel::EDITOR.to_owned()]);
    }

    /// Closes the open editor; the focus goes back to the form of its step.
    fn close_tool(self) {
        self.choice.open(None);
        page::focus_soon(vec![panel::PANEL.to_owned()]);
    }
}

/// The chosen step, when the flow has it.
fn chosen_step(choice: Choice, steps: Memo<Vec<Step>>) -> Option<Step> {
    let row = choice.row()?;
    steps.with(|steps| steps.iter().find(|step| step.row == row).cloned())
}

/// The step that the Tab key stops at: the chosen one, else the first.
fn first_stop(choice: Choice, steps: Memo<Vec<Step>>) -> Option<RowId> {
    let chosen = choice.row();
    let of = |steps: &Vec<Step>| steps.iter().find(|one| chosen.as_ref() == Some(&one.row)).or(steps.first()).cloned();
    steps.with(of).map(|step| step.row)
}

/// A branching by its row, as it is now.
fn found_router(routers: Memo<Vec<Router>>, row: &str) -> Option<Router> {
    routers.with_untracked(|all| all.iter().find(|router| router.row == row).cloned())
}

fn found_branch(routers: Memo<Vec<Router>>, row: &str, branch: &str) -> Option<Branch> {
    found_router(routers, row)?.branches.into_iter().find(|one| one.row == branch)
}

/// Moves the focus to a step: on the canvas, or in the outline where that is what shows.
fn focus_step(row: &str) {
    page::focus_soon(vec![format!("node-{row}"), format!("outline-{row}")]);
}

/// What Escape closes: the open editor, then the open form. A layer above, such as a dialog, closes itself. `O` changes
/// between the picture and the list, except where somebody types.
fn on_key(builder: Builder, event: &leptos::ev::KeyboardEvent) {
    let element = event.target().and_then(|target| wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(target).ok());
    let within = |what: &str| element.as_ref().and_then(|element| element.closest(what).ok().flatten()).is_some();
    let free = !event.default_prevented() && !within("dialog[open], [popover]:popover-open");
    let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
    match event.key().as_str() {
        "Escape" if free && untrack(|| builder.choice.row()).is_some() => {
            if builder.tool.with_untracked(Option::is_some) { builder.close_tool() } else { builder.close() }
        }
        "o" | "O" if free && plain && within(".canvas, .outline") => builder.list(!builder.listed.get_untracked()),
        _ => {}
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

/// The row of the chosen branching, when the flow has it.
fn chosen_router(choice: Choice, routers: Memo<Vec<Router>>) -> Option<RowId> {
    let row = choice.row()?;
    routers.with(|all| all.iter().any(|router| router.row == row).then_some(row))
}

/// The row of the branch whose editor is open, when its branching is chosen and has it.
fn chosen_branch(choice: Choice, routers: Memo<Vec<Router>>) -> Option<RowId> {
    let (row, Tool::Branch(at)) = (choice.row()?, choice.tool()?) else { return None };
    let found = |all: &Vec<Router>| {
        let router = all.iter().find(|router| router.row == row)?;
        router.branches.get(at).map(|branch| branch.row.clone())
    };
    routers.with(found)
}

/// The open editor, when what is chosen has it.
fn chosen_tool(choice: Choice, steps: Memo<Vec<Step>>, routers: Memo<Vec<Router>>) -> Option<Tool> {
    if chosen_branch(choice, routers).is_some() {
        return choice.tool();
    }
    let kind = chosen_step(choice, steps)?.kind;
    choice.tool().filter(|tool| tool.is_of(kind))
}

/// Gives a page what the parts of the flow builder share.
pub(crate) fn provide_builder(id: Id) {
    provide_context(Builder::of(id));
}

/// The mapping of an import, on another page than the flow builder's.
#[component]
pub(crate) fn ImportMapping(doc: Doc) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let row = Memo::new(move |_| {
        let of =
            |steps: &Vec<Step>| steps.iter().find(|step| step.resource == Some(doc.id)).map(|step| step.row.clone());
        builder.steps.with(of)
    });
    move || row.get().map(|row| view! { <mapping::MappingEditor doc=doc purpose=mapping::IMPORT step=row/> })
}

#[component]
fn FlowBuilder(id: Id, integration: Id) -> impl IntoView {
    let builder = Builder::of(id);
    let Builder { doc, choice, steps, routers, .. } = builder;
    // A step that only moved keeps its open form, that of a branching stays while its names are typed.
    let shown = Memo::new(move |_| chosen_step(choice, steps));
    let router = Memo::new(move |_| chosen_router(choice, routers));
    let branch = Memo::new(move |_| chosen_branch(choice, routers));
    provide_context(builder);
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <Head id=id integration=integration/>
            <BinnedBanner id=id says="This flow is in the recycle bin and cannot run."/>
            <DocNotices id=id/>
            <div class="work" data-listed=move || builder.listed.get().then_some("") on:keydown=move |event| on_key(builder, &event)>
                <Canvas/>
                <Outline/>
                {move || shown.get().map(|step| view! { <Panel step=step/> })}
                {move || match (router.get(), branch.get()) {
                    (Some(row), Some(branch)) => found_branch(routers, &row, &branch).map(|branch| view! { <BranchEditor branch=branch/> }.into_any()),
                    (Some(row), None) => found_router(routers, &row).map(|router| view! { <RouterPanel router=router/> }.into_any()),
                    (None, _) => None,
                }}
                <TrialView/>
                <Console flow=id/>
            </div>
            <AddStep/>
            <RunSome/>
        </Show>
    }
}
