//! Flows run on the server against an endpoint on loopback.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tombolo_docs::Chunk;
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::run::{RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::{Down, Entry, RunErrorRow};

use crate::device::{Device, author, create};
use crate::schedule::edit;
use crate::server::{Person, Server, code};

/// What came to the endpoint: the authorization and the body of each request.
pub(crate) type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// Orders, a place that never answers, one record of 4 MiB, one that tells what it was told, and a place that takes records.
pub(crate) async fn endpoint() -> (String, Received) {
    let received = Received::default();
    let router = Router::new()
        .route("/orders", get(async || Json(json!([{ "id": 1, "name": "one" }, { "id": 2, "name": "two" }]))))
        .route("/never", any(std::future::pending::<()>))
        .route("/large", get(async || format!("[{{\"a\":[{}[]]}}]", "[],".repeat(LISTS))))
        .route("/echo", any(echo))
        .route("/sink", post(take))
        .with_state(Arc::clone(&received));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, received)
}

/// So many empty lists in a record are short in JSON and long in memory.
const LISTS: usize = 1_500_000;

/// Refuses, and says everything that came: the address, the headers.
async fn echo(uri: Uri, headers: HeaderMap) -> (StatusCode, String) {
    (StatusCode::UNAUTHORIZED, format!("{{\"message\": \"{uri} with {headers:?} is not let in\"}}").replace('\\', ""))
}

async fn take(State(received): State<Received>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
    received.lock().unwrap().push((authorization.to_owned(), body));
    StatusCode::OK
}

/// The ids of a flow from `source` to `/sink` that are on the server.
pub(crate) struct Built {
    pub(crate) flow: Id,
    connection: Id,
    host: String,
}

pub(crate) async fn build(device: &mut Device, base: &str, source: &str) -> Built {
    build_with(device, base, source, Value::Null).await
}

/// The same, with mappings before the records are sent.
pub(crate) async fn build_with(device: &mut Device, base: &str, source: &str, mappings: Value) -> Built {
    build_all(device, base, source, mappings, Value::Null).await
}

/// The same, with so many sources that are read at the same time and a destination that never takes what they read.
pub(crate) async fn build_hoarding(device: &mut Device, base: &str, source: &str, sources: usize) -> Built {
    let built = build(device, base, source).await;
    let mut generators = Vec::new();
    for at in 0..sources {
        let export = json!({
            "name": format!("Source {at}"), "_connectionId": built.connection, "adaptorType": "HTTPExport",
            "http": { "method": "GET", "relativeURI": source }
        });
        generators.push(json!({ "_exportId": make(device, Kind::Export, &export).await }));
    }
    let import = json!({
        "name": "Never", "_connectionId": built.connection, "adaptorType": "HTTPImport",
        "http": { "method": ["POST"], "relativeURI": ["/never"] }
    });
    let import = make(device, Kind::Import, &import).await;
    let flow = json!({
        "name": "Hoarding", "pageGenerators": generators, "runPageGeneratorsInParallel": true,
        "pageProcessors": [{ "type": "import", "_importId": import }]
    });
    let flow = make(device, Kind::Flow, &flow).await;
    Built { flow, ..built }
}

/// The same in an integration that owns all of it.
pub(crate) async fn build_in(device: &mut Device, base: &str, source: &str, integration: Id) -> Built {
    build_all(device, base, source, Value::Null, integration.to_string().into()).await
}

