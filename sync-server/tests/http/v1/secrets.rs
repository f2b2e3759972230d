//! Secrets through the API: never shown, kept by `******`, bound to their hosts.

use serde_json::{Value, json};

use super::client::owner;
use super::whole_task::ended;
use crate::runs::endpoint;
use crate::server::Server;

const CANARY: &str = "canary-77f2-secret";

fn connection(base: &str, token: &str) -> Value {
    json!({ "name": "Shop", "type": "http", "http": { "baseURI": base, "unencrypted": { "region": "eu" },
        "encrypted": { "apiKey": CANARY },
        "auth": { "type": "token", "token": { "token": token, "location": "header", "scheme": "Bearer" } } } })
}

#[tokio::test]
async fn a_secret_is_shown_as_stars_and_stars_sent_back_keep_it() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let made = api.post("/v1/connections", connection(&base, CANARY)).await;
    let id = made.id();
    let one = format!("/v1/connections/{id}");
    for text in [&made.text, &api.get(&one).await.text, &api.get("/v1/connections").await.text] {
        assert!(!text.contains(CANARY) && text.contains("******"), "{text}");
    }
    let mut again = made.json();
    assert_eq!(
        (&again["http"]["auth"]["token"]["token"], &again["http"]["encrypted"]),
        (&json!("******"), &json!({ "apiKey": "******" }))
    );
    again["name"] = json!("Renamed");
    assert_eq!(api.put(&one, again.clone()).await.good()["http"], again["http"]);
    let export = api.make("exports", json!({ "name": "e", "_connectionId": id, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/orders" } })).await;
    let import = api.make("imports", json!({ "name": "i", "_connectionId": id, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } })).await;
    let flow = api.make("flows", json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] })).await;
    let run = async || {
        let job =
            api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good()["_jobId"].as_str().unwrap().to_owned();
        ended(&api, &job).await
    };
    assert_eq!(run().await["status"], "completed");
    assert!(received.lock().unwrap().iter().all(|(authorization, _)| authorization == &format!("Bearer {CANARY}")));
    // Left out, it is gone.
    again["http"]["auth"]["token"].as_object_mut().unwrap().shift_remove("token");
    assert!(!api.put(&one, again).await.good()["http"]["auth"]["token"].to_string().contains("******"));
    let binned = api.get(&one).await.text;
    assert!(!binned.contains(CANARY));
}

#[tokio::test]
async fn a_connection_that_is_pointed_elsewhere_takes_no_secret_along() {
    let (base, _) = endpoint().await;
    let (canary, stolen) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let made = api.post("/v1/connections", connection(&base, CANARY)).await;
    let id = made.id();
    let mut moved = made.json();
    moved["http"]["baseURI"] = json!(canary);
    assert_eq!(api.put(&format!("/v1/connections/{id}"), moved).await.status, 200);
    let ping = api.post(&format!("/v1/connections/{id}/ping"), json!({})).await;
    assert_eq!(ping.no(), (422, "other_host".to_owned()), "{}", ping.text);
    let export = api.make("exports", json!({ "name": "e", "_connectionId": id, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/orders" } })).await;
    let import = api.make("imports", json!({ "name": "i", "_connectionId": id, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } })).await;
    let flow = api.make("flows", json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] })).await;
    let job = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good()["_jobId"].as_str().unwrap().to_owned();
    let done = ended(&api, &job).await;
    assert_eq!(done["status"], "failed", "{done}");
    assert!(stolen.lock().unwrap().is_empty());
    assert!(!done.to_string().contains(CANARY));
}
