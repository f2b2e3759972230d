//! Lines of a filter that are being edited, and what others write meanwhile. Plain functions.

use super::rule::Rule;
use super::rules::Line;

/// A line with the number by which the screen knows it.
pub(super) type Numbered = (u64, Line);

/// Which lines are in the expression: rules with a field, and groups around them.
fn stored(have: &[Numbered]) -> Vec<bool> {
    let says = |line: &Line| line.as_rule().is_some_and(Rule::is_stored);
    let within = |at: usize| {
        let (_, line) = &have[at];
        let inner = have[at + 1..].iter().take_while(|(_, below)| below.depth > line.depth);
        says(line) || inner.into_iter().any(|(_, below)| says(below))
    };
    (0..have.len()).map(within).collect()
}

/// The lines after somebody else wrote `theirs`: a line keeps its number, and with it the focus of who types there, and one
/// that is not stored stays behind the line it was behind. `number` makes numbers for new lines.
pub(super) fn merge(have: &[Numbered], theirs: Vec<Line>, mut number: impl FnMut() -> u64) -> Vec<Numbered> {
    let is_stored = stored(have);
    let (stored, unfinished): (Vec<_>, Vec<_>) = have.iter().enumerate().partition(|(at, _)| is_stored[*at]);
    let same =
        |pairs: &mut dyn Iterator<Item = (&Line, &Line)>| pairs.take_while(|(ours, theirs)| ours == theirs).count();
    let ours = || stored.iter().map(|(_, (_, line))| line);
    let most = stored.len().min(theirs.len());
    let start = same(&mut ours().zip(&theirs));
    let end = same(&mut ours().rev().zip(theirs.iter().rev())).min(most - start);
    let (changed, total) = (stored.len() - end, theirs.len());
    let row = |at: usize| match at {
        _ if at + end >= total => Some(at + stored.len() - total),
        _ => Some(at).filter(|at| *at < changed),
    };
    let mut rows = Vec::with_capacity(total + unfinished.len());
    for (at, rule) in theirs.into_iter().enumerate() {
        let known = row(at).map(|at| stored[at].1.0);
        rows.push((known.unwrap_or_else(&mut number), rule));
    }
    for (at, unfinished) in unfinished {
        let before = have[..at].iter().rev().find_map(|(number, _)| rows.iter().position(|(have, _)| have == number));
        rows.insert(before.map_or(0, |before| before + 1), unfinished.clone());
    }
    settle(&mut rows);
    rows
}

/// Lines whose group has gone stand as deep as what is before them lets them.
fn settle(rows: &mut [Numbered]) {
    let mut most = 0;
    for (_, line) in rows {
        line.depth = line.depth.min(most);
        most = line.depth + usize::from(line.as_rule().is_none());
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::{Join, What};
    use super::*;

    #[test]
    fn a_rule_that_is_not_finished_leaves_a_group_that_somebody_deleted() {
        let group = |number| (number, Line { depth: 0, what: What::Group(Join::One) });
        let have = [(1, on("a")), group(2), (3, Line { depth: 1, ..on("b") }), (4, Line { depth: 1, ..on("") })];
        let rows = merge(&have, vec![on("a")], || 100);
        assert_eq!(rows.iter().map(|(number, line)| (*number, line.depth)).collect::<Vec<_>>(), [(1, 0), (4, 0)]);
    }

    fn on(field: &str) -> Line {
        Line { depth: 0, what: What::Rule(Rule { field: field.into(), ..Rule::new() }) }
    }

    fn merged(have: &[(u64, &str)], theirs: &[&str]) -> Vec<(u64, String)> {
        let have: Vec<Numbered> = have.iter().map(|(number, field)| (*number, on(field))).collect();
        let mut next = 100;
        let number = || {
            next += 1;
            next
        };
        let rows = merge(&have, theirs.iter().map(|field| on(field)).collect(), number);
        rows.into_iter()
            .map(|(number, line)| (number, line.as_rule().map(|rule| rule.field.clone()).unwrap_or_default()))
            .collect()
    }

    fn rows(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter().map(|(number, field)| (*number, (*field).to_owned())).collect()
    }

    #[test]
    fn a_rule_that_somebody_else_left_alone_keeps_its_row() {
        let have = [(1, "a"), (2, "b"), (3, "c")];
        assert_eq!(merged(&have, &["a", "x", "c"]), rows(&[(1, "a"), (2, "x"), (3, "c")]));
        assert_eq!(merged(&have, &["a", "c"]), rows(&[(1, "a"), (3, "c")]));
        assert_eq!(merged(&have, &["a", "b", "x", "c"]), rows(&[(1, "a"), (2, "b"), (101, "x"), (3, "c")]));
        assert_eq!(merged(&have, &["x", "a", "b", "c"]), rows(&[(101, "x"), (1, "a"), (2, "b"), (3, "c")]));
        assert_eq!(merged(&have, &[]), []);
        assert_eq!(merged(&[], &["a"]), rows(&[(101, "a")]));
        assert_eq!(merged(&[(1, "a"), (2, "a")], &["a", "a", "a"]), rows(&[(1, "a"), (2, "a"), (101, "a")]));
    }

    #[test]
    fn a_row_that_is_not_finished_stays_when_somebody_else_writes() {
        assert_eq!(
            merged(&[(1, "a"), (2, ""), (3, "c")], &["a", "c", "d"]),
            rows(&[(1, "a"), (2, ""), (3, "c"), (101, "d")])
        );
        assert_eq!(merged(&[(1, "a"), (2, "")], &[]), rows(&[(2, "")]));
    }
}
