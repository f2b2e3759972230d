//! Inviting somebody: a secret link to hand over, whether or not they have an account already.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Role;
use tombolo_wire::rest::{Invite as Body, Invited};

use super::{Roster, role_options};
use crate::browser::{clipboard, page, server};
use crate::components::{Field, Icon, described_by};
use crate::state::App;
use crate::words;

/// The field's id.
const FIELD: &str = "invite-email";

/// The form.
#[component]
pub(crate) fn Invite(roster: Roster) -> impl IntoView {
    let email = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Manage);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let link = RwSignal::new(None::<(String, String)>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(wrong) = email.with_untracked(|email| words::email_problem(email)) {
            problem.set(Some(wrong));
            page::focus_soon(vec![FIELD.to_owned()]);
            return;
        }
        busy.set(true);
        problem.set(None);
        link.set(None);
        let body = Body { email: email.get_untracked().trim().to_owned(), role: role.get_untracked() };
        spawn_local(async move {
            match server::ask::<Invited>(Method::POST, &roster.path("/members"), Some(&body)).await {
                Ok(invited) => {
                    link.try_set(Some((body.email, full_address(&invited.link))));
                    email.try_set(String::new());
                    roster.refresh();
                }
                Err(refused) => drop(problem.try_set(Some(refused.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="card invite" novalidate=true on:submit=submit aria-label="Invite a member">
            <div class="row">
                <div class="grow"><Field label="Email" name=FIELD error=Signal::derive(move || problem.get())>
                    <input class="input" id=FIELD type="email" aria-required="true" aria-describedby=described_by(FIELD) aria-invalid=move || problem.with(Option::is_some).to_string() autocomplete="off" prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event))/>
                </Field></div>
                <Field label="Role" name="invite-role">
                    <select class="input select-native" id="invite-role" on:change=move |event| if let Ok(chosen) = event_target_value(&event).parse() { role.set(chosen) }>{role_options(Role::Manage)}</select>
                </Field>
                <button class="button primary" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="user-plus"/>"Invite member"</button>
            </div>
            {move || link.get().map(|(who, link)| view! { <Link who=who link=link/> })}
        </form>
    }
}

/// The link, with what hands it over. It is not shown a second time.
#[component]
fn Link(who: String, link: String) -> impl IntoView {
    let app = App::here();
    let shown = link.clone();
    let select = |event: leptos::ev::FocusEvent| event_target::<web_sys::HtmlInputElement>(&event).select();
    let copy = move |_| {
        let link = link.clone();
        spawn_local(async move {
            match clipboard::copy(&link).await {
                Ok(()) => app.toasts.say("The link is copied."),
                Err(_) => app.toasts.fail("The browser did not take the link. Select it and copy it by hand."),
            }
        });
    };
    view! {
        <div class="banner invited" role="status"><Icon name="link"/>
            <div class="grow"><p>{format!("Give this link to {who}. It is shown once, and only they can use it: to sign up, or to join with the account they have.")}</p>
                <input class="input code" readonly aria-label="Invitation link" prop:value=shown on:focus=select/></div>
            <button class="button" type="button" on:click=copy><Icon name="copy"/>"Copy link"</button>
        </div>
    }
}

fn full_address(path: &str) -> String {
    let origin = window().location().origin().unwrap_or_default();
    format!("{origin}{path}")
}
