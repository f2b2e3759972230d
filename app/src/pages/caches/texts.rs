//! The data of a lookup cache as text: CSV and JSON, both ways, and the one value of a cell. Plain functions.
//!
//! Invariant: what is written here and read again is the same entries, whatever is in their keys and values.

use serde_json::{Map, Value, json};

/// A key and its value.
pub(super) type Entry = (String, Value);

/// A cell by the rules of JSON: `42` is a number, `true` a yes, `"42"` a text. What is no JSON is a text as it stands.
pub(super) fn typed(cell: &str) -> Value {
    let trimmed = cell.trim();
    match serde_json::from_str::<Value>(trimmed) {
        // A number with more digits than a number keeps is a text, or it would become another.
        Ok(Value::Number(number)) if number.is_f64() && trimmed.chars().all(|c| c.is_ascii_digit() || c == '-') => {
            Value::from(cell)
        }
        Ok(value) => value,
        Err(_) => Value::from(cell),
    }
}

/// The cell of a value: a text stands for itself where nothing else would be read out of it.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::String(text) if typed(text) == *value => text.clone(),
        other => other.to_string(),
    }
}

/// What kind of value it is, in a word.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Yes or no",
        Value::Number(_) => "Number",
        Value::String(_) => "Text",
        Value::Array(_) => "List",
        Value::Object(_) => "Object",
    }
}

/// Entries as CSV.
pub(super) fn to_csv(entries: &[Entry]) -> String {
    let mut text = "key,value\r\n".to_owned();
    for (key, value) in entries {
        text.push_str(&format!("{},{}\r\n", quoted(key), quoted(&cell(value))));
    }
    text
}

fn quoted(cell: &str) -> String {
    let plain = !cell.contains(['"', ',', '\r', '\n']) && cell.trim() == cell && !cell.is_empty();
    if plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
}

/// Entries as JSON: the form in which the API gives and takes them.
pub(super) fn to_json(entries: &[Entry]) -> String {
    let all: Vec<Value> = entries.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default()
}

/// Reads entries out of a file by its name.
///
/// # Errors
///
/// Returns what is wrong with it, and where, in sentences.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Entry>, String> {
    let json = name.to_lowercase().ends_with(".json") || text.trim_start().starts_with(['[', '{']);
    let entries = if json { of_json(text)? } else { of_csv(text)? };
    let wrong = entries.iter().position(|(key, _)| key.is_empty() || key.len() > 1_024);
    match wrong {
        Some(at) if entries[at].0.is_empty() => Err(format!("Entry {} has no key. Each entry needs one.", at + 1)),
        Some(at) => Err(format!("The key of entry {} is longer than 1,024 bytes. Shorten it.", at + 1)),
        None => Ok(entries),
    }
}

fn of_json(text: &str) -> Result<Vec<Entry>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("This is not JSON: {error}."))?;
    match value {
        Value::Object(all) => Ok(all.into_iter().collect()),
        Value::Array(all) => all.into_iter().enumerate().map(|(at, one)| of_item(at, one)).collect(),
        _ => Err("A JSON file holds an object of keys and values, or a list of {\"key\": …, \"value\": …}.".to_owned()),
    }
}

fn of_item(at: usize, one: Value) -> Result<Entry, String> {
    let wrong = || format!("Item {} is not of the form {{\"key\": \"…\", \"value\": …}}. Its key is a text.", at + 1);
    let Value::Object(mut fields) = one else { return Err(wrong()) };
    match (fields.remove("key"), fields.remove("value")) {
        (Some(Value::String(key)), value) => Ok((key, value.unwrap_or_default())),
        _ => Err(wrong()),
    }
}

fn of_csv(text: &str) -> Result<Vec<Entry>, String> {
    let mut rows = rows(text.strip_prefix('\u{feff}').unwrap_or(text))?.into_iter();
    let head: Vec<String> = rows.next().map(|(_, cells)| cells).unwrap_or_default();
    let named = |name: &str| head.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
    let Some(key_at) = named("key") else {
        return Err("The first row names the columns, and one of them is “key”. The others are the value.".to_owned());
    };
    if head.len() < 2 {
        return Err("There is a column “key” and no other: name the one with the values “value”.".to_owned());
    }
    // Other columns than one called value are the fields of an object.
    let single = if head.len() == 2 { named("value") } else { None };
    let entry = |(line, mut cells): (usize, Vec<String>)| {
        if cells.len() > head.len() {
            return Err(format!("Line {line} has {} cells, and there are {} columns.", cells.len(), head.len()));
        }
        cells.resize(head.len(), String::new());
        let value = match single {
            Some(at) => typed(&cells[at]),
            None => {
                let fields = head.iter().zip(&cells).enumerate().filter(|(at, _)| *at != key_at);
                Value::Object(
                    fields.map(|(_, (name, cell))| (name.trim().to_owned(), typed(cell))).collect::<Map<_, _>>(),
                )
            }
        };
        Ok((std::mem::take(&mut cells[key_at]), value))
    };
    rows.map(entry).collect()
}

