//! A new load: the file, where its records go, and the integration it belongs to.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Intent, Kind};
use tombolo_wire::store::{BlobInfo, Call, CallError, Created, Edited};
use web_sys::File;

use crate::components::{Field, Icon, SelectBox, format_of};
use crate::state::App;

/// Destinations that are made for the load; an id stands for one that is there.
const NEW_HTTP: &str = "http";
const NEW_FILE: &str = "file";
/// The integration of loads, where there is none yet.
const OWN: &str = "Data loads";

/// What the file is read as at first.
fn source(name: &str, hash: &str, integration: &str) -> Value {
    let format = format_of(name);
    let mut file = json!({"type": format});
    if format == "csv" {
        file["csv"] = json!({"columnDelimiter": ",", "hasHeaderRow": true});
    }
    if format == "xlsx" {
        file["xlsx"] = json!({"hasHeaderRow": true});
    }
    json!({"name": format!("Records of {name}"), "adaptorType": "SimpleExport", "type": "simple", "_integrationId": integration,
        "rawData": hash, "rawDataName": name, "file": file})
}

fn destination(kind: &str, name: &str, integration: &str) -> Value {
    let name = format!("{name} to {}", if kind == NEW_FILE { "a file" } else { "HTTP" });
    match kind {
        NEW_FILE => json!({"name": name, "adaptorType": "SimpleImport", "_integrationId": integration,
            "file": {"type": "json", "fileName": "records.json"}}),
        _ => {
            json!({"name": name, "adaptorType": "HTTPImport", "_integrationId": integration, "http": {"method": ["POST"]}})
        }
    }
}

/// What a load is made of, as far as it is there.
#[derive(Default)]
struct Made(Vec<Id>);

impl Made {
    async fn add(&mut self, app: App, kind: Kind, value: Value) -> Result<Id, CallError> {
        let id = app.call::<Created>(Call::Create { kind, value }).await?.id;
        self.0.push(id);
        Ok(id)
    }

    /// Puts it into the bin: half a load is nothing that anybody wants to find.
    async fn take_back(self, app: App) {
        for id in self.0 {
            if let Err(error) = app.call::<Edited>(Call::Edit { id, intents: vec![Intent::Bin] }).await {
                app.toasts.fail(format!("What was made of the load so far stays in the lists. {}", error.message));
                return;
            }
        }
    }
}

/// Makes the flow with its source and its destination, or nothing.
async fn make(app: App, file: File, to: String, integration: String) -> Result<Id, CallError> {
    let mut made = Made::default();
    let outcome = make_all(app, file, to, integration, &mut made).await;
    if outcome.is_err() {
        made.take_back(app).await;
    }
    outcome
}

async fn make_all(app: App, file: File, to: String, integration: String, made: &mut Made) -> Result<Id, CallError> {
    let name = file.name();
    let stored = app.client()?.call_with::<BlobInfo>(Call::PutFile { name: name.clone() }, &[file.into()]).await?.value;
    let integration = match integration.is_empty() {
        true => made.add(app, Kind::Integration, json!({"name": OWN})).await?.to_string(),
        false => integration,
    };
    let export = made.add(app, Kind::Export, source(&name, &stored.hash, &integration)).await?;
    let import = match to.parse::<Id>() {
        Ok(id) => id,
        Err(_) => made.add(app, Kind::Import, destination(&to, &name, &integration)).await?,
    };
    let flow = json!({"name": format!("Load {name}"), "_integrationId": integration, "disabled": false,
        "pageGenerators": [{"_exportId": export}], "pageProcessors": [{"type": "import", "_importId": import}]});
    made.add(app, Kind::Flow, flow).await
}