async fn build_all(device: &mut Device, base: &str, source: &str, mappings: Value, home: Value) -> Built {
    let owned = |mut value: Value| {
        if !home.is_null() {
            value["_integrationId"] = home.clone();
        }
        value
    };
    let auth = json!({ "type": "token", "token": { "location": "header", "headerName": "Authorization", "scheme": "Bearer" } });
    let connection = json!({ "name": "Shop", "type": "http", "http": { "baseURI": base, "auth": auth } });
    let connection = make(device, Kind::Connection, &owned(connection)).await;
    let export = json!({
        "name": "Orders", "_connectionId": connection, "adaptorType": "HTTPExport",
        "http": { "method": "GET", "relativeURI": source }
    });
    let export = make(device, Kind::Export, &owned(export)).await;
    let mut import = json!({
        "name": "Sink", "_connectionId": connection, "adaptorType": "HTTPImport",
        "http": { "method": ["POST"], "relativeURI": ["/sink"] }
    });
    if !mappings.is_null() {
        import["mappings"] = mappings;
    }
    let import = make(device, Kind::Import, &owned(import)).await;
    let flow = json!({
        "name": "Copy", "pageGenerators": [{ "_exportId": export }],
        "pageProcessors": [{ "type": "import", "_importId": import }]
    });
    let flow = make(device, Kind::Flow, &owned(flow)).await;
    Built { flow, connection, host: base.to_owned() }
}

pub(crate) async fn make(device: &mut Device, kind: Kind, value: &Value) -> Id {
    let (document, first) = create(kind, value, &author());
    assert!(matches!(device.push(document.id(), &[first]).await, Some(Down::Accepted { .. })));
    document.id()
}

pub(crate) async fn put_secret(person: &mut Person, built: &Built) {
    let path = format!("/api/accounts/{}/connections/{}/secrets", person.account, built.connection);
    let body = json!({ "path": "/http/auth/token/token", "value": "s3cret", "hosts": [built.host] });
    let answer = person.browser.send(Method::PUT, &path, Some(body)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}

pub(crate) async fn start(person: &mut Person, flow: Id) -> Id {
    let path = format!("/api/accounts/{}/flows/{flow}/run", person.account);
    let started: Value = person.browser.post(&path, json!({})).await.json().await.unwrap();
    started["run"].as_str().unwrap().parse().unwrap()
}

/// Starts a run that goes on until it is ended, and waits until it is under way.
pub(crate) async fn start_endless(person: &mut Person, device: &mut Device) -> Id {
    let (base, _received) = endpoint().await;
    let built = build(device, &base, "/never").await;
    put_secret(person, &built).await;
    let run = start(person, built.flow).await;
    until_row(device, |row| row.status == RunStatus::Running).await;
    run
}

/// Reads until a run is as wanted; also its errors so far.
pub(crate) async fn until_row(
    device: &mut Device,
    mut wanted: impl FnMut(&RunRow) -> bool,
) -> (RunRow, Vec<RunErrorRow>) {
    let mut errors = Vec::new();
    device
        .until(|frame| {
            let Down::Changes { entries, .. } = frame else {
                return None;
            };
            let mut found = None;
            for entry in entries {
                match entry {
                    Entry::Run(row) if wanted(&row) => found = Some(row),
                    Entry::RunError(row) => errors.push(row),
                    _ => {}
                }
            }
            found.map(|row| (row, std::mem::take(&mut errors)))
        })
        .await
}

#[tokio::test]
async fn a_flow_runs_on_the_server_and_every_device_hears_of_it() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let built = build(&mut device, &base, "/orders").await;
    put_secret(&mut ann, &built).await;
    let run = start(&mut ann, built.flow).await;
    let (row, errors) = until_row(&mut device, |row| row.ended_ms.is_some()).await;
    assert_eq!((row.id, row.place, row.status), (run, RunPlace::Server, RunStatus::Completed), "{row:?} {errors:?}");
    assert_eq!(row.heads.len(), 4);
    let counts: Vec<_> = row.steps.iter().map(|step| (step.success, step.errors)).collect();
    assert_eq!(counts, [(2, 0), (2, 0)]);
    let received = received.lock().unwrap();
    assert!(received.iter().all(|(authorization, _)| authorization == "Bearer s3cret"), "{received:?}");
    let text = format!("{received:?}");
    assert!(text.contains("one") && text.contains("two"), "{text}");
}

