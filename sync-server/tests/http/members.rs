//! Members: invited, changed, removed.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{PASSWORD, Server, code};

#[tokio::test]
async fn inviting_answers_alike_whether_or_not_somebody_has_the_address_and_lets_nobody_in_by_itself() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let path = format!("/api/accounts/{}/members", ann.account);
    let mut answers = Vec::new();
    for email in ["Bob@example.com", "nobody@example.com"] {
        let answer = ann.browser.post(&path, json!({ "email": email, "role": "manage" })).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut body: Value = answer.json().await.unwrap();
        let link = body["link"].take();
        assert!(link.as_str().unwrap().starts_with("/sign-up?invitation="), "{link}");
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
    let list: Value = ann.browser.get(&path).await.json().await.unwrap();
    let pending = |index: usize| (&list["members"][index]["user"], list["members"][index]["status"].as_str());
    assert_eq!((pending(1), pending(2)), ((&Value::Null, Some("pending")), (&Value::Null, Some("pending"))));
    let me: Value = bob.browser.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["accounts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn somebody_who_is_signed_in_accepts_the_link() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let token = ann.invite("Bob@example.com", "manage").await;
    let answer = bob.browser.post("/api/invitations/accept", json!({ "invitation": token })).await;
    let me: Value = answer.json().await.unwrap();
    assert_eq!(me["joined"], ann.account.to_string());
    assert_eq!(me["accounts"][1]["id"], ann.account.to_string());
    assert_eq!(me["accounts"][1]["role"], "manage");
    let path = format!("/api/accounts/{}/members", ann.account);
    let again = ann.browser.post(&path, json!({ "email": "bob@example.com", "role": "manage" })).await;
    assert_eq!(code(again).await, "already_member");
    let me: Value = bob.browser.get("/api/me").await.json().await.unwrap();
    assert!(me.get("joined").is_none());
}

#[tokio::test]
async fn signing_in_with_the_link_joins_and_a_bad_link_refuses_the_sign_in() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    server.person("bob").await;
    let token = ann.invite("bob@example.com", "monitor").await;
    let sign_in = |name: &str, token: &str| json!({ "email": format!("{name}@example.com"), "password": PASSWORD, "invitation": token });
    let mut browser = server.browser();
    let other = server.browser().post("/api/signin", sign_in("ann", &token)).await;
    assert_eq!(code(other).await, "invitation_for_another_address");
    let me: Value = browser.post("/api/signin", sign_in("bob", &token)).await.json().await.unwrap();
    assert_eq!(me["joined"], ann.account.to_string());
    assert_eq!(me["accounts"].as_array().unwrap().len(), 2);
    let mut late = server.browser();
    let used = late.post("/api/signin", sign_in("bob", &token)).await;
    let errors: Value = used.json().await.unwrap();
    assert_eq!(
        (&errors["errors"][0]["code"], &errors["errors"][0]["field"]),
        (&json!("invitation_unknown"), &json!("invitation"))
    );
    assert!(late.cookies.is_empty(), "half a sign-in");
}

