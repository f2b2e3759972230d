//! API tokens: shown once, scoped, revoked at once.

use std::time::SystemTime;

use chrono::{DateTime, Duration, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Api, as_page, owner, personal};
use super::resources::least;
use crate::server::Server;
use tombolo_model::Kind;

#[tokio::test]
async fn a_token_is_shown_once_kept_as_a_hash_and_lets_in_until_it_is_revoked() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let made =
        api.post("/v1/accesstokens", json!({ "name": "ci", "description": "deploys", "fullAccess": true })).await;
    let (id, text) = (made.id(), made.json()["token"].as_str().unwrap().to_owned());
    let program = Api::new(&server, &text);
    assert_eq!(program.get("/v1/tokenInfo").await.good()["scope"], "*");
    let one = format!("/v1/accesstokens/{id}");
    let mut shown = api.get(&one).await.good();
    assert_eq!((&shown["token"], &shown["revoked"], &shown["name"]), (&json!("******"), &json!(false), &json!("ci")));
    for entry in std::fs::read_dir(server.data()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{} has the token", path.display());
    }
    assert_eq!(api.delete(&one).await.no(), (422, "not_revoked".to_owned()));
    shown["revoked"] = json!(true);
    assert_eq!(api.put(&one, shown.clone()).await.good()["revoked"], true);
    let refused = program.get("/v1/tokenInfo").await;
    assert_eq!((refused.status.as_u16(), refused.json()), (401, json!({ "message": "Bearer Authentication Failed" })));
    shown["revoked"] = json!(false);
    assert_eq!(api.put(&one, shown.clone()).await.status, 200);
    assert_eq!(program.get("/v1/tokenInfo").await.status, 200);
    shown["revoked"] = json!(true);
    api.put(&one, shown).await.good();
    assert_eq!(api.delete(&one).await.status, 204);
    assert_eq!(api.get(&one).await.no(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_deleted_token_lies_in_the_recycle_bin_says_who_put_it_there_and_comes_back_revoked() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let made = api.post("/v1/accesstokens", json!({ "name": "ci", "fullAccess": true })).await;
    let (id, program) = (made.id(), Api::new(&server, made.json()["token"].as_str().unwrap()));
    let (one, binned) = (format!("/v1/accesstokens/{id}"), format!("/v1/recycleBinTTL/accesstokens/{id}"));
    assert_eq!(api.get(&binned).await.status, 404, "it is not in the bin");
    for refused in [api.post(&binned, json!({})).await, api.delete(&binned).await] {
        assert_eq!(refused.no(), (404, "not_found".to_owned()));
    }
    let mut shown = api.get(&one).await.good();
    shown["revoked"] = json!(true);
    let revoked = api.put(&one, shown.clone()).await.good();
    assert_eq!(api.delete(&one).await.status, 204);
    for gone in [api.get(&one).await, api.put(&one, shown).await, api.delete(&one).await] {
        assert_eq!(gone.no(), (404, "not_found".to_owned()));
    }
    let all = api.get("/v1/recycleBinTTL").await.good();
    let entry = &all[0];
    assert_eq!((&entry["model"], &entry["doc"]), (&json!("AccessToken"), &revoked));
    assert_eq!(entry["deletedBy"], json!({ "_id": ann.user, "name": "ann" }));
    let time = |name: &str| entry[name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert_eq!(time("purgedAt") - time("deletedAt"), Duration::days(30));
    assert_eq!(api.get("/v1/recycleBinTTL/accessTokens").await.good(), json!([revoked]));
    assert_eq!(api.get(&binned).await.good(), revoked);
    assert_eq!(program.get("/v1/tokenInfo").await.status, 401);
    // It comes back as it went, and lets in once somebody says so.
    assert_eq!(api.post(&binned, json!({})).await.status, 204);
    assert_eq!(api.get("/v1/recycleBinTTL").await.status, 204);
    let mut back = api.get(&one).await.good();
    assert_eq!((&back["revoked"], &back["name"]), (&json!(true), &json!("ci")));
    assert_eq!(program.get("/v1/tokenInfo").await.status, 401);
    back["revoked"] = json!(false);
    api.put(&one, back.clone()).await.good();
    assert_eq!(program.get("/v1/tokenInfo").await.status, 200);
    back["revoked"] = json!(true);
    api.put(&one, back).await.good();
    assert_eq!(api.delete(&one).await.status, 204);
    assert_eq!(api.post(&format!("{binned}/doCascadeRestore"), json!({})).await.status, 204);
    assert_eq!(api.delete(&one).await.status, 204);
    assert_eq!(api.delete(&binned).await.status, 204);
    assert_eq!(api.post(&binned, json!({})).await.no(), (404, "not_found".to_owned()));
    let log: Value = ann.browser.get(&format!("/api/accounts/{}/audit", ann.account)).await.json().await.unwrap();
    let entries = log["entries"].as_array().unwrap().iter().filter(|entry| entry["resource"] == json!(id));
    let told = entries.map(|entry| (entry["action"].as_str().unwrap(), entry["resourceName"].as_str().unwrap()));
    let told: Vec<_> = told.collect();
    assert!(told.starts_with(&[("delete", "ci (deleted for good)"), ("delete", "ci"), ("restore", "ci")]), "{told:?}");
}

#[tokio::test]
async fn a_deleted_personal_token_is_its_persons_and_the_administrators_to_restore_and_nobody_elses_to_see() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let account = ann.account.to_string();
    let (mut bob, mut cid) = (server.person("bob").await, server.person("cid").await);
    for (person, name) in [(&mut bob, "bob"), (&mut cid, "cid")] {
        ann.let_in(person, name, "manage").await;
    }
    let his = personal(&server, &mut bob, &account).await;
    let token = his.get("/v1/accesstokens").await.good()[0].clone();
    let one = format!("/v1/accesstokens/{}", token["_id"].as_str().unwrap());
    let binned = format!("/v1/recycleBinTTL{}", one.strip_prefix("/v1").unwrap());
    let mut revoked = token.clone();
    revoked["revoked"] = json!(true);
    assert_eq!(as_page(&mut bob, &account, Method::PUT, &one, Some(revoked)).await.status, 200);
    assert_eq!(as_page(&mut bob, &account, Method::DELETE, &one, None).await.status, 204);
    // To a colleague it is as absent as any other.
    for path in ["/v1/recycleBinTTL", "/v1/recycleBinTTL/accesstokens"] {
        assert_eq!(as_page(&mut cid, &account, Method::GET, path, None).await.status, 204, "{path}");
    }
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let refused = as_page(&mut cid, &account, method, &binned, None).await;
        assert_eq!(refused.no(), (404, "not_found".to_owned()));
    }
    assert_eq!(as_page(&mut bob, &account, Method::POST, &binned, None).await.status, 204);
    assert_eq!(as_page(&mut bob, &account, Method::DELETE, &one, None).await.status, 204);
    assert_eq!(api.get(&binned).await.good()["_userId"], json!(bob.user));
    assert_eq!(api.delete(&binned).await.status, 204);
    // What ends with its person's membership does not wait in the bin for them.
    let another = personal(&server, &mut bob, &account).await;
    let token = another.get("/v1/accesstokens").await.good()[0].clone();
    let one = format!("/v1/accesstokens/{}", token["_id"].as_str().unwrap());
    let mut revoked = token;
    revoked["revoked"] = json!(true);
    as_page(&mut bob, &account, Method::PUT, &one, Some(revoked)).await.good();
    assert_eq!(as_page(&mut bob, &account, Method::DELETE, &one, None).await.status, 204);
    ann.browser.send(Method::DELETE, &format!("/api/accounts/{account}/members/{}", bob.user), None).await;
    assert_eq!(api.get("/v1/recycleBinTTL").await.status, 204);
}

