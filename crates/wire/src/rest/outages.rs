//! Connections that are offline: their credentials were refused, and nothing is sent through them until they are good again.

use serde::{Deserialize, Serialize};
use tombolo_model::Id;

/// A connection through which nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// Which.
    pub connection: Id,
    /// What comes behind “its connection is offline:”; no secret is in it.
    pub why: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// When it was last found so.
    pub checked_ms: i64,
}

/// The answer to `GET /api/accounts/{account}/outages`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutageList {
    /// Of the connections that the caller may see.
    pub outages: Vec<Outage>,
}

/// `PUT /api/accounts/{account}/connections/{connection}/outage`: what a device found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutOutage {
    /// Why nothing is sent through it; nothing when a test went well.
    pub why: Option<String>,
    /// When it was found out, in milliseconds since 1970; now where it is absent.
    #[serde(default)]
    pub found_ms: Option<i64>,
}
