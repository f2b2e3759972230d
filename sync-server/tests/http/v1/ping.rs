//! Tests of connections: saved and unsaved, by the rules of runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{any, get};
use serde_json::{Value, json};

use super::client::owner;
use crate::server::Server;

const CANARY: &str = "canary-1d4f-token";

/// An application that wants the token, and repeats what it got.
async fn application() -> String {
    let router = Router::new().route(
        "/me",
        get(async |headers: HeaderMap| {
            let given = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
            let fine = given == format!("Bearer {CANARY}");
            (if fine { StatusCode::OK } else { StatusCode::UNAUTHORIZED }, format!("you sent {given}"))
        }),
    );
    let token = json!({ "access_token": CANARY, "token_type": "bearer", "expires_in": 3600 }).to_string();
    let tokens = axum::routing::post(async move || ([("content-type", "application/json")], token.clone()));
    let router = router.route("/token", tokens);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn connection(base: &str, token: &str) -> Value {
    json!({ "name": "c", "type": "http", "http": { "baseURI": base, "ping": { "relativeURI": "/me", "method": "GET" },
        "auth": { "type": "token", "token": { "token": token, "location": "header", "scheme": "Bearer" } } } })
}

#[tokio::test]
async fn a_connection_is_tested_saved_or_not_and_no_answer_holds_its_secret() {
    let base = application().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let good = api.make("connections", connection(&base, CANARY)).await;
    let bad = api.make("connections", connection(&base, "canary-wrong")).await;
    let works = api.post(&format!("/v1/connections/{good}/ping"), json!({})).await;
    assert_eq!(works.good(), json!({ "code": 200 }));
    assert_eq!(api.get(&format!("/v1/connections/{good}/ping")).await.good(), json!({ "code": 200 }));
    let refused = api.get(&format!("/v1/connections/{bad}/ping")).await;
    assert_eq!(refused.no(), (422, "connection_failed".to_owned()));
    assert!(!refused.text.contains("canary-wrong"), "{}", refused.text);
    let unsaved = api.post("/v1/connections/ping", connection(&base, CANARY)).await;
    assert_eq!(unsaved.good(), json!({ "code": 200 }));
    let wrong = api.post("/v1/connections/ping", connection(&base, "canary-wrong")).await;
    assert_eq!(wrong.no(), (422, "connection_failed".to_owned()));
    assert!(!wrong.text.contains("canary-wrong"), "{}", wrong.text);
    assert_eq!(api.get("/v1/connections").await.good().as_array().unwrap().len(), 2, "a test saves nothing");
}

#[tokio::test]
async fn a_token_got_by_an_iclient_goes_where_the_connection_led_when_the_client_was_put_in() {
    let base = application().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let client = json!({ "name": "ic", "provider": "custom_oauth2", "oauth2": { "grantType": "clientcredentials",
        "clientId": "cid", "clientSecret": "canary-client", "token": { "uri": format!("{base}/token") } } });
    let client = api.make("iclients", client).await;
    let body = json!({ "name": "c", "type": "http", "http": { "baseURI": base, "_iClientId": client,
        "ping": { "relativeURI": "/me", "method": "GET" },
        "auth": { "type": "oauth", "oauth": { "tokenURI": format!("{base}/token"), "grantType": "clientcredentials" } } } });
    let made = api.make("connections", body).await;
    let one = format!("/v1/connections/{made}");
    assert_eq!(api.post(&format!("{one}/ping"), json!({})).await.good(), json!({ "code": 200 }));
    assert_eq!(api.get(&one).await.good()["http"]["_iClientId"], json!(client), "it is no secret");
    let mut moved = api.get(&one).await.good();
    moved["http"]["baseURI"] = json!("http://127.0.0.1:9");
    assert_eq!(api.put(&one, moved).await.status, 200);
    let refused = api.post(&format!("{one}/ping"), json!({})).await;
    assert_eq!(refused.no(), (422, "other_host".to_owned()));
}

#[tokio::test]
async fn a_test_reaches_no_private_address_of_the_server() {
    let base = application().await;
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let refused = api.post("/v1/connections/ping", connection(&base, CANARY)).await;
    assert_eq!(refused.no(), (422, "connection_failed".to_owned()));
    assert!(refused.text.contains("private"), "{}", refused.text);
}

#[tokio::test]
async fn no_spelling_of_the_servers_own_address_is_reached() {
    let hits = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&hits);
    let router = Router::new().fallback(any(async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        "hit"
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "user:x@127.0.0.1",
        "8.8.8.8@localhost",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::1]",
        "[::]",
        "0",
        "0.0.0.0",
        "１２７.0.0.1",
        "127。0。0。1",
    ] {
        let refused = api.post("/v1/connections/ping", connection(&format!("http://{host}:{port}"), CANARY)).await;
        assert_eq!(refused.status, 422, "{host}: {}", refused.text);
    }
    assert_eq!(hits.load(Ordering::Relaxed), 0);
}
