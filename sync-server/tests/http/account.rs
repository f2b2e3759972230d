//! The account as a whole: who may invite, other addresses, leaving, and its end.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row;

use crate::mailbox::{Mailbox, after};
use crate::server::{PASSWORD, Person, Server, code};

async fn put(person: &mut Person, path: &str, body: Value) -> StatusCode {
    person.browser.send(Method::PUT, path, Some(body)).await.status()
}

#[tokio::test]
async fn invitations_that_go_with_somebodys_right_to_invite_are_told_one_by_one() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "administer").await;
    let members = format!("/api/accounts/{}/members", ann.account);
    for (of_bob, who) in [(true, "cat"), (true, "dan"), (false, "eve")] {
        let inviter = if of_bob { &mut bob } else { &mut ann };
        let body = json!({ "email": format!("{who}@example.com"), "role": "monitor" });
        assert_eq!(inviter.browser.post(&members, body).await.status(), StatusCode::OK);
    }
    let lowered = json!({ "role": "monitor" });
    let path = format!("{members}/{}", bob.user);
    assert_eq!(ann.browser.send(Method::PATCH, &path, Some(lowered)).await.status(), StatusCode::NO_CONTENT);
    let log: Value = ann.browser.get(&format!("/api/accounts/{}/audit", ann.account)).await.json().await.unwrap();
    let entries = log["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == "delete");
    let mut gone: Vec<&str> = entries.map(|entry| entry["resourceName"].as_str().unwrap()).collect();
    gone.sort_unstable();
    assert_eq!(gone, ["cat@example.com", "dan@example.com"], "{log}");
}

