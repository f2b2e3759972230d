//! Where in a text a file is wrong: a character, counted from 1, that an editor can go to.
//!
//! Readers stream and know rows, records and lines; here the whole text is there, so they are looked up in it.

use serde::de::IgnoredAny;
use serde_json::Value;
use tombolo_formats::FormatError;
use tombolo_model::stopped_at;

/// The place in a CSV text. An open quote is pointed at itself.
pub(super) fn in_csv(text: &str, error: &FormatError, settings: &Value) -> usize {
    let setting = |name: &str| settings.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let quotes = settings.get("disableQuoteAndStripEnclosingQuotes").and_then(Value::as_bool) != Some(true);
    let column = setting("columnDelimiter").unwrap_or(",");
    let rows = Rows { text, quotes, column, row: setting("rowDelimiter") };
    let byte = match error {
        FormatError::UnterminatedQuote { .. } => rows.open_quote(),
        FormatError::TooManyColumns { row, .. } | FormatError::NotUtf8 { row } => rows.start(*row),
        FormatError::RecordTooBig { record, .. } => rows.start(*record),
        _ => None,
    };
    character(text, byte.unwrap_or(0))
}

/// The place in a JSON text whose reader stopped at a byte.
pub(super) fn in_json(text: &str, error: &FormatError, stopped: Option<u64>) -> usize {
    let byte = stopped.and_then(|byte| usize::try_from(byte).ok()).unwrap_or(0);
    // What seems to be cut off may be wrong before its end: a bracket of another kind does not close it.
    let within = match error {
        FormatError::Truncated { .. } => text.get(byte..).and_then(broken_json),
        _ => None,
    };
    character(text, byte + within.unwrap_or(0))
}

/// The byte at which a text is no JSON value any more.
fn broken_json(text: &str) -> Option<usize> {
    let broken = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>().next()?.err()?;
    Some(stopped_at(text.as_bytes(), &broken))
}

/// The character that a byte is in.
pub(super) fn of_byte(text: &str, byte: u64) -> usize {
    character(text, usize::try_from(byte).unwrap_or(usize::MAX))
}

/// The place in an XML text.
pub(super) fn in_xml(text: &str, error: &FormatError) -> usize {
    match error {
        FormatError::NotXml { line, column, .. } | FormatError::DeclaresEntities { line, column } => {
            in_line(text, *line, *column)
        }
        _ => 1,
    }
}

/// The place in a text that a file definition is for.
pub(super) fn in_definition(text: &str, error: &FormatError, definition: &Value) -> usize {
    let row = match error {
        FormatError::UnexpectedRow { row, .. }
        | FormatError::MissingRow { row, .. }
        | FormatError::RepeatedRow { row, .. }
        | FormatError::BadRow { row, .. } => *row,
        FormatError::RecordTooBig { record, .. } => *record,
        _ => return 1,
    };
    let (end, release) = marks(text, definition);
    let mut start = 0;
    let mut seen = 0;
    while start < text.len() {
        let next = row_end(text, start, &end, release);
        let body = text.get(start..next).unwrap_or_default();
        // Empty rows are none.
        if !body.trim().is_empty() {
            seen += 1;
            if seen == row {
                return character(text, start + body.len() - body.trim_start().len());
            }
        }
        start = next + end.len().max(1);
    }
    character(text, text.trim_end().len())
}

/// What ends a row, and what makes it a character.
fn marks(text: &str, definition: &Value) -> (String, Option<char>) {
    let setting = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).filter(|mark| !mark.is_empty());
    let format = setting("/format").unwrap_or_default();
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix("ISA")
        && let Some(column) = rest.chars().next()
        && let Some(end) = text.split(column).nth(16).and_then(|last| last.chars().nth(1))
    {
        // CR LF ends with the LF.
        return (if end == '\r' { '\n' } else { end }.to_string(), None);
    }
    if text.starts_with("UNA")
        && let (Some(end), release) = (text.chars().nth(8), text.chars().nth(6))
    {
        return (end.to_string(), release.filter(|release| *release != ' '));
    }
    let suffix = setting("/delimited/rowSuffix").or(setting("/fixed/rowSuffix"));
    let delimiter = setting("/delimited/rowDelimiter").or(setting("/fixed/rowDelimiter"));
    let is_edifact = format.ends_with("edifact");
    let end = if is_edifact { suffix.or(delimiter) } else { delimiter.or(suffix) };
    let released = definition.get("escapeReleaseChar").and_then(Value::as_bool) == Some(true);
    (end.unwrap_or("\n").trim_start_matches('\r').to_owned(), (is_edifact && released).then_some('?'))
}

