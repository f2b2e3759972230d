//! Integrations that change accounts: what goes, what stands in the way, and that it is all or nothing.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::run::RunStatus;
use tombolo_wire::sync::{Down, Entry};

use crate::device::{Device, author, create, set};
use crate::runs::{build_in, endpoint, make, put_secret, start, until_row};
use crate::server::{Person, Server, code};

async fn call(person: &mut Person, path: &str, body: Value) -> reqwest::Response {
    let path = format!("/api/accounts/{}/transfers{path}", person.account);
    person.browser.post(&path, body).await
}

async fn names(person: &Person) -> Vec<(Id, String)> {
    let mut device = Device::join(&person.browser, person.account, None).await;
    let page = device.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page)),
        _ => None,
    });
    let page = page.await;
    let read = |snapshot: &tombolo_wire::sync::Snapshot| {
        let chunks = snapshot.chunks.iter().map(|chunk| chunk.as_slice());
        let value = tombolo_docs::Document::load(chunks).unwrap().document.value();
        (snapshot.document, value["name"].as_str().unwrap_or_default().to_owned())
    };
    page.documents.iter().map(read).collect()
}

#[tokio::test]
async fn an_integration_goes_whole_and_leaves_nothing_behind_but_tombstones() {
    let server = Server::start_with(&["--allow-private-network"]);
    let (base, _received) = endpoint().await;
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let integration = make(&mut device, Kind::Integration, &json!({ "name": "Shop" })).await;
    let kept = make(&mut device, Kind::Integration, &json!({ "name": "Kept" })).await;
    let built = build_in(&mut device, &base, "/orders", integration).await;
    put_secret(&mut ann, &built).await;
    let preview = call(&mut ann, "/preview", json!({ "integrations": [integration] })).await;
    let preview: Value = preview.json().await.unwrap();
    let kinds: Vec<&str> =
        preview["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["integration", "flow", "export", "import", "connection"]);
    assert_eq!(preview["shared"], json!([]));
    let body = json!({ "integrations": [integration], "email": "Bob@example.com" });
    let offered: Value = call(&mut ann, "", body).await.json().await.unwrap();
    let token = offered["link"].as_str().unwrap().strip_prefix("/transfers?offer=").unwrap().to_owned();
    let look = bob.browser.post("/api/transfers/look", json!({ "offer": token })).await;
    let look: Value = look.json().await.unwrap();
    assert_eq!((&look["from"], &look["incoming"]), (&json!("ann"), &json!(true)));
    let accepted = call(&mut bob, "/accept", json!({ "transfer": offered["id"] })).await;
    let accepted: Value = accepted.json().await.unwrap();
    assert_eq!(accepted["status"], "done", "{accepted}");
    let wanted = ["Enter the credentials of “Shop”.", "Switch the flows on: they arrive switched off."];
    assert_eq!(accepted["afterwards"], json!(wanted));
    let left: Vec<Id> = names(&ann).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(left, [kept]);
    let purged = device.until(|frame| match frame {
        Down::Changes { entries, .. } => entries.into_iter().find_map(|entry| match entry {
            Entry::Purged { document } => Some(document),
            _ => None,
        }),
        _ => None,
    });
    purged.await;
    assert_eq!(names(&bob).await.len(), 5);
    // Nothing of it comes back from a device that was away.
    let value = json!({ "name": "Zombie", "_integrationId": kept });
    let (_, first) = create(Kind::Flow, &value, &author());
    let Some(Down::Refused { refusals, .. }) = device.push(built.flow, &[first]).await else { panic!("taken") };
    assert_eq!(refusals[0].code, "gone");
    // It runs in the new account once somebody there switches it on and gives its credentials.
    let mut bobs = Device::join(&bob.browser, bob.account, None).await;
    let path = format!("/api/accounts/{}/flows/{}/run", bob.account, built.flow);
    assert_eq!(code(bob.browser.post(&path, json!({})).await).await, "flow_disabled");
    switch_on(&mut bobs, built.flow).await;
    let run = start(&mut bob, built.flow).await;
    let (failed, _) = until_row(&mut bobs, |row| row.id == run && row.ended_ms.is_some()).await;
    assert_ne!((failed.status, failed.steps.iter().map(|step| step.errors).sum::<u64>()), (RunStatus::Completed, 0));
    put_secret(&mut bob, &built).await;
    let run = start(&mut bob, built.flow).await;
    let (done, _) = until_row(&mut bobs, |row| row.id == run && row.ended_ms.is_some()).await;
    assert_eq!(done.status, RunStatus::Completed, "{done:?}");
}

#[tokio::test]
async fn the_data_of_lookup_caches_and_state_go_along_to_the_recipient() {
    let server = Server::start();
    let (mut ann, anns) = crate::v1::client::owner(&server, "ann").await;
    let (mut bob, bobs) = crate::v1::client::owner(&server, "bob").await;
    let integration = anns.make("integrations", json!({ "name": "Shop" })).await;
    let cache = anns.make("lookupcaches", json!({ "name": "SKUs", "_integrationId": integration })).await;
    let connection =
        json!({ "name": "c", "type": "http", "http": { "baseURI": "https://a.example", "mediaType": "json" } });
    let connection = anns.make("connections", connection).await;
    let export = json!({ "name": "e", "_connectionId": connection, "_integrationId": integration, "adaptorType": "HTTPExport", "http": { "relativeURI": "/a" } });
    let export = anns.make("exports", export).await;
    let entries = json!({ "data": [{ "key": "a", "value": 1 }, { "key": "b", "value": { "c": 2 } }] });
    anns.post(&format!("/v1/lookupcaches/{cache}/data"), entries).await.good();
    let state = anns.put(&format!("/v1/exports/{export}/state/cursor"), json!({ "page": 7 })).await;
    assert!(state.status.is_success(), "{}", state.text);
    let body = json!({ "integrations": [integration], "email": "bob@example.com", "copyShared": true });
    let offered: Value = call(&mut ann, "", body).await.json().await.unwrap();
    let token = offered["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
    bob.browser.post("/api/transfers/look", json!({ "offer": token })).await;
    let accepted = call(&mut bob, "/accept", json!({ "transfer": offered["id"] })).await;
    assert_eq!(accepted.json::<Value>().await.unwrap()["status"], "done");
    let theirs =
        async |kind: &str| bobs.get(&format!("/v1/{kind}")).await.good()[0]["_id"].as_str().unwrap().to_owned();
    let (cache, export) = (theirs("lookupcaches").await, theirs("exports").await);
    let data = bobs.post(&format!("/v1/lookupcaches/{cache}/getData"), json!({ "keys": ["a", "b"] })).await.good();
    let values: Vec<&Value> = data["data"].as_array().unwrap().iter().map(|entry| &entry["value"]).collect();
    assert_eq!(values, [&json!(1), &json!({ "c": 2 })], "{data}");
    let state = bobs.get(&format!("/v1/exports/{export}/state/cursor")).await.good();
    assert_eq!(state, json!({ "page": 7 }));
    // What grows on is counted on.
    let size = server.database().await;
    let mut size = size;
    let kept: i64 = sqlx::query_scalar("SELECT entries FROM caches WHERE account = ?")
        .bind(bob.account.to_string())
        .fetch_one(&mut size)
        .await
        .unwrap();
    assert_eq!(kept, 2);
}

async fn switch_on(device: &mut Device, flow: Id) {
    let page = device.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page)),
        _ => None,
    });
    let page = page.await;
    let found = page.documents.iter().find(|snapshot| snapshot.document == flow).unwrap();
    let chunks = found.chunks.iter().map(|chunk| chunk.as_slice());
    let mut document = tombolo_docs::Document::load(chunks).unwrap().document;
    let chunk = set(&mut document, &author(), "/disabled", json!(false));
    assert!(matches!(device.push(flow, &[chunk]).await, Some(Down::Accepted { .. })));
}

