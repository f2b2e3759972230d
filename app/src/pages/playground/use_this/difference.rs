//! What changes between two values, line by line, with a little of what is around it.

mod common;

use common::common;
use leptos::prelude::*;
use serde_json::Value;

use crate::words;

/// What is above and below a change, so that one sees where it is.
const AROUND: usize = 2;
const MOST_LINES: usize = 400;

/// A value as it is shown: a text as it is, nothing as nothing, anything else as JSON.
fn pretty(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => serde_json::to_string_pretty(&ordered(value)).unwrap_or_default(),
    }
}

/// The same with the names of each object in order: in which order they were typed is no difference.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            names.into_iter().map(|(name, value)| (name.clone(), ordered(value))).collect()
        }
        Value::Array(list) => list.iter().map(ordered).collect(),
        value => value.clone(),
    }
}

/// A line of what changes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    Same(String),
    Gone(String),
    New(String),
    /// So many lines between two changes that are the same.
    Between(usize),
    /// So many lines behind those that are shown.
    More(usize),
}

impl Line {
    pub(super) fn view(self) -> impl IntoView {
        let (class, sign, text) = match self {
            Self::Same(text) => ("same", "  ", text),
            Self::Gone(text) => ("gone", "- ", text),
            Self::New(text) => ("new", "+ ", text),
            Self::Between(count) => ("between", "", format!("⋯ {} as before", words::count(count, "line"))),
            Self::More(count) => ("between", "", format!("⋯ and {} more", words::count(count, "line"))),
        };
        view! { <span class=class>{sign}{text}"\n"</span> }
    }

    fn is_same(&self) -> bool {
        matches!(self, Self::Same(_))
    }
}

/// What is taken out and put in; nothing where both are the same.
pub(super) fn difference(before: &Value, after: &Value) -> Vec<Line> {
    let is_text = before.is_string() || after.is_string();
    let (before, after) = (pretty(before), pretty(after));
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // A field that comes behind another one puts a comma there, which changes nothing of the other one.
    let compared = |lines: &[&str]| -> Vec<String> {
        let bare = |line: &str| line.strip_suffix(',').unwrap_or(line).to_owned();
        lines.iter().map(|line| if is_text { (*line).to_owned() } else { bare(line) }).collect()
    };
    let pairs = common(&compared(&before), &compared(&after));
    if pairs.len() == before.len() && pairs.len() == after.len() {
        return Vec::new();
    }
    let owned = |lines: &[&str], make: fn(String) -> Line| {
        lines.iter().map(|line| make((*line).to_owned())).collect::<Vec<_>>()
    };
    let mut lines = Vec::new();
    let (mut at, mut there) = (0, 0);
    for (same, same_there) in pairs {
        lines.extend(owned(&before[at..same], Line::Gone));
        lines.extend(owned(&after[there..same_there], Line::New));
        lines.push(Line::Same(after[same_there].to_owned()));
        (at, there) = (same + 1, same_there + 1);
    }
    lines.extend(owned(&before[at..], Line::Gone));
    lines.extend(owned(&after[there..], Line::New));
    shortened(lines)
}

/// Leaves out what is the same and far from every change, and what is more than anybody reads.
fn shortened(lines: Vec<Line>) -> Vec<Line> {
    let mut short = Vec::new();
    let mut far = 0;
    let near: Vec<bool> = (0..lines.len())
        .map(|at| {
            let around = &lines[at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len())];
            around.iter().any(|line| !line.is_same())
        })
        .collect();
    for (line, near) in lines.into_iter().zip(near) {
        if !near {
            far += 1;
            continue;
        }
        // Above the first change nobody misses anything.
        if far > 0 && !short.is_empty() {
            short.push(Line::Between(far));
        }
        far = 0;
        short.push(line);
    }
    let more = short.len().saturating_sub(MOST_LINES);
    if more > 0 {
        short.truncate(MOST_LINES);
        short.push(Line::More(more));
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(text: &str) -> Line {
        Line::Same(text.to_owned())
    }

    fn gone(text: &str) -> Line {
        Line::Gone(text.to_owned())
    }

    fn new(text: &str) -> Line {
        Line::New(text.to_owned())
    }

    fn texts(before: &str, after: &str) -> Vec<Line> {
        difference(&json!(before), &json!(after))
    }

    #[test]
    fn fields_in_another_order_are_no_difference() {
        let one: Value = serde_json::from_str(r#"[{"a": 1, "b": {"c": 2, "d": 3}}]"#).unwrap();
        let other: Value = serde_json::from_str(r#"[{"b": {"d": 3, "c": 2}, "a": 1}]"#).unwrap();
        assert_eq!(difference(&one, &other), []);
        assert_ne!(difference(&json!([1, 2]), &json!([2, 1])), []);
    }

    #[test]
    fn what_changes_is_shown_with_what_is_around_it() {
        let lines = texts("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\nY\ne\nf\ng");
        assert_eq!(lines, [same("b"), same("c"), gone("d"), new("X"), new("Y"), same("e"), same("f")]);
        assert_eq!(texts("a", "a"), []);
        assert_eq!(texts("", "a"), [new("a")]);
        assert_eq!(difference(&Value::Null, &json!("a")), [new("a")]);
        assert_eq!(texts("a\na", "a"), [same("a"), gone("a")]);
    }

    #[test]
    fn a_line_between_two_changes_that_stays_is_not_taken_out_and_put_in() {
        let lines = texts("a\nb\nc\nd\ne\nf\ng\nh\ni", "A\nb\nc\nd\ne\nf\ng\nh\nI");
        let between = Line::Between(3);
        let wanted = [gone("a"), new("A"), same("b"), same("c"), between, same("g"), same("h"), gone("i"), new("I")];
        assert_eq!(lines, wanted);
        assert_eq!(texts("x\nkept\ny", "kept"), [gone("x"), same("kept"), gone("y")]);
    }

    #[test]
    fn the_comma_that_a_new_field_puts_behind_another_one_is_no_change_of_that() {
        let lines = difference(&json!({"a": 1}), &json!({"a": 1, "b": 2}));
        assert_eq!(lines, [same("{"), same("  \"a\": 1,"), new("  \"b\": 2"), same("}")]);
        // In a text every character counts.
        assert_eq!(texts("a", "a,"), [gone("a"), new("a,")]);
    }

    #[test]
    fn of_very_many_lines_it_is_said_how_many_are_not_shown() {
        let many: Vec<String> = (0..MOST_LINES + 7).map(|line| line.to_string()).collect();
        let lines = texts("", &many.join("\n"));
        assert_eq!((lines.len(), lines.last()), (MOST_LINES + 1, Some(&Line::More(7))));
    }
}
