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
    let change = |old: &str, new: &str| json!({ "fieldPath": "/name", "oldValue": old, "newValue": new });
    assert_eq!(renamed["fieldChanges"], json!([change("Shop", "S"), change("S", "Shop 2")]));
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
    entry["resourceType"] == "member" && entry["action"] == "update" && entry["fieldChanges"][0]["fieldPath"] == "/role"
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
    let (sound, said) = verify();
    assert!(sound && said.starts_with("the audit logs are whole\nnot found this way: "), "{said}");
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
    // Cut off with a head that fits what is left: only who has the key could seal it.
    run(format!(
        "UPDATE audit_heads SET n = 1, hash = (SELECT hash FROM audit WHERE n = 1 AND {of_ann}) WHERE {of_ann}"
    ))
    .await;
    let (sound, said) = verify();
    assert!(!sound && said.contains("entry 1 of") && said.contains("not the last one that was written"), "{said}");
    run(format!("DELETE FROM audit WHERE {of_ann}")).await;
    run(format!("DELETE FROM audit_heads WHERE {of_ann}")).await;
    let (sound, said) = verify();
    assert!(!sound && said.contains("the log has no head"), "{said}");
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_shown_as_damaged_and_hides_no_other() {
    let server = Server::start();
    let (mut ann, _) = busy(&server).await;
    let count = log(&mut ann, "").await.len();
    let damage = format!("UPDATE audit SET fields = '[[[' , action = 'x' WHERE n = 2 AND account = '{}'", ann.account);
    sqlx::raw_sql(sqlx::AssertSqlSafe(damage)).execute(&mut server.database().await).await.unwrap();
    let entries = log(&mut ann, "").await;
    assert_eq!(entries.len(), count);
    let damaged: Vec<_> = entries.iter().filter(|entry| entry["resourceType"] == "damaged").collect();
    assert_eq!((damaged.len(), &damaged[0]["n"]), (1, &json!(2)));
    assert!(damaged[0]["fieldChanges"][0]["newValue"].as_str().unwrap().contains("verify-audit"));
    let csv = ann.browser.get(&format!("/api/accounts/{}/audit.csv", ann.account)).await;
    assert!(csv.text().await.unwrap().contains("damaged"));
}

/// Type, action and first field of the entries, oldest first.
async fn told(person: &mut Person, query: &str) -> Vec<(String, String, String, Value, Value)> {
    let mut entries = log(person, query).await;
    entries.reverse();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |entry: &Value| {
        let field = &entry["fieldChanges"][0];
        let (old, new) = (field["oldValue"].clone(), field["newValue"].clone());
        (text(&entry["resourceType"]), text(&entry["action"]), text(&field["fieldPath"]), old, new)
    };
    entries.iter().map(line).collect()
}

#[tokio::test]
async fn what_a_program_changes_and_changes_back_is_told_with_its_token_and_so_are_secrets() {
    let server = Server::start();
    let (mut ann, api) = crate::v1::client::owner(&server, "ann").await;
    let body = |host: &str, password: &str| {
        json!({ "name": "Shop", "type": "http", "http": {
        "baseURI": format!("https://{host}"), "auth": { "type": "basic", "basic": { "username": "u", "password": password } } } })
    };
    let id = api.make("connections", body("shop.example", "canary-1")).await;
    let one = format!("/v1/connections/{id}");
    api.put(&one, body("evil.example", "******")).await.good();
    api.put(&one, body("shop.example", "******")).await.good();
    api.put(&one, body("shop.example", "canary-2")).await.good();
    let mut without = body("shop.example", "");
    without["http"]["auth"]["basic"].as_object_mut().unwrap().remove("password");
    api.put(&one, without).await.good();
    let found = told(&mut ann, &format!("&resource={id}")).await;
    let line = |action: &str, path: &str, old: Value, new: Value| {
        ("connection".to_owned(), action.to_owned(), path.to_owned(), old, new)
    };
    let (good, evil) = (json!("https://shop.example"), json!("https://evil.example"));
    let (base, password, stars) = ("/http/baseURI", "/http/auth/basic/password", json!("******"));
    assert_eq!(
        found[1..],
        [
            line("update", password, Value::Null, stars.clone()),
            line("update", base, good.clone(), evil.clone()),
            line("update", base, evil, good),
            line("update", password, stars.clone(), stars.clone()),
            line("update", password, stars, Value::Null),
        ]
    );
    assert_eq!((&found[0].1, &found[0].2), (&"create".to_owned(), &String::new()));
    let entries = log(&mut ann, &format!("&resource={id}")).await;
    assert!(entries.iter().all(|entry| entry["source"] == "api" && entry["token"] == "ann's program"), "{entries:?}");
    assert!(!serde_json::to_string(&entries).unwrap().contains("canary"));
    // Its making and its first use are told too, and not each request.
    let tokens = told(&mut ann, "&resourceType=accesstoken").await;
    let actions: Vec<&str> = tokens.iter().map(|entry| entry.1.as_str()).collect();
    assert_eq!(actions, ["create", "use"]);
}