#[tokio::test]
async fn an_invitation_is_for_its_address_alone_and_stays_for_it() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let mut cat = server.person("cat").await;
    let token = ann.invite("cat@example.com", "manage").await;
    let accept = json!({ "invitation": token });
    let refused = bob.browser.post("/api/invitations/accept", accept.clone()).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text().await.unwrap();
    assert!(text.contains("invitation_for_another_address") && !text.contains("cat@example.com"), "{text}");
    assert_eq!(cat.browser.post("/api/invitations/accept", accept).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_stranger_follows_the_secret_link_once() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let token = ann.invite("cat@example.com", "monitor").await;
    let sign_up = |email: &str| json!({ "name": "Cat", "email": email, "password": PASSWORD, "invitation": token });
    let mut other = server.browser();
    let wrong = other.post("/api/signup", sign_up("dog@example.com")).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let mut cat = server.browser();
    let me: Value = cat.post("/api/signup", sign_up("cat@example.com")).await.json().await.unwrap();
    assert_eq!(me["joined"], ann.account.to_string());
    assert_eq!(me["accounts"][1]["id"], ann.account.to_string());
    assert_eq!(me["accounts"][1]["role"], "monitor");
    let mut late = server.person("late").await.browser;
    let again = late.post("/api/invitations/accept", json!({ "invitation": token })).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_withdrawn_invitation_lets_nobody_in() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let token = ann.invite("cat@example.com", "manage").await;
    let withdraw = format!("/api/accounts/{}/invitations/withdraw", ann.account);
    let body = json!({ "email": "cat@example.com" });
    assert_eq!(ann.browser.post(&withdraw, body).await.status(), StatusCode::NO_CONTENT);
    let mut cat = server.person("cat").await.browser;
    let accepted = cat.post("/api/invitations/accept", json!({ "invitation": token })).await;
    assert_eq!(accepted.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_owner_stays_and_nobody_else_becomes_one() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let members = format!("/api/accounts/{}/members", ann.account);
    let owner = json!({ "email": "bob@example.com", "role": "owner" });
    assert_eq!(ann.browser.post(&members, owner).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    ann.let_in(&mut bob, "bob", "administer").await;
    let path = format!("{members}/{}", ann.user);
    let lower = bob.browser.send(Method::PATCH, &path, Some(json!({ "role": "monitor" }))).await;
    assert_eq!(code(lower).await, "owner");
    let remove = bob.browser.send(Method::DELETE, &path, None).await;
    assert_eq!(code(remove).await, "owner");
    let list: Value = bob.browser.get(&members).await.json().await.unwrap();
    assert_eq!(list["members"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn who_may_not_invite_any_more_leaves_no_way_in_behind() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let members = format!("/api/accounts/{}/members", ann.account);
    let kept = ann.invite("dog@example.com", "monitor").await;
    let mut links = Vec::new();
    for name in ["bob", "cat"] {
        let mut admin = server.person(name).await;
        ann.let_in(&mut admin, name, "administer").await;
        let body = json!({ "email": format!("other-{name}@example.com"), "role": "administer" });
        let invited: Value = admin.browser.post(&members, body).await.json().await.unwrap();
        let token = invited["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
        links.push((admin.user, token));
    }
    let removed = ann.browser.send(Method::DELETE, &format!("{members}/{}", links[0].0), None).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    let lowered = json!({ "role": "manage" });
    let lowered = ann.browser.send(Method::PATCH, &format!("{members}/{}", links[1].0), Some(lowered)).await;
    assert_eq!(lowered.status(), StatusCode::NO_CONTENT);
    for (name, (_, token)) in ["other-bob", "other-cat"].into_iter().zip(&links) {
        let mut other = server.person(name).await.browser;
        let accepted = other.post("/api/invitations/accept", json!({ "invitation": token })).await;
        assert_eq!(accepted.status(), StatusCode::NOT_FOUND, "{name}");
    }
    let mut dog = server.person("dog").await.browser;
    assert_eq!(dog.post("/api/invitations/accept", json!({ "invitation": kept })).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn whoever_holds_the_link_hears_who_invites_where_and_nothing_about_the_address() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let token = ann.invite("cat@example.com", "monitor").await;
    let mut stranger = server.browser();
    let answer = stranger.post("/api/invitations/look", json!({ "invitation": token })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut about: Value = answer.json().await.unwrap();
    let day = 24 * 3_600 * 1_000;
    let left = about["expiresMs"].take().as_i64().unwrap() - crate::schedule::now().timestamp_millis();
    assert!((13 * day..=14 * day).contains(&left), "{left}");
    assert_eq!(about, json!({ "accountName": "ann", "invitedBy": "ann", "role": "monitor", "expiresMs": null }));
    for wrong in ["", "0", &token[1..]] {
        let unknown = stranger.post("/api/invitations/look", json!({ "invitation": wrong })).await;
        assert_eq!(code(unknown).await, "invitation_unknown");
    }
    let withdraw = format!("/api/accounts/{}/invitations/withdraw", ann.account);
    ann.browser.post(&withdraw, json!({ "email": "cat@example.com" })).await;
    let withdrawn = stranger.post("/api/invitations/look", json!({ "invitation": token })).await;
    assert_eq!(code(withdrawn).await, "invitation_unknown");
}

#[tokio::test]
async fn an_invitation_of_two_weeks_ago_says_so_and_is_listed_until_it_is_withdrawn_or_renewed() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let token = ann.invite("bob@example.com", "manage").await;
    let stranger = ann.invite("cat@example.com", "manage").await;
    let age = "UPDATE invitations SET expires_ms = expires_ms - 14 * 24 * 3600 * 1000";
    sqlx::raw_sql(age).execute(&mut server.database().await).await.unwrap();
    let accept = json!({ "invitation": token });
    for path in ["/api/invitations/look", "/api/invitations/accept"] {
        let answer = bob.browser.post(path, accept.clone()).await;
        assert_eq!(answer.status(), StatusCode::GONE, "{path}");
        let errors: Value = answer.json().await.unwrap();
        assert_eq!(errors["errors"][0]["code"], "invitation_expired");
        assert_eq!(errors["errors"][0]["field"], "invitation");
        assert!(errors["errors"][0]["message"].as_str().unwrap().contains("too old"), "{errors}");
    }
    let body = json!({ "name": "Cat", "email": "cat@example.com", "password": PASSWORD, "invitation": stranger });
    assert_eq!(code(server.browser().post("/api/signup", body).await).await, "invitation_expired");
    let path = format!("/api/accounts/{}/members", ann.account);
    let list: Value = ann.browser.get(&path).await.json().await.unwrap();
    assert_eq!(
        (&list["members"][1]["email"], &list["members"][1]["status"]),
        (&json!("bob@example.com"), &json!("pending"))
    );
    let withdraw = format!("/api/accounts/{}/invitations/withdraw", ann.account);
    let gone = ann.browser.post(&withdraw, json!({ "email": "cat@example.com" })).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let renewed = ann.invite("bob@example.com", "manage").await;
    let joined = bob.browser.post("/api/invitations/accept", json!({ "invitation": renewed })).await;
    assert_eq!(joined.status(), StatusCode::OK);
}
