//! No body of the API sets what is not its to set: bodies of authority refuse fields that they do not know, and those of
//! resources change nothing that only the server writes.

use reqwest::Method;
use serde_json::{Value, json};
use tombolo_model::{Kind, Shape, shapes};

use super::client::owner;
use super::resources::least;
use crate::server::Server;

/// Bodies that are taken but for one field too many.
fn bodies() -> Vec<(&'static str, Value)> {
    let integrations = json!(["f".repeat(24)]);
    vec![
        ("/v1/accesstokens", json!({ "name": "t", "fullAccess": true })),
        ("/v1/invite", json!({ "email": "x@example.com", "accessLevel": "monitor" })),
        ("/v1/invite/multiple", json!({ "emails": ["x@example.com"], "accessLevel": "monitor" })),
        ("/v1/transfers", json!({ "email": "x@example.com", "_integrationIds": integrations })),
        ("/v1/transfers/preview", json!({ "_integrationIds": integrations })),
        ("/v1/tags", json!({ "tag": "t" })),
    ]
}

#[tokio::test]
async fn no_route_of_authority_of_the_api_takes_a_field_that_it_does_not_know() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    for (path, body) in bodies() {
        for (field, value) in [("isAdministrator", json!(true)), ("__proto__", json!({ "role": "owner" }))] {
            let mut more = body.clone();
            more[field] = value;
            let answer = api.post(path, more).await;
            assert_eq!(answer.status, 422, "{path} with {field}: {}", answer.text);
            assert!(answer.text.contains(field), "{path} with {field}: {}", answer.text);
        }
    }
    let tokens = api.get("/v1/accesstokens").await.good();
    assert_eq!(tokens.as_array().unwrap().len(), 1, "one was made all the same: {tokens}");
    assert_eq!(api.get("/v1/ashares").await.status, 204, "somebody was invited all the same");
}

#[tokio::test]
async fn a_known_field_of_another_type_is_refused_by_its_place_and_switches_nothing_on() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let flow = json!({ "name": "f", "disabled": "no", "pageGenerators": [5, { "_exportId": 7 }], "routers": "x" });
    let refused = api.post("/v1/flows", flow).await;
    assert_eq!(refused.no(), (422, "wrong_type".to_owned()));
    let body = refused.json();
    let fields: Vec<&str> =
        body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["disabled", "pageGenerators.0", "pageGenerators.1._exportId", "routers"]);
    assert_eq!(api.get("/v1/flows").await.status, 204);
    for (collection, body, field) in [
        ("connections", json!({ "name": "c", "type": "http", "http": "x" }), "http"),
        ("connections", json!({ "name": "c", "type": "http", "http": { "baseURI": 5 } }), "http.baseURI"),
        ("integrations", json!({ "name": "i", "disabled": "yes" }), "disabled"),
        ("scripts", json!({ "name": "s", "content": ["x"] }), "content"),
    ] {
        let refused = api.post(&format!("/v1/{collection}"), body).await;
        let error = &refused.json()["errors"][0];
        assert_eq!(
            (refused.status.as_u16(), &error["code"], &error["field"]),
            (422, &json!("wrong_type"), &json!(field))
        );
    }
    let flow = api.make("flows", json!({ "name": "f" })).await;
    let one = format!("/v1/flows/{flow}");
    let patch = json!([{ "op": "replace", "path": "/disabled", "value": "no" }]);
    assert_eq!(api.patch(&one, patch).await.no(), (422, "wrong_type".to_owned()));
    let mut shown = api.get(&one).await.good();
    assert_eq!(shown["disabled"], true);
    shown["schedule"] = json!(5);
    assert_eq!(api.put(&one, shown).await.no(), (422, "wrong_type".to_owned()));
}

#[tokio::test]
async fn what_only_the_server_writes_is_nobody_elses_to_set_in_any_kind() {
    let server = Server::start();
    let (ann, api) = owner(&server, "ann").await;
    let foreign = "e".repeat(24);
    for kind in Kind::ALL {
        let derived = shapes(kind).rules().filter(|rule| rule.shape == Shape::Derived && !rule.pattern.contains('*'));
        let derived: Vec<&str> =
            derived.map(|rule| rule.pattern.trim_start_matches('/')).filter(|name| !name.contains('/')).collect();
        assert!(derived.contains(&"_id") && derived.contains(&"lastModifiedBy"), "{kind}: {derived:?}");
        let with = |body: &Value| {
            let mut more = body.clone();
            for name in &derived {
                more[*name] = json!(foreign);
            }
            more
        };
        let made = api.post(&format!("/v1/{}", kind.collection()), with(&least(kind))).await;
        let id = made.id();
        assert_ne!(id, foreign, "{kind}");
        let one = format!("/v1/{}/{id}", kind.collection());
        let shown = api.get(&one).await.good();
        api.put(&one, with(&shown)).await.good();
        for name in &derived {
            let patch = json!([{ "op": "add", "path": format!("/{name}"), "value": foreign }]);
            let answer = api.send(Method::PATCH, &one, Some(&patch)).await;
            assert!(!answer.status.is_server_error(), "{kind} {name}: {}", answer.text);
        }
        let shown = api.get(&one).await.good();
        assert!(!shown.to_string().contains(&foreign), "{kind}: {shown}");
        assert_eq!(shown["lastModifiedBy"], json!(ann.user), "{kind}");
    }
}
