//! Where records go: steps in a row, and branchings between them.

use std::collections::BTreeSet;

use tombolo_model::Val;

use super::{FilterBy, Function, Named, Plan};

/// Steps in a row, and the branching that they lead to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// As in `Plan::steps`.
    pub(crate) steps: Vec<usize>,
    /// As in `Plan::routers`.
    pub(crate) then: Option<usize>,
}

/// A branching.
#[derive(Debug, Clone)]
pub(crate) struct Router {
    pub(crate) named: Named,
    /// Its place among all that counts records.
    pub(crate) place: usize,
    /// A record goes to all branches that match; else to the first one.
    pub(crate) to_all: bool,
    pub(crate) by: RouteBy,
    pub(crate) branches: Vec<Branch>,
}

/// What chooses the branches.
#[derive(Debug, Clone)]
pub(crate) enum RouteBy {
    Filters,
    Script(Function),
}

/// One way behind a branching.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) name: Box<str>,
    /// Without one, every record matches.
    pub(crate) filter: Option<FilterBy>,
    pub(crate) chain: Chain,
}

/// Where records come in.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// From the sources, to here.
    Sources(Chain),
    /// Records that are tried again: their places in their source, and as they came.
    Retry(Vec<(u64, Val)>, Again),
}

/// Where records are tried again.
#[derive(Debug, Clone)]
pub(crate) enum Again {
    /// Behind the reading of a source, and then here.
    Source(usize, Chain),
    /// At the first of these steps.
    Steps(Chain),
    /// At a branching.
    Router(usize),
}

impl Plan {
    /// The branchings that records of this run can come to: the others have nothing to do, and their steps make no files.
    pub(crate) fn reached_routers(&self) -> BTreeSet<usize> {
        let first = match &self.entry {
            Entry::Sources(chain) | Entry::Retry(_, Again::Source(_, chain) | Again::Steps(chain)) => chain.then,
            Entry::Retry(_, Again::Router(at)) => Some(*at),
        };
        self.reached_from(first.into_iter().collect())
    }

    fn reached_from(&self, mut open: Vec<usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        while let Some(at) = open.pop() {
            if reached.insert(at) {
                open.extend(self.routers[at].branches.iter().filter_map(|branch| branch.chain.then));
            }
        }
        reached
    }
}