#[tokio::test]
async fn a_token_tells_when_it_was_last_used_and_what_is_shown_can_be_sent_back() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let made = api.post("/v1/accesstokens", json!({ "name": "ci", "fullAccess": true })).await;
    let one = format!("/v1/accesstokens/{}", made.id());
    assert!(made.json().get("lastUsedAt").is_none());
    let program = Api::new(&server, made.json()["token"].as_str().unwrap());
    program.get("/v1/tokenInfo").await.good();
    let mut shown = api.get(&one).await.good();
    // The request that uses it does not wait for the note.
    while shown.get("lastUsedAt").is_none() {
        tokio::task::yield_now().await;
        shown = api.get(&one).await.good();
    }
    assert_eq!(shown["lastUsedAt"].as_str().unwrap().len(), "2026-11-29T09:00:00.000Z".len());
    shown["name"] = json!("deploys");
    assert_eq!(api.put(&one, shown).await.good()["name"], "deploys");
}

#[tokio::test]
async fn what_a_token_makes_ends_no_later_than_it_and_a_rename_brings_no_token_back() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let end = DateTime::<Utc>::from(SystemTime::now()) + Duration::days(3);
    let end = end.format("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    let short = json!({ "name": "short", "fullAccess": true, "autoPurgeAt": end });
    let short = Api::new(&server, api.post("/v1/accesstokens", short).await.json()["token"].as_str().unwrap());
    let full = json!({ "name": "child", "fullAccess": true });
    let child = short.post("/v1/accesstokens", full.clone()).await.json();
    assert_eq!(child["autoPurgeAt"], end);
    let one = format!("/v1/accesstokens/{}", child["_id"].as_str().unwrap());
    assert_eq!(short.put(&one, full.clone()).await.good()["autoPurgeAt"], end);
    let mut revoked = full.clone();
    revoked["revoked"] = json!(true);
    assert_eq!(api.put(&one, revoked).await.good()["revoked"], true);
    assert_eq!(api.put(&one, full).await.good()["revoked"], true);
}

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_nobody_is_let_in() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |authorization: Option<String>| {
        let mut request = client.get(format!("http://{}/v1/flows", server.address));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        async { request.send().await.unwrap() }
    };
    let bare = get(None).await;
    assert_eq!(bare.status(), 401);
    assert_eq!(bare.json::<Value>().await.unwrap(), json!({ "message": "Unauthorized" }));
    for wrong in ["Bearer ", "Bearer 00", "Basic eDp5", "bearer", &format!("Bearer {}x", api.token)] {
        assert_eq!(get(Some(wrong.to_owned())).await.status(), 401, "{wrong}");
    }
    assert_eq!(get(Some(format!("bearer {}", api.token))).await.status(), 204);
}

