//! The golden flows of `tests/corpus/flows`, over a host that is made of memory.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail at the line that is wrong"
)]

mod memory;

// Time that passes when all of a run waits, as other flows of the tests have it.
#[path = "../flows/clock.rs"]
mod clock;
// The tests of the other hosts read the same files by the same code.
#[path = "../../../../tests/src/golden.rs"]
#[expect(dead_code, unreachable_pub, reason = "it belongs to a library, and each host needs another part of it")]
mod golden;

use std::path::Path;

use serde_json::json;
use tombolo_engine::{About, Bundle, Cancel, Report, run_job};
use tombolo_model::Id;
use tombolo_model::run::{RunBegin, RunPlace, RunRow, RunStatus};

use golden::{Came, Golden, read_all};
use memory::Memory;

#[test]
fn golden_flows_make_the_same_bytes_in_memory() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/flows");
    let golden = read_all(&folder, |_| "https://app.example".to_owned());
    assert!(!golden.is_empty());
    let wrong: String = golden.iter().map(differences).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

fn differences(golden: &Golden) -> String {
    let host = Memory::new(golden);
    let row = first_row();
    let bundle = bundle(golden, &row);
    let mut came = Came { console: Some(Vec::new()), ..Came::default() };
    let mut stages = Vec::new();
    let mut report = |report| match report {
        Report::Row(row) => came.row = serde_json::to_value(*row).unwrap(),
        Report::Error { error, .. } => came.errors.push(serde_json::to_value(error).unwrap()),
        Report::Stage { step, stage } => stages.push((step, stage.name, stage.index)),
        Report::Console { step, function, lines, .. } => {
            let lines = lines.into_iter().map(|line| [step.clone(), function.clone(), line.level, line.text]);
            came.console.get_or_insert_default().extend(lines);
        }
        // Nothing of these is in a fixture.
        Report::Renewed { .. } | Report::Exchange { .. } => {}
    };
    host.clock.run(run_job(&bundle, row, &host, &Cancel::default(), &mut report));
    came.stages = golden.test.then_some(stages);
    came.files = host.made.take();
    golden.differences(&came, &host.endpoints.borrow())
}

fn bundle(golden: &Golden, row: &RunRow) -> Bundle {
    let mut bundle = Bundle { flow: golden.bundle["flow"].clone(), ..Bundle::default() };
    for (id, found) in golden.bundle["resources"].as_object().unwrap() {
        let mut value = found["value"].clone();
        if golden.files.contains_key(id) {
            value["rawData"] = json!(id);
        }
        let kind = serde_json::from_value(found["kind"].clone()).unwrap();
        bundle.resources.insert(id.parse().unwrap(), (kind, value));
    }
    if let Some(secrets) = golden.bundle.get("secrets") {
        bundle.secrets = serde_json::from_value(secrets.clone()).unwrap();
    }
    bundle.about = About {
        run: Some(row.id),
        flow: Some(row.flow),
        test_mode: golden.test,
        begin: RunBegin { now_ms: Some(golden.now_ms), seed: Some(golden.seed) },
        ..About::default()
    };
    bundle
}

fn first_row() -> RunRow {
    RunRow {
        id: Id::from_parts(1, [0; 8]),
        flow: Id::from_parts(2, [0; 8]),
        flow_name: String::new(),
        status: RunStatus::Queued,
        place: RunPlace::CommandLine,
        offline: false,
        started_ms: 0,
        ended_ms: None,
        steps: Vec::new(),
        error: None,
        heads: std::collections::BTreeMap::new(),
        origin: tombolo_model::run::RunOrigin::default(),
        n: 0,
    }
}
