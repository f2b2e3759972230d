//! What is known of the records of a step: those of the last test run in this tab, what came to a listener, and the record
//! that the step failed on. An editor inside a resource begins with one of them rather than with an example.

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::Id;
use tombolo_model::run::{RunRow, is_of_step};
use tombolo_wire::rest::LastPayload;
use tombolo_wire::run_worker::StageRow;
use tombolo_wire::store::{Call, RunError};

use super::super::my_data::{takes_records, wrapped};
use super::answered::answered;
use super::came::records_of;
use super::places::Place;
use crate::components::editor::Editor;
use crate::components::{is_listener, last_of};
use crate::state::Doc;

/// The records of a page where the listener does not say how many, as in the engine.
const USUAL_PAGE_SIZE: usize = 20;
const CAME_LAST: &str = "what came to this listener last";

/// An input that is not the example's, and which one it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) input: String,
    /// What the sentence says that begins with “The input is”.
    pub(super) what: &'static str,
    /// When it came, in milliseconds since 1970, where that is known.
    pub(super) at_ms: Option<i64>,
}

impl Known {
    fn new(input: &Value, what: &'static str) -> Self {
        Self { input: serde_json::to_string_pretty(input).unwrap_or_default(), what, at_ms: None }
    }
}

/// What is known at once.
pub(super) fn at_hand(doc: Doc, place: &Place, editor: &Editor, path: &str) -> Option<Known> {
    if editor.eval == "form" {
        let settings = untrack(|| doc.at("/settings")).filter(|settings| !settings.is_null())?;
        return Some(Known::new(&settings, "what the settings of this resource say"));
    }
    if editor.eval == "api" {
        // Without a request in the input, that of the rules counts.
        let has_one = untrack(|| doc.at("/builder/request/mockRequest")).is_some_and(|request| request.is_object());
        return has_one.then(|| Known::new(&json!({}), "empty, so that the mock request of this API counts"));
    }
    if !takes_records(editor) {
        return None;
    }
    if editor.eval == "responseMapping" {
        let found = answered(doc, editor, path)?;
        return Some(Known::new(&found, "a record of the last test run in this tab, and what its step was answered"));
    }
    let record = doc.app.tried_out.with_untracked(|kept| {
        let (_, report) = kept.as_ref()?;
        record_of(&report.stages, doc.id, is_mapped(place))
    })?;
    Some(Known::new(&wrapped(editor, record), "a record of the last test run in this tab"))
}

/// Whether a field is filled in with what the mapping of its step made.
fn is_mapped(place: &Place) -> bool {
    place.path.ends_with("/body")
}

/// The first record that came to a step, and where bodies are made, what its mapping made of it; of a source, the first
/// that it read.
fn record_of(stages: &[StageRow], step: Id, mapped: bool) -> Option<Value> {
    let here = |stage: &&StageRow| stage.index.is_some() && is_of_step(&stage.step, step);
    let given = |name: Option<&str>| {
        let of = |stage: &&StageRow| name.is_none_or(|name| stage.name == name) && !stage.input.is_null();
        stages.iter().filter(here).find(of).map(|stage| stage.input.clone())
    };
    let read = || stages.iter().filter(here).find(|stage| !stage.output.is_null()).map(|stage| stage.output.clone());
    mapped.then(|| given(Some("request"))).flatten().or_else(|| given(None)).or_else(read)
}

/// What the last test run in this tab gave a function of a step; in a flow, that of any of its steps.
pub(super) fn of_hook(doc: Doc, function: &str) -> Option<Known> {
    let given = doc.app.tried_out.with_untracked(|kept| {
        let (flow, report) = kept.as_ref()?;
        given_to(&report.stages, function, (*flow != doc.id).then_some(doc.id))
    })?;
    Some(Known::new(&given, "what the last test run in this tab gave the function"))
}

fn given_to(stages: &[StageRow], function: &str, step: Option<Id>) -> Option<Value> {
    let is_call = |stage: &&StageRow| {
        stage.index.is_none() && stage.name == function && step.is_none_or(|step| is_of_step(&stage.step, step))
    };
    stages.iter().filter(is_call).find(|stage| stage.input.is_object()).map(|stage| stage.input.clone())
}

