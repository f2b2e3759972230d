//! What a device says to the server.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use tombolo_model::Id;

use super::cursor::Cursor;
use crate::run::{ErrorMark, RunError, RunRow};

/// A frame from a device to the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Up {
    /// The first frame of every connection.
    Hello(Hello),
    /// Changes of one document, each after those it builds on. Applied all or not at all.
    Push {
        /// Counts up within a connection; the answer carries it.
        push: u64,
        /// Which document.
        document: Id,
        /// Raw Automerge changes.
        changes: Vec<ByteBuf>,
    },
    /// So many `changes`, `bundle` and `manifest` frames have been stored since the connection began.
    Received {
        /// Their number, counted from 1.
        frames: u32,
    },
    /// Whole documents are wanted: the manifest named heads that the device does not know.
    Fetch {
        /// Which.
        documents: Vec<Id>,
    },
    /// The device is done with the manifest: what the server lacked has been answered. Changes follow.
    Compared,
    /// Runs and errors made on the device.
    Runs {
        /// Counts up within a connection; `runsStored` carries it.
        push: u64,
        /// What is to be kept.
        rows: RunRows,
    },
    /// Where somebody on this device is, or that a tab was closed.
    Presence {
        /// Unique for the tab within the device.
        tab: String,
        /// Where; absent when the tab has gone.
        place: Option<Place>,
    },
    /// Asks for a `pong`.
    Ping,
}

/// The first frame of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// The highest version the device speaks.
    pub version: u16,
    /// How far the device has got; absent on an empty one.
    pub cursor: Option<Cursor>,
}

/// Where a person is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// What they have open.
    #[serde(default)]
    pub document: Option<Id>,
    /// The field they are in.
    #[serde(default)]
    pub field: Option<String>,
    /// Their cursor in a text, UTF-16: anchor and head.
    #[serde(default)]
    pub cursor: Option<(u64, u64)>,
}

/// Run rows and errors; the receiver keeps each (run, n) once, and of a run the row with the highest `n`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRows {
    /// Rows.
    #[serde(default)]
    pub runs: Vec<RunRow>,
    /// Errors.
    #[serde(default)]
    pub errors: Vec<RunErrorRow>,
    /// What people decided about errors, of their own runs and of others'; each counts once, by its id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<ErrorMark>,
}

impl RunRows {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.errors.is_empty() && self.marks.is_empty()
    }
}

/// One error with its place in its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunErrorRow {
    /// The run.
    pub run: Id,
    /// Counts up within the run.
    pub n: u64,
    /// The error.
    pub error: RunError,
}
