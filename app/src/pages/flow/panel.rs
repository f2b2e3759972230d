//! The form of the chosen step, and the tools that open an editor.

mod tool;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde_json::Value;
use tombolo_model::forms::{STEP, STEP_NOTE, form};
use tombolo_model::{Id, Intent, Kind};

use super::Builder;
use super::branching::move_step;
use super::filter::FilterEditor;
use super::mapping::{self, MappingEditor};
use super::node::{StepIcon, remove, shift};
use super::order::Landing;
use super::router::change;
use super::schedule::SourceSchedule;
use super::shared::AlsoUsed;
use super::steps::{Branch, ROUTERS, Step, StepKind, is_filter, moved};
use super::templates::TemplatesEditor;
use super::tools::transform_words;
use super::transform::TransformEditor;
use super::verdict::{Judged, Verdict};
use crate::components::editor::{FullScreen, leave_full};
use crate::components::{
    ConflictBadge, Dialog, DocForm, DocNotices, DocText, HistoryDialog, Icon, ListenerAddress, Menu, MenuItem,
    PeopleHere, UndoButtons, is_listener,
};
use crate::pages::{Door, Unopened};
use crate::state::{Doc, use_document};
use crate::words;
use crate::words::kinds::address;
pub(super) use tool::Tool;

/// The panel's id, for the focus that an editor gives back.
pub(super) const PANEL: &str = "step-panel";
/// The editor's id, for the focus when it opens.
pub(super) const EDITOR: &str = "step-editor";

/// The panel at the right.
#[component]
pub(super) fn Panel(step: Step) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let Some(resource) = step.resource else { return view! { <Broken step=step/> }.into_any() };
    view! {
        {move || match builder.tool.get() {
            None => view! { <StepPanel step=step.clone() resource=resource/> }.into_any(),
            Some(tool) => view! { <Editor tool=tool resource=resource step=step.clone()/> }.into_any(),
        }}
    }
    .into_any()
}

/// A step that refers to nothing.
#[component]
fn Broken(step: Step) -> impl IntoView {
    let builder = expect_context::<Builder>();
    view! {
        <aside class="panel step" aria-label="Step">
            <div class="step-head row"><b class="grow">{step.kind.words()}</b><Close/></div>
            <p class="empty">"What this step used is not there. Remove the step and add another."</p>
            <footer class="panel-foot"><button class="button" prop:disabled=move || !builder.doc.writable.get() on:click=move |_| remove(builder, &step)><Icon name="trash-2"/>"Remove this step"</button></footer>
        </aside>
    }
}

#[component]
fn Close() -> impl IntoView {
    let builder = expect_context::<Builder>();
    view! { <button class="icon-button" aria-label="Close the step" on:click=move |_| builder.close()><Icon name="x"/></button> }
}

#[component]
fn StepPanel(step: Step, resource: Id) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let doc = use_document(resource);
    doc.here(None, None);
    on_cleanup(move || builder.doc.here(None, None));
    let kind = step.kind;
    let stored = StoredValue::new(step.clone());
    let place = format!("{}/{}", step.list, step.row);
    let source = StoredValue::new(place.clone());
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let adaptor = Memo::new(move |_| {
        let (adaptor, kind) = (doc.text("/adaptorType"), doc.text("/type"));
        // Other types say when it is read, not where from.
        if adaptor.is_empty() && (is_listener(&kind) || kind == "simple") { kind } else { adaptor }
    });
    let resource_kind = if kind == StepKind::Import { Kind::Import } else { Kind::Export };
    let sections = Signal::derive(move || form(resource_kind, &adaptor.get()));
    view! {
        <aside class="panel step" id=PANEL tabindex="-1" aria-label=move || format!("{}: {}", kind.words(), doc.text("/name"))>
            <div class="step-head row">
                <span class="kind" data-kind=kind.key()><StepIcon step=stored/></span>
                <div class="grow"><b class="cut" title=move || doc.text("/name")>{move || doc.text("/name")}</b><small class="muted">{kind.words()}</small></div>
                <PeopleHere id=resource/>
                <ConflictBadge doc=doc/>
                <StepMenu step=step doc=doc/>
                <Close/>
            </div>
            <DocNotices id=resource/>
            <AlsoUsed id=resource flow=builder.doc.id/>
            <Unfinished place=place.clone()/>
            <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
                <div class="scroll">
                    // A field that is there before its text would show nothing and take nothing.
                    <Show when=move || open.get()>
                        <div class="form">
                            <DocText doc=doc path="/name" label="Name"/>
                            {move || is_listener(&adaptor.get()).then(|| view! { <ListenerAddress doc=doc/> })}
                            <DocForm doc=doc sections=sections/>
                        </div>
                    </Show>
                    {(kind == StepKind::Source).then(|| view! { <Show when=move || is_read(&adaptor.get())><h3>"When it is read"</h3><SourceSchedule doc=builder.doc place=source.get_value()/></Show> })}
                    <h3>"In the order they run"</h3>
                    <Tools doc=doc kind=kind/>
                    {(kind != StepKind::Source).then(|| view! { <div class="form"><DocForm doc=builder.doc sections=STEP base=place.clone()/></div> })}
                    <div class="form"><DocForm doc=builder.doc sections=STEP_NOTE base=place.clone()/></div>
                </div>
            </Show>
            <footer class="panel-foot"><span class="grow"></span><button class="button" on:click=move |_| builder.close()>"Done"</button></footer>
        </aside>
    }
}

