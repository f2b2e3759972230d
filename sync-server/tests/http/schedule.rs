//! A flow with a schedule runs on the server, once a tick, with nobody there.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Timelike, Utc};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::run::{RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::{Down, Entry, RunErrorRow};

use crate::device::{Device, author, create, set};
use crate::server::{Browser, PASSWORD, Server};

/// The shortest interval that lets a test tick fast.
pub(crate) const FAST: [&str; 2] = ["--min-schedule-interval", "1s"];

/// What a device has heard of runs.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) runs: BTreeMap<Id, RunRow>,
    pub(crate) errors: Vec<RunErrorRow>,
}

impl Heard {
    /// Reads until enough was heard.
    pub(crate) async fn until(&mut self, device: &mut Device, enough: impl Fn(&Self) -> bool) {
        device
            .until(|frame| {
                match frame {
                    Down::Bundle { page, .. } => {
                        let rows = Device::page(&page).runs;
                        self.runs.extend(rows.runs.into_iter().map(|row| (row.id, row)));
                        self.errors.extend(rows.errors);
                    }
                    Down::Changes { entries, .. } => entries.into_iter().for_each(|entry| match entry {
                        Entry::Run(row) => drop(self.runs.insert(row.id, row)),
                        Entry::RunError(row) => self.errors.push(row),
                        _ => {}
                    }),
                    _ => {}
                }
                enough(self).then_some(())
            })
            .await;
    }

    /// The runs of a flow that began after this time.
    pub(crate) fn of(&self, flow: Id, after_ms: i64) -> Vec<&RunRow> {
        self.runs.values().filter(|row| row.flow == flow && row.started_ms > after_ms).collect()
    }

    /// Whether a flow's run has ended.
    pub(crate) fn ended(&self, flow: Id) -> bool {
        self.of(flow, 0).iter().any(|row| row.ended_ms.is_some())
    }
}

pub(crate) fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// A schedule that names this second, once a day.
pub(crate) fn once_at(at: DateTime<Utc>) -> String {
    format!("{} {} {} ? * *", at.second(), at.minute(), at.hour())
}

pub(crate) async fn push_new(device: &mut Device, kind: Kind, value: &Value) -> Document {
    let (document, first) = create(kind, value, &author());
    assert!(matches!(device.push(document.id(), &[first]).await, Some(Down::Accepted { .. })));
    document
}

/// A flow that ticks each second: two of its runs later, whatever else was due has been started.
pub(crate) async fn push_clock(device: &mut Device) -> Id {
    push_new(device, Kind::Flow, &json!({ "name": "Clock", "schedule": "* * * ? * *" })).await.id()
}

/// Ann's browser at a server that was started again.
pub(crate) async fn back(server: &Server) -> Browser {
    let mut browser = server.browser();
    browser.post("/api/signin", json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    browser
}

/// One edit.
pub(crate) fn edit(document: &mut Document, author: &Author, intent: Intent) -> Chunk {
    document.edit(author, &[intent], &mut || "row".to_owned()).unwrap().unwrap()
}

/// Reads runs until one has ended.
async fn ended_run(device: &mut Device) -> RunRow {
    device
        .until(|frame| match frame {
            Down::Changes { entries, .. } => entries.into_iter().find_map(|entry| match entry {
                Entry::Run(row) if row.ended_ms.is_some() => Some(row),
                _ => None,
            }),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_tick_starts_exactly_one_run_also_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--min-schedule-interval", "1s"];
    let mut server = Server::on(folder.path(), &options);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let at = DateTime::<Utc>::from(std::time::SystemTime::now()) + Duration::seconds(4);
    let schedule = format!("{} {} {} ? * *", at.second(), at.minute(), at.hour());
    let value = json!({ "name": "Nightly", "schedule": schedule, "timezone": "UTC" });
    let (flow, first) = create(Kind::Flow, &value, &author());
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let run = ended_run(&mut device).await;
    assert_eq!((run.flow, run.place), (flow.id(), RunPlace::Schedule));
    assert!(run.started_ms >= at.timestamp() * 1_000);
    assert_ne!(run.status, RunStatus::Running);
    server.kill();
    let server = Server::on(folder.path(), &options);
    let mut browser = server.browser();
    browser.post("/api/signin", json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    // A manual run comes after whatever the restart would have started.
    let path = format!("/api/accounts/{}/flows/{}/run", ann.account, flow.id());
    let mut device = Device::join(&browser, ann.account, None).await;
    let started: serde_json::Value = browser.post(&path, json!({})).await.json().await.unwrap();
    let manual: Id = started["run"].as_str().unwrap().parse().unwrap();
    loop {
        if ended_run(&mut device).await.id == manual {
            break;
        }
    }
    let mut fresh = Device::join(&browser, ann.account, None).await;
    let runs = fresh.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page).runs.runs).filter(|runs| !runs.is_empty()),
        _ => None,
    });
    let scheduled: BTreeSet<Id> =
        runs.await.into_iter().filter(|row| row.place == RunPlace::Schedule).map(|row| row.id).collect();
    assert_eq!(scheduled, BTreeSet::from([run.id]));
}

