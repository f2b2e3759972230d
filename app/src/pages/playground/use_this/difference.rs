//! What changes between two texts, line by line, with a little of what is around it.

use leptos::prelude::*;
use serde_json::Value;

/// What is above and below a change, so that one sees where it is.
const AROUND: usize = 2;
const MOST_LINES: usize = 400;

/// A value as it is shown: a text as it is, nothing as nothing, anything else as JSON.
pub(super) fn pretty(value: &Value) -> String {
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
}

impl Line {
    pub(super) fn view(self) -> impl IntoView {
        let (class, sign, text) = match self {
            Self::Same(text) => ("same", "  ", text),
            Self::Gone(text) => ("gone", "- ", text),
            Self::New(text) => ("new", "+ ", text),
        };
        view! { <span class=class>{sign}{text}"\n"</span> }
    }
}

/// What is taken out and put in: what both begin and end with is left away but for a few lines.
pub(super) fn difference(before: &str, after: &str) -> Vec<Line> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if before == after {
        return Vec::new();
    }
    let head = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let least = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(least).take_while(|(one, other)| one == other).count();
    let owned = |lines: &[&str], make: fn(String) -> Line| {
        lines.iter().map(|line| make((*line).to_owned())).collect::<Vec<_>>()
    };
    let mut lines = owned(&before[head.saturating_sub(AROUND)..head], Line::Same);
    lines.extend(owned(&before[head..before.len() - tail], Line::Gone));
    lines.extend(owned(&after[head..after.len() - tail], Line::New));
    lines.extend(owned(&after[after.len() - tail..(after.len() - tail + AROUND).min(after.len())], Line::Same));
    lines.truncate(MOST_LINES);
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_in_another_order_are_no_difference() {
        let one: Value = serde_json::from_str(r#"[{"a": 1, "b": {"c": 2, "d": 3}}]"#).unwrap();
        let other: Value = serde_json::from_str(r#"[{"b": {"d": 3, "c": 2}, "a": 1}]"#).unwrap();
        assert_eq!(pretty(&one), pretty(&other));
        assert_ne!(pretty(&json!([1, 2])), pretty(&json!([2, 1])));
    }

    #[test]
    fn what_changes_is_shown_with_what_is_around_it() {
        let (same, gone, new) = (
            |text: &str| Line::Same(text.to_owned()),
            |text: &str| Line::Gone(text.to_owned()),
            |text: &str| Line::New(text.to_owned()),
        );
        let lines = difference("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\nY\ne\nf\ng");
        assert_eq!(lines, [same("b"), same("c"), gone("d"), new("X"), new("Y"), same("e"), same("f")]);
        assert!(difference("a", "a").is_empty());
        assert_eq!(difference("", "a"), [new("a")]);
        assert_eq!(difference("a\na", "a"), [same("a"), gone("a")]);
    }
}
