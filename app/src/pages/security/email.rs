//! Another address: asked for with the password, confirmed by the link in a letter to it.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::{ChangeEmail, ConfirmEmail, EmailChanged, EmailChanging};

use super::Safe;
use crate::browser::{page, server};
use crate::components::{Field, Icon, described_by};
use crate::state::App;
use crate::words;

const EMAIL: &str = "email-new";
const PASSWORD: &str = "email-password";

/// What is wrong with which field.
type Wrong = Option<(&'static str, String)>;

#[component]
pub(super) fn Email(safe: Safe) -> impl IntoView {
    let app = App::here();
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<(&'static str, String)>);
    let busy = RwSignal::new(false);
    let at = move |field: &'static str| {
        Signal::derive(move || {
            wrong.with(|wrong| wrong.as_ref().filter(|(at, _)| *at == field).map(|(_, why)| why.clone()))
        })
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let problem: Wrong = email.with_untracked(|text| words::email_problem(text)).map(|why| (EMAIL, why));
        if busy.get_untracked() || problem.is_some() {
            wrong.set(problem);
            page::focus_soon(vec![EMAIL.to_owned()]);
            return;
        }
        busy.set(true);
        let body = ChangeEmail { email: email.get_untracked().trim().to_owned(), password: password.get_untracked() };
        spawn_local(async move {
            match server::ask::<EmailChanging>(Method::POST, "/api/security/email", Some(&body)).await {
                Ok(EmailChanging { confirm }) => {
                    wrong.try_set(None);
                    email.try_set(String::new());
                    if !confirm {
                        app.toasts.say("The address is changed. Sign in with it from now on.");
                    }
                    safe.refresh();
                }
                // The password is wrong, or the address cannot be had.
                Err(error) if error.code == "email_taken" => drop(wrong.try_set(Some((EMAIL, error.message)))),
                Err(error) => drop(wrong.try_set(Some((PASSWORD, error.message)))),
            }
            password.try_set(String::new());
            busy.try_set(false);
        });
    };
    let help = move || match safe.known.with(|known| known.as_ref().is_some_and(|known| known.mail)) {
        true => "A letter with a link goes to the new address. Until you follow it, the one you have counts.",
        false => "You sign in with it from then on. You stay signed in here.",
    };
    view! {
        <form class="card setting" novalidate=true aria-label="Change the address" on:submit=submit>
            <h2>"Email"</h2>
            <p class="muted">{help}</p>
            {move || wished(safe).map(|address| view! { <Wished safe=safe address=address/> })}
            <Field label="New address" name=EMAIL error=at(EMAIL)><input class="input" id=EMAIL type="email" autocomplete="email" aria-describedby=described_by(EMAIL) prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event))/></Field>
            <Field label="Your password" name=PASSWORD error=at(PASSWORD)><input class="input" id=PASSWORD type="password" autocomplete="current-password" aria-describedby=described_by(PASSWORD) prop:value=move || password.get() on:input=move |event| password.set(event_target_value(&event))/></Field>
            <footer><button class="button" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="send"/>"Change address"</button></footer>
        </form>
    }
}

fn wished(safe: Safe) -> Option<String> {
    safe.known.with(|known| known.as_ref().and_then(|known| known.wished_email.clone()))
}

/// The address that waits for its link to be followed.
#[component]
fn Wished(safe: Safe, address: String) -> impl IntoView {
    let cancel = move |_| {
        spawn_local(async move {
            let done = server::ask::<serde_json::Value>(Method::POST, "/api/security/email/cancel", None::<&()>).await;
            safe.heard(done.map(drop)).await;
        });
    };
    view! {
        <div class="banner" role="status"><Icon name="clock"/>
            <p class="grow">{format!("{address} counts once you have opened the link in the letter to it, within a day. Nothing came? Look among unwanted letters, or ask for the change again.")}</p>
            <button class="button small" type="button" on:click=cancel>"Keep the old one"</button>
        </div>
    }
}

/// Follows the link of a letter, once.
pub(super) fn confirm(app: App, safe: Safe, token: String) {
    spawn_local(async move {
        let body = ConfirmEmail { token };
        let done = server::ask::<EmailChanged>(Method::POST, "/api/security/email/confirm", Some(&body)).await;
        if let Ok(EmailChanged { email }) = &done {
            app.toasts.say(format!("{email} is your address from now on."));
        }
        safe.heard(done.map(drop)).await;
    });
}
