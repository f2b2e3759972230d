//! State and the data of lookup caches.

use serde_json::{Value, json};

use super::client::owner;
use super::whole_task::ended;
use crate::runs::endpoint;
use crate::server::Server;

#[tokio::test]
async fn state_is_kept_under_keys_of_the_account_and_of_its_resources() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let import = api.make("imports", json!({ "name": "i" })).await;
    assert_eq!(api.get("/v1/state").await.good(), json!({ "keys": [] }));
    assert_eq!(api.put("/v1/state/banana", json!({ "message": "Don't slip!" })).await.status, 201);
    assert_eq!(api.put("/v1/state/banana", json!([1, null, "x"])).await.status, 200);
    assert_eq!(api.put("/v1/state/apple", json!(null)).await.status, 201);
    let below = format!("/v1/imports/{import}/state");
    assert_eq!(api.put(&format!("{below}/sequenceNumber"), json!({ "counter": 1 })).await.status, 201);
    assert_eq!(api.get("/v1/state").await.good(), json!({ "keys": ["apple", "banana"] }));
    assert_eq!(api.get(&below).await.good(), json!({ "keys": ["sequenceNumber"] }));
    assert_eq!(api.get("/v1/state/banana").await.good(), json!([1, null, "x"]));
    assert_eq!(api.get(&format!("{below}/sequenceNumber")).await.good(), json!({ "counter": 1 }));
    assert_eq!(api.get("/v1/state/sequenceNumber").await.no(), (404, "not_found".to_owned()));
    assert_eq!(api.delete("/v1/state/banana").await.status, 204);
    assert_eq!(api.delete("/v1/state/banana").await.no(), (404, "not_found".to_owned()));
    assert_eq!(api.delete("/v1/state").await.status, 204);
    assert_eq!(
        api.get(&below).await.good(),
        json!({ "keys": ["sequenceNumber"] }),
        "the account's state is not that of a resource"
    );
    assert_eq!(api.put(&format!("/v1/state/{}", "k".repeat(300)), json!(1)).await.no(), (422, "too_long".to_owned()));
}

#[tokio::test]
async fn a_cache_takes_entries_gives_pages_of_them_and_says_its_size() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let cache = api.make("lookupcaches", json!({ "name": "c" })).await;
    let one = format!("/v1/lookupcaches/{cache}");
    for page in 0..2 {
        let data: Vec<Value> =
            (0..1_000).map(|n| json!({ "key": format!("sku-{:04}", page * 1_000 + n), "value": { "n": n } })).collect();
        assert_eq!(api.post(&format!("{one}/data"), json!({ "data": data })).await.good()["upserted"], 1_000);
    }
    api.post(&format!("{one}/data"), json!({ "data": [{ "key": "x%", "value": "old" }, { "key": "x%", "value": null }, { "key": "é", "value": 1.5 }] })).await.good();
    let (mut at, mut keys) = (Some(format!("{one}/getData")), Vec::new());
    while let Some(path) = at {
        let page = api.send(reqwest::Method::POST, &path, None).await.good();
        keys.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["key"].as_str().unwrap().to_owned()));
        at = page["nextPageURL"].as_str().map(str::to_owned);
    }
    assert_eq!(
        (keys.len(), keys[0].as_str(), keys[2_000].as_str(), keys[2_001].as_str()),
        (2_002, "sku-0000", "x%", "é")
    );
    let some = api.post(&format!("{one}/getData"), json!({ "keys": ["x%", "none", "é"] })).await.good();
    assert_eq!(some, json!({ "data": [{ "key": "x%", "value": null }, { "key": "é", "value": 1.5 }] }));
    let begin = api.post(&format!("{one}/getData"), json!({ "startsWith": "sku-19" })).await.good();
    assert_eq!(begin["data"].as_array().unwrap().len(), 100);
    let shown = api.get(&one).await.good();
    assert!(shown["size"].as_u64().unwrap() > 2_000 && shown["sizeInMB"] == "<5 MB", "{shown}");
    let gone =
        api.send(reqwest::Method::DELETE, &format!("{one}/data"), Some(&json!({ "keys": ["x%", "none"] }))).await;
    assert_eq!(gone.good()["deleted"], 1);
    assert_eq!(api.delete(&format!("{one}/data/purge")).await.status, 204);
    assert_eq!(api.post(&format!("{one}/getData"), json!({})).await.good(), json!({ "data": [] }));
    assert_eq!(api.get(&one).await.good()["size"], 0);
}

#[tokio::test]
async fn what_is_too_much_for_a_cache_is_refused_as_a_whole_and_named() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let cache = api.make("lookupcaches", json!({ "name": "c" })).await;
    let data = format!("/v1/lookupcaches/{cache}/data");
    let many: Vec<Value> = (0..1_001).map(|n| json!({ "key": n.to_string(), "value": 1 })).collect();
    assert_eq!(api.post(&data, json!({ "data": many })).await.no(), (422, "too_large".to_owned()));
    let wide = json!({ "data": [{ "key": "a", "value": "x".repeat(5 * 1024 * 1024 + 10) }] });
    assert_eq!(api.post(&data, wide).await.no(), (422, "too_large".to_owned()));
    for wrong in [
        json!({}),
        json!({ "data": [{ "value": 1 }] }),
        json!({ "data": [{ "key": "", "value": 1 }] }),
        json!({ "data": [{ "key": 7 }] }),
    ] {
        assert_eq!(api.post(&data, wrong.clone()).await.status, 422, "{wrong}");
    }
    for n in 0..10 {
        let body = json!({ "data": [{ "key": format!("k{n}"), "value": "x".repeat(5 * 1024 * 1024 - 100) }] });
        assert_eq!(api.post(&data, body).await.status, 200, "{n}");
    }
    let over = api.post(&data, json!({ "data": [{ "key": "k10", "value": "x".repeat(100_000) }] })).await;
    assert_eq!(over.no(), (422, "cache_full".to_owned()));
    let found = api.post(&format!("/v1/lookupcaches/{cache}/getData"), json!({ "keys": ["k10"] })).await.good();
    assert_eq!(found, json!({ "data": [] }));
}

#[tokio::test]
async fn a_flow_on_the_server_looks_values_up_in_the_data_of_a_cache() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let cache = api.make("lookupcaches", json!({ "name": "c" })).await;
    let entries =
        json!({ "data": [{ "key": "one", "value": "first" }, { "key": "two", "value": { "name": "second" } }] });
    api.post(&format!("/v1/lookupcaches/{cache}/data"), entries).await.good();
    let connection = api.make("connections", json!({ "name": "c", "type": "http", "http": { "baseURI": base } })).await;
    let export = api.make("exports", json!({ "name": "e", "_connectionId": connection, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/orders" } })).await;
    let mappings = json!([{ "generate": "found", "extract": "$.name", "dataType": "string", "status": "Active", "lookupName": "names" }]);
    let import = api
        .make("imports", json!({ "name": "i", "_connectionId": connection, "adaptorType": "HTTPImport",
            "http": { "method": ["POST"], "relativeURI": ["/sink"], "lookups": [{ "name": "names", "_lookupCacheId": cache }] }, "mappings": mappings }))
        .await;
    let flow = api.make("flows", json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] })).await;
    let job = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good()["_jobId"].as_str().unwrap().to_owned();
    let done = ended(&api, &job).await;
    let errors = api.get(&format!("/v1/jobs/{job}/errors")).await.text;
    assert_eq!(done["status"], "completed", "{done} {errors}");
    let received = received.lock().unwrap();
    assert!(received.iter().any(|(_, body)| body.to_string().contains("first")), "{received:?} {errors}");
}
