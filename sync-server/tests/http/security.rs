//! A person's own security: second factor, recovery codes, password, sessions.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha1::Sha1;
use tombolo_wire::sync::Down;

use crate::device::Device;
use crate::server::{Browser, PASSWORD, Server, code};
use crate::v1::client::as_page;

/// What an authenticator app shows for a secret, so many steps from now.
pub(crate) fn app_shows(secret: &str, ahead: u64) -> String {
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

/// Gives somebody a second factor: its secret and the recovery codes.
pub(crate) async fn enrol(ann: &mut Browser) -> (String, Vec<String>) {
    let wrong = ann.post("/api/security/factor/begin", json!({ "password": "not this one" })).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let begun = ann.post("/api/security/factor/begin", json!({ "password": PASSWORD })).await;
    let begun: Value = begun.json().await.unwrap();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Tombolo:"));
    assert!(begun["uri"].as_str().unwrap().contains("%40example.com?secret="));
    assert!(begun["qr"]["path"].as_str().unwrap().starts_with("M0,0h7v1h-7z"));
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
    let (secret, _) = enrol(&mut ann).await;
    let mut attacker = server.browser();
    let guess = |n: u32| json!({ "email": "ann@example.com", "password": PASSWORD, "code": format!("{n:06}") });
    for n in 0..5 {
        assert_eq!(attacker.post("/api/signin", guess(n)).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(code(attacker.post("/api/signin", guess(11)).await).await, "too_many_attempts");
    // The browser that Ann has signed in with before counts for itself.
    ann.post("/api/signout", json!({})).await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "code": app_shows(&secret, 1) });
    assert_eq!(ann.post("/api/signin", body).await.status(), StatusCode::OK);
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

/// Lets somebody have had so many passwords before the present one, all of them nobody else's: hashing each takes its time.
async fn had_many(server: &Server, email: &str, many: i64) {
    let other = json!({ "name": "Other", "email": "other@example.com", "password": "Nobody-Else-Has-1" });
    assert_eq!(server.browser().post("/api/signup", other).await.status(), StatusCode::OK);
    let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
        INSERT INTO former_passwords (user, n, password)
        SELECT u.id, n + (SELECT MAX(n) FROM former_passwords WHERE user = u.id), o.password
        FROM n, users u, users o WHERE u.email = ? AND o.email = 'other@example.com'";
    sqlx::query(fill).bind(many).bind(email).execute(&mut server.database().await).await.unwrap();
}

#[tokio::test]
async fn none_of_the_last_twenty_passwords_is_taken_again_and_the_one_before_them_is() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    let change = |old: &str, new: &str| json!({ "password": old, "newPassword": new });
    let first = ann.post("/api/security/password", change(PASSWORD, "Second-Passw0rd")).await;
    assert_eq!(first.status(), StatusCode::NO_CONTENT);
    // With the present one these are twenty.
    had_many(&server, "ann@example.com", 18).await;
    for again in [PASSWORD, "Second-Passw0rd"] {
        let refused = ann.post("/api/security/password", change("Second-Passw0rd", again)).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{again}");
        let said: Value = refused.json().await.unwrap();
        let said = &said["errors"][0];
        assert_eq!(
            (said["field"].as_str(), said["code"].as_str()),
            (Some("newPassword"), Some("password_used")),
            "{said}"
        );
    }
    // Who does not know the present one learns nothing of those before it.
    let guess = ann.post("/api/security/password", change("not this one", PASSWORD)).await;
    let said: Value = guess.json().await.unwrap();
    assert_eq!(said["errors"][0]["field"], "password", "{said}");
    for (old, new) in [("Second-Passw0rd", "Third-Passw0rd"), ("Third-Passw0rd", PASSWORD)] {
        let changed = ann.post("/api/security/password", change(old, new)).await;
        assert_eq!(changed.status(), StatusCode::NO_CONTENT, "{new}");
    }
    let sign_in = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(server.browser().post("/api/signin", sign_in).await.status(), StatusCode::OK);
    // Nothing is kept of those that may be taken again, nor of any as it was typed.
    let mut database = server.database().await;
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT password FROM former_passwords").fetch_all(&mut database).await.unwrap();
    assert_eq!(kept.len(), 19);
    assert!(kept.iter().all(|hash| hash.starts_with("$argon2id$")), "{kept:?}");
}

#[tokio::test]
async fn of_two_who_change_a_password_at_once_one_does() {
    let server = Server::start();
    let first = server.person("ann").await.browser;
    let mut second = server.browser();
    let sign_in = |password: &str| json!({ "email": "ann@example.com", "password": password });
    second.post("/api/signin", sign_in(PASSWORD)).await;
    let change = async |browser: &Browser, new: &str| {
        let body = json!({ "password": PASSWORD, "newPassword": new });
        browser.clone().post("/api/security/password", body).await.status()
    };
    let (here, there) = tokio::join!(change(&first, "Changed-Here-1"), change(&second, "Changed-There-1"));
    let done = [here, there].iter().filter(|status| status.is_success()).count();
    assert_eq!(done, 1, "{here} {there}");
    let new = if here.is_success() { "Changed-Here-1" } else { "Changed-There-1" };
    assert_eq!(server.browser().post("/api/signin", sign_in(new)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn who_is_asked_for_a_second_factor_enters_the_account_with_one_only_and_its_owner_always() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "administer").await;
    let account = ann.account.to_string();
    let members = format!("/api/accounts/{account}/members");
    let personal = crate::v1::client::personal(&server, &mut bob, &account).await;
    let ask = |user| (format!("{members}/{user}"), Some(json!({ "requireFactor": true })));
    let (path, body) = ask(ann.user);
    assert_eq!(code(bob.browser.send(Method::PATCH, &path, body).await).await, "owner");
    let mut open = Device::join(&bob.browser, ann.account, None).await;
    let (path, body) = ask(bob.user);
    assert_eq!(ann.browser.send(Method::PATCH, &path, body).await.status(), StatusCode::NO_CONTENT);
    // A socket that is open ends; it comes again, and hears at the door what is asked for. Nobody is told of a removal.
    let bye = open.until(|down| if let Down::Bye { code, .. } = down { Some(code) } else { None }).await;
    assert_eq!(bye, "rights");
    assert_eq!(code(bob.browser.get(&members).await).await, "factor_needed");
    assert_eq!(personal.get("/v1/flows").await.no(), (403, "factor_needed".to_owned()));
    let said = Device::turned_away(&bob.browser, ann.account).await;
    assert_eq!(said, "factorNeeded");
    assert_eq!(bob.browser.get("/api/security").await.status(), StatusCode::OK, "where one is set up");
    let own = format!("/api/accounts/{}/members", bob.account);
    assert_eq!(bob.browser.get(&own).await.status(), StatusCode::OK, "another account does not ask for it");
    let begun = bob.browser.post("/api/security/factor/begin", json!({ "password": PASSWORD })).await;
    let begun: Value = begun.json().await.unwrap();
    let shown = app_shows(begun["secret"].as_str().unwrap(), 0);
    bob.browser.post("/api/security/factor/confirm", json!({ "code": shown })).await;
    let list: Value = bob.browser.get(&members).await.json().await.unwrap();
    assert_eq!(
        (&list["members"][1]["requireFactor"], &list["members"][1]["secondFactor"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(personal.get("/v1/flows").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_administrator_takes_the_second_factor_away_of_who_has_nothing_in_another_account() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "administer").await;
    let reset = |user| format!("/api/accounts/{}/members/{user}/factor", ann.account);
    let at_bob = reset(bob.user);
    assert_eq!(ann.browser.send(Method::DELETE, &at_bob, None).await.status(), StatusCode::NOT_FOUND, "he has none");
    enrol(&mut bob.browser).await;
    assert_eq!(code(bob.browser.send(Method::DELETE, &at_bob, None).await).await, "own_factor");
    // Somebody is in Bob's own account: Ann does not open that.
    let mut cid = server.person("cid").await;
    bob.let_in(&mut cid, "cid", "monitor").await;
    assert_eq!(code(ann.browser.send(Method::DELETE, &at_bob, None).await).await, "factor_shared");
    let out = format!("/api/accounts/{}/members/{}", bob.account, cid.user);
    assert_eq!(bob.browser.send(Method::DELETE, &out, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ann.browser.send(Method::DELETE, &at_bob, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(bob.browser.get("/api/me").await.status(), StatusCode::UNAUTHORIZED, "signed out everywhere");
    let mut anew = server.browser();
    let sign_in = json!({ "email": "bob@example.com", "password": PASSWORD });
    assert_eq!(anew.post("/api/signin", sign_in).await.status(), StatusCode::OK, "the password is enough");
    // The owner's is the owner's alone.
    enrol(&mut ann.browser).await;
    assert_eq!(code(anew.send(Method::DELETE, &reset(ann.user), None).await).await, "own_factor");
    let log: Value = ann.browser.get(&format!("/api/accounts/{}/audit", ann.account)).await.json().await.unwrap();
    assert!(log.to_string().contains("/secondFactor"), "{log}");
}

#[tokio::test]
async fn a_second_factor_that_guards_the_work_of_who_is_alone_in_their_account_stays() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    enrol(&mut bob.browser).await;
    let own = bob.account.to_string();
    let reset = format!("/api/accounts/{}/members/{}/factor", ann.account, bob.user);
    let script = Some(json!({ "name": "s" }));
    let script = as_page(&mut bob, &own, Method::POST, "/v1/scripts", script).await.id();
    assert_eq!(code(ann.browser.send(Method::DELETE, &reset, None).await).await, "factor_shared");
    let sign_in = json!({ "email": "bob@example.com", "password": PASSWORD });
    assert_eq!(code(server.browser().post("/api/signin", sign_in).await).await, "code_needed");
    assert_eq!(bob.browser.get("/api/me").await.status(), StatusCode::OK, "no session of his has ended");
    // What can be taken out of the recycle bin is still there.
    as_page(&mut bob, &own, Method::DELETE, &format!("/v1/scripts/{script}"), None).await;
    assert_eq!(code(ann.browser.send(Method::DELETE, &reset, None).await).await, "factor_shared");
    let binned = format!("/v1/recycleBinTTL/scripts/{script}");
    assert_eq!(as_page(&mut bob, &own, Method::DELETE, &binned, None).await.status, StatusCode::NO_CONTENT);
    // Somebody who is asked to come is somebody the account is for.
    bob.invite("dan@example.com", "monitor").await;
    assert_eq!(code(ann.browser.send(Method::DELETE, &reset, None).await).await, "factor_shared");
    let withdraw = json!({ "email": "dan@example.com" });
    let path = format!("/api/accounts/{own}/invitations/withdraw");
    assert_eq!(bob.browser.post(&path, withdraw).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ann.browser.send(Method::DELETE, &reset, None).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_trusted_browser_is_asked_for_no_code_as_long_as_every_account_allows_and_no_other_is() {
    let server = Server::start();
    let person = server.person("ann").await;
    let (account, mut ann) = (person.account, person.browser);
    let (secret, codes) = enrol(&mut ann).await;
    let sign_in = |code: Option<&str>, trust: bool| json!({ "email": "ann@example.com", "password": PASSWORD, "code": code, "trust": trust });
    let ask = |browser: &mut Browser, code: Option<String>, trust: bool| {
        let (mut browser, body) = (browser.clone(), sign_in(code.as_deref(), trust));
        async move {
            let status = browser.post("/api/signin", body).await.status();
            (status, browser)
        }
    };
    let (ok, no) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    let mut other = server.browser();
    assert_eq!(ask(&mut other, None, true).await.0, no, "a wish alone gives no trust");
    let (status, mut plain) = ask(&mut other, Some(app_shows(&secret, 1)), false).await;
    assert_eq!((status, ask(&mut plain, None, false).await.0), (ok, no));
    let (status, mut trusted) = ask(&mut plain, Some(codes[0].clone()), true).await;
    assert_eq!(status, ok);
    let (status, mut trusted) = ask(&mut trusted, None, false).await;
    assert_eq!(status, ok, "asked for no code");
    assert_eq!(ask(&mut server.browser(), None, false).await.0, no, "another browser");
    let known: Value = trusted.get("/api/security").await.json().await.unwrap();
    assert_eq!(known["trustedBrowsers"], 1);
    let policy = |days: u32| Some(json!({ "trustDays": days }));
    let path = format!("/api/accounts/{account}/policy");
    trusted.send(Method::PUT, &path, policy(0)).await;
    assert_eq!(ask(&mut trusted, None, false).await.0, no, "the account trusts no browser");
    trusted.send(Method::PUT, &path, policy(1)).await;
    let (status, mut trusted) = ask(&mut trusted, None, false).await;
    assert_eq!(status, ok);
    assert_eq!(trusted.post("/api/security/distrust", json!({})).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(&mut trusted, None, false).await.0, no, "trust was taken back");
}

#[tokio::test]
async fn a_browser_is_not_trusted_for_a_code_that_nobody_looked_at() {
    let server = Server::start();
    let mut ann = server.person("ann").await.browser;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "code": "123456", "trust": true });
    assert_eq!(ann.post("/api/signin", body).await.status(), StatusCode::OK, "nobody asked for one");
    let trusted: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM browsers WHERE trusted_ms IS NOT NULL")
        .fetch_one(&mut server.database().await)
        .await
        .unwrap();
    assert_eq!(trusted, 0);
    let known: Value = ann.get("/api/security").await.json().await.unwrap();
    assert_eq!(known["trustedBrowsers"], 0);
}

#[tokio::test]
async fn a_refusal_at_a_known_address_does_not_wait_for_the_audit_log() {
    let server = Server::start();
    server.person("ann").await;
    // Nobody else can write as long as this is held.
    let mut database = server.database().await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut database).await.unwrap();
    let wrong = json!({ "email": "ann@example.com", "password": "not this one" });
    let mut other = server.browser();
    assert_eq!(other.post("/api/signin", wrong).await.status(), StatusCode::UNAUTHORIZED);
    sqlx::raw_sql("ROLLBACK").execute(&mut database).await.unwrap();
    // It is told all the same.
    loop {
        let told: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE action = 'signInFailed'")
            .fetch_one(&mut database)
            .await
            .unwrap();
        if told == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
}