/// The rows of a CSV text (RFC 4180) with the line that each begins on; empty lines are left out.
fn rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut began, mut open, mut was_quoted) = (1, 1, None::<usize>, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, open) {
            ('"', Some(_)) if letters.peek() == Some(&'"') => cell.extend(letters.next()),
            ('"', Some(_)) => open = None,
            (_, Some(_)) => {
                line += usize::from(letter == '\n');
                cell.push(letter);
            }
            ('"', None) if cell.is_empty() && !was_quoted => (open, was_quoted) = (Some(line), true),
            (',', None) => {
                row.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            ('\r', None) if letters.peek() == Some(&'\n') => {}
            ('\n', None) => {
                row.push(std::mem::take(&mut cell));
                let row = std::mem::take(&mut row);
                if row.len() > 1 || was_quoted || row.iter().any(|cell| !cell.is_empty()) {
                    rows.push((began, row));
                }
                line += 1;
                (began, was_quoted) = (line, false);
            }
            (letter, None) => cell.push(letter),
        }
    }
    if let Some(line) = open {
        return Err(format!("The quotation mark on line {line} is never closed."));
    }
    if !cell.is_empty() || !row.is_empty() || was_quoted {
        row.push(cell);
        rows.push((began, row));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hard() -> Vec<Entry> {
        vec![
            ("plain".into(), json!("text")),
            ("number".into(), json!(42)),
            ("text of a number".into(), json!("42")),
            ("float".into(), json!(1.5)),
            ("yes".into(), json!(true)),
            ("text of a yes".into(), json!("true")),
            ("nothing".into(), Value::Null),
            ("text of nothing".into(), json!("null")),
            ("empty".into(), json!("")),
            ("object".into(), json!({"a": [1, "x, \"y\"\n"], "b": null})),
            ("list".into(), json!([1, 2])),
            ("key, with \"signs\"\nand lines".into(), json!("a,b\r\n\"c\"")),
            (" spaces ".into(), json!("  x ")),
            ("00123".into(), json!("007")),
            ("many digits".into(), json!("123456789012345678901234567890")),
            ("quotes".into(), json!("\"quoted\"")),
            ("日本".into(), json!("é😀")),
        ]
    }

    #[test]
    fn entries_come_back_from_csv_and_json_as_they_were() {
        assert_eq!(read("a.csv", &to_csv(&hard())).unwrap(), hard());
        assert_eq!(read("a.json", &to_json(&hard())).unwrap(), hard());
        assert_eq!(
            read("a.json", r#"{"a": 1, "b": null}"#).unwrap(),
            [("a".to_owned(), json!(1)), ("b".into(), Value::Null)]
        );
    }

    #[test]
    fn other_columns_than_one_become_an_object() {
        let read = read("a.csv", "\u{feff}Key,city,zip\r\n1,Oslo,0150\n2,,5\n\n").unwrap();
        assert_eq!(
            read,
            [("1".to_owned(), json!({"city": "Oslo", "zip": "0150"})), ("2".into(), json!({"city": "", "zip": 5}))]
        );
    }

    #[test]
    fn a_file_that_is_none_says_what_is_wrong_and_where() {
        for (name, text, says) in [
            ("a.csv", "name,value\n1,2", "“key”"),
            ("a.csv", "key\n1", "“value”"),
            ("a.csv", "key,value\na,1\nb,1,2", "Line 3"),
            ("a.csv", "key,value\n\"a,1", "line 2"),
            ("a.csv", "key,value\n,1", "Entry 1 has no key"),
            ("a.json", "[{\"key\": 1}]", "Item 1"),
            ("a.json", "{", "not JSON"),
            ("a.json", "3", "object of keys"),
        ] {
            let wrong = read(name, text).unwrap_err();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
        assert!(read("a.csv", &format!("key,value\n{},1", "k".repeat(1_025))).unwrap_err().contains("1,024"));
    }
}
