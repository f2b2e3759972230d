//! `tombolo run`: what scripts keep from run to run, and the flows that they start.
#![expect(clippy::unwrap_used, reason = "a command that does not run fails at the right line")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const EXPORT: &str = "000000020000000000000000";
const IMPORT: &str = "000000030000000000000000";
const SCRIPT: &str = "000000040000000000000000";
const CACHE: &str = "000000050000000000000000";
const FIRST: &str = "000000060000000000000000";
const SECOND: &str = "000000070000000000000000";
const INTEGRATION: &str = "000000080000000000000000";

/// Counts its runs, writes what it saw into a cache, starts another flow and says what it read of the integration.
const HOOKS: &str = "import { state, lookupCaches, flows, integrations } from 'integrator-api';
export function count(options) {
  const seen = (state.get('runs') || 0) + 1;
  state.put('runs', seen);
  state.put({ type: 'exports', _id: options._exportId, key: 'last', value: { seen } });
  lookupCaches.upsertData('CACHE', [{ key: 'run' + seen, value: seen }]);
  const started = options._flowId === 'FIRST' ? flows.run({ _id: 'SECOND' })._jobId.length : 0;
  const name = integrations.get(options._integrationId).name;
  return { data: options.data.map((row) => ({ ...row, seen, started, name, grouped: options.settings.flowGrouping.g })) };
}";

fn export_of_everything() -> Value {
    let flow = |id: &str, name: &str| {
        json!({"_id": id, "name": name, "_integrationId": INTEGRATION, "_flowGroupingId": "g1",
        "pageGenerators": [{"_exportId": EXPORT}], "pageProcessors": [{"type": "import", "_importId": IMPORT}]})
    };
    let rules =
        ["seen", "started"].map(|name| json!({"generate": name, "dataType": "number", "extract": format!("$.{name}")}));
    let texts =
        ["name", "grouped"].map(|name| json!({"generate": name, "dataType": "string", "extract": format!("$.{name}")}));
    let content = HOOKS.replace("CACHE", CACHE).replace("FIRST", FIRST).replace("SECOND", SECOND);
    json!({"format": "tombolo-export", "resources": {
        "integrations": [{"_id": INTEGRATION, "name": "Shop", "flowGroupings": [{"_id": "g1", "name": "G", "settings": {"g": "grouped"}}]}],
        "flows": [flow(FIRST, "First"), flow(SECOND, "Second")],
        "exports": [{"_id": EXPORT, "name": "Rows", "adaptorType": "SimpleExport", "file": {"type": "csv", "csv": {"hasHeaderRow": true}},
            "hooks": {"preSavePage": {"_scriptId": SCRIPT, "function": "count"}}}],
        "imports": [{"_id": IMPORT, "name": "Result", "adaptorType": "SimpleImport",
            "file": {"type": "json", "fileName": "{{record.seen}}.json"}, "mappings": [rules[0], rules[1], texts[0], texts[1]]}],
        "scripts": [{"_id": SCRIPT, "name": "Hooks", "content": content}],
        "lookupcaches": [{"_id": CACHE, "name": "Runs", "data": {"begin": 0}}],
    }})
}

