//! The rules of a filter as lines and as the expression that the engine runs. Plain functions.
//!
//! Groups within groups stand as lines in reading order, each with its depth: what is in a group follows it, one deeper.

use serde_json::{Value, json};

use super::rule::Rule;

/// How deep groups go; an expression that is deeper is left as it is.
pub(super) const DEEPEST: usize = 6;

/// How the rules of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Join {
    /// All must hold.
    #[default]
    All,
    /// One is enough.
    One,
    /// None may hold.
    None,
}

/// One line of the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// In how many groups it is.
    pub(super) depth: usize,
    pub(super) what: What,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Rule(Rule),
    Group(Join),
}

impl Line {
    /// A rule in which nothing is chosen yet.
    pub(super) fn rule(depth: usize) -> Self {
        Self { depth, what: What::Rule(Rule::new()) }
    }

    /// The rule, if it is one.
    pub(super) fn as_rule(&self) -> Option<&Rule> {
        match &self.what {
            What::Rule(rule) => Some(rule),
            What::Group(_) => None,
        }
    }
}

/// Where what is in the group at a place ends.
pub(super) fn end_of(depths: &[usize], at: usize) -> usize {
    let below = depths.iter().skip(at + 1).take_while(|depth| **depth > depths[at]).count();
    at + 1 + below
}

/// Puts a copy of the line with this number behind it, with what is in it; gives the number of the first rule of the copy.
pub(super) fn copied(lines: &mut Vec<(u64, Line)>, id: u64, mut number: impl FnMut() -> u64) -> Option<u64> {
    let at = lines.iter().position(|(have, _)| *have == id)?;
    let depths: Vec<usize> = lines.iter().map(|(_, line)| line.depth).collect();
    let end = end_of(&depths, at);
    let copy: Vec<_> = lines[at..end].iter().map(|(_, line)| (number(), line.clone())).collect();
    let first = copy.iter().find(|(_, line)| line.as_rule().is_some()).map(|(number, _)| *number);
    lines.splice(end..end, copy);
    first
}

/// The lines of an expression and how those that are in no group are joined; nothing when it is more than lines can show.
pub(super) fn read(expression: &Value) -> Option<(Join, Vec<Line>)> {
    let parts = expression.as_array()?;
    if parts.is_empty() {
        return Some((Join::All, Vec::new()));
    }
    let mut lines = Vec::new();
    match group(expression) {
        Some((join, below)) => {
            below.iter().try_for_each(|part| walk(part, 0, &mut lines))?;
            Some((join, lines))
        }
        None => walk(expression, 0, &mut lines).map(|()| (Join::All, lines)),
    }
}

/// How an expression joins others, and which, if it does.
fn group(expression: &Value) -> Option<(Join, &[Value])> {
    let parts = expression.as_array()?;
    match parts.first()?.as_str()? {
        "and" => Some((Join::All, &parts[1..])),
        "or" => Some((Join::One, &parts[1..])),
        "not" => {
            let inner = parts.get(1).filter(|_| parts.len() == 2)?;
            // None of several: not one of them.
            match group(inner) {
                Some((Join::One, below)) => Some((Join::None, below)),
                _ => Some((Join::None, &parts[1..])),
            }
        }
        _ => None,
    }
}

fn walk(expression: &Value, depth: usize, lines: &mut Vec<Line>) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    if let Some((join, below)) = group(expression) {
        lines.push(Line { depth, what: What::Group(join) });
        return below.iter().try_for_each(|part| walk(part, depth + 1, lines));
    }
    lines.push(Line { depth, what: What::Rule(Rule::from_json(expression)?) });
    Some(())
}

/// The expression of lines; rules without a field do not count, nor groups without rules.
pub(super) fn write(join: Join, lines: &[Line]) -> Value {
    let mut made = written(lines, 0);
    match (join, made.len()) {
        (_, 0) => json!([]),
        (Join::All | Join::One, 1) => made.remove(0),
        _ => joined(join, made),
    }
}

fn joined(join: Join, made: Vec<Value>) -> Value {
    let word = if join == Join::All { "and" } else { "or" };
    let list = Value::Array(std::iter::once(Value::from(word)).chain(made).collect());
    if join == Join::None { json!(["not", list]) } else { list }
}

