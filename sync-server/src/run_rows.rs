//! What of a run's rows is kept: as much as every device can read.
//!
//! Rows of runs travel in the account's sequence. One that no frame can carry, or that a device cannot read, would be asked
//! for again and again and hold up everything behind it, so a record that is too large or too deep stays out of its error,
//! and long texts are cut. A run whose every record fails may have millions of errors, and every device of the account
//! keeps them: beyond some number only those stay that have a record, the latest of each step, and the others are counted by
//! their step and no more.

use serde_json::Value;
use tombolo_wire::run::{Decision, ErrorMark, MOST_ERRORS, MOST_MARKED, RunBy, RunError, RunRow, tag_problem};
use tombolo_wire::sync::{MAX_DEPTH, RunErrorRow, RunRows};

/// The longest record that an error keeps, as JSON.
const RECORD_BYTES: usize = 1024 * 1024;
/// The deepest: a frame has some levels of its own around it.
const RECORD_DEPTH: usize = MAX_DEPTH - 28;
/// The most errors that one run tries again.
const RETRIED: usize = 10_000;
/// The most decisions about errors in one frame, and the longest name in one.
const MARKS: usize = 1_000;
const NAME_BYTES: usize = 256;
/// The most warnings of a step that are kept.
const WARNINGS: usize = 20;
/// The longest text of an error.
const TEXT_BYTES: usize = 16 * 1024;

/// Whether a run has come to read its sources, and did not end before that.
pub(crate) fn has_read(row: &RunRow) -> bool {
    row.steps.iter().any(|step| step.kind == "export" && step.received.saturating_add(step.errors) > 0)
}

/// Takes out of rows what would keep them from travelling, and says so in their messages.
pub(crate) fn fit(rows: &mut RunRows) {
    rows.runs.iter_mut().for_each(fit_run);
    fit_errors(&mut rows.errors);
}

/// The same for decisions about errors. None is from later than now: it would outweigh whatever is decided until then.
pub(crate) fn fit_marks(marks: &mut Vec<ErrorMark>, now_ms: i64) {
    marks.truncate(MARKS);
    for mark in marks.iter_mut() {
        mark.time_ms = mark.time_ms.min(now_ms);
        mark.errors.truncate(MOST_MARKED);
        for person in [Some(&mut mark.by), to(&mut mark.decision)].into_iter().flatten().flatten() {
            person.name.truncate(person.name.floor_char_boundary(NAME_BYTES));
        }
    }
    marks.retain(|mark| match &mark.decision {
        Decision::Tag { tag } | Decision::Untag { tag } => tag_problem(tag).is_none(),
        // This server cannot keep what it cannot read.
        Decision::Other => false,
        Decision::Resolve | Decision::Reopen | Decision::Assign { .. } => true,
    });
}

fn to(decision: &mut Decision) -> Option<&mut Option<Box<RunBy>>> {
    if let Decision::Assign { to } = decision { Some(to) } else { None }
}

/// The same for a run's own row.
pub(crate) fn fit_run(row: &mut RunRow) {
    if let Some(error) = &mut row.error {
        fit_error(error);
    }
    if let Some(by) = &mut row.origin.by {
        shorten(&mut by.name);
    }
    if let Some(retry) = &mut row.origin.retry {
        retry.errors.truncate(RETRIED);
        retry.resolved.truncate(RETRIED);
    }
    let mut left = RETRIED;
    for over in &mut row.origin.over {
        over.errors.truncate(left);
        left -= over.errors.len();
    }
    let over = std::mem::take(&mut row.origin.over).into_vec();
    row.origin.over = over.into_iter().filter(|over| !over.errors.is_empty()).collect();
    for step in &mut row.steps {
        step.warnings.truncate(WARNINGS);
        step.warnings.iter_mut().for_each(shorten);
    }
}

