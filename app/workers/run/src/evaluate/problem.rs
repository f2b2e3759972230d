//! What a problem says to people, and where it is, as an editor shows it: which of the
//! two texts, which value in it, which line and column.

use tombolo_engine::EvalError;
use tombolo_model::{Val, stopped_at};
use tombolo_wire::eval_worker::{EvalProblem, Side};

/// The problems whose path leads into the input: it is a list of records.
const OF_INPUT: [&str; 2] = ["generate", "record_too_big"];

/// A problem without a place.
pub(super) fn named(code: &str, message: String) -> EvalError {
    EvalError { code: code.to_owned(), message, path: None, at: None }
}

/// A text that is no JSON.
pub(super) fn unreadable(error: &serde_json::Error, text: &str, side: Side) -> EvalProblem {
    let whole = error.to_string();
    // The place is shown beside the sentence.
    let reason = words(whole.split(" at line ").next().unwrap_or(&whole));
    if error.is_data() {
        // It is JSON, and more than is held in memory.
        let message = format!("This cannot be read: {reason}. Try fewer records.");
        return EvalProblem { code: "too_big".to_owned(), message, side, path: None, place: None };
    }
    EvalProblem {
        code: "invalid_json".to_owned(),
        message: format!("This is not JSON: {reason}."),
        side,
        path: None,
        // The parser counts bytes, and an editor what it shows.
        place: Some(place_of_byte(text, stopped_at(text.as_bytes(), error))),
    }
}

/// What the reader of JSON says, in words for people.
fn words(reason: &str) -> &str {
    const WORDS: [(&str, &str); 18] = [
        ("EOF while parsing a list", "the text ends inside a list, so a ] is missing"),
        ("EOF while parsing an object", "the text ends inside an object, so a } is missing"),
        ("EOF while parsing a string", "the text ends inside quotation marks, so one is missing"),
        ("EOF while parsing a value", "the text ends where a value should stand"),
        ("expected `:`", "between a name and its value a colon is missing"),
        ("expected `,` or `]`", "a comma is missing here, or the ] at the end of the list"),
        ("expected `,` or `}`", "a comma is missing here, or the } at the end of the object"),
        ("expected ident", "a word stands here that is none of true, false and null; texts need quotation marks"),
        ("expected value", "a value should stand here; texts need quotation marks"),
        ("key must be a string", "a name should stand here, in double quotation marks"),
        ("trailing comma", "the comma before this has nothing behind it; delete it"),
        ("trailing characters", "something stands behind the end; delete it"),
        ("invalid escape", "a backslash stands before a character that it cannot stand before; write two"),
        ("invalid number", "a number is not written as one"),
        ("number out of range", "a number is too large"),
        ("control character", "a line end or another control character stands in a text; write it as \\n"),
        ("recursion limit exceeded", "it is nested too deeply"),
        ("invalid unicode", "half a character stands in a text"),
    ];
    WORDS.iter().find(|(said, _)| reason.starts_with(said)).map_or(reason, |(_, words)| words)
}

