//! Changes that were refused to members: offered, looked at, taken over and dismissed.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tombolo_model::Id;

use crate::server::{Person, Server, code};
use crate::v1::client::{Api, owner};

async fn ask(person: &mut Person, account: Id, method: Method, rest: &str, body: Option<Value>) -> reqwest::Response {
    person.browser.send(method, &format!("/api/accounts/{account}/refused{rest}"), body).await
}

async fn lines(person: &mut Person, account: Id) -> Vec<Value> {
    let list: Value = ask(person, account, Method::GET, "", None).await.json().await.unwrap();
    list["changes"].as_array().unwrap().clone()
}

fn offer(parked: &str, document: &str, name: &str) -> Value {
    json!({
        "parked": parked, "document": document, "kind": "connection", "name": "Shop", "reason": "Your role does not allow this.",
        "timeMs": 5, "intents": [{ "do": "set", "path": "/name", "value": name }],
    })
}

/// Ann's account with a connection that Bob, a monitor, cannot change.
async fn shop(server: &Server) -> (Person, Api, Person, String) {
    let (mut ann, api) = owner(server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "monitor").await;
    let shop =
        json!({ "name": "Shop", "type": "http", "http": { "baseURI": "https://a.example", "mediaType": "json" } });
    let id = api.make("connections", shop).await;
    (ann, api, bob, id)
}

#[tokio::test]
async fn an_administrator_takes_over_what_was_refused_to_a_member_and_the_log_names_whose_it_was() {
    let server = Server::start();
    let (mut ann, api, mut bob, connection) = shop(&server).await;
    let account = ann.account;
    for _ in 0..2 {
        let offered = ask(&mut bob, account, Method::POST, "", Some(offer("p", &connection, "Store"))).await;
        assert_eq!(offered.status(), StatusCode::NO_CONTENT);
    }
    let waiting = lines(&mut ann, account).await;
    assert_eq!(waiting.len(), 1, "asking twice is asking once");
    assert_eq!((&waiting[0]["byName"], &waiting[0]["status"]), (&json!("bob"), &json!("open")));
    let one = format!("/{}", waiting[0]["id"].as_str().unwrap());
    let bell: Value = ann.browser.get("/api/bell").await.json().await.unwrap();
    assert_eq!((&bell["reviews"][0]["id"], &bell["reviews"][0]["by"]), (&waiting[0]["id"], &json!("bob")), "{bell}");
    let bell: Value = bob.browser.get("/api/bell").await.json().await.unwrap();
    assert_eq!(bell["reviews"], json!([]), "the bell of a member is none of an administrator");
    let review: Value = ask(&mut ann, account, Method::GET, &one, None).await.json().await.unwrap();
    assert_eq!(review["differences"], json!([{ "path": "/name", "accepted": "Shop", "refused": "Store" }]), "{review}");
    // What was looked at is not what is there any more.
    let renamed = json!([{ "op": "replace", "path": "/name", "value": "Shop 2" }]);
    api.patch(&format!("/v1/connections/{connection}"), renamed).await;
    let adopt = format!("{one}/adopt");
    let late = ask(&mut ann, account, Method::POST, &adopt, Some(json!({ "heads": review["heads"] }))).await;
    assert_eq!(code(late).await, "changed");
    let review: Value = ask(&mut ann, account, Method::GET, &one, None).await.json().await.unwrap();
    assert_eq!(review["differences"][0]["accepted"], "Shop 2");
    let body = json!({ "heads": review["heads"] });
    let adopted = ask(&mut ann, account, Method::POST, &adopt, Some(body.clone())).await;
    assert_eq!(adopted.status(), StatusCode::NO_CONTENT);
    assert_eq!(api.get(&format!("/v1/connections/{connection}")).await.good()["name"], "Store");
    assert_eq!(code(ask(&mut ann, account, Method::POST, &adopt, Some(body)).await).await, "decided");
    assert!(lines(&mut ann, account).await.is_empty());
    let mine = lines(&mut bob, account).await;
    assert_eq!((&mine[0]["status"], &mine[0]["decidedBy"]), (&json!("adopted"), &json!("ann")));
    let log: Value = ann.browser.get(&format!("/api/accounts/{account}/audit")).await.json().await.unwrap();
    let entries = log["entries"].as_array().unwrap();
    let author = json!({ "fieldPath": "/notAccepted/author", "oldValue": null, "newValue": "bob" });
    let told = entries.iter().find(|entry| entry["fieldChanges"].as_array().unwrap().contains(&author)).unwrap();
    assert_eq!((&told["byUser"]["name"], &told["resource"]), (&json!("ann"), &json!(connection)), "{told}");
    let change = json!({ "fieldPath": "/name", "oldValue": "Shop 2", "newValue": "Store" });
    let written = entries.iter().find(|entry| entry["fieldChanges"].as_array().unwrap().contains(&change)).unwrap();
    assert_eq!(written["byUser"]["name"], "ann", "it is the administrator's change");
}

