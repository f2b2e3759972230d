//! A flow, ready to run.

mod async_helper;
pub(crate) mod auth;
mod endpoint;
mod function;
mod http_write;
mod paging;
mod pool;
mod router;
mod source;
mod step;
mod verdict;

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tombolo_model::Val;
use tombolo_model::run::{RunBegin, StepCount};
use tombolo_model::views::NextFlow;
use tombolo_template::Template;

pub(crate) use async_helper::AsyncHelper;
pub(crate) use endpoint::Endpoint;
pub(crate) use function::{Callable, FilterBy, Function, TransformBy};
pub(crate) use http_write::{AnswerType, HttpWrite, Ignore, Known, Media, Operation, Reply, Slot};
pub(crate) use paging::{Later, Next, Paging, Previous, Stop, TokenPlace};
pub(crate) use pool::{Pool, RateLimit};
pub(crate) use router::{Again, Branch, Chain, Entry, RouteBy, Router};
pub(crate) use source::{BodyKind, Delta, FileRead, Format, HttpRead, ListenerRead, Once, Read, Source};
pub(crate) use step::{FileWrite, Import, OneToMany, Parts, Step, Work, Write};
pub(crate) use verdict::{Sign, Verdict};

/// A compiled flow.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) sources: Vec<Source>,
    pub(crate) steps: Vec<Step>,
    pub(crate) routers: Vec<Router>,
    pub(crate) entry: Entry,
    /// The lookup caches that are here: id, key, value.
    pub(crate) caches: BTreeMap<String, HashMap<String, Val>>,
    /// What scripts can ask of the flow.
    pub(crate) callable: Callable,
    /// Nothing is written, and every stage is reported.
    pub(crate) test_mode: bool,
    /// The sources are read at the same time.
    pub(crate) parallel: bool,
    /// Where the clock and the random values of its runs begin, if that is given.
    pub(crate) begin: RunBegin,
    /// Errors keep no record to be tried again with.
    pub(crate) skips_retries: SkipsRetries,
    /// An error is over when what has its trace key comes to the same step again.
    pub(crate) resolves: bool,
    /// The flows that are started behind it.
    pub(crate) next: Vec<NextFlow>,
}

/// Whose errors keep no record.
#[derive(Debug, Clone, Default)]
pub(crate) struct SkipsRetries {
    /// Those of all.
    pub(crate) flow: bool,
    /// Of each source whether those of its records.
    pub(crate) sources: Vec<bool>,
}

impl SkipsRetries {
    /// Whether those at a place, which are the sources first.
    pub(crate) fn at(&self, place: usize) -> bool {
        self.flow || self.sources.get(place) == Some(&true)
    }
}

impl Plan {
    /// Without sources and steps: for what shares the ways of a run and is none.
    pub(crate) fn empty() -> Self {
        Self {
            sources: Vec::new(),
            steps: Vec::new(),
            routers: Vec::new(),
            entry: Entry::Sources(Chain::default()),
            caches: BTreeMap::new(),
            callable: Callable::default(),
            test_mode: false,
            parallel: false,
            begin: RunBegin::default(),
            skips_retries: SkipsRetries::default(),
            resolves: false,
            next: Vec::new(),
        }
    }

    /// All that counts records, with empty counters: sources first, then steps and branchings in the order of the flow.
    #[must_use]
    pub fn steps(&self) -> Vec<StepCount> {
        let count = |(named, kind): (&Named, &str)| StepCount {
            step: named.id.clone(),
            name: named.name.clone(),
            kind: kind.to_owned(),
            ..StepCount::default()
        };
        self.places().into_iter().map(count).collect()
    }

    /// All that counts records, each at its place, with its kind.
    pub(crate) fn places(&self) -> Vec<(&Named, &'static str)> {
        let steps = self.steps.iter().map(|step| match step.work {
            Work::Import(_) => (step.place, (step.named(), "import")),
            Work::Lookup(_) => (step.place, (step.named(), "lookup")),
        });
        let routers = self.routers.iter().map(|router| (router.place, (&router.named, "router")));
        let mut placed: Vec<_> = steps.chain(routers).collect();
        placed.sort_by_key(|(place, _)| *place);
        let sources = self.sources.iter().map(|source| (&source.named, "export"));
        sources.chain(placed.into_iter().map(|(_, found)| found)).collect()
    }

    /// Whether records are written into files.
    pub(crate) fn writes_files(&self) -> bool {
        self.steps.iter().any(Step::writes_file)
    }

    /// The content hashes of the stored files that it reads.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        self.sources
            .iter()
            .filter_map(|source| match &source.read {
                Read::File(file) => Some(file.hash.as_str()),
                Read::Http(_) | Read::Listener(_) => None,
            })
            .collect()
    }
}

/// What a step is called.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What its hooks are told beside their data, as the members of a JSON object.
    pub(crate) options: Box<str>,
    /// What tells its records apart; without it, the usual fields do.
    pub(crate) trace_key: Option<Template>,
}

/// A resource's settings as templates and filters read them.
pub(crate) fn settings_of(value: &Value) -> Value {
    value.get("settings").cloned().unwrap_or(Value::Null)
}
