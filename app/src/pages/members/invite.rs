//! Inviting somebody: a member at once when they have an account, otherwise a link to hand over.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Role;
use tombolo_wire::rest::{Invite as Body, Invited};

use super::{Roster, role_options};
use crate::browser::server;
use crate::components::{Field, Icon};

/// The form.
#[component]
pub(crate) fn Invite(roster: Roster) -> impl IntoView {
    let email = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Manage);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let link = RwSignal::new(None::<String>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        problem.set(None);
        link.set(None);
        let body = Body { email: email.get_untracked().trim().to_owned(), role: role.get_untracked() };
        spawn_local(async move {
            match server::ask::<Invited>(Method::POST, &roster.path("/members"), Some(&body)).await {
                Ok(invited) => {
                    link.set(invited.link.map(|path| full_address(&path)));
                    email.set(String::new());
                    roster.refresh();
                }
                Err(refused) => problem.set(Some(refused)),
            }
            busy.set(false);
        });
    };
    view! {
        <form class="card invite" on:submit=submit aria-label="Invite a member">
            <div class="row">
                <div class="grow"><Field label="Email" name="invite-email" error=Signal::derive(move || problem.get())>
                    <input class="input" id="invite-email" type="email" required autocomplete="off" prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event))/>
                </Field></div>
                <Field label="Role" name="invite-role">
                    <select class="input select-native" id="invite-role" on:change=move |event| if let Ok(chosen) = event_target_value(&event).parse() { role.set(chosen) }>{role_options(Role::Manage)}</select>
                </Field>
                <button class="button primary" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="user-plus"/>"Invite member"</button>
            </div>
            {move || link.get().map(|link| view! {
                <div class="banner" role="status"><Icon name="link"/><p class="grow">"Nobody here has this address yet. Give them this link; it is shown once: " <code>{link}</code></p></div>
            })}
        </form>
    }
}

fn full_address(path: &str) -> String {
    let origin = window().location().origin().unwrap_or_default();
    format!("{origin}{path}")
}
