//! What `serve` and its child `run-worker` say to each other (decision 30).
//!
//! The parent writes one [`Job`] as a line of JSON to the child's stdin, and then one [`Told`] a line for each question that
//! the child asks. The child writes one [`Line`] a line to stdout and ends with exit code 0 when the run has ended, however it ended. The child has
//! no database and no key: it gets the secrets of this run, the files by path, and a folder to write to.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_engine::{ConsoleLine, Exchange, Stage};
use tombolo_model::kept::{KeptAsk, KeptReply};
use tombolo_model::run::Received;
use tombolo_model::{Id, MASK};
use tombolo_wire::run::{RunError, RunRow};
pub use tombolo_wire::run_worker::{RunResource as JobResource, RunRetry, Secrets};

/// A run to be run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The run as it was queued: id, flow, name, place, start, heads. The child counts `n` up from it.
    pub row: RunRow,
    /// The flow.
    pub flow: Value,
    /// What it refers to, by id, the flow itself not included.
    pub resources: BTreeMap<Id, JobResource>,
    /// The secrets of its connections: connection, then path.
    pub secrets: Secrets,
    /// The hosts that each connection's secrets may go to, with a port where it is not the usual one.
    pub hosts: BTreeMap<Id, Vec<String>>,
    /// Stored files that the flow reads: SHA-256 (hex), then where they lie.
    pub files: BTreeMap<String, PathBuf>,
    /// Up to when each export of changes was read, in milliseconds since 1970.
    #[serde(default)]
    pub checkpoints: BTreeMap<Id, i64>,
    /// The exports that are read; all where none is named.
    #[serde(default)]
    pub sources: Vec<Id>,
    /// Since when exports of changes are read this once, in milliseconds since 1970.
    #[serde(default)]
    pub start_ms: Option<i64>,
    /// Records that failed, in place of what the exports would read.
    #[serde(default)]
    pub retry: Option<RunRetry>,
    /// What came to its listeners, each a file of [`Self::files`].
    #[serde(default)]
    pub received: BTreeMap<Id, Vec<Received>>,
    /// An empty folder for the files that the run makes.
    pub out: PathBuf,
    /// Whether the dialer may reach private and loopback addresses.
    pub allow_private_network: bool,
    /// The connections that are offline, each with why: nothing is sent through them.
    #[serde(default)]
    pub offline: BTreeMap<Id, String>,
    /// The trace keys of the errors that are open, by their steps, where the flow resolves errors by them.
    #[serde(default)]
    pub open: BTreeMap<String, Vec<String>>,
}

/// A connection to be tested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PingJob {
    /// Which.
    pub connection: Id,
    /// It and what it refers to, by id.
    pub resources: BTreeMap<Id, JobResource>,
    /// Their secrets.
    pub secrets: Secrets,
    /// The hosts that each one's secrets may go to.
    pub hosts: BTreeMap<Id, Vec<String>>,
    /// Whether the dialer may reach private and loopback addresses.
    pub allow_private_network: bool,
}

/// What came of testing a connection. No secret is in its sentences.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PingAnswer {
    /// The status of the endpoint's answer, when the connection works.
    pub status: Option<u16>,
    /// Why it does not.
    pub error: Option<String>,
    /// Its credentials are refused: what comes behind “its connection is offline:”.
    #[serde(default)]
    pub offline: Option<String>,
    /// Tokens that were renewed for it: owner, place and the new secret.
    pub renewed: Vec<(Id, String, NewSecret)>,
}

/// A secret on its way to the vault. It is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NewSecret(pub String);

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// How much of what a run gives up the machine holds it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Held {
    /// All of it.
    All,
    /// What this kernel knows of it.
    Part,
    /// Nothing: the kernel or the processor has no means.
    Nothing,
}

/// What the child says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Line {
    /// The child is not held to all that it gave up; said first, and only then.
    Loose {
        /// Files.
        files: Held,
        /// System calls.
        calls: Held,
    },
    /// The run moved on; the last one has a status that is an end.
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
    /// A token was renewed: it takes the place of the one that the run began with. Only the parent hears of it.
    Renewed {
        /// The connection.
        owner: Id,
        /// Where the secret is kept there.
        path: String,
        /// What it is now.
        secret: NewSecret,
    },
    /// The credentials of a connection were refused, and nothing more is sent through it.
    Offline {
        /// The connection.
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
    /// A stage of a test run.
    Stage {
        /// The step.
        step: String,
        /// What happened there.
        stage: Stage,
    },
    /// A request was answered, or not, where somebody looks at them.
    Exchange {
        /// The step that sent it.
        step: String,
        /// What went, without secrets.
        exchange: Box<Exchange>,
    },
    /// A script wrote to its console.
    Console {
        /// The step that called it.
        step: String,
        /// The script's id.
        script: String,
        /// The function that was called.
        function: String,
        /// What it wrote.
        lines: Vec<ConsoleLine>,
    },
    /// A question about state, a lookup cache or another flow; answered by a [`Told`] with its number.
    Ask {
        /// Its number.
        n: u64,
        /// What is asked.
        ask: KeptAsk,
    },
    /// A file is complete; said before the row that ends the run.
    File {
        /// The step that made it.
        step: String,
        /// Its name for people.
        name: String,
        /// Where it lies, below [`Job::out`].
        path: PathBuf,
    },
}

/// What the parent answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The number of the question.
    pub n: u64,
    /// The answer.
    pub reply: KeptReply,
}
