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
use tombolo_model::run::Received;
use tombolo_model::{Id, Kind};

use crate::run::{KeptAsk, KeptReply, RunBegin, RunError, RunRow};

/// What the run worker is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToRun {
    /// Run this.
    Start {
        /// The run and all it needs; boxed because the other message is small.
        job: Box<RunJob>,
    },
    /// Send the test of a connection; answered by [`FromRun::Pinged`].
    Ping {
        /// The connection and all it needs.
        job: Box<PingJob>,
    },
    /// Begin or end a person's sign-in to an application by OAuth 2.0: answered by [`FromRun::SignInAt`] where there is no code
    /// yet, by [`FromRun::Renewed`] and [`FromRun::Pinged`] where there is one.
    SignIn {
        /// The connection and all it needs.
        job: Box<PingJob>,
        /// The sign-in.
        sign_in: SignInAsk,
    },
    /// The answer to a [`FromRun::Ask`].
    Told {
        /// Its number.
        n: u64,
        /// The answer.
        reply: KeptReply,
    },
    /// Stop as soon as possible; the last row says `canceled`.
    Cancel,
}

/// A connection that is tested, and all it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PingJob {
    /// Which.
    pub connection: Id,
    /// The connection and what it refers to, by id.
    pub resources: BTreeMap<Id, RunResource>,
    /// Their secrets.
    pub secrets: Secrets,
    /// The hosts that these may go to.
    pub hosts: BTreeMap<Id, Vec<String>>,
    /// Where the server takes requests that the browser may not send itself.
    #[serde(default)]
    pub relay: Relay,
}

/// One sign-in to an application.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInAsk {
    /// Where the browser comes back to.
    pub redirect_uri: String,
    /// Comes back with the code.
    pub state: String,
    /// The proof key.
    pub verifier: String,
    /// The code, once there is one.
    pub code: Option<String>,
}

/// Without what must stay secret.
impl fmt::Debug for SignInAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInAsk").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

/// What is special about a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunOptions {
    /// The exports that it reads, of those that the flow has; all of them where none is named.
    pub sources: Vec<Id>,
    /// Since when exports of changes are read this once, in milliseconds since 1970.
    pub start_ms: Option<i64>,
    /// Records that failed and are tried again, in place of what the sources would read.
    pub retry: Option<RunRetry>,
}

/// Records that a step tries again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRetry {
    /// The step, as the counters of a run name it.
    pub step: String,
    /// The records as they came to it, edited or not, with their places in their source.
    pub records: Vec<(u64, Value)>,
    /// The run in which they failed, and the numbers of their errors there, in the order of the records.
    #[serde(default)]
    pub of: Option<(Id, Vec<u64>)>,
}

/// A line for those who look for a fault: what a script wrote, or a request and what came of it. No secret is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The step, as the counters of the run name it.
    pub step: String,
    /// `debug`, `info`, `warn` or `error` of a script; `request`.
    pub level: String,
    /// The function that wrote it, or the method and address of the request.
    pub from: String,
    /// What it wrote, or the request and its answer as JSON.
    pub text: String,
}

/// What one stage of a step did to one record, or to a page of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageRow {
    /// The step, as the counters of the run name it.
    pub step: String,
    /// `inputFilter`, `mapping`, `responseMap` and so on; the function's name for hooks.
    pub name: String,
    /// The record's place in its source; nothing where the stage is about a whole page.
    pub index: Option<u64>,
    /// What went in.
    pub input: Value,
    /// What came out; null where nothing did.
    pub output: Value,
    /// What was wrong, in words.
    pub errors: Vec<String>,
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
    /// What came to its listeners, each one of `files`.
    #[serde(default)]
    pub received: BTreeMap<Id, Vec<Received>>,
    /// Where its clock and random values begin, if that is given.
    #[serde(default)]
    pub begin: RunBegin,
    /// Up to when each export of changes was read, in milliseconds since 1970.
    #[serde(default)]
    pub checkpoints: BTreeMap<Id, i64>,
    /// Whether it tries the flow out: the first page of each source, nothing written, every stage told.
    #[serde(default)]
    pub test: bool,
    /// What is special about it.
    #[serde(default)]
    pub options: RunOptions,
    /// Whether the owner answers [`FromRun::Ask`]; otherwise lookups read the data that came with the caches.
    #[serde(default)]
    pub answers: bool,
    /// Where the server takes requests that the browser may not send itself; nothing without a server or away from it.
    #[serde(default)]
    pub relay: Relay,
    /// The connections that are offline, each with why: nothing is sent through them.
    #[serde(default)]
    pub offline: BTreeMap<Id, String>,
    /// The trace keys of the errors that are open, by their steps, where the flow resolves errors by them.
    #[serde(default)]
    pub open: BTreeMap<String, Vec<String>>,
}

/// Whether there is a server to send requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Relay {
    /// The account is on this device alone.
    #[default]
    None,
    /// There is one, and it cannot be reached now.
    Away,
    /// At this path.
    At(String),
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
    /// A line for those who look for a fault; so many of a run at most.
    Log {
        /// What it says.
        line: LogLine,
    },
    /// A stage of a test run.
    Stage {
        /// What happened there.
        stage: StageRow,
    },
    /// Where a browser is sent to sign in.
    SignInAt {
        /// The full address.
        address: String,
    },
    /// What came of a [`ToRun::Ping`].
    Pinged {
        /// The status of the answer, when it was a good one.
        status: Option<u16>,
        /// Why the connection does not work, in words.
        problem: Option<String>,
        /// Its credentials are refused: what comes behind “its connection is offline:”.
        #[serde(default)]
        offline: Option<String>,
    },
    /// The credentials of a connection were refused: nothing more is sent through it. Said before the run's next row.
    Offline {
        /// Which.
        connection: Id,
        /// What comes behind “its connection is offline:”.
        why: String,
    },
    /// What has this trace key came to the step again: its errors so far are over. Said before an error that it has anew.
    Over {
        /// The step.
        step: String,
        /// The key.
        trace_key: String,
    },
    /// A question about state, a lookup cache or another flow; answered by a [`ToRun::Told`] with its number.
    Ask {
        /// Its number.
        n: u64,
        /// What is asked.
        ask: KeptAsk,
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
