//! The account as a whole: who owns it, whom it takes, and that it is to go.

use serde::{Deserialize, Serialize};
use tombolo_model::Id;

/// Who owns an account: whom its members ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountOwner {
    /// The person.
    pub id: Id,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// The answer to `GET /api/accounts/{account}/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSettings {
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: AccountOwner,
    /// Whom it takes.
    pub policy: Policy,
    /// For how many days the server keeps what runs leave behind.
    pub retention_days: u32,
    /// The server's time, in milliseconds since 1970.
    pub now_ms: i64,
    /// When everything in it goes, in milliseconds since 1970; absent when it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_ms: Option<i64>,
}

/// `PUT /api/accounts/{account}/policy`: who may invite, and whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Policy {
    /// Managers may invite too, at most as what they are themselves.
    pub managers_invite: bool,
    /// The domains that invited addresses are of; none: any.
    pub invite_domains: Vec<String>,
    /// For how many days an invitation lets somebody in: 1 to 90.
    pub invite_days: u32,
    /// For how many days a browser in which somebody gave a code may be trusted without: 0 to 90; 0: not at all. Of
    /// somebody's accounts the strictest counts.
    pub trust_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { managers_invite: false, invite_domains: Vec::new(), invite_days: 14, trust_days: 30 }
    }
}

impl Policy {
    /// Whether an address may be invited.
    #[must_use]
    pub fn takes(&self, email: &str) -> bool {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.invite_domains.is_empty() || self.invite_domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain))
    }
}

/// The answer to `PUT /api/accounts/{account}/policy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyKept {
    /// So many open invitations let nobody in as the rules are now. They stay, for when the rules are changed back.
    pub held_invitations: usize,
}

/// `POST /api/accounts/{account}/close`: the owner wants everything in the account to go.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseAccount {
    /// The account's name, typed.
    pub name: String,
    /// The owner's password.
    pub password: String,
    /// A code of their second factor, when they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The other members lose the account as well. Without it none may be left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_members: bool,
}

/// `POST /api/accounts/{account}/leave`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeaveAccount {
    /// The account once more: nobody leaves one by an empty request.
    pub account: Id,
}

/// `POST /api/security/email`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeEmail {
    /// The new address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// The answer to [`ChangeEmail`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailChanging {
    /// A letter with a link goes to the new address, and until it is followed everything stays as it is. Otherwise the
    /// server sends no mail, and the new address counts already.
    pub confirm: bool,
}

/// `POST /api/security/email/confirm`, signed in as the same person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmEmail {
    /// The token of the link.
    pub token: String,
}

/// The answer to [`ConfirmEmail`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailChanged {
    /// The address that counts from now on.
    pub email: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_without_domains_takes_any_address_and_one_with_them_no_other() {
        let policy = |domains: &[&str]| Policy {
            invite_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            ..Policy::default()
        };
        assert!(policy(&[]).takes("a@anywhere.example"));
        let ours = policy(&["Example.com"]);
        assert!(ours.takes("a@example.com") && !ours.takes("a@evil-example.com") && !ours.takes("a@sub.example.com"));
        assert!(!ours.takes("example.com"));
    }
}
