//! What the store worker sends to a tab: replies, and what it says without being asked.

use serde::{Deserialize, Serialize};
use tombolo_model::{Id, View};

use super::{AccountInfo, CallError, CatalogueRow, Notice, SyncStatus, UndoState};
use crate::rest::Outage;
use crate::run::{ErrorMark, RunRow};
use crate::run_worker::LogLine;

/// What the store worker sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outgoing {
    /// The database is open; calls sent before this would be lost.
    Ready,
    /// The answer to a [`Request`](super::Request).
    Reply {
        /// The request's id.
        id: u64,
        /// What came of it: the call's reply type as JSON text, written once by who made it and read once by who
        /// waits for it.
        result: Result<String, CallError>,
    },
    /// Something changed.
    Event {
        /// What.
        event: Event,
    },
}

/// What the store worker tells a tab without being asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// An open document changed, by whomever.
    Document {
        /// Which.
        id: Id,
        /// What it shows now.
        view: View,
        /// The changed stretches of its texts since the view sent before; for editors that hold a cursor.
        splices: Vec<TextSplice>,
        /// Made by this tab.
        own: bool,
        /// What may be taken back now.
        #[serde(default)]
        undo: UndoState,
    },
    /// Rows of the catalogue changed or came.
    Catalogue {
        /// The rows.
        rows: Vec<CatalogueRow>,
        /// Gone for good, or no longer visible.
        removed: Vec<Id>,
    },
    /// The state of synchronising changed.
    Sync {
        /// Now.
        status: SyncStatus,
    },
    /// A run moved on.
    Run {
        /// Its row now.
        row: Box<RunRow>,
    },
    /// A run of this tab says something for those who look for a fault. Nobody keeps it.
    Log {
        /// Which.
        run: Id,
        /// What it says.
        line: LogLine,
    },
    /// People decided about errors of runs.
    Marks {
        /// What, new or come again.
        marks: Vec<ErrorMark>,
    },
    /// Runs are kept no longer on this device.
    RunsGone {
        /// Which.
        runs: Vec<Id>,
    },
    /// Which connections are offline, as far as is known here; all of them.
    Outages {
        /// By connection.
        outages: Vec<Outage>,
    },
    /// Something a person should know.
    Notice {
        /// What.
        notice: Notice,
    },
    /// What is known of the present account changed: the role, the name.
    Account {
        /// Now.
        account: AccountInfo,
    },
    /// Another tab switched account, or this page is older than the database: reload.
    Reload {
        /// Why.
        reason: String,
    },
}

/// A stretch of a text that somebody else replaced; UTF-16.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextSplice {
    /// The text's path.
    pub path: String,
    /// Where.
    pub at: usize,
    /// How many units went.
    pub delete: usize,
    /// What came.
    pub insert: String,
}
