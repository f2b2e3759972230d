//! The pages that are no lists of resources, and to whom each is open.
//!
//! One table for the navigation and for what is found by typing, so that neither leads where the other does not. The
//! pages and the server ask for the rights themselves.

use tombolo_model::{Action, Kind};
use tombolo_wire::store::AccountInfo;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: &'static str,
    /// In the navigation, below the heading that it stands under.
    pub(super) short: &'static str,
    pub(super) to: &'static str,
    pub(super) icon: &'static str,
    opens: Opens,
}

/// To whom a page is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    Everybody,
    /// Who is in an account of a server.
    SignedIn,
    /// Who may do this in such an account.
    Allowed(Action),
}

/// The page of what members ask the administrators to take over.
pub(super) const REVIEW: &str = "/review";

/// What everybody works with, in the order of the navigation.
pub(super) const MAIN: &[Place] = &[
    place("Home", "/", "house", Opens::Everybody),
    place("Runs", "/runs", "history", Opens::Everybody),
    place("Data loader", "/data-loader", "upload", Opens::Everybody),
    place("Playground", "/playground", "square-terminal", Opens::Everybody),
    place("Recycle bin", "/bin", "trash-2", Opens::Everybody),
];

/// What is about an account that several people share, in the order of the navigation.
pub(super) const ACCOUNT: &[Place] = &[
    place("Members", "/members", "users", Opens::Allowed(Action::ReadMembers)),
    Place { short: "Settings", ..place("Settings of the account", "/account", "settings", Opens::SignedIn) },
    place("Subscription", "/subscription", "chart-column", Opens::Allowed(Action::ManageMembers)),
    place("API tokens", "/tokens", "key-round", Opens::SignedIn),
    place("Transfers", "/transfers", "arrow-right-left", Opens::Allowed(Action::Transfer)),
    Place {
        short: "To review",
        ..place("Changes to review", REVIEW, "clipboard-check", Opens::Allowed(Action::ManageMembers))
    },
    place("Audit log", "/audit", "scroll-text", Opens::Allowed(Action::ReadAudit)),
];

/// What is about the person; the menu of the account leads there too.
pub(super) const PERSON: &[Place] = &[
    place("Preferences", "/preferences", "settings", Opens::Everybody),
    place("Help", "/help", "circle-help", Opens::Everybody),
    place("Guide", "/help/guide", "book-open", Opens::Everybody),
    place("What is new", "/help/news", "newspaper", Opens::Everybody),
    place("Password and security", "/security", "shield-check", Opens::SignedIn),
];

const fn place(name: &'static str, to: &'static str, icon: &'static str, opens: Opens) -> Place {
    Place { name, short: name, to, icon, opens }
}

impl Place {
    fn is_open(&self, account: Option<&AccountInfo>) -> bool {
        let shared = account.filter(|account| !account.local);
        match self.opens {
            Opens::Everybody => true,
            Opens::SignedIn => shared.is_some(),
            Opens::Allowed(action) => shared.is_some_and(|account| account.role.may(action, Kind::Integration)),
        }
    }
}

/// Those of `places` that are open to who is in `account`.
pub(super) fn open(places: &'static [Place], account: Option<&AccountInfo>) -> impl Iterator<Item = &'static Place> {
    places.iter().filter(move |place| place.is_open(account))
}

#[cfg(test)]
mod tests {
    use tombolo_model::{Grants, Id, Role};

    use super::*;

    #[test]
    fn a_page_is_offered_to_whom_it_is_open() {
        let named = |local, role| {
            let id = Id::from_parts(1, [0; 8]);
            let account =
                AccountInfo { id, name: String::new(), local, user: None, role, grants: Grants::new(), ended: false };
            open(ACCOUNT, Some(&account)).map(|place| place.short).collect::<Vec<_>>()
        };
        let all = ["Members", "Settings", "Subscription", "API tokens", "Transfers", "To review", "Audit log"];
        assert_eq!(named(false, Role::Owner), all);
        assert_eq!(named(false, Role::Manage), ["Members", "Settings", "API tokens"]);
        assert_eq!(named(false, Role::Monitor), ["Settings", "API tokens"]);
        assert!(named(true, Role::Owner).is_empty(), "nobody shares an account of this device alone");
        assert_eq!(
            open(PERSON, None).map(|place| place.to).collect::<Vec<_>>(),
            ["/preferences", "/help", "/help/guide", "/help/news"]
        );
        assert_eq!(open(MAIN, None).count(), MAIN.len());
    }
}