/// The form.
#[component]
pub(super) fn Create() -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let file = RwSignal::new_local(None::<File>);
    let to = RwSignal::new(NEW_HTTP.to_owned());
    let place = RwSignal::new(None::<String>);
    let (busy, tried) = (RwSignal::new(false), RwSignal::new(false));
    let failed = RwSignal::new(None::<String>);
    let destinations = Signal::derive(move || {
        let new = [(NEW_HTTP, "A new HTTP destination"), (NEW_FILE, "A new file to download")];
        let new = new.map(|(key, words)| (key.to_owned(), words.to_owned())).into_iter();
        new.chain(app.of_kind(Kind::Import).into_iter().map(|row| (row.id.to_string(), row.name))).collect::<Vec<_>>()
    });
    let integrations = Signal::derive(move || {
        let there = app.of_kind(Kind::Integration).into_iter().map(|row| (row.id.to_string(), row.name));
        there.chain([(String::new(), format!("A new one, “{OWN}”"))]).collect::<Vec<_>>()
    });
    let integration = Memo::new(move |_| {
        place
            .get()
            .unwrap_or_else(|| integrations.with(|all| all.first().map(|(id, _)| id.clone()).unwrap_or_default()))
    });
    let error =
        Signal::derive(move || (tried.get() && file.with(Option::is_none)).then(|| "Choose a file.".to_owned()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let Some(chosen) = file.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        failed.set(None);
        let navigate = navigate.get_value();
        spawn_local(async move {
            match make(app, chosen, to.get_untracked(), integration.get_untracked()).await {
                Ok(flow) => navigate(&format!("/data-loader/{flow}"), NavigateOptions::default()),
                Err(error) => drop(failed.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    let closed = move || !app.may(Action::Write, Kind::Flow);
    view! {
        <form class="form" novalidate=true on:submit=submit>
            <ChooseFile file=file error=error/>
            <Field label="Where the records go" name="load-to"><SelectBox name="load-to" value=to choices=destinations on_change=Callback::new(move |key| to.set(key))/></Field>
            <Field label="Integration" name="load-place" help="The load is a flow of it: it can be found, shared and changed there."><SelectBox name="load-place" value=integration choices=integrations described=true on_change=Callback::new(move |key| place.set(Some(key)))/></Field>
            {move || failed.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            <div><button class="button primary" type="submit" prop:disabled=closed title=move || closed().then_some("You may look, not change.") aria-busy=move || busy.get().to_string()>"Look at the records"</button></div>
        </form>
    }
}

/// Takes a file by the browser's own dialog or dropped.
#[component]
pub(super) fn ChooseFile(
    file: RwSignal<Option<File>, LocalStorage>,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let change = move |_| {
        let Some(input) = input.get_untracked() else { return };
        if let Some(chosen) = input.files().and_then(|files| files.get(0)) {
            file.set(Some(chosen));
            // The same file, mended and chosen again, is another one: the browser tells of none that is there already.
            input.set_value("");
        }
    };
    let drop = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(dropped) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            file.set(Some(dropped));
        }
    };
    view! {
        <div class="drop-box" class:over=over on:dragover=move |event: leptos::ev::DragEvent| { event.prevent_default(); over.set(true); } on:dragleave=move |_| over.set(false) on:drop=drop>
            <Field label="File" name="load-file" help="CSV, JSON, XML or an Excel workbook. Choose it or drop it here." error=error>
                <input class="input" id="load-file" type="file" aria-describedby="load-file-help" node_ref=input on:change=change/>
            </Field>
            {move || file.with(|file| file.as_ref().map(|file| view! { <p class="row"><Icon name="file-text" small=true/><span class="cut">{file.name()}</span></p> }))}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_reads_its_file_as_its_name_says_and_writes_where_it_was_told() {
        let read = source("orders.CSV", "hash", "i");
        assert_eq!(read["file"]["csv"]["hasHeaderRow"], true);
        assert_eq!((read["rawData"].as_str(), read["rawDataName"].as_str()), (Some("hash"), Some("orders.CSV")));
        assert_eq!(source("a.xlsx", "h", "i")["file"]["type"], "xlsx");
        assert_eq!(destination(NEW_FILE, "a", "i")["adaptorType"], "SimpleImport");
        assert_eq!(destination(NEW_HTTP, "a", "i")["adaptorType"], "HTTPImport");
    }
}
