//! An invitation followed by somebody who is signed in: one button, and they are in the account that invites.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use tombolo_wire::rest::Accept;
use tombolo_wire::store::{Call, Overview, UserInfo, WithUnsent};

use super::{Followed, Inviter};
use crate::browser::{page, server};
use crate::components::Icon;
use crate::state::{App, use_sign_out};

/// The page.
#[component]
pub(super) fn Join(user: UserInfo, token: String) -> impl IntoView {
    let app = App::here();
    let UserInfo { name, email, .. } = user;
    page::title(|| "Join the account".into());
    let navigate = StoredValue::new_local(use_navigate());
    let leave = use_sign_out();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let invitation = Followed::begin(token.clone());
    let token_of_link = token.clone();
    let join = move |_| {
        let (token, navigate) = (token.clone(), navigate.get_value());
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            match app.call::<Overview>(Call::AcceptInvitation { token }).await {
                Ok(overview) => {
                    app.show(overview);
                    navigate("/", NavigateOptions::default());
                }
                Err(failed) => drop(error.try_set(Some(failed.message))),
            }
            busy.try_set(false);
        });
    };
    let back = use_navigate();
    let declined = token_of_link.clone();
    let dismiss = move |_| {
        let (body, back) = (Accept { invitation: declined.clone() }, back.clone());
        busy.set(true);
        spawn_local(async move {
            match server::ask::<serde_json::Value>(Method::POST, "/api/invitations/dismiss", Some(&body)).await {
                Ok(_) => {
                    app.toasts.say("The invitation is declined. Who invited you sees that.");
                    back("/", NavigateOptions::default());
                }
                Err(failed) => drop(error.try_set(Some(failed.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="page-head"><div><h1>"Join the account"</h1><p class="sub">{format!("You are signed in as {name} ({email}).")}</p></div></div>
        <div class="page-body narrow">
            <Inviter invitation=invitation fallback="Somebody invites you to work on the flows of their account."/>
            <p class="muted">"Your own accounts stay as they are, and you go back to them with the menu at the top left."</p>
            {move || error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            <button class="button primary" on:click=join prop:disabled=move || busy.get() || invitation.is_over() aria-busy=move || busy.get().to_string()><Icon name="users"/>"Join the account"</button>
            <button class="button" on:click=dismiss prop:disabled=move || busy.get() || invitation.is_over()>"Decline the invitation"</button>
            <p class="muted">"The invitation is for another address? "<button class="link" on:click=move |_| leave.run(WithUnsent::Ask)>"Sign out"</button>" and follow the link again. "<A href="/" attr:class="link">"Go home"</A></p>
        </div>
    }
}
