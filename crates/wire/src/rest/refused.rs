//! Changes that the server refused to a member and that an administrator may take over.
//!
//! What is sent is what writes the change anew, and nothing else: what the administrator is shown is worked out of it by
//! the server, so nobody is shown one thing and made to write another.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::{Id, Intent, Kind};

use crate::store::Difference;

/// `POST /api/accounts/{account}/refused`: a member asks the administrators to take a change over.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfferRefused {
    /// The change's id on the device: asking twice is asking once.
    pub parked: String,
    /// The resource that it changes or makes.
    pub document: Id,
    /// What kind that is.
    pub kind: Kind,
    /// Its name, as the device has it.
    pub name: String,
    /// Why it was refused, in words.
    pub reason: String,
    /// When it was refused, by the device's clock.
    pub time_ms: i64,
    /// What writes it anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<Intent>,
    /// The whole resource, when its making was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<Value>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefusedStatus {
    /// Waits for an administrator.
    Open,
    /// An administrator has made it theirs.
    Adopted,
    /// An administrator does not want it, or who offered it has taken it back.
    Dismissed,
}

impl RefusedStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Open, Self::Adopted, Self::Dismissed];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Adopted => "adopted",
            Self::Dismissed => "dismissed",
        }
    }
}

/// A change that was offered, without what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedLine {
    /// Which.
    pub id: Id,
    /// Its id on the device that offers it.
    pub parked: String,
    /// Whose it is.
    pub by: Id,
    /// Their name.
    pub by_name: String,
    /// The resource.
    pub document: Id,
    /// What kind that is.
    pub kind: Kind,
    /// Its name, as the device had it.
    pub name: String,
    /// Why it was refused.
    pub reason: String,
    /// When it was refused, by the device's clock.
    pub time_ms: i64,
    /// When it was offered.
    pub offered_ms: i64,
    /// How far it is.
    pub status: RefusedStatus,
    /// Who decided, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_ms: Option<i64>,
}

/// The answer to `GET /api/accounts/{account}/refused`, newest first: administrators see what waits for them and their
/// own, everybody else their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedList {
    /// The changes.
    pub changes: Vec<RefusedLine>,
}

/// The answer to `GET /api/accounts/{account}/refused/{change}`: what taking it over would do now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedReview {
    /// The change.
    pub change: RefusedLine,
    /// Field by field: what is there and what would be.
    pub differences: Vec<Difference>,
    /// Why it cannot be taken over; absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
    /// What the resource was when this was worked out; empty for one that is not there.
    pub heads: Vec<String>,
}

/// `POST /api/accounts/{account}/refused/{change}/adopt`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdoptRefused {
    /// What the resource was when it was looked at: what is taken over is what was shown.
    pub heads: Vec<String>,
}
