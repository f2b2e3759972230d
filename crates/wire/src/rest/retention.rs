//! How long the server keeps what runs leave behind: their rows, errors and files.

use serde::{Deserialize, Serialize};

/// The periods that a screen offers, in days; any other up to [`MOST_RETENTION_DAYS`] can be typed.
pub const RETENTION_DAYS: [u32; 4] = [30, 60, 90, 180];

/// The longest period, in days.
pub const MOST_RETENTION_DAYS: u32 = 3_650;

/// `POST /api/accounts/{account}/retention/preview` → [`RetentionPreview`]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewRetention {
    /// The period that somebody thinks of, in days.
    pub days: u32,
}

/// `PUT /api/accounts/{account}/retention`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeepRetention {
    /// The period, in days: 1 to [`MOST_RETENTION_DAYS`].
    pub days: u32,
    /// Whoever asks has seen what goes. A shorter period is refused without.
    #[serde(default)]
    pub confirmed: bool,
}

/// What is older than a period, and would go with it at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPreview {
    /// Runs.
    pub runs: u64,
    /// Their errors, with the records that failed.
    pub errors: u64,
    /// The files that they made.
    pub files: u64,
    /// The size of these.
    pub file_bytes: u64,
}
