//! A whole task, written from the public documentation of the integrator's API with only the address changed.

use std::time::Duration;

use serde_json::{Value, json};
use tombolo_model::Kind;
use tombolo_wire::sync::{Down, Entry};

use super::client::{Api, owner};
use crate::device::Device;
use crate::runs::endpoint;
use crate::server::Server;

/// Asks until a job has ended.
pub(crate) async fn ended(api: &Api, job: &str) -> Value {
    // As a program that keeps to the limit asks.
    let mut again = tokio::time::interval(Duration::from_millis(50));
    loop {
        again.tick().await;
        let shown = api.get(&format!("/v1/jobs/{job}")).await.good();
        if !matches!(shown["status"].as_str(), Some("queued" | "running")) {
            return shown;
        }
    }
}

#[tokio::test]
async fn a_program_builds_a_flow_runs_it_and_reads_the_job() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    let auth = json!({ "type": "token", "token": { "token": "s3cret", "location": "header", "headerName": "Authorization", "scheme": "Bearer" } });
    let connection = api
        .make("connections", json!({ "name": "Shop", "type": "http", "http": { "baseURI": base, "auth": auth } }))
        .await;
    let export = api
        .make(
            "exports",
            json!({ "name": "Orders", "_connectionId": connection, "adaptorType": "HTTPExport",
            "http": { "method": "GET", "relativeURI": "/orders" } }),
        )
        .await;
    let import = api
        .make(
            "imports",
            json!({ "name": "Sink", "_connectionId": connection, "adaptorType": "HTTPImport",
            "http": { "method": ["POST"], "relativeURI": ["/sink"] } }),
        )
        .await;
    let flow = api
        .make("flows", json!({ "name": "Copy", "_integrationId": integration,
            "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] }))
        .await;
    // A new flow is off until somebody switches it on.
    assert_eq!(api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.no(), (409, "flow_disabled".to_owned()));
    let on = json!([{ "op": "replace", "path": "/disabled", "value": false }]);
    assert_eq!(api.patch(&format!("/v1/flows/{flow}"), on).await.status, 204);
    let started = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await;
    assert_eq!(started.status, 201, "{}", started.text);
    let job = started.json()["_jobId"].as_str().unwrap().to_owned();
    let done = ended(&api, &job).await;
    assert_eq!(
        (&done["status"], &done["numError"], &done["numSuccess"]),
        (&json!("completed"), &json!(0), &json!(2)),
        "{done}"
    );
    assert_eq!((&done["_flowId"], &done["_integrationId"]), (&json!(flow), &json!(integration)));
    let children = done["children"].as_array().unwrap();
    assert_eq!((children.len(), &children[1]["_importId"], &children[1]["numSuccess"]), (2, &json!(import), &json!(2)));
    let of_integration = api.get(&format!("/v1/integrations/{integration}/flows")).await.good();
    assert_eq!((of_integration[0]["_id"].as_str(), of_integration[1].is_null()), (Some(flow.as_str()), true));
    assert!(of_integration[0]["lastExecutedAt"].is_string());
    let received = received.lock().unwrap();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|(authorization, _)| authorization == "Bearer s3cret"), "{received:?}");
}

#[tokio::test]
async fn what_a_program_writes_is_in_open_browsers_at_once_and_the_other_way() {
    let server = Server::start();
    let (ann, api) = owner(&server, "ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let script = api.make("scripts", json!({ "name": "one", "content": "function f() {}" })).await;
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    let mut next = async |device: &mut Device| {
        let frame = device.until(|frame| match frame {
            Down::Changes { entries, .. } if !entries.is_empty() => Some(entries),
            _ => None,
        });
        for entry in frame.await {
            if let Entry::Change { document, bytes, user } = entry {
                assert_eq!((document.to_string(), user), (script.clone(), Some(ann.user)));
                chunks.push(bytes.into_vec());
            }
        }
        let document = tombolo_docs::Document::load(chunks.iter().map(Vec::as_slice)).unwrap().document;
        assert_eq!(document.kind(), Kind::Script);
        document
    };
    assert_eq!(next(&mut device).await.value(), json!({ "name": "one", "content": "function f() {}" }));
    let renamed =
        api.put(&format!("/v1/scripts/{script}"), json!({ "name": "two", "content": "function g() {}" })).await;
    assert_eq!(renamed.status, 200);
    let mut document = next(&mut device).await;
    assert_eq!(document.value()["name"], "two");
    let change = crate::device::set(&mut document, &crate::device::author(), "/name", json!("three"));
    assert!(matches!(device.push(document.id(), &[change]).await, Some(Down::Accepted { .. })));
    assert_eq!(api.get(&format!("/v1/scripts/{script}")).await.good()["name"], "three");
}
