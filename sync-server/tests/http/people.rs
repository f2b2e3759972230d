//! Signing up, in and out; cookies, origins, attempts.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use reqwest::header::{ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Browser, PASSWORD, Server, code};

#[tokio::test]
async fn somebody_signs_up_out_and_in_again() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    let me: Value = ann.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["user"]["email"], "ann@example.com");
    assert_eq!(me["accounts"][0]["role"], "owner");
    assert_eq!(ann.post("/api/signout", json!({})).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ann.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    let wrong = ann.post("/api/signin", json!({ "email": "ann@example.com", "password": "not this one" })).await;
    assert_eq!(code(wrong).await, "wrong_credentials");
    let right = ann.post("/api/signin", json!({ "email": " Ann@Example.com", "password": PASSWORD })).await;
    assert_eq!(right.status(), StatusCode::OK);
    assert_eq!(ann.get("/api/me").await.json::<Value>().await.unwrap(), me);
}

#[tokio::test]
async fn an_address_is_taken_once_and_bad_fields_are_named() {
    let server = Server::start();
    server.person("ann").await;
    let mut other = server.browser();
    let taken = json!({ "name": "A", "email": "ANN@example.com", "password": PASSWORD });
    assert_eq!(code(other.post("/api/signup", taken).await).await, "email_taken");
    for (field, body) in [
        ("name", json!({ "name": " ", "email": "b@example.com", "password": PASSWORD })),
        ("email", json!({ "name": "B", "email": "b", "password": PASSWORD })),
        ("password", json!({ "name": "B", "email": "b@example.com", "password": "short" })),
    ] {
        let answer = other.post("/api/signup", body).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let errors: Value = answer.json().await.unwrap();
        assert_eq!(errors["errors"][0]["field"], field);
    }
    let unknown = json!({ "name": "B", "email": "b@example.com", "password": PASSWORD, "role": "owner" });
    assert_eq!(code(other.post("/api/signup", unknown).await).await, "invalid_body");
}

#[tokio::test]
async fn the_session_cookie_is_for_the_server_alone_and_new_at_each_sign_in() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    let before = ann.cookies.clone();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let answer = ann.post("/api/signin", body).await;
    let port = server.address.rsplit(':').next().unwrap();
    let cookies: Vec<String> =
        answer.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with(&format!("tombolo-{port}="))));
    for cookie in &cookies {
        for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
    }
    let mut old = server.browser();
    old.cookies = before;
    assert_eq!(old.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ann.get("/api/me").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn behind_a_proxy_the_cookie_is_bound_to_the_host_and_only_its_origin_is_ours() {
    let server = Server::start_with(&["--behind-proxy", "https://tombolo.example", "--signup"]);
    let ann = server.browser();
    let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD });
    let send =
        |origin: &'static str| ann.request(Method::POST, "/api/signup").header(ORIGIN, origin).json(&body).send();
    let direct = send("http://127.0.0.1").await.unwrap();
    assert_eq!(code(direct).await, "foreign_origin");
    let answer = send("https://tombolo.example").await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-tombolo=") && cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn behind_a_proxy_strangers_do_not_sign_up() {
    let server = Server::start_with(&["--behind-proxy", "https://tombolo.example"]);
    let mut ann = server.browser();
    let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD });
    let answer = ann.request(Method::POST, "/api/signup").json(&body).send().await.unwrap();
    assert_eq!(code(answer).await, "signup_closed");
    assert_eq!(ann.get("/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_first_owner_of_a_closed_server_is_made_on_the_command_line() {
    const ORIGIN_OF_PROXY: &str = "https://tombolo.example";
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let short = create_owner(&data, "short\n");
    assert!(!short.status.success() && String::from_utf8_lossy(&short.stderr).contains("at least"), "{short:?}");
    let made = create_owner(&data, &format!("{PASSWORD}\n"));
    assert!(made.status.success(), "{made:?}");
    let again = create_owner(&data, &format!("{PASSWORD}\n"));
    assert!(String::from_utf8_lossy(&again.stderr).contains("choose another address"), "{again:?}");
    let server = Server::on(&data, &["--behind-proxy", ORIGIN_OF_PROXY]);
    let running = create_owner(&data, PASSWORD);
    assert!(String::from_utf8_lossy(&running.stderr).contains("another server uses"), "{running:?}");
    let post = |browser: &Browser, path: &str, body: Value| {
        browser.request(Method::POST, path).header(ORIGIN, ORIGIN_OF_PROXY).json(&body).send()
    };
    let mut ann = server.browser();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let answer = post(&ann, "/api/signin", body).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    ann.keep_cookies(&answer);
    let me: Value = answer.json().await.unwrap();
    assert_eq!((&me["accounts"][0]["name"], &me["accounts"][0]["role"]), (&json!("Ann"), &json!("owner")));
    let members = format!("/api/accounts/{}/members", me["accounts"][0]["id"].as_str().unwrap());
    let invited = post(&ann, &members, json!({ "email": "bob@example.com", "role": "manage" })).await.unwrap();
    let invited: Value = invited.json().await.unwrap();
    let token = invited["link"].as_str().unwrap().rsplit('=').next().unwrap();
    let body = json!({ "name": "Bob", "email": "bob@example.com", "password": PASSWORD, "invitation": token });
    assert_eq!(post(&server.browser(), "/api/signup", body).await.unwrap().status(), StatusCode::OK);
}

fn create_owner(data: &Path, stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["admin", "create-owner", "--email", "Ann@example.com", "--name", "Ann", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read anything.
    drop(child.stdin.take().unwrap().write_all(stdin.as_bytes()));
    child.wait_with_output().unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_reads_the_servers_data() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::on(&data, &[]);
    server.person("ann").await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for name in ["tombolo.db", "tombolo.db-wal", "tombolo.db-shm", "secrets.key", "audit.key"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn another_sites_page_changes_nothing_with_our_cookies() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let answer = ann.request(Method::POST, "/api/signout").header(ORIGIN, origin).send().await.unwrap();
        assert_eq!(code(answer).await, "foreign_origin");
    }
    let cross = ann.request(Method::POST, "/api/signout").header("sec-fetch-site", "cross-site");
    assert_eq!(cross.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let rebound = ann.request(Method::GET, "/api/me").header("host", "evil.example");
    assert_eq!(rebound.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(ann.get("/api/me").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_and_does_not_lock_the_owner_out() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    let mut attacker = server.browser();
    let guess = json!({ "email": "ann@example.com", "password": "guess guess" });
    for _ in 0..10 {
        assert_eq!(attacker.post("/api/signin", guess.clone()).await.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = attacker.post("/api/signin", guess).await;
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(code(refused).await, "too_many_attempts");
    // The same network address, but the browser that Ann has signed in with before.
    ann.post("/api/signout", json!({})).await;
    let answer = ann.post("/api/signin", json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[test]
fn an_address_that_others_reach_is_refused_with_one_line() {
    let output = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["serve", "--listen", "0.0.0.0:0", "--data"])
        .arg(tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("--behind-proxy"), "{said}");
}
