//! The steps of a flow, read off its view.

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
    /// The list it is in.
    pub(super) list: &'static str,
    /// Its row.
    pub(super) row: RowId,
    /// What it does.
    pub(super) kind: StepKind,
    /// The export or import it uses.
    pub(super) resource: Option<Id>,
}

/// All steps, sources first, each list in its order.
pub(super) fn steps(view: &View) -> Vec<Step> {
    let id = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).and_then(|id| id.parse().ok());
    let sources = list_rows(view, SOURCES).into_iter().map(|(row, value)| Step {
        list: SOURCES,
        row,
        kind: StepKind::Source,
        resource: id(&value, "_exportId"),
    });
    let processors = list_rows(view, PROCESSORS).into_iter().map(|(row, value)| {
        let lookup = value.get("type").and_then(Value::as_str) == Some("export");
        Step {
            list: PROCESSORS,
            row,
            kind: if lookup { StepKind::Lookup } else { StepKind::Import },
            resource: id(&value, if lookup { "_exportId" } else { "_importId" }),
        }
    });
    sources.chain(processors).collect()
}

/// The row a step comes after when it is moved by one place; nothing when it cannot go further.
pub(super) fn moved(steps: &[Step], row: &str, forward: bool) -> Option<Option<RowId>> {
    let list = steps.iter().find(|step| step.row == row)?.list;
    let rows: Vec<&Step> = steps.iter().filter(|step| step.list == list).collect();
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
}