/// Whether a source is read at times: what is sent to it, or given to it by a person, comes when it comes.
fn is_read(adaptor: &str) -> bool {
    !is_listener(adaptor) && !matches!(adaptor, "SimpleExport" | "simple")
}

/// That the step is left for later, which keeps the flow from running, and the way to say that it is finished.
#[component]
fn Unfinished(place: String) -> impl IntoView {
    let doc = expect_context::<Builder>().doc;
    let path = StoredValue::new(format!("{place}/setupInProgress"));
    let left = Memo::new(move |_| path.with_value(|path| doc.flag(path)));
    let finish = move |_| doc.edit(vec![Intent::Remove { path: path.get_value() }]);
    move || {
        left.get().then(|| view! {
            <div class="banner warning" role="status"><Icon name="triangle-alert"/><p class="grow">"This step is marked as unfinished, so the flow does not run."</p>
                <button class="button small" prop:disabled=move || !doc.writable.get() on:click=finish>"Mark as finished"</button></div>
        })
    }
}

/// What is done with the step itself; moving it here needs no pointer.
#[component]
fn StepMenu(step: Step, doc: Doc) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let history = RwSignal::new(false);
    let step = StoredValue::new(step);
    let closed = move || (!builder.doc.writable.get()).then(|| "You may look, not change.".to_owned());
    let cannot_move = move |forward: bool| {
        closed().or_else(|| {
            let stays = builder.steps.with(|all| step.with_value(|step| moved(all, &step.row, forward)).is_none());
            stays.then(|| if forward { "It is the last one." } else { "It is the first one." }.to_owned())
        })
    };
    let moving = RwSignal::new(false);
    let navigate = StoredValue::new_local(use_navigate());
    let open_page = move || {
        if let Some(to) = builder.app.row(doc.id).and_then(|row| address(&row)) {
            navigate.with_value(|navigate| navigate(&to, NavigateOptions::default()));
        }
    };
    let stays = move || {
        closed().or_else(|| {
            step.with_value(|step| other_branches(builder, step))
                .is_empty()
                .then(|| "There is no other branch.".to_owned())
        })
    };
    let shift_by = move |forward: bool| step.with_value(|step| shift(builder, step, forward));
    view! {
        <Menu id="step-menu" label="More for this step" face=view! { <Icon name="ellipsis"/> }.into_any()>
            <MenuItem on_choose=Callback::new(move |()| shift_by(false)) blocked=Signal::derive(move || cannot_move(false))><Icon name="arrow-up"/>"Move up"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| shift_by(true)) blocked=Signal::derive(move || cannot_move(true))><Icon name="arrow-down"/>"Move down"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| open_page())><Icon name="external-link"/>"Open as a resource"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| moving.set(true)) blocked=Signal::derive(stays)><Icon name="git-branch"/>"Move to another branch"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| step.with_value(|step| remove(builder, step))) blocked=Signal::derive(closed)><Icon name="trash-2"/>"Remove this step"</MenuItem>
        </Menu>
        <HistoryDialog doc=doc open=history/>
        <Dialog open=moving title="Move to another branch"><MoveTo step=step on_done=Callback::new(move |()| moving.set(false))/></Dialog>
    }
}

/// The branches that a step can be moved to.
fn other_branches(builder: Builder, step: &Step) -> Vec<Branch> {
    if step.kind == StepKind::Source {
        return Vec::new();
    }
    builder.routers.with(|all| {
        all.iter().flat_map(|router| &router.branches).filter(|branch| branch.list != step.list).cloned().collect()
    })
}

