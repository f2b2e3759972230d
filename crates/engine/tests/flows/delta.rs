//! Exports of what is new: since when they read, and up to when a run may say that they did.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_engine::{Bundle, RunEvent};
use tombolo_model::run::{Checkpoint, RunStatus};

use crate::support::{Answer, Memory, bundle, file_export, go, go_until, http_export, http_import, id, refusals, with};

/// When runs of the memory host begin.
const NOW_MS: i64 = 1_795_492_800_000;
/// 2026-11-01T12:00:00Z.
const LAST_MS: i64 = 1_793_534_400_000;

fn endpoint(delta: &Value) -> Bundle {
    let http = json!({"relativeURI": "/x?since={{{lastExportDateTime}}}&now={{{currentExportDateTime}}}",
        "method": "POST", "body": "{{lastExportDateTimeUTC}}"});
    bundle(with(http_export(&http), &json!({"type": "delta", "delta": delta})), &[])
}

fn asked(flow: &Bundle) -> (String, String) {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    go(flow, &host);
    (host.urls()[0].replace("https://app.example/v1/x?since=", ""), host.bodies()[0].clone())
}

#[test]
fn an_endpoint_is_asked_for_what_changed_since_the_last_run() {
    let now = "2026-11-24T04:00:00.000Z";
    for (delta, last, start, since) in [
        (json!({}), None, None, "1970-01-01T00:00:00.000Z"),
        (json!({"startDate": "2026-01-02T00:00:00Z", "lagOffset": 5}), None, None, "2026-01-02T00:00:00.000Z"),
        (json!({"startDate": "2026-01-02T00:00:00Z"}), Some(LAST_MS), None, "2026-11-01T12:00:00.000Z"),
        (json!({"lagOffset": 60_000}), Some(LAST_MS), None, "2026-11-01T11:59:00.000Z"),
        (json!({"lagOffset": -1000}), Some(LAST_MS), None, "2026-11-01T12:00:01.000Z"),
        (json!({"lagOffset": 60_000}), Some(LAST_MS), Some(0), "1970-01-01T00:00:00.000Z"),
    ] {
        let mut flow = endpoint(&delta);
        flow.about.checkpoints = last.map(|last| (id(2), last)).into_iter().collect();
        flow.about.start_ms = start;
        assert_eq!(asked(&flow), (format!("{since}&now={now}"), since.to_owned()), "{delta}");
    }
    let mut flow = endpoint(&json!({"dateFormat": "DD/MM/YYYY"}));
    flow.about.checkpoints.insert(id(2), LAST_MS);
    assert_eq!(asked(&flow), ("01/11/2026&now=24/11/2026".to_owned(), "2026-11-01T12:00:00.000Z".to_owned()));
}

#[test]
fn only_a_run_that_completed_moves_the_checkpoint() {
    let mut flow = endpoint(&json!({}));
    let completed = go(&flow, &Memory::new(|_| Some(Answer::json(&json!([])))));
    let checkpoint = |from_ms| Some(Checkpoint { export: id(2), from_ms, to_ms: NOW_MS });
    assert_eq!(completed.outcome.steps[0].checkpoint, checkpoint(None));
    flow.about.checkpoints.insert(id(2), LAST_MS);
    flow.about.start_ms = Some(5);
    let completed = go(&flow, &Memory::new(|_| Some(Answer::json(&json!([])))));
    assert_eq!(completed.outcome.steps[0].checkpoint, checkpoint(Some(LAST_MS)));
    let failed = go(&flow, &Memory::new(|_| Some(Answer::new(500, ""))));
    assert_eq!((failed.outcome.status, failed.outcome.steps[0].checkpoint), (RunStatus::Failed, None));
    flow.about.test_mode = true;
    let tried = go(&flow, &Memory::new(|_| Some(Answer::json(&json!([])))));
    assert_eq!((tried.outcome.status, tried.outcome.steps[0].checkpoint), (RunStatus::Completed, None));
    let all = bundle(http_export(&json!({"relativeURI": "/x"})), &[]);
    let ran = go(&all, &Memory::new(|_| Some(Answer::json(&json!([])))));
    assert_eq!(ran.outcome.steps[0].checkpoint, None, "an export of all has none");
}

#[test]
fn a_run_that_was_stopped_behind_its_source_keeps_its_checkpoint() {
    let export = with(http_export(&json!({"relativeURI": "/x"})), &json!({"type": "delta"}));
    let flow = bundle(export, &[http_import(&json!({"relativeURI": ["/y"]}))]);
    let host = |silent: bool| {
        Memory::new(move |request| {
            let is_read = request.url.to_string().ends_with("/x");
            (is_read || !silent).then(|| Answer::json(&json!([{"n": 1}])))
        })
    };
    let stopped = go_until(&flow, &host(true), |event| matches!(event, RunEvent::Count { step: 0, .. }));
    assert_eq!((stopped.outcome.status, stopped.counts(0)[1]), (RunStatus::Canceled, 1));
    assert_eq!(stopped.outcome.steps[0].checkpoint, None);
    assert!(go(&flow, &host(false)).outcome.steps[0].checkpoint.is_some());
}

#[test]
fn the_records_of_a_file_are_new_by_their_date() {
    let text = b"id,at,other\n1,2026-11-01T12:00:00Z,\n2,2026-11-01T11:59:59.999Z,2026-10-01\n3,soon,\n4,2026-01-01,2026-12-01\n5,,2026-01-01\n";
    let kept = |delta: Value| {
        let export = with(file_export(&json!({"type": "csv"})), &json!({"type": "delta", "delta": delta}));
        let mut flow = bundle(export, &[http_import(&json!({"relativeURI": ["/{{record.id}}"]}))]);
        flow.about.checkpoints = BTreeMap::from([(id(2), LAST_MS)]);
        let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(text);
        let ran = go(&flow, &host);
        let ids: String = host.urls().iter().map(|url| url.rsplit('/').next().unwrap().to_owned()).collect();
        (ids, ran.counts(0))
    };
    assert_eq!(kept(json!({"dateField": "at"})), ("135".to_owned(), [5, 3, 2, 0]), "what has no date is read again");
    assert_eq!(kept(json!({"dateField": "at, other"})), ("134".to_owned(), [5, 3, 2, 0]));
    let days = json!({"dateField": "at", "dateFormat": "YYYY-MM-DD"});
    assert_eq!(kept(days).0, "1235", "as exact as the format");
}

#[test]
fn an_export_of_changes_that_cannot_work_is_refused() {
    for (delta, place) in
        [(json!({"startDate": "soon"}), "/delta/startDate"), (json!({"dateField": "at"}), "/delta/dateField")]
    {
        assert!(refusals(&endpoint(&delta)).contains(&format!("{place}: ")), "{delta}");
    }
    let file = with(file_export(&json!({"type": "csv"})), &json!({"type": "delta"}));
    assert!(refusals(&bundle(file, &[])).contains("/delta/dateField: "));
}

#[test]
fn times_beyond_all_calendars_are_no_panic() {
    for (lag, last) in [(i64::MAX, i64::MIN), (i64::MIN, i64::MAX), (1, i64::MIN), (0, i64::MAX)] {
        for format in [json!(null), json!("YYYY-MM-DD")] {
            let mut flow = endpoint(&json!({"lagOffset": lag, "dateFormat": format}));
            flow.about.checkpoints.insert(id(2), last);
            asked(&flow);
        }
    }
}
