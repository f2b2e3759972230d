//! What waits for a person, whichever account they have open.

use serde::{Deserialize, Serialize};
use tombolo_model::{Id, Role};

/// The answer to `GET /api/bell`.
///
/// Somebody is told of invitations and offers for their address once they have shown that letters to it are theirs:
/// they opened the secret link while signed in, or followed one that went to the address alone (decision 27).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Bell {
    /// Accounts that invite them, the newest first.
    pub invitations: Vec<WaitingInvitation>,
    /// Integrations that they are offered, the newest first.
    pub transfers: Vec<WaitingTransfer>,
    /// Changes that members of accounts which they administer ask them to take over, the newest first.
    pub reviews: Vec<WaitingReview>,
    /// The names of what they have read, on whichever device.
    pub read: Vec<String>,
    /// The accounts that are open to them now.
    pub accounts: Vec<Id>,
    /// The accounts that they were taken out of, or are switched off in.
    pub ended: Vec<Id>,
}

/// An invitation that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingInvitation {
    /// The account, by which it is answered: there is one for each account and address.
    pub account: Id,
    /// Its name.
    pub account_name: String,
    /// Who invites, by name.
    pub invited_by: String,
    /// As what.
    pub role: Role,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// Until when it lets somebody in.
    pub expires_ms: i64,
}

/// An offer that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingTransfer {
    /// Which.
    pub id: Id,
    /// The account that hands over: it cannot take what it gives.
    pub account: Id,
    /// Its name.
    pub from: String,
    /// Who offers, by name.
    pub by: String,
    /// The integrations, by name.
    pub integrations: Vec<String>,
    /// How many resources go in all.
    pub resources: usize,
    /// When it was offered, in milliseconds since 1970.
    pub created_ms: i64,
}

/// A change that was refused to a member, who asks the administrators to take it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingReview {
    /// Which.
    pub id: Id,
    /// In which account.
    pub account: Id,
    /// Its name.
    pub account_name: String,
    /// Whose change it is, by name.
    pub by: String,
    /// What it changes, by name.
    pub name: String,
    /// When it was offered, in milliseconds since 1970.
    pub created_ms: i64,
}

/// `POST /api/bell/read`: the person has read these.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadBell {
    /// Names of what a bell shows, made by the page: at most [`Self::MOST`] of at most [`Self::LONGEST`] bytes.
    pub items: Vec<String>,
}

impl ReadBell {
    /// The most names of one request.
    pub const MOST: usize = 200;
    /// The longest name, in bytes.
    pub const LONGEST: usize = 100;
}

/// `POST /api/bell/invitations/accept` → [`Me`](super::Me), and `POST /api/bell/invitations/dismiss`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerInvitation {
    /// Into which account.
    pub account: Id,
}
