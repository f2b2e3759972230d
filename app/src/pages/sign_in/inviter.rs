//! Who invites, to what: said before somebody makes an account for it.
//!
//! Invariant: only the server's own word ends an invitation; one that it could not be asked about may still be good.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Role;
use tombolo_wire::rest::{Accept, Invitation};
use tombolo_wire::store::CallError;

use crate::browser::server;
use crate::components::Icon;

/// What the server says of an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// Nothing yet.
    Nothing,
    /// It lets somebody in.
    Good(Invitation),
    /// It lets nobody in any more; why, and what to do.
    Over(String),
    /// It was not asked; why, and what to do.
    Unasked(String),
}

impl From<Result<Invitation, CallError>> for Said {
    fn from(answer: Result<Invitation, CallError>) -> Self {
        match answer {
            Ok(invitation) => Self::Good(invitation),
            Err(error) if matches!(&*error.code, "invitation_unknown" | "invitation_expired") => {
                Self::Over(error.message)
            }
            Err(error) => Self::Unasked(error.message),
        }
    }
}

/// An invitation that somebody followed.
#[derive(Clone, Copy)]
pub(super) struct Followed {
    token: StoredValue<String>,
    said: RwSignal<Said>,
    asking: RwSignal<bool>,
}

impl Followed {
    /// Asks the server about it, and again when a network is back.
    pub(super) fn begin(token: String) -> Self {
        let followed =
            Self { token: StoredValue::new(token), said: RwSignal::new(Said::Nothing), asking: RwSignal::new(false) };
        followed.ask();
        let back = window_event_listener(leptos::ev::online, move |_| {
            if followed.said.with_untracked(|said| matches!(said, Said::Unasked(_))) {
                followed.ask();
            }
        });
        on_cleanup(move || back.remove());
        followed
    }

    fn ask(self) {
        let body = Accept { invitation: self.token.get_value() };
        self.asking.set(true);
        spawn_local(async move {
            let answer = server::ask::<Invitation>(Method::POST, "/api/invitations/look", Some(&body)).await;
            let answer = Said::from(answer);
            // The same answer again leaves what is on the screen, and the focus in it.
            self.said.try_maybe_update(|said| {
                let news = *said != answer;
                *said = answer;
                (news, ())
            });
            self.asking.try_set(false);
        });
    }

    /// Whether it lets nobody in any more.
    pub(super) fn is_over(self) -> bool {
        self.said.with(|said| matches!(said, Said::Over(_)))
    }
}

/// What the server says of an invitation. `fallback` is said until it answers, and where it does not.
#[component]
pub(super) fn Inviter(invitation: Followed, fallback: &'static str) -> impl IntoView {
    move || match invitation.said.get() {
        Said::Nothing => view! { <p>{fallback}</p> }.into_any(),
        Said::Good(invitation) => view! { <p>{sentence(&invitation)}</p> }.into_any(),
        Said::Over(why) => view! {
            <div class="banner warning" role="alert"><Icon name="triangle-alert"/><p>{why}</p></div>
        }
        .into_any(),
        Said::Unasked(why) => view! { <p>{fallback}</p><Unasked invitation=invitation why=why/> }.into_any(),
    }
}

/// A network that is away is no error: it looks like a note.
#[component]
fn Unasked(invitation: Followed, why: String) -> impl IntoView {
    let asking = invitation.asking;
    view! {
        <div class="banner" role="status"><Icon name="clock"/><p class="grow">{why}</p>
            <button class="button small" type="button" aria-busy=move || asking.get().to_string() on:click=move |_| invitation.ask()>"Ask again"</button></div>
    }
}

fn sentence(invitation: &Invitation) -> String {
    let Invitation { account_name, invited_by, role, .. } = invitation;
    let what = match role {
        Role::Owner => "own it",
        Role::Administer => "build flows, run them and invite people",
        Role::Manage => "build flows and run them",
        Role::Monitor => "look at flows and run them",
        Role::Custom => "work on chosen integrations",
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

    #[test]
    fn only_the_servers_word_ends_an_invitation() {
        let said = |code: &str| Said::from(Err(CallError { code: code.into(), message: "Why.".into() }));
        for code in ["invitation_unknown", "invitation_expired"] {
            assert_eq!(said(code), Said::Over("Why.".into()), "{code}");
        }
        for code in ["offline", "internal", "refused", "too_many_attempts"] {
            assert_eq!(said(code), Said::Unasked("Why.".into()), "{code}");
        }
    }
}
