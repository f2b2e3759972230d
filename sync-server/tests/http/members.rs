//! Members: invited, changed, removed.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{PASSWORD, Server, code};

#[tokio::test]
async fn somebody_with_an_account_joins_at_once() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let path = format!("/api/accounts/{}/members", ann.account);
    let body = json!({ "email": "Bob@example.com", "role": "manage" });
    let invited: Value = ann.browser.post(&path, body.clone()).await.json().await.unwrap();
    assert_eq!(invited["status"], "accepted");
    assert_eq!(invited["user"], bob.user.to_string());
    assert_eq!(code(ann.browser.post(&path, body).await).await, "already_member");
    let me: Value = bob.browser.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["accounts"][1]["id"], ann.account.to_string());
    assert_eq!(me["accounts"][1]["role"], "manage");
}

#[tokio::test]
async fn a_stranger_follows_the_secret_link_once() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/members", ann.account);
    let invite = json!({ "email": "cat@example.com", "role": "monitor" });
    let invited: Value = ann.browser.post(&path, invite).await.json().await.unwrap();
    let link = invited["link"].as_str().unwrap();
    let token = link.rsplit('=').next().unwrap();
    let sign_up = |email: &str| json!({ "name": "Cat", "email": email, "password": PASSWORD, "invitation": token });
    let mut other = server.browser();
    let wrong = other.post("/api/signup", sign_up("dog@example.com")).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let mut cat = server.browser();
    let me: Value = cat.post("/api/signup", sign_up("cat@example.com")).await.json().await.unwrap();
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
    let members = format!("/api/accounts/{}/members", ann.account);
    let invite = json!({ "email": "cat@example.com", "role": "manage" });
    let invited: Value = ann.browser.post(&members, invite).await.json().await.unwrap();
    let token = invited["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
    let withdraw = format!("/api/accounts/{}/invitations/withdraw", ann.account);
    let body = json!({ "email": "cat@example.com" });
    assert_eq!(ann.browser.post(&withdraw, body).await.status(), StatusCode::NO_CONTENT);
    let mut bob = server.person("bob").await.browser;
    let accepted = bob.post("/api/invitations/accept", json!({ "invitation": token })).await;
    assert_eq!(accepted.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_owner_stays_and_nobody_else_becomes_one() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let bob = server.person("bob").await;
    let members = format!("/api/accounts/{}/members", ann.account);
    let owner = json!({ "email": "bob@example.com", "role": "owner" });
    assert_eq!(ann.browser.post(&members, owner).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    ann.browser.post(&members, json!({ "email": "bob@example.com", "role": "administer" })).await;
    let mut bob = bob;
    let path = format!("{members}/{}", ann.user);
    let lower = bob.browser.send(Method::PATCH, &path, Some(json!({ "role": "monitor" }))).await;
    assert_eq!(code(lower).await, "owner");
    let remove = bob.browser.send(Method::DELETE, &path, None).await;
    assert_eq!(code(remove).await, "owner");
    let list: Value = bob.browser.get(&members).await.json().await.unwrap();
    assert_eq!(list["members"].as_array().unwrap().len(), 2);
}
