//! Where records go: steps in a row, and branchings between them.

use super::{FilterBy, Function, Named};

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