/// What has to be asked for: the last that came to a listener, or the record that the step failed on last.
///
/// # Errors
///
/// Returns a sentence for the person when it may be there and cannot be read.
pub(super) async fn asked_for(doc: Doc, place: &Place, editor: &Editor) -> Result<Option<Known>, String> {
    if !takes_records(editor) || editor.eval == "responseMapping" {
        return Ok(None);
    }
    if is_of_listener(doc) {
        let Some(last) = last_payload(doc).await? else { return Ok(None) };
        return Ok(of_payload(&last, &webhook_of(doc), editor));
    }
    // What a mapping made of a record that failed is nowhere.
    if is_mapped(place) {
        return Ok(None);
    }
    let Some(run) = doc.app.runs.with_untracked(|runs| last_failed(runs.values(), doc.id)) else { return Ok(None) };
    let last = doc.app.call::<Option<RunError>>(Call::LastError { run, step: doc.id }).await;
    Ok(last.map_err(|error| error.message)?.and_then(|error| of_error(error, editor)))
}

/// The last that came to a listener as what its hook is given; `example` has what is around the records.
///
/// # Errors
///
/// Returns a sentence for the person when it may be there and cannot be read.
pub(super) async fn asked_for_hook(doc: Doc, hook: &str, example: &str) -> Result<Option<Known>, String> {
    if hook != "preSavePage" || !is_of_listener(doc) {
        return Ok(None);
    }
    let Some(last) = last_payload(doc).await? else { return Ok(None) };
    Ok(page_of_payload(&last, &webhook_of(doc), page_size_of(doc), example))
}

/// How a listener reads what comes.
fn webhook_of(doc: Doc) -> Value {
    untrack(|| doc.at("/webhook")).unwrap_or_default()
}

fn page_size_of(doc: Doc) -> usize {
    let size = untrack(|| doc.at("/pageSize")).as_ref().and_then(Value::as_u64).filter(|size| *size > 0);
    size.and_then(|size| usize::try_from(size).ok()).unwrap_or(USUAL_PAGE_SIZE)
}

fn is_of_listener(doc: Doc) -> bool {
    untrack(|| doc.app.row(doc.id)).and_then(|row| row.adaptor).as_deref().is_some_and(is_listener)
}

/// Of an account that is on this device alone nobody can ask.
async fn last_payload(doc: Doc) -> Result<Option<LastPayload>, String> {
    let account = doc.app.account.with_untracked(|account| account.as_ref().filter(|one| !one.local).map(|one| one.id));
    match account {
        Some(account) => last_of(account, doc.id).await,
        None => Ok(None),
    }
}

/// The newest run in which a step failed.
fn last_failed<'r>(runs: impl Iterator<Item = &'r RunRow>, step: Id) -> Option<Id> {
    let failed = |run: &&RunRow| run.steps.iter().any(|count| count.errors > 0 && is_of_step(&count.step, step));
    runs.filter(failed).max_by_key(|run| run.started_ms).map(|run| run.id)
}

fn of_error(error: RunError, editor: &Editor) -> Option<Known> {
    let known = Known::new(&wrapped(editor, error.record?), "the record that this step failed on last");
    Some(Known { at_ms: Some(error.time_ms), ..known })
}

/// What came last as the first record that a run makes of it.
fn of_payload(last: &LastPayload, webhook: &Value, editor: &Editor) -> Option<Known> {
    let record = records_of(last, webhook)?.into_iter().next()?;
    Some(Known { at_ms: Some(last.received_ms), ..Known::new(&wrapped(editor, record), CAME_LAST) })
}

