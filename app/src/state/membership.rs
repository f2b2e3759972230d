//! Whether the account still has this person, and the one sentence about it.
//!
//! A device that is told to go stops its link and keeps everything: what is on it is then read, exported, or left for
//! another account.

use leptos::prelude::*;
use tombolo_wire::store::{Link, SyncStatus};

use super::App;

/// How each of the server's goodbyes to somebody whom the account does not have ends its first sentence. The status
/// tells in words alone why its link has stopped.
const GOODBYE: &str = "a member of this account";

/// Whether the link has stopped because the account does not have this person any more.
pub(crate) fn is_removed(sync: &SyncStatus) -> bool {
    let first = sync.reason.as_deref().and_then(|reason| reason.split('.').next());
    sync.link == Link::Stopped && first.is_some_and(|first| first.ends_with(GOODBYE))
}

/// What is said of it, wherever it is said.
fn sentence(account: &str) -> String {
    let whose = if account.is_empty() { "This account".to_owned() } else { format!("{account}’s account") };
    format!(
        "{whose} no longer has you as a member. What is on this device stays here: export it or switch the account."
    )
}

impl App {
    /// The sentence about it, where the account on the screen does not have this person any more.
    pub(crate) fn removed(self) -> Option<String> {
        self.sync.with(is_removed).then(|| {
            self.account.with(|account| sentence(account.as_ref().map_or("", |account| account.name.as_str())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(reason: &str) -> SyncStatus {
        SyncStatus { link: Link::Stopped, reason: Some(reason.into()), ..SyncStatus::default() }
    }

    #[test]
    fn both_goodbyes_to_who_is_no_member_are_understood_and_no_other() {
        let removed = stopped("You are no longer a member of this account. Your copies stay on this device.");
        assert!(is_removed(&removed));
        assert!(is_removed(&stopped("You are not a member of this account.")));
        assert!(!is_removed(&stopped("You are signed out. Sign in again to go on.")));
        assert!(!is_removed(&SyncStatus { link: Link::Offline, ..removed }), "the server has not said so");
        assert!(!is_removed(&SyncStatus::default()));
    }

    #[test]
    fn who_was_removed_is_told_from_which_account() {
        assert!(sentence("Ann").starts_with("Ann’s account no longer has you as a member."));
        assert!(sentence("").starts_with("This account no longer"));
    }
}