#[tokio::test]
async fn a_private_address_is_refused_unless_the_operator_allows_it() {
    let (base, received) = endpoint().await;
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let built = build(&mut device, &base, "/orders").await;
    put_secret(&mut ann, &built).await;
    start(&mut ann, built.flow).await;
    let (row, errors) = until_row(&mut device, |row| row.ended_ms.is_some()).await;
    let failed = row.status == RunStatus::Failed || !errors.is_empty() || row.steps.iter().any(|step| step.errors > 0);
    assert!(failed, "{row:?}");
    assert!(received.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_run_is_canceled_by_hand_and_a_flow_runs_once_at_a_time() {
    let (base, _received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let built = build(&mut device, &base, "/never").await;
    put_secret(&mut ann, &built).await;
    let run = start(&mut ann, built.flow).await;
    until_row(&mut device, |row| row.status == RunStatus::Running).await;
    let again = format!("/api/accounts/{}/flows/{}/run", ann.account, built.flow);
    assert_eq!(code(ann.browser.post(&again, json!({})).await).await, "already_running");
    let cancel = format!("/api/accounts/{}/runs/{run}/cancel", ann.account);
    assert_eq!(ann.browser.post(&cancel, json!({})).await.status(), StatusCode::ACCEPTED);
    let (row, _) = until_row(&mut device, |row| row.ended_ms.is_some()).await;
    assert_eq!((row.id, row.status), (run, RunStatus::Canceled));
}

/// Two orders, of which the first cannot be mapped, and a sink that says when the second came and never answers.
async fn half_failing(device: &mut Device, person: &mut Person) -> (Id, Arc<tokio::sync::Notify>) {
    let came = Arc::new(tokio::sync::Notify::new());
    let tell = Arc::clone(&came);
    let take = async move || {
        tell.notify_one();
        std::future::pending::<()>().await;
    };
    let router = Router::new()
        .route("/orders", get(async || Json(json!([{ "id": 1, "amount": "much" }, { "id": 2, "amount": "2" }]))))
        .route("/sink", post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mappings = json!([{ "generate": "amount", "dataType": "number", "extract": "$.amount" }]);
    let built = build_with(device, &base, "/orders", mappings).await;
    put_secret(person, &built).await;
    (start(person, built.flow).await, came)
}

#[tokio::test]
async fn what_a_run_has_said_before_it_is_canceled_is_stored_although_the_disk_was_busy() {
    let server = Server::start_with(&["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let mut database = server.database().await;
    let (run, came) = half_failing(&mut device, &mut ann).await;
    // From here on nobody else writes: what the run says waits.
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut database).await.unwrap();
    came.notified().await;
    let cancel = format!("/api/accounts/{}/runs/{run}/cancel", ann.account);
    assert_eq!(ann.browser.post(&cancel, json!({})).await.status(), StatusCode::ACCEPTED);
    sqlx::raw_sql("ROLLBACK").execute(&mut database).await.unwrap();
    let mut heard = crate::schedule::Heard::default();
    heard.until(&mut device, |heard| heard.runs.get(&run).is_some_and(|row| row.ended_ms.is_some())).await;
    assert_eq!(heard.runs[&run].status, RunStatus::Canceled);
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM run_errors WHERE run = ?")
        .bind(run.to_string())
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!(stored, 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_cancel_that_the_runs_own_end_overtakes_is_refused_and_the_run_stays_completed() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let built = build(&mut device, &base, "/orders").await;
    put_secret(&mut ann, &built).await;
    let mut database = server.database().await;
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON runs WHEN NEW.status = 'completed' BEGIN
        SELECT RAISE(ABORT, 'no'); END";
    sqlx::raw_sql(refuse).execute(&mut database).await.unwrap();
    let run = start(&mut ann, built.flow).await;
    // Its process has done all there was to do, and its end is not stored yet.
    while received.lock().unwrap().len() < 2 || find_child(&server).is_some() {
        ann.browser.get("/healthz").await;
    }
    let cancel = format!("/api/accounts/{}/runs/{run}/cancel", ann.account);
    let refused = ann.browser.post(&cancel, json!({})).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(code(refused).await, "not_running");
    sqlx::raw_sql("DROP TRIGGER refuse").execute(&mut database).await.unwrap();
    let (row, _) = until_row(&mut device, |row| row.ended_ms.is_some()).await;
    assert_eq!((row.id, row.status), (run, RunStatus::Completed));
}

#[tokio::test]
async fn an_end_that_cannot_be_stored_is_stored_later() {
    let server = Server::start_with(&["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let run = start_endless(&mut ann, &mut device).await;
    let mut database = server.database().await;
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON runs WHEN NEW.status = 'canceled' BEGIN
        SELECT RAISE(ABORT, 'no'); END";
    sqlx::raw_sql(refuse).execute(&mut database).await.unwrap();
    let cancel = format!("/api/accounts/{}/runs/{run}/cancel", ann.account);
    assert_eq!(ann.browser.post(&cancel, json!({})).await.status(), StatusCode::ACCEPTED);
    // As long as its end is not stored it is live.
    for _ in 0..20 {
        assert_eq!(ann.browser.post(&cancel, json!({})).await.status(), StatusCode::ACCEPTED);
    }
    sqlx::raw_sql("DROP TRIGGER refuse").execute(&mut database).await.unwrap();
    let (row, _) = until_row(&mut device, |row| row.ended_ms.is_some()).await;
    assert_eq!((row.id, row.status), (run, RunStatus::Canceled));
}

#[tokio::test]
async fn nothing_runs_as_it_was_before_a_change_that_cannot_be_read() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut export, first) = create(Kind::Export, &json!({ "name": "Orders", "adaptorType": "HTTPExport" }), &me);
    let second = crate::device::set(&mut export, &me, "/name", json!("Invoices"));
    assert!(matches!(device.push(export.id(), &[first, second]).await, Some(Down::Accepted { .. })));
    let flow = json!({ "name": "Copy", "pageGenerators": [{ "_exportId": export.id() }] });
    let (mut flow, first) = create(Kind::Flow, &flow, &me);
    let second = crate::device::set(&mut flow, &me, "/name", json!("Copies"));
    assert!(matches!(device.push(flow.id(), &[first, second]).await, Some(Down::Accepted { .. })));
    let mut database = server.database().await;
    let mut damage = async |document: Id| {
        let last =
            "UPDATE changes SET bytes = x'00' WHERE sequence = (SELECT max(sequence) FROM changes WHERE document = ?)";
        sqlx::query(last).bind(document.to_string()).execute(&mut database).await.unwrap();
    };
    damage(export.id()).await;
    start(&mut ann, flow.id()).await;
    let (row, _) = until_row(&mut device, |row| row.ended_ms.is_some()).await;
    assert_eq!((row.status, row.error.unwrap().code.as_str()), (RunStatus::Failed, "damaged"));
    damage(flow.id()).await;
    let path = format!("/api/accounts/{}/flows/{}/run", ann.account, flow.id());
    assert_eq!(code(ann.browser.post(&path, json!({})).await).await, "damaged");
}

#[tokio::test]
async fn a_run_that_the_server_left_behind_is_said_to_be_interrupted() {
    let (base, _received) = endpoint().await;
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let built = build(&mut device, &base, "/never").await;
    put_secret(&mut ann, &built).await;
    let run = start(&mut ann, built.flow).await;
    until_row(&mut device, |row| row.status == RunStatus::Running).await;
    server.kill();
    let server = Server::on(folder.path(), &[]);
    let mut browser = server.browser();
    browser.post("/api/signin", json!({ "email": "ann@example.com", "password": crate::server::PASSWORD })).await;
    let mut device = Device::join(&browser, ann.account, None).await;
    let runs = device.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page).runs.runs).filter(|runs| !runs.is_empty()),
        _ => None,
    });
    let runs = runs.await;
    assert_eq!((runs[0].id, runs[0].status), (run, RunStatus::Failed));
    assert_eq!(runs[0].error.as_ref().unwrap().code, "interrupted");
}

#[tokio::test]
async fn nothing_runs_from_the_bin() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut home, first) = create(Kind::Integration, &json!({ "name": "Shop" }), &me);
    assert!(matches!(device.push(home.id(), &[first]).await, Some(Down::Accepted { .. })));
    let (mut flow, first) = create(Kind::Flow, &json!({ "name": "Copy", "_integrationId": home.id() }), &me);
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let path = format!("/api/accounts/{}/flows/{}/run", ann.account, flow.id());
    push_edit(&mut device, edit(&mut home, &me, Intent::Bin), home.id()).await;
    assert_eq!(code(ann.browser.post(&path, json!({})).await).await, "in_bin");
    push_edit(&mut device, edit(&mut home, &me, Intent::Unbin), home.id()).await;
    assert_eq!(ann.browser.post(&path, json!({})).await.status(), StatusCode::OK);
    until_row(&mut device, |row| row.ended_ms.is_some()).await;
    push_edit(&mut device, edit(&mut flow, &me, Intent::Bin), flow.id()).await;
    assert_eq!(code(ann.browser.post(&path, json!({})).await).await, "in_bin");
}

