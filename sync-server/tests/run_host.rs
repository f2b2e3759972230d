//! The command line's runs: the real program, real files, real HTTP on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get};
use futures_util::stream;
use serde_json::{Value, json};
use tombolo_model::run::{RunRow, RunStatus};
use tombolo_server::job::Line;

const CONNECTION: &str = "000000010000000000000000";
const EXPORT: &str = "000000020000000000000000";
const IMPORT: &str = "000000030000000000000000";
const SCRIPT: &str = "000000040000000000000000";

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tombolo"))
}

/// A bundle of one export and one import.
fn bundle(base: &str, export: &Value, import: &Value) -> Value {
    let step = json!({"type": "import", "_importId": IMPORT});
    let http = json!({"baseURI": base, "auth": {"type": "token", "token": {"location": "header", "headerName": "X-Key", "scheme": "none"}}});
    json!({
        "flow": {"name": "Flow", "pageGenerators": [{"_exportId": EXPORT}], "pageProcessors": [step]},
        "resources": {
            CONNECTION: {"kind": "connection", "value": {"name": "App", "type": "http", "http": http}},
            EXPORT: {"kind": "export", "value": export},
            IMPORT: {"kind": "import", "value": import},
        },
        "secrets": {CONNECTION: {"/http/auth/token/token": "hush-hush"}},
    })
}

fn file_export() -> Value {
    json!({"name": "Rows", "adaptorType": "SimpleExport", "rawData": "unused", "file": {"type": "csv"}})
}

fn http_export(uri: &str, paging: &Value) -> Value {
    json!({"name": "Items", "adaptorType": "HTTPExport", "_connectionId": CONNECTION, "http": {"relativeURI": uri, "paging": paging}})
}

fn file_import() -> Value {
    let rules = json!([
        {"generate": "n", "dataType": "number", "extract": "$.n"},
        {"generate": "in", "dataType": "object", "mappings": [{"generate": "text", "dataType": "string", "extract": "{{{record.n}}}!"}]}]);
    json!({"name": "Result", "adaptorType": "SimpleImport", "file": {"type": "json", "fileName": "result.json"}, "mappings": rules})
}

fn http_import() -> Value {
    json!({"name": "Target", "adaptorType": "HTTPImport", "_connectionId": CONNECTION, "http": {"method": ["POST"], "relativeURI": ["/take"]}})
}

struct Ran {
    output: Output,
    lines: Vec<Line>,
}

impl Ran {
    fn new(output: Output) -> Self {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        Self { output, lines }
    }

    fn last(&self) -> &RunRow {
        match self.lines.last() {
            Some(Line::Row { row }) => row,
            other => panic!("{other:?} {}", String::from_utf8_lossy(&self.output.stderr)),
        }
    }

    fn message(&self) -> String {
        self.last().error.as_ref().map(|error| error.message.clone()).unwrap_or_default()
    }
}

/// `tombolo run`, off the test's runtime so that its servers answer.
async fn run(folder: &Path, bundle: &Value, files: &[&str]) -> Ran {
    run_of(folder, bundle, None, files).await
}

