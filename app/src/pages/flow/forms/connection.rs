//! The connection of a step: one that is there, or a new one in a dialog.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::{Id, Kind, validate};
use tombolo_wire::store::{Call, CallError, Created};

use crate::browser::page;
use crate::components::{Dialog, DocText, Field, FieldConflict, Icon, SelectBox, described_by};
use crate::state::{App, Doc, use_document};
use crate::words;

/// Chooses the connection.
#[component]
pub(super) fn ConnectionField(doc: Doc) -> impl IntoView {
    let app = App::here();
    let creating = RwSignal::new(false);
    let editing = RwSignal::new(false);
    let value = Signal::derive(move || doc.text("/_connectionId"));
    let choices = Signal::derive(move || {
        let mut choices = vec![(String::new(), "Choose a connection".to_owned())];
        choices.extend(app.of_kind(Kind::Connection).into_iter().map(|row| (row.id.to_string(), row.name)));
        choices
    });
    let chosen = Memo::new(move |_| value.get().parse::<Id>().ok());
    let create = move |_| {
        creating.set(true);
        page::focus_soon(vec![FIRST_FIELD.to_owned()]);
    };
    view! {
        <Field label="Connection" name="connection">
            <SelectBox name="connection" value=value choices=choices described=true disabled=Signal::derive(move || !doc.writable.get())
                on_change=Callback::new(move |id: String| doc.set_text("/_connectionId", id))/>
            <FieldConflict doc=doc path="/_connectionId"/>
            <div class="row">
                <button class="button small" type="button" prop:disabled=move || !doc.writable.get() on:click=create><Icon name="plus"/>"Create connection"</button>
                {move || chosen.get().map(|_| view! { <button class="button small quiet" type="button" on:click=move |_| editing.set(true)>"Edit connection"</button> })}
            </div>
        </Field>
        <Dialog open=creating title="Create connection"><NewConnection home=Signal::derive(move || doc.text("/_integrationId")) on_made=Callback::new(move |id: Id| { creating.set(false); doc.set("/_connectionId", id.to_string()); })/></Dialog>
        <Dialog open=editing title="Edit connection">{move || chosen.get().map(|id| view! { <ConnectionForm id=id/> })}</Dialog>
    }
}

/// The first field of the dialog that makes one.
const FIRST_FIELD: &str = "connection-name";
const BASE_FIELD: &str = "connection-base";

/// The ways to sign in, and their words.
const WAYS: [(&str, &str); 3] = [("custom", "None"), ("basic", "User name and password"), ("token", "Token")];

/// What is said below the base URL.
const BASE_HELP: &str = "All requests begin with it, for example https://api.example.com/v2.";

/// What the dialog holds before anything is made.
#[derive(Clone, Default)]
struct Draft {
    name: String,
    base: String,
    auth: String,
    user: String,
    secret: String,
}

impl Draft {
    fn resource(&self) -> Value {
        let auth = auth_of(&self.auth, &self.user);
        let (name, base) = (self.name.trim(), self.base.trim());
        json!({"name": name, "type": "http", "http": {"baseURI": base, "mediaType": "json", "auth": auth}})
    }

    /// What is wrong with the name.
    fn name_problem(&self) -> Option<String> {
        words::name_problem(&self.name)
    }

    /// What is wrong with the base URL: the same that is said of it once the connection is there.
    fn base_problem(&self) -> Option<String> {
        let found = validate(Kind::Connection, &self.resource());
        found.into_iter().find(|problem| problem.path == "/http/baseURI").map(|problem| problem.message)
    }

    fn secret_path(&self) -> Option<&'static str> {
        match self.auth.as_str() {
            "basic" => Some("/http/auth/basic/password"),
            "token" => Some("/http/auth/token/token"),
            _ => None,
        }
    }
}

