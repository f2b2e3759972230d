//! Backups: taken while the server runs, restored, and made whole again by the devices.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::StatusCode;
use serde_json::json;
use tombolo_model::Kind;
use tombolo_wire::sync::{Course, Down};

use crate::device::{Device, author, create, set};
use crate::schedule::{FAST, Heard, back, now, once_at, push_clock, push_new};
use crate::server::{PASSWORD, Server};

fn admin(arguments: &[&str], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tombolo")).arg("admin").args(arguments).arg("--data").arg(data).output().unwrap()
}

#[tokio::test]
async fn a_restored_server_gets_back_from_devices_what_the_backup_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("yesterday.backup");
    let backup = backup.to_str().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::on(&data, &[]);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut flow, first) = create(Kind::Flow, &json!({ "name": "Orders" }), &me);
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let done = admin(&["backup", backup], &data);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let twice = admin(&["backup", backup], &data);
    assert!(!twice.status.success());
    let second = set(&mut flow, &me, "/name", json!("Invoices"));
    assert!(matches!(device.push(flow.id(), std::slice::from_ref(&second)).await, Some(Down::Accepted { .. })));
    let before = device.welcome.cursor;
    let busy = admin(&["restore", backup], &data);
    assert!(!busy.status.success(), "restored under a running server");
    server.kill();
    let restored = admin(&["restore", backup], &data);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert!(String::from_utf8_lossy(&restored.stdout).contains("everybody is signed out"), "{restored:?}");
    let sound = admin(&["verify"], &data);
    assert!(sound.status.success());

    let server = Server::on(&data, &[]);
    assert_eq!(ann.browser.clone().at(&server).get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    let mut browser = server.browser();
    browser.post("/api/signin", json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    let mut cursor = before;
    cursor.sequence = 2;
    let mut device = Device::join(&browser, ann.account, Some(cursor)).await;
    assert_eq!(device.welcome.course, Course::Restored);
    assert_ne!(device.welcome.cursor.server_epoch, before.server_epoch);
    assert!(matches!(device.push(flow.id(), &[second]).await, Some(Down::Accepted { .. })));
    let mut fresh = Device::join(&browser, ann.account, None).await;
    let page = fresh.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page)),
        _ => None,
    });
    assert_eq!(page.await.documents[0].chunks.len(), 2);
}

#[test]
fn the_help_of_restore_says_that_everybody_has_to_sign_in_again() {
    let help = Command::new(env!("CARGO_BIN_EXE_tombolo")).args(["admin", "restore", "--help"]).output().unwrap();
    let text = String::from_utf8_lossy(&help.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Everybody has to sign in again"), "{text}");
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not.backup");
    std::fs::write(&file, "hello").unwrap();
    let data = folder.path().join("data");
    let answer = admin(&["restore", file.to_str().unwrap()], &data);
    assert!(!answer.status.success());
    assert!(!data.join("tombolo.db").exists());
}

#[tokio::test]
async fn a_tick_before_the_restore_is_not_caught_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("yesterday.backup");
    let backup = backup.to_str().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::on(&data, &FAST);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let clock = push_clock(&mut device).await;
    let value = json!({ "name": "Nightly", "schedule": once_at(now() + chrono::Duration::seconds(4)) });
    let flow = push_new(&mut device, Kind::Flow, &value).await.id();
    assert!(admin(&["backup", backup], &data).status.success());
    Heard::default().until(&mut device, |heard| heard.ended(flow)).await;
    server.kill();
    assert!(admin(&["restore", backup], &data).status.success());
    let restored_ms = now().timestamp_millis();
    let server = Server::on(&data, &FAST);
    let mut device = Device::join(&back(&server).await, ann.account, None).await;
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| heard.of(clock, restored_ms).len() >= 2).await;
    assert!(heard.of(flow, 0).is_empty(), "{:?}", heard.of(flow, 0));
}
