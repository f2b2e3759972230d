//! What the store worker and the run worker say to each other.
//!
//! A frame is a JSON string. When files travel with it, the message is a JavaScript array whose first item is
//! the string and whose other items are the `Blob`s: those of [`ToRun::Start`] in the order of its `files`,
//! the one of [`FromRun::File`] alone.
//!
//! One worker runs one flow and is ended by its owner after the last row.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::{Id, Kind};

use crate::run::{RunBegin, RunError, RunRow};

/// What the run worker is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToRun {
    /// Run this.
    Start {
        /// The run and all it needs; boxed because the other message is small.
        job: Box<RunJob>,
    },
    /// Stop as soon as possible; the last row says `canceled`.
    Cancel,
}

/// A run and all it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunJob {
    /// The run as it was started: id, flow, name, place, start, heads. The worker counts `n` up from it.
    pub row: RunRow,
    /// The flow.
    pub flow: Value,
    /// What it refers to, by id.
    pub resources: BTreeMap<Id, RunResource>,
    /// The secrets of its connections.
    pub secrets: Secrets,
    /// The hosts that each connection's secrets may go to, with a port where it is not the usual one.
    /// A connection without an entry may send them nowhere.
    #[serde(default)]
    pub hosts: BTreeMap<Id, Vec<String>>,
    /// The content hashes of the attached files, in order.
    pub files: Vec<String>,
    /// Where its clock and random values begin, if that is given.
    #[serde(default)]
    pub begin: RunBegin,
    /// Up to when each export of changes was read, in milliseconds since 1970.
    #[serde(default)]
    pub checkpoints: BTreeMap<Id, i64>,
}

/// A resource of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResource {
    /// Its kind.
    pub kind: Kind,
    /// Its JSON.
    pub value: Value,
}

/// Secrets: connection, then path. They are not printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secrets(pub BTreeMap<Id, BTreeMap<String, String>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = self.0.iter().map(|(id, paths)| (id, paths.keys()));
        f.debug_map().entries(masked).finish()
    }
}

/// What the run worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FromRun {
    /// It listens; a message sent before would be lost.
    Ready,
    /// The run moved on: at most every 100 ms, and once at its start and end. The last one has a status that is
    /// an end.
    Row {
        /// The run now.
        row: RunRow,
    },
    /// A record or a step failed.
    Error {
        /// Counts up within the run, from 1.
        n: u64,
        /// What happened.
        error: RunError,
    },
    /// A token was renewed: it takes the place of the one that the run began with, for the same hosts.
    Renewed {
        /// The connection, the path and what it is now.
        secrets: Secrets,
    },
    /// A file is complete; said before the row that ends the run. One attachment: the file.
    File {
        /// The step that made it.
        step: String,
        /// Its name for people.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_sent_but_not_printed() {
        let id = Id::from_parts(1, [2; 8]);
        let paths = BTreeMap::from([("/http/auth/token/token".to_owned(), "hush".to_owned())]);
        let secrets = Secrets(BTreeMap::from([(id, paths)]));
        assert!(!format!("{secrets:?}").contains("hush"));
        assert!(serde_json::to_string(&secrets).unwrap().contains("hush"));
    }
}