fn row_end(text: &str, start: usize, end: &str, release: Option<char>) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let is_free = |at: &usize| {
        let before = rest.get(..*at).unwrap_or_default();
        release.is_none_or(|release| before.chars().rev().take_while(|c| *c == release).count() % 2 == 0)
    };
    let found = rest.match_indices(end).map(|(at, _)| at).find(is_free);
    found.map_or(text.len(), |at| start + at)
}

/// The rows of a CSV text.
struct Rows<'t> {
    text: &'t str,
    quotes: bool,
    column: &'t str,
    row: Option<&'t str>,
}

impl Rows<'_> {
    /// The byte at which a row begins, counted from 1.
    fn start(&self, row: u64) -> Option<usize> {
        self.walk(|number, start| (number == row).then_some(start)).ok()
    }

    /// The byte of the quote that nothing closes.
    fn open_quote(&self) -> Option<usize> {
        self.walk(|_, _| None).err().flatten()
    }

    /// Goes through the rows until it is told to end; else gives the quote that is open at the end.
    fn walk(&self, mut row: impl FnMut(u64, usize) -> Option<usize>) -> Result<usize, Option<usize>> {
        let bytes = self.text.as_bytes();
        let (mut number, mut at, mut quote, mut field) = (1, 0, None, true);
        if let Some(found) = row(number, 0) {
            return Ok(found);
        }
        while let Some(byte) = bytes.get(at) {
            if quote.is_some() {
                // A doubled quote closes and opens again.
                if *byte == b'"' {
                    quote = None;
                    field = bytes.get(at + 1) == Some(&b'"');
                }
                at += 1;
                continue;
            }
            let length = self.row_mark(&bytes[at..]);
            if length > 0 {
                at += length;
                number += 1;
                field = true;
                if let Some(found) = row(number, at) {
                    return Ok(found);
                }
            } else if self.quotes && field && *byte == b'"' {
                quote = Some(at);
                at += 1;
            } else if bytes[at..].starts_with(self.column.as_bytes()) {
                at += self.column.len();
                field = true;
            } else {
                at += 1;
                field = false;
            }
        }
        Err(quote)
    }

    fn row_mark(&self, bytes: &[u8]) -> usize {
        match (self.row, bytes) {
            (Some(mark), bytes) if bytes.starts_with(mark.as_bytes()) => mark.len(),
            (None, [b'\r', b'\n', ..]) => 2,
            (None, [b'\r' | b'\n', ..]) => 1,
            _ => 0,
        }
    }
}

/// The character of a line and a column in bytes, both from 1.
fn in_line(text: &str, line: u64, column: u64) -> usize {
    let number = |count: u64| usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
    let start = match number(line) {
        0 => 0,
        line => text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1),
    };
    character(text, start.saturating_add(number(column)))
}

