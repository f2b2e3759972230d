//! Where a step that was dragged lands.

use tombolo_model::RowId;

use super::steps::{PROCESSORS, SOURCES, Step};

/// Where a dragged step stands then: the list, and the row that it comes after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Landing {
    pub(super) list: String,
    pub(super) after: Option<RowId>,
}

/// Where a dragged step stands, dropped on the first or on the second half of another. Nothing when it stays where it
/// is: a source cannot follow a destination.
pub(super) fn dropped(steps: &[Step], dragged: &str, on: &str, first_half: bool) -> Option<Landing> {
    let list = &steps.iter().find(|step| step.row == dragged)?.list;
    let target = steps.iter().find(|step| step.row == on)?;
    // Before everything that follows the sources is where a step that is none is dropped on one.
    if list == PROCESSORS && target.list == SOURCES {
        let first = steps.iter().find(|step| step.list == PROCESSORS);
        return first.filter(|first| first.row != dragged).map(|_| Landing { list: list.clone(), after: None });
    }
    if (list == SOURCES) != (target.list == SOURCES) || dragged == on {
        return None;
    }
    let rows: Vec<&str> = steps.iter().filter(|step| step.list == target.list).map(|step| step.row.as_str()).collect();
    let at = rows.iter().position(|row| *row == on)?;
    let after = if first_half { at.checked_sub(1).map(|before| rows[before]) } else { Some(on) };
    let landing = Some(Landing { list: target.list.clone(), after: after.map(str::to_owned) });
    if target.list != *list {
        return landing;
    }
    let from = rows.iter().position(|row| *row == dragged)?;
    let stays = after == Some(dragged) || after == from.checked_sub(1).map(|before| rows[before]);
    if stays { None } else { landing }
}

/// Where a dragged step stands, dropped on the way between two others, which are told by their places.
pub(super) fn between(steps: &[Step], dragged: &str, from: Option<usize>, to: Option<usize>) -> Option<Landing> {
    let follows = |at: Option<usize>| at.and_then(|at| steps.get(at)).filter(|step| step.list != SOURCES);
    match (follows(to), follows(from)) {
        (Some(next), _) => dropped(steps, dragged, &next.row, true),
        // A way to a branching.
        (None, Some(before)) => dropped(steps, dragged, &before.row, false),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::flow::steps::StepKind;

    fn flow() -> Vec<Step> {
        let step = |list: &str, row: &str, kind| Step { list: list.into(), row: row.into(), kind, resource: None };
        vec![
            step(SOURCES, "s", StepKind::Source),
            step(PROCESSORS, "a", StepKind::Import),
            step(PROCESSORS, "b", StepKind::Import),
            step(PROCESSORS, "c", StepKind::Import),
        ]
    }

    #[test]
    fn a_step_can_be_dropped_on_every_place_the_first_one_too() {
        let steps = flow();
        let dropped = |steps: &[Step], dragged: &str, on: &str, first: bool| {
            super::dropped(steps, dragged, on, first).map(|landing| landing.after)
        };
        assert_eq!(dropped(&steps, "c", "a", true), Some(None));
        assert_eq!(dropped(&steps, "c", "s", false), Some(None));
        assert_eq!(dropped(&steps, "c", "a", false), Some(Some("a".into())));
        assert_eq!(dropped(&steps, "a", "c", false), Some(Some("c".into())));
        assert_eq!(dropped(&steps, "a", "c", true), Some(Some("b".into())));
    }

    #[test]
    fn a_step_dropped_where_it_is_does_not_move() {
        let steps = flow();
        for (dragged, on, first_half) in
            [("b", "b", true), ("b", "a", false), ("b", "c", true), ("a", "s", true), ("s", "a", true)]
        {
            assert_eq!(dropped(&steps, dragged, on, first_half), None, "{dragged} on {on}");
        }
    }

    #[test]
    fn a_step_goes_into_another_branch_and_never_among_the_sources() {
        let mut steps = flow();
        steps.push(Step {
            list: "/routers/r/branches/b/pageProcessors".into(),
            row: "x".into(),
            kind: StepKind::Import,
            resource: None,
        });
        let landing = dropped(&steps, "a", "x", false);
        assert_eq!(
            landing,
            Some(Landing { list: "/routers/r/branches/b/pageProcessors".into(), after: Some("x".into()) })
        );
        assert_eq!(dropped(&steps, "x", "a", true), Some(Landing { list: PROCESSORS.into(), after: None }));
        assert_eq!(dropped(&steps, "s", "x", true), None);
    }

    #[test]
    fn a_step_dropped_on_a_way_stands_between_those_that_it_joins() {
        let steps = flow();
        let landed = |dragged: &str, from: Option<usize>, to: Option<usize>| {
            between(&steps, dragged, from, to).map(|landing| landing.after)
        };
        assert_eq!(landed("c", Some(1), Some(2)), Some(Some("a".into())), "between the first two");
        assert_eq!(landed("c", Some(0), Some(1)), Some(None), "between the source and the first");
        assert_eq!(landed("a", Some(3), None), Some(Some("c".into())), "before a branching");
        assert_eq!(landed("b", Some(1), Some(2)), None, "it stands there");
        assert_eq!(landed("s", Some(1), Some(2)), None, "a source follows nothing");
        assert_eq!(landed("a", Some(0), None), None, "a branching right behind the sources has no list to land in");
    }
}
