//! Backups: taken while the server runs, restored, and made whole again by the devices.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tombolo_model::Kind;
use tombolo_wire::sync::{Course, Cursor, Down};

use crate::device::{Device, author, create, set};
use crate::schedule::{FAST, Heard, back, now, once_at, push_clock, push_new};
use crate::security::{app_shows, enrol};
use crate::server::{PASSWORD, Server, code};

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

#[tokio::test]
async fn only_for_ninety_days_after_a_restore_does_anybody_bring_back_what_others_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &[]);
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut flow, first) = create(Kind::Flow, &json!({ "name": "Orders" }), &me);
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let hers = set(&mut flow, &me, "/name", json!("Invoices"));
    drop(device);
    let elsewhere = Cursor { server_epoch: 7, sequence: 9, ..Cursor::default() };
    for (days, taken) in [(91, false), (89, true)] {
        server.kill();
        let mut database = server.database().await;
        sqlx::query("UPDATE server SET restored = (unixepoch() - ? * 86400) * 1000")
            .bind(days)
            .execute(&mut database)
            .await
            .unwrap();
        sqlx::Connection::close(database).await.unwrap();
        server = Server::on(folder.path(), &[]);
        let mut his = Device::join(&bob.browser.clone().at(&server), ann.account, Some(elsewhere)).await;
        assert_eq!(his.welcome.course, Course::Restored);
        let answer = his.push(flow.id(), std::slice::from_ref(&hers)).await;
        assert_eq!(matches!(answer, Some(Down::Accepted { .. })), taken, "{days} days: {answer:?}");
    }
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

#[tokio::test]
async fn a_restored_server_trusts_no_browser_and_sends_no_letter_that_was_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("yesterday.backup");
    let backup = backup.to_str().unwrap();
    let data = folder.path().join("data");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("smtp://{nobody}");
    let options = ["--smtp", &url, "--mail-from", "tombolo@example.com"];
    let mut server = Server::on(&data, &options);
    let mut ann = server.person("ann").await;
    let (secret, _) = enrol(&mut ann.browser).await;
    let sign_in = |code: Option<String>| json!({ "email": "ann@example.com", "password": PASSWORD, "code": code, "trust": code.is_some() });
    let trusted = ann.browser.post("/api/signin", sign_in(Some(app_shows(&secret, 1)))).await;
    assert_eq!(trusted.status(), StatusCode::OK);
    assert_eq!(ann.browser.post("/api/signin", sign_in(None)).await.status(), StatusCode::OK, "it is trusted");
    let invite = json!({ "email": "bob@example.com", "role": "manage" });
    ann.browser.post(&format!("/api/accounts/{}/members", ann.account), invite).await;
    assert!(admin(&["backup", backup], &data).status.success());
    server.kill();
    assert!(admin(&["restore", backup], &data).status.success());
    let server = Server::on(&data, &options);
    let mut browser = ann.browser.at(&server);
    assert_eq!(code(browser.post("/api/signin", sign_in(None)).await).await, "code_needed");
    let waiting: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM mails WHERE next_ms IS NOT NULL")
        .fetch_one(&mut server.database().await)
        .await
        .unwrap();
    assert_eq!(waiting, 0);
    let me: Value = server.browser().get("/api/me").await.json().await.unwrap();
    assert_eq!(me["errors"][0]["code"], "signed_out");
}