async fn run_of(folder: &Path, bundle: &Value, flow: Option<&str>, files: &[&str]) -> Ran {
    let path = folder.join("bundle.json");
    std::fs::write(&path, bundle.to_string()).unwrap();
    let mut command = program();
    command.arg("run").arg(path).arg("--out").arg(folder.join("out"));
    // A proxy of the environment must not see what a run sends.
    command.env("http_proxy", "http://127.0.0.1:1").env("HTTP_PROXY", "http://127.0.0.1:1");
    for file in files {
        command.arg("--file").arg(file);
    }
    if let Some(flow) = flow {
        command.arg("--flow").arg(flow);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    Ran::new(output.await.unwrap())
}

/// `tombolo run-worker` with the job that `serve` would send.
async fn worker(folder: &Path, bundle: &Value, files: BTreeMap<String, String>, private: bool) -> Ran {
    let row = json!({"id": EXPORT, "flow": IMPORT, "flowName": "Flow", "status": "queued", "place": "server",
        "startedMs": 0, "endedMs": null, "steps": [], "error": null, "n": 1});
    let base = bundle["resources"][CONNECTION]["value"]["http"]["baseURI"].as_str().unwrap();
    let mut job = bundle.clone();
    let fields = job.as_object_mut().unwrap();
    fields.insert("row".into(), row);
    fields.insert("hosts".into(), json!({ CONNECTION: [base] }));
    fields.insert("files".into(), json!(files));
    fields.insert("out".into(), json!(folder.join("worker")));
    fields.insert("allowPrivateNetwork".into(), json!(private));
    let has_scripts = bundle["resources"].as_object().unwrap().values().any(|found| found["kind"] == "script");
    let output = tokio::task::spawn_blocking(move || {
        let mut child = program()
            .arg("run-worker")
            .args(has_scripts.then_some("--scripts"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{job}").unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    });
    Ran::new(output.await.unwrap())
}

async fn serve(routes: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    format!("http://{address}")
}

async fn items(Query(query): Query<BTreeMap<String, usize>>) -> impl IntoResponse {
    let page = query["page"];
    let rows: Vec<Value> = match page {
        0..5 => (page * 20..page * 20 + 20).map(|n| json!({"n": n})).collect(),
        _ => Vec::new(),
    };
    axum::Json(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_and_the_servers_child_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..1000).map(|n| format!("{n},\"é {n}\"\n")).collect();
    let input = folder.path().join("in.csv");
    std::fs::write(&input, format!("n,t\n{rows}")).unwrap();
    let bundle = bundle("http://127.0.0.1:1", &file_export(), &file_import());
    let path = input.to_str().unwrap();
    let ran = run(folder.path(), &bundle, &[path]).await;
    assert_eq!(ran.last().status, RunStatus::Completed, "{}", ran.message());
    assert!(ran.output.status.success());
    assert_eq!(ran.last().steps[1].success, 1000);
    let files = BTreeMap::from([("unused".to_owned(), path.to_owned())]);
    let child = worker(folder.path(), &bundle, files, false).await;
    assert_eq!(child.last().status, RunStatus::Completed, "{}", child.message());
    let made = child.lines.iter().find_map(|line| match line {
        Line::File { step, name, path } => Some((step.clone(), name.clone(), path.clone())),
        _ => None,
    });
    let (step, name, path) = made.unwrap();
    assert_eq!((step.as_str(), name.as_str()), (IMPORT, "result.json"));
    let one = std::fs::read(folder.path().join("out/result.json")).unwrap();
    assert!(one.starts_with(b"[\n{\"n\":0,\"in\":{\"text\":\"0!\"}},\n"));
    assert_eq!(one, std::fs::read(path).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_read_and_records_arrive_over_real_http() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&taken);
    let take = move |headers: HeaderMap, body: Bytes| async move {
        assert_eq!(headers["x-key"], "hush-hush");
        assert_eq!(headers[header::CONTENT_TYPE], "application/json");
        let value: Value = serde_json::from_slice(&body).unwrap();
        let refused = value["n"] == 13;
        into.lock().unwrap().push(value);
        if refused {
            (StatusCode::UNPROCESSABLE_ENTITY, r#"{"message":"bad luck"}"#)
        } else {
            (StatusCode::CREATED, "{}")
        }
    };
    let base = serve(Router::new().route("/items", get(items)).route("/take", any(take))).await;
    let folder = tempfile::tempdir().unwrap();
    let export = http_export("/items?page={{export.http.paging.page}}", &json!({"method": "page"}));
    let ran = run(folder.path(), &bundle(&base, &export, &http_import()), &[]).await;
    assert_eq!(ran.last().status, RunStatus::Completed, "{}", ran.message());
    let target = &ran.last().steps[1];
    assert_eq!((target.received, target.success, target.errors), (100, 99, 1));
    let mut numbers: Vec<u64> = taken.lock().unwrap().iter().map(|value| value["n"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    let text = String::from_utf8_lossy(&ran.output.stdout);
    assert!(text.contains("bad luck") && !text.contains("hush"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_does_not_follow_a_redirect_to_another_host() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = || {
        let into = Arc::clone(&seen);
        get(move |headers: HeaderMap| async move {
            let came = ["x-key", "x-own-key", "x-api-key", "x-version"];
            let came = came.map(|name| headers.get(name).map(|value| value.to_str().unwrap().to_owned()));
            into.lock().unwrap().push(came);
            axum::Json(json!([{"n": 1}]))
        })
    };
    let other = serve(Router::new().route("/elsewhere", noted())).await;
    let target = format!("{other}/elsewhere");
    let routes = Router::new()
        .route("/here", noted())
        .route("/away", get(move || async move { Redirect::temporary(&target) }))
        .route("/within", get(|| async { Redirect::permanent("/here") }));
    let base = serve(routes).await;
    let folder = tempfile::tempdir().unwrap();
    for path in ["/away", "/within"] {
        let mut bundle = bundle(&base, &http_export(path, &json!({})), &file_import());
        bundle["resources"][CONNECTION]["value"]["http"]["headers"] = json!([
            {"name": "X-Own-Key", "value": "k-{{{connection.http.auth.token.token}}}"},
            {"name": "X-Api-Key", "value": "as-it-is"}, {"name": "X-Version", "value": "2"}]);
        let ran = run(folder.path(), &bundle, &[]).await;
        assert_eq!(ran.last().status, RunStatus::Completed, "{}", ran.message());
    }
    let all = ["hush-hush", "k-hush-hush", "as-it-is", "2"].map(|value| Some(value.to_owned()));
    let [away, within] = <[_; 2]>::try_from(seen.lock().unwrap().clone()).unwrap();
    assert_eq!(away, [None, None, None, Some("2".to_owned())], "neither what is a secret nor what is called so");
    assert_eq!(within, all, "on the same host all headers stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_uses_an_import_twice_keeps_both_files() {
    let base = serve(Router::new().route("/items", get(items))).await;
    let folder = tempfile::tempdir().unwrap();
    let mut bundle = bundle(&base, &http_export("/items?page=0", &json!({})), &file_import());
    let step = bundle["flow"]["pageProcessors"][0].clone();
    bundle["flow"]["pageProcessors"] = json!([step.clone(), step]);
    let ran = worker(folder.path(), &bundle, BTreeMap::new(), true).await;
    let files: Vec<_> = ran
        .lines
        .iter()
        .filter_map(|line| match line {
            Line::File { step, path, .. } => Some((step.clone(), path.is_file())),
            _ => None,
        })
        .collect();
    let second = format!("{IMPORT}~2");
    assert_eq!(files, [(IMPORT.to_owned(), true), (second.clone(), true)], "{}", ran.message());
    let steps: Vec<&str> = ran.last().steps.iter().map(|count| count.step.as_str()).collect();
    assert_eq!(steps, [EXPORT, IMPORT, &second]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_out_of_an_export_of_everything_runs_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let rows = folder.path().join("rows.csv");
    std::fs::write(&rows, "n\n1\n2\n").unwrap();
    let with = |id: &str, mut value: Value, more: Value| {
        value["_id"] = json!(id);
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    let flow = |n: u8, export: &str| {
        let step = json!({"type": "import", "_importId": IMPORT});
        json!({"_id": format!("00000004000000000000000{n}"), "name": format!("Flow {n}"),
            "pageGenerators": [{"_exportId": export}], "pageProcessors": [step]})
    };
    let other = "000000050000000000000000";
    let exported = json!({
        "format": "tombolo-export", "version": 1, "account": "A", "exportedAtMs": 0, "notAccepted": [], "unreadable": [],
        "resources": {
            "flows": [flow(1, EXPORT), flow(2, other)],
            "exports": [with(EXPORT, file_export(), json!({})), with(other, file_export(), json!({"name": "Others"}))],
            "imports": [with(IMPORT, file_import(), json!({}))],
            "somethingNew": [{"_id": "x"}],
        },
    });
    let ran = run_of(folder.path(), &exported, Some("Flow 2"), &[rows.to_str().unwrap()]).await;
    assert_eq!(ran.last().status, RunStatus::Completed, "{}", ran.message());
    assert_eq!(ran.last().flow_name, "Flow 2");
    let made = std::fs::read_to_string(folder.path().join("out/result.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&made).unwrap()[1], json!({"n": 2, "in": {"text": "2!"}}));
    for (wanted, said) in [(None, "which flow is to run"), (Some("Flow 3"), "“Flow 1” (000000040000000000000001)")]
    {
        let refused = run_of(folder.path(), &exported, wanted, &[]).await;
        let words = String::from_utf8_lossy(&refused.output.stderr).into_owned();
        assert!(!refused.output.status.success() && words.contains(said), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_child_does_not_reach_private_addresses() {
    let base = serve(Router::new().route("/items", get(items))).await;
    let local = base.replace("127.0.0.1", "localhost");
    let folder = tempfile::tempdir().unwrap();
    for base in [base, local] {
        let bundle = bundle(&base, &http_export("/items?page=0", &json!({})), &file_import());
        let refused = worker(folder.path(), &bundle, BTreeMap::new(), false).await;
        assert_eq!(refused.last().status, RunStatus::Failed);
        assert!(refused.message().contains("private"), "{}", refused.message());
        let reached = worker(folder.path(), &bundle, BTreeMap::new(), true).await;
        assert_eq!(reached.last().status, RunStatus::Completed, "{}", reached.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_misbehaves_ends_the_run_with_a_clear_error() {
    let endless = || async {
        let piece = Bytes::from(format!("{{\"n\":\"{}\"}},", "x".repeat(250_000)));
        let body = stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
        Body::from_stream(stream::StreamExt::chain(stream::iter([Ok(Bytes::from("["))]), body))
    };
    let cut = || async {
        let pieces = [Ok(Bytes::from(r#"[{"n":1},"#)), Err(std::io::Error::other("gone"))];
        Body::from_stream(stream::iter(pieces))
    };
    let base = serve(
        Router::new()
            .route("/endless", get(endless))
            .route("/cut", get(cut))
            .route("/html", get(|| async { axum::response::Html("<!doctype html><p>hello") }))
            .route("/nothing", get(|| async { "" }))
            .route("/501", get(|| async { (StatusCode::NOT_IMPLEMENTED, "it broke") })),
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    for (path, want) in [
        ("/endless", "bigger than 64 MiB"),
        ("/cut", "could not be reached"),
        ("/html", "a web page"),
        ("/nothing", "answered with nothing"),
        ("/501", "it broke"),
        ("/none", "answered 404"),
    ] {
        let ran = run(folder.path(), &bundle(&base, &http_export(path, &json!({})), &file_import()), &[]).await;
        assert_eq!(ran.last().status, RunStatus::Failed, "{path}");
        assert_eq!(ran.output.status.code(), Some(1), "{path}");
        assert!(ran.message().contains(want), "{path}: {}", ran.message());
        assert!(!folder.path().join("out/result.json").exists(), "{path} left a file");
        // The folder is made with the first file, and so it may not be there.
        let pieces = std::fs::read_dir(folder.path().join("out")).map_or(0, Iterator::count);
        assert_eq!(pieces, 0, "{path} left a piece");
    }
    let off = bundle("http://127.0.0.1:1", &http_export("/x", &json!({})), &file_import());
    let ran = run(folder.path(), &off, &[]).await;
    assert!(ran.message().contains("could not be reached"), "{}", ran.message());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_not_ready_says_why_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut bundle = bundle("http://127.0.0.1:1", &file_export(), &file_import());
    bundle["resources"].as_object_mut().unwrap().remove(EXPORT);
    let ran = run(folder.path(), &bundle, &[]).await;
    assert_eq!(ran.last().error.as_ref().unwrap().code, "not_runnable");
    assert_eq!(ran.output.status.code(), Some(1));
}

#[test]
fn an_editor_answers_line_by_line() {
    let mut child = program().args(["eval", "filter"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for value in [1, 2] {
        let line = json!({"id": value, "rules": ["equals", ["extract", "a"], 1], "input": {"a": value}});
        writeln!(stdin, "{line}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answer = |id, output| format!("{{\"id\":{id},\"output\":{output},\"errors\":[],\"console\":[]}}\n");
    assert_eq!(text, answer(1, true) + &answer(2, false));
}

/// A transformation that remembers, and a filter that is stopped at one record and runs out of memory at another.
const HOSTILE: &str = "import dayjs from 'dayjs';
let calls = 0;
function make({ record }) {
  calls += 1;
  return { ...record, calls, day: dayjs(0).add(record.n, 'day').format('YYYY-MM-DD'), dice: Math.random() < 1 };
}
function keep({ record }) {
  if (record.n === 3) while (true) {}
  if (record.n === 5) { const all = []; for (let text = 'x'; ; text += text) all.push(text + 1); }
  if (record.n === 7) throw new Error('not seven');
  return record.n % 2 === 1;
}";

#[tokio::test(flavor = "multi_thread")]
async fn scripts_run_the_same_on_the_command_line_and_in_the_servers_child() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.csv");
    std::fs::write(&input, "n,t\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n8,h\n9,i\n").unwrap();
    let called = |function: &str| json!({"type": "script", "script": {"_scriptId": SCRIPT, "function": function}});
    let mut export = file_export();
    let number = json!([{"generate": "n", "dataType": "number", "extract": "$.n"}]);
    export["filter"] = called("keep");
    export["transform"] = called("make");
    export["file"]["csv"] = json!({"hasHeaderRow": true});
    let mut import = file_import();
    import["mappings"] = json!([
        number[0].clone(),
        {"generate": "calls", "dataType": "number", "extract": "$.calls"},
        {"generate": "day", "dataType": "string", "extract": "$.day"},
        {"generate": "dice", "dataType": "boolean", "extract": "$.dice"},
    ]);
    let mut bundle = bundle("http://127.0.0.1:1", &export, &import);
    let script = HOSTILE.replace("record.n", "Number(record.n)");
    bundle["resources"][SCRIPT] = json!({"kind": "script", "value": {"name": "Hooks", "content": script}});
    let ran = run(folder.path(), &bundle, &[input.to_str().unwrap()]).await;
    let wrong = |ran: &Ran| -> Vec<String> {
        let errors = ran.lines.iter().filter_map(|line| match line {
            Line::Error { error, .. } => Some(format!("{}: {}", error.code, error.message)),
            _ => None,
        });
        errors.collect()
    };
    let errors = wrong(&ran);
    assert_eq!(ran.last().status, RunStatus::Completed, "{} {errors:?}", ran.message());
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].contains("a loop went round too often"), "{errors:?}");
    assert!(errors[1].contains("more memory than it may have"), "{errors:?}");
    assert!(errors[2].contains("not seven"), "{errors:?}");
    let made = std::fs::read_to_string(folder.path().join("out/result.json")).unwrap();
    let made: Value = serde_json::from_str(&made).unwrap();
    let days: Vec<_> = made.as_array().unwrap().iter().map(|row| row["day"].as_str().unwrap()).collect();
    assert_eq!(days, ["1970-01-02", "1970-01-10"], "{made}");
    assert_eq!((&made[0]["calls"], &made[0]["dice"]), (&json!(1), &json!(true)));

    let files = BTreeMap::from([("unused".to_owned(), input.to_str().unwrap().to_owned())]);
    let child = worker(folder.path(), &bundle, files, false).await;
    assert_eq!(wrong(&child), errors);
    let path = child.lines.iter().find_map(|line| match line {
        Line::File { path, .. } => Some(path.clone()),
        _ => None,
    });
    assert_eq!(std::fs::read(path.unwrap()).unwrap(), std::fs::read(folder.path().join("out/result.json")).unwrap());
}
