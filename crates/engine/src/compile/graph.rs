//! The steps of a flow in their order, with the branchings between them.

use std::collections::BTreeSet;

use serde_json::Value;
use tombolo_model::views::{Branch as BranchView, Flow, PageProcessor, ProcessorKind, Router as RouterView};
use tombolo_model::{Id, Kind, Problem};

use super::step::Wanted;
use super::{add, function, named, placed, resource, settings, step, text_at, unsupported};
use crate::bundle::Bundle;
use crate::plan::{Branch, Chain, RouteBy, Router, Step};

/// What the flow consists of behind its sources.
pub(super) struct Graph<'b> {
    bundle: &'b Bundle,
    pub(super) seen: &'b mut BTreeSet<Id>,
    pub(super) problems: &'b mut Vec<Problem>,
    pub(super) steps: Vec<Step>,
    pub(super) routers: Vec<Router>,
    /// The place of the next step or branching.
    place: usize,
}

impl<'b> Graph<'b> {
    pub(super) fn new(
        bundle: &'b Bundle,
        seen: &'b mut BTreeSet<Id>,
        problems: &'b mut Vec<Problem>,
        first_place: usize,
    ) -> Self {
        Self { bundle, seen, problems, steps: Vec::new(), routers: Vec::new(), place: first_place }
    }

    /// Compiles everything; returns where the sources lead.
    pub(super) fn build(&mut self) -> Chain {
        let flow = Flow(&self.bundle.flow);
        let routers = flow.routers();
        if routers.is_empty() {
            return self.chain(flow.processors(), "", None);
        }
        for (at, router) in routers.iter().enumerate() {
            self.router(at, *router, &routers);
        }
        self.check_ways(&routers);
        Chain { steps: Vec::new(), then: Some(0) }
    }

    fn chain(&mut self, processors: Vec<PageProcessor<'_>>, place: &str, then: Option<usize>) -> Chain {
        let mut steps = Vec::new();
        for (at, processor) in processors.into_iter().enumerate() {
            let pointer = format!("{place}/pageProcessors/{at}");
            unsupported::check_at(unsupported::STEP, processor.0, &pointer, self.problems);
            let Some(id) = processor.resource() else { continue };
            let kind = if processor.kind() == Some(ProcessorKind::Lookup) { Kind::Export } else { Kind::Import };
            let place = self.place;
            self.place += 1;
            let made = match resource(self.bundle, id, kind, self.seen, self.problems) {
                Ok(value) => step::compile(self.bundle, &Wanted { processor, pointer, id, value, place }),
                Err(problems) => Err(placed(problems, id)),
            };
            match made {
                Ok(made) => {
                    steps.push(self.steps.len());
                    self.steps.push(made);
                }
                Err(problems) => add(problems, self.problems),
            }
        }
        Chain { steps, then }
    }

    fn router(&mut self, at: usize, router: RouterView<'_>, all: &[RouterView<'_>]) {
        let pointer = format!("/routers/{at}");
        let own = self.place;
        self.place += 1;
        let by = match self.chooser(router, &pointer) {
            Ok(by) => by,
            Err(problems) => {
                self.problems.extend(problems);
                RouteBy::Filters
            }
        };
        if router.branches().is_empty() {
            let message = "This branching has no branches: add one, or delete the branching.";
            self.problems.push(Problem::new(format!("{pointer}/branches"), "missing_required_field", message));
        }
        let mut branches = Vec::new();
        for (number, branch) in router.branches().into_iter().enumerate() {
            branches.push(self.branch(branch, &format!("{pointer}/branches/{number}"), all));
        }
        let id = router.id().unwrap_or_default();
        let name = if router.name().is_empty() { "Branching" } else { router.name() };
        let all_settings = settings(self.bundle, ("router", &Value::Null), None);
        self.routers.push(Router {
            named: named(self.bundle, id, name, &[], &all_settings),
            place: own,
            to_all: router.to_all_matching(),
            by,
            branches,
        });
    }

    fn chooser(&self, router: RouterView<'_>, pointer: &str) -> Result<RouteBy, Vec<Problem>> {
        if !router.by_script() {
            return Ok(RouteBy::Filters);
        }
        let place = format!("{pointer}/script");
        match function::function(self.bundle, &self.bundle.flow, &place)? {
            Some(function) => Ok(RouteBy::Script(function)),
            None => {
                let message = "Choose the script that routes the records, or route them by filters.";
                Err(vec![Problem::new(format!("{place}/_scriptId"), "missing_required_field", message)])
            }
        }
    }

    fn branch(&mut self, branch: BranchView<'_>, place: &str, all: &[RouterView<'_>]) -> Branch {
        let settings = settings(self.bundle, ("router", &Value::Null), None);
        let filter = function::filter(self.bundle, branch.0, "/inputFilter", &settings).unwrap_or_else(|problems| {
            let placed =
                problems.into_iter().map(|problem| Problem { path: format!("{place}{}", problem.path), ..problem });
            self.problems.extend(placed);
            None
        });
        // A way to nowhere was found by the flow's own check.
        let next = text_at(branch.0, "/nextRouterId");
        let then = next.and_then(|next| all.iter().position(|router| router.id() == Some(next)));
        let chain = self.chain(branch.processors(), place, then);
        Branch { name: branch.name().into(), filter, chain }
    }

    /// Every branching is reached, and no way leads back.
    fn check_ways(&mut self, views: &[RouterView<'_>]) {
        let mut open: BTreeSet<usize> = (0..self.routers.len()).collect();
        // Takes away, again and again, what nothing that is left leads to: what stays leads in circles.
        loop {
            let led_to: BTreeSet<usize> = open.iter().flat_map(|at| self.ways(*at)).collect();
            let Some(free) = open.iter().copied().find(|at| !led_to.contains(at)) else { break };
            open.remove(&free);
        }
        for at in open {
            let message = "Its records would come back to this branching: lead the branches elsewhere.";
            self.problems.push(Problem::new(format!("/routers/{at}/branches"), "circle", message));
        }
        for (at, view) in views.iter().enumerate().skip(1) {
            let reached = (0..self.routers.len()).any(|from| from != at && self.ways(from).any(|to| to == at));
            if !reached {
                let message = format!("Nothing leads to “{}”: lead a branch to it, or delete it.", view.name());
                self.problems.push(Problem::new(format!("/routers/{at}"), "not_reached", message));
            }
        }
    }

    fn ways(&self, from: usize) -> impl Iterator<Item = usize> {
        self.routers[from].branches.iter().filter_map(|branch| branch.chain.then)
    }
}
