//! Headers of a request as lines that somebody types, while others change the rows that they are in the resource.
//!
//! Invariant: a row whose line nobody touched is as the resource has it, with whatever else it says.

use serde_json::{Value, json};

use crate::components::editor::{header_lines, header_rows};

/// A header: its name, which one of that name it is, and its value.
type Line = ((String, usize), Value);

fn read(rows: &Value) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for row in rows.as_array().into_iter().flatten() {
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        let nth = lines.iter().filter(|((other, _), _)| *other == name).count();
        lines.push(((name, nth), row["value"].clone()));
    }
    lines
}

fn at<'v>(lines: &'v [Line], key: &(String, usize)) -> Option<&'v Value> {
    lines.iter().find(|(other, _)| other == key).map(|(_, value)| value)
}

/// The rows that the resource has to have, where the lines were `base`, are `chosen`, and it has `had` now.
pub(super) fn rows(base: Option<&Value>, chosen: Option<&Value>, had: Option<&Value>) -> Vec<Value> {
    let lines = |text: Option<&Value>| text.map(|text| read(&header_rows(text))).unwrap_or_default();
    let (base, mine) = (lines(base), lines(chosen));
    let rows = had.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let theirs = had.map(read).unwrap_or_default();
    let row_at = |key: &(String, usize)| theirs.iter().position(|(other, _)| other == key).and_then(|at| rows.get(at));
    let mut made: Vec<Value> = Vec::new();
    for (key, value) in &mine {
        match row_at(key) {
            Some(row) if at(&base, key) == Some(value) => made.push(row.clone()),
            Some(row) => {
                let mut row = row.clone();
                if let Some(row) = row.as_object_mut() {
                    row.insert("value".to_owned(), value.clone());
                }
                made.push(row);
            }
            // Somebody else took it away.
            None if at(&base, key) == Some(value) => {}
            None => made.push(json!({ "name": key.0, "value": value })),
        }
    }
    let others = theirs.iter().zip(rows).filter(|((key, _), _)| at(&mine, key).is_none() && at(&base, key).is_none());
    made.extend(others.map(|(_, row)| row.clone()));
    made
}

/// The lines to be shown, where they were `base`, are `chosen`, and the resource has those of `said` now. What is no
/// header yet stays, behind the others.
pub(super) fn followed(base: Option<&Value>, chosen: Option<&Value>, said: Option<&Value>) -> Option<Value> {
    let heard = |text: Option<&Value>| text.map(|text| read(&header_rows(text))).unwrap_or_default();
    // Also in other words: while one types, they are theirs.
    if heard(chosen) == heard(said) || heard(base) == heard(said) {
        return chosen.cloned();
    }
    let there = said.map(header_rows);
    let known = said.and_then(Value::as_str).unwrap_or_default();
    let made = if heard(chosen) == heard(base) {
        known.to_owned()
    } else {
        let rows = Value::Array(rows(base, chosen, there.as_ref()));
        header_lines(&rows).as_str().unwrap_or_default().to_owned()
    };
    let half =
        chosen.and_then(Value::as_str).unwrap_or_default().lines().filter(|line| {
            !line.contains(':') && !line.trim().is_empty() && !known.lines().any(|known| known == *line)
        });
    let lines: Vec<&str> = made.lines().chain(half).collect();
    (!lines.is_empty()).then(|| lines.join("\n").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rows_are_written_whose_lines_changed() {
        let had = json!([{"name": "A", "value": "b\nc", "secret": false}, {"name": "B", "value": "1"}]);
        let base = header_lines(&had);
        let chosen = json!("A: b\nc\nB: 2\nhalf");
        let want = json!([{"name": "A", "value": "b\nc", "secret": false}, {"name": "B", "value": "2"}]);
        assert_eq!(Value::Array(rows(Some(&base), Some(&chosen), Some(&had))), want);
        let chosen = json!("B: 1");
        assert_eq!(rows(Some(&base), Some(&chosen), Some(&had)), [json!({"name": "B", "value": "1"})]);
        assert_eq!(rows(Some(&base), None, Some(&had)), Vec::<Value>::new());
    }

    #[test]
    fn a_header_that_somebody_else_wrote_meanwhile_stays() {
        let (base, chosen) = (json!("A: 1"), json!("A: 12"));
        let had = json!([{"name": "A", "value": "1"}, {"name": "Z", "value": "1"}]);
        let want = json!([{"name": "A", "value": "12"}, {"name": "Z", "value": "1"}]);
        assert_eq!(Value::Array(rows(Some(&base), Some(&chosen), Some(&had))), want);
        assert_eq!(
            rows(Some(&base), Some(&base), Some(&json!([]))),
            Vec::<Value>::new(),
            "nor is one that they took away"
        );
    }

    #[test]
    fn half_a_header_stays_when_somebody_else_touches_the_headers() {
        let (base, chosen, said) = (json!("A: b"), json!("A: b\nX-Ne"), json!("A: b\nZ: 1"));
        assert_eq!(followed(Some(&base), Some(&chosen), Some(&said)), Some(json!("A: b\nZ: 1\nX-Ne")));
        assert_eq!(followed(Some(&base), Some(&chosen), Some(&base)), Some(chosen.clone()));
        assert_eq!(followed(Some(&chosen), Some(&chosen), Some(&base)), Some(chosen));
        let typed = json!("A: bc\nX-Ne");
        assert_eq!(followed(Some(&base), Some(&typed), Some(&said)), Some(json!("A: bc\nZ: 1\nX-Ne")));
    }
}
