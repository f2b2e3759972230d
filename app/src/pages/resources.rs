//! The lists of resources that several flows share, and the page of one connection. One list for all kinds: it takes
//! what is special about a kind from [`Listed`].

mod connection;
mod table;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde_json::{Value, json};
use tombolo_model::{Action, Kind};
use tombolo_wire::store::{Call, Created};

use crate::browser::page;
use crate::components::NameDialog;
use crate::state::App;
use crate::words;
pub(crate) use connection::ConnectionPage;
use table::ResourceTable;

/// What a list says about its kind.
#[derive(Clone, Copy)]
struct Listed {
    kind: Kind,
    title: &'static str,
    one: &'static str,
    icon: &'static str,
    /// The folder of the pages of single ones.
    folder: &'static str,
    create: &'static str,
    /// What such a resource is, in one sentence.
    what: &'static str,
    /// A new one, but for its name.
    fresh: fn() -> Value,
}

const CONNECTIONS: Listed = Listed {
    kind: Kind::Connection,
    title: "Connections",
    one: "connection",
    icon: "plug",
    folder: "/connections",
    create: "Create connection",
    what: "A connection says where an application is and how to sign in to it. Sources and destinations share it.",
    fresh: || json!({"type": "http", "http": {"mediaType": "json", "auth": {"type": "custom"}}}),
};

const SCRIPTS: Listed = Listed {
    kind: Kind::Script,
    title: "Scripts",
    one: "script",
    icon: "file-code",
    folder: "/scripts",
    create: "Create script",
    what: "A script holds functions that change records where a mapping does not reach.",
    fresh: || json!({}),
};

/// All connections.
#[component]
pub(crate) fn ConnectionsPage() -> impl IntoView {
    view! { <List listed=CONNECTIONS/> }
}

/// All scripts.
#[component]
pub(crate) fn ScriptsPage() -> impl IntoView {
    view! { <List listed=SCRIPTS/> }
}

#[component]
fn List(listed: Listed) -> impl IntoView {
    let app = App::here();
    page::title(move || listed.title.into());
    let all = Memo::new(move |_| app.of_kind(listed.kind));
    let sub = move || {
        if app.account.with(Option::is_none) {
            return "\u{a0}".to_owned();
        }
        words::count(all.with(Vec::len), listed.one)
    };
    view! {
        <div class="page-head">
            <div><h1>{listed.title}</h1><p class="sub">{sub}</p></div>
            <div class="actions"><Create listed=listed/></div>
        </div>
        <Show when=move || app.account.with(Option::is_some)>
            <ResourceTable listed=listed all=all/>
        </Show>
    }
}

/// Makes one and opens it: there it is named and filled in.
#[component]
fn Create(listed: Listed) -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let create = move |name: String| {
        let navigate = navigate.get_value();
        spawn_local(async move {
            let mut value = (listed.fresh)();
            value["name"] = name.into();
            match app.call::<Created>(Call::Create { kind: listed.kind, value }).await {
                Ok(created) => navigate(&format!("{}/{}", listed.folder, created.id), NavigateOptions::default()),
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    let closed = Signal::derive(move || !app.may(Action::Write, listed.kind));
    view! { <NameDialog action=listed.create primary=true disabled=closed on_create=Callback::new(create)/> }
}
