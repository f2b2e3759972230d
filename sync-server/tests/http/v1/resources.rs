//! Resources of every kind: created, read, replaced, patched, deleted, restored.

use serde_json::{Value, json};
use tombolo_model::Kind;

use super::client::{Api, owner};
use crate::server::Server;

/// The least that a resource of a kind has to say.
pub(crate) fn least(kind: Kind) -> Value {
    let name = format!("a {kind}");
    match kind {
        Kind::Connection => json!({ "name": name, "type": "http", "http": { "baseURI": "https://a.example" } }),
        _ => json!({ "name": name }),
    }
}

#[tokio::test]
async fn each_kind_is_made_read_replaced_binned_and_brought_back() {
    let server = Server::start();
    let (ann, api) = owner(&server, "ann").await;
    for kind in Kind::ALL {
        let all = format!("/v1/{}", kind.collection());
        assert_eq!(api.get(&all).await.status, 204, "{kind}");
        let mut body = least(kind);
        body["unheardOf"] = json!({ "kept": [1, { "as": "it came" }] });
        let made = api.post(&all, body).await;
        let id = made.id();
        assert_eq!((id.len(), &made.json()["unheardOf"]["kept"][1]["as"]), (24, &json!("it came")), "{kind}");
        for name in ["createdAt", "lastModified"] {
            assert!(made.json()[name].as_str().unwrap().ends_with('Z'), "{kind}");
        }
        assert_eq!(made.json()["lastModifiedBy"], json!(ann.user));
        let one = format!("{all}/{id}");
        assert_eq!(api.get(&one).await.good(), made.json(), "{kind}");
        // Sent back as it came: what only the server says is not taken for content.
        let mut again = made.json();
        again["name"] = json!("renamed");
        again.as_object_mut().unwrap().shift_remove("unheardOf");
        let put = api.put(&one, again).await.good();
        assert_eq!((&put["name"], put.get("unheardOf")), (&json!("renamed"), None), "{kind}");
        let patch = json!([{ "op": "replace", "path": "/name", "value": "patched" }]);
        assert_eq!(api.patch(&one, patch).await.status, 204, "{kind}");
        assert_eq!(api.get(&all).await.good()[0]["name"], "patched", "{kind}");
        assert_eq!(api.delete(&one).await.status, 204, "{kind}");
        for gone in [api.get(&one).await, api.delete(&one).await, api.put(&one, least(kind)).await] {
            assert_eq!(gone.no(), (404, "not_found".to_owned()), "{kind}");
        }
        let bin = format!("/v1/recycleBinTTL/{}", kind.collection());
        assert_eq!(api.get(&bin).await.good()[0]["_id"], json!(id), "{kind}");
        assert_eq!(api.get("/v1/recycleBinTTL").await.good()[0]["doc"]["name"], "patched", "{kind}");
        assert_eq!(api.post(&format!("{bin}/{id}"), json!({})).await.status, 204, "{kind}");
        assert_eq!(api.get(&bin).await.status, 204, "{kind}");
        assert_eq!(api.get(&one).await.good()["name"], "patched", "{kind}");
    }
}

async fn chain(api: &Api) -> [String; 3] {
    let connection = api.make("connections", least(Kind::Connection)).await;
    let export =
        api.make("exports", json!({ "name": "e", "_connectionId": connection, "adaptorType": "HTTPExport" })).await;
    let flow = api.make("flows", json!({ "name": "f", "pageGenerators": [{ "_exportId": export }] })).await;
    [connection, export, flow]
}

