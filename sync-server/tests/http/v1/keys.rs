//! The key of the vault: rotated, lost, and beside a backup, with the real program.

use std::path::Path;
use std::process::{Command, Output};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::{Value, json};

use super::client::{Api, owner};
use crate::server::Server;

const CANARY: &str = "canary-90b1-token";
const OPTIONS: [&str; 1] = ["--allow-private-network"];

fn admin(arguments: &[&str], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tombolo")).arg("admin").args(arguments).arg("--data").arg(data).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An application that lets in who has the token.
async fn application() -> String {
    let check = async |headers: HeaderMap| {
        let given = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
        if given == format!("Bearer {CANARY}") { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/me", get(check));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn connection(base: &str) -> Value {
    json!({ "name": "c", "type": "http", "http": { "baseURI": base, "ping": { "relativeURI": "/me", "method": "GET" },
        "auth": { "type": "token", "token": { "token": CANARY, "location": "header", "scheme": "Bearer" } } } })
}

/// Whether the connection still gets in with what the vault keeps.
async fn works(server: &Server, token: &str, id: &str) -> bool {
    Api::new(server, token).get(&format!("/v1/connections/{id}/ping")).await.status == 200
}

/// The start of a server that does not come up.
fn refused_start(data: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .output()
        .unwrap();
    assert!(!output.status.success());
    said(&output)
}

#[tokio::test]
async fn credentials_work_under_a_new_key_and_a_rotation_that_was_killed_is_finished() {
    let base = application().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::on(&data, &OPTIONS);
    let (_ann, api) = owner(&server, "ann").await;
    let id = api.make("connections", connection(&base)).await;
    assert!(works(&server, &api.token, &id).await);
    assert!(!admin(&["rotate-keys"], &data).status.success(), "rotated under a running server");
    server.kill();
    let key = data.join("secrets.key");
    let old = std::fs::read(&key).unwrap();
    let rotated = admin(&["rotate-keys"], &data);
    assert!(rotated.status.success() && said(&rotated).contains("1 sealed rows"), "{}", said(&rotated));
    assert_ne!(std::fs::read(&key).unwrap(), old);
    let mut server = Server::on(&data, &OPTIONS);
    assert!(works(&server, &api.token, &id).await);
    server.kill();
    // As a kill between the transaction and the last step would leave it.
    std::fs::rename(&key, data.join("secrets.key.new")).unwrap();
    std::fs::write(&key, old).unwrap();
    let server = Server::on(&data, &OPTIONS);
    assert!(works(&server, &api.token, &id).await);
    assert!(!data.join("secrets.key.new").exists());
}

#[tokio::test]
async fn a_restored_backup_says_whether_its_credentials_open_and_a_server_without_its_key_does_not_start() {
    let base = application().await;
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let backup = folder.path().join("yesterday.backup");
    let backup = backup.to_str().unwrap();
    let mut server = Server::on(&data, &OPTIONS);
    let (_ann, api) = owner(&server, "ann").await;
    let id = api.make("connections", connection(&base)).await;
    assert!(admin(&["backup", backup], &data).status.success());
    server.kill();
    let without = admin(&["restore", backup], &other);
    assert!(without.status.success() && said(&without).contains("NO CREDENTIALS WORK YET"), "{}", said(&without));
    assert!(refused_start(&other).contains("secrets.key is missing"));
    std::fs::copy(data.join("secrets.key"), other.join("secrets.key")).unwrap();
    let with = admin(&["restore", backup], &other);
    assert!(said(&with).contains("opens what is sealed in it (1)"), "{}", said(&with));
    let mut server = Server::on(&other, &OPTIONS);
    assert!(works(&server, &api.token, &id).await);
    server.kill();
    std::fs::remove_file(other.join("secrets.key")).unwrap();
    assert!(!admin(&["rotate-keys"], &other).status.success());
    let forgot = admin(&["rotate-keys", "--forget-unreadable"], &other);
    assert!(
        forgot.status.success() && said(&forgot).contains("1 that did not open are forgotten"),
        "{}",
        said(&forgot)
    );
    let server = Server::on(&other, &OPTIONS);
    assert!(!works(&server, &api.token, &id).await);
}