/// The same as the first page that a run makes of it; of no records it makes none.
fn page_of_payload(last: &LastPayload, webhook: &Value, page_size: usize, example: &str) -> Option<Known> {
    let mut given: Value = serde_json::from_str(example).ok().filter(Value::is_object)?;
    let mut records = records_of(last, webhook).filter(|records| !records.is_empty())?;
    records.truncate(page_size);
    given["data"] = records.into();
    Some(Known { at_ms: Some(last.received_ms), ..Known::new(&given, CAME_LAST) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::playground::editors;

    const STEP: &str = "0123456789abcdef01234567";

    fn step() -> Id {
        STEP.parse().unwrap()
    }

    fn stage(step: &str, name: &str, index: Option<u64>, input: Value, output: Value) -> StageRow {
        StageRow { step: step.to_owned(), name: name.to_owned(), index, input, output, errors: Vec::new() }
    }

    #[test]
    fn an_editor_is_tried_with_what_the_last_test_run_gave_its_step() {
        let all = [
            stage("aaaaaaaaaaaaaaaaaaaaaaaa", "mapping", Some(0), json!({"other": 1}), Value::Null),
            stage("0123456789abcdef01234567~2", "mapping", Some(0), json!({"a": 1}), json!({"b": 1})),
            stage(STEP, "request", Some(0), json!({"b": 1}), Value::Null),
        ];
        assert_eq!(record_of(&all, step(), false), Some(json!({"a": 1})));
        assert_eq!(record_of(&all, step(), true), Some(json!({"b": 1})));
        let read = [stage(STEP, "parse", Some(0), Value::Null, json!({"a": 2}))];
        assert_eq!(record_of(&read, step(), true), Some(json!({"a": 2})));
        assert_eq!(record_of(&all[..1], step(), false), None);
    }

    #[test]
    fn a_hook_is_tried_with_what_the_last_test_run_gave_its_function() {
        let given = json!({"data": [{"a": 1}], "pageIndex": 0});
        let all = [
            stage(STEP, "preMap", Some(0), json!({"a": 1}), Value::Null),
            stage("aaaaaaaaaaaaaaaaaaaaaaaa", "preMap", None, json!({"data": []}), Value::Null),
            stage(STEP, "preMap", None, given.clone(), Value::Null),
        ];
        assert_eq!(given_to(&all, "preMap", Some(step())), Some(given));
        assert_eq!(given_to(&all, "preMap", None), Some(json!({"data": []})), "a flow has hooks of all its steps");
        assert_eq!(given_to(&all, "postMap", None), None);
    }

    fn input(known: Option<Known>) -> Option<Value> {
        known.map(|known| serde_json::from_str(&known.input).unwrap())
    }

    #[test]
    fn a_listener_is_tried_with_the_first_record_of_what_came_last() {
        let editor = editors::find("trace-key").unwrap();
        let came = |media_type: &str, text: &str| {
            let media_type = media_type.to_owned();
            LastPayload { media_type, text: text.to_owned(), size_bytes: 9, cut: false, received_ms: 7 }
        };
        let made = |media_type: &str, text: &str| of_payload(&came(media_type, text), &Value::Null, editor);
        let known = made("application/json", r#"{"a":1}"#).unwrap();
        assert_eq!((known.what, known.at_ms), ("what came to this listener last", Some(7)));
        let record = Some(json!({"record": {"a": 1}}));
        assert_eq!(input(Some(known)), record);
        assert_eq!(input(made("", r#"[{"a":1},{"a":2}]"#)), record);
        assert_eq!(input(made("", "[]")), None);
        assert_eq!(input(made("text/csv", "sku,qty\nhp-2,4")), None);
        let at = json!({"pathToRecords": "data.orders"});
        let orders = came("", r#"{"data":{"orders":[{"a":1},{"a":2}]}}"#);
        assert_eq!(input(of_payload(&orders, &at, editor)), record);
        let page =
            |last: &LastPayload, size| input(page_of_payload(last, &at, size, r#"{"data": [], "pageIndex": 0}"#));
        assert_eq!(page(&orders, 20), Some(json!({"data": [{"a": 1}, {"a": 2}], "pageIndex": 0})));
        assert_eq!(page(&orders, 1), Some(json!({"data": [{"a": 1}], "pageIndex": 0})));
        assert_eq!(page(&came("", r#"{"data":{"orders":[]}}"#), 20), None);
    }

    #[test]
    fn a_step_is_tried_with_the_record_that_it_failed_on_last() {
        let error =
            |record: Option<Value>| RunError { step: STEP.to_owned(), record, time_ms: 3, ..RunError::default() };
        let editor = editors::find("trace-key").unwrap();
        let found = of_error(error(Some(json!({"a": 3}))), editor);
        assert_eq!(found.as_ref().and_then(|known| known.at_ms), Some(3));
        assert_eq!(input(found), Some(json!({"record": {"a": 3}})));
        assert_eq!(of_error(error(None), editor), None);
        let run = |id: u32, started: i64, errors: u64| -> RunRow {
            let id = Id::from_parts(id, [0; 8]);
            let count = json!({"step": STEP, "name": "Shop", "kind": "import", "received": 1, "success": 1, "ignored": 0, "errors": errors, "pages": 1, "file": null});
            serde_json::from_value(
                json!({"id": id, "flow": id, "flowName": "F", "status": "completed", "place": "server",
                "startedMs": started, "endedMs": null, "steps": [count], "error": null, "n": 1}),
            )
            .unwrap()
        };
        let runs = [run(1, 10, 2), run(2, 20, 1), run(3, 30, 0)];
        assert_eq!(last_failed(runs.iter(), step()), Some(Id::from_parts(2, [0; 8])));
    }
}
