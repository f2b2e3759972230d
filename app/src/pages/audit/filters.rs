//! The filters: each is a part of the address, so that a link shows what its sender saw.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::params::ParamsMap;
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::{Member, Members};

use crate::browser::{server, time};
use crate::components::{Field, Icon};
use crate::state::App;
use crate::words::kinds::kind_name;

/// The filters that the server knows, as they are called in the address.
const KNOWN: [&str; 7] = ["resourceType", "resource", "user", "source", "action", "from", "to"];

const DAY_MS: i64 = 86_400_000;

/// Spans of time: the value in the address, the words, and the days.
const SPANS: [(&str, &str, i64); 4] =
    [("1", "Last 24 hours", 1), ("7", "Last 7 days", 7), ("30", "Last 30 days", 30), ("90", "Last 90 days", 90)];

const SOURCES: [(&str, &str); 3] = [("ui", "App"), ("api", "REST API"), ("system", "Server")];

const ACTIONS: [(&str, &str); 11] = [
    ("create", "Create"),
    ("update", "Update"),
    ("delete", "Delete"),
    ("restore", "Restore"),
    ("signIn", "Sign in"),
    ("signInFailed", "Refused sign-in"),
    ("signOut", "Sign out"),
    ("use", "First use of the day"),
    ("run", "Run"),
    ("ping", "Test"),
    ("transfer", "Transfer"),
];

/// Types that are no kind of resource.
const OTHERS: [(&str, &str); 6] = [
    ("member", "Member"),
    ("user", "User"),
    ("transfer", "Transfer"),
    ("accesstoken", "API token"),
    ("state", "State"),
    ("damaged", "Damaged entry"),
];

/// What the server is asked for by this address.
pub(super) fn asked(query: &ParamsMap) -> String {
    let mut parts: Vec<String> = KNOWN
        .iter()
        .filter_map(|name| query.get_str(name).filter(|value| !value.is_empty()).map(|value| (name, value)))
        .map(|(name, value)| format!("{name}={}", js_sys::encode_uri_component(value)))
        .collect();
    let days = query.get_str("days").and_then(|days| days.parse::<i64>().ok());
    if let Some(days) = days.filter(|days| (1..=3_650).contains(days)) {
        parts.push(format!("from={}", time::now_ms() - days * DAY_MS));
    }
    parts.join("&")
}

/// An action in words.
pub(super) fn action_words(name: &str) -> &'static str {
    ACTIONS.iter().find(|(key, _)| *key == name).map_or("Other", |(_, words)| words)
}

/// A source in words.
pub(super) fn source_words(name: &str) -> &'static str {
    SOURCES.iter().find(|(key, _)| *key == name).map_or("Other", |(_, words)| words)
}

/// A type in words.
pub(super) fn type_words(name: &str) -> String {
    if let Some(kind) = Kind::from_name(name) {
        return kind_name(kind);
    }
    OTHERS.iter().find(|(key, _)| *key == name).map_or_else(|| name.to_owned(), |(_, words)| (*words).to_owned())
}

/// The row of filters.
#[component]
pub(super) fn Filters(account: Id) -> impl IntoView {
    let query = use_query_map();
    let navigate = StoredValue::new_local(use_navigate());
    let people = RwSignal::new(Vec::<Member>::new());
    spawn_local(async move {
        let path = format!("/api/accounts/{account}/members");
        // Without the list the filter has nobody to choose; the log itself says what is wrong.
        if let Ok(found) = server::ask::<Members>(Method::GET, &path, None::<&()>).await {
            people.try_set(found.members);
        }
    });
    let choose = move |name: &'static str, value: String| {
        let mut map = query.get_untracked();
        if value.is_empty() {
            map.remove(name);
        } else {
            map.replace(name, value);
        }
        let to = format!("/audit{}", map.to_query_string());
        navigate.with_value(|navigate| navigate(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() }));
    };
    let set = Callback::new(move |(name, value): (&'static str, String)| choose(name, value));
    let types = move || {
        let kinds = Kind::ALL.into_iter().map(|kind| (kind.name().to_owned(), kind_name(kind)));
        let others = OTHERS.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned()));
        kinds.chain(others).collect::<Vec<_>>()
    };
    let users = Signal::derive(move || {
        let known = people.get().into_iter().filter_map(|member| Some((member.user?.to_string(), member.name)));
        known.collect::<Vec<_>>()
    });
    let fixed =
        |list: &[(&str, &str)]| list.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect();
    let (sources, actions): (Vec<_>, Vec<_>) = (fixed(&SOURCES), fixed(&ACTIONS));
    let spans: Vec<_> = SPANS.iter().map(|(key, words, _)| ((*key).to_owned(), (*words).to_owned())).collect();
    let any = move || query.with(|query| KNOWN.iter().chain(&["days"]).any(|name| query.get_str(name).is_some()));
    let app = App::here();
    // Of what is gone for good there is the id alone.
    let about = move || {
        let id = query.with(|query| query.get("resource")).filter(|id| !id.is_empty())?;
        let known =
            id.parse::<Id>().ok().and_then(|id| app.rows.with(|rows| rows.get(&id).map(|row| row.name.clone())));
        Some(known.filter(|name| !name.is_empty()).unwrap_or(id))
    };
    let clear = move |_| navigate.with_value(|navigate| navigate("/audit", NavigateOptions::default()));
    view! {
        <div class="filters" role="group" aria-label="Filters">
            <Choice name="resourceType" label="Type" all="All types" options=Signal::derive(types) set=set/>
            <Choice name="user" label="User" all="Everybody" options=users set=set/>
            <Choice name="source" label="Source" all="All sources" options=Signal::derive(move || sources.clone()) set=set/>
            <Choice name="action" label="Action" all="All actions" options=Signal::derive(move || actions.clone()) set=set/>
            <Choice name="days" label="Time" all="All time" options=Signal::derive(move || spans.clone()) set=set/>
            {move || about().map(|name| view! { <p class="badge" role="status">{format!("About “{name}”")}</p> })}
            <Show when=any><button class="button quiet" on:click=clear><Icon name="x"/>"Clear filters"</button></Show>
        </div>
    }
}

#[component]
fn Choice(
    name: &'static str,
    label: &'static str,
    all: &'static str,
    options: Signal<Vec<(String, String)>>,
    set: Callback<(&'static str, String)>,
) -> impl IntoView {
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|query| query.get(name).unwrap_or_default()));
    let id = format!("audit-{name}");
    view! {
        <Field label=label name=id.clone()>
            <select class="input select-native" id=id on:change=move |event| set.run((name, event_target_value(&event)))>
                <option value="" prop:selected=move || chosen.with(String::is_empty)>{all}</option>
                {move || options.get().into_iter().map(|(value, words)| {
                    let mine = value.clone();
                    view! { <option value=value prop:selected=move || chosen.get() == mine>{words}</option> }
                }).collect_view()}
            </select>
        </Field>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_sources_and_actions_have_words() {
        assert_eq!((type_words("flow").as_str(), type_words("member").as_str()), ("Flow", "Member"));
        assert_eq!(type_words("something"), "something");
        assert_eq!((action_words("signIn"), source_words("ui")), ("Sign in", "App"));
    }
}
