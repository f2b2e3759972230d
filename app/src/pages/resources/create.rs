//! Makes a resource and opens it: there it is filled in.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::store::{Call, Created};

use crate::browser::page;
use crate::components::{Dialog, Field, Icon, NewConnection, SelectBox, described_by};
use crate::state::App;
use crate::words;
use crate::words::kinds::KindWords;

/// The first field of the dialog.
const NAME: &str = "new-resource-name";

/// What there is to choose from besides a name: words of the choice, keys and words of what is offered.
fn choices(app: App, kind: Kind) -> Option<(&'static str, Vec<(String, String)>)> {
    let own = |all: &[(&str, &str)]| all.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect();
    match kind {
        Kind::Export => Some((
            "Application",
            own(&[("HTTPExport", "HTTP"), ("WebhookExport", "Webhook"), ("SimpleExport", "Local file")]),
        )),
        Kind::Import => Some(("Application", own(&[("HTTPImport", "HTTP"), ("SimpleImport", "File to download")]))),
        Kind::Flow => {
            let all = app.of_kind(Kind::Integration).into_iter().map(|row| (row.id.to_string(), row.name));
            Some(("Integration", all.collect()))
        }
        _ => None,
    }
}

/// A new resource of a kind, but for its name.
fn fresh(kind: Kind, choice: &str) -> Value {
    match (kind, choice) {
        (Kind::Export, "SimpleExport") => {
            json!({"adaptorType": "SimpleExport", "type": "simple", "file": {"type": "csv", "csv": {"columnDelimiter": ",", "hasHeaderRow": true}}})
        }
        (Kind::Export, "WebhookExport") => {
            json!({"adaptorType": "WebhookExport", "type": "webhook", "webhook": {"verify": "secret_url"}})
        }
        (Kind::Export, _) => json!({"adaptorType": "HTTPExport", "http": {"method": "GET"}}),
        (Kind::Import, "SimpleImport") => {
            json!({"adaptorType": "SimpleImport", "file": {"type": "json", "fileName": "records.json"}})
        }
        (Kind::Import, _) => json!({"adaptorType": "HTTPImport", "http": {"method": ["POST"]}}),
        (Kind::Flow, integration) => json!({"_integrationId": integration, "pageGenerators": [], "pageProcessors": []}),
        (Kind::IClient, _) => json!({"oauth2": {"grantType": "authorizecode"}}),
        (Kind::FileDefinition, _) => {
            json!({"version": "1", "format": "delimited", "delimited": {"rowDelimiter": "\n", "colDelimiter": ","}, "rules": []})
        }
        (Kind::Api, _) => json!({"type": "script", "version": "v1"}),
        (Kind::Stack, _) => json!({"type": "server"}),
        _ => json!({}),
    }
}

/// The button and its dialog.
#[component]
pub(super) fn Create(words: &'static KindWords) -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    let navigate = StoredValue::new_local(use_navigate());
    let action = format!("Create {}", words.one);
    let made = move |(id, choice): (Id, String)| {
        open.try_set(false);
        let to = if words.kind == Kind::Flow {
            format!("/integrations/{choice}/flows/{id}")
        } else {
            format!("/{}/{id}", words.folder)
        };
        navigate.with_value(|navigate| navigate(&to, NavigateOptions::default()));
    };
    let made = Callback::new(made);
    let nowhere = Memo::new(move |_| words.kind == Kind::Flow && app.of_kind(Kind::Integration).is_empty());
    let why = move || match (app.may(Action::Write, words.kind), nowhere.get()) {
        (false, _) => Some("You may look, not change."),
        (true, true) => Some("A flow belongs to an integration: create one first."),
        (true, false) => None,
    };
    view! {
        <button class="button primary" prop:disabled=move || why().is_some() title=why on:click=move |_| { open.set(true); page::focus_soon(vec![NAME.to_owned(), "connection-name".to_owned()]); }><Icon name="plus"/>{action.clone()}</button>
        <Dialog open=open title=action.clone()>
            {if words.kind == Kind::Connection {
                view! { <NewConnection on_made=Callback::new(move |id: Id| made.run((id, String::new())))/> }.into_any()
            } else {
                view! { <Ask words=words on_made=made/> }.into_any()
            }}
        </Dialog>
    }
}

#[component]
fn Ask(words: &'static KindWords, on_made: Callback<(Id, String)>) -> impl IntoView {
    let app = App::here();
    let name = RwSignal::new(String::new());
    let offered = StoredValue::new(choices(app, words.kind));
    let choice = RwSignal::new(
        offered
            .with_value(|all| all.as_ref().and_then(|(_, all)| all.first().map(|(key, _)| key.clone())))
            .unwrap_or_default(),
    );
    let tried = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<String>);
    let problem = Signal::derive(move || {
        name.with(|name| words::name_problem(name).filter(|_| tried.get() || !name.trim().is_empty()))
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if problem.with_untracked(Option::is_some) {
            return page::focus_soon(vec![NAME.to_owned()]);
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let chosen = choice.get_untracked();
        let mut value = fresh(words.kind, &chosen);
        value["name"] = name.get_untracked().trim().into();
        spawn_local(async move {
            match app.call::<Created>(Call::Create { kind: words.kind, value }).await {
                Ok(created) => drop(on_made.try_run((created.id, chosen))),
                Err(error) => drop(failed.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="dialog-body" novalidate=true on:submit=submit>
            <Field label="Name" name=NAME error=problem>
                <input class="input" id=NAME autocomplete="off" aria-required="true" aria-describedby=described_by(NAME) aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/>
            </Field>
            {offered.get_value().map(|(label, all)| view! {
                <Field label=label name="new-resource-choice"><SelectBox name="new-resource-choice" value=choice choices=Signal::derive(move || all.clone()) on_change=Callback::new(move |key| choice.set(key))/></Field>
            })}
            {move || failed.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=busy aria-busy=move || busy.get().to_string()>{format!("Create {}", words.one)}</button></footer>
        </form>
    }
}
