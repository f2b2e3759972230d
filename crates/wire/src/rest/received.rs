//! What came to listeners.

use serde::{Deserialize, Serialize};

/// The answer to `GET /api/accounts/{account}/exports/{export}/received`: the last that came to a listener, or null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastPayload {
    /// What its sender says it is; empty where nothing is said.
    pub media_type: String,
    /// Its beginning as text; what is no UTF-8 in it is replaced.
    pub text: String,
    /// All of it had so many bytes.
    pub size_bytes: u64,
    /// The text is not all of it.
    pub cut: bool,
    /// When it came, in milliseconds since 1970.
    pub received_ms: i64,
}
