//! The recycle bin: what was put there, and the way back.

use leptos::prelude::*;
use tombolo_model::{Intent, Kind};
use tombolo_wire::store::{Call, CatalogueRow};

use crate::browser::time;
use crate::components::Icon;
use crate::state::App;
use crate::words;

/// Everything in the bin, last changed first.
pub(crate) fn binned<'a>(rows: impl Iterator<Item = &'a CatalogueRow>) -> Vec<CatalogueRow> {
    let mut found: Vec<_> = rows.filter(|row| row.binned).cloned().collect();
    found.sort_by_key(|row| (std::cmp::Reverse(row.modified_ms), row.id));
    found
}

/// What a kind is called on screen.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Integration => "Integration",
        Kind::Flow => "Flow",
        Kind::Export => "Source",
        Kind::Import => "Destination",
        Kind::Connection => "Connection",
        Kind::Script => "Script",
        other => other.name(),
    }
}

/// The recycle bin.
#[component]
pub(crate) fn BinPage() -> impl IntoView {
    let app = App::here();
    let rows = Memo::new(move |_| app.rows.with(|rows| binned(rows.values())));
    view! {
        <div class="page-head"><div>
            <h1>"Recycle bin"</h1>
            <p class="sub">"What is here still exists, on this device and for everybody in the account. Nothing runs from the bin."</p>
        </div></div>
        <Show when=move || !rows.with(Vec::is_empty) fallback=|| view! {
            <div class="empty"><span class="kind"><Icon name="trash-2"/></span><h2>"The bin is empty"</h2><p>"What you put in the bin waits here until you take it back."</p></div>
        }>
            <div class="table-wrap">
                <table class="table">
                    <thead><tr><th>"Name"</th><th>"Kind"</th><th data-rank="2">"Last change"</th><th><span class="sr">"Actions"</span></th></tr></thead>
                    <tbody><For each=move || rows.get() key=|row| (row.id, row.modified_ms) let:row><BinRow row=row/></For></tbody>
                </table>
            </div>
        </Show>
    }
}

#[component]
fn BinRow(row: CatalogueRow) -> impl IntoView {
    let app = App::here();
    let id = row.id;
    let name = if row.name.is_empty() { "Without a name".to_owned() } else { row.name.clone() };
    let restore = {
        let name = name.clone();
        move |_| {
            app.send(Call::Edit { id, intents: vec![Intent::Unbin] });
            app.toasts.say(format!("{name} is back."));
        }
    };
    view! {
        <tr>
            <td class="name">{name.clone()}</td>
            <td class="muted">{kind_name(row.kind)}</td>
            <td class="muted" data-rank="2">{words::ago(row.modified_ms, time::now_ms())}</td>
            <td class="actions"><button class="button small" aria-label=format!("Restore {name}") on:click=restore prop:disabled=move || !app.may_write()><Icon name="rotate-ccw"/>"Restore"</button></td>
        </tr>
    }
}
