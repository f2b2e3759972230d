//! Where a step that was dragged lands.

use tombolo_model::RowId;

use super::steps::{PROCESSORS, SOURCES, Step};

/// The row after which a dragged step stands, dropped on the first or on the second half of another. Nothing when it
/// stays where it is: a source cannot follow a destination.
pub(super) fn dropped(steps: &[Step], dragged: &str, on: &str, first_half: bool) -> Option<Option<RowId>> {
    let list = steps.iter().find(|step| step.row == dragged)?.list;
    let target = steps.iter().find(|step| step.row == on)?;
    // Before everything that follows the sources is where a source is dropped on.
    if list == PROCESSORS && target.list == SOURCES {
        let first = steps.iter().find(|step| step.list == PROCESSORS);
        return first.filter(|first| first.row != dragged).map(|_| None);
    }
    if target.list != list || dragged == on {
        return None;
    }
    let rows: Vec<&str> = steps.iter().filter(|step| step.list == list).map(|step| step.row.as_str()).collect();
    let at = rows.iter().position(|row| *row == on)?;
    let after = if first_half { at.checked_sub(1).map(|before| rows[before]) } else { Some(on) };
    let from = rows.iter().position(|row| *row == dragged)?;
    let stays = after == Some(dragged) || after == from.checked_sub(1).map(|before| rows[before]);
    (!stays).then(|| after.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::flow::steps::StepKind;

    fn flow() -> Vec<Step> {
        let step = |list, row: &str, kind| Step { list, row: row.into(), kind, resource: None };
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
}
