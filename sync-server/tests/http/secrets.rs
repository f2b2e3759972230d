//! Secrets go in and never come out.

use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::device::id;
use crate::server::{Server, code};

const CANARY: &str = "canary-5f1c0e7a-secret";
const PATH: &str = "/http/auth/token/token";

#[tokio::test]
async fn a_secret_is_sealed_named_and_removed_but_never_read() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/connections/{}/secrets", ann.account, id());
    let body = json!({ "path": PATH, "value": CANARY, "hosts": ["api.example.com"] });
    let put = ann.browser.send(Method::PUT, &path, Some(body)).await;
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
    let listed: Value = ann.browser.get(&path).await.json().await.unwrap();
    assert_eq!(listed, json!({ "paths": [PATH] }));
    let wrong = json!({ "path": "/name", "value": "x", "hosts": ["api.example.com"] });
    assert_eq!(ann.browser.send(Method::PUT, &path, Some(wrong)).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for path in files(server.data()) {
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!found, "the secret lies in clear in {}", path.display());
    }
    let gone = ann.browser.send(Method::DELETE, &path, Some(json!({ "path": PATH }))).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let listed: Value = ann.browser.get(&path).await.json().await.unwrap();
    assert_eq!(listed, json!({ "paths": [] }));
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn a_secret_says_which_hosts_it_may_go_to() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/connections/{}/secrets", ann.account, id());
    let without = json!({ "path": PATH, "value": "x" });
    assert_eq!(code(ann.browser.send(Method::PUT, &path, Some(without)).await).await, "invalid_body");
    for hosts in
        [json!([]), json!([""]), json!(["https://api.example.com"]), json!(["http://"]), json!(vec!["a.example"; 21])]
    {
        let body = json!({ "path": PATH, "value": "x", "hosts": hosts });
        let answer = ann.browser.send(Method::PUT, &path, Some(body)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{hosts}");
        let errors: Value = answer.json().await.unwrap();
        assert_eq!(errors["errors"][0]["field"], "hosts");
    }
}

#[tokio::test]
async fn secrets_of_what_is_not_there_have_a_limit() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut put = async |n: u32| {
        let nobody = format!("{n:024x}");
        let path = format!("/api/accounts/{}/connections/{nobody}/secrets", ann.account);
        let secret = json!({ "path": "/http/auth/token/token", "value": "s", "hosts": ["a.example"] });
        ann.browser.send(Method::PUT, &path, Some(secret)).await
    };
    for n in 0..200 {
        assert_eq!(put(n).await.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(crate::server::code(put(200).await).await, "too_many_secrets");
    assert_eq!(put(7).await.status(), StatusCode::NO_CONTENT, "one that waits is replaced");
}
