//! The data as files: what is read in, with a look at it first, and what is handed to the downloads.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::data::{Data, parts};
use super::texts::{Entry, cell, kind_of, read, to_csv, to_json};
use crate::browser::files;
use crate::components::{Dialog, Icon, Menu, MenuItem};
use crate::state::Doc;
use crate::words;

/// The largest file that is read: a cache holds no more.
const MOST_BYTES: f64 = 80_000_000.0;
/// How many entries are looked at before they are added.
const LOOKED_AT: usize = 8;

/// Hands all entries to the downloads.
#[component]
pub(super) fn Download(doc: Doc, data: Data) -> impl IntoView {
    let hand = move |csv: bool| {
        spawn_local(async move {
            let all = match data.all().await {
                Ok(all) => all,
                Err(error) => return data.app.toasts.fail(error.message),
            };
            let (text, end) = if csv { (to_csv(&all), "csv") } else { (to_json(&all), "json") };
            let name = files::plain_name(&untrack(|| doc.text("/name")));
            files::download_text(data.app, &text, &format!("{name}.{end}"));
        });
    };
    view! {
        <Menu id="cache-download" label="Download" class="button" face=view! { <Icon name="download"/>"Download" }.into_any()>
            <MenuItem on_choose=Callback::new(move |()| hand(true))><Icon name="file-spreadsheet"/>"As CSV"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| hand(false))><Icon name="file-braces"/>"As JSON"</MenuItem>
        </Menu>
    }
}

/// A file that was chosen.
#[derive(Clone)]
struct Chosen {
    name: String,
    read: Result<Vec<Entry>, String>,
}

/// Chooses a file, shows what is in it, and adds it.
#[component]
pub(super) fn ImportDialog(data: Data, open: RwSignal<bool>) -> impl IntoView {
    let chosen = RwSignal::new(None::<Chosen>);
    Effect::new(move |_| {
        if open.get() {
            chosen.set(None);
        }
    });
    view! {
        <Dialog open=open title="Import entries">
            <div class="dialog-body form">
                <Choose chosen=chosen/>
                {move || chosen.get().map(|Chosen { name, read }| match read {
                    Err(problem) => view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p><b>{name}</b>" was not read. "{problem}</p></div> }.into_any(),
                    Ok(entries) if entries.is_empty() => view! { <p role="status">{format!("{name} has no entries.")}</p> }.into_any(),
                    Ok(entries) => view! { <Preview data=data entries=entries open=open/> }.into_any(),
                })}
            </div>
        </Dialog>
    }
}

#[component]
fn Choose(chosen: RwSignal<Option<Chosen>>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let take = move |file: File| {
        spawn_local(async move {
            let read = text_of(&file).await.and_then(|text| read(&file.name(), &text));
            chosen.try_set(Some(Chosen { name: file.name(), read }));
        });
    };
    let change = move |_| {
        let Some(input) = input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take(file);
        }
        // Choosing the same file again, because it has changed, is another choice.
        input.set_value("");
    };
    let drop = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            take(file);
        }
    };
    view! {
        <div class="drop-box" class:over=over on:dragover=move |event: leptos::ev::DragEvent| { event.prevent_default(); over.set(true); } on:dragleave=move |_| over.set(false) on:drop=drop>
            <label class="field" for="cache-file"><span class="label">"CSV or JSON file"</span>
            <input class="input" id="cache-file" type="file" accept=".csv,.json,text/csv,application/json" aria-describedby="cache-file-help" node_ref=input on:change=change/></label>
            <p class="help" id="cache-file-help">"Choose a file or drop it here. CSV: a column “key”, and one “value” or several that make an object. JSON: an object, or a list of key and value. Entries whose key is there already are replaced."</p>
        </div>
    }
}

async fn text_of(file: &File) -> Result<String, String> {
    if file.size() > MOST_BYTES {
        return Err("It is larger than 80 MB, and a cache holds 50 MB at most.".to_owned());
    }
    let bytes =
        JsFuture::from(file.array_buffer()).await.map_err(|_| "The browser could not read it. Choose it again.")?;
    let bytes = js_sys::Uint8Array::new(&bytes).to_vec();
    String::from_utf8(bytes)
        .map_err(|_| "It is not written in UTF-8. Save it in UTF-8, then choose it again.".to_owned())
}

/// That not all of a file was added, because somebody closed the dialog or left the page.
fn broken_off(done: usize, many: usize) -> String {
    let (done, all) = (words::number(done as u64), words::number(many as u64));
    format!("{done} of {all} entries are added: the import was closed. Import the file again for the rest.")
}

#[component]
fn Preview(data: Data, entries: Vec<Entry>, open: RwSignal<bool>) -> impl IntoView {
    let many = entries.len();
    let counted = words::entries(many);
    let first: Vec<Entry> = entries.iter().take(LOOKED_AT).cloned().collect();
    let waiting = StoredValue::new(parts(entries));
    let added = RwSignal::new(0_usize);
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let add = move |_| {
        busy.set(true);
        failed.set(None);
        // Counted here as well: closing the dialog takes its signals away, and what is in has to be told all the same.
        let mut done = added.get_untracked();
        spawn_local(async move {
            // What is in stays in: after a failure the rest goes on from there.
            while done < many {
                let Some(part) = waiting.try_with_value(|parts| parts.first().cloned()).flatten() else {
                    data.app.toasts.fail(broken_off(done, many));
                    return data.load(false);
                };
                let here = part.len();
                if let Err(error) = data.write(part, Vec::new()).await {
                    busy.try_set(false);
                    // Without the dialog there is no other place to say it.
                    if let Some(Some(problem)) = failed.try_set(Some(error.message)) {
                        data.app.toasts.fail(format!("{problem} {}", broken_off(done, many)));
                    }
                    return;
                }
                done += here;
                waiting.try_update_value(|parts| parts.remove(0));
                added.try_set(done);
            }
            data.app.toasts.say(format!("{} {} added.", words::entries(many), if many == 1 { "is" } else { "are" }));
            data.load(false);
            // Opened once more meanwhile, it is another import's.
            if !waiting.is_disposed() {
                open.try_set(false);
            }
        });
    };
    view! {
        <table class="table compact cache-data" aria-label="The first entries of the file">
            <thead><tr><th>"Key"</th><th>"Value"</th><th>"Type"</th></tr></thead>
            <tbody>{first.into_iter().map(|(key, value)| view! {
                <tr><td><code class="cut">{key}</code></td><td><code class="cut">{cell(&value).chars().take(120).collect::<String>()}</code></td><td class="muted">{kind_of(&value)}</td></tr>
            }).collect_view()}</tbody>
        </table>
        <p role="status" class="muted">{move || match added.get() {
            0 => counted.clone(),
            some => format!("{} of {} are added.", words::number(some as u64), words::number(many as u64)),
        }}</p>
        {move || (added.get() > 0).then(|| view! { <progress max=many.to_string() value=added.get().to_string() aria-label="Added"></progress> })}
        {move || failed.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
        <footer class="dialog-foot"><button class="button primary" type="button" prop:disabled=busy aria-busy=move || busy.get().to_string() on:click=add>{move || if added.get() > 0 { "Go on" } else { "Add the entries" }}</button></footer>
    }
}
