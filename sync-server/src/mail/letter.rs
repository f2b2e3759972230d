//! What letters say. Names come from people, so each is one line of bounded length.

use chrono::DateTime;
use tombolo_model::{Id, Role};

use super::about;

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// The account on whose pages it is shown how it went; absent for what is a person's own.
    pub(crate) account: Option<Id>,
    /// What it is about ([`about`]): of two about the same to one address, the later counts.
    pub(crate) about: String,
    /// The address.
    pub(crate) to: String,
    /// The line above it.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) text: String,
}

/// The most of a name that a letter has.
const LONGEST: usize = 80;

/// A name as a letter has it.
fn plain(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `29 November 2026`.
fn day(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().format("%-d %B %Y").to_string()
}

/// An invitation to an account.
pub(crate) fn invitation(account: (Id, &str), by: &str, to: &str, role: Role, link: &str, expires_ms: i64) -> Letter {
    let (id, name) = account;
    let (by, name) = (plain(by), plain(name));
    let may = match role {
        Role::Owner | Role::Administer => "You will build and run integrations there, and administer the account.",
        Role::Manage => "You will build and run integrations there.",
        Role::Monitor => "You will see integrations there and run them.",
        Role::Custom => "You will work on the integrations that were chosen for you.",
    };
    Letter {
        account: Some(id),
        about: about::INVITATION.to_owned(),
        to: to.to_owned(),
        subject: format!("{by} invites you to {name} on Tombolo"),
        text: format!(
            "{by} invites you to the account “{name}” on Tombolo. {may}\n\n\
             Open this link to sign up, or to join with the account that you have:\n\n{link}\n\n\
             It is good once, until {}, and only for the address {to}.\n\n\
             If you do not know {by}, leave it be: nothing happens then.\n",
            day(expires_ms)
        ),
    }
}

/// Integrations that are offered to another account: of an account, in a transfer.
pub(crate) fn offer(of: (Id, Id), by: &str, to: &str, integrations: &str, link: &str, expires_ms: i64) -> Letter {
    let (account, transfer) = of;
    let (by, integrations) = (plain(by), plain(integrations));
    Letter {
        account: Some(account),
        about: about::transfer(transfer),
        to: to.to_owned(),
        subject: format!("{by} offers you integrations on Tombolo"),
        text: format!(
            "{by} offers to hand these integrations over to an account of yours on Tombolo: {integrations}.\n\n\
             Open this link, signed in with the address {to}, to see what would come and to accept or decline:\n\n\
             {link}\n\nThe offer ends on {}. If you do not know {by}, leave it be: nothing happens then.\n",
            day(expires_ms)
        ),
    }
}

/// The confirmation of another address, to that address.
pub(crate) fn confirm((user, name): (Id, &str), to: &str, link: &str) -> Letter {
    Letter {
        account: None,
        about: about::email(user),
        to: to.to_owned(),
        subject: "Confirm your address on Tombolo".to_owned(),
        text: format!(
            "{} wants to use this address on Tombolo from now on.\n\n\
             If that is you, open this link in the browser in which you are signed in, within a day:\n\n{link}\n\n\
             If not, leave it be: nothing is changed then.\n",
            plain(name)
        ),
    }
}

/// The notice of another address, to the one before.
pub(crate) fn changed(name: &str, to: &str, new: &str) -> Letter {
    Letter {
        account: None,
        about: about::NOTICE.to_owned(),
        to: to.to_owned(),
        subject: "Your address on Tombolo was changed".to_owned(),
        text: format!(
            "{} signs in to Tombolo with the address {new} from now on, and with this one no more.\n\n\
             If that was not you, somebody has your password: ask an administrator of your account to switch you off \
             until that is put right.\n",
            plain(name)
        ),
    }
}

/// The notice to somebody whose second factor an administrator has taken away.
pub(crate) fn factor_reset(by: &str, to: &str) -> Letter {
    Letter {
        account: None,
        about: about::NOTICE.to_owned(),
        to: to.to_owned(),
        subject: "Your second factor on Tombolo was taken away".to_owned(),
        text: format!(
            "{}, who administers an account of yours on Tombolo, has taken your second factor away. You are signed out \
             everywhere; sign in with your password and set up a new one under Security.\n\nIf you did not ask for that, \
             change your password and ask who did.\n",
            plain(by)
        ),
    }
}

/// What members are told when an account is to be deleted, or is not after all.
pub(crate) fn leaving(account: (Id, &str), by: &str, to: &str, on_ms: Option<i64>) -> Letter {
    let (id, name) = account;
    let (by, name) = (plain(by), plain(name));
    let (subject, text) = match on_ms {
        Some(ms) => (
            format!("The account {name} will be deleted"),
            format!(
                "{by}, who owns the account “{name}” on Tombolo, has asked for it to be deleted. On {} everything in it \
                 goes for good: integrations, flows, runs and credentials.\n\nUntil then {by} can take that back, and \
                 you can export what you need: open the account and choose “Export everything” in the account menu.\n",
                day(ms)
            ),
        ),
        None => (
            format!("The account {name} stays"),
            format!("{by} has taken back that the account “{name}” on Tombolo is deleted. Nothing was removed.\n"),
        ),
    };
    Letter { account: Some(id), about: about::NOTICE.to_owned(), to: to.to_owned(), subject, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_many_lines_is_one_short_line_in_a_letter() {
        let name = format!("Ann\r\nBcc: all@example.com\n{}", "x".repeat(500));
        let id = Id::from_parts(1, [1; 8]);
        let letter = invitation((id, "Shop"), &name, "bo@example.com", Role::Manage, "https://t.example/x", 0);
        assert_eq!(letter.subject.lines().count(), 1);
        assert!(letter.subject.starts_with("Ann Bcc: all@example.com xxx") && letter.subject.len() < 140);
        assert!(letter.text.contains("https://t.example/x") && letter.text.contains("bo@example.com"));
    }

    #[test]
    fn a_letter_names_the_day_on_which_its_link_ends() {
        let letter = offer(
            (Id::from_parts(1, [1; 8]), Id::from_parts(1, [2; 8])),
            "Ann",
            "bo@example.com",
            "Shop",
            "l",
            1_764_406_800_123,
        );
        assert!(letter.text.contains("29 November 2025"), "{}", letter.text);
    }
}