#[tokio::test]
async fn what_is_used_is_not_deleted_and_says_by_whom() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let [connection, export, flow] = chain(&api).await;
    let one = format!("/v1/connections/{connection}");
    let users = api.get(&format!("{one}/dependencies")).await.good();
    assert_eq!(users, json!({ "exports": [{ "id": export, "name": "e", "paths": ["/_connectionId"] }] }));
    let no = api.delete(&one).await;
    assert_eq!(no.no(), (409, "has_dependencies".to_owned()));
    assert!(no.text.contains("“e”"), "{}", no.text);
    assert_eq!(api.get(&format!("/v1/flows/{flow}/dependencies")).await.good(), json!({}));
    for path in [format!("/v1/flows/{flow}"), format!("/v1/exports/{export}"), one.clone()] {
        assert_eq!(api.delete(&path).await.status, 204, "{path}");
    }
    // Back with all that it needs.
    assert_eq!(api.post(&format!("/v1/recycleBinTTL/flows/{flow}/doCascadeRestore"), json!({})).await.status, 204);
    assert_eq!(api.get("/v1/recycleBinTTL").await.status, 204);
    assert_eq!(api.get(&one).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_all_at_once_with_its_fields() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let none = "f".repeat(24);
    let wrong = api.post("/v1/exports", json!({ "name": "", "adaptorType": "HTTPExport", "pageSize": 0 })).await;
    assert_eq!(wrong.status, 422);
    let errors = wrong.json()["errors"].as_array().unwrap().clone();
    let fields: Vec<_> =
        errors.iter().map(|error| (error["code"].as_str().unwrap(), error["field"].as_str().unwrap())).collect();
    assert_eq!(
        fields,
        [("missing_required_field", "name"), ("out_of_range", "pageSize"), ("missing_required_field", "_connectionId")]
    );
    let absent = api.post("/v1/flows", json!({ "name": "f", "pageGenerators": [{ "_exportId": none }] })).await;
    assert_eq!(absent.no(), (422, "invalid_ref".to_owned()));
    assert_eq!(absent.json()["errors"][0]["field"], "pageGenerators.0._exportId");
    // Of another kind than the field says.
    let script = api.make("scripts", json!({ "name": "s" })).await;
    let other = api.post("/v1/flows", json!({ "name": "f", "pageGenerators": [{ "_exportId": script }] })).await;
    assert_eq!(other.no(), (422, "invalid_ref".to_owned()));
    // An unfinished step is taken.
    let open = json!({ "name": "f", "pageGenerators": [{ "setupInProgress": true }] });
    assert_eq!(api.post("/v1/flows", open).await.status, 201);
    assert_eq!(api.post("/v1/scripts", json!([])).await.no(), (400, "invalid_body".to_owned()));
}

#[tokio::test]
async fn a_patch_writes_documented_fields_and_nothing_else() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let [_, export, flow] = chain(&api).await;
    let one = format!("/v1/flows/{flow}");
    let other = json!([{ "op": "replace", "path": "/pageGenerators/0/_exportId", "value": export }]);
    assert_eq!(api.patch(&one, other).await.no(), (422, "invalid_patch_path".to_owned()));
    let half = json!([{ "op": "replace", "path": "/name", "value": "x" }, { "op": "replace", "path": "/schedule", "value": "now" }]);
    assert_eq!(api.patch(&one, half).await.no(), (422, "invalid_schedule".to_owned()));
    assert_eq!(api.get(&one).await.good()["name"], "f");
    let fine = json!([{ "op": "replace", "path": "/schedule", "value": "? 5 9 ? * 1" }, { "op": "add", "path": "/timezone", "value": "Europe/Oslo" }]);
    assert_eq!(api.patch(&one, fine).await.status, 204);
    assert_eq!(api.get(&one).await.good()["schedule"], "? 5 9 ? * 1");
}

#[tokio::test]
async fn what_is_no_json_is_refused_and_an_unknown_address_is_no_page_of_the_app() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = |kind: &'static str, body: &'static str| {
        let request = client.post(format!("http://{}/v1/scripts", server.address)).bearer_auth(&api.token);
        request.header("content-type", kind).body(body).send()
    };
    assert_eq!(post("text/plain", "{}").await.unwrap().status(), 415);
    assert_eq!(post("application/json", "{").await.unwrap().status(), 400);
    assert_eq!(post("application/json; charset=utf-8", "{\"name\": \"s\"}").await.unwrap().status(), 201);
    assert_eq!(api.get("/v1/nothings").await.no(), (404, "not_found".to_owned()));
    assert_eq!(api.delete("/v1/scripts").await.no(), (405, "method_not_allowed".to_owned()));
    assert_eq!(api.get("/v1/scripts/not-an-id").await.no(), (404, "not_found".to_owned()));
    let long = json!({ "name": "s", "settings": { "text": "a".repeat(300_000) } });
    let refused = api.post("/v1/scripts", long).await;
    assert!(matches!(refused.status.as_u16(), 413 | 422), "{}", refused.text);
}