/// The pointer as it leads into a value, as far as that goes. Rules may be given without the names that are around them in
/// a resource, and a single record without the list of records: then the beginning of the pointer leads nowhere.
fn pointing(path: &str, into: &Val) -> String {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let goes = |skipped: usize| {
        let mut value = into;
        let mut count = 0;
        for step in &steps[skipped..] {
            let name = step.replace("~1", "/").replace("~0", "~");
            let next = match value {
                Val::Map(fields) => fields.get(&name),
                Val::List(items) => name.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            let Some(next) = next else { break };
            (value, count) = (next, count + 1);
        }
        count
    };
    // The longest way wins, and of equal ones that which leaves out least.
    let best = (0..steps.len()).max_by_key(|skipped| (goes(*skipped), std::cmp::Reverse(*skipped))).unwrap_or(0);
    if goes(best) == 0 { path.to_owned() } else { format!("/{}", steps[best..].join("/")) }
}

/// A problem of the engine with its place.
pub(super) fn placed(error: EvalError, rules: &Val, input: &Val) -> EvalProblem {
    let EvalError { code, message, path, at } = error;
    let path = path.unwrap_or_default();
    if let Some(place) = script_place(&path) {
        return EvalProblem { code, message, side: Side::Rules, path: None, place: Some(place) };
    }
    let of_input = path.strip_prefix("/input").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let (side, path) = match of_input {
        Some(rest) => (Side::Input, pointing(rest, input)),
        None if OF_INPUT.contains(&code.as_str()) => (Side::Input, pointing(&path, input)),
        None => (Side::Rules, pointing(&path, rules)),
    };
    let value = if side == Side::Rules { rules } else { input };
    let text = value.as_str().or_else(|| value.pointer(&path).and_then(Val::as_str));
    let place = at.zip(text).map(|(at, text)| place_of(text, at));
    EvalProblem { code, message, side, path: Some(path).filter(|path| !path.is_empty()), place }
}

/// What scripts say: `3:14`.
fn script_place(path: &str) -> Option<(u32, u32)> {
    let (line, column) = path.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The line and column of a byte that is counted from 0.
fn place_of_byte(text: &str, byte: usize) -> (u32, u32) {
    let before = text.char_indices().take_while(|(at, _)| *at < byte).count();
    place_of(text, before + 1)
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
    use serde_json::{Value, json};

    use super::*;

    fn error(code: &str, path: &str, at: Option<usize>) -> EvalError {
        EvalError { path: Some(path.to_owned()), at, ..named(code, "It is wrong.".to_owned()) }
    }

    #[test]
    fn a_character_of_a_template_has_a_line_and_a_column() {
        let rules = json!({"template": "a\n\u{1f600} {{x"});
        let problem = placed(error("template_syntax", "/template", Some(5)), &rules.into(), &Val::Null);
        assert_eq!((problem.place, problem.side), (Some((2, 4)), Side::Rules));
        assert_eq!(problem.path.as_deref(), Some("/template"));
    }

    #[test]
    fn a_script_and_an_input_have_their_places() {
        let problem = placed(error("script_error", "3:14", None), &Val::Null, &Val::Null);
        assert_eq!((problem.place, problem.path), (Some((3, 14)), None));
        let problem = placed(error("invalid_input", "/input", None), &Val::Null, &Val::Null);
        assert_eq!((problem.side, problem.path), (Side::Input, None));
        let problem = placed(error("generate", "/2", None), &Val::Null, &Val::Null);
        assert_eq!((problem.side, problem.path.as_deref()), (Side::Input, Some("/2")));
    }

    #[test]
    fn a_text_that_is_no_json_says_where_it_stops_to_be() {
        let said = |text: &str| unreadable(&serde_json::from_str::<Value>(text).unwrap_err(), text, Side::Input);
        let problem = said("{\n  \"a\": tru }");
        assert_eq!((problem.place, problem.side), (Some((2, 11)), Side::Input));
        assert_eq!(
            problem.message,
            "This is not JSON: a word stands here that is none of true, false and null; texts need quotation marks."
        );
        let open = said("{");
        assert!(open.message.contains("a } is missing"));
        assert_eq!(open.place, Some((1, 2)), "behind the last character");
    }

    #[test]
    fn the_place_in_a_json_text_is_counted_as_it_is_shown() {
        let place = |text: &str| unreadable(&serde_json::from_str::<Value>(text).unwrap_err(), text, Side::Input).place;
        assert_eq!(place("{\"é\": tru}"), Some((1, 10)));
        // An editor counts what is beyond the basic plane twice.
        assert_eq!(place("[\"\u{1f600}\", tru]"), Some((1, 11)));
        let long = format!("[\n{}  \"日本\" \"x\"]", "\"ü\",\n".repeat(50_000));
        assert_eq!(place(&long), Some((50_002, 8)));
        assert_eq!(place("[\"a\nb\"]"), Some((1, 4)), "the line end in a text");
    }

    #[test]
    fn a_pointer_leads_into_rules_that_stand_alone() {
        let rules = json!([{"generate": "a"}, {"generate": "b", "dataType": "x"}]);
        let pointing = |path: &str, into: &Value| pointing(path, &into.into());
        assert_eq!(pointing("/mappings/1/dataType", &rules), "/1/dataType");
        assert_eq!(pointing("/1/dataType", &rules), "/1/dataType");
        // What is missing stands where it should be.
        assert_eq!(pointing("/mappings/0/dataType", &rules), "/0/dataType");
        assert_eq!(pointing("/mode", &json!({"mappings": []})), "/mode");
        let whole = json!({"mappings": rules});
        assert_eq!(pointing("/mappings/1/dataType", &whole), "/mappings/1/dataType");
        // One record that is not in a list.
        assert_eq!(pointing("/0", &json!({"a": 1})), "/0");
        assert_eq!(pointing("", &rules), "");
    }

    #[test]
    fn a_character_of_the_input_has_a_line_and_a_column() {
        let problem = placed(error("parse", "/input", Some(5)), &Val::Null, &json!("a,b\n\"1").into());
        assert_eq!((problem.side, problem.place, problem.path), (Side::Input, Some((2, 1)), None));
    }
}
