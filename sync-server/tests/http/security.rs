//! A person's own security: second factor, recovery codes, password, sessions.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::device::Device;
use crate::server::{Browser, PASSWORD, Server, code};

/// What an authenticator app shows for a secret, so many steps from now.
fn app_shows(secret: &str, ahead: u64) -> String {
    let mut bits = String::new();
    for digit in secret.bytes() {
        let value = if digit.is_ascii_uppercase() { digit - b'A' } else { digit - b'2' + 26 };
        bits.push_str(&format!("{value:05b}"));
    }
    let key: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    let step = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 30 + ahead;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

async fn enrol(ann: &mut Browser) -> (String, Vec<String>) {
    let wrong = ann.post("/api/security/factor/begin", json!({ "password": "not this one" })).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let begun = ann.post("/api/security/factor/begin", json!({ "password": PASSWORD })).await;
    let begun: Value = begun.json().await.unwrap();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Tombolo:ann%40example.com?secret="));
    let confirmed = ann.post("/api/security/factor/confirm", json!({ "code": app_shows(&secret, 0) })).await;
    let confirmed: Value = confirmed.json().await.unwrap();
    let codes = confirmed["recoveryCodes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (secret, codes.collect())
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_lets_in_once() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    let (secret, codes) = enrol(&mut ann).await;
    let sign_in = |code: Option<&str>| json!({ "email": "ann@example.com", "password": PASSWORD, "code": code });
    let mut other = server.browser();
    assert_eq!(code(other.post("/api/signin", sign_in(None)).await).await, "code_needed");
    let used = app_shows(&secret, 0);
    assert_eq!(code(other.post("/api/signin", sign_in(Some(&used))).await).await, "wrong_code", "used to confirm");
    assert!(other.cookies.is_empty());
    let next = app_shows(&secret, 1);
    assert_eq!(other.post("/api/signin", sign_in(Some(&next))).await.status(), StatusCode::OK);
    let mut third = server.browser();
    assert_eq!(code(third.post("/api/signin", sign_in(Some(&next))).await).await, "wrong_code", "used");
    let recovery = codes[0].to_uppercase();
    assert_eq!(third.post("/api/signin", sign_in(Some(&recovery))).await.status(), StatusCode::OK);
    let mut fourth = server.browser();
    assert_eq!(code(fourth.post("/api/signin", sign_in(Some(&recovery))).await).await, "wrong_code", "used");
    let known: Value = ann.get("/api/security").await.json().await.unwrap();
    assert_eq!((&known["secondFactor"], &known["recoveryCodes"]), (&json!(true), &json!(9)));
    let remove = json!({ "password": PASSWORD, "code": codes[1] });
    assert_eq!(ann.post("/api/security/factor/remove", remove).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(fourth.post("/api/signin", sign_in(None)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    enrol(&mut ann).await;
    let mut attacker = server.browser();
    let guess = |n: u32| json!({ "email": "ann@example.com", "password": PASSWORD, "code": format!("{n:06}") });
    for n in 0..10 {
        assert_eq!(attacker.post("/api/signin", guess(n)).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(code(attacker.post("/api/signin", guess(11)).await).await, "too_many_attempts");
}

#[tokio::test]
async fn a_new_password_and_an_ended_session_close_the_other_browsers_and_their_sockets() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let account = ann.account;
    let mut first = ann.browser;
    let sign_in = |password: &str| json!({ "email": "ann@example.com", "password": password });
    let mut second = server.browser();
    second.post("/api/signin", sign_in(PASSWORD)).await;
    let mut device = Device::join(&second, account, None).await;
    let known: Value = first.get("/api/security").await.json().await.unwrap();
    let sessions = known["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    let end = json!({ "session": other["id"] });
    let mut eve = server.person("eve").await.browser;
    assert_eq!(eve.post("/api/security/sessions/end", end.clone()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(first.post("/api/security/sessions/end", end).await.status(), StatusCode::NO_CONTENT);
    let said = device.until(|frame| match frame {
        tombolo_wire::sync::Down::Bye { code, .. } => Some(code),
        _ => None,
    });
    assert_eq!(said.await, "signedOut");
    assert_eq!(second.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    second.post("/api/signin", sign_in(PASSWORD)).await;
    let change = |old: &str, new: &str| json!({ "password": old, "newPassword": new });
    let wrong = first.post("/api/security/password", change("not this one", "another long one")).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let short = first.post("/api/security/password", change(PASSWORD, "short")).await;
    assert_eq!(short.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let changed = first.post("/api/security/password", change(PASSWORD, "another long one")).await;
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    assert_eq!(first.get("/api/me").await.status(), StatusCode::OK);
    assert_eq!(second.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(second.post("/api/signin", sign_in("another long one")).await.status(), StatusCode::OK);
}