/// The same for errors, once for each.
pub(crate) fn fit_errors(errors: &mut Vec<RunErrorRow>) {
    // One that forgets an earlier record stays even where its own is taken out below: the earlier one goes with it.
    errors
        .retain(|RunErrorRow { n, error, .. }| *n <= MOST_ERRORS || error.record.is_some() || error.forgets.is_some());
    for row in errors {
        fit_error(&mut row.error);
        if row.n == MOST_ERRORS {
            row.error.message.push_str(" Of later errors, only the latest that can be tried again are kept.");
        }
    }
}

fn fit_error(error: &mut RunError) {
    for text in [&mut error.message, &mut error.step, &mut error.code] {
        shorten(text);
    }
    if error.record.as_ref().is_some_and(|record| !fits(record)) {
        error.record = None;
        error.message.push_str(" The record is too large or too deeply nested to be kept with the error.");
    }
}

fn shorten(text: &mut String) {
    if text.len() > TEXT_BYTES {
        text.truncate(text.floor_char_boundary(TEXT_BYTES));
        text.push('…');
    }
}

fn fits(record: &Value) -> bool {
    is_shallow(record, RECORD_DEPTH) && serde_json::to_vec(record).is_ok_and(|text| text.len() <= RECORD_BYTES)
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_shallow(item, levels - 1)),
        Value::Object(fields) => levels > 0 && fields.values().all(|item| is_shallow(item, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_model::Id;
    use tombolo_wire::sync::{Cursor, Down, Entry, decode_down, encode_down};

    use super::*;

    fn rows(record: Value, message: &str) -> RunRows {
        let error = RunError {
            step: String::new(),
            code: "mapping".to_owned(),
            message: message.to_owned(),
            record: Some(record),
            index: Some(0),
            time_ms: 1,
            ..RunError::default()
        };
        RunRows { errors: vec![RunErrorRow { run: Id::from_parts(1, [0; 8]), n: 1, error }], ..RunRows::default() }
    }

    fn travels(rows: &RunRows) -> bool {
        let entries = rows.errors.iter().cloned().map(Entry::RunError).collect();
        let frame = Down::Changes { entries, cursor: Cursor::default(), complete: true };
        encode_down(&frame).is_ok_and(|bytes| decode_down(&bytes).is_ok())
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inner, _| json!([inner]))
    }

    #[test]
    fn an_error_whose_record_no_device_could_read_travels_without_it() {
        // As deep as JSON is read here; and numbers that are longer in a frame than in JSON.
        for record in [nested(127), json!(vec![0.1; 3_000_000])] {
            let mut rows = rows(record, "It failed.");
            assert!(!travels(&rows));
            fit(&mut rows);
            assert!(travels(&rows));
            let error = &rows.errors[0].error;
            assert_eq!(error.record, None);
            assert!(error.message.starts_with("It failed. The record is too large"), "{}", error.message);
        }
    }

    #[test]
    fn the_largest_and_the_deepest_record_that_are_kept_travel() {
        let longest = "x".repeat(RECORD_BYTES - 2);
        for record in [nested(RECORD_DEPTH), json!(longest), json!(vec![0.1; RECORD_BYTES / 4 - 1])] {
            let mut kept = rows(record.clone(), "It failed.");
            fit(&mut kept);
            assert_eq!(kept, rows(record, "It failed."));
            assert!(travels(&kept));
        }
    }

    #[test]
    fn of_a_run_that_fails_without_end_the_first_errors_are_kept_and_the_latest_that_have_a_record() {
        let mut many = rows(json!(1), "It failed.");
        let row = |after: u64, record: Option<Value>, forgets| {
            let RunErrorRow { run, error, .. } = many.errors[0].clone();
            RunErrorRow { run, n: MOST_ERRORS + after, error: RunError { record, forgets, ..error } }
        };
        many.errors = vec![
            RunErrorRow { n: 1, ..row(0, None, None) },
            row(0, None, None),
            row(1, None, None),
            row(2, Some(json!(2)), None),
            row(3, Some(nested(RECORD_DEPTH + 1)), Some(MOST_ERRORS + 2)),
            // As a device sends again what it has forgotten the record of.
            row(4, None, Some(7)),
        ];
        fit(&mut many);
        let kept: Vec<_> = many.errors.iter().map(|RunErrorRow { n, error, .. }| (*n, error.forgets)).collect();
        let late = [(2, None), (3, Some(MOST_ERRORS + 2)), (4, Some(7))].map(|(after, it)| (MOST_ERRORS + after, it));
        assert_eq!(kept, [[(1, None), (MOST_ERRORS, None)].as_slice(), &late].concat());
        let says: Vec<_> = many.errors.iter().map(|row| row.error.message.contains("tried again")).collect();
        assert_eq!(says, [false, true, false, false, false]);
    }

    #[test]
    fn of_what_a_row_says_beside_its_counters_only_so_much_is_kept() {
        let mut row: RunRow = serde_json::from_value(json!({"id": "000000010000000000000000",
            "flow": "000000020000000000000000", "flowName": "F", "status": "completed", "place": "browser",
            "startedMs": 1, "endedMs": 2, "error": null, "n": 1,
            "steps": [{"step": "s", "name": "S", "kind": "import", "received": 0, "success": 0, "ignored": 0,
                "errors": 0, "pages": 0, "file": null, "warnings": vec!["w".repeat(TEXT_BYTES + 1); WARNINGS + 1]}],
            "origin": {"over": [{"run": "000000030000000000000000", "errors": vec![1; RETRIED - 1]},
                {"run": "000000040000000000000000", "errors": [1, 2]}, {"run": "000000050000000000000000", "errors": [1]}]}}))
        .unwrap();
        fit_run(&mut row);
        assert_eq!(row.origin.over.iter().map(|over| over.errors.len()).collect::<Vec<_>>(), [RETRIED - 1, 1]);
        let warnings = &row.steps[0].warnings;
        assert!(warnings.len() == WARNINGS && warnings[0].len() < TEXT_BYTES + 4, "{}", warnings.len());
    }

    #[test]
    fn a_message_is_cut_between_its_letters() {
        let mut long = rows(json!(1), &"ü".repeat(TEXT_BYTES));
        fit(&mut long);
        let message = &long.errors[0].error.message;
        assert!(message.len() < TEXT_BYTES + 4 && message.ends_with("ü…"), "{}", message.len());
    }

    #[test]
    fn a_name_in_an_error_is_no_longer_than_a_message() {
        let mut endless = rows(json!(1), "It failed.");
        let error = &mut endless.errors[0].error;
        (error.step, error.code) = ("s".repeat(TEXT_BYTES + 1), "c".repeat(TEXT_BYTES + 1));
        fit(&mut endless);
        let error = &endless.errors[0].error;
        for name in [&error.step, &error.code] {
            assert!(name.len() < TEXT_BYTES + 4 && name.ends_with('…'), "{}", name.len());
        }
    }

    #[test]
    fn a_decision_about_errors_is_from_now_at_the_latest_and_as_short_as_any() {
        let id = Id::from_parts(1, [0; 8]);
        let person = Some(Box::new(RunBy { user: id, name: "ü".repeat(NAME_BYTES) }));
        let mark = |decision| ErrorMark {
            id,
            run: id,
            errors: vec![1; MOST_MARKED + 1],
            decision,
            by: person.clone(),
            time_ms: 900,
        };
        let mut marks = vec![
            mark(Decision::Assign { to: person.clone() }),
            mark(Decision::Tag { tag: "x".repeat(51) }),
            mark(Decision::Other),
        ];
        fit_marks(&mut marks, 100);
        assert_eq!(marks.len(), 1, "no tag that is none, and nothing that cannot be read");
        assert_eq!((marks[0].time_ms, marks[0].errors.len()), (100, MOST_MARKED));
        let Decision::Assign { to: Some(to) } = &marks[0].decision else { panic!("it assigns") };
        assert_eq!((to.name.len(), marks[0].by.as_ref().map(|by| by.name.len())), (NAME_BYTES, Some(NAME_BYTES)));
    }
}
