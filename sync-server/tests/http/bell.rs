//! What waits for a person: who is told, who answers, and what they have read.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::mailbox::{Mailbox, after};
use crate::server::{Browser, Person, Server, code};

async fn bell(person: &mut Person) -> Value {
    person.browser.get("/api/bell").await.json().await.unwrap()
}

async fn look(browser: &mut Browser, token: &str) -> StatusCode {
    browser.post("/api/invitations/look", json!({ "invitation": token })).await.status()
}

#[tokio::test]
async fn an_invitation_is_in_the_bell_of_who_has_shown_its_link_and_its_address() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let mut cat = server.person("cat").await;
    let token = ann.invite("bob@example.com", "manage").await;
    assert_eq!(bell(&mut bob).await["invitations"], json!([]), "an address that nobody has proved is told nothing");
    assert_eq!(look(&mut cat.browser, &token).await, StatusCode::OK);
    assert_eq!(bell(&mut cat).await["invitations"], json!([]), "another address");
    assert_eq!(look(&mut bob.browser, &token).await, StatusCode::OK);
    let waiting = bell(&mut bob).await["invitations"][0].clone();
    assert_eq!((&waiting["accountName"], &waiting["invitedBy"]), (&json!("ann"), &json!("ann")));
    let answer = json!({ "account": ann.account });
    let foreign = cat.browser.post("/api/bell/invitations/accept", answer.clone()).await;
    assert_eq!(code(foreign).await, "invitation_unknown");
    let me: Value = bob.browser.post("/api/bell/invitations/accept", answer.clone()).await.json().await.unwrap();
    assert_eq!(me["joined"], ann.account.to_string());
    assert_eq!(bell(&mut bob).await["invitations"], json!([]));
    let again = bob.browser.post("/api/bell/invitations/accept", answer).await;
    assert_eq!(code(again).await, "invitation_unknown");
}

#[tokio::test]
async fn an_invitation_is_declined_in_the_bell_and_its_inviter_sees_that() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let token = ann.invite("bob@example.com", "monitor").await;
    look(&mut bob.browser, &token).await;
    let answer = json!({ "account": ann.account });
    let done = bob.browser.post("/api/bell/invitations/dismiss", answer).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    assert_eq!(bell(&mut bob).await["invitations"], json!([]));
    let list: Value = ann.browser.get(&format!("/api/accounts/{}/members", ann.account)).await.json().await.unwrap();
    assert_eq!(list["members"][1]["status"], "dismissed");
    // Invited once more, it is another link that they have not shown.
    ann.invite("bob@example.com", "monitor").await;
    assert_eq!(bell(&mut bob).await["invitations"], json!([]));
}

#[tokio::test]
async fn who_followed_a_letter_is_told_of_what_comes_later_for_the_same_address() {
    let mailbox = Mailbox::open().await;
    let server = Server::start_with(&["--smtp", &mailbox.url(), "--mail-from", "tombolo@example.com"]);
    let (mut ann, api) = crate::v1::client::owner(&server, "ann").await;
    let mut dan = server.person("dan").await;
    let mut bob = server.person("bob").await;
    let invite = |person: &Person| format!("/api/accounts/{}/members", person.account);
    let body = json!({ "email": "bob@example.com", "role": "monitor" });
    ann.browser.post(&invite(&ann), body.clone()).await;
    let letter = mailbox.letters(1).await.remove(0);
    let port = server.address.rsplit(':').next().unwrap();
    let token = after(&letter, &format!("http://127.0.0.1:{port}/sign-up?invitation=")).to_owned();
    assert_eq!(bell(&mut bob).await["invitations"], json!([]), "nobody has read the letter yet");
    let accept = bob.browser.post("/api/invitations/accept", json!({ "invitation": token })).await;
    assert_eq!(accept.status(), StatusCode::OK);
    dan.browser.post(&invite(&dan), body).await;
    assert_eq!(bell(&mut bob).await["invitations"][0]["accountName"], "dan");
    let made = api.make("integrations", json!({ "name": "Shop" })).await;
    let offer = json!({ "integrations": [made], "email": "bob@example.com" });
    let path = format!("/api/accounts/{}/transfers", ann.account);
    let offered: Value = ann.browser.post(&path, offer).await.json().await.unwrap();
    let waiting = bell(&mut bob).await["transfers"][0].clone();
    assert_eq!((&waiting["id"], &waiting["integrations"]), (&offered["id"], &json!(["Shop"])));
    let path = format!("/api/accounts/{}/transfers/accept", bob.account);
    let accepted: Value = bob.browser.post(&path, json!({ "transfer": offered["id"] })).await.json().await.unwrap();
    assert_eq!(accepted["status"], "done", "{accepted}");
    assert_eq!(bell(&mut bob).await["transfers"], json!([]));
}

#[tokio::test]
async fn another_address_without_a_letter_is_told_of_nothing() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.invite("cat@example.com", "manage").await;
    let body = json!({ "email": "cat@example.com", "password": crate::server::PASSWORD });
    assert_eq!(bob.browser.post("/api/security/email", body).await.status(), StatusCode::OK);
    assert_eq!(bell(&mut bob).await["invitations"], json!([]));
}

#[tokio::test]
async fn what_a_person_has_read_is_theirs_and_the_newest_of_it_is_kept() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    for first in [0, 200, 400] {
        let items: Vec<String> = (first..first + 200).map(|n| format!("run:{n}")).collect();
        let done = ann.browser.post("/api/bell/read", json!({ "items": items })).await;
        assert_eq!(done.status(), StatusCode::NO_CONTENT);
    }
    let read = bell(&mut ann).await["read"].as_array().unwrap().clone();
    assert_eq!((read.len(), &read[0], &read[499]), (500, &json!("run:599"), &json!("run:100")));
    assert_eq!(bell(&mut bob).await["read"], json!([]));
    for wrong in [json!(["x".repeat(101)]), json!([""]), json!(vec!["x"; 201])] {
        let answer = ann.browser.post("/api/bell/read", json!({ "items": wrong })).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}
