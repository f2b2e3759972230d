//! Connections that go offline by runs and tests, and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Api, owner};
use super::whole_task::ended;
use crate::server::Server;

const GOOD: &str = "canary-good-token";
const BAD: &str = "canary-bad-token";

/// An application that wants a good token, and counts who asks.
async fn application() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let judge = async |State(asked): State<Arc<AtomicUsize>>, headers: HeaderMap| {
        asked.fetch_add(1, Ordering::SeqCst);
        let given = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
        let status = if given == format!("Bearer {GOOD}") { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        (status, axum::Json(json!([{ "id": 1 }])))
    };
    let router = Router::new().route("/orders", get(judge)).with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, asked)
}

fn connection(base: &str, token: &str) -> Value {
    json!({ "name": "c", "type": "http", "http": { "baseURI": base, "ping": { "relativeURI": "/orders", "method": "GET" },
        "auth": { "type": "token", "token": { "token": token, "location": "header", "scheme": "Bearer" } } } })
}

/// The id of a connection with this token, and of a flow that reads through it.
async fn flow(api: &Api, base: &str, token: &str) -> (String, String) {
    let connection = api.make("connections", connection(base, token)).await;
    let export = json!({ "name": "Orders", "_connectionId": connection, "adaptorType": "HTTPExport",
        "http": { "method": "GET", "relativeURI": "/orders" } });
    let export = api.make("exports", export).await;
    let flow = json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }] });
    (connection, api.make("flows", flow).await)
}

/// Runs a flow to its end; the status and what the errors say.
async fn run(api: &Api, flow: &str) -> (Value, String) {
    let started = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good();
    let job = started["_jobId"].as_str().unwrap();
    let done = ended(api, job).await;
    let errors = api.get(&format!("/v1/jobs/{job}/errors")).await;
    (done["status"].clone(), format!("{done} {}", errors.text))
}

async fn is_offline(api: &Api, connection: &str) -> bool {
    api.get(&format!("/v1/connections/{connection}")).await.good()["offline"].as_bool().unwrap()
}

#[tokio::test]
async fn a_refused_connection_stops_later_runs_at_once_until_its_test_goes_well() {
    let (base, asked) = application().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (mut ann, api) = owner(&server, "ann").await;
    let (refused, flow) = flow(&api, &base, BAD).await;
    assert!(!is_offline(&api, &refused).await);
    let (status, first) = run(&api, &flow).await;
    assert_eq!(status, "failed", "{first}");
    assert!(is_offline(&api, &refused).await);
    let filtered = api.get("/v1/connections?offline=true").await.good();
    assert_eq!(filtered[0]["_id"], json!(refused));
    let before = asked.load(Ordering::SeqCst);
    let (status, later) = run(&api, &flow).await;
    assert_eq!((status, asked.load(Ordering::SeqCst)), (json!("failed"), before), "{later}");
    assert!(
        later.contains("its connection is offline: it answered 401 to them. Enter the credentials again"),
        "{later}"
    );
    assert!(later.contains("connection") && !later.contains(BAD), "{later}");
    let ping = format!("/v1/connections/{refused}/ping");
    assert_eq!(api.post(&ping, json!({})).await.no(), (422, "connection_failed".to_owned()));
    assert!(is_offline(&api, &refused).await, "a test that fails changes nothing");
    // A device hears why.
    let path = format!("/api/accounts/{}/outages", ann.account);
    let heard: Value = ann.browser.get(&path).await.json().await.unwrap();
    assert_eq!(heard["outages"][0]["connection"], json!(refused));
    assert!(heard["outages"][0]["why"].as_str().unwrap().contains("401"), "{heard}");
    // Others are entered: nobody knows whether they are refused, so the next run tries them.
    let body = connection(&base, GOOD);
    assert_eq!(api.put(&format!("/v1/connections/{refused}"), body).await.status, 200);
    assert!(!is_offline(&api, &refused).await);
    let (status, good) = run(&api, &flow).await;
    assert_eq!(status, "completed", "{good}");
}