#[tokio::test]
async fn a_scope_is_everything_or_a_list_and_what_is_not_in_it_is_not_there() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let inside = api.make("connections", least(Kind::Connection)).await;
    let outside = api.make("connections", least(Kind::Connection)).await;
    let export =
        api.make("exports", json!({ "name": "e", "_connectionId": outside, "adaptorType": "HTTPExport" })).await;
    for (wrong, code) in [
        (json!({ "name": "t" }), "invalid_scope"),
        (json!({ "name": "t", "fullAccess": true, "_connectionIds": [inside] }), "invalid_scope"),
        (json!({ "name": "t", "_connectionIds": ["f".repeat(24)] }), "invalid_ref"),
        (json!({ "name": "t", "_connectionIds": [export] }), "invalid_ref"),
        (json!({ "fullAccess": true }), "missing_required_field"),
        (json!({ "name": "t", "fullAccess": true, "role": "owner" }), "unknown_field"),
        (json!({ "name": "t", "fullAccess": true, "autoPurgeAt": "2099-01-01" }), "invalid_value"),
    ] {
        assert_eq!(api.post("/v1/accesstokens", wrong.clone()).await.no(), (422, code.to_owned()), "{wrong}");
    }
    let made =
        api.post("/v1/accesstokens", json!({ "name": "t", "_connectionIds": [inside], "_exportIds": [export] })).await;
    let narrow = Api::new(&server, made.json()["token"].as_str().unwrap());
    assert_eq!(narrow.get("/v1/tokenInfo").await.good()["scope"]["_connectionIds"], json!([inside]));
    assert_eq!(narrow.get(&format!("/v1/connections/{inside}")).await.status, 200);
    let listed = narrow.get("/v1/connections").await.good();
    assert_eq!((listed[0]["_id"].as_str(), listed[1].is_null()), (Some(inside.as_str()), true));
    let hidden = narrow.get(&format!("/v1/connections/{outside}")).await;
    let absent = narrow.get(&format!("/v1/connections/{}", "e".repeat(24))).await;
    assert_eq!((hidden.status, hidden.text), (absent.status, absent.text));
    assert_eq!(narrow.get("/v1/flows").await.status, 204);
    for path in ["/v1/accesstokens", "/v1/jobs", "/v1/state", "/v1/recycleBinTTL"] {
        assert_eq!(narrow.get(path).await.no(), (403, "forbidden".to_owned()), "{path}");
    }
    let copy = format!("/v1/exports/{export}/clone");
    for path in ["/v1/scripts", &copy, "/v1/connections/ping"] {
        assert_eq!(narrow.post(path, json!({ "name": "s" })).await.no(), (403, "forbidden".to_owned()), "{path}");
    }
    // It cannot reach out of its scope by a reference, nor learn what is outside.
    let mut body = narrow.get(&format!("/v1/exports/{export}")).await.good();
    assert_eq!(narrow.put(&format!("/v1/exports/{export}"), body.clone()).await.status, 200, "what it had stays good");
    body["_asyncHelperId"] = json!(api.make("asynchelpers", json!({})).await);
    assert_eq!(narrow.put(&format!("/v1/exports/{export}"), body).await.no(), (422, "invalid_ref".to_owned()));
}

