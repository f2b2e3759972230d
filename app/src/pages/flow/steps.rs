//! The steps of a flow, read off its view.

use std::collections::HashMap;

use serde_json::Value;
use tombolo_model::{Id, RowId, View};

use crate::state::list_rows;

/// The list of a flow's sources.
pub(super) const SOURCES: &str = "/pageGenerators";
/// The list of what follows.
pub(super) const PROCESSORS: &str = "/pageProcessors";

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    /// Reads records.
    Source,
    /// Looks more records up.
    Lookup,
    /// Writes records.
    Import,
}

impl StepKind {
    /// Its name for the style sheet.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Lookup => "lookup",
            Self::Import => "import",
        }
    }

    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::Lookup => "Lookup",
            Self::Import => "Destination",
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The list it is in: the sources, the steps in a row, or those of a branch.
    pub(super) list: String,
    /// Its row.
    pub(super) row: RowId,
    /// What it does.
    pub(super) kind: StepKind,
    /// The export or import it uses.
    pub(super) resource: Option<Id>,
}

/// All steps: sources first, then those in a row, then those of each branch in its order.
pub(super) fn steps(view: &View) -> Vec<Step> {
    let mut found: Vec<Step> = list_rows(view, SOURCES)
        .into_iter()
        .map(|(row, value)| Step {
            list: SOURCES.to_owned(),
            row,
            kind: StepKind::Source,
            resource: resource(&value, "_exportId"),
        })
        .collect();
    found.extend(processors(view, PROCESSORS));
    let lists = routers(view).into_iter().flat_map(|router| router.branches).map(|branch| branch.list);
    found.extend(lists.flat_map(|list| processors(view, &list)));
    found
}

/// What runs call each step by: the id of its export or import; the second one with the same id has `~2` behind it.
pub(super) fn run_keys(steps: &[Step]) -> HashMap<RowId, String> {
    let mut uses: HashMap<Id, usize> = HashMap::new();
    let key = |step: &Step| {
        let id = step.resource?;
        let nth = uses.entry(id).or_default();
        *nth += 1;
        Some((step.row.clone(), if *nth == 1 { id.to_string() } else { format!("{id}~{nth}") }))
    };
    steps.iter().filter_map(key).collect()
}

fn resource(row: &Value, key: &str) -> Option<Id> {
    row.get(key).and_then(Value::as_str).and_then(|id| id.parse().ok())
}

fn processors(view: &View, list: &str) -> Vec<Step> {
    let step = |(row, value): (RowId, Value)| {
        let lookup = value.get("type").and_then(Value::as_str) == Some("export");
        Step {
            list: list.to_owned(),
            row,
            kind: if lookup { StepKind::Lookup } else { StepKind::Import },
            resource: resource(&value, if lookup { "_exportId" } else { "_importId" }),
        }
    };
    list_rows(view, list).into_iter().map(step).collect()
}

/// The list of a flow's branchings.
pub(super) const ROUTERS: &str = "/routers";

/// A branching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Router {
    pub(super) row: RowId,
    /// What branches that lead to it call it by.
    pub(super) id: String,
    pub(super) name: String,
    /// It has one branch and chooses nothing: its steps stand before the first real branching.
    pub(super) passes: bool,
    /// Records go to every branch that takes them, and not to the first alone.
    pub(super) to_all: bool,
    pub(super) by_script: bool,
    pub(super) branches: Vec<Branch>,
}

/// One way behind a branching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) row: RowId,
    /// Where it is in the flow.
    pub(super) place: String,
    /// The list of its steps.
    pub(super) list: String,
    pub(super) name: String,
    /// The id of the branching that it leads to.
    pub(super) next: Option<String>,
    /// Whether rules or a script say which records it takes.
    pub(super) filtered: bool,
}

impl Router {
    /// Its name; what it is when it has none.
    pub(super) fn title(&self) -> String {
        if self.name.trim().is_empty() { "Branching".to_owned() } else { self.name.clone() }
    }
}

