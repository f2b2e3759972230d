//! Templates: packed from an integration, published, looked at, installed; and zips that are fetched from an address of their
//! own.

use serde_json::json;

use super::client::owner;
use super::packages::shop;
use crate::server::Server;

#[tokio::test]
async fn a_template_is_packed_from_an_integration_published_looked_at_and_installed() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let integration = shop(&api).await;
    let early = api.post("/v1/templates", json!({ "name": "Shop", "published": true })).await;
    assert_eq!(early.no(), (422, "no_zip".to_owned()));
    let template =
        json!({ "name": "Shop", "description": "Orders", "applications": ["shop"], "contactEmail": "a@example.com" });
    let template = api.make("templates", template).await;
    let one = format!("/v1/templates/{template}");
    let publish = json!([{ "op": "add", "path": "/published", "value": true }]);
    for (answer, status) in [
        (api.patch(&one, publish.clone()).await, 422),
        (api.get(&format!("{one}/preview")).await, 409),
        (api.post(&format!("/v1/integrations/template/{template}"), json!({})).await, 409),
    ] {
        assert_eq!(answer.no(), (status, "no_zip".to_owned()));
    }
    let packed = api.put(&format!("{one}/zip?_integrationId={integration}"), json!({})).await.good();
    assert_eq!(packed["objects"], 6);
    assert_eq!(api.get("/v1/published").await.status, 204);
    assert_eq!(api.patch(&one, publish).await.status, 204);
    let listed = api.get("/v1/published").await.good();
    assert_eq!(
        (&listed[0]["_id"], &listed[0]["published"], listed[1].is_null()),
        (&json!(template), &json!(true), true)
    );
    assert_eq!(api.get("/v1/template").await.good()[0]["_id"], json!(template), "as old examples write it");
    // The integration goes on; the template is what it was.
    assert_eq!(api.put(&format!("/v1/integrations/{integration}"), json!({ "name": "Other" })).await.status, 200);
    let seen = api.get(&format!("{one}/preview")).await.good();
    assert_eq!(
        (&seen["objects"][0]["model"], &seen["objects"][0]["doc"]["name"]),
        (&json!("Integration"), &json!("Shop"))
    );
    assert_eq!(seen["stackRequired"], false);
    let map = json!({ "connectionMap": { (api.get("/v1/connections").await.good()[0]["_id"].as_str().unwrap()): api.get("/v1/connections").await.good()[0]["_id"] }, "name": "Shop 2" });
    let made = api.post(&format!("/v1/integrations/template/{template}"), map).await;
    assert_eq!((made.status.as_u16(), &made.json()[0]["name"]), (201, &json!("Shop 2")), "{}", made.text);
    assert_eq!(api.get("/v1/connections").await.good().as_array().unwrap().len(), 1, "the one that was named is used");
    assert_eq!(api.get("/v1/flows").await.good().as_array().unwrap().len(), 2);
    assert_eq!(api.put(&format!("{one}/zip"), json!({ "no": "zip" })).await.no(), (422, "invalid_package".to_owned()));
    assert_eq!(api.file(&format!("{one}/zip")).await.get(..2), Some(&b"PK"[..]));
    // With the template for good.
    api.delete(&one).await;
    assert_eq!(api.get("/v1/published").await.status, 204);
    assert_eq!(api.delete(&format!("/v1/recycleBinTTL/templates/{template}")).await.status, 204);
}

#[tokio::test]
async fn a_zip_waits_at_an_address_that_is_its_own_key() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let integration = shop(&api).await;
    let told = api.get(&format!("/v1/integrations/{integration}/template")).await.good();
    let url = told["signedURL"].as_str().unwrap();
    assert!(told["key"].as_str().unwrap().ends_with(".zip") && told["expiresAt"].is_string(), "{told}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let fetched = client.get(url).send().await.unwrap();
    assert_eq!(
        (fetched.status().as_u16(), &fetched.headers()["content-type"]),
        (200, &"application/zip".parse().unwrap())
    );
    assert_eq!(tombolo_package::read(fetched.bytes().await.unwrap().to_vec()).unwrap().parts.len(), 6);
    let other = client.get(format!("{}x", url.strip_suffix(|_: char| true).unwrap())).send().await.unwrap();
    assert_eq!(other.status().as_u16(), 404);
}
