//! The errors that somebody gave to this person, as the bell tells them. Plain functions, tested natively.

use std::collections::BTreeMap;

use tombolo_model::Id;
use tombolo_wire::run::{Decision, ErrorMark, standings};
use tombolo_wire::store::{CatalogueRow, RunRow};

use super::items::{Item, What};
use crate::state::{Marks, outcomes};
use crate::words::kinds::address;

/// What is open of the errors of one flow that were given to somebody.
struct Open<'m> {
    /// The newest that somebody else decided.
    newest: &'m ErrorMark,
    errors: usize,
}

/// One thing for each flow: its errors that are open and that somebody else gave to `me`.
pub(super) fn assigned(
    me: Option<Id>,
    runs: &BTreeMap<Id, RunRow>,
    rows: &BTreeMap<Id, CatalogueRow>,
    marks: &Marks,
) -> Vec<Item> {
    let Some(me) = me else { return Vec::new() };
    let mut found: BTreeMap<Id, Open<'_>> = BTreeMap::new();
    for (run, marks_of_run) in marks {
        let (Some(run), Some(newest)) =
            (runs.get(run), marks_of_run.iter().filter(|mark| is_to(mark, me)).max_by_key(|mark| mark.time_ms))
        else {
            continue;
        };
        let errors = open(me, run, runs, marks);
        if errors == 0 {
            continue;
        }
        let of_flow = found.entry(run.flow).or_insert(Open { newest, errors: 0 });
        of_flow.errors += errors;
        if of_flow.newest.time_ms < newest.time_ms {
            of_flow.newest = newest;
        }
    }
    found.into_iter().map(|(flow, open)| item(flow, &open, runs, rows)).collect()
}

/// Whether somebody else gave errors to a person. Who takes them knows it.
fn is_to(mark: &ErrorMark, me: Id) -> bool {
    let own = mark.by.as_ref().is_some_and(|by| by.user == me);
    !own && matches!(&mark.decision, Decision::Assign { to: Some(to) } if to.user == me)
}

/// How many errors of a run are theirs and open.
fn open(me: Id, run: &RunRow, runs: &BTreeMap<Id, RunRow>, marks: &Marks) -> usize {
    let tries = outcomes(run, runs, marks);
    let standings = standings(marks.get(&run.id).into_iter().flatten());
    let is_theirs = |n: &u64| {
        let to = standings.get(n).and_then(|standing| standing.assigned.as_ref());
        to.is_some_and(|to| to.user == me) && !tries.get(n).is_some_and(|attempt| attempt.resolved)
    };
    standings.keys().filter(|n| is_theirs(n)).count()
}

fn item(flow: Id, open: &Open<'_>, runs: &BTreeMap<Id, RunRow>, rows: &BTreeMap<Id, CatalogueRow>) -> Item {
    let mark = open.newest;
    let row = rows.get(&flow);
    let name = row.map(|row| row.name.clone()).filter(|name| !name.is_empty());
    let name = name.or_else(|| runs.get(&mark.run).map(|run| run.flow_name.clone()).filter(|name| !name.is_empty()));
    Item {
        key: format!("assigned:{}", mark.id),
        at_ms: Some(mark.time_ms),
        what: What::Assigned {
            flow: name.unwrap_or_else(|| "Flow without a name".to_owned()),
            to: row.and_then(address).unwrap_or_else(|| format!("/runs?run={}", mark.run)),
            by: mark.by.as_ref().map(|by| by.name.clone()).unwrap_or_default(),
            errors: open.errors,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_wire::run::RunBy;

    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn run(n: u8, flow: u8) -> (Id, RunRow) {
        let row = json!({ "id": id(n), "flow": id(flow), "flowName": "Orders", "status": "completed", "place": "browser",
            "startedMs": 1, "endedMs": 2, "steps": [], "error": null, "n": 1 });
        (id(n), serde_json::from_value(row).unwrap())
    }

    fn mark(n: u8, run: u8, by: u8, errors: &[u64], decision: Decision) -> ErrorMark {
        let by = Some(Box::new(RunBy { user: id(by), name: "Ines".into() }));
        ErrorMark { id: id(n), run: id(run), errors: errors.to_vec(), decision, by, time_ms: i64::from(n) }
    }

    fn to(person: u8) -> Decision {
        Decision::Assign { to: Some(Box::new(RunBy { user: id(person), name: "Jonas".into() })) }
    }

    #[test]
    fn the_bell_tells_of_each_flow_the_open_errors_that_somebody_else_gave_to_this_person() {
        let runs = BTreeMap::from([run(1, 50), run(2, 50), run(3, 60), run(4, 70)]);
        let marks = Marks::from([
            (id(1), vec![mark(10, 1, 8, &[1, 2, 3], to(9)), mark(11, 1, 8, &[3], Decision::Resolve)]),
            (id(2), vec![mark(12, 2, 8, &[1], to(9))]),
            (id(3), vec![mark(13, 3, 9, &[1], to(9))]),
            (id(4), vec![mark(14, 4, 8, &[1], to(9)), mark(15, 4, 8, &[1], to(8))]),
        ]);
        let found = assigned(Some(id(9)), &runs, &BTreeMap::new(), &marks);
        let what =
            What::Assigned { flow: "Orders".into(), to: format!("/runs?run={}", id(2)), by: "Ines".into(), errors: 3 };
        assert_eq!(found, [Item { key: format!("assigned:{}", id(12)), at_ms: Some(12), what }]);
        assert_eq!(assigned(None, &runs, &BTreeMap::new(), &marks), []);
    }
}