#[tokio::test]
async fn a_flow_that_is_switched_off_runs_neither_by_schedule_nor_by_hand() {
    let server = Server::start_with(&["--min-schedule-interval", "1s"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let value = json!({ "name": "Off", "disabled": true, "schedule": "* * * ? * *" });
    let (flow, first) = create(Kind::Flow, &value, &author());
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let path = format!("/api/accounts/{}/flows/{}/run", ann.account, flow.id());
    let refused = ann.browser.post(&path, json!({})).await;
    assert_eq!(crate::server::code(refused).await, "flow_disabled");
    let cancel = format!("/api/accounts/{}/runs/{}/cancel", ann.account, flow.id());
    assert_eq!(ann.browser.post(&cancel, json!({})).await.status(), 404);
    // A second flow, switched on, ticks at once; by then the first would have, too.
    let on = json!({ "name": "On", "schedule": "* * * ? * *" });
    let (other, first) = create(Kind::Flow, &on, &author());
    assert!(matches!(device.push(other.id(), &[first]).await, Some(Down::Accepted { .. })));
    assert_eq!(ended_run(&mut device).await.flow, other.id());
    assert_eq!(ended_run(&mut device).await.flow, other.id());
}

#[tokio::test]
async fn a_schedule_runs_with_nobody_there_and_a_new_device_sees_each_tick_once_with_its_errors() {
    let server = Server::start_with(&FAST);
    let ann = server.person("ann").await;
    let bob = server.person("bob").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let connection = json!({ "name": "Shop", "type": "http", "http": { "baseURI": "http://127.0.0.1:1" } });
    let connection = push_new(&mut device, Kind::Connection, &connection).await.id();
    let export = json!({
        "name": "Orders", "_connectionId": connection, "adaptorType": "HTTPExport",
        "http": { "method": "GET", "relativeURI": "/orders" }
    });
    let export = push_new(&mut device, Kind::Export, &export).await.id();
    let last = now() + Duration::seconds(5);
    let mut flows = Vec::new();
    for at in [last - Duration::seconds(1), last] {
        let flow = json!({ "name": "Nightly", "schedule": once_at(at), "pageGenerators": [{ "_exportId": export }] });
        flows.push(push_new(&mut device, Kind::Flow, &flow).await.id());
    }
    drop(device);
    // The time passes in an account that has nothing to do with it.
    let mut other = Device::join(&bob.browser, bob.account, None).await;
    let clock = push_clock(&mut other).await;
    Heard::default().until(&mut other, |heard| heard.of(clock, last.timestamp_millis() + 1_000).len() >= 2).await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| flows.iter().all(|flow| heard.ended(*flow))).await;
    assert_eq!(heard.runs.len(), 2, "{:?}", heard.runs);
    for flow in flows {
        let run = heard.of(flow, 0)[0];
        assert_eq!((run.place, run.n > 1), (RunPlace::Schedule, true));
        assert!(run.error.is_some() || heard.errors.iter().any(|row| row.run == run.id), "{run:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_killed_at_a_tick_leaves_no_tick_doubled_and_none_without_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &FAST);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let schedule = once_at(now() + Duration::seconds(4));
    let mut flows = Vec::new();
    for n in 0..8 {
        let value = json!({ "name": n.to_string(), "schedule": schedule });
        flows.push(push_new(&mut device, Kind::Flow, &value).await.id());
    }
    // The first row is heard while the others are being claimed.
    Heard::default().until(&mut device, |heard| !heard.runs.is_empty()).await;
    server.kill();
    let killed_ms = now().timestamp_millis();
    let server = Server::on(folder.path(), &FAST);
    let mut device = Device::join(&back(&server).await, ann.account, None).await;
    let clock = push_clock(&mut device).await;
    let mut heard = Heard::default();
    heard
        .until(&mut device, |heard| {
            heard.of(clock, killed_ms).len() >= 2 && flows.iter().all(|flow| heard.ended(*flow))
        })
        .await;
    for flow in flows {
        assert_eq!(heard.of(flow, 0).len(), 1, "{:?}", heard.of(flow, 0));
    }
}

#[tokio::test]
async fn a_tick_that_the_store_refused_is_started_as_soon_as_it_takes_it() {
    let server = Server::start_with(&FAST);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let at = now() + Duration::seconds(4);
    let flow = push_new(&mut device, Kind::Flow, &json!({ "name": "Nightly", "schedule": once_at(at) })).await.id();
    let clock = push_clock(&mut device).await;
    let options = SqliteConnectOptions::new().filename(server.data().join("tombolo.db"));
    let mut database = options.connect().await.unwrap();
    let refuse = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON ticks WHEN NEW.flow = '{flow}' BEGIN SELECT RAISE(ABORT, 'no'); END"
    );
    sqlx::raw_sql(AssertSqlSafe(refuse)).execute(&mut database).await.unwrap();
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| heard.of(clock, at.timestamp_millis() + 1_000).len() >= 2).await;
    assert!(heard.of(flow, 0).is_empty());
    sqlx::raw_sql("DROP TRIGGER refuse").execute(&mut database).await.unwrap();
    heard.until(&mut device, |heard| heard.ended(flow)).await;
    let run = heard.of(flow, 0)[0].id;
    let after_ms = heard.runs[&run].started_ms;
    heard.until(&mut device, |heard| heard.of(clock, after_ms).len() >= 3).await;
    assert_eq!(heard.of(flow, 0).len(), 1);
}

#[tokio::test]
async fn a_schedule_that_is_not_understood_is_shown_as_a_failed_run_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &FAST);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let clock = push_clock(&mut device).await;
    let me = author();
    let value = json!({ "name": "Nightly", "schedule": "? 5 9 ? * *", "timezone": "Mars/Base" });
    let (mut flow, first) = create(Kind::Flow, &value, &me);
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let id = flow.id();
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| heard.ended(id)).await;
    let run = heard.of(id, 0)[0];
    let error = run.error.as_ref().unwrap();
    assert_eq!((run.status, run.place, error.code.as_str()), (RunStatus::Failed, RunPlace::Schedule, "schedule"));
    assert!(error.message.contains("“? 5 9 ? * *” is not understood") && error.message.contains("Mars/Base"));
    let renamed = set(&mut flow, &me, "/name", json!("Weekly"));
    assert!(matches!(device.push(id, &[renamed]).await, Some(Down::Accepted { .. })));
    let renamed_ms = now().timestamp_millis();
    heard.until(&mut device, |heard| heard.of(clock, renamed_ms).len() >= 3).await;
    assert_eq!(heard.of(id, 0).len(), 1);
    server.kill();
    let killed_ms = now().timestamp_millis();
    let server = Server::on(folder.path(), &FAST);
    let mut device = Device::join(&back(&server).await, ann.account, None).await;
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| heard.of(clock, killed_ms).len() >= 2).await;
    assert_eq!(heard.of(id, 0).len(), 1, "{:?}", heard.of(id, 0));
}

