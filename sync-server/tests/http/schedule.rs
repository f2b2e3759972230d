//! A flow with a schedule runs on the server, once a tick, with nobody there.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Timelike, Utc};
use serde_json::json;
use tombolo_model::{Id, Kind};
use tombolo_wire::run::{RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::{Down, Entry};

use crate::device::{Device, author, create};
use crate::server::{PASSWORD, Server};

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