#[component]
fn MoveTo(step: StoredValue<Step>, on_done: Callback<()>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let all = step.with_value(|step| other_branches(builder, step));
    let go = move |list: String| {
        let step = step.get_value();
        builder.choice.choose(None);
        change(builder, |view, fresh| {
            let after = crate::state::list_rows(view, &list).last().map(|(row, _)| row.clone());
            move_step(view, &step.list, &step.row, &Landing { list, after }, fresh)
        });
        on_done.run(());
    };
    view! {
        <div class="dialog-body"><ul class="existing">{all.into_iter().map(|branch| {
            let list = branch.list.clone();
            view! { <li><button class="button quiet wide" on:click=move |_| go(list.clone())><span class="cut">{branch.name.clone()}</span></button></li> }
        }).collect_view()}</ul></div>
    }
}

/// How many fields the mapping of a step writes.
fn mapped_fields(doc: Doc) -> usize {
    doc.at("/mappings").map_or(0, |mappings| leaves(&mappings))
}

/// The fields that rows write at any depth. An object is what its fields are in, and no field of its own.
pub(super) fn leaves(rows: &Value) -> usize {
    let inside = |row: &Value| {
        let built = row.get("buildArrayHelper").and_then(Value::as_array).into_iter().flatten();
        let lists = built.chain([row]).filter_map(|part| part.get("mappings"));
        lists.map(leaves).sum::<usize>()
    };
    let leaf = |row: &Value| row.get("dataType").and_then(Value::as_str) != Some("object");
    let count = |row| match inside(row) {
        0 => usize::from(leaf(row)),
        fields => fields,
    };
    rows.as_array().into_iter().flatten().map(count).sum()
}

#[component]
fn Tools(doc: Doc, kind: StepKind) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let filtered = move |path: &'static str| {
        if doc.at(path).is_some_and(|filter| is_filter(&filter)) { "Set" } else { "Not set" }
    };
    let mapped = move || match mapped_fields(doc) {
        0 => "Not set".to_owned(),
        rows => words::count(rows, "field"),
    };
    let http = Memo::new(move |_| matches!(doc.text("/adaptorType").as_str(), "HTTPExport" | "HTTPImport"));
    // What an older mapping makes, its editor of the playground shows.
    let older =
        Memo::new(move |_| kind == StepKind::Import && doc.at("/mapping").is_some_and(|mapping| mapping.is_object()));
    view! {
        {move || older.get().then(|| view! { <div class="field older-mapping"><span class="label">"Mapping 1.0"</span><Door doc=doc path="/mapping" label="Mapping 1.0"/></div> })}
        <div class="tools">
            {move || http.get().then(|| view! {
                <button aria-label="Address and body" on:click=move |_| builder.open_tool(Tool::Templates)>
                    <Icon name="braces"/><span>"Address and body"</span><span class="value">"Templates"</span><Icon name="chevron-right" small=true/>
                </button>
            })}
            {(kind == StepKind::Lookup).then(|| view! {
                <button aria-label="Input filter" on:click=move |_| builder.open_tool(Tool::InputFilter)>
                    <Icon name="funnel"/><span>"Input filter"</span><span class="value">{move || filtered("/inputFilter")}</span><Icon name="chevron-right" small=true/>
                </button>
            })}
            {(kind != StepKind::Import).then(|| view! {
                <button aria-label="Transformation" on:click=move |_| builder.open_tool(Tool::Transform)>
                    <Icon name="wand-sparkles"/><span>"Transformation"</span><span class="value">{move || transform_words(doc)}</span><Icon name="chevron-right" small=true/>
                </button>
            })}
            <button aria-label="Filter" on:click=move |_| builder.open_tool(Tool::Filter)>
                <Icon name="funnel"/><span>{if kind == StepKind::Import { "Input filter" } else { "Output filter" }}</span><span class="value">{move || filtered("/filter")}</span><Icon name="chevron-right" small=true/>
            </button>
            {(kind == StepKind::Import).then(|| view! {
                <button aria-label="Mapping" on:click=move |_| builder.open_tool(Tool::Mapping)>
                    <Icon name="arrow-right-left"/><span>"Mapping"</span><span class="value">{mapped}</span><Icon name="chevron-right" small=true/>
                </button>
            })}
        </div>
    }
}

/// What a filter of a step does.
const GOES_ON: &str = "Records for which this holds go on. The others are counted as ignored; they are no errors.";

