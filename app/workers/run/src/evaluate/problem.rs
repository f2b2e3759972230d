//! Where a problem is, as an editor shows it: which of the two texts, which value in it, which line and column.

use serde_json::Value;
use tombolo_engine::EvalError;
use tombolo_wire::eval_worker::{EvalProblem, Side};

/// The problems whose path leads into the input: it is a list of records.
const OF_INPUT: [&str; 2] = ["generate", "record_too_big"];

/// A problem without a place.
pub(super) fn named(code: &str, message: String) -> EvalError {
    EvalError { code: code.to_owned(), message, path: None, at: None }
}

/// A text that is no JSON.
pub(super) fn unreadable(error: &serde_json::Error, side: Side) -> EvalProblem {
    let whole = error.to_string();
    // The place is shown beside the sentence.
    let reason = whole.split(" at line ").next().unwrap_or(&whole);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).max(1);
    EvalProblem {
        code: "invalid_json".to_owned(),
        message: format!("This is not JSON: {reason}."),
        side,
        path: None,
        place: Some((number(error.line()), number(error.column()))),
    }
}

/// A problem of the engine with its place.
pub(super) fn placed(error: EvalError, rules: &Value) -> EvalProblem {
    let EvalError { code, message, path, at } = error;
    let path = path.unwrap_or_default();
    if let Some(place) = script_place(&path) {
        return EvalProblem { code, message, side: Side::Rules, path: None, place: Some(place) };
    }
    let of_input = path.strip_prefix("/input").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let (side, path) = match of_input {
        Some(rest) => (Side::Input, rest.to_owned()),
        None if OF_INPUT.contains(&code.as_str()) || code == "parse" => (Side::Input, path),
        None => (Side::Rules, path),
    };
    let text = rules.as_str().or_else(|| rules.pointer(&path).and_then(Value::as_str));
    let place = at.zip(text).map(|(at, text)| place_of(text, at));
    EvalProblem { code, message, side, path: Some(path).filter(|path| !path.is_empty()), place }
}

/// What scripts say: `3:14`.
fn script_place(path: &str) -> Option<(u32, u32)> {
    let (line, column) = path.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The line and column of a character that is counted from 1. Columns are counted as editors count them.
fn place_of(text: &str, at: usize) -> (u32, u32) {
    let (mut line, mut column) = (1, 1);
    for character in text.chars().take(at.saturating_sub(1)) {
        if character == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += if character > '\u{ffff}' { 2 } else { 1 };
        }
    }
    (line, column)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(code: &str, path: &str, at: Option<usize>) -> EvalError {
        EvalError { path: Some(path.to_owned()), at, ..named(code, "It is wrong.".to_owned()) }
    }

    #[test]
    fn a_character_of_a_template_has_a_line_and_a_column() {
        let rules = json!({"template": "a\n\u{1f600} {{x"});
        let problem = placed(error("template_syntax", "/template", Some(5)), &rules);
        assert_eq!((problem.place, problem.side), (Some((2, 4)), Side::Rules));
        assert_eq!(problem.path.as_deref(), Some("/template"));
    }

    #[test]
    fn a_script_and_an_input_have_their_places() {
        let problem = placed(error("script_error", "3:14", None), &Value::Null);
        assert_eq!((problem.place, problem.path), (Some((3, 14)), None));
        let problem = placed(error("invalid_input", "/input", None), &Value::Null);
        assert_eq!((problem.side, problem.path), (Side::Input, None));
        let problem = placed(error("generate", "/2", None), &Value::Null);
        assert_eq!((problem.side, problem.path.as_deref()), (Side::Input, Some("/2")));
    }

    #[test]
    fn a_text_that_is_no_json_says_where_it_stops_to_be() {
        let broken = serde_json::from_str::<Value>("{\n  \"a\": tru }").unwrap_err();
        let problem = unreadable(&broken, Side::Input);
        assert_eq!((problem.place, problem.side), (Some((2, 11)), Side::Input));
        assert!(!problem.message.contains("line"), "{}", problem.message);
    }
}