#[tokio::test]
async fn a_token_is_changed_and_taken_away_also_when_what_it_was_for_is_gone_for_good() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let connection = api.make("connections", least(Kind::Connection)).await;
    let export = json!({ "name": "e", "_connectionId": connection, "adaptorType": "HTTPExport" });
    let export = api.make("exports", export).await;
    let scope = json!({ "name": "t", "_connectionIds": [connection], "_exportIds": [export] });
    let made = api.post("/v1/accesstokens", scope.clone()).await;
    let (one, program) =
        (format!("/v1/accesstokens/{}", made.id()), Api::new(&server, made.json()["token"].as_str().unwrap()));
    assert_eq!(api.delete(&format!("/v1/exports/{export}")).await.status, 204);
    assert_eq!(api.delete(&format!("/v1/recycleBinTTL/exports/{export}")).await.status, 204);
    assert_eq!(program.get("/v1/tokenInfo").await.status, 200);
    // Nobody makes another that names it, nor brings in something else that is not there.
    assert_eq!(api.post("/v1/accesstokens", scope).await.no(), (422, "invalid_ref".to_owned()));
    let mut shown = api.get(&one).await.good();
    let mut more = shown.clone();
    more["_exportIds"] = json!([export, "f".repeat(24)]);
    let refused = api.put(&one, more).await;
    assert_eq!(
        (refused.no(), &refused.json()["errors"][0]["field"]),
        ((422, "invalid_ref".to_owned()), &json!("_exportIds.1"))
    );
    let mut moved = shown.clone();
    moved["_connectionIds"] = json!([export]);
    assert_eq!(api.put(&one, moved).await.no(), (422, "invalid_ref".to_owned()));
    shown["name"] = json!("renamed");
    assert_eq!(api.put(&one, shown).await.good()["name"], "renamed");
    let mut shown = api.get(&one).await.good();
    shown["revoked"] = json!(true);
    assert_eq!(api.put(&one, shown).await.good()["revoked"], true);
    assert_eq!(program.get("/v1/tokenInfo").await.status, 401);
    assert_eq!(api.delete(&one).await.status, 204);
}

