//! How letters go that the server sends.

use serde::{Deserialize, Serialize};

/// How a letter went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailState {
    /// How far it is.
    pub status: MailStatus,
    /// What keeps it, or kept it for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// When it was asked for, sent or given up.
    pub at_ms: i64,
}

/// How far a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailStatus {
    /// It is on its way, or is tried again.
    Waiting,
    /// The mail server has taken it.
    Sent,
    /// It is not tried again.
    Failed,
}
