//! Real data: two files of the npm package `vega-datasets`.

use crate::places;
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// `airports.csv`: 3,376 rows with quoted fields.
pub fn airports() -> PathBuf {
    places::data().join("airports.csv")
}

/// `movies.json`: an array of objects with nulls, numbers and strings for the same field.
pub fn movies() -> PathBuf {
    places::data().join("movies.json")
}

/// The rows of `airports.csv`, read here by the simplest reader that its content allows, so that the product's own is
/// compared with something else.
///
/// # Errors
///
/// When the file is missing.
pub fn airport_rows() -> Result<Vec<Map<String, Value>>> {
    let text = std::fs::read_to_string(airports()).context("airports.csv")?;
    let mut lines = text.lines();
    let head = split(lines.next().context("airports.csv is empty")?);
    Ok(lines.filter(|line| !line.is_empty()).map(|line| head.iter().cloned().zip(values(line)).collect()).collect())
}

/// The records of `movies.json`.
///
/// # Errors
///
/// When the file is missing.
pub fn movie_records() -> Result<Vec<Value>> {
    Ok(serde_json::from_slice(&std::fs::read(movies()).context("movies.json")?)?)
}

fn values(line: &str) -> impl Iterator<Item = Value> {
    split(line).into_iter().map(Value::String)
}

/// Splits one CSV line; no field of this data holds a line break.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.trim_end_matches('\r').chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is always a field");
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                field.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_quoted_comma_and_a_doubled_quote_stay_in_their_field() {
        assert_eq!(split(r#"a,"b, ""c""",d"#), ["a", r#"b, "c""#, "d"]);
    }
}