#[tokio::test]
async fn a_personal_token_follows_its_person_and_no_token_makes_one() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let account = ann.account.to_string();
    let mine = personal(&server, &mut bob, &account).await;
    let script = mine.make("scripts", json!({ "name": "s" })).await;
    assert_eq!(mine.get(&format!("/v1/scripts/{script}")).await.good()["lastModifiedBy"], json!(bob.user));
    let member = format!("/api/accounts/{account}/members/{}", bob.user);
    ann.browser.send(Method::PATCH, &member, Some(json!({ "role": "monitor" }))).await;
    assert_eq!(mine.post("/v1/scripts", json!({ "name": "s" })).await.no(), (403, "forbidden".to_owned()));
    assert_eq!(mine.get(&format!("/v1/scripts/{script}")).await.status, 200);
    let own = mine.get("/v1/accesstokens").await.good();
    assert_eq!(
        (own[0]["tokenType"].as_str(), own[1].is_null()),
        (Some("ashare"), true),
        "others' are not shown to a monitor"
    );
    for program in [&mine, &api] {
        let another = program.post("/v1/accesstokens", json!({ "name": "x", "tokenType": "ashare" })).await;
        assert_eq!(another.no(), (403, "forbidden".to_owned()));
    }
    let account_token =
        as_page(&mut bob, &account, Method::POST, "/v1/accesstokens", Some(json!({ "name": "x", "fullAccess": true })))
            .await;
    assert_eq!(account_token.no(), (403, "forbidden".to_owned()));
    // Ann sees it, and cannot change it: it is his. She can take it away.
    let listed = api.get("/v1/accesstokens").await.good();
    let his = listed.as_array().unwrap().iter().find(|token| token["tokenType"] == "ashare").unwrap().clone();
    let path = format!("/v1/accesstokens/{}", his["_id"].as_str().unwrap());
    let with = |name: &str, value: Value| {
        let mut changed = his.clone();
        changed[name] = value;
        changed
    };
    let renamed = json!({ "name": "hers", "revoked": true });
    for refused in [his.clone(), with("name", json!("hers")), renamed] {
        assert_eq!(api.put(&path, refused).await.no(), (403, "forbidden".to_owned()));
    }
    assert_eq!(mine.get("/v1/tokenInfo").await.status, 200);
    assert_eq!(api.put(&path, with("revoked", json!(true))).await.good()["revoked"], true);
    assert_eq!(mine.get("/v1/tokenInfo").await.status, 401);
    assert_eq!(api.delete(&path).await.status, 204);
}

#[tokio::test]
async fn the_personal_tokens_of_who_was_removed_are_dead_also_when_they_come_again() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let account = ann.account.to_string();
    let his = personal(&server, &mut bob, &account).await;
    assert_eq!(his.get("/v1/tokenInfo").await.status, 200);
    let member = format!("/api/accounts/{account}/members/{}", bob.user);
    ann.browser.send(Method::PATCH, &member, Some(json!({ "enabled": false }))).await;
    assert_eq!(his.get("/v1/tokenInfo").await.status, 401, "switched off");
    ann.browser.send(Method::PATCH, &member, Some(json!({ "enabled": true }))).await;
    assert_eq!(his.get("/v1/tokenInfo").await.status, 200, "and on again");
    ann.browser.send(Method::DELETE, &member, None).await;
    let left = api.get("/v1/accesstokens").await.good();
    assert!(left.as_array().unwrap().iter().all(|token| token["tokenType"] != "ashare"), "{left}");
    ann.let_in(&mut bob, "bob", "manage").await;
    assert_eq!(his.get("/v1/tokenInfo").await.status, 401, "it does not come back with him");
}

#[tokio::test]
async fn a_token_of_the_account_outlives_who_made_it_and_acts_as_the_owner_then() {
    let server = Server::start();
    let (mut ann, _) = owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "administer").await;
    let account = ann.account.to_string();
    let body = json!({ "name": "x", "fullAccess": true });
    let made = as_page(&mut bob, &account, Method::POST, "/v1/accesstokens", Some(body)).await;
    let program = Api::new(&server, made.json()["token"].as_str().unwrap());
    let script = program.make("scripts", json!({ "name": "s" })).await;
    assert_eq!(program.get(&format!("/v1/scripts/{script}")).await.good()["lastModifiedBy"], json!(bob.user));
    let member = format!("/api/accounts/{account}/members/{}", bob.user);
    ann.browser.send(Method::DELETE, &member, None).await;
    let patch = json!([{ "op": "replace", "path": "/name", "value": "t" }]);
    assert_eq!(program.patch(&format!("/v1/scripts/{script}"), patch).await.status, 204);
    assert_eq!(program.get(&format!("/v1/scripts/{script}")).await.good()["lastModifiedBy"], json!(ann.user));
}