/// The expressions of the lines of one depth.
fn written(lines: &[Line], depth: usize) -> Vec<Value> {
    let mut made = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.depth == depth) {
        match &line.what {
            What::Rule(rule) if rule.is_stored() => made.push(rule.to_json()),
            What::Rule(_) => {}
            What::Group(join) => {
                let below = lines[at + 1..].iter().take_while(|below| below.depth > depth).count();
                let inner = written(&lines[at + 1..at + 1 + below], depth + 1);
                if !inner.is_empty() {
                    made.push(joined(*join, inner));
                }
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_survive_being_stored() {
        let expressions = [
            json!([]),
            json!(["equals", ["string", ["extract", "state"]], "TX"]),
            json!([
                "and",
                ["greaterthan", ["number", ["extract", "a.b"]], 5],
                ["empty", ["string", ["extract", "Major Genre"]]]
            ]),
            json!([
                "or",
                ["equals", ["boolean", ["extract", "x"]], true],
                ["lessthan", ["number", ["extract", "y"]], 1.5]
            ]),
            json!(["not", ["or", ["equals", ["string", ["extract", "a"]], "1"]]]),
            json!([
                "and",
                ["equals", ["string", ["extract", "a"]], "1"],
                [
                    "or",
                    ["empty", ["string", ["extract", "b"]]],
                    ["not", ["or", ["notempty", ["string", ["extract", "c"]]]]]
                ],
                ["and", ["matches", ["string", ["extract", "d"]], "^x"]]
            ]),
        ];
        for expression in expressions {
            let (join, lines) = read(&expression).unwrap();
            assert_eq!(write(join, &lines), expression);
        }
    }

    #[test]
    fn what_rows_cannot_show_is_left_alone() {
        let mut deep = json!(["equals", ["extract", "a"], "b"]);
        for _ in 0..DEEPEST + 2 {
            deep = json!(["and", deep]);
        }
        assert_eq!(read(&deep), None);
        assert_eq!(read(&json!(["not", 5])), None);
        assert_eq!(read(&json!(["equals", ["reverse", ["extract", "a"]], "b"])), None);
    }

    #[test]
    fn a_row_without_a_field_is_not_stored() {
        assert_eq!(write(Join::All, &[Line::rule(0)]), json!([]));
        let group = |join| Line { depth: 0, what: What::Group(join) };
        assert_eq!(write(Join::One, &[group(Join::None), Line::rule(1)]), json!([]), "nor a group of such");
    }

    #[test]
    fn groups_stand_before_what_is_in_them() {
        let expression = json!([
            "or",
            ["not", ["and", ["empty", ["extract", "a"]], ["empty", ["extract", "b"]]]],
            ["empty", ["extract", "c"]]
        ]);
        let (join, lines) = read(&expression).unwrap();
        let depths: Vec<_> = lines.iter().map(|line| line.depth).collect();
        assert_eq!((join, depths.as_slice()), (Join::One, [0, 1, 2, 2, 0].as_slice()));
        assert_eq!((end_of(&depths, 0), end_of(&depths, 1), end_of(&depths, 4)), (4, 4, 5));
    }

    #[test]
    fn a_copy_of_a_group_stands_behind_it_with_what_is_in_it() {
        let line = |number, depth, what| (number, Line { depth, what });
        let rule = || What::Rule(Rule::new());
        let mut lines = vec![
            line(1, 0, What::Group(Join::None)),
            line(2, 1, What::Group(Join::One)),
            line(3, 2, rule()),
            line(4, 0, rule()),
        ];
        let mut next = 10;
        let mut number = || {
            next += 1;
            next
        };
        assert_eq!(copied(&mut lines, 1, &mut number), Some(13));
        let shape: Vec<_> = lines.iter().map(|(number, line)| (*number, line.depth)).collect();
        assert_eq!(shape, [(1, 0), (2, 1), (3, 2), (11, 0), (12, 1), (13, 2), (4, 0)]);
        assert_eq!(copied(&mut lines, 3, &mut number), Some(14));
        assert_eq!((lines[3].0, lines[3].1.depth, lines.len()), (14, 2, 8));
        assert_eq!(copied(&mut lines, 99, &mut number), None);
    }
}
