//! The recycle bin: told with its times, and emptied for good.

use serde_json::json;
use tombolo_model::Kind;
use tombolo_wire::sync::{Down, Entry};

use super::client::owner;
use crate::device::{Device, author, create, set};
use crate::server::Server;

#[tokio::test]
async fn what_was_deleted_for_good_never_comes_back_from_a_device_that_was_away() {
    let server = Server::start();
    let (ann, api) = owner(&server, "ann").await;
    let mut here = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut flow, first) = create(Kind::Flow, &json!({ "name": "Orders" }), &me);
    let id = flow.id();
    assert!(matches!(here.push(id, std::slice::from_ref(&first)).await, Some(Down::Accepted { .. })));
    // Another device has it, goes away, and edits it there.
    let edited_away = set(&mut flow, &me, "/name", json!("Invoices"));
    assert_eq!(api.delete(&format!("/v1/recycleBinTTL/flows/{id}")).await.status, 404, "it is not in the bin");
    assert_eq!(api.delete(&format!("/v1/flows/{id}")).await.status, 204);
    let binned = api.get("/v1/recycleBinTTL").await.good();
    assert_eq!((&binned[0]["model"], &binned[0]["deletedBy"]["name"]), (&json!("Flow"), &json!("ann")));
    assert!(binned[0]["purgedAt"].as_str().unwrap() > binned[0]["deletedAt"].as_str().unwrap());
    assert_eq!(api.delete(&format!("/v1/recycleBinTTL/flows/{id}")).await.status, 204);
    assert_eq!(api.get("/v1/recycleBinTTL").await.status, 204);
    assert_eq!(api.post(&format!("/v1/recycleBinTTL/flows/{id}"), json!({})).await.status, 404);
    let told = here.until(|frame| match frame {
        Down::Changes { entries, .. } => entries.into_iter().find_map(|entry| match entry {
            Entry::Purged { document } => Some(document),
            _ => None,
        }),
        _ => None,
    });
    assert_eq!(told.await, id);
    let mut away = Device::join(&ann.browser, ann.account, None).await;
    for chunks in [vec![edited_away.clone()], vec![first, edited_away]] {
        let Some(Down::Refused { refusals, .. }) = away.push(id, &chunks).await else { panic!("it came back") };
        assert!(refusals.iter().all(|refusal| refusal.code == "gone"), "{refusals:?}");
    }
    // Neither does another resource come under its id.
    let (_, other) =
        tombolo_docs::Document::create(Kind::Script, id, &json!({ "name": "Zombie" }), &author(), &mut || {
            "row".to_owned()
        })
        .unwrap();
    let Some(Down::Refused { refusals, .. }) = away.push(id, &[other]).await else { panic!("the id is free") };
    assert_eq!(refusals[0].code, "gone");
}

#[tokio::test]
async fn an_integration_is_deleted_for_good_with_what_lies_in_the_bin_of_it() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    let other = api.make("integrations", json!({ "name": "Other" })).await;
    let mut flows = Vec::new();
    for home in [&integration, &other] {
        flows.push(api.make("flows", json!({ "name": "f", "_integrationId": home })).await);
    }
    for flow in &flows {
        assert_eq!(api.delete(&format!("/v1/flows/{flow}")).await.status, 204);
    }
    assert_eq!(api.delete(&format!("/v1/integrations/{integration}")).await.status, 204);
    assert_eq!(api.delete(&format!("/v1/recycleBinTTL/integrations/{integration}")).await.status, 204);
    let left = api.get("/v1/recycleBinTTL").await.good();
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["doc"]["_id"], json!(flows[1]));
}