#[tokio::test]
async fn rules_that_an_invitation_does_not_fit_hold_it_back_until_they_are_changed_again() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let link = ann.invite("bob@example.com", "manage").await;
    let new = ann.invite("cat@example.com", "monitor").await;
    let policy = format!("/api/accounts/{}/policy", ann.account);
    // A slip.
    let rules = |domain: &str| json!({ "inviteDomains": [domain] });
    assert_eq!(put(&mut ann, &policy, rules("exmaple.com")).await, StatusCode::OK);
    let accept = json!({ "invitation": link });
    let refused = bob.browser.post("/api/invitations/accept", accept.clone()).await;
    assert_eq!((refused.status(), code(refused).await.as_str()), (StatusCode::CONFLICT, "invitation_held"));
    let sign_up = json!({ "name": "cat", "email": "cat@example.com", "password": PASSWORD, "invitation": new });
    let refused = server.browser().post("/api/signup", sign_up.clone()).await;
    assert_eq!((refused.status(), code(refused).await.as_str()), (StatusCode::CONFLICT, "invitation_held"));
    // Whose invitation it is not learns nothing of the rules.
    let mut eve = server.person("eve").await;
    let other = eve.browser.post("/api/invitations/accept", accept.clone()).await;
    assert_eq!(code(other).await, "invitation_for_another_address");
    assert_eq!(put(&mut ann, &policy, rules("example.com")).await, StatusCode::OK);
    assert_eq!(bob.browser.post("/api/invitations/accept", accept).await.status(), StatusCode::OK);
    assert_eq!(server.browser().post("/api/signup", sign_up).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn managers_invite_where_the_account_lets_them_and_never_above_themselves() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let (members, policy) =
        (format!("/api/accounts/{}/members", ann.account), format!("/api/accounts/{}/policy", ann.account));
    let invite = |who: &str, role: &str| json!({ "email": format!("{who}@example.com"), "role": role });
    assert_eq!(code(bob.browser.post(&members, invite("cat", "monitor")).await).await, "forbidden");
    let rules =
        |managers: bool| json!({ "managersInvite": managers, "inviteDomains": ["Example.com"], "inviteDays": 3 });
    assert_eq!(put(&mut bob, &policy, rules(true)).await, StatusCode::FORBIDDEN);
    assert_eq!(put(&mut ann, &policy, rules(true)).await, StatusCode::OK);
    assert_eq!(bob.browser.post(&members, invite("cat", "manage")).await.status(), StatusCode::OK);
    assert_eq!(code(bob.browser.post(&members, invite("dog", "administer")).await).await, "forbidden");
    let foreign = ann.browser.post(&members, json!({ "email": "eve@elsewhere.example", "role": "monitor" })).await;
    let said = foreign.text().await.unwrap();
    assert!(said.contains("only addresses of example.com") && said.contains("\"field\":\"email\""), "{said}");
    let list: Value = bob.browser.get(&members).await.json().await.unwrap();
    assert_eq!(list["managersInvite"], true);
    let days = |list: &Value| (list["members"][2]["expiresMs"].as_i64().unwrap() - now_ms()) / 3_600_000;
    assert_eq!(days(&list), 3 * 24 - 1);
    // What those have sent who may not invite any more is no way in.
    assert_eq!(put(&mut ann, &policy, rules(false)).await, StatusCode::OK);
    let list: Value = ann.browser.get(&members).await.json().await.unwrap();
    assert_eq!(list["held"], json!(["cat@example.com"]));
    let wrong = json!({ "managersInvite": true, "inviteDomains": [], "inviteDays": 365 });
    assert_eq!(put(&mut ann, &policy, wrong).await, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = json!({ "managersInvite": true, "owner": "bob" });
    assert_eq!(put(&mut ann, &policy, unknown).await, StatusCode::UNPROCESSABLE_ENTITY);
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

#[tokio::test]
async fn an_invitation_that_was_dismissed_lets_nobody_in_and_says_so_until_it_is_made_again() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let token = ann.invite("bob@example.com", "manage").await;
    let body = json!({ "invitation": token });
    let stranger = server.browser().post("/api/invitations/dismiss", json!({ "invitation": "f".repeat(64) })).await;
    assert_eq!(stranger.status(), StatusCode::NOT_FOUND);
    let answer = server.browser().post("/api/invitations/dismiss", body.clone()).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(code(bob.browser.post("/api/invitations/accept", body.clone()).await).await, "invitation_unknown");
    assert_eq!(code(bob.browser.post("/api/invitations/look", body).await).await, "invitation_unknown");
    let members = format!("/api/accounts/{}/members", ann.account);
    let list: Value = ann.browser.get(&members).await.json().await.unwrap();
    assert_eq!(list["members"][1]["status"], "dismissed");
    ann.let_in(&mut bob, "bob", "monitor").await;
}

#[tokio::test]
async fn another_address_counts_once_the_link_in_the_letter_to_it_was_followed() {
    let mailbox = Mailbox::open().await;
    let server = Server::start_with(&["--smtp", &mailbox.url(), "--mail-from", "tombolo@example.com"]);
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let change = |email: &str, password: &str| json!({ "email": email, "password": password });
    let wrong = ann.browser.post("/api/security/email", change("new@example.com", "not this one")).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let taken = ann.browser.post("/api/security/email", change("bob@example.com", PASSWORD)).await;
    assert_eq!(code(taken).await, "email_taken");
    let asked = ann.browser.post("/api/security/email", change("New@example.com", PASSWORD)).await;
    assert_eq!(asked.json::<Value>().await.unwrap(), json!({ "confirm": true }));
    let letter = mailbox.letters(1).await.remove(0);
    assert!(letter.contains("To: new@example.com"), "{letter}");
    let token = json!({ "token": after(&letter, "/security?email=") });
    let me: Value = ann.browser.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["user"]["email"], "ann@example.com", "nothing is changed yet");
    let known: Value = ann.browser.get("/api/security").await.json().await.unwrap();
    assert_eq!((&known["wishedEmail"], &known["mail"]), (&json!("new@example.com"), &json!(true)));
    let other = bob.browser.post("/api/security/email/confirm", token.clone()).await;
    assert_eq!(code(other).await, "email_change_unknown", "the link of somebody else");
    let confirmed = ann.browser.post("/api/security/email/confirm", token.clone()).await;
    assert_eq!(confirmed.json::<Value>().await.unwrap(), json!({ "email": "new@example.com" }));
    let again = ann.browser.post("/api/security/email/confirm", token).await;
    assert_eq!(code(again).await, "email_change_unknown", "used up");
    let me: Value = ann.browser.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["user"]["email"], "new@example.com", "the session goes on");
    let notice = mailbox.letters(2).await.remove(1);
    assert!(notice.contains("To: ann@example.com") && notice.contains("new@example.com"), "{notice}");
    let sign_in = |email: &str| json!({ "email": email, "password": PASSWORD });
    let old = server.browser().post("/api/signin", sign_in("ann@example.com")).await;
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.browser().post("/api/signin", sign_in("new@example.com")).await.status(), StatusCode::OK);
    let log: Value = ann.browser.get(&format!("/api/accounts/{}/audit", ann.account)).await.json().await.unwrap();
    let told = log["entries"].as_array().unwrap().iter().any(|entry| {
        entry["fieldChanges"][0]
            == json!({ "fieldPath": "/email", "oldValue": "ann@example.com", "newValue": "new@example.com" })
    });
    assert!(told, "{log}");
}

