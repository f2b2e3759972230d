//! Secrets go in and never come out.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tombolo_model::Kind;
use tombolo_wire::sync::Down;

use crate::device::{Device, author, create};
use crate::server::{Server, code};

const CANARY: &str = "canary-5f1c0e7a-secret";
const PATH: &str = "/http/auth/token/token";

#[tokio::test]
async fn a_secret_is_sealed_named_and_removed_but_never_read() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let value = json!({ "name": "Shop", "type": "http", "http": { "baseURI": "https://api.example.com/v1" } });
    let (connection, first) = create(Kind::Connection, &value, &author());
    let path = format!("/api/accounts/{}/connections/{}/secrets", ann.account, connection.id());
    let body = json!({ "path": PATH, "value": CANARY });
    let early = ann.browser.send(Method::PUT, &path, Some(body.clone())).await;
    assert_eq!(code(early).await, "connection_unknown");
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    assert!(matches!(device.push(connection.id(), &[first]).await, Some(Down::Accepted { .. })));
    let put = ann.browser.send(Method::PUT, &path, Some(body)).await;
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
    let listed: Value = ann.browser.get(&path).await.json().await.unwrap();
    assert_eq!(listed, json!({ "paths": [PATH] }));
    let wrong = json!({ "path": "/name", "value": "x" });
    assert_eq!(ann.browser.send(Method::PUT, &path, Some(wrong)).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for entry in std::fs::read_dir(server.data()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!found, "the secret lies in clear in the data folder");
    }
    let gone = ann.browser.send(Method::DELETE, &path, Some(json!({ "path": PATH }))).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let listed: Value = ann.browser.get(&path).await.json().await.unwrap();
    assert_eq!(listed, json!({ "paths": [] }));
}
