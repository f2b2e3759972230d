//! The audit log: what is in it, what its filters leave, and that a changed row is found.

use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tombolo_docs::Document;
use tombolo_model::{Intent, Kind};
use tombolo_wire::sync::Down;

use crate::device::{Device, author, create, set};
use crate::server::{PASSWORD, Person, Server};

async fn log(person: &mut Person, query: &str) -> Vec<Value> {
    let path = format!("/api/accounts/{}/audit?limit=500{query}", person.account);
    let answer = person.browser.get(&path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page: Value = answer.json().await.unwrap();
    page["entries"].as_array().unwrap().clone()
}

async fn edited(device: &mut Device, document: &Document, chunk: tombolo_docs::Chunk) {
    assert!(matches!(device.push(document.id(), &[chunk]).await, Some(Down::Accepted { .. })));
}

/// What Ann has done: a connection made, renamed and binned, its secret entered, Bob invited and raised.
async fn busy(server: &Server) -> (Person, tombolo_model::Id) {
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let value = json!({ "name": "Shop", "type": "http", "http": { "baseURI": "https://shop.example" } });
    let (mut shop, first) = create(Kind::Connection, &value, &me);
    edited(&mut device, &shop, first).await;
    let path = format!("/api/accounts/{}/connections/{}/secrets", ann.account, shop.id());
    let secret = json!({ "path": "/http/auth/token/token", "value": "canary-4711", "hosts": ["shop.example"] });
    assert_eq!(ann.browser.send(Method::PUT, &path, Some(secret)).await.status(), StatusCode::NO_CONTENT);
    log(&mut ann, "").await;
    for name in ["S", "Sh", "Shop 2"] {
        let chunk = set(&mut shop, &me, "/name", json!(name));
        edited(&mut device, &shop, chunk).await;
    }
    let bin = shop.edit(&me, &[Intent::Bin], &mut || "r".to_owned()).unwrap().unwrap();
    edited(&mut device, &shop, bin).await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "monitor").await;
    let members = format!("/api/accounts/{}/members/{}", ann.account, bob.user);
    ann.browser.send(Method::PATCH, &members, Some(json!({ "role": "manage" }))).await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(ann.browser.post("/api/signin", body).await.status(), StatusCode::OK);
    (ann, shop.id())
}

#[tokio::test]
async fn everything_that_is_done_is_an_entry_with_its_fields_and_no_secret() {
    let server = Server::start();
    let (mut ann, shop) = busy(&server).await;
    let mut entries = log(&mut ann, "").await;
    entries.reverse();
    let told: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| (entry["resourceType"].as_str().unwrap(), entry["action"].as_str().unwrap()))
        .collect();
    for one in [
        ("connection", "create"),
        ("connection", "update"),
        ("connection", "delete"),
        ("member", "create"),
        ("member", "update"),
        ("user", "signIn"),
    ] {
        assert!(told.contains(&one), "{one:?} is not in {told:?}");
    }
    let renamed = entries.iter().find(|entry| entry["fieldChanges"][0]["fieldPath"] == "/name").expect("the rename");
    assert_eq!(renamed["fieldChanges"], json!([{ "fieldPath": "/name", "oldValue": "Shop", "newValue": "Shop 2" }]));
    assert_eq!((&renamed["source"], &renamed["resource"]), (&json!("ui"), &json!(shop)));
    assert_eq!((&renamed["byUser"]["name"], &renamed["resourceName"]), (&json!("ann"), &json!("Shop 2")));
    assert!(renamed["timeMs"].is_i64());
    let secret = entries
        .iter()
        .find(|entry| entry["fieldChanges"][0]["fieldPath"] == "/http/auth/token/token")
        .expect("the secret");
    assert_eq!(secret["fieldChanges"][0]["newValue"], "******");
    let raised = entries.iter().find(|entry| told_update(entry)).expect("the member");
    assert_eq!(raised["fieldChanges"], json!([{ "fieldPath": "/role", "oldValue": "monitor", "newValue": "manage" }]));
    assert!(!serde_json::to_string(&entries).unwrap().contains("canary-4711"));
}

fn told_update(entry: &Value) -> bool {
    entry["resourceType"] == "member" && entry["action"] == "update"
}

#[tokio::test]
async fn filters_hold_together_and_the_csv_has_exactly_what_they_leave() {
    let server = Server::start();
    let (mut ann, shop) = busy(&server).await;
    let query = format!("&resourceType=connection&resource={shop}&action=update&source=ui&user={}", ann.user);
    let left = log(&mut ann, &query).await;
    assert!(!left.is_empty() && left.iter().all(|entry| entry["action"] == "update"), "{left:?}");
    let path = format!("/api/accounts/{}/audit.csv?limit=1{query}", ann.account);
    let csv = ann.browser.get(&path).await.text().await.unwrap();
    let fields: usize = left.iter().map(|entry| entry["fieldChanges"].as_array().unwrap().len().max(1)).sum();
    assert_eq!(csv.lines().count(), 1 + fields, "{csv}");
    assert!(csv.starts_with("Time,User,Email,Source,Resource type,"), "{csv}");
    assert!(log(&mut ann, "&to=1").await.is_empty());
    let unknown = ann.browser.get(&format!("/api/accounts/{}/audit?everything=1", ann.account)).await;
    assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let first = ann.browser.get(&format!("/api/accounts/{}/audit?limit=2", ann.account)).await;
    let first: Value = first.json().await.unwrap();
    let next = first["next"].as_u64().unwrap();
    let second = log(&mut ann, &format!("&before={next}")).await;
    assert_eq!(second[0]["n"].as_u64().unwrap(), next - 1);
}

#[tokio::test]
async fn a_changed_row_of_the_audit_log_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::on(&data, &[]);
    let (mut ann, _) = busy(&server).await;
    let count = log(&mut ann, "").await.len();
    let verify = || {
        let output = Command::new(env!("CARGO_BIN_EXE_tombolo"))
            .args(["admin", "verify-audit", "--data"])
            .arg(&data)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(verify(), (true, "the audit logs are whole\n".to_owned()));
    let run = async |sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut server.database().await).await.unwrap();
    };
    let of_ann = format!("account = '{}'", ann.account);
    run(format!("UPDATE audit SET name = 'Nothing to see' WHERE n = 2 AND {of_ann}")).await;
    let (sound, said) = verify();
    assert!(!sound && said.starts_with(&format!("entry 2 of account {} was changed", ann.account)), "{said}");
    run(format!("DELETE FROM audit WHERE n = 2 AND {of_ann}")).await;
    let (sound, said) = verify();
    assert!(!sound && said.contains("entry 2 of") && said.contains("is missing"), "{said}");
    run(format!("DELETE FROM audit WHERE n >= 2 AND {of_ann}")).await;
    let (sound, said) = verify();
    assert!(!sound && said.contains(&format!("the log had {count} entries")), "{said}");
}
