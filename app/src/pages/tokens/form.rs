//! Making a token, and changing what one is called and reaches.

use std::collections::BTreeSet;

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Id;

use super::Ring;
use super::access::{Access, with_kinds};
use super::token::{Token, Wish};
use crate::browser::{page, time};
use crate::components::{Field, Icon, described_by};
use crate::state::App;
use crate::words;

const NAME: &str = "token-name";
const HOUR_MS: i64 = 3_600_000;

/// How long a token of the account may live, in hours; 0: until somebody ends it.
static ACCOUNT_HOURS: [(i64, &str); 7] = [
    (0, "Never"),
    (1, "After 1 hour"),
    (4, "After 4 hours"),
    (24, "After 1 day"),
    (96, "After 4 days"),
    (240, "After 10 days"),
    (720, "After 30 days"),
];
/// The same of a personal one, which always has an end; 0: the longest.
static PERSONAL_HOURS: [(i64, &str); 4] =
    [(0, "After 90 days"), (720, "After 30 days"), (240, "After 10 days"), (24, "After 1 day")];

/// What is filled in.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    name: RwSignal<String>,
    description: RwSignal<String>,
    personal: RwSignal<bool>,
    hours: RwSignal<i64>,
    pub(super) full: RwSignal<bool>,
    pub(super) chosen: RwSignal<BTreeSet<Id>>,
    problem: RwSignal<Option<String>>,
    /// What is wrong, and not with the name.
    refused: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Draft {
    fn new(personal: bool) -> Self {
        Self {
            name: RwSignal::new(String::new()),
            description: RwSignal::new(String::new()),
            personal: RwSignal::new(personal),
            hours: RwSignal::new(0),
            full: RwSignal::new(true),
            chosen: RwSignal::new(BTreeSet::new()),
            problem: RwSignal::new(None),
            refused: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    fn of(token: &Token) -> Self {
        let draft = Self::new(token.personal());
        draft.name.set(token.name().to_owned());
        draft.description.set(token.description().to_owned());
        draft.full.set(token.full());
        draft.chosen.set(token.listed());
        draft
    }

    /// What is wished, once it can be asked for.
    fn wish(self, app: App) -> Option<Wish> {
        self.refused.set(None);
        self.problem.set(self.name.with_untracked(|name| words::name_problem(name)));
        if self.problem.with_untracked(Option::is_some) {
            page::focus_soon(vec![NAME.to_owned()]);
            return None;
        }
        let personal = self.personal.get_untracked();
        let access = (!personal && !self.full.get_untracked()).then(|| with_kinds(app, &self.chosen.get_untracked()));
        if access.as_ref().is_some_and(Vec::is_empty) {
            self.refused.set(Some("Choose at least one resource, or give full access.".to_owned()));
            return None;
        }
        let (name, description) = (self.name.get_untracked(), self.description.get_untracked());
        Some(Wish { name, description, personal, access })
    }
}

#[component]
pub(super) fn Create(ring: Ring, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let draft = Draft::new(!ring.administers);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(wish) = draft.wish(app) else { return };
        let hours = draft.hours.get_untracked();
        let ends = (hours > 0).then(|| time::iso(time::now_ms() + hours * HOUR_MS));
        let body = wish.body(ends);
        draft.busy.set(true);
        spawn_local(async move {
            match ring.ask::<Value>(Method::POST, "", Some(&body)).await {
                Ok(made) => {
                    let text = made.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
                    ring.made.try_set(Some((wish.name, text)));
                    open.try_set(false);
                    ring.refresh();
                }
                Err(error) => drop(draft.refused.try_set(Some(error.message))),
            }
            draft.busy.try_set(false);
        });
    };
    view! {
        <form class="dialog-body" novalidate=true aria-label="Create token" on:submit=submit>
            {ring.administers.then(|| view! { <Type draft=draft/> })}
            <Names draft=draft/>
            <Show when=move || !draft.personal.get() fallback=|| view! { <p class="muted">"It acts as you in this account, with the role that you have at the time of each request. It is yours alone to change. Where the account asks you for single sign-on, it works while you have come through that in the last 30 days."</p> }><Access draft=draft/></Show>
            <Ends draft=draft/>
            <Foot draft=draft open=open go="Create token"/>
        </form>
    }
}

#[component]
pub(super) fn Edit(ring: Ring, token: Token, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let draft = Draft::of(&token);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(wish) = draft.wish(app) else { return };
        let (path, body) = (format!("/{}", token.id()), token.changed(&wish));
        draft.busy.set(true);
        spawn_local(async move {
            match ring.ask::<Value>(Method::PUT, &path, Some(&body)).await {
                Ok(_) => {
                    open.try_set(false);
                    ring.refresh();
                }
                Err(error) => drop(draft.refused.try_set(Some(error.message))),
            }
            draft.busy.try_set(false);
        });
    };
    view! {
        <form class="dialog-body" novalidate=true aria-label="Edit token" on:submit=submit>
            <Names draft=draft/>
            <Show when=move || !draft.personal.get()><Access draft=draft/></Show>
            <Foot draft=draft open=open go="Save token"/>
        </form>
    }
}

#[component]
fn Type(draft: Draft) -> impl IntoView {
    let choose = move |personal: bool| {
        draft.personal.set(personal);
        draft.hours.set(0);
    };
    view! {
        <fieldset class="choices"><legend>"Type"</legend>
            <label class="row"><input type="radio" name="token-type" prop:checked=move || !draft.personal.get() on:change=move |_| choose(false)/>"Of the account: for a program, whoever works here"</label>
            <label class="row"><input type="radio" name="token-type" prop:checked=move || draft.personal.get() on:change=move |_| choose(true)/>"Personal: acts as you and follows your rights"</label>
        </fieldset>
    }
}

#[component]
fn Names(draft: Draft) -> impl IntoView {
    view! {
        <Field label="Name" name=NAME help="Where it is used, for example “Deploys from CI”." error=Signal::derive(move || draft.problem.get())>
            <input class="input" id=NAME autofocus=true autocomplete="off" aria-required="true" aria-describedby=described_by(NAME) aria-invalid=move || draft.problem.with(Option::is_some).to_string() prop:value=move || draft.name.get() on:input=move |event| draft.name.set(event_target_value(&event))/>
        </Field>
        <Field label="Description" name="token-description" optional=true>
            <input class="input" id="token-description" autocomplete="off" prop:value=move || draft.description.get() on:input=move |event| draft.description.set(event_target_value(&event))/>
        </Field>
    }
}

#[component]
fn Ends(draft: Draft) -> impl IntoView {
    let hours = move || if draft.personal.get() { PERSONAL_HOURS.as_slice() } else { ACCOUNT_HOURS.as_slice() };
    let change = move |event: leptos::ev::Event| draft.hours.set(event_target_value(&event).parse().unwrap_or(0));
    view! {
        <Field label="Ends" name="token-ends" help="When it ends by itself and leaves the list.">
            <select class="input select-native" id="token-ends" aria-describedby=described_by("token-ends") on:change=change>
                {move || hours().iter().map(|(hours, says)| view! { <option value=hours.to_string()>{*says}</option> }).collect_view()}
            </select>
        </Field>
    }
}

#[component]
fn Foot(draft: Draft, open: RwSignal<bool>, go: &'static str) -> impl IntoView {
    view! {
        {move || draft.refused.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
        <footer class="dialog-foot"><button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button><button class="button primary" type="submit" prop:disabled=move || draft.busy.get() aria-busy=move || draft.busy.get().to_string()>{go}</button></footer>
    }
}