#[tokio::test]
async fn without_mail_the_password_alone_gives_another_address_and_a_wish_can_be_taken_back_with_it() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    let answer = ann.browser.post("/api/security/email", body).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "confirm": false }));
    let me: Value = ann.browser.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["user"]["email"], "new@example.com");
    let mailbox = Mailbox::open().await;
    let server = Server::start_with(&["--smtp", &mailbox.url(), "--mail-from", "tombolo@example.com"]);
    let mut ann = server.person("ann").await;
    ann.browser.post("/api/security/email", json!({ "email": "new@example.com", "password": PASSWORD })).await;
    let letter = mailbox.letters(1).await.remove(0);
    ann.browser.post("/api/security/email/cancel", json!({})).await;
    let token = json!({ "token": after(&letter, "/security?email=") });
    assert_eq!(code(ann.browser.post("/api/security/email/confirm", token).await).await, "email_change_unknown");
}

#[tokio::test]
async fn a_member_leaves_an_account_and_its_owner_does_not() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "custom").await;
    let path = format!("/api/accounts/{}", ann.account);
    let settings: Value = bob.browser.get(&format!("{path}/settings")).await.json().await.unwrap();
    assert_eq!(settings["owner"]["email"], "ann@example.com");
    let leave = json!({ "account": ann.account });
    assert_eq!(code(ann.browser.post(&format!("{path}/leave"), leave.clone()).await).await, "owner");
    let other = bob.browser.post(&format!("{path}/leave"), json!({ "account": bob.account })).await;
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bob.browser.post(&format!("{path}/leave"), leave).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(bob.browser.get(&format!("{path}/settings")).await.status(), StatusCode::NOT_FOUND);
    let log: Value = ann.browser.get(&format!("{path}/audit")).await.json().await.unwrap();
    let first = &log["entries"][0];
    let told = (&first["resourceType"], &first["action"], &first["byUser"]["name"]);
    assert_eq!(told, (&json!("member"), &json!("delete"), &json!("bob")));
}

#[tokio::test]
async fn an_account_is_not_deleted_while_integrations_are_on_their_way_out_of_it() {
    let server = Server::start();
    let (mut ann, api) = crate::v1::client::owner(&server, "ann").await;
    let shop = api.make("integrations", json!({ "name": "Shop" })).await;
    let path = format!("/api/accounts/{}", ann.account);
    let offer = json!({ "integrations": [shop], "email": "bob@example.com" });
    let offered: Value = ann.browser.post(&format!("{path}/transfers"), offer).await.json().await.unwrap();
    let body = json!({ "name": "ann", "password": PASSWORD });
    let close = format!("{path}/close");
    assert_eq!(code(ann.browser.post(&close, body.clone()).await).await, "transfer_open");
    let settings: Value = ann.browser.get(&format!("{path}/settings")).await.json().await.unwrap();
    assert!(settings.get("closingMs").is_none(), "{settings}");
    let cancel = format!("{path}/transfers/{}/cancel", offered["id"].as_str().unwrap());
    assert_eq!(ann.browser.post(&cancel, json!({})).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ann.browser.post(&close, body).await.status(), StatusCode::NO_CONTENT);
}