#[tokio::test]
async fn what_others_use_too_is_named_and_is_copied_when_that_is_offered() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let mut ids = Vec::new();
    let connection = make(&mut device, Kind::Connection, &json!({ "name": "Both" })).await;
    for name in ["One", "Two"] {
        let integration = make(&mut device, Kind::Integration, &json!({ "name": name })).await;
        let export =
            json!({ "name": format!("Export of {name}"), "_connectionId": connection, "_integrationId": integration });
        make(&mut device, Kind::Export, &export).await;
        ids.push(integration);
    }
    let mut body = json!({ "integrations": [ids[0]], "email": "bob@example.com" });
    let refused = call(&mut ann, "", body.clone()).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["errors"][0]["code"], "shared_resources");
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("Both"), "{refused}");
    body["copyShared"] = json!(true);
    let offered: Value = call(&mut ann, "", body).await.json().await.unwrap();
    let token = offered["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
    bob.browser.post("/api/transfers/look", json!({ "offer": token })).await;
    let accepted = call(&mut bob, "/accept", json!({ "transfer": offered["id"] })).await;
    assert_eq!(accepted.json::<Value>().await.unwrap()["status"], "done");
    let sorted = |mut list: Vec<(Id, String)>| {
        list.sort_by(|one, other| one.1.cmp(&other.1));
        list.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    assert_eq!(sorted(names(&ann).await), ["Both", "Export of Two", "Two"]);
    assert_eq!(sorted(names(&bob).await), ["Both", "Export of One", "One"]);
}

#[tokio::test]
async fn an_offer_is_for_its_address_and_ends_once() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let mut eve = server.person("eve").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    assert_eq!(
        call(&mut ann, "/preview", json!({ "integrations": [] })).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let mut offers = Vec::new();
    for name in ["Shop", "Till", "Stock"] {
        let integration = make(&mut device, Kind::Integration, &json!({ "name": name })).await;
        let body = json!({ "integrations": [integration], "email": "bob@example.com" });
        let offered: Value = call(&mut ann, "", body).await.json().await.unwrap();
        let token = offered["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
        offers.push((offered["id"].clone(), token));
    }
    let look = |token: &str| json!({ "offer": token });
    let foreign = eve.browser.post("/api/transfers/look", look(&offers[0].1)).await;
    let absent = eve.browser.post("/api/transfers/look", look("nothing")).await;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    assert_eq!(foreign.text().await.unwrap(), absent.text().await.unwrap());
    let taken = call(&mut eve, "/accept", json!({ "transfer": offers[0].0 })).await;
    assert_eq!(taken.status(), StatusCode::NOT_FOUND);
    for (_, token) in &offers {
        assert_eq!(bob.browser.post("/api/transfers/look", look(token)).await.status(), StatusCode::OK);
    }
    let listed: Value =
        bob.browser.get(&format!("/api/accounts/{}/transfers", bob.account)).await.json().await.unwrap();
    assert_eq!(listed["transfers"].as_array().unwrap().len(), 3);
    let declined = bob.browser.post("/api/transfers/decline", json!({ "transfer": offers[0].0 })).await;
    assert_eq!(declined.json::<Value>().await.unwrap()["status"], "declined");
    let cancel = format!("/{}/cancel", offers[1].0.as_str().unwrap());
    assert_eq!(call(&mut ann, &cancel, json!({})).await.status(), StatusCode::NO_CONTENT);
    for (id, _) in &offers[..2] {
        assert_eq!(code(call(&mut bob, "/accept", json!({ "transfer": id })).await).await, "not_open");
    }
    let age = "UPDATE transfers SET created_ms = created_ms - 14 * 24 * 3600 * 1000";
    sqlx::raw_sql(age).execute(&mut server.database().await).await.unwrap();
    assert_eq!(code(call(&mut bob, "/accept", json!({ "transfer": offers[2].0 })).await).await, "not_open");
    assert_eq!(names(&ann).await.len(), 3, "half of it went");
    let listed = ann.browser.send(Method::GET, &format!("/api/accounts/{}/transfers", ann.account), None).await;
    let listed: Value = listed.json().await.unwrap();
    let mut states: Vec<&str> =
        listed["transfers"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["canceled", "declined", "expired"]);
}

#[tokio::test]
async fn an_integration_is_offered_to_one_at_a_time() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let shop = make(&mut device, Kind::Integration, &json!({ "name": "Shop" })).await;
    let other = make(&mut device, Kind::Integration, &json!({ "name": "Other" })).await;
    let offer = |integrations: &[Id], to: &str| json!({ "integrations": integrations, "email": to });
    let first: Value = call(&mut ann, "", offer(&[shop], "bob@example.com")).await.json().await.unwrap();
    let second = call(&mut ann, "", offer(&[other, shop], "carl@example.com")).await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    let said = second.text().await.unwrap();
    assert!(said.contains("offered_already") && said.contains("Shop") && said.contains("bob@example.com"), "{said}");
    assert_eq!(call(&mut ann, "", offer(&[other], "carl@example.com")).await.status(), StatusCode::OK);
    // Once that has ended it is free again.
    let cancel = format!("/{}/cancel", first["id"].as_str().unwrap());
    assert!(call(&mut ann, &cancel, json!({})).await.status().is_success());
    assert_eq!(call(&mut ann, "", offer(&[shop], "carl@example.com")).await.status(), StatusCode::OK);
}

/// How the sender's only transfer stands.
async fn status(person: &mut Person) -> String {
    let path = format!("/api/accounts/{}/transfers", person.account);
    let listed: Value = person.browser.get(&path).await.json().await.unwrap();
    listed["transfers"][0]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_run_that_goes_on_is_waited_for_and_meanwhile_nothing_starts_and_nobody_takes_the_offer_back() {
    let server = Server::start_with(&["--allow-private-network"]);
    let (base, _received) = endpoint().await;
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let shop = make(&mut device, Kind::Integration, &json!({ "name": "Shop" })).await;
    let built = build_in(&mut device, &base, "/never", shop).await;
    put_secret(&mut ann, &built).await;
    let second = make(&mut device, Kind::Flow, &json!({ "name": "Second", "_integrationId": shop })).await;
    let run = start(&mut ann, built.flow).await;
    until_row(&mut device, |row| row.id == run && row.status == RunStatus::Running).await;
    let body = json!({ "integrations": [shop], "email": "bob@example.com" });
    let offered: Value = call(&mut ann, "", body).await.json().await.unwrap();
    let token = offered["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
    bob.browser.post("/api/transfers/look", json!({ "offer": token })).await;
    let id = offered["id"].clone();
    let accepting = tokio::spawn(async move {
        let answer = call(&mut bob, "/accept", json!({ "transfer": id })).await;
        (answer.json::<Value>().await.unwrap(), bob)
    });
    while status(&mut ann).await != "accepted" {
        tokio::task::yield_now().await;
    }
    for flow in [built.flow, second] {
        let path = format!("/api/accounts/{}/flows/{flow}/run", ann.account);
        assert_eq!(code(ann.browser.post(&path, json!({})).await).await, "in_transfer");
    }
    let cancel = format!("/{}/cancel", offered["id"].as_str().unwrap());
    assert_eq!(code(call(&mut ann, &cancel, json!({})).await).await, "not_open");
    assert_eq!(status(&mut ann).await, "accepted", "it waits for the run");
    assert_eq!(names(&ann).await.len(), 6, "nothing has gone yet");
    let end = format!("/api/accounts/{}/runs/{run}/cancel", ann.account);
    assert!(ann.browser.post(&end, json!({})).await.status().is_success());
    let (accepted, bob) = accepting.await.unwrap();
    assert_eq!(accepted["status"], "done", "{accepted}");
    assert_eq!((names(&ann).await.len(), names(&bob).await.len()), (0, 6));
}

#[tokio::test]
async fn what_others_use_by_the_time_it_is_accepted_stays_whole_with_its_sender() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let shop = make(&mut device, Kind::Integration, &json!({ "name": "Shop" })).await;
    let other = make(&mut device, Kind::Integration, &json!({ "name": "Other" })).await;
    let connection = make(&mut device, Kind::Connection, &json!({ "name": "Store", "_integrationId": shop })).await;
    let export = |name: &str, home: Id| json!({ "name": name, "_connectionId": connection, "_integrationId": home });
    make(&mut device, Kind::Export, &export("Orders", shop)).await;
    let body = json!({ "integrations": [shop], "email": "bob@example.com" });
    let offered: Value = call(&mut ann, "", body).await.json().await.unwrap();
    make(&mut device, Kind::Export, &export("Stock", other)).await;
    let token = offered["link"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();
    bob.browser.post("/api/transfers/look", json!({ "offer": token })).await;
    let before = names(&ann).await;
    let accepted = call(&mut bob, "/accept", json!({ "transfer": offered["id"] })).await;
    let accepted: Value = accepted.json().await.unwrap();
    assert_eq!(accepted["status"], "failed", "{accepted}");
    assert!(accepted["afterwards"].to_string().contains("Nothing was handed over"), "{accepted}");
    assert_eq!((names(&ann).await, names(&bob).await), (before, Vec::new()));
    // It is as much the sender's as before.
    make(&mut device, Kind::Flow, &json!({ "name": "New", "_integrationId": shop })).await;
}
