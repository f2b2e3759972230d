//! Signing up, in and out; cookies, origins, attempts.

use reqwest::header::{ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{PASSWORD, Server, code};

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
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["serve", "--listen", "0.0.0.0:0", "--data"])
        .arg(tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("--behind-proxy"), "{said}");
}
