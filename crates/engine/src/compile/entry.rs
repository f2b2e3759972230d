//! Where the records of a run come in: from the sources, or at the step that failed.

use tombolo_model::{Problem, Val};

use crate::bundle::Retry;
use crate::plan::{Again, Chain, Entry, Router, Source, Step};

/// What the flow consists of, with the ids that counters use.
pub(super) struct Parts<'p> {
    pub(super) sources: &'p [Source],
    pub(super) steps: &'p [Step],
    pub(super) routers: &'p [Router],
    /// Where the sources lead.
    pub(super) start: Chain,
}

pub(super) fn compile(parts: Parts<'_>, retry: Option<&Retry>) -> Result<Entry, Problem> {
    let Some(retry) = retry else { return Ok(Entry::Sources(parts.start)) };
    let again = parts.again(&retry.step).ok_or_else(|| {
        let message =
            "The step that these records failed at is no longer in the flow: put it back, or resolve the errors.";
        Problem::new("", "missing_step", message)
    })?;
    let records = retry.records.iter().map(|(index, record)| (*index, Val::from(record))).collect();
    Ok(Entry::Retry(records, again))
}

impl Parts<'_> {
    fn again(self, id: &str) -> Option<Again> {
        if let Some(at) = self.sources.iter().position(|source| source.named.id == id) {
            return Some(Again::Source(at, self.start));
        }
        if let Some(at) = self.routers.iter().position(|router| router.named.id == id) {
            return Some(Again::Router(at));
        }
        let at = self.steps.iter().position(|step| step.named().id == id)?;
        let branches = self.routers.iter().flat_map(|router| &router.branches).map(|branch| &branch.chain);
        std::iter::once(&self.start).chain(branches).find_map(|chain| chain.from(at)).map(Again::Steps)
    }
}

impl Chain {
    /// The chain from a step on, when it has it.
    fn from(&self, step: usize) -> Option<Self> {
        let at = self.steps.iter().position(|have| *have == step)?;
        Some(Self { steps: self.steps[at..].to_vec(), then: self.then })
    }
}
