//! Copies: connections are mapped, the rest is made anew.

use serde_json::{Value, json};
use tombolo_model::Kind;

use super::client::owner;
use super::resources::least;
use crate::server::Server;

#[tokio::test]
async fn a_flow_is_copied_with_its_steps_and_with_the_connections_that_are_named() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let mut ids = std::collections::BTreeMap::new();
    for name in ["old", "new"] {
        ids.insert(name, api.make("connections", least(Kind::Connection)).await);
    }
    let integration = api.make("integrations", json!({ "name": "target" })).await;
    let script = api.make("scripts", json!({ "name": "s", "content": "function f() {}" })).await;
    let export = api.make("exports", json!({ "name": "e", "_connectionId": ids["old"], "adaptorType": "HTTPExport", "hooks": { "preSavePage": { "_scriptId": script, "function": "f" } } })).await;
    let flow = api.make("flows", json!({ "name": "f", "schedule": "? 5 9 ? * 1", "disabled": false, "pageGenerators": [{ "_exportId": export, "schedule": "? 5 10 ? * 1" }] })).await;
    let clone = format!("/v1/flows/{flow}/clone");
    let without = api.post(&clone, json!({ "_integrationId": integration })).await;
    assert_eq!(without.no(), (400, "invalid_connectionMap".to_owned()));
    let nowhere = json!({ "_integrationId": "f".repeat(24), "connectionMap": { (ids["old"].clone()): ids["new"] } });
    assert_eq!(api.post(&clone, nowhere).await.no(), (422, "invalid_ref".to_owned()));
    let body =
        json!({ "name": "copy", "_integrationId": integration, "connectionMap": { (ids["old"].clone()): ids["new"] } });
    let made = api.post(&clone, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let manifest = made.json();
    let of = |model: &str| {
        let found = manifest.as_array().unwrap().iter().find(|entry| entry["model"] == model);
        found.unwrap()["_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(manifest.as_array().unwrap().len(), 3);
    let copy = api.get(&format!("/v1/flows/{}", of("Flow"))).await.good();
    assert_eq!((&copy["name"], &copy["disabled"], copy.get("schedule")), (&json!("copy"), &json!(true), None));
    assert_eq!((&copy["_integrationId"], &copy["_sourceId"]), (&json!(integration), &json!(flow)));
    assert_eq!(copy["pageGenerators"], json!([{ "_exportId": of("Export") }]));
    let step = api.get(&format!("/v1/exports/{}", of("Export"))).await.good();
    assert_eq!(
        (&step["_connectionId"], &step["hooks"]["preSavePage"]["_scriptId"]),
        (&json!(ids["new"]), &json!(of("Script")))
    );
    assert_eq!(api.get(&format!("/v1/scripts/{}", of("Script"))).await.good()["content"], "function f() {}");
}

#[tokio::test]
async fn an_integration_is_copied_with_its_flows_and_a_cache_with_its_data_where_it_says_so() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let integration = api.make("integrations", json!({ "name": "shop" })).await;
    api.make("flows", json!({ "name": "a", "_integrationId": integration })).await;
    api.make("flows", json!({ "name": "b", "_integrationId": integration })).await;
    let made = api.post(&format!("/v1/integrations/{integration}/clone"), json!({})).await.good();
    let copy = made[0]["_id"].as_str().unwrap().to_owned();
    assert_eq!(
        (made.as_array().unwrap().len(), &made[0]["model"], &made[0]["name"]),
        (3, &json!("Integration"), &json!("Clone - shop"))
    );
    assert_eq!(api.get(&format!("/v1/integrations/{copy}/flows")).await.good().as_array().unwrap().len(), 2);
    for (includes, want) in [(true, json!([{ "key": "k", "value": 1 }])), (false, json!([]))] {
        let cache =
            api.make("lookupcaches", json!({ "name": "c", "includeDataInTemplatesAndCloning": includes })).await;
        api.post(&format!("/v1/lookupcaches/{cache}/data"), json!({ "data": [{ "key": "k", "value": 1 }] }))
            .await
            .good();
        let copy: Value = api.post(&format!("/v1/lookupcaches/{cache}/clone"), json!({ "name": "d" })).await.good();
        let data =
            api.post(&format!("/v1/lookupcaches/{}/getData", copy["_id"].as_str().unwrap()), json!({})).await.good();
        assert_eq!((&copy["name"], &data["data"]), (&json!("d"), &want));
    }
}

#[tokio::test]
async fn a_copy_is_checked_as_what_is_new() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let script = api.make("scripts", json!({ "name": "s" })).await;
    let clone = format!("/v1/scripts/{script}/clone");
    for (wrong, code) in [
        (json!({ "name": "" }), "missing_required_field"),
        (json!({ "name": "n".repeat(201) }), "too_long"),
        (json!({ "name": 7 }), "wrong_type"),
        (json!({ "_integrationId": { "a": 1 } }), "wrong_type"),
        (json!({ "_integrationId": "nowhere" }), "invalid_reference"),
    ] {
        assert_eq!(api.post(&clone, wrong.clone()).await.no(), (422, code.to_owned()), "{wrong}");
    }
    assert_eq!(api.get("/v1/scripts").await.good().as_array().unwrap().len(), 1);
    assert_eq!(api.post(&clone, json!({ "name": "n".repeat(200) })).await.status, 201);
    let long = api.post("/v1/scripts", json!({ "name": "n".repeat(201) })).await;
    assert_eq!(long.no(), (422, "too_long".to_owned()));
}
