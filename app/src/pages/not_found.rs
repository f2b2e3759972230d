//! An address that leads nowhere, and a resource that does not open.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_location;
use leptos_router::params::ParamsMap;
use tombolo_model::Id;
use tombolo_wire::store::{Call, CallError, Link};

use crate::browser::page;
use crate::components::Icon;
use crate::state::{App, Doc, GONE};

/// Says so and offers the way home.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    page::title(|| "Nothing here".into());
    view! {
        <div class="empty">
            <span class="kind"><Icon name="search"/></span>
            <h2>"Nothing is at this address"</h2>
            <p>"It may have been deleted, or it belongs to another account."</p>
            <A href="/" attr:class="button">"Go home"</A>
        </div>
    }
}

/// What is said of a resource that this device does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Absence {
    title: &'static str,
    sentence: &'static str,
    /// Signing in may bring it.
    sign_in: bool,
}

/// Why a resource is not here, as far as the link tells.
const fn absence(link: Link) -> Absence {
    let (title, sentence, sign_in) = match link {
        Link::Local => (
            "This is not on this device",
            "The address may belong to an account. Sign in to open it there; what is on this device stays.",
            true,
        ),
        Link::Stopped => (
            "This is not on this device",
            "You are signed out, so that nothing new comes from the server. Sign in to open it.",
            true,
        ),
        Link::Connecting => ("Looking for it on the server", "It is not on this device yet.", false),
        Link::Offline => (
            "This is not on this device",
            "The server does not answer. It opens by itself when the server has it and is there again.",
            false,
        ),
        Link::Online => {
            ("Nothing is at this address", "It may have been deleted, or it belongs to another account.", false)
        }
    };
    Absence { title, sentence, sign_in }
}

/// A resource that is not here, and the ways to it: signing in, or another account of the same person.
#[component]
fn Absent() -> impl IntoView {
    let app = App::here();
    page::title(|| "Not here".into());
    let said = Memo::new(move |_| absence(app.sync.with(|sync| sync.link)));
    let place = use_location();
    let here = move || format!("{}{}", place.pathname.get(), place.query.with(ParamsMap::to_query_string));
    let sign_in = move || super::sign_in::address("/sign-in", None, Some(&here()));
    let look_in = move |account: Id| {
        spawn_local(async move {
            app.enter(Call::SwitchAccount { account }).await;
        });
    };
    let others = Memo::new(move |_| {
        let now = app.account.with(|account| account.as_ref().map(|account| account.id));
        let mut all = app.choices();
        all.retain(|account| Some(account.id) != now);
        all
    });
    view! {
        <div class="empty">
            <span class="kind"><Icon name="search"/></span>
            <h2>{move || said.get().title}</h2>
            <p>{move || app.demand.get().map_or_else(|| said.get().sentence.to_owned(), |demand| demand.says)}</p>
            <div class="row">
                {move || app.demand.get().map(|demand| view! { <A href=demand.to attr:class="button primary">{demand.way}</A> })}
                {move || (said.get().sign_in && app.demand.with(Option::is_none)).then(|| view! { <A href=sign_in attr:class="button primary">"Sign in"</A> })}
                {move || others.get().into_iter().map(|account| view! {
                    <button class="button" on:click=move |_| look_in(account.id)>{format!("Look in the account {}", account.name)}</button>
                }).collect_view()}
                <A href="/" attr:class="button">"Go home"</A>
            </div>
        </div>
    }
}

/// Why a document does not open, instead of it. Only what is not there is called so: a damaged document still is.
#[component]
pub(crate) fn Unopened(doc: Doc) -> impl IntoView {
    move || {
        doc.error.get().map(|error| match &*error.code {
            "not_found" => view! { <Absent/> }.into_any(),
            GONE => view! { <Gone message=error.message/> }.into_any(),
            _ => view! { <Broken error=error/> }.into_any(),
        })
    }
}

/// A resource that was on the screen and has left this device.
#[component]
fn Gone(message: String) -> impl IntoView {
    let app = App::here();
    page::title(|| "No longer here".into());
    let kept = move || app.sync.with(|sync| sync.not_accepted > 0);
    view! {
        <div class="empty" role="alert">
            <span class="kind"><Icon name="lock"/></span>
            <h2>"This is no longer here"</h2>
            <p>{message}</p>
            <div class="row">
                {move || kept().then(|| view! { <A href="/not-accepted" attr:class="button">"See what was not accepted"</A> })}
                <A href="/" attr:class="button">"Go home"</A>
            </div>
        </div>
    }
}

/// A resource that is here and cannot be read.
#[component]
fn Broken(error: CallError) -> impl IntoView {
    let app = App::here();
    view! {
        <div class="empty" role="alert">
            <span class="kind"><Icon name="triangle-alert"/></span>
            <h2>{if error.code == "damaged" { "This is damaged" } else { "This does not open" }}</h2>
            <p>{error.message}</p>
            <div class="row">
                <button class="button" on:click=move |_| super::export_all(app)><Icon name="download"/>"Export everything"</button>
                <A href="/" attr:class="button">"Go home"</A>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_here_may_be_in_an_account_and_is_called_gone_by_the_server_alone() {
        for link in [Link::Local, Link::Stopped] {
            let said = absence(link);
            assert!(said.sign_in && said.sentence.contains("Sign in"), "{link:?}");
        }
        for link in [Link::Local, Link::Connecting, Link::Offline, Link::Stopped] {
            assert!(!absence(link).title.contains("Nothing"), "{link:?}");
        }
        assert_eq!(absence(Link::Online).title, "Nothing is at this address");
    }
}