fn run(folder: &Path, more: &[&str]) -> Output {
    std::fs::write(folder.join("all.json"), export_of_everything().to_string()).unwrap();
    std::fs::write(folder.join("rows.csv"), "a\n1\n").unwrap();
    Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .current_dir(folder)
        .args(["run", "all.json", "--flow", "First", "--file", "rows.csv"])
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn what_scripts_keep_is_there_in_the_next_run_and_flows_they_start_run_after_it() {
    let folder = TempDir::new().unwrap();
    for first in [1, 3] {
        let output = run(folder.path(), &["--state", "kept.json"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(said.matches("Completed.").count(), 2, "{said}");
        for (seen, started) in [(first, 24), (first + 1, 0)] {
            let made = std::fs::read_to_string(folder.path().join(format!("{seen}.json"))).unwrap();
            let made: Value = serde_json::from_str(&made).unwrap();
            assert_eq!(made, json!([{"seen": seen, "started": started, "name": "Shop", "grouped": "grouped"}]));
        }
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(folder.path().join("kept.json")).unwrap()).unwrap();
    assert_eq!(kept["state"], json!({"runs": 4}));
    assert_eq!(kept["resources"], json!({format!("exports/{EXPORT}"): {"last": {"seen": 4}}}));
    assert_eq!(kept["lookupcaches"][CACHE], json!({"begin": 0, "run1": 1, "run2": 2, "run3": 3, "run4": 4}));
}

#[test]
fn what_scripts_kept_is_on_disk_at_once_and_what_they_took_away_stays_away() {
    let folder = TempDir::new().unwrap();
    let (file, journal) = (folder.path().join("kept.json"), folder.path().join("kept.json.journal"));
    // A command that was killed left three writes, the last of them half.
    let left = format!(
        "{}\n{}\n{{\"put\":{{\"runs\":9",
        json!({"lookupcache": CACHE, "put": {"run1": 1}, "take": ["begin"]}),
        json!({"put": {"runs": 4}, "take": []})
    );
    std::fs::write(&journal, left).unwrap();
    // Another one cannot write the file at its end.
    let blocked = folder.path().join("kept.json.new");
    std::fs::create_dir(&blocked).unwrap();
    let output = run(folder.path(), &["--state", "kept.json"]);
    assert!(!output.status.success() && output.stdout.is_empty(), "nothing runs on what cannot be kept");
    std::fs::remove_dir(&blocked).unwrap();
    let output = run(folder.path(), &["--state", "kept.json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept["state"], json!({"runs": 6}));
    // “begin” came with the flow, and is not there again.
    assert_eq!(kept["lookupcaches"][CACHE], json!({"run1": 1, "run5": 5, "run6": 6}));
    assert!(!journal.exists());
    std::fs::create_dir(&blocked).unwrap();
    let output = run(folder.path(), &["--state", "kept.json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("kept.json cannot be written"), "{said}");
    let lines = std::fs::read_to_string(&journal).unwrap();
    assert!(lines.contains(r#""put":{"runs":7}"#) && lines.ends_with('\n'), "what was said to be kept is: {lines}");
    std::fs::remove_dir(&blocked).unwrap();
    assert!(run(folder.path(), &["--state", "kept.json"]).status.success());
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept["state"], json!({"runs": 9}));
}

#[test]
fn without_a_file_for_it_what_scripts_keep_ends_with_the_command_and_it_says_so() {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        let output = run(folder.path(), &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains("--state FILE keeps it"), "{said}");
        assert!(folder.path().join("2.json").exists() && !folder.path().join("3.json").exists());
    }
}

#[test]
fn a_file_of_state_that_cannot_be_read_stops_the_command_before_the_flow_runs() {
    let folder = TempDir::new().unwrap();
    for text in ["{", r#"{"other": 1}"#, r#"{"resources": {"nothings/x": {"a": 1}}}"#] {
        std::fs::write(folder.path().join("kept.json"), text).unwrap();
        let output = run(folder.path(), &["--state", "kept.json"]);
        assert!(!output.status.success() && output.stdout.is_empty(), "{text}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("kept.json"), "{text}");
        assert_eq!(std::fs::read_to_string(folder.path().join("kept.json")).unwrap(), text);
    }
}

#[test]
fn an_export_of_changes_goes_on_where_the_last_run_was() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("rows.csv"), "id,at\n1,2026-01-01T00:00:00Z\n2,2026-03-01T00:00:00Z\n").unwrap();
    let export = json!({"_id": EXPORT, "name": "Rows", "adaptorType": "SimpleExport", "type": "delta",
        "delta": {"dateField": "at"}, "file": {"type": "csv", "csv": {"hasHeaderRow": true}}});
    let import = json!({"_id": IMPORT, "name": "Result", "adaptorType": "SimpleImport", "file": {"type": "json", "fileName": "made.json"}});
    let flow = json!({"_id": FIRST, "name": "First", "pageGenerators": [{"_exportId": EXPORT}],
        "pageProcessors": [{"type": "import", "_importId": IMPORT}]});
    let all =
        json!({"format": "tombolo-export", "resources": {"flows": [flow], "exports": [export], "imports": [import]}});
    std::fs::write(folder.path().join("all.json"), all.to_string()).unwrap();
    let run = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tombolo"))
            .current_dir(folder.path())
            .args(["run", "all.json", "--file", "rows.csv", "--state", "kept.json"])
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    };
    assert!(run(&["--at", "2026-02-01T00:00:00Z"]).contains("Rows: 2 in, 2 done"));
    assert!(run(&["--at", "2026-04-01T00:00:00Z"]).contains("Rows: 2 in, 1 done, 1 ignored"));
    assert!(run(&["--at", "2026-05-01T00:00:00Z"]).contains("Rows: 2 in, 0 done, 2 ignored"));
    assert!(run(&["--since", "2025-01-01T00:00:00Z"]).contains("Rows: 2 in, 2 done"));
}

/// A flow out of a file of JSON into files of JSON, with a number that has to be one.
fn numbers(folder: &Path, file: &Value, more: &[&str]) -> Output {
    let rule = json!({"generate": "n", "dataType": "number", "extract": "$.n"});
    let all = json!({"format": "tombolo-export", "resources": {
        "flows": [{"_id": FIRST, "name": "First",
            "pageGenerators": [{"_exportId": EXPORT}], "pageProcessors": [{"type": "import", "_importId": IMPORT}]}],
        "exports": [{"_id": EXPORT, "name": "Rows", "adaptorType": "SimpleExport", "file": {"type": "json"}}],
        "imports": [{"_id": IMPORT, "name": "Result", "adaptorType": "SimpleImport", "file": file, "mappings": [rule]}],
    }});
    std::fs::write(folder.join("all.json"), all.to_string()).unwrap();
    std::fs::write(folder.join("rows.json"), r#"[{"id":1,"n":"1"},{"id":2,"n":"x"},{"id":3,"n":"3"}]"#).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_tombolo")).current_dir(folder).args(["run", "all.json"]).args(more).output();
    output.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_failed_on_the_command_line_is_tried_again_from_a_file_edited_or_not() {
    let folder = TempDir::new().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let numbers = |more: &[&str]| numbers(folder.path(), &json!({"type": "json", "fileName": "out.json"}), more);
    let first = numbers(&["--file", "rows.json", "--errors", "failed.jsonl"]);
    assert!(said(&first).contains("1 errors are in failed.jsonl: --retry failed.jsonl"), "{}", said(&first));
    let line: Value = serde_json::from_str(&read("failed.jsonl")).unwrap();
    assert_eq!((&line["step"], &line["index"], &line["traceKey"]), (&json!(IMPORT), &json!(1), &json!("2")));
    assert_eq!((&line["code"], &line["record"]), (&json!("mapping"), &json!({"id": 2, "n": "x"})));

    let again = numbers(&["--retry", "failed.jsonl", "--errors", "again.jsonl"]);
    assert!(again.status.success() && said(&again).contains("1 in, 0 done, 0 ignored, 1 errors"), "{}", said(&again));
    assert_eq!(read("again.jsonl"), read("failed.jsonl"), "it fails again, and may be tried again");
    std::fs::write(folder.path().join("again.jsonl"), read("failed.jsonl").replace("\"x\"", "2")).unwrap();
    let edited = numbers(&["--retry", "again.jsonl"]);
    assert!(String::from_utf8_lossy(&edited.stdout).contains(r#""type":"retry""#));
    assert_eq!(read("out.json"), "[\n{\"n\":1},\n{\"n\":3}\n]\n", "what the first run made stays");
    let made: Vec<String> = ["out (2).json", "out (3).json"].map(read).into();
    assert_eq!(made, ["[]\n", "[\n{\"n\":2}\n]\n"]);
    let over = numbers(&["--retry", "again.jsonl", "--errors", "again.jsonl"]);
    assert!(!over.status.success() && said(&over).contains("name another file"), "{}", said(&over));
}

#[test]
fn a_file_a_record_lies_on_the_disk_by_its_own_name() {
    let folder = TempDir::new().unwrap();
    let file = json!({"type": "json", "fileName": "{{record.n}}.json", "skipAggregation": true});
    let output = numbers(folder.path(), &file, &["--file", "rows.json", "--out", "out"]);
    let mut names: Vec<_> = std::fs::read_dir(folder.path().join("out")).unwrap().map(|found| found.unwrap()).collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    let names: Vec<String> = names.iter().map(|found| found.file_name().into_string().unwrap()).collect();
    assert_eq!(names, ["1.json", "3.json"], "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains(r#""name":"1.json and 1 more""#));
}

/// An expression that tries all ways, a list that says that it has 2⁵³ items, and a record that is none of that.
const ENDLESS: &str = "function keep({ record }) {
  if (record.n === 'regex') return /^(a+)+$/.test('a'.repeat(60) + 'b');
  if (record.n === 'list') return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1) >= 0;
  return true;
}";

#[test]
fn a_call_that_computes_without_end_is_ended_within_seconds_and_the_run_goes_on() {
    let folder = TempDir::new().unwrap();
    let called = json!({"type": "script", "script": {"_scriptId": SCRIPT, "function": "keep"}});
    let all = json!({"format": "tombolo-export", "resources": {
        "flows": [{"_id": FIRST, "name": "First",
            "pageGenerators": [{"_exportId": EXPORT}], "pageProcessors": [{"type": "import", "_importId": IMPORT}]}],
        "exports": [{"_id": EXPORT, "name": "Rows", "adaptorType": "SimpleExport", "file": {"type": "json"}, "filter": called}],
        "imports": [{"_id": IMPORT, "name": "Result", "adaptorType": "SimpleImport", "file": {"type": "json", "fileName": "out.json"}}],
        "scripts": [{"_id": SCRIPT, "name": "Hooks", "content": ENDLESS}],
    }});
    std::fs::write(folder.path().join("all.json"), all.to_string()).unwrap();
    std::fs::write(folder.path().join("rows.json"), r#"[{"n":"regex"},{"n":"list"},{"n":"fine"}]"#).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tombolo"));
    let begun = std::time::Instant::now();
    let output = command.current_dir(folder.path()).args(["run", "all.json", "--file", "rows.json"]).output().unwrap();
    let took = begun.elapsed();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(lines.matches("it computed for more than 4 seconds").count(), 2, "{lines}{}", said(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("out.json")).unwrap(), "[\n{\"n\":\"fine\"}\n]\n");
    // Two calls of four seconds; each would have had thirty.
    assert!(took.as_secs() < 30, "{took:?}");
}
