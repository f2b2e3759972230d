//! One load: how the file is read, where its records go, which field goes where, and the run.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use serde_json::Value;
use tombolo_model::forms::form;
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::run_worker::RunOptions;
use tombolo_wire::store::{BlobInfo, Call, CallError};
use web_sys::File;

use super::FILE_SOURCE;
use super::create::ChooseFile;
use super::preview::Preview;
use crate::browser::page;
use crate::components::{Dialog, DocForm, DocNotices, Icon, LiveName, UndoButtons, format_of};
use crate::pages::bin::BinnedBanner;
use crate::pages::flow::{Console, ImportMapping, provide_builder};
use crate::pages::{NotFound, Unopened, id_param};
use crate::state::{Doc, use_document};

/// The page of the load in the address.
#[component]
pub(crate) fn LoaderPage() -> impl IntoView {
    let id = id_param("id");
    move || match id.get() {
        Some(id) => view! { <Loader id=id/> }.into_any(),
        None => NotFound().into_any(),
    }
}

/// The file and the destination of a flow that has nothing else: what runs besides them would not be on this page.
fn parts(flow: &Value) -> Option<(Id, Id)> {
    let rows = |list: &str| flow.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let id = |row: &Value, key: &str| -> Option<Id> { row.get(key)?.as_str()?.parse().ok() };
    match (rows("pageGenerators"), rows("pageProcessors"), rows("routers")) {
        ([source], [destination], []) => Some((id(source, "_exportId")?, id(destination, "_importId")?)),
        _ => None,
    }
}

#[component]
fn Loader(id: Id) -> impl IntoView {
    provide_builder(id);
    let doc = use_document(id);
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    // A source that is no file would be shown, and written, with the form of one.
    let is_file = move |export: Id| doc.app.row(export).is_none_or(|row| row.adaptor.as_deref() == Some(FILE_SOURCE));
    let parts = Memo::new(move |_| {
        let parts = doc.view.with(|view| view.as_ref().and_then(|view| parts(&view.value)))?;
        is_file(parts.0).then_some(parts)
    });
    let builder = move || {
        let integration = doc.text("/_integrationId");
        format!("/integrations/{}/flows/{id}", if integration.is_empty() { id.to_string() } else { integration })
    };
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="page-head">
                <div class="grow">
                    <nav class="crumbs" aria-label="Path"><A href="/data-loader">"Data loader"</A></nav>
                    <div class="title-line"><LiveName doc=doc action="Rename"/></div>
                </div>
                <div class="actions">
                    <A href=builder attr:class="button"><Icon name="workflow"/>"Open as a flow"</A>
                    {move || parts.get().map(|(export, _)| view! { <LoadButton flow=id export=export/> })}
                </div>
            </div>
            <BinnedBanner id=id says="This load is in the recycle bin. It does not run."/>
            <DocNotices id=id/>
            {move || match (open.get(), parts.get()) {
                (false, _) => ().into_any(),
                (true, Some((export, import))) => view! { <Steps flow=id export=export import=import/> }.into_any(),
                (true, None) => view! { <div class="empty"><span class="kind"><Icon name="workflow"/></span><h2>"This flow is more than a load"</h2><p>"It has branches or more steps, or no file or no destination. The flow builder shows all of it."</p></div> }.into_any(),
            }}
        </Show>
    }
}

#[component]
fn Steps(flow: Id, export: Id, import: Id) -> impl IntoView {
    let (source, destination) = (use_document(export), use_document(import));
    let reads = Signal::derive(|| form(Kind::Export, FILE_SOURCE));
    let adaptor = Memo::new(move |_| destination.text("/adaptorType"));
    let writes = Signal::derive(move || form(Kind::Import, &adaptor.get()));
    let mapped = Memo::new(move |_| destination.view.with(Option::is_some));
    view! {
        <div class="load-steps">
            <section class="load-step" aria-label="The file">
                <header class="row"><h2 class="grow">"1. The file"</h2><UndoButtons doc=source/></header>
                <div class="load-halves"><div class="form"><DocForm doc=source sections=reads/></div><Preview flow=flow export=source/></div>
            </section>
            <section class="load-step" aria-label="Where the records go">
                <header class="row"><h2 class="grow">"2. Where the records go"</h2><UndoButtons doc=destination/></header>
                <div class="load-halves">
                    <div class="form"><DocForm doc=destination sections=writes/></div>
                    <div><h3>"Which field goes where"</h3>{move || mapped.get().then(|| view! { <ImportMapping doc=destination/> })}</div>
                </div>
            </section>
            <section class="load-step" aria-label="Runs"><h2>"3. Load"</h2><Console flow=flow/></section>
        </div>
    }
}