/// All branchings, in the order of the flow.
pub(super) fn routers(view: &View) -> Vec<Router> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let branch = |list: &str, (row, value): (RowId, Value)| {
        let place = format!("{list}/{row}");
        Branch {
            list: format!("{place}/pageProcessors"),
            name: text(&value, "name"),
            next: Some(text(&value, "nextRouterId")).filter(|next| !next.is_empty()),
            filtered: value.get("inputFilter").is_some_and(is_filter),
            row,
            place,
        }
    };
    let router = |(row, value): (RowId, Value)| {
        let list = format!("{ROUTERS}/{row}/branches");
        let branches: Vec<Branch> = list_rows(view, &list).into_iter().map(|one| branch(&list, one)).collect();
        let chooses = ["routeRecordsTo", "routeRecordsUsing"].iter().any(|key| !text(&value, key).is_empty());
        Router {
            id: text(&value, "id"),
            name: text(&value, "name"),
            passes: branches.len() == 1 && !chooses,
            to_all: text(&value, "routeRecordsTo") == "all_matching_branches",
            by_script: text(&value, "routeRecordsUsing") == "script",
            branches,
            row,
        }
    };
    list_rows(view, ROUTERS).into_iter().map(router).collect()
}

/// Whether a filter says anything.
pub(super) fn is_filter(filter: &Value) -> bool {
    let some = |place: &str| filter.pointer(place).and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
    filter.get("type").and_then(Value::as_str) == Some("script") || some("/expression/rules") || some("/rules")
}

/// The row a step comes after when it is moved by one place; nothing when it cannot go further.
pub(super) fn moved(steps: &[Step], row: &str, forward: bool) -> Option<Option<RowId>> {
    let list = &steps.iter().find(|step| step.row == row)?.list;
    let rows: Vec<&Step> = steps.iter().filter(|step| step.list == *list).collect();
    let at = rows.iter().position(|step| step.row == row)?;
    match (forward, at) {
        (true, at) => rows.get(at + 1).map(|next| Some(next.row.clone())),
        (false, 0) => None,
        (false, 1) => Some(None),
        (false, at) => Some(Some(rows[at - 2].row.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view() -> View {
        View {
            value: json!({
                "pageGenerators": [{"_exportId": "000000000000000000000001"}],
                "pageProcessors": [{"type": "import", "_importId": "000000000000000000000002"}, {"type": "export"}, {"type": "import"}],
            }),
            rows: [(SOURCES.into(), vec!["s".into()]), (PROCESSORS.into(), vec!["a".into(), "b".into(), "c".into()])]
                .into(),
            ..View::default()
        }
    }

    #[test]
    fn steps_are_read_in_order_with_their_kind() {
        let kinds: Vec<_> = steps(&view()).iter().map(|step| (step.kind.key(), step.resource.is_some())).collect();
        assert_eq!(kinds, [("source", true), ("import", true), ("lookup", false), ("import", false)]);
    }

    #[test]
    fn a_step_moves_by_one_place_and_stops_at_the_ends() {
        let all = steps(&view());
        assert_eq!(moved(&all, "a", true), Some(Some("b".into())));
        assert_eq!(moved(&all, "b", false), Some(None));
        assert_eq!(moved(&all, "c", false), Some(Some("a".into())));
        assert_eq!(moved(&all, "c", true), None);
        assert_eq!(moved(&all, "a", false), None);
    }

    #[test]
    fn branches_are_read_with_their_steps_and_where_they_lead() {
        let view = View {
            value: json!({
                "pageGenerators": [],
                "routers": [
                    {"id": "a", "branches": [{"pageProcessors": [{"type": "export"}], "nextRouterId": "b"}]},
                    {"id": "b", "name": "By country", "routeRecordsTo": "all_matching_branches", "branches": [
                        {"name": "Home", "inputFilter": {"rules": ["equals", ["extract", "c"], "AT"]}, "pageProcessors": []},
                        {"name": "Abroad", "pageProcessors": [{"type": "import"}]},
                    ]},
                ],
            }),
            rows: [
                (ROUTERS, vec!["ra", "rb"]),
                ("/routers/ra/branches", vec!["b1"]),
                ("/routers/ra/branches/b1/pageProcessors", vec!["x"]),
                ("/routers/rb/branches", vec!["b2", "b3"]),
                ("/routers/rb/branches/b3/pageProcessors", vec!["y"]),
            ]
            .map(|(list, rows)| (list.to_owned(), rows.into_iter().map(str::to_owned).collect()))
            .into(),
            ..View::default()
        };
        let found = routers(&view);
        assert!(found[0].passes && !found[1].passes && found[1].to_all);
        assert_eq!(found[0].branches[0].next.as_deref(), Some("b"));
        assert_eq!(found[1].branches.iter().map(|branch| branch.filtered).collect::<Vec<_>>(), [true, false]);
        let rows: Vec<_> = steps(&view).into_iter().map(|step| (step.row, step.kind.key())).collect();
        assert_eq!(rows, [("x".to_owned(), "lookup"), ("y".to_owned(), "import")]);
        assert_eq!(steps(&view)[1].list, "/routers/rb/branches/b3/pageProcessors");
    }
}
