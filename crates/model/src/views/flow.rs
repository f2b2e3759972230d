//! A flow: where its records come from and what they pass through.

use serde_json::Value;

use super::{flag, id, items, text};
use crate::Id;

/// Typed reading of a flow.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'a>(pub &'a Value);

impl<'a> Flow<'a> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        text(self.0, "/name").unwrap_or_default()
    }

    /// Whether it is switched off.
    #[must_use]
    pub fn disabled(self) -> bool {
        flag(self.0, "/disabled")
    }

    /// The integration it belongs to.
    #[must_use]
    pub fn integration(self) -> Option<Id> {
        id(self.0, "/_integrationId")
    }

    /// When it runs by itself: `? minutes hours days months weekdays`.
    #[must_use]
    pub fn schedule(self) -> Option<&'a str> {
        text(self.0, "/schedule")
    }

    /// What is started when it has run to its end, each flow once: whole flows in their order, then those of which some
    /// sources are named. A flow that is named as a whole has its sources with it.
    #[must_use]
    pub fn next_flows(self) -> Vec<NextFlow> {
        let mut found: Vec<NextFlow> = Vec::new();
        for flow in items(self.0, "/_runNextFlowIds").iter().filter_map(|id| id.as_str()?.parse().ok()) {
            if !found.iter().any(|next| next.flow == flow) {
                found.push(NextFlow { flow, sources: Vec::new() });
            }
        }
        let whole = found.len();
        for row in items(self.0, "/_runNextExportIds") {
            let (Some(flow), Some(source)) = (id(row, "/_flowId"), id(row, "/_exportId")) else { continue };
            match found.iter().position(|next| next.flow == flow) {
                Some(at) if at < whole || found[at].sources.contains(&source) => {}
                Some(at) => found[at].sources.push(source),
                None => found.push(NextFlow { flow, sources: vec![source] }),
            }
        }
        found
    }

    /// The IANA zone its schedule is read in.
    #[must_use]
    pub fn timezone(self) -> Option<&'a str> {
        text(self.0, "/timezone")
    }

    /// Its sources, in order.
    #[must_use]
    pub fn generators(self) -> Vec<PageGenerator<'a>> {
        items(self.0, "/pageGenerators").iter().map(PageGenerator).collect()
    }

    /// Its steps, in order; those of its branchings are not among them.
    #[must_use]
    pub fn processors(self) -> Vec<PageProcessor<'a>> {
        items(self.0, "/pageProcessors").iter().map(PageProcessor).collect()
    }

    /// Its branchings; the first one is where its sources lead.
    #[must_use]
    pub fn routers(self) -> Vec<Router<'a>> {
        items(self.0, "/routers").iter().map(Router).collect()
    }
}

/// A flow that follows another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextFlow {
    /// Which.
    pub flow: Id,
    /// The exports of it that are read; all of them where none is named.
    pub sources: Vec<Id>,
}

/// One source of a flow.
#[derive(Debug, Clone, Copy)]
pub struct PageGenerator<'a>(pub &'a Value);

impl PageGenerator<'_> {
    /// The export that reads.
    #[must_use]
    pub fn export(self) -> Option<Id> {
        id(self.0, "/_exportId")
    }

    /// Not finished yet: blocks running.
    #[must_use]
    pub fn setup_in_progress(self) -> bool {
        flag(self.0, "/setupInProgress")
    }

    /// When it is read by itself, in place of the flow's schedule.
    #[must_use]
    pub fn schedule(self) -> Option<String> {
        text(self.0, "/schedule").map(str::to_owned)
    }
}

/// A branching: sends each record to the branches that it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Router<'a>(pub &'a Value);

impl<'a> Router<'a> {
    /// What other branches call it by.
    #[must_use]
    pub fn id(self) -> Option<&'a str> {
        text(self.0, "/id")
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        text(self.0, "/name").unwrap_or_default()
    }

    /// Whether a record goes to all branches that match; else to the first one.
    #[must_use]
    pub fn to_all_matching(self) -> bool {
        text(self.0, "/routeRecordsTo") == Some("all_matching_branches")
    }

    /// Whether a script chooses the branches; else their filters do.
    #[must_use]
    pub fn by_script(self) -> bool {
        text(self.0, "/routeRecordsUsing") == Some("script")
    }

    /// Its branches, in the order in which they are tried.
    #[must_use]
    pub fn branches(self) -> Vec<Branch<'a>> {
        items(self.0, "/branches").iter().map(Branch).collect()
    }
}

/// One way behind a branching.
#[derive(Debug, Clone, Copy)]
pub struct Branch<'a>(pub &'a Value);

impl<'a> Branch<'a> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        text(self.0, "/name").unwrap_or_default()
    }

    /// Its steps, in order.
    #[must_use]
    pub fn processors(self) -> Vec<PageProcessor<'a>> {
        items(self.0, "/pageProcessors").iter().map(PageProcessor).collect()
    }

    /// The branching that its records go on to.
    #[must_use]
    pub fn next_router(self) -> Option<&'a str> {
        text(self.0, "/nextRouterId")
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessorKind {
    /// Looks more records up.
    Lookup,
    /// Writes records.
    Import,
}

/// One step of a flow.
#[derive(Debug, Clone, Copy)]
pub struct PageProcessor<'a>(pub &'a Value);

impl PageProcessor<'_> {
    /// What it does; the reference decides when the type is missing.
    #[must_use]
    pub fn kind(self) -> Option<ProcessorKind> {
        match text(self.0, "/type") {
            Some("export") => Some(ProcessorKind::Lookup),
            Some("import") => Some(ProcessorKind::Import),
            Some(_) => None,
            None if self.0.get("_importId").is_some() => Some(ProcessorKind::Import),
            None if self.0.get("_exportId").is_some() => Some(ProcessorKind::Lookup),
            None => None,
        }
    }

    /// The export or import it uses.
    #[must_use]
    pub fn resource(self) -> Option<Id> {
        match self.kind()? {
            ProcessorKind::Import => id(self.0, "/_importId"),
            ProcessorKind::Lookup => id(self.0, "/_exportId"),
        }
    }

    /// Whether a record that fails here goes on to the next step.
    #[must_use]
    pub fn proceed_on_failure(self) -> bool {
        flag(self.0, "/proceedOnFailure")
    }

    /// Not finished yet: blocks running.
    #[must_use]
    pub fn setup_in_progress(self) -> bool {
        flag(self.0, "/setupInProgress")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_follows_a_flow_is_each_flow_once_and_of_some_their_named_sources() {
        let id = |n: u32| Id::from_parts(n, [0; 8]);
        let row = |flow: u32, export: u32| json!({"_flowId": id(flow), "_exportId": id(export)});
        let flow = json!({
            "_runNextFlowIds": [id(1), "nonsense", id(1)],
            "_runNextExportIds": [row(1, 10), row(2, 20), row(3, 30), row(2, 21), row(2, 20), {"_flowId": id(4)}],
        });
        let next =
            |flow: u32, sources: &[u32]| NextFlow { flow: id(flow), sources: sources.iter().map(|n| id(*n)).collect() };
        assert_eq!(Flow(&flow).next_flows(), [next(1, &[]), next(2, &[20, 21]), next(3, &[30])]);
        assert_eq!(Flow(&json!({})).next_flows(), []);
    }
}
