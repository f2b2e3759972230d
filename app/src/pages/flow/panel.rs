//! The form of the chosen step, and the tools that open an editor.

use leptos::prelude::*;
use tombolo_model::Id;

use super::Builder;
use super::canvas::remove;
use super::filter::FilterEditor;
use super::forms::{ExportForm, ImportForm};
use super::mapping::MappingEditor;
use super::steps::{Step, StepKind};
use crate::components::{ConflictBadge, DocNotices, DocText, Icon, PeopleHere};
use crate::state::{Doc, list_rows, use_document};
use crate::words;

/// The editors of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// Which records go on.
    Filter,
    /// Which field goes where.
    Mapping,
}

/// The panel at the right.
#[component]
pub(super) fn Panel(step: Step) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let Some(resource) = step.resource else {
        return view! { <aside class="panel step" aria-label="Step"><p class="empty">"This step has no export or import. Remove it and add another."</p></aside> }.into_any();
    };
    view! {
        {move || match builder.tool.get() {
            None => view! { <StepPanel step=step.clone() resource=resource/> }.into_any(),
            Some(tool) => view! { <Editor tool=tool resource=resource/> }.into_any(),
        }}
    }
    .into_any()
}

#[component]
fn StepPanel(step: Step, resource: Id) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let doc = use_document(resource);
    doc.here(None, None);
    on_cleanup(move || builder.doc.here(None, None));
    let kind = step.kind;
    let removed = step.clone();
    view! {
        <aside class="panel step" aria-label=move || format!("{}: {}", kind.words(), doc.text("/name"))>
            <div class="step-head row">
                <span class="kind" data-kind=kind.key()><Icon name=kind.icon()/></span>
                <div class="grow"><b class="cut">{move || doc.text("/name")}</b><small class="muted">{kind.words()}</small></div>
                <PeopleHere id=resource/>
                <ConflictBadge doc=doc/>
                <button class="icon-button" aria-label="Remove this step" prop:disabled=move || !builder.doc.writable.get() on:click=move |_| remove(builder, &removed)><Icon name="trash-2"/></button>
            </div>
            <DocNotices id=resource/>
            <div class="scroll">
                <div class="form">
                    <DocText doc=doc path="/name" label="Name"/>
                    {if kind == StepKind::Import { view! { <ImportForm doc=doc/> }.into_any() } else { view! { <ExportForm doc=doc/> }.into_any() }}
                </div>
                <h3>"In the order they run"</h3>
                <Tools doc=doc kind=kind/>
            </div>
            <footer class="panel-foot"><span class="grow"></span><button class="button primary" on:click=move |_| builder.choose(None)>"Done"</button></footer>
        </aside>
    }
}

#[component]
fn Tools(doc: Doc, kind: StepKind) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let filtered = move || {
        if doc
            .at("/filter/expression/rules")
            .is_some_and(|rules| rules.as_array().is_some_and(|rules| !rules.is_empty()))
        {
            "Set"
        } else {
            "Not set"
        }
    };
    let mapped = move || {
        let rows = doc.view.with(|view| view.as_ref().map_or(0, |view| list_rows(view, "/mappings").len()));
        if rows == 0 { "Not set".to_owned() } else { words::count(rows, "field") }
    };
    view! {
        <div class="tools">
            <button aria-label="Filter" on:click=move |_| builder.tool.set(Some(Tool::Filter))>
                <Icon name="funnel"/><span>{if kind == StepKind::Import { "Input filter" } else { "Output filter" }}</span><span class="value">{filtered}</span><Icon name="chevron-right" small=true/>
            </button>
            {(kind == StepKind::Import).then(|| view! {
                <button aria-label="Mapping" on:click=move |_| builder.tool.set(Some(Tool::Mapping))>
                    <Icon name="arrow-right-left"/><span>"Mapping"</span><span class="value">{mapped}</span><Icon name="chevron-right" small=true/>
                </button>
            })}
        </div>
    }
}

#[component]
fn Editor(tool: Tool, resource: Id) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let doc = use_document(resource);
    doc.here(None, None);
    let title = match tool {
        Tool::Filter => "Filter",
        Tool::Mapping => "Mapping",
    };
    view! {
        <section class="step-editor" aria-label=format!("{title} editor")>
            <header class="editor-head">
                <h2 class="cut">{title}" of "{move || doc.text("/name")}</h2>
                <ConflictBadge doc=doc/>
                <span class="grow"></span>
                <PeopleHere id=resource/>
                <button class="icon-button" aria-label="Undo" on:click=move |_| doc.undo()><Icon name="undo-2"/></button>
                <button class="icon-button" aria-label="Redo" on:click=move |_| doc.redo()><Icon name="redo-2"/></button>
                <button class="button primary" on:click=move |_| builder.tool.set(None)>"Done"</button>
            </header>
            <div class="scroll">
                {match tool {
                    Tool::Filter => view! { <FilterEditor doc=doc/> }.into_any(),
                    Tool::Mapping => view! { <MappingEditor doc=doc/> }.into_any(),
                }}
            </div>
        </section>
    }
}
