//! Who invites, to what: said before somebody makes an account for it.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Role;
use tombolo_wire::rest::{Accept, Invitation};

use crate::browser::server;
use crate::components::Icon;

/// What the server says of an invitation. `fallback` is said until it answers, and where it does not.
#[component]
pub(super) fn Inviter(token: String, fallback: &'static str) -> impl IntoView {
    let said = RwSignal::new(None::<Result<Invitation, String>>);
    spawn_local(async move {
        let body = Accept { invitation: token };
        let answer = server::ask::<Invitation>(Method::POST, "/api/invitations/look", Some(&body)).await;
        said.try_set(Some(answer));
    });
    move || match said.get() {
        None => view! { <p>{fallback}</p> }.into_any(),
        Some(Ok(invitation)) => view! { <p>{sentence(&invitation)}</p> }.into_any(),
        Some(Err(error)) => view! {
            <p>{fallback}</p>
            <div class="banner warning" role="alert"><Icon name="triangle-alert"/><p>{error}</p></div>
        }
        .into_any(),
    }
}

fn sentence(invitation: &Invitation) -> String {
    let Invitation { account_name, invited_by, role, .. } = invitation;
    let what = match role {
        Role::Owner => "own",
        Role::Administer => "build flows, run them and invite people",
        Role::Manage => "build flows and run them",
        Role::Monitor => "look at flows and run them",
    };
    format!("{invited_by} invites you to “{account_name}”, to {what}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_says_who_invites_where_and_to_what() {
        let invitation =
            Invitation { account_name: "Acme".into(), invited_by: "Ines".into(), role: Role::Monitor, expires_ms: 0 };
        assert_eq!(sentence(&invitation), "Ines invites you to “Acme”, to look at flows and run them.");
    }
}
