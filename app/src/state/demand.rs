//! What an account asks of somebody who is signed in before it lets them in: a second factor, single sign-on, or their
//! own password.
//!
//! The socket tells it in words alone, so the page asks the server for its code once the link is down with a reason.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::rest::AccountSettings;
use tombolo_wire::store::{CallError, Link, SyncStatus};

use super::{App, is_removed};
use crate::browser::server;

/// What is asked, and how to do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Demand {
    /// In a few words.
    pub(crate) short: &'static str,
    /// The server's sentence.
    pub(crate) says: String,
    /// What the way there is called.
    pub(crate) way: &'static str,
    /// The page on which it is done.
    pub(crate) to: &'static str,
}

/// Watches for it for as long as the page lives.
pub(super) fn begin(app: App) {
    let asked = StoredValue::new(0_u32);
    let down = Memo::new(move |before: Option<&Option<String>>| {
        app.sync.with(|sync| reason(sync, before.and_then(Option::as_deref)))
    });
    let shared = Memo::new(move |_| {
        app.account.with(|account| account.as_ref().filter(|account| !account.local).map(|account| account.id))
    });
    Effect::new(move |_| {
        asked.update_value(|asked| *asked += 1);
        match shared.get().filter(|_| down.with(Option::is_some)) {
            Some(account) => ask(app, account, asked),
            None => app.demand.set(None),
        }
    });
}

/// An answer that a later question has overtaken is not shown.
fn ask(app: App, account: Id, asked: StoredValue<u32>) {
    let mine = asked.get_value();
    spawn_local(async move {
        let path = format!("/api/accounts/{account}/settings");
        let refused = server::ask::<AccountSettings>(Method::GET, &path, None::<&()>).await.err();
        if asked.get_value() == mine {
            app.demand.set(refused.and_then(demand));
        }
    });
}

/// Why the link is down. While it is tried again that stands; without a reason nobody was there to give one.
fn reason(sync: &SyncStatus, before: Option<&str>) -> Option<String> {
    match sync.link {
        Link::Connecting => before.map(str::to_owned),
        Link::Offline | Link::Stopped if !is_removed(sync) => sync.reason.clone(),
        _ => None,
    }
}

fn demand(refused: CallError) -> Option<Demand> {
    let (short, way, to) = match &*refused.code {
        "factor_needed" => ("Second factor needed", "Set up a second factor", "/security"),
        "sso_needed" => ("Single sign-on needed", "Sign in with single sign-on", "/sso"),
        "password_needed" => ("Password needed", "Sign in with your password", "/sign-in"),
        _ => return None,
    };
    Some(Demand { short, says: refused.message, way, to })
}

#[cfg(test)]
mod tests {
    use tombolo_wire::store::Access;

    use super::*;

    #[test]
    fn what_an_account_asks_for_leads_to_where_it_is_done() {
        let asked = |code: &str| demand(CallError { code: code.to_owned(), message: "Why.".to_owned() });
        let to = |code: &str| asked(code).map(|demand| demand.to);
        assert_eq!(to("factor_needed"), Some("/security"));
        assert_eq!(to("sso_needed"), Some("/sso"));
        assert_eq!(to("password_needed"), Some("/sign-in"));
        assert_eq!(asked("factor_needed").map(|demand| demand.says).as_deref(), Some("Why."));
        for other in ["offline", "signed_out", "not_found", "refused"] {
            assert_eq!(asked(other), None, "{other}");
        }
    }

    #[test]
    fn the_server_is_asked_for_the_reason_of_a_link_that_is_down_and_once_while_that_is_tried_again() {
        let sync = |link, reason: Option<&str>| SyncStatus {
            link,
            reason: reason.map(str::to_owned),
            ..SyncStatus::default()
        };
        assert_eq!(reason(&sync(Link::Offline, Some("a")), None).as_deref(), Some("a"));
        assert_eq!(reason(&sync(Link::Connecting, None), Some("a")).as_deref(), Some("a"));
        assert_eq!(reason(&sync(Link::Stopped, Some("b")), Some("a")).as_deref(), Some("b"));
        assert_eq!(reason(&sync(Link::Online, None), Some("a")), None);
        assert_eq!(reason(&sync(Link::Offline, None), None), None);
        let removed = SyncStatus { access: Access::Ended, ..sync(Link::Stopped, Some("gone")) };
        assert_eq!(reason(&removed, None), None, "who was removed is told so");
    }
}
