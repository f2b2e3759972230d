//! What is told of a run while it goes on.

use serde_json::json;
use tombolo_engine::{Cancel, Report, run_job};
use tombolo_model::Kind;
use tombolo_model::run::{RunOrigin, RunPlace, RunRow, RunStatus};

use crate::support::{Answer, Memory, bundle, file_export, http_import, id};

fn first() -> RunRow {
    RunRow {
        id: id(90),
        flow: id(91),
        flow_name: String::new(),
        status: RunStatus::Queued,
        place: RunPlace::Browser,
        offline: false,
        started_ms: 0,
        ended_ms: None,
        steps: Vec::new(),
        error: None,
        heads: std::collections::BTreeMap::new(),
        origin: RunOrigin::default(),
        n: 0,
    }
}

#[test]
fn what_was_delivered_is_told_soon_also_when_nothing_happens_after_it() {
    // The first destination takes the record at once, the second is away for a while.
    let host = Memory::new(|request| {
        let first = request.url.to_string().ends_with("/first");
        Some(Answer::new(if first { 200 } else { 503 }, ""))
    })
    .with_file(b"id\n1\n");
    let imports =
        ["first", "second"].map(|to| http_import(&json!({"method": ["POST"], "relativeURI": [format!("/{to}")]})));
    let mut flow = bundle(file_export(&json!({"type": "csv"})), &imports);
    assert_eq!(flow.resources[&id(1)].0, Kind::Connection);
    flow.about.run = Some(id(90));
    let mut told = Vec::new();
    let began = host.clock.now_ms();
    let mut report = |report| {
        if let Report::Row(row) = report {
            let delivered = row.steps.get(1).map_or(0, |step| step.success);
            told.push((host.clock.now_ms() - began, delivered, row.status));
        }
    };
    host.clock.run(run_job(&flow, first(), &host, &Cancel::default(), &mut report));
    let soon = told.iter().find(|(_, delivered, _)| *delivered == 1).copied();
    assert!(soon.is_some_and(|(ms, _, status)| ms <= 200 && status == RunStatus::Running), "{told:?}");
    assert!(told.last().is_some_and(|(ms, ..)| *ms > 10_000), "the second was waited for: {told:?}");
}
