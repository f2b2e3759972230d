//! Who may call which route of the API, and that nothing of one account is ever seen in another: generated from the
//! route table.

use reqwest::Method;
use serde_json::{Value, json};
use tombolo_model::{Kind, Role};
use tombolo_server::{Right, RouteInfo, route_table};

use super::client::{Answer, Api, owner, personal};
use super::resources::least;
use crate::server::Server;

/// The routes behind a token.
fn routes() -> Vec<(RouteInfo, Right)> {
    let all = route_table().into_iter().filter(|route| route.path.starts_with("/v1/"));
    all.map(|route| (route.clone(), route.right)).filter(|(_, right)| *right != Right::Anybody).collect()
}

/// The path with these ids; by kind where the path says which.
fn filled(route: &RouteInfo, id: &dyn Fn(Option<Kind>) -> String) -> String {
    let first = route.path.split('/').nth(2).unwrap_or_default();
    let kind = if first == "recycleBinTTL" { Some(Kind::Script) } else { Kind::from_collection(first) };
    route
        .path
        .replace("{id}", &id(kind))
        .replace("{type}", "scripts")
        .replace("{key}", "secret-key")
        .replace("{name}", "handlebars")
}

async fn call(api: &Api, method: &Method, path: &str) -> Answer {
    // Whoever passes the door is told that the body is wrong, and nothing changes.
    let body = matches!(*method, Method::POST | Method::PUT | Method::PATCH).then(|| json!([]));
    api.send(method.clone(), path, body.as_ref()).await
}

#[tokio::test]
async fn every_route_of_the_api_asks_for_its_right() {
    let server = Server::start();
    let (mut ann, _) = owner(&server, "ann").await;
    let account = ann.account.to_string();
    let mut unexpected = Vec::new();
    for role in [Role::Monitor, Role::Manage, Role::Administer] {
        let mut person = server.person(role.name()).await;
        ann.let_in(&mut person, role.name(), role.name()).await;
        let api = personal(&server, &mut person, &account).await;
        for (route, right) in routes() {
            let path = filled(&route, &|_| "f".repeat(24));
            let status = call(&api, &route.method, &path).await.status;
            let Right::Token(action, kind) = right else { panic!("{} has no right", route.path) };
            let fine = if role.may(action, kind) {
                // To make a token of the account takes more, and what is asked depends on the body.
                let by_body = route.path == "/v1/accesstokens" && route.method == Method::POST;
                status != 401 && (status != 403 || by_body) && status != 405 && !status.is_server_error()
            } else {
                status == 403
            };
            if !fine {
                unexpected.push(format!("{role} {} {path}: {status}", route.method));
            }
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// A call that would do something if the resource were there.
async fn meddle(api: &Api, method: &Method, path: &str) -> Answer {
    let body = match *method {
        Method::PATCH => Some(json!([{ "op": "replace", "path": "/name", "value": "stolen" }])),
        Method::POST | Method::PUT => {
            Some(json!({ "name": "stolen", "type": "http", "http": { "baseURI": "https://a.example" },
            "data": [{ "key": "stolen", "value": 1 }] }))
        }
        Method::DELETE if path.ends_with("/data") => Some(json!({ "keys": ["canary"] })),
        _ => None,
    };
    api.send(method.clone(), path, body.as_ref()).await
}

/// One resource of each kind with a name that gives it away, and all else that an account has.
async fn furnish(api: &Api) -> Vec<(Option<Kind>, String)> {
    let mut ids = Vec::new();
    for kind in Kind::ALL {
        let mut body = least(kind);
        body["name"] = json!(format!("canary of a {kind}"));
        let id = api.make(kind.collection(), body).await;
        api.put(&format!("/v1/{}/{id}/state/secret-key", kind.collection()), json!("canary")).await;
        ids.push((Some(kind), id));
    }
    api.put("/v1/state/secret-key", json!({ "canary": true })).await;
    let binned = api.make("scripts", json!({ "name": "canary in the bin" })).await;
    api.delete(&format!("/v1/scripts/{binned}")).await;
    let cache = ids.iter().find(|(kind, _)| *kind == Some(Kind::LookupCache)).unwrap().1.clone();
    api.post(&format!("/v1/lookupcaches/{cache}/data"), json!({ "data": [{ "key": "canary", "value": "canary" }] }))
        .await
        .good();
    let token = api.get("/v1/accesstokens").await.good()[0]["_id"].as_str().unwrap().to_owned();
    ids.push((None, token));
    ids
}

#[tokio::test]
async fn nothing_of_one_account_is_seen_or_touched_from_another() {
    let server = Server::start();
    let (_ann, ours) = owner(&server, "ann").await;
    let (_eve, theirs) = owner(&server, "eve").await;
    let ids = furnish(&ours).await;
    let before = everything(&ours).await;
    let mut seen = Vec::new();
    for (route, _) in routes() {
        let foreign = filled(&route, &|kind| ids.iter().find(|(have, _)| *have == kind).unwrap().1.clone());
        let absent = filled(&route, &|_| "e".repeat(24));
        let foreign_answer = meddle(&theirs, &route.method, &foreign).await;
        let absent_answer = meddle(&theirs, &route.method, &absent).await;
        if foreign_answer.text.contains("canary") {
            seen.push(format!("{} {foreign} tells: {}", route.method, foreign_answer.text));
        }
        if !route.path.contains("{id}") {
            continue;
        }
        if (foreign_answer.status, &foreign_answer.text) != (absent_answer.status, &absent_answer.text) {
            seen.push(format!(
                "{} {foreign}: {} but absent {}",
                route.method, foreign_answer.status, absent_answer.status
            ));
        }
        if foreign_answer.status != 404 {
            seen.push(format!("{} {foreign}: {} {}", route.method, foreign_answer.status, foreign_answer.text));
        }
    }
    assert!(seen.is_empty(), "{seen:#?}");
    // A reference to what is elsewhere gives nothing, and says no more than one to nothing.
    for (kind, field) in
        [(Kind::Connection, "_connectionId"), (Kind::Script, "_scriptId"), (Kind::Integration, "_integrationId")]
    {
        let id = &ids.iter().find(|(have, _)| *have == Some(kind)).unwrap().1;
        let no = theirs.post("/v1/exports", json!({ "name": "x", (field): id })).await;
        assert_eq!(no.no(), (422, "invalid_ref".to_owned()), "{field}");
    }
    assert_eq!(everything(&ours).await, before, "something was changed from outside");
}

async fn everything(api: &Api) -> Vec<Value> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        all.push(api.get(&format!("/v1/{}", kind.collection())).await.good());
    }
    all.push(api.get("/v1/state/secret-key").await.good());
    all.push(api.get("/v1/recycleBinTTL").await.good());
    all.push(api.get("/v1/accesstokens").await.good());
    all
}