/// Makes the connection and then keeps its secret; `made` is the connection that an attempt before this one made.
async fn make(app: App, draft: Draft, home: String, made: StoredValue<Option<Id>>) -> Result<Id, CallError> {
    let id = match made.try_get_value().flatten() {
        Some(id) => id,
        None => {
            let mut value = draft.resource();
            if !home.is_empty() {
                value["_integrationId"] = home.into();
            }
            app.call::<Created>(Call::Create { kind: Kind::Connection, value }).await?.id
        }
    };
    made.try_set_value(Some(id));
    if let Some(path) = draft.secret_path().filter(|_| !draft.secret.is_empty()) {
        app.call::<Value>(Call::SetSecret { connection: id, path: path.into(), value: draft.secret }).await?;
    }
    Ok(id)
}

/// How a connection signs in, without its secret.
fn auth_of(kind: &str, user: &str) -> Value {
    match kind {
        "basic" => json!({"type": "basic", "basic": {"username": user}}),
        "token" => {
            json!({"type": "token", "token": {"location": "header", "headerName": "Authorization", "scheme": "Bearer"}})
        }
        _ => json!({"type": "custom"}),
    }
}

/// The ways to sign in that are offered; `current`, when it is another one, stays as it is.
fn ways(current: &str) -> Vec<(String, String)> {
    let mut ways: Vec<_> = WAYS.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect();
    if !WAYS.iter().any(|(key, _)| *key == current) {
        ways.push((current.to_owned(), format!("Another ({current})")));
    }
    ways
}

#[component]
fn NewConnection(home: Signal<String>, on_made: Callback<Id>) -> impl IntoView {
    let app = App::here();
    let draft = RwSignal::new(Draft { auth: "custom".into(), ..Draft::default() });
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let made = StoredValue::new(None::<Id>);
    // What is wrong is said once somebody wanted to go on with it.
    let tried = RwSignal::new(false);
    let name_error = Signal::derive(move || tried.get().then(|| draft.with(Draft::name_problem)).flatten());
    let base_error = Signal::derive(move || tried.get().then(|| draft.with(Draft::base_problem)).flatten());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        tried.set(true);
        let wrong = [(FIRST_FIELD, name_error), (BASE_FIELD, base_error)];
        if let Some((field, _)) = wrong.into_iter().find(|(_, error)| error.with_untracked(Option::is_some)) {
            page::focus_soon(vec![field.to_owned()]);
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let outcome = make(app, draft.get_untracked(), home.get_untracked(), made).await;
            busy.try_set(false);
            match outcome {
                Ok(id) => drop(on_made.try_run(id)),
                Err(failed) => drop(error.try_set(Some(failed.message))),
            }
        });
    };
    // Not each key in another field, or the fields below would be made anew at each.
    let auth = Memo::new(move |_| draft.with(|draft| draft.auth.clone()));
    let choices = Signal::derive(|| ways("custom"));
    view! {
        <form class="dialog-body form" novalidate=true on:submit=submit>
            <Field label="Name" name=FIRST_FIELD error=name_error><input class="input" id=FIRST_FIELD aria-required="true" autocomplete="off" aria-describedby=described_by(FIRST_FIELD) aria-invalid=move || name_error.with(Option::is_some).to_string() on:input=move |event| draft.update(|draft| draft.name = event_target_value(&event))/></Field>
            <Field label="Base URL" name=BASE_FIELD help=BASE_HELP error=base_error><input class="input code" id=BASE_FIELD aria-describedby=described_by(BASE_FIELD) type="url" aria-required="true" aria-invalid=move || base_error.with(Option::is_some).to_string() placeholder="https://"
                on:input=move |event| draft.update(|draft| draft.base = event_target_value(&event))/></Field>
            <Field label="Authentication" name="connection-auth"><SelectBox name="connection-auth" value=auth choices=choices on_change=Callback::new(move |auth| draft.update(|draft| draft.auth = auth))/></Field>
            {move || (auth.get() == "basic").then(|| view! {
                <Field label="User name" name="connection-user"><input class="input" id="connection-user" autocomplete="off" on:input=move |event| draft.update(|draft| draft.user = event_target_value(&event))/></Field>
            })}
            {move || (auth.get() != "custom").then(|| view! {
                <Field label=if auth.get() == "basic" { "Password" } else { "Token" } name="connection-secret" help="Kept encrypted; it is never shown again.">
                    <input class="input" id="connection-secret" aria-describedby=described_by("connection-secret") type="password" autocomplete="new-password" on:input=move |event| draft.update(|draft| draft.secret = event_target_value(&event))/></Field>
            })}
            {move || error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=busy aria-busy=move || busy.get().to_string()>"Create connection"</button></footer>
        </form>
    }
}