/// What the rules of a branch do, by how its branching chooses.
const fn branch_words(to_all: bool) -> &'static str {
    if to_all {
        "Records for which this holds go this way too. Each branch is asked; a record that no branch takes is counted as ignored."
    } else {
        "Records for which this holds go this way. The others are tried on the next branch; one that no branch takes is counted as ignored."
    }
}

/// The rules of a branch, edited in the flow itself.
#[component]
pub(super) fn BranchEditor(branch: Branch) -> impl IntoView {
    let Branch { name, place, row, .. } = branch;
    let builder = expect_context::<Builder>();
    let doc = builder.doc;
    let router = builder
        .routers
        .with_untracked(|all| all.iter().find(|router| router.branches.iter().any(|one| one.row == row)).cloned());
    let says = branch_words(router.as_ref().is_some_and(|router| router.to_all));
    let judged = router.map(|router| (Judged::branching(format!("{ROUTERS}/{}", router.row)), router.id));
    let full = RwSignal::new(false);
    view! {
        <section class="step-editor" class:full=full id=EDITOR tabindex="-1" aria-label="Branch rules editor" on:keydown=move |event| leave_full(full, &event)>
            <header class="editor-head">
                <div class="title-line"><h2 class="cut">"Records that go to "{name}</h2></div>
                <span class="grow"></span>
                <UndoButtons doc=doc/>
                <FullScreen full=full/>
                <button class="button primary" on:click=move |_| builder.close_tool()>"Done"</button>
            </header>
            <div class="scroll">
                <FilterEditor doc=doc base=format!("{place}/inputFilter") says=says/>
                {judged.map(|(judged, id)| view! { <Verdict doc=doc judged=judged step=id/> })}
            </div>
        </section>
    }
}

#[component]
fn Editor(tool: Tool, resource: Id, step: Step) -> impl IntoView {
    let Step { row, kind, .. } = step;
    let builder = expect_context::<Builder>();
    let doc = use_document(resource);
    doc.here(None, None);
    let title = match tool {
        Tool::InputFilter => "Input filter",
        Tool::Filter | Tool::Branch(_) => "Filter",
        Tool::Mapping => "Mapping",
        Tool::Transform => "Transformation",
        Tool::Templates => "Address and body",
    };
    let full = RwSignal::new(false);
    view! {
        <section class="step-editor" class:full=full id=EDITOR tabindex="-1" aria-label=format!("{title} editor") on:keydown=move |event| leave_full(full, &event)>
            <header class="editor-head">
                <div class="title-line"><h2 class="cut">{title}" of "{move || doc.text("/name")}</h2><ConflictBadge doc=doc/></div>
                <span class="grow"></span>
                <PeopleHere id=resource/>
                <UndoButtons doc=doc/>
                <FullScreen full=full/>
                <button class="button primary" on:click=move |_| builder.close_tool()>"Done"</button>
            </header>
            <div class="scroll">
                {match tool {
                    Tool::InputFilter => view! {
                        <FilterEditor doc=doc base="/inputFilter" says=GOES_ON/>
                        <Verdict doc=doc judged=Judged::filter("/inputFilter") step=row/>
                    }.into_any(),
                    Tool::Filter | Tool::Branch(_) => view! {
                        <FilterEditor doc=doc base="/filter" says=GOES_ON/>
                        <Verdict doc=doc judged=Judged::filter("/filter") step=row/>
                    }.into_any(),
                    Tool::Mapping => view! { <MappingEditor doc=doc purpose=mapping::IMPORT step=row/> }.into_any(),
                    Tool::Transform => view! { <TransformEditor doc=doc step=row/> }.into_any(),
                    Tool::Templates => view! { <TemplatesEditor doc=doc kind=kind step=row/> }.into_any(),
                }}
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mapping_counts_the_fields_it_writes_at_any_depth_and_no_objects() {
        let field = |name: &str| json!({"generate": name, "dataType": "string"});
        let object = |rows: Value| json!({"generate": "o", "dataType": "object", "mappings": rows});
        assert_eq!(leaves(&json!([field("a"), field("b"), {"generate": "c"}])), 3);
        assert_eq!(
            leaves(&json!([field("a"), object(json!([field("b"), object(json!([field("c"), field("d")]))]))])),
            4
        );
        assert_eq!(leaves(&json!([object(json!([]))])), 0);
        let array = json!({"generate": "l", "dataType": "objectarray", "buildArrayHelper": [{"mappings": [field("x"), field("y")]}]});
        assert_eq!(leaves(&json!([array])), 2);
        assert_eq!(leaves(&Value::Null), 0);
    }
}