#[tokio::test]
async fn a_device_says_what_it_found_out_and_a_good_test_takes_it_back() {
    let (base, asked) = application().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (mut ann, api) = owner(&server, "ann").await;
    let (good, flow) = flow(&api, &base, GOOD).await;
    let path = format!("/api/accounts/{}/connections/{good}/outage", ann.account);
    let put = async |browser: &mut crate::server::Browser, why: Value| {
        browser.send(Method::PUT, &path, Some(json!({ "why": why }))).await.status()
    };
    assert_eq!(put(&mut ann.browser, json!("it answered 401 to them")).await, 204);
    assert!(is_offline(&api, &good).await);
    let (status, said) = run(&api, &flow).await;
    assert_eq!((status, asked.load(Ordering::SeqCst)), (json!("failed"), 0), "{said}");
    assert_eq!(api.post(&format!("/v1/connections/{good}/ping"), json!({})).await.good(), json!({ "code": 200 }));
    assert!(!is_offline(&api, &good).await);
    assert_eq!(run(&api, &flow).await.0, "completed");
    assert_eq!(put(&mut ann.browser, json!("x".repeat(100_000))).await, 204);
    let list = format!("/api/accounts/{}/outages", ann.account);
    let heard: Value = ann.browser.get(&list).await.json().await.unwrap();
    assert_eq!(heard["outages"][0]["why"].as_str().unwrap().len(), 500, "a reason is a sentence");
    assert_eq!(put(&mut ann.browser, Value::Null).await, 204);
    assert!(!is_offline(&api, &good).await);
    // A flow is no connection.
    let other = path.replace(&good, &flow);
    let answer = ann.browser.send(Method::PUT, &other, Some(json!({ "why": "x" }))).await;
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_connection_that_is_offline_is_tested_again_by_itself_and_its_flows_go_on() {
    let (base, asked) = application().await;
    let server = Server::start_with(&["--allow-private-network", "--retest-after", "1s"]);
    let (mut ann, api) = owner(&server, "ann").await;
    let (good, _) = flow(&api, &base, GOOD).await;
    let (bad, _) = flow(&api, &base, BAD).await;
    for connection in [&good, &bad] {
        let path = format!("/api/accounts/{}/connections/{connection}/outage", ann.account);
        let said = ann.browser.send(Method::PUT, &path, Some(json!({ "why": "it answered 401 to them" }))).await;
        assert_eq!(said.status(), 204);
    }
    let mut again = tokio::time::interval(std::time::Duration::from_millis(100));
    let late = tokio::time::sleep(std::time::Duration::from_secs(30));
    tokio::pin!(late);
    while is_offline(&api, &good).await {
        tokio::select! {
            _ = again.tick() => {}
            () = &mut late => panic!("it was not tested, {} requests", asked.load(Ordering::SeqCst)),
        }
    }
    assert!(is_offline(&api, &bad).await, "what is still refused stays offline");
}

/// The ids of an iClient with this secret, and of a connection that gets its tokens by it.
async fn by_client(api: &Api, base: &str) -> (String, String) {
    let client = api.make("iclients", client(base, "canary-one")).await;
    let body = json!({ "name": "c", "type": "http", "http": { "baseURI": base, "_iClientId": client,
        "ping": { "relativeURI": "/orders", "method": "GET" },
        "auth": { "type": "oauth", "oauth": { "tokenURI": format!("{base}/token"), "grantType": "clientcredentials" } } } });
    let connection = api.make("connections", body).await;
    (client, connection)
}

fn client(base: &str, secret: &str) -> Value {
    json!({ "name": "ic", "provider": "custom_oauth2", "oauth2": { "grantType": "clientcredentials", "clientId": "cid",
        "clientSecret": secret, "token": { "uri": format!("{base}/token") } } })
}

fn now_ms() -> u64 {
    u64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

#[tokio::test]
async fn what_a_device_found_out_before_others_were_entered_is_not_kept() {
    let (base, _) = application().await;
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let (id, connection) = by_client(&api, &base).await;
    let path = format!("/api/accounts/{}/connections/{connection}/outage", ann.account);
    let said = |found_ms: u64| Some(json!({ "why": "it answered 401 to them", "foundMs": found_ms }));
    let before = now_ms();
    // A colleague enters another secret for the client that the connection goes by.
    assert_eq!(api.put(&format!("/v1/iclients/{id}"), client(&base, "canary-two")).await.status, 200);
    assert_eq!(ann.browser.send(Method::PUT, &path, said(before)).await.status(), 204);
    assert!(!is_offline(&api, &connection).await, "what it says is of the one before");
    assert_eq!(ann.browser.send(Method::PUT, &path, said(now_ms())).await.status(), 204);
    assert!(is_offline(&api, &connection).await);
}

#[tokio::test]
async fn an_outage_ends_when_the_connection_or_the_client_that_it_goes_by_is_changed() {
    let (base, _) = application().await;
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let (id, by) = by_client(&api, &base).await;
    let other = api.make("connections", connection(&base, GOOD)).await;
    let mut refuse = async || {
        for connection in [&by, &other] {
            let path = format!("/api/accounts/{}/connections/{connection}/outage", ann.account);
            let said = Some(json!({ "why": "it answered 401 to them" }));
            assert_eq!(ann.browser.send(Method::PUT, &path, said).await.status(), 204);
            assert!(is_offline(&api, connection).await);
        }
    };
    refuse().await;
    let one = format!("/v1/connections/{other}");
    let mut changed = api.get(&one).await.good();
    changed["http"]["auth"]["token"]["scheme"] = json!("Basic");
    assert_eq!(api.put(&one, changed).await.status, 200);
    assert_eq!([is_offline(&api, &other).await, is_offline(&api, &by).await], [false, true]);
    refuse().await;
    assert_eq!(api.put(&format!("/v1/iclients/{id}"), client(&base, "canary-two")).await.status, 200);
    assert_eq!([is_offline(&api, &other).await, is_offline(&api, &by).await], [true, false], "its secret is another");
    refuse().await;
    let one = format!("/v1/iclients/{id}");
    let mut changed = api.get(&one).await.good();
    changed["oauth2"]["clientId"] = json!("other");
    assert_eq!(api.put(&one, changed).await.status, 200);
    assert_eq!([is_offline(&api, &other).await, is_offline(&api, &by).await], [true, false]);
}