/// The connection itself, edited live; its secret is replaced and never shown.
#[component]
pub(in crate::pages) fn ConnectionForm(id: Id) -> impl IntoView {
    let app = App::here();
    let doc = use_document(id);
    let kept = RwSignal::new(Vec::<String>::new());
    let load = move || {
        spawn_local(async move {
            match app.call::<Vec<String>>(Call::Secrets { connection: id }).await {
                Ok(paths) => drop(kept.try_set(paths)),
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    load();
    let secret = RwSignal::new(String::new());
    // Not each change of the connection, or its fields would be made anew at every key.
    let auth = Memo::new(move |_| doc.text("/http/auth/type"));
    // Nothing set is the same as none.
    let way = Memo::new(move |_| auth.with(|auth| if auth.is_empty() { "custom".to_owned() } else { auth.clone() }));
    let path = move || if auth.get() == "basic" { "/http/auth/basic/password" } else { "/http/auth/token/token" };
    let guarded = Memo::new(move |_| matches!(auth.get().as_str(), "basic" | "token"));
    let saved = Memo::new(move |_| kept.with(|kept| kept.iter().any(|have| have == path())));
    let replace = move |_| {
        let call = Call::SetSecret { connection: id, path: untrack(path).into(), value: secret.get_untracked() };
        spawn_local(async move {
            match app.call::<Value>(call).await {
                Ok(_) => {
                    secret.try_set(String::new());
                    load();
                    app.toasts.say("The secret is kept.");
                }
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    view! {
        <div class="dialog-body form">
            <DocText doc=doc path="/name" label="Name"/>
            <DocText doc=doc path="/http/baseURI" label="Base URL" help=BASE_HELP code=true/>
            <Field label="Authentication" name="auth">
                <SelectBox name="auth" value=way choices=Signal::derive(move || ways(&way.get())) described=true disabled=Signal::derive(move || !doc.writable.get())
                    on_change=Callback::new(move |kind: String| doc.set("/http/auth", auth_of(&kind, "")))/>
                <FieldConflict doc=doc path="/http/auth/type"/>
            </Field>
            {move || (auth.get() == "basic").then(|| view! { <DocText doc=doc path="/http/auth/basic/username" label="User name"/> })}
            {move || guarded.get().then(|| view! {
                <Field label="Secret" name="secret" help=if saved.get() { "Saved. Enter another to replace it." } else { "Not saved yet." }>
                    <div class="row"><input class="input grow" id="secret" aria-describedby=described_by("secret") type="password" autocomplete="new-password" prop:value=move || secret.get() on:input=move |event| secret.set(event_target_value(&event))/>
                    <button class="button" type="button" prop:disabled=move || secret.with(String::is_empty) on:click=replace>"Replace"</button></div>
                </Field>
            })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_connection_is_checked_as_one_that_is_there() {
        let draft = |base: &str| Draft { name: "Shop".into(), base: base.into(), ..Draft::default() };
        assert!(draft("ftp://x/y").base_problem().is_some_and(|why| why.contains("“ftp://x/y”")));
        assert!(draft("").base_problem().is_some_and(|why| why.starts_with("Enter the address")));
        assert_eq!(draft(" https://example.com/v2 ").base_problem(), None);
        assert!(Draft::default().name_problem().is_some());
    }

    #[test]
    fn a_way_to_sign_in_that_is_not_offered_stays_a_choice() {
        assert_eq!(ways("basic").len(), WAYS.len());
        assert_eq!(ways("oauth2").last().map(|(key, _)| key.as_str()), Some("oauth2"));
        assert_eq!(auth_of("custom", ""), json!({"type": "custom"}));
    }
}