/// Stores another file as the one that is read.
async fn replace(doc: Doc, file: File) -> Result<(), CallError> {
    let name = file.name();
    let client = doc.app.client()?;
    let stored = client.call_with::<BlobInfo>(Call::PutFile { name: name.clone() }, &[file.into()]).await?.value;
    let set = |path: &str, value: String| Intent::Set { path: path.into(), value: value.into() };
    // Whatever its name says: a format that somebody chose stays.
    let mut intents = vec![set("/rawData", stored.hash), set("/rawDataName", name.clone())];
    if untrack(|| doc.text("/file/type")).is_empty() {
        intents.push(set("/file/type", format_of(&name).into()));
    }
    doc.try_edit(intents).await.map(drop)
}

/// Each run asks for its file; the one before can be loaded again.
#[component]
fn LoadButton(flow: Id, export: Id) -> impl IntoView {
    let doc = use_document(export);
    let app = doc.app;
    let open = RwSignal::new(false);
    let file = RwSignal::new_local(None::<File>);
    let failed = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let going = Memo::new(move |_| app.is_running(flow));
    let ask = move |_| {
        file.set(None);
        failed.set(None);
        open.set(true);
    };
    let load = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let chosen = file.get_untracked();
        spawn_local(async move {
            let ready = match chosen {
                Some(file) => replace(doc, file).await,
                None => Ok(()),
            };
            busy.try_set(false);
            match ready {
                Ok(()) => {
                    open.try_set(false);
                    app.start_run(flow, RunOptions::default());
                }
                Err(error) => drop(failed.try_set(Some(error.message))),
            }
        });
    };
    let words = move || match file.with(|file| file.as_ref().map(File::name)) {
        Some(name) => format!("Load {name}"),
        None => match doc.text("/rawDataName") {
            name if name.is_empty() => "Load the file".to_owned(),
            name => format!("Load {name} as it is"),
        },
    };
    let nothing = move || file.with(Option::is_none) && doc.text("/rawData").is_empty();
    view! {
        <button class="button primary" prop:disabled=going title=move || going.get().then_some("A load is going.") on:click=ask><Icon name="play"/>"Load"</button>
        <Dialog open=open title="Load a file">
            <div class="dialog-body form">
                <ChooseFile file=file/>
                {move || failed.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            </div>
            <footer class="dialog-foot"><button class="button primary" prop:disabled=nothing aria-busy=move || busy.get().to_string() on:click=load><span class="cut">{words}</span></button></footer>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_flow_of_more_than_one_source_and_one_destination_is_no_load() {
        let [one, two] = [1, 2].map(|n| Id::from_parts(n, [0; 8]));
        let source = json!({"_exportId": one.to_string()});
        let destination = json!({"type": "import", "_importId": two.to_string()});
        let lookup = json!({"type": "export", "_exportId": two.to_string()});
        let flow =
            |sources: Vec<&Value>, steps: Vec<&Value>| json!({"pageGenerators": sources, "pageProcessors": steps});
        assert_eq!(parts(&flow(vec![&source], vec![&destination])), Some((one, two)));
        assert_eq!(parts(&flow(vec![&source, &source], vec![&destination])), None);
        assert_eq!(parts(&flow(vec![&source], vec![&lookup, &destination])), None);
        assert_eq!(parts(&flow(vec![&source], vec![])), None);
        let mut branched = flow(vec![&source], vec![&destination]);
        branched["routers"] = json!([{"branches": []}]);
        assert_eq!(parts(&branched), None);
    }
}