/// Waits until an account's last row is gone.
async fn is_gone(database: &mut sqlx::SqliteConnection, account: tombolo_model::Id) {
    let begun = std::time::Instant::now();
    let count = "SELECT COUNT(*) FROM accounts WHERE id = ?";
    while sqlx::query_scalar::<_, i64>(count).bind(account.to_string()).fetch_one(&mut *database).await.unwrap() > 0 {
        assert!(begun.elapsed().as_secs() < 60, "the account stays");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_account_goes_little_by_little_while_others_write_and_a_kill_only_delays_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &[]);
    let ann = server.person("ann").await;
    let (bob, api) = crate::v1::client::owner(&server, "bob").await;
    server.kill();
    let mut database = server.database().await;
    let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
        INSERT INTO states (account, owner, key, value, modified_ms) SELECT ?, '', n, '1', 1 FROM n";
    for account in [ann.account, bob.account] {
        sqlx::query(fill).bind(account.to_string()).execute(&mut database).await.unwrap();
    }
    let close = "UPDATE accounts SET closing_ms = 1 WHERE id = ?";
    sqlx::query(close).bind(ann.account.to_string()).execute(&mut database).await.unwrap();
    let left = async |database: &mut sqlx::SqliteConnection, account: tombolo_model::Id| -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM states WHERE account = ?").bind(account.to_string());
        count.fetch_one(database).await.unwrap()
    };
    let mut server = Server::on(folder.path(), &[]);
    let api = crate::v1::client::Api::new(&server, &api.token);
    let mut between = 0;
    loop {
        let kept = api.put("/v1/state/own", json!(between)).await;
        assert!(kept.status.is_success(), "{}", kept.text);
        match left(&mut database, ann.account).await {
            5_000 => {}
            1..2_500 => break,
            _ => between += 1,
        }
    }
    assert!(between > 3, "nobody wrote while the account went");
    server.kill();
    let server = Server::on(folder.path(), &[]);
    is_gone(&mut database, ann.account).await;
    assert_eq!(left(&mut database, ann.account).await, 0);
    assert_eq!(left(&mut database, bob.account).await, 5_001, "another account's rows");
    let sign_in = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(server.browser().post("/api/signin", sign_in).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_account_that_its_owner_wants_gone_stays_for_two_weeks_and_then_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mailbox = Mailbox::open().await;
    let options = ["--smtp", &mailbox.url(), "--mail-from", "tombolo@example.com"];
    let mut server = Server::on(folder.path(), &options);
    let (mut ann, api) = crate::v1::client::owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "administer").await;
    api.make("integrations", json!({ "name": "Shop" })).await;
    let path = format!("/api/accounts/{}", ann.account);
    let close = |name: &str, password: &str| json!({ "name": name, "password": password, "withMembers": true });
    assert_eq!(code(bob.browser.post(&format!("{path}/close"), close("ann", PASSWORD)).await).await, "forbidden");
    let alone = json!({ "name": "ann", "password": PASSWORD });
    let left = ann.browser.post(&format!("{path}/close"), alone).await;
    assert_eq!(code(left).await, "members_left", "Bob is in it");
    for (name, password) in [("bob", PASSWORD), ("ann", "not this one")] {
        let refused = ann.browser.post(&format!("{path}/close"), close(name, password)).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name} {password}");
    }
    let closed = ann.browser.post(&format!("{path}/close"), close("ann", PASSWORD)).await;
    assert_eq!(closed.status(), StatusCode::NO_CONTENT);
    let letter = mailbox.letters(1).await.remove(0);
    assert!(letter.contains("To: bob@example.com") && letter.contains("will be deleted"), "{letter}");
    let settings: Value = bob.browser.get(&format!("{path}/settings")).await.json().await.unwrap();
    assert!(settings["closingMs"].as_i64().unwrap() > now_ms() + 13 * 86_400_000, "{settings}");
    assert_eq!(ann.browser.post(&format!("{path}/keep"), json!({})).await.status(), StatusCode::NO_CONTENT);
    let settings: Value = bob.browser.get(&format!("{path}/settings")).await.json().await.unwrap();
    assert!(settings.get("closingMs").is_none());
    mailbox.letters(2).await;
    ann.browser.post(&format!("{path}/close"), close("ann", PASSWORD)).await;
    let mut database = server.database().await;
    // Two weeks go by.
    sqlx::query("UPDATE accounts SET closing_ms = 1 WHERE closing_ms IS NOT NULL")
        .execute(&mut database)
        .await
        .unwrap();
    server.terminate();
    server.wait();
    let server = Server::on(folder.path(), &options);
    let mut bob = Person { browser: bob.browser.at(&server), ..bob };
    while bob.browser.get(&format!("{path}/settings")).await.status() != StatusCode::NOT_FOUND {
        tokio::task::yield_now().await;
    }
    let sign_in = |name: &str| json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    let gone = server.browser().post("/api/signin", sign_in("ann")).await;
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED, "who had no other account is gone with it");
    assert_eq!(server.browser().post("/api/signin", sign_in("bob")).await.status(), StatusCode::OK);
    let mut database = server.database().await;
    is_gone(&mut database, ann.account).await;
    let tables = sqlx::query(
        "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'account'",
    );
    let tables = tables.fetch_all(&mut database).await.unwrap();
    assert!(tables.len() > 15);
    for table in tables {
        let table: String = table.get(0);
        let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{table}\" WHERE account = ?"));
        let left: i64 = sqlx::query_scalar(count).bind(ann.account.to_string()).fetch_one(&mut database).await.unwrap();
        assert_eq!(left, 0, "{table}");
    }
}
