//! The table of the data: found by the beginning of the key, loaded page by page, of which only the rows in sight are drawn.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Action, Kind};

use super::data::Data;
use super::entry::{Edited, EntryDialog};
use super::files::{Download, ImportDialog};
use super::texts::{Entry, cell, kind_of};
use crate::components::{Dialog, Icon};
use crate::pages::resources::use_window;
use crate::state::Doc;
use crate::words;

/// The most that a cache holds, in words.
const MOST: &str = "50 MB";

/// The data of a cache.
#[component]
pub(super) fn Grid(doc: Doc) -> impl IntoView {
    let data = Data::new(doc.app, doc.id);
    data.load(false);
    // Whoever may not change the cache may look, where the server lets them.
    let off = Signal::derive(move || !doc.writable.get() || !doc.app.may(Action::Write, Kind::LookupCache));
    let editing = RwSignal::new(None::<Edited>);
    let (importing, purging) = (RwSignal::new(false), RwSignal::new(false));
    let empty = Memo::new(move |_| {
        data.entries.with(Vec::is_empty)
            && data.start.with(String::is_empty)
            && !data.busy.get()
            && data.error.with(Option::is_none)
    });
    view! {
        <div class="toolbar">
            <label class="input"><Icon name="search"/><input type="search" placeholder="Find keys that begin with…" aria-label="Find keys that begin with"
                prop:value=move || data.start.get() on:input=move |event| { data.start.set(event_target_value(&event)); data.load(false); }/></label>
            <span class="muted num" role="status">{move || says(data)}</span>
            <span class="grow"></span>
            <button class="button" prop:disabled=off on:click=move |_| importing.set(true)><Icon name="upload"/>"Import"</button>
            <Download doc=doc data=data/>
            <button class="button quiet" prop:disabled=move || off.get() || empty.get() on:click=move |_| purging.set(true)><Icon name="trash-2"/>"Delete all"</button>
            <button class="button primary" prop:disabled=off on:click=move |_| editing.set(Some(Edited::fresh()))><Icon name="plus"/>"Add entry"</button>
        </div>
        {move || data.error.get().map(|error| view! {
            <div class="banner warning attention" role="alert"><Icon name="triangle-alert"/><p class="grow">{error}</p><button class="button small" on:click=move |_| data.load(false)>"Try again"</button></div>
        })}
        <Show when=move || !data.entries.with(Vec::is_empty) fallback=move || view! { <Nothing data=data empty=empty/> }>
            <Rows data=data off=off editing=editing/>
        </Show>
        <EntryDialog data=data editing=editing/>
        <ImportDialog data=data open=importing/>
        <Dialog open=purging title="Delete all entries"><Purge data=data open=purging/></Dialog>
    }
}

/// How much there is.
fn says(data: Data) -> String {
    if data.error.with(Option::is_some) {
        return String::new();
    }
    let size = format!("{} of {MOST}", words::size(data.size_bytes.get()));
    match data.count.get() {
        Some(many) => {
            let many = usize::try_from(many).unwrap_or(usize::MAX);
            format!("{}, {size}", words::entries(many))
        }
        None => size,
    }
}

#[component]
fn Nothing(data: Data, empty: Memo<bool>) -> impl IntoView {
    move || {
        if empty.get() {
            view! { <div class="empty"><span class="kind"><Icon name="database"/></span><h2>"No entries yet"</h2><p>"Add entries by hand, or import a CSV or JSON file. Mappings and scripts look values up by their key."</p></div> }.into_any()
        } else if !data.busy.get() && data.error.with(Option::is_none) {
            view! { <div class="empty"><span class="kind"><Icon name="search"/></span><h2>"Nothing matches"</h2><button class="button" on:click=move |_| { data.start.set(String::new()); data.load(false); }>"Clear the search"</button></div> }.into_any()
        } else {
            ().into_any()
        }
    }
}