#[tokio::test]
async fn what_a_token_is_good_for_state_and_cache_data_are_told() {
    let server = Server::start();
    let (mut ann, api) = crate::v1::client::owner(&server, "ann").await;
    let other = api.post("/v1/accesstokens", json!({ "name": "ci", "fullAccess": true })).await.id();
    let one = format!("/v1/accesstokens/{other}");
    api.put(&one, json!({ "name": "ci", "fullAccess": true, "revoked": true })).await.good();
    api.delete(&one).await;
    let lines = told(&mut ann, &format!("&resource={other}")).await;
    let actions: Vec<_> = lines.iter().map(|line| (line.1.as_str(), line.2.as_str())).collect();
    assert_eq!(actions, [("create", ""), ("update", "/revoked"), ("delete", "")]);
    api.put("/v1/state/cursor", json!({ "canary": 1 })).await;
    api.put("/v1/state/cursor", json!(2)).await;
    api.delete("/v1/state/cursor").await;
    let state = told(&mut ann, "&resourceType=state").await;
    let actions: Vec<_> = state.iter().map(|line| (line.1.as_str(), line.2.as_str())).collect();
    assert_eq!(actions, [("create", "/cursor"), ("update", "/cursor"), ("delete", "/cursor")]);
    let cache = api.make("lookupcaches", json!({ "name": "rates" })).await;
    api.post(&format!("/v1/lookupcaches/{cache}/data"), json!({ "data": [{ "key": "a", "value": 1 }] })).await.good();
    api.delete(&format!("/v1/lookupcaches/{cache}/data/purge")).await;
    let data = told(&mut ann, &format!("&resource={cache}&action=update")).await;
    let paths: Vec<_> = data.iter().map(|line| (line.2.as_str(), &line.4)).collect();
    assert_eq!(paths, [("/data/upserted", &json!(1)), ("/data/purged", &json!(1))]);
}

#[tokio::test]
async fn acts_around_signing_in_members_and_offers_are_told() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let wrong = json!({ "email": "ann@example.com", "password": "Not-the-password-1" });
    for _ in 0..3 {
        server.browser().post("/api/signin", wrong.clone()).await;
    }
    let right = json!({ "email": "ann@example.com", "password": PASSWORD });
    let mut elsewhere = server.browser();
    assert_eq!(elsewhere.post("/api/signin", right).await.status(), StatusCode::OK);
    elsewhere.post("/api/signout", json!({})).await;
    let change = json!({ "password": PASSWORD, "newPassword": "Another-Passw0rd-1" });
    assert_eq!(ann.browser.post("/api/security/password", change).await.status(), StatusCode::NO_CONTENT);
    let users = told(&mut ann, "&resourceType=user").await;
    let lines: Vec<_> = users.iter().map(|line| (line.1.as_str(), line.2.as_str())).collect();
    let refused = ("signInFailed", "/wrong");
    let wanted =
        [("create", ""), refused, refused, refused, ("signIn", "/network"), ("signOut", ""), ("update", "/password")];
    assert_eq!(lines, wanted);
    assert_eq!((&users[6].3, &users[6].4), (&json!("******"), &json!("******")));
    // Members: invited, withdrawn, come, made the owner.
    ann.invite("zoe@example.com", "monitor").await;
    let withdraw = format!("/api/accounts/{}/invitations/withdraw", ann.account);
    ann.browser.post(&withdraw, json!({ "email": "zoe@example.com" })).await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "administer").await;
    let give = format!("/api/accounts/{}/owner", ann.account);
    assert_eq!(ann.browser.post(&give, json!({ "user": bob.user })).await.status(), StatusCode::NO_CONTENT);
    let members = told(&mut ann, "&resourceType=member").await;
    let lines: Vec<_> = members.iter().map(|line| (line.1.as_str(), line.2.as_str(), line.4.clone())).collect();
    assert_eq!(
        lines,
        [
            ("create", "/role", json!("monitor")),
            ("delete", "/status", Value::Null),
            ("create", "/role", json!("administer")),
            ("update", "/status", json!("accepted")),
            ("update", "/role", json!("owner")),
            ("update", "/role", json!("administer")),
        ]
    );
}