#[tokio::test]
async fn refused_changes_are_seen_by_administrators_and_by_whose_they_are_and_by_nobody_else() {
    let server = Server::start();
    let (mut ann, api, mut bob, connection) = shop(&server).await;
    let account = ann.account;
    let mut cat = server.person("cat").await;
    ann.let_in(&mut cat, "cat", "manage").await;
    ask(&mut bob, account, Method::POST, "", Some(offer("p", &connection, "Store"))).await;
    assert!(lines(&mut cat, account).await.is_empty());
    let own = lines(&mut bob, account).await;
    let one = format!("/{}", own[0]["id"].as_str().unwrap());
    assert_eq!(ask(&mut bob, account, Method::GET, &one, None).await.status(), StatusCode::FORBIDDEN);
    let dismiss = format!("{one}/dismiss");
    assert_eq!(ask(&mut cat, account, Method::POST, &dismiss, None).await.status(), StatusCode::NOT_FOUND);
    let adopt = ask(&mut cat, account, Method::POST, &format!("{one}/adopt"), Some(json!({ "heads": [] }))).await;
    assert_eq!(adopt.status(), StatusCode::FORBIDDEN);
    let foreign = server.person("dog").await.account;
    assert_eq!(ask(&mut ann, foreign, Method::POST, &dismiss, None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask(&mut bob, account, Method::POST, &dismiss, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(lines(&mut bob, account).await[0]["status"], "dismissed");
    assert_eq!(api.get(&format!("/v1/connections/{connection}")).await.good()["name"], "Shop");
}

#[tokio::test]
async fn who_was_taken_out_of_an_account_offers_what_they_did_until_then_and_learns_nothing_else_of_it() {
    let server = Server::start();
    let (mut ann, api, mut bob, connection) = shop(&server).await;
    let account = ann.account;
    let late = format!("/api/left/{account}/refused");
    let mut eve = server.person("eve").await;
    for (person, who) in [(&mut bob, "a member has another door"), (&mut eve, "a stranger has none")] {
        let refused = person.browser.post(&late, offer("p", &connection, "Store")).await;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{who}");
        assert_eq!(person.browser.get(&late).await.status(), StatusCode::NOT_FOUND, "{who}");
    }
    let member = format!("/api/accounts/{account}/members/{}", bob.user);
    let off = Some(json!({ "enabled": false }));
    assert_eq!(ann.browser.send(Method::PATCH, &member, off).await.status(), StatusCode::NO_CONTENT);
    let refused = bob.browser.post(&late, offer("p", &connection, "Store")).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND, "who is switched off waits");
    assert_eq!(ann.browser.send(Method::DELETE, &member, None).await.status(), StatusCode::NO_CONTENT);
    let gone = ask(&mut bob, account, Method::POST, "", Some(offer("p", &connection, "Store"))).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let offered = bob.browser.post(&late, offer("p", &connection, "Store")).await;
    assert_eq!(offered.status(), StatusCode::NO_CONTENT);
    let waiting = lines(&mut ann, account).await;
    assert_eq!((waiting.len(), &waiting[0]["byName"]), (1, &json!("bob")));
    let one = format!("/{}", waiting[0]["id"].as_str().unwrap());
    let review: Value = ask(&mut ann, account, Method::GET, &one, None).await.json().await.unwrap();
    let body = Some(json!({ "heads": review["heads"] }));
    let adopted = ask(&mut ann, account, Method::POST, &format!("{one}/adopt"), body).await;
    assert_eq!(adopted.status(), StatusCode::NO_CONTENT);
    assert_eq!(api.get(&format!("/v1/connections/{connection}")).await.good()["name"], "Store");
    let mine: Value = bob.browser.get(&late).await.json().await.unwrap();
    assert_eq!((&mine["changes"][0]["status"], &mine["changes"][1]), (&json!("adopted"), &Value::Null), "{mine}");
    // Not without end, and not for ever.
    for n in 0..20 {
        let offered = bob.browser.post(&late, offer(&n.to_string(), &connection, "Store")).await;
        assert_eq!(offered.status(), StatusCode::NO_CONTENT, "{n}");
    }
    assert_eq!(code(bob.browser.post(&late, offer("more", &connection, "Store")).await).await, "too_many");
    sqlx::query("UPDATE members SET ended_ms = ended_ms - 31 * 86400000 WHERE status = 'removed'")
        .execute(&mut server.database().await)
        .await
        .unwrap();
    assert_eq!(code(bob.browser.post(&late, offer("0", &connection, "Store")).await).await, "too_late");
}

#[tokio::test]
async fn what_was_refused_cannot_fill_the_server_or_write_a_secret() {
    let server = Server::start();
    let (mut ann, _, mut bob, connection) = shop(&server).await;
    let account = ann.account;
    for n in 0..50 {
        let offered = ask(&mut bob, account, Method::POST, "", Some(offer(&n.to_string(), &connection, "Store"))).await;
        assert_eq!(offered.status(), StatusCode::NO_CONTENT, "{n}");
    }
    let more = ask(&mut bob, account, Method::POST, "", Some(offer("more", &connection, "Store"))).await;
    assert_eq!(code(more).await, "too_many");
    let mut secret = offer("3", &connection, "Store");
    secret["intents"] = json!([{ "do": "set", "path": "/http/auth/token/token", "value": "s3cret" }]);
    assert_eq!(ask(&mut bob, account, Method::POST, "", Some(secret)).await.status(), StatusCode::NO_CONTENT);
    let waiting = lines(&mut ann, account).await;
    let of = waiting.iter().find(|line| line["parked"] == "3").unwrap()["id"].as_str().unwrap().to_owned();
    let review: Value = ask(&mut ann, account, Method::GET, &format!("/{of}"), None).await.json().await.unwrap();
    assert!(review["obstacle"].as_str().unwrap().contains("vault"), "{review}");
    let body = json!({ "heads": review["heads"] });
    let adopted = ask(&mut ann, account, Method::POST, &format!("/{of}/adopt"), Some(body)).await;
    assert_eq!(code(adopted).await, "cannot_adopt");
    // Taken back and offered anew, it is not without end either.
    let mut offers = 51;
    loop {
        let dismissed = ask(&mut bob, account, Method::POST, &format!("/{of}/dismiss"), None).await.status();
        let again = ask(&mut bob, account, Method::POST, "", Some(offer("3", &connection, "Store"))).await.status();
        offers += 1;
        if again == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert!(offers <= 101 && again == StatusCode::NO_CONTENT, "{offers}: {dismissed} {again}");
    }
    for wrong in [json!({}), offer("", &connection, "x"), json!({ "parked": "p", "owner": 1 })] {
        let answer = ask(&mut bob, account, Method::POST, "", Some(wrong)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_change_that_is_taken_over_several_times_at_once_is_written_once() {
    let server = Server::start();
    let (mut ann, api, mut bob, _) = shop(&server).await;
    let account = ann.account;
    let script = api.make("scripts", json!({ "name": "s", "content": "" })).await;
    for n in 1..=5 {
        let mut typed = offer(&format!("p{n}"), &script, "s");
        typed["kind"] = json!("script");
        typed["intents"] = json!([{ "do": "splice", "path": "/content", "at": 0, "delete": 0, "insert": "x" }]);
        assert_eq!(ask(&mut bob, account, Method::POST, "", Some(typed)).await.status(), StatusCode::NO_CONTENT);
        let one = format!("/{}", lines(&mut ann, account).await[0]["id"].as_str().unwrap());
        let review: Value = ask(&mut ann, account, Method::GET, &one, None).await.json().await.unwrap();
        let path = format!("/api/accounts/{account}/refused{one}/adopt");
        let body = json!({ "heads": review["heads"] });
        let click = || {
            let request = ann.browser.request(Method::POST, &path).header("origin", ann.browser.origin());
            request.json(&body).send()
        };
        let answers = futures::future::join_all((0..6).map(|_| click())).await;
        let taken = answers.iter().filter(|answer| answer.as_ref().unwrap().status() == StatusCode::NO_CONTENT);
        assert_eq!(taken.count(), 1, "round {n}");
        let content = api.get(&format!("/v1/scripts/{script}")).await.good()["content"].clone();
        assert_eq!(content, json!("x".repeat(n)));
    }
}
