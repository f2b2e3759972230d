//! The recycle bin: what was put there, and the way back.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Id, Intent};
use tombolo_wire::store::{Call, CallError, CatalogueRow, Edited};

use crate::browser::page;
use crate::components::{Ago, Icon};
use crate::state::App;
use crate::words::kinds::kind_name;

/// Everything in the bin, last changed first.
pub(crate) fn binned<'a>(rows: impl Iterator<Item = &'a CatalogueRow>) -> Vec<CatalogueRow> {
    let mut found: Vec<_> = rows.filter(|row| row.binned).cloned().collect();
    found.sort_by_key(|row| (std::cmp::Reverse(row.modified_ms), row.id));
    found
}

/// Puts resources into the bin, says so once they are there, and offers to take exactly these back.
pub(crate) fn put_away(app: App, ids: Vec<Id>, said: String) {
    spawn_local(async move {
        match each(app, &ids, &Intent::Bin).await {
            Ok(()) => app.toasts.offer_undo(said, move || {
                let ids = ids.clone();
                app.in_turn(async move { each(app, &ids, &Intent::Unbin).await });
            }),
            Err(error) => app.toasts.fail(error.message),
        }
    });
}

async fn each(app: App, ids: &[Id], intent: &Intent) -> Result<(), CallError> {
    for id in ids {
        app.call::<Edited>(Call::Edit { id: *id, intents: vec![intent.clone()] }).await?;
    }
    Ok(())
}

/// Takes a resource out of the bin and says so once it is back.
pub(crate) fn take_back(app: App, id: Id, name: String) {
    spawn_local(async move {
        match each(app, &[id], &Intent::Unbin).await {
            Ok(()) => app.toasts.say(format!("{name} is back.")),
            Err(error) => app.toasts.fail(error.message),
        }
    });
}

/// Says that what is shown lies in the bin, with the way back.
#[component]
pub(crate) fn BinnedBanner(id: Id, says: &'static str) -> impl IntoView {
    let app = App::here();
    let row = Memo::new(move |_| app.row(id).filter(|row| row.binned));
    move || {
        row.get().map(|row| {
            let (name, closed) = (row.name.clone(), Signal::derive(move || !app.may_change(&row)));
            view! {
                <div class="banner warning attention" role="status"><Icon name="trash-2"/><p class="grow">{says}</p>
                    <button class="button small" prop:disabled=closed on:click=move |_| take_back(app, id, name.clone())><Icon name="rotate-ccw"/>"Restore"</button></div>
            }
        })
    }
}

/// The recycle bin.
#[component]
pub(crate) fn BinPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Recycle bin".into());
    let rows = Memo::new(move |_| app.rows.with(|rows| binned(rows.values())));
    view! {
        <div class="page-head"><div>
            <h1>"Recycle bin"</h1>
            <p class="sub">{move || if app.is_alone() {
                "What is here still exists on this device. Nothing runs from the bin."
            } else {
                "What is here still exists, on this device and for everybody in the account. Nothing runs from the bin."
            }}</p>
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
    let (back, kind, modified_ms) = (name.clone(), row.kind, row.modified_ms);
    let closed = Signal::derive(move || !app.may_change(&row));
    view! {
        <tr>
            <td class="name">{name.clone()}</td>
            <td class="muted">{kind_name(kind)}</td>
            <td class="muted" data-rank="2"><Ago ms=modified_ms/></td>
            <td class="actions"><button class="button small" aria-label=format!("Restore {name}") on:click=move |_| take_back(app, id, back.clone()) prop:disabled=closed><Icon name="rotate-ccw"/>"Restore"</button></td>
        </tr>
    }
}
