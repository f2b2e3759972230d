//! The data loader: a file of this computer into a destination, in steps on one page.
//!
//! What it makes is a flow like any other, with one file as its source and one destination, so it can be opened in the
//! flow builder, shared and run again with another file.

mod create;
mod loader;
mod preview;

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::Kind;
use tombolo_wire::store::CatalogueRow;

use crate::browser::page;
use crate::components::{Ago, Icon, RunState};
use crate::state::App;
use create::Create;
pub(crate) use loader::LoaderPage;

/// The sources that are files of this computer.
const FILE_SOURCE: &str = "SimpleExport";

/// The flows that read a file of this computer.
fn loaders(rows: &[CatalogueRow], flows: Vec<CatalogueRow>) -> Vec<CatalogueRow> {
    let is_file = |row: &CatalogueRow| row.kind == Kind::Export && row.adaptor.as_deref() == Some(FILE_SOURCE);
    let files: Vec<_> = rows.iter().filter(|row| is_file(row)).map(|row| row.id).collect();
    let mut found: Vec<CatalogueRow> =
        flows.into_iter().filter(|flow| flow.references.iter().any(|id| files.contains(id))).collect();
    found.sort_by_key(|flow| std::cmp::Reverse(flow.modified_ms));
    found
}

/// The first page: a new load, and those before.
#[component]
pub(crate) fn DataLoaderPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Data loader".into());
    let before = Memo::new(move |_| loaders(&app.of_kind(Kind::Export), app.of_kind(Kind::Flow)));
    view! {
        <div class="page-head"><div><h1>"Data loader"</h1><p class="sub">"Puts the records of a file into an application, once or again and again."</p></div></div>
        <div class="page-form"><Create/></div>
        <Show when=move || !before.with(Vec::is_empty)>
            <section class="page-section" aria-label="Earlier loads">
                <h2>"Earlier loads"</h2>
                <div class="table-wrap"><table class="table flows loads">
                    <thead><tr><th>"Name"</th><th>"Last run"</th><th data-rank="2">"When"</th><th><span class="sr">"Actions"</span></th></tr></thead>
                    <tbody><For each=move || before.get() key=|flow| (flow.id, flow.name.clone()) let:flow><Load flow=flow/></For></tbody>
                </table></div>
            </section>
        </Show>
    }
}

#[component]
fn Load(flow: CatalogueRow) -> impl IntoView {
    let app = App::here();
    let id = flow.id;
    let name = if flow.name.is_empty() { "Without a name".to_owned() } else { flow.name };
    let to = format!("/data-loader/{id}");
    let label = format!("Load a file with {name}");
    view! {
        <tr>
            <td><A href=to.clone() attr:class="name">{name}</A></td>
            <td>{move || match app.last_run(id) {
                Some(run) => view! { <RunState run=run/> }.into_any(),
                None => view! { <span class="faint">"Not run yet"</span> }.into_any(),
            }}</td>
            <td class="muted" data-rank="2">{move || app.last_run(id).map(|run| view! { <Ago ms=run.started_ms/> })}</td>
            <td class="actions"><A href=to attr:class="button small" attr:aria-label=label><Icon name="upload"/>"Load a file"</A></td>
        </tr>
    }
}
