//! Errors as a file for people. Plain functions, tested natively.

use std::collections::BTreeMap;

use super::listed::{Known, Listed, class_key};

/// A cell of a table for people: one that begins like a formula gets an apostrophe, which keeps it a text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Errors as CSV, the trace key first. `clock` writes a time.
pub(super) fn to_csv(
    errors: &[Listed],
    steps: &BTreeMap<String, String>,
    known: &Known,
    clock: impl Fn(i64) -> String,
) -> String {
    let mut text =
        "traceKey,step,record,code,message,source,classification,occurredAt,resolved,assignedTo,tags,retryData\r\n"
            .to_owned();
    for one in errors {
        let (error, key) = (&one.error, one.key());
        let assigned = known.standing(key).and_then(|standing| standing.assigned.as_ref());
        let cells = [
            error.trace_key.clone().unwrap_or_default(),
            steps.get(&error.step).unwrap_or(&error.step).clone(),
            error.index.map(|index| (index + 1).to_string()).unwrap_or_default(),
            error.code.clone(),
            error.message.clone(),
            error.source.clone(),
            class_key(error),
            clock(error.time_ms),
            if known.is_resolved(key) { "yes" } else { "no" }.to_owned(),
            assigned.map(|to| to.name.clone()).unwrap_or_default(),
            known.tags(key).collect::<Vec<_>>().join("; "),
            error.record.as_ref().map(ToString::to_string).unwrap_or_default(),
        ];
        text.push_str(&cells.map(|text| cell(&text)).join(","));
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::listed::tests::{known, listed, tried};
    use super::*;

    #[test]
    fn errors_become_a_table_that_no_program_takes_for_formulas() {
        let mut first = listed(1, "s");
        first.error.trace_key = Some("=1+1".into());
        first.error.message = "It said \"no\", twice".into();
        first.error.time_ms = 7;
        let steps = BTreeMap::from([("s".to_owned(), "Send".to_owned())]);
        let made = to_csv(&[first], &steps, &known([tried(1, true, true)]), |ms| format!("at {ms}"));
        let lines: Vec<&str> = made.split("\r\n").collect();
        assert!(lines[0].starts_with("traceKey,step,record,"));
        assert_eq!(lines[1], r#"'=1+1,Send,2,,"It said ""no"", twice",,,at 7,yes,,,"{""n"":1}""#);
        assert_eq!((lines[2], lines.len()), ("", 3));
    }
}