/// The one failed run that says that a flow is damaged.
fn said_damaged(heard: &Heard, flow: Id) -> Option<&RunRow> {
    let runs = heard.of(flow, 0);
    let mut said = runs.into_iter().filter(|row| row.error.as_ref().is_some_and(|error| error.code == "damaged"));
    let first = said.next();
    assert!(said.next().is_none(), "said twice");
    first
}

#[tokio::test]
async fn a_flow_that_is_damaged_is_shown_once_as_a_failed_run_and_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &FAST);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let clock = push_clock(&mut device).await;
    let me = author();
    // Of one some pieces are left, of the other none, and of the third the integration is damaged.
    let value = json!({ "name": "Nightly", "schedule": "* * * ? * *" });
    let mut nightly = push_new(&mut device, Kind::Flow, &value).await;
    let renamed = set(&mut nightly, &me, "/name", json!("Weekly"));
    assert!(matches!(device.push(nightly.id(), &[renamed]).await, Some(Down::Accepted { .. })));
    let lost = push_new(&mut device, Kind::Flow, &value).await.id();
    let home = push_new(&mut device, Kind::Integration, &json!({ "name": "Shop" })).await.id();
    let value = json!({ "name": "In it", "schedule": "* * * ? * *", "_integrationId": home });
    let inside = push_new(&mut device, Kind::Flow, &value).await.id();
    let flows = [nightly.id(), lost, inside];
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| flows.iter().all(|flow| heard.ended(*flow))).await;
    let mut database = server.database().await;
    for document in [nightly.id(), lost, home] {
        let last =
            "UPDATE changes SET bytes = x'00' WHERE sequence = (SELECT max(sequence) FROM changes WHERE document = ?)";
        sqlx::query(last).bind(document.to_string()).execute(&mut database).await.unwrap();
    }
    heard.until(&mut device, |heard| flows.iter().all(|flow| said_damaged(heard, *flow).is_some())).await;
    for (flow, name) in flows.into_iter().zip(["Nightly", "", "In it"]) {
        let run = said_damaged(&heard, flow).unwrap();
        assert_eq!((run.status, run.place, run.flow_name.as_str()), (RunStatus::Failed, RunPlace::Schedule, name));
        let sentence = &run.error.as_ref().unwrap().message;
        assert!(sentence.contains("cannot be read on the server") && sentence.contains("restore a backup"));
        assert_eq!(sentence.contains(&home.to_string()), flow == inside, "{sentence}");
    }
    let said_ms = now().timestamp_millis();
    heard.until(&mut device, |heard| heard.of(clock, said_ms).len() >= 3).await;
    assert!(flows.iter().all(|flow| heard.of(*flow, said_ms).is_empty()), "{:?}", heard.runs);
    server.kill();
    let killed_ms = now().timestamp_millis();
    let server = Server::on(folder.path(), &FAST);
    let mut device = Device::join(&back(&server).await, ann.account, None).await;
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| heard.of(clock, killed_ms).len() >= 2).await;
    assert!(flows.iter().all(|flow| said_damaged(&heard, *flow).is_some() && heard.of(*flow, said_ms).is_empty()));
}