async fn push_edit(device: &mut Device, chunk: Chunk, document: Id) {
    assert!(matches!(device.push(document, &[chunk]).await, Some(Down::Accepted { .. })));
}

/// Where the kernel shows the server's one child.
#[cfg(target_os = "linux")]
pub(crate) fn child_of(server: &Server) -> std::path::PathBuf {
    find_child(server).unwrap()
}

#[cfg(target_os = "linux")]
fn find_child(server: &Server) -> Option<std::path::PathBuf> {
    let parent = format!("PPid:\t{}\n", server.pid());
    let mut processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    // A process may end between being listed and being read.
    let status = |path: &std::path::Path| std::fs::read_to_string(path.join("status")).unwrap_or_default();
    processes.find(|path| status(path).contains(&parent))
}

/// The soft and the hard limit of this name.
#[cfg(target_os = "linux")]
pub(crate) fn limits_of(child: &std::path::Path, name: &str) -> Vec<String> {
    let limits = std::fs::read_to_string(child.join("limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
    line[name.len()..].split_whitespace().take(2).map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_of_a_run_is_limited_and_holds_nothing_of_the_servers_data() {
    let server = Server::start_with(&["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    start_endless(&mut ann, &mut device).await;
    let child = child_of(&server);
    let text = std::fs::read_to_string(child.join("status")).unwrap();
    assert!(text.contains("NoNewPrivs:\t1\n") && text.contains("Seccomp:\t2\n"), "{text}");
    for (name, most) in [("Max cpu time", "3600"), ("Max address space", "4294967296"), ("Max core file size", "0")] {
        assert_eq!(limits_of(&child, name), [most, most], "{name}");
    }
    let environment = String::from_utf8(std::fs::read(child.join("environ")).unwrap()).unwrap();
    assert!(
        environment
            .split_terminator('\0')
            .all(|pair| pair.starts_with("TOMBOLO_LOG=") || pair.starts_with("SSL_CERT_"))
    );
    let data = server.data().canonicalize().unwrap();
    for entry in std::fs::read_dir(child.join("fd")).unwrap() {
        let open = std::fs::read_link(entry.unwrap().path()).unwrap();
        assert!(!open.starts_with(&data), "{}", open.display());
    }
    assert!(std::fs::read_link(child.join("cwd")).unwrap().starts_with(data.join("tmp")));
}
