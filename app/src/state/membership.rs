//! Whether the account still has this person, and the sentences about it.
//!
//! Who was taken out of an account has nothing of it on the device but what they had not sent. Whom the server merely
//! does not know, as one that was restored from an old backup, keeps everything: theirs may be the only copy.

use leptos::prelude::*;
use tombolo_wire::store::{Access, SyncStatus};

use super::App;
use crate::words;

/// Whether the account does not have this person (any more).
pub(crate) fn is_removed(sync: &SyncStatus) -> bool {
    sync.access != Access::Open
}

/// What is said of it, wherever it is said.
fn sentence(account: &str, access: Access, kept: usize) -> Option<String> {
    let whose = if account.is_empty() { "This account".to_owned() } else { format!("{account}’s account") };
    match access {
        Access::Open => None,
        Access::Unknown => Some(format!(
            "{whose} does not have you as a member. What is on this device stays here: export it or switch the account."
        )),
        Access::Ended => Some(format!(
            "{whose} no longer has you as a member. What this device had of it has been taken off. {}",
            what_is_kept(kept)
        )),
    }
}

/// What became of the person's own work.
fn what_is_kept(kept: usize) -> String {
    match kept {
        0 => "Nothing of yours waited to be sent.".to_owned(),
        1 => "One change of yours was not sent; it is kept here.".to_owned(),
        many => format!("{} of yours were not sent; they are kept here.", words::count(many, "change")),
    }
}

impl App {
    /// The sentence about it, where the account on the screen does not have this person any more.
    pub(crate) fn removed(self) -> Option<String> {
        let (access, kept) = self.sync.with(|sync| (sync.access, sync.not_accepted));
        self.account
            .with(|account| sentence(account.as_ref().map_or("", |account| account.name.as_str()), access, kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_removed_is_told_from_which_account() {
        let said = |kept| sentence("Ann", Access::Ended, kept).unwrap_or_default();
        assert!(said(0).starts_with("Ann’s account no longer has you as a member."));
        assert!(said(0).ends_with("Nothing of yours waited to be sent."));
        assert!(said(1).contains("One change of yours was not sent; it is kept"));
        assert!(said(2).contains("2 changes of yours were not sent; they are kept"));
        let unknown = sentence("", Access::Unknown, 0).unwrap_or_default();
        assert!(unknown.starts_with("This account does not") && unknown.contains("stays here"));
        assert_eq!(sentence("Ann", Access::Open, 3), None);
    }
}
