//! Letters that the server sends, and what is shown of them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::mailbox::{Mailbox, after};
use crate::server::{PASSWORD, Person, Server};

fn with_mail(mailbox: &Mailbox) -> Server {
    Server::start_with(&["--smtp", &mailbox.url(), "--mail-from", "Tombolo <tombolo@example.com>"])
}

/// Waits until the invitation of an address has this status; gives the whole state.
async fn until(ann: &mut Person, email: &str, status: &str, has_problem: bool) -> Value {
    let path = format!("/api/accounts/{}/members", ann.account);
    loop {
        let list: Value = ann.browser.get(&path).await.json().await.unwrap();
        let members = list["members"].as_array().unwrap();
        let mail = &members.iter().find(|member| member["email"] == email).unwrap()["mail"];
        if mail["status"] == status && mail.get("problem").is_some() == has_problem {
            return mail.clone();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_invitation_goes_by_mail_and_its_link_is_shown_to_nobody_else() {
    let mailbox = Mailbox::open().await;
    let server = with_mail(&mailbox);
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/members", ann.account);
    let answer = ann.browser.post(&path, json!({ "email": "Bob@example.com", "role": "manage" })).await;
    assert_eq!(answer.text().await.unwrap(), "{}");
    let letter = mailbox.letters(1).await.remove(0);
    for part in ["From: Tombolo <tombolo@example.com>", "To: bob@example.com", "Subject: ann invites you to ann"] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    until(&mut ann, "bob@example.com", "sent", false).await;
    let port = server.address.rsplit(':').next().unwrap();
    let token = after(&letter, &format!("http://127.0.0.1:{port}/sign-up?invitation="));
    let body = json!({ "name": "Bob", "email": "bob@example.com", "password": PASSWORD, "invitation": token });
    let me: Value = server.browser().post("/api/signup", body).await.json().await.unwrap();
    assert_eq!(me["joined"], ann.account.to_string());
    let database = std::fs::read(server.data().join("tombolo.db-wal")).unwrap();
    assert!(!database.windows(token.len()).any(|window| window == token.as_bytes()), "the link is in the database");
}

#[tokio::test]
async fn nobody_is_sent_letter_after_letter() {
    let mailbox = Mailbox::open().await;
    let server = with_mail(&mailbox);
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/members", ann.account);
    for n in 0..6 {
        let answer = ann.browser.post(&path, json!({ "email": "bob@example.com", "role": "monitor" })).await;
        let wanted = if n < 5 { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(answer.status(), wanted, "letter {n}");
    }
    // Another address, and a link without a letter, still go.
    for other in [json!({ "email": "carl@example.com" }), json!({ "email": "bob@example.com", "showLink": true })] {
        let mut body = json!({ "role": "monitor" });
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        assert_eq!(ann.browser.post(&path, body).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_says_why_and_the_link_is_shown_on_request() {
    let mailbox = Mailbox::refusing("550 no such person here").await;
    let server = with_mail(&mailbox);
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/members", ann.account);
    let invite = |show: bool| json!({ "email": "bob@example.com", "role": "manage", "showLink": show });
    ann.browser.post(&path, invite(false)).await;
    let failed = until(&mut ann, "bob@example.com", "failed", true).await;
    assert!(failed["problem"].as_str().unwrap().contains("no such person here"), "{failed}");
    let shown: Value = ann.browser.post(&path, invite(true)).await.json().await.unwrap();
    assert!(shown["link"].as_str().unwrap().starts_with("/sign-up?invitation="));
    let list: Value = ann.browser.get(&path).await.json().await.unwrap();
    assert!(list["members"][1].get("mail").is_none(), "the letter with the old link is told of: {list}");
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again_until_it_is_back() {
    let away = Mailbox::open().await;
    // A port that nobody listens on, until somebody does.
    let address = {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        taken.local_addr().unwrap()
    };
    let url = away.url().replace(&away.port.to_string(), &address.port().to_string());
    let server = Server::start_with(&["--smtp", &url, "--mail-from", "tombolo@example.com"]);
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/members", ann.account);
    ann.browser.post(&path, json!({ "email": "bob@example.com", "role": "monitor" })).await;
    let waiting = until(&mut ann, "bob@example.com", "waiting", true).await;
    assert!(waiting["problem"].as_str().unwrap().contains("cannot be reached"), "{waiting}");
    let back = Mailbox::on(&address.to_string(), None).await;
    assert!(back.letters(1).await[0].contains("bob@example.com"));
    until(&mut ann, "bob@example.com", "sent", false).await;
}

#[tokio::test]
async fn an_offer_goes_by_mail_and_a_letter_of_an_invitation_that_was_withdrawn_is_told_of_no_more() {
    let mailbox = Mailbox::open().await;
    let server = with_mail(&mailbox);
    let (mut ann, api) = crate::v1::client::owner(&server, "ann").await;
    let made = api.make("integrations", json!({ "name": "Shop" })).await;
    let base = format!("/api/accounts/{}", ann.account);
    let offer = json!({ "integrations": [made], "email": "bob@example.com", "copyShared": false });
    let offered: Value = ann.browser.post(&format!("{base}/transfers"), offer).await.json().await.unwrap();
    assert_eq!(offered["mailed"], true);
    let letter = mailbox.letters(1).await.remove(0);
    assert!(letter.contains("Shop") && letter.contains(offered["link"].as_str().unwrap()), "{letter}");
    loop {
        let list: Value = ann.browser.get(&format!("{base}/transfers")).await.json().await.unwrap();
        if list["transfers"][0]["mail"]["status"] == "sent" {
            break;
        }
    }
    ann.browser.post(&format!("{base}/members"), json!({ "email": "cat@example.com", "role": "manage" })).await;
    mailbox.letters(2).await;
    let withdraw = json!({ "email": "cat@example.com" });
    let answer = ann.browser.post(&format!("{base}/invitations/withdraw"), withdraw).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    ann.browser
        .post(&format!("{base}/members"), json!({ "email": "cat@example.com", "role": "manage", "showLink": true }))
        .await;
    let list: Value = ann.browser.get(&format!("{base}/members")).await.json().await.unwrap();
    assert!(list["members"][1].get("mail").is_none(), "{list}");
}

#[tokio::test]
async fn a_narrower_policy_holds_back_invitations_that_it_would_refuse_and_loses_none_nor_their_letters() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("smtp://{nobody}");
    let server = Server::start_with(&["--smtp", &url, "--mail-from", "tombolo@example.com"]);
    let mut ann = server.person("ann").await;
    let mut dora = server.person("dora").await;
    ann.let_in(&mut dora, "dora", "manage").await;
    let base = format!("/api/accounts/{}", ann.account);
    let invite = |email: &str| json!({ "email": email, "role": "monitor" });
    for email in ["bob@good.example", "cat@bad.example"] {
        assert_eq!(ann.browser.post(&format!("{base}/members"), invite(email)).await.status(), StatusCode::OK);
    }
    let policy =
        |managers: bool, domains: &[&str]| Some(json!({ "managersInvite": managers, "inviteDomains": domains }));
    let path = format!("{base}/policy");
    let done = ann.browser.send(Method::PUT, &path, policy(true, &[])).await;
    assert_eq!(done.json::<Value>().await.unwrap(), json!({ "heldInvitations": 0 }));
    let answer = dora.browser.post(&format!("{base}/members"), invite("eve@good.example")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut admin = server.browser();
    admin.post("/api/signin", json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    let rules: [(bool, &[&str], &[&str]); 4] = [
        (true, &["good.example"], &["cat@bad.example"]),
        (false, &["good.example"], &["cat@bad.example", "eve@good.example"]),
        (false, &[], &["eve@good.example"]),
        (true, &[], &[]),
    ];
    for (managers, domains, held) in rules {
        let kept = admin.send(Method::PUT, &path, policy(managers, domains)).await;
        assert_eq!(kept.json::<Value>().await.unwrap(), json!({ "heldInvitations": held.len() }));
        let list: Value = admin.get(&format!("{base}/members")).await.json().await.unwrap();
        assert_eq!(list["held"], json!(held));
        let members = list["members"].as_array().unwrap().iter().filter(|line| line["status"] == "pending");
        let pending: Vec<&str> = members.map(|line| line["email"].as_str().unwrap()).collect();
        let all = ["bob@good.example", "cat@bad.example", "eve@good.example"];
        assert_eq!(pending, all);
        let waiting = "SELECT recipient FROM mails WHERE next_ms IS NOT NULL ORDER BY recipient";
        let rows: Vec<String> = sqlx::query_scalar(waiting).fetch_all(&mut server.database().await).await.unwrap();
        assert_eq!(rows, all);
    }
}
