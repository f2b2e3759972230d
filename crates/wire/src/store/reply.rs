//! What comes of a call, and of one that fails.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::{Id, Kind, View};

use crate::run::{RunError, RunRow};
use crate::run_worker::StageRow;
use crate::sync::RunErrorRow;

use super::{AccountInfo, CatalogueRow, Notice, SyncStatus, UserInfo};

/// Why a call failed, in words for the person at the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallError {
    /// Stable, for programs: `quota`, `not_found`, `damaged`, `offline`, `refused`, `invalid`, `internal`.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
}

/// The tab's first picture of the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The current account.
    pub account: AccountInfo,
    /// All accounts that this device knows.
    pub accounts: Vec<AccountInfo>,
    /// All rows of the catalogue.
    pub catalogue: Vec<CatalogueRow>,
    /// Where the changes are.
    pub sync: SyncStatus,
    /// What a person should know: damaged documents, storage that may be evicted.
    pub notices: Vec<Notice>,
}

/// The reply to [`Call::FlowErrors`](super::Call::FlowErrors).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowErrors {
    /// The errors, those of the newest run first.
    pub errors: Vec<RunErrorRow>,
    /// The flow's runs, newest first: those that tried records again tell what became of errors.
    pub runs: Vec<RunRow>,
    /// There are more errors than were wanted.
    pub more: bool,
}

/// The reply to [`Call::Open`](super::Call::Open).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenReply {
    /// What kind it is.
    pub kind: Kind,
    /// What it shows.
    pub view: View,
    /// Whether this person may change it, as last known.
    pub writable: bool,
    /// What this tab may take back of it.
    #[serde(default)]
    pub undo: UndoState,
}

/// What this tab may take back of its own edits of a document, and do again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoState {
    /// [`Call::Undo`](super::Call::Undo) has something to take back.
    pub back: bool,
    /// [`Call::Redo`](super::Call::Redo) has something to do again.
    pub again: bool,
}

/// The reply to [`Call::TestConnection`](super::Call::TestConnection).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// The status of the answer, when there was one.
    pub status: Option<u16>,
    /// Why it does not work, in words; nothing when it does.
    pub problem: Option<String>,
}

/// The reply to [`Call::TestRun`](super::Call::TestRun).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// How it went, with the counts of its steps.
    pub row: RunRow,
    /// What failed.
    pub errors: Vec<RunError>,
    /// What each stage did, in order.
    pub stages: Vec<StageRow>,
    /// Stages that came after those were enough.
    pub left_out: usize,
}

/// The reply to [`Call::Create`](super::Call::Create) and [`Call::StartRun`](super::Call::StartRun).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Created {
    /// The new id.
    pub id: Id,
}

/// The reply to [`Call::Edit`](super::Call::Edit): sent after the strict commit.
///
/// While the disk takes nothing the reply waits, and the worker tries again; the document in memory has the edit. An
/// error means that the edit was not made, so only then may it be sent again; `closed` means that the page must be
/// loaded anew first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edited {
    /// The document's heads now (hex).
    pub heads: Vec<String>,
    /// What undo or redo left alone, because somebody else changed it since.
    pub skipped: Vec<String>,
    /// What may be taken back now.
    #[serde(default)]
    pub undo: UndoState,
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlobInfo {
    /// SHA-256 of its bytes, hex.
    pub hash: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
}

/// The reply to [`Call::Pack`](super::Call::Pack) and [`Call::Bundle`](super::Call::Bundle).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Packed {
    /// A name for the file.
    pub name: String,
    /// How many resources are in it.
    pub parts: usize,
    /// What is not in it and why, in words.
    pub notes: Vec<String>,
    /// The fingerprint of the key that signed it.
    pub key: Option<String>,
}

/// The reply to [`Call::CacheRead`](super::Call::CacheRead).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CachePage {
    /// Keys and values, sorted by key.
    pub entries: Vec<(String, Value)>,
    /// Whether there are more behind these.
    pub more: bool,
    /// What the whole cache holds.
    pub size_bytes: u64,
    /// How many entries the whole cache has, where that is known.
    pub count: Option<u64>,
}

/// One change in a resource's history.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The change's hash (hex).
    pub hash: String,
    /// The changes that its author had seen (hex): none for the first.
    #[serde(default)]
    pub parents: Vec<String>,
    /// Who, when known.
    pub user: Option<UserInfo>,
    /// The actor (hex).
    pub actor: String,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The fields it wrote.
    pub paths: Vec<String>,
}

/// What is on this device of one account and not on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsent {
    /// Which account.
    pub account: Id,
    /// Its name.
    pub name: String,
    /// Changes that were not sent.
    pub changes: usize,
    /// Refused changes, as rows of what was not accepted.
    pub not_accepted: usize,
    /// Records of runs, files and secrets that were not sent.
    pub others: usize,
    /// What is there cannot be read, so that nobody knows.
    pub unreadable: bool,
}

/// A change that the server refused; taken out of the document and kept beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// Its own id.
    pub id: String,
    /// The document.
    pub document: Id,
    /// What kind it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Why, in words.
    pub reason: String,
    /// When it was refused.
    pub time_ms: i64,
    /// Field by field: what was there and what was wanted.
    pub differences: Vec<Difference>,
}

/// One field's difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The field.
    pub path: String,
    /// The accepted value.
    pub accepted: Option<Value>,
    /// The refused value.
    pub refused: Option<Value>,
}