#[tokio::test]
async fn nothing_runs_by_schedule_from_the_bin_and_nothing_is_caught_up_when_it_comes_back() {
    let server = Server::start_with(&FAST);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let clock = push_clock(&mut device).await;
    let me = author();
    let (mut home, first) = create(Kind::Integration, &json!({ "name": "Shop" }), &me);
    assert!(matches!(device.push(home.id(), &[first]).await, Some(Down::Accepted { .. })));
    let value = json!({ "name": "In it", "schedule": "* * * ? * *", "_integrationId": home.id() });
    let flow = push_new(&mut device, Kind::Flow, &value).await.id();
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| heard.ended(flow)).await;
    let binned = edit(&mut home, &me, Intent::Bin);
    assert!(matches!(device.push(home.id(), &[binned]).await, Some(Down::Accepted { .. })));
    let binned_ms = now().timestamp_millis();
    heard.until(&mut device, |heard| heard.of(clock, binned_ms).len() >= 4).await;
    // One may have been on its way.
    let before = heard.of(flow, binned_ms).len();
    assert!(before <= 1, "{:?}", heard.of(flow, binned_ms));
    let restored = edit(&mut home, &me, Intent::Unbin);
    assert!(matches!(device.push(home.id(), &[restored]).await, Some(Down::Accepted { .. })));
    heard.until(&mut device, |heard| heard.of(flow, binned_ms).len() > before).await;
}

#[tokio::test]
async fn a_source_with_a_schedule_of_its_own_is_read_by_that_alone() {
    let server = Server::start_with(&FAST);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let connection = json!({ "name": "Shop", "type": "http", "http": { "baseURI": "http://127.0.0.1:1" } });
    let connection = push_new(&mut device, Kind::Connection, &connection).await.id();
    let source = |name: &str| {
        json!({
            "name": name, "_connectionId": connection, "adaptorType": "HTTPExport",
            "http": { "method": "GET", "relativeURI": "/orders" }
        })
    };
    let own = push_new(&mut device, Kind::Export, &source("Own")).await.id();
    let other = push_new(&mut device, Kind::Export, &source("Other")).await.id();
    let at = now() + Duration::seconds(3);
    let value = json!({ "name": "Two", "schedule": once_at(at + Duration::hours(5)), "timezone": "UTC",
        "pageGenerators": [{ "_exportId": own, "schedule": once_at(at) }, { "_exportId": other }] });
    let flow = push_new(&mut device, Kind::Flow, &value).await.id();
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| heard.ended(flow)).await;
    let runs = heard.of(flow, 0);
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].place, RunPlace::Schedule);
    let read: Vec<_> =
        runs[0].steps.iter().filter(|step| step.kind == "export").map(|step| step.step.as_str()).collect();
    assert_eq!(read, [own.to_string()], "{:?}", runs[0]);
}
