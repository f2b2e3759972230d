//! Integrations as zips: out of one account, into another.

use serde_json::{Value, json};
use tombolo_model::Kind;

use super::client::{Api, owner};
use crate::server::Server;

const CANARY: &str = "canary-77aa-token";

/// An integration with a flow, its steps, a script and a connection with a secret; its id.
pub(super) async fn shop(api: &Api) -> String {
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    let connection = json!({ "name": "Store", "type": "http", "http": { "baseURI": "https://shop.example.com",
        "auth": { "type": "token", "token": { "token": CANARY, "location": "header" } } } });
    let connection = api.make("connections", connection).await;
    let script = api.make("scripts", json!({ "name": "Hooks", "content": "function f() {}" })).await;
    let export = json!({ "name": "Get", "_connectionId": connection, "adaptorType": "HTTPExport",
        "hooks": { "preSavePage": { "_scriptId": script, "function": "f" } } });
    let export = api.make("exports", export).await;
    let import = json!({ "name": "Put", "_connectionId": connection, "adaptorType": "HTTPImport",
        "settings": { "from": format!("/v1/exports/{export}") } });
    let import = api.make("imports", import).await;
    let flow = json!({ "name": "Orders", "_integrationId": integration, "schedule": "? 5 9 ? * 1", "disabled": false,
        "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] });
    api.make("flows", flow).await;
    integration
}

async fn is_empty(api: &Api) -> bool {
    for kind in Kind::ALL {
        if api.get(&format!("/v1/{}", kind.collection())).await.status != 204 {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn an_integration_goes_into_another_account_by_a_zip() {
    let server = Server::start();
    let (_ann, from) = owner(&server, "ann").await;
    let (_ben, to) = owner(&server, "ben").await;
    let integration = shop(&from).await;
    let zip = from.file(&format!("/v1/integrations/{integration}/template")).await;
    let inside: Vec<String> =
        tombolo_package::read(zip.clone()).unwrap().parts.iter().map(|part| part.value.to_string()).collect();
    assert!(inside.len() == 6 && !inside.concat().contains(CANARY), "{inside:?}");
    let seen = to.send_file("/v1/templates/preview", &zip).await.good();
    let models: Vec<&Value> = seen["objects"].as_array().unwrap().iter().map(|object| &object["model"]).collect();
    assert_eq!(models, ["Integration", "Flow", "Export", "Import", "Connection", "Script"]);
    assert!(is_empty(&to).await, "a preview makes nothing");
    let made = to.send_file("/v1/templates/install?name=Shop+2", &zip).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let of = |model: &str| {
        let found = made.as_array().unwrap().iter().find(|entry| entry["model"] == model);
        found.unwrap()["_id"].as_str().unwrap().to_owned()
    };
    assert_eq!((made.as_array().unwrap().len(), &made[0]["name"]), (6, &json!("Shop 2")));
    let flow = to.get(&format!("/v1/flows/{}", of("Flow"))).await.good();
    assert_eq!((&flow["disabled"], &flow["schedule"]), (&json!(true), &json!("? 5 9 ? * 1")));
    let import = to.get(&format!("/v1/imports/{}", of("Import"))).await.good();
    assert_eq!(import["settings"]["from"], format!("/v1/exports/{}", of("Export")));
    assert_eq!(import["_connectionId"], json!(of("Connection")));
    let again = to.file(&format!("/v1/integrations/{}/template", of("Integration"))).await;
    assert_eq!(tombolo_package::read(again).unwrap().parts.len(), 6);
}

#[tokio::test]
async fn an_installed_flow_uses_the_connection_and_the_integration_that_are_named() {
    let server = Server::start();
    let (_ann, from) = owner(&server, "ann").await;
    let (_ben, to) = owner(&server, "ben").await;
    shop(&from).await;
    let flow = from.get("/v1/flows").await.good()[0]["_id"].as_str().unwrap().to_owned();
    let old = from.get("/v1/connections").await.good()[0]["_id"].as_str().unwrap().to_owned();
    let zip = from.file(&format!("/v1/flows/{flow}/template")).await;
    let without = to.send_file("/v1/templates/install", &zip).await;
    assert_eq!(without.no(), (422, "invalid_package".to_owned()));
    let nowhere = to.send_file(&format!("/v1/templates/install?_integrationId={}", "f".repeat(24)), &zip).await;
    assert_eq!(nowhere.no(), (422, "invalid_ref".to_owned()));
    assert!(is_empty(&to).await);
    let integration = to.make("integrations", json!({ "name": "Mine" })).await;
    let connection = to
        .make("connections", json!({ "name": "c", "type": "http", "http": { "baseURI": "https://a.example.com" } }))
        .await;
    let map = json!({ (old): connection }).to_string().replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    let path = format!("/v1/templates/install?_integrationId={integration}&connectionMap={map}");
    to.send_file(&path, &zip).await.good();
    assert_eq!(to.get("/v1/connections").await.good().as_array().unwrap().len(), 1);
    assert_eq!(to.get("/v1/exports").await.good()[0]["_connectionId"], json!(connection));
    assert_eq!(to.get(&format!("/v1/integrations/{integration}/flows")).await.good().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_bad_zip_makes_nothing_and_says_what_is_wrong() {
    let server = Server::start();
    let (_ann, from) = owner(&server, "ann").await;
    let (_ben, to) = owner(&server, "ben").await;
    let integration = shop(&from).await;
    let zip = from.file(&format!("/v1/integrations/{integration}/template")).await;
    let mut damaged = zip.clone();
    let middle = damaged.len() / 3;
    damaged[middle] ^= 0x40;
    for bad in [&damaged[..], &zip[..zip.len() / 2], b"no zip", b""] {
        let answer = to.send_file("/v1/templates/install", bad).await;
        assert_eq!(answer.no(), (422, "invalid_package".to_owned()), "{}", answer.text);
    }
    let other = to.send_file("/v1/templates/install?nmae=x", &zip).await;
    assert_eq!(other.no(), (400, "invalid_query_params".to_owned()));
    assert!(is_empty(&to).await);
}
