//! A flow and all it needs, as it was when the run was started.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tombolo_model::run::{Received, RunBegin};
use tombolo_model::{Id, Kind};

/// A flow and all it needs.
#[derive(Clone, Default)]
pub struct Bundle {
    /// The flow.
    pub flow: Value,
    /// What it refers to.
    pub resources: BTreeMap<Id, (Kind, Value)>,
    /// The secrets of its connections: connection, then path.
    pub secrets: BTreeMap<Id, BTreeMap<String, String>>,
    /// The run itself.
    pub about: About,
}

/// What scripts and templates hear of the run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// The run.
    pub run: Option<Id>,
    /// The flow.
    pub flow: Option<Id>,
    /// Whether it tries the flow out: the first page of each source, nothing written, every stage reported.
    pub test_mode: bool,
    /// Records that failed and are tried again; the sources are not read then.
    pub retry: Option<Retry>,
    /// The exports that it reads, of those that the flow has; all of them where none is named.
    pub sources: Vec<Id>,
    /// What came to each listener, in its order.
    pub received: BTreeMap<Id, Vec<Received>>,
    /// Up to when each export of changes was read: the beginning of the last run of this flow that completed, in
    /// milliseconds since 1970.
    pub checkpoints: BTreeMap<Id, i64>,
    /// Since when exports of changes are read this once, whatever was read before.
    pub start_ms: Option<i64>,
    /// Where its clock and random values begin, if that is given.
    pub begin: RunBegin,
}

/// Without the secrets.
impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("flow", &self.flow).field("resources", &self.resources).finish_non_exhaustive()
    }
}

impl Bundle {
    /// A resource of a kind.
    pub(crate) fn get(&self, id: Id, kind: Kind) -> Option<&Value> {
        self.resources.get(&id).filter(|(have, _)| *have == kind).map(|(_, value)| value)
    }

    /// A connection's secret.
    pub(crate) fn secret(&self, connection: Id, path: &str) -> Option<&str> {
        self.secrets.get(&connection)?.get(path).map(String::as_str).filter(|secret| !secret.is_empty())
    }
}

/// Records that a step tries again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Retry {
    /// The step, as the counters of a run name it.
    pub step: String,
    /// The records as they came to it, edited or not, with their places in their source.
    pub records: Vec<(u64, Value)>,
}