/// The character that a byte is in, from 1.
fn character(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count() + 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::{EvalRequest, eval};

    /// What stands at the place of the first error.
    fn at(name: &str, rules: serde_json::Value, options: serde_json::Value, text: &str) -> (usize, String) {
        let request = EvalRequest { rules, input: json!(text).into(), options, ..EvalRequest::default() };
        let made = eval(name, &request).unwrap();
        let error = made.errors.first().unwrap_or_else(|| panic!("{name} {text}"));
        assert_eq!(error.path.as_deref(), Some("/input"), "{error:?}");
        let at = error.at.unwrap();
        (at, text.chars().skip(at - 1).take(3).collect())
    }

    #[test]
    fn a_file_that_is_wrong_says_at_which_character() {
        let none = || json!({});
        assert_eq!(at("csvParse", none(), none(), "a,b\n1,\"2"), (7, "\"2".to_owned()));
        assert_eq!(at("csvParse", none(), none(), "a,é\n\"1\"\"\",\"2"), (11, "\"2".to_owned()));
        assert_eq!(at("csvParse", none(), none(), "a,b\n1,2\nxyz\n5,6").1, "xyz");
        assert_eq!(at("csvParse", none(), json!({"rowsToSkip": 1}), "skipped\na,b\n1,\"x\ny\"\n1,2,3").1, "1,2");
        let piped = json!({"columnDelimiter": "|", "rowDelimiter": "~"});
        assert_eq!(at("csvParse", none(), piped, "a|b~\"x\"|\"y"), (9, "\"y".to_owned()));
        assert_eq!(at("jsonParse", none(), none(), "{\"a\":[1,2,}").0, 11);
        assert_eq!(at("jsonParse", none(), none(), "[\n {\"é\": tru}\n]"), (13, "}\n]".to_owned()));
        assert_eq!(at("jsonParse", none(), none(), "[{\"a\":1},{\"a\":2").0, 16, "the end of what is cut off");
        assert_eq!(at("xmlParse", none(), json!({"resourcePath": "/a"}), "<a>\n<é></b></a>").1, "</b");
    }

    /// What stands at the place of each error.
    fn all_at(text: &str, path: &str) -> Vec<String> {
        let options = json!({"resourcePath": path});
        let request = EvalRequest { input: json!(text).into(), options, ..EvalRequest::default() };
        let errors = eval("jsonParse", &request).unwrap().errors;
        errors.iter().map(|error| text.chars().skip(error.at.unwrap() - 1).take(3).collect()).collect()
    }

    #[test]
    fn each_record_that_is_wrong_has_a_place_of_its_own_deep_in_a_text_and_behind_any_letters() {
        assert_eq!(all_at("[{\"a\":1},7,{\"a\":tru},{\"a\":2,}]", ""), ["7,{", "},{", "}]"]);
        let filler = "{\"name\":\"Zoë 日本 \u{1f600}\"},\r\n".repeat(4_000);
        assert!(filler.len() > 100_000);
        let list = format!("[{filler}{{\"é\": tru}},\n\"x\"]");
        assert_eq!(all_at(&list, ""), ["},\n", "\"x\""]);
        assert_eq!(
            all_at(&format!("\u{feff}{{\"ü\":0,\"data\":{{\"list\":{list}}}}}"), "data.list"),
            ["},\n", "\"x\""]
        );
        // What the parser of one value does not mind is too deep for a record, or too big for a number.
        assert_eq!(all_at(&format!("[{filler}{{\"a\": {}1{}}}]", "[".repeat(130), "]".repeat(130)), ""), ["[[["]);
        assert_eq!(all_at(&format!("[{filler}{{\"é\":1,\"a\":1}}\n{{\"b\":2}}]"), ""), ["{\"b"]);
        // A wrong record before does not hide where the text is cut off, nor what stands behind the list.
        assert_eq!(all_at(&format!("[{filler}{{\"é\":tru}},{{\"b\": [1}}"), ""), ["},{", "}"]);
        assert_eq!(all_at(&format!("[{filler}5] x"), ""), ["5] ", "x"]);
        assert_eq!(all_at("{\"é\":1}\n{\"a\":-}\n]", ""), ["}\n]", "]"]);
    }

    #[test]
    fn a_row_that_no_rule_is_for_is_pointed_at() {
        let rule = |name: &str| json!({"required": true, "elements": [{"name": name, "value": name}, {"name": "x", "value": "{{x}}"}]});
        let edifact = json!({"name": "d", "format": "delimited/edifact", "escapeReleaseChar": true,
            "delimited": {"rowSuffix": "'", "rowDelimiter": "\n", "colDelimiter": "+"}, "rules": [rule("UNB")]});
        assert_eq!(at("fileDefinitionParse", edifact, json!({}), "UNB+O?'N'\nXXX+1'\n"), (11, "XXX".to_owned()));
    }
}