#[component]
fn Rows(data: Data, off: Signal<bool>, editing: RwSignal<Option<Edited>>) -> impl IntoView {
    let body = NodeRef::<html::Tbody>::new();
    let count = Signal::derive(move || data.entries.with(Vec::len));
    let part = use_window(count, body);
    // The next page is asked for before the last row is in sight.
    Effect::new(move |_| {
        let near = part.get().to + 200 >= count.get();
        if near && data.more.get() && !data.busy.get() {
            data.load(true);
        }
    });
    let shown = move || {
        let part = part.get();
        data.entries.with(|all| all.get(part.from..part.to.min(all.len())).unwrap_or_default().to_vec())
    };
    let room = move |rows: usize| {
        #[expect(clippy::cast_precision_loss, reason = "pixels of a table")]
        let height = rows as f64 * part.with(|part| part.height);
        (rows > 0).then(|| view! { <tr class="room" aria-hidden="true"><td colspan="4" style:block-size=format!("{height}px")></td></tr> })
    };
    view! {
        <div class="table-wrap"><table class="table cache-data" aria-label="Entries" aria-rowcount=move || (count.get() + 1).to_string()>
            <thead><tr><th>"Key"</th><th>"Value"</th><th data-rank="2">"Type"</th><th><span class="sr">"Actions"</span></th></tr></thead>
            <tbody node_ref=body>
                {move || room(part.with(|part| part.from))}
                <For each=shown key=|entry| (entry.0.clone(), entry.1.to_string()) let:entry><Line data=data entry=entry off=off editing=editing/></For>
                {move || room(count.get().saturating_sub(part.with(|part| part.to)))}
            </tbody>
        </table></div>
    }
}

/// How much of a value is drawn in its row.
const SHOWN_LETTERS: usize = 300;

#[component]
fn Line(data: Data, entry: Entry, off: Signal<bool>, editing: RwSignal<Option<Edited>>) -> impl IntoView {
    let (key, value) = entry.clone();
    let shown: String = cell(&value).chars().take(SHOWN_LETTERS).collect();
    let kind = kind_of(&value);
    let entry = StoredValue::new(entry);
    let edit = move |_| editing.set(Some(Edited::of(&entry.get_value())));
    let delete = move |_| {
        let (key, value) = entry.get_value();
        spawn_local(async move {
            match data.write(Vec::new(), vec![key.clone()]).await {
                Ok(()) => data.app.toasts.offer_undo(format!("“{key}” is deleted."), move || {
                    let back = (key.clone(), value.clone());
                    data.app.in_turn(async move { data.write(vec![back], Vec::new()).await });
                }),
                Err(error) => data.app.toasts.fail(error.message),
            }
        });
    };
    view! {
        <tr data-row="">
            <td><code class="name cut" title=key.clone()>{key.clone()}</code></td>
            <td><code class="cut">{shown}</code></td>
            <td class="muted" data-rank="2">{kind}</td>
            <td class="actions"><span class="row end">
                <button class="icon-button small" aria-label=format!("Edit {key}") title="Edit" prop:disabled=off on:click=edit><Icon name="pencil" small=true/></button>
                <button class="icon-button small" aria-label=format!("Delete {key}") title="Delete" prop:disabled=off on:click=delete><Icon name="trash-2" small=true/></button>
            </span></td>
        </tr>
    }
}

/// Asks before everything goes: that cannot be taken back.
#[component]
fn Purge(data: Data, open: RwSignal<bool>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let purge = move |_| {
        busy.set(true);
        spawn_local(async move {
            match data.purge().await {
                Ok(()) => {
                    open.try_set(false);
                    data.app.toasts.say("All entries are deleted.");
                    data.load(false);
                }
                Err(error) => data.app.toasts.fail(error.message),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="dialog-body"><p>"All entries go, for everybody who uses this cache. The cache itself stays. This cannot be taken back: download the entries first if you may need them."</p></div>
        <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Keep them"</button>
            <button class="button danger" prop:disabled=busy aria-busy=move || busy.get().to_string() on:click=purge>"Delete all entries"</button></footer>
    }
}
