//! TLS that the server ends itself (decision 28).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::header::{ORIGIN, SET_COOKIE};
use reqwest::{Certificate, Client, StatusCode};
use serde_json::json;
use tokio::net::TcpStream;

use crate::server::{PASSWORD, Server};

/// Made for these tests: a key on P-256 and a certificate of it for `localhost` and `127.0.0.1`, good until 2126.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Starts the program with this certificate and key; what it says first.
fn serve(data: &Path, key: &str, options: &[&str]) -> (std::process::Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .arg("--tls-cert")
        .arg(file("cert.pem"))
        .arg("--tls-key")
        .arg(file(key))
        .args(options)
        .env("TOMBOLO_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

fn browser() -> Client {
    let certificate = Certificate::from_pem(&std::fs::read(file("cert.pem")).unwrap()).unwrap();
    Client::builder().no_proxy().tls_certs_only([certificate]).timeout(Duration::from_secs(20)).build().unwrap()
}

/// A server that speaks TLS; ended when this goes out of scope.
struct Tls(Server);

impl Tls {
    fn start(data: &Path, options: &[&str]) -> (Self, String) {
        let (child, line) = serve(data, "key.pem", options);
        let address = line.trim().strip_prefix("Tombolo is ready at https://").expect(&line).to_owned();
        (Self(Server::of(child, &address, data)), address)
    }
}

#[tokio::test]
async fn with_a_certificate_the_server_speaks_tls_and_its_cookies_are_bound_to_it() {
    let data = tempfile::tempdir().unwrap();
    let (server, address) = Tls::start(data.path(), &["--signup"]);
    // The right TLS provider is chosen with the first browser.
    drop(server.0.browser());
    let browser = browser();
    let health = browser.get(format!("https://{address}/healthz")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD });
    let sign_up = |origin: String| {
        browser.post(format!("https://{address}/api/signup")).header(ORIGIN, origin).json(&body).send()
    };
    for foreign in [format!("http://{address}"), "https://evil.example".to_owned()] {
        assert_eq!(sign_up(foreign).await.unwrap().status(), StatusCode::FORBIDDEN);
    }
    let answer = sign_up(format!("https://{address}")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    for cookie in answer.headers().get_all(SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    }
    let plain = Client::builder().no_proxy().build().unwrap().get(format!("http://{address}/healthz")).send().await;
    assert!(plain.is_err(), "{plain:?}");
}

#[tokio::test]
async fn without_signup_a_server_with_tls_takes_no_strangers() {
    let data = tempfile::tempdir().unwrap();
    let (server, address) = Tls::start(data.path(), &[]);
    drop(server.0.browser());
    let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD });
    let answer = browser().post(format!("https://{address}/api/signup")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn connections_that_never_greet_hold_up_nobody() {
    let data = tempfile::tempdir().unwrap();
    let (server, address) = Tls::start(data.path(), &[]);
    drop(server.0.browser());
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    let health = browser().get(format!("https://{address}/healthz")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    drop(silent);
}

#[test]
fn a_key_that_does_not_fit_the_certificate_is_said_before_anybody_is_served() {
    let data = tempfile::tempdir().unwrap();
    let (child, line) = serve(data.path(), "other-key.pem", &[]);
    let ended = child.wait_with_output().unwrap();
    assert!(!ended.status.success() && line.is_empty(), "{line}");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("the certificate and the key do not fit"), "{said}");
}
