//! The connection of a step: one that is there, or a new one in a dialog.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::forms::{SIGN_INS, form};
use tombolo_model::presets::{PRESETS, Preset, SignIn, named};
use tombolo_model::{Id, Kind, validate};
use tombolo_wire::store::{Call, CallError, Created};

use super::{DocForm, TestConnection};
use crate::browser::page;
use crate::components::{Dialog, Field, FieldConflict, Icon, SelectBox, described_by};
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
    let chosen = Memo::new(move |_| {
        let id = value.get().parse::<Id>().ok()?;
        app.row(id).is_none_or(|row| app.may_open(&row)).then_some(id)
    });
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

/// What is said below the base URL.
const BASE_HELP: &str = "All requests begin with it, for example https://api.example.com/v2.";

/// What the dialog holds before anything is made.
#[derive(Clone, Default)]
struct Draft {
    name: String,
    base: String,
    /// The application, when it is a well-known one.
    preset: Option<&'static Preset>,
    auth: String,
    user: String,
    secret: String,
}

/// How a connection signs in, without its secret.
fn auth_of(kind: &str) -> Value {
    match kind {
        "token" => {
            json!({"type": "token", "token": {"location": "header", "headerName": "Authorization", "scheme": "Bearer"}})
        }
        other => json!({"type": other}),
    }
}

impl Draft {
    fn resource(&self) -> Value {
        let mut http = match self.preset {
            Some(preset) => preset.http(),
            None => json!({"mediaType": "json"}),
        };
        if http.pointer("/auth/type").and_then(Value::as_str) != Some(self.auth.as_str()) {
            http["auth"] = auth_of(&self.auth);
        }
        if self.asks_user() {
            http["auth"]["basic"] = json!({"username": self.user.trim()});
        }
        http["baseURI"] = self.base.trim().into();
        let mut value = json!({"name": self.name.trim(), "type": "http", "http": http});
        if let Some(preset) = self.preset {
            value["assistant"] = preset.key.into();
        }
        value
    }

    /// Begins with what an application needs.
    fn take(&mut self, preset: Option<&'static Preset>) {
        if self.name.is_empty() || self.preset.is_some_and(|before| before.name == self.name) {
            self.name = preset.map(|preset| preset.name.to_owned()).unwrap_or_default();
        }
        self.base = preset.map(|preset| preset.base.to_owned()).unwrap_or_default();
        self.auth = preset.map_or("custom", Preset::auth_kind).to_owned();
        self.preset = preset;
    }

    fn asks_user(&self) -> bool {
        matches!(self.auth.as_str(), "basic" | "digest" | "wsse")
    }

    /// What the user name and the secret are called.
    fn labels(&self) -> (&'static str, &'static str) {
        match (self.preset.map(|preset| preset.sign_in), self.auth.as_str()) {
            (Some(SignIn::Basic { user, secret }), "basic") => (user, secret),
            (Some(SignIn::Token { secret, .. }), "token") => ("", secret),
            (_, "token") => ("", "Token"),
            _ => ("User name", "Password"),
        }
    }

    /// What is wrong with the name.
    fn name_problem(&self) -> Option<String> {
        words::name_problem(&self.name)
    }

    /// What is wrong with the base URL: the same that is said of it once the connection is there.
    fn base_problem(&self) -> Option<String> {
        let found = validate(Kind::Connection, &self.resource());
        let problem = found.into_iter().find(|problem| problem.path == "/http/baseURI").map(|problem| problem.message);
        let left = self.preset.and_then(Preset::to_replace).filter(|word| self.base.contains(word));
        problem.or_else(|| left.map(|word| format!("Replace {word} by your own.")))
    }

    fn secret_path(&self) -> Option<&'static str> {
        match self.auth.as_str() {
            "basic" | "digest" | "wsse" => Some("/http/auth/basic/password"),
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

/// Makes a connection: an application, a name, a credential.
#[component]
pub(crate) fn NewConnection(
    /// The integration that owns it; empty for none.
    #[prop(optional, into)]
    home: Signal<String>,
    on_made: Callback<Id>,
) -> impl IntoView {
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
    view! {
        <form class="dialog-body form" novalidate=true on:submit=submit>
            <NewFields draft=draft name_error=name_error base_error=base_error/>
            {move || error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=busy aria-busy=move || busy.get().to_string()>"Create connection"</button></footer>
        </form>
    }
}

#[component]
fn NewFields(
    draft: RwSignal<Draft>,
    name_error: Signal<Option<String>>,
    base_error: Signal<Option<String>>,
) -> impl IntoView {
    // Not each key in another field, or the fields below would be made anew at each.
    let auth = Memo::new(move |_| draft.with(|draft| draft.auth.clone()));
    let preset =
        Memo::new(move |_| draft.with(|draft| draft.preset.map(|preset| preset.key.to_owned()).unwrap_or_default()));
    let presets = Signal::derive(|| {
        let any = (String::new(), "Any HTTP API".to_owned());
        std::iter::once(any)
            .chain(PRESETS.iter().map(|preset| (preset.key.to_owned(), preset.name.to_owned())))
            .collect::<Vec<_>>()
    });
    let ways = Signal::derive(|| {
        SIGN_INS.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect::<Vec<_>>()
    });
    let set = move |write: fn(&mut Draft, String)| {
        move |event| draft.update(|draft| write(draft, event_target_value(&event)))
    };
    let asks =
        Memo::new(move |_| draft.with(|draft| (draft.asks_user(), draft.secret_path().is_some(), draft.labels())));
    view! {
        <Field label="Application" name="connection-application"><SelectBox name="connection-application" value=preset choices=presets
            on_change=Callback::new(move |key: String| draft.update(|draft| draft.take(named(&key))))/></Field>
        <Field label="Name" name=FIRST_FIELD error=name_error><input class="input" id=FIRST_FIELD aria-required="true" autocomplete="off" aria-describedby=described_by(FIRST_FIELD) aria-invalid=move || name_error.with(Option::is_some).to_string()
            prop:value=move || draft.with(|draft| draft.name.clone()) on:input=set(|draft, text| draft.name = text)/></Field>
        <Field label="Base URL" name=BASE_FIELD help=BASE_HELP error=base_error><input class="input code" id=BASE_FIELD aria-describedby=described_by(BASE_FIELD) type="url" aria-required="true" aria-invalid=move || base_error.with(Option::is_some).to_string() placeholder="https://"
            prop:value=move || draft.with(|draft| draft.base.clone()) on:input=set(|draft, text| draft.base = text)/></Field>
        <Field label="Authentication" name="connection-auth"><SelectBox name="connection-auth" value=auth choices=ways on_change=Callback::new(move |auth| draft.update(|draft| draft.auth = auth))/></Field>
        {move || {
            let (user, secret, labels) = asks.get();
            view! {
                {user.then(|| view! {
                    <Field label=labels.0 name="connection-user"><input class="input" id="connection-user" autocomplete="off" on:input=set(|draft, text| draft.user = text)/></Field>
                })}
                {secret.then(|| view! {
                    <Field label=labels.1 name="connection-secret" help="Kept encrypted; it is never shown again.">
                        <input class="input" id="connection-secret" aria-describedby=described_by("connection-secret") type="password" autocomplete="new-password" on:input=set(|draft, text| draft.secret = text)/></Field>
                })}
                {(!secret && auth.get() != "custom").then(|| view! { <p class="help">"The rest of it is filled in once the connection is made."</p> })}
            }
        }}
    }
}

/// The connection itself, edited live, with what tells whether it works.
#[component]
fn ConnectionForm(id: Id) -> impl IntoView {
    let doc = use_document(id);
    let adaptor = Memo::new(move |_| doc.text("/type"));
    let sections = Signal::derive(move || form(Kind::Connection, &adaptor.get()));
    view! {
        <div class="dialog-body form"><TestConnection doc=doc/><DocForm doc=doc sections=sections/></div>
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
    fn an_application_fills_in_all_but_the_credential() {
        let mut draft = Draft::default();
        draft.take(named("github"));
        assert_eq!((draft.name.as_str(), draft.base.as_str()), ("GitHub", "https://api.github.com"));
        let made = draft.resource();
        assert_eq!(made["http"]["auth"]["type"], "token");
        assert_eq!(made["assistant"], "github");
        assert_eq!(made["http"]["ping"]["relativeURI"], "/user");
        draft.take(named("shopify"));
        assert_eq!(draft.name, "Shopify", "a name that nobody typed follows the application");
        assert_eq!(draft.base_problem().as_deref(), Some("Replace SHOP by your own."));
        draft.base = "https://pine.myshopify.com/admin/api/2025-01".into();
        assert_eq!(draft.base_problem(), None);
        draft.name = "Pine".into();
        draft.auth = "basic".into();
        assert_eq!(draft.resource()["http"]["auth"], json!({"type": "basic", "basic": {"username": ""}}));
        draft.take(None);
        assert_eq!((draft.name.as_str(), draft.base.as_str(), draft.auth.as_str()), ("Pine", "", "custom"));
    }
}
