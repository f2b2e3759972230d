//! What an account may have and what it has.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::Server;
use crate::v1::client::owner;

#[tokio::test]
async fn limits_stand_beside_what_is_in_use_and_only_the_owner_sets_them() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let (mut bob, mut cat) = (server.person("bob").await, server.person("cat").await);
    ann.let_in(&mut bob, "bob", "administer").await;
    ann.let_in(&mut cat, "cat", "manage").await;
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    for n in 0..3 {
        let flow = json!({ "name": format!("Flow {n}"), "_integrationId": integration, "disabled": n > 0 });
        api.make("flows", flow).await;
    }
    let binned = api
        .make(
            "connections",
            json!({ "name": "Old", "type": "http", "http": { "baseURI": "https://a.example", "mediaType": "json" } }),
        )
        .await;
    api.delete(&format!("/v1/connections/{binned}")).await;
    let path = format!("/api/accounts/{}", ann.account);
    let shown: Value = bob.browser.get(&format!("{path}/subscription")).await.json().await.unwrap();
    let usage = &shown["usage"];
    assert_eq!((&usage["integrations"], &usage["flows"], &usage["connections"]), (&json!(1), &json!(3), &json!(0)));
    assert_eq!((&usage["members"], &usage["apiTokens"], &usage["fileBytes"]), (&json!(3), &json!(1), &json!(0)));
    assert_eq!(shown["limits"], json!({}));
    assert_eq!(cat.browser.get(&format!("{path}/subscription")).await.status(), StatusCode::FORBIDDEN);
    let limits = |limits: Value| Some(json!({ "limits": limits }));
    let put = format!("{path}/limits");
    let refused = bob.browser.send(Method::PUT, &put, limits(json!({ "flows": 2 }))).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let kept = ann.browser.send(Method::PUT, &put, limits(json!({ "flows": 2, "members": 10 }))).await;
    assert_eq!(kept.status(), StatusCode::NO_CONTENT);
    for wrong in [json!({ "horses": 1 }), json!({ "flows": -1 }), json!({ "flows": 1_u64 << 60 })] {
        let answer = ann.browser.send(Method::PUT, &put, limits(wrong)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let shown: Value = bob.browser.get(&format!("{path}/subscription")).await.json().await.unwrap();
    assert_eq!(shown["limits"], json!({ "flows": 2, "members": 10 }));
    // A limit stops nobody.
    api.make("flows", json!({ "name": "One more", "_integrationId": integration })).await;
    let log: Value = ann.browser.get(&format!("{path}/audit")).await.json().await.unwrap();
    let change = json!({ "fieldPath": "/limits/flows", "oldValue": null, "newValue": 2 });
    assert!(
        log["entries"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["fieldChanges"].as_array().unwrap().contains(&change))
    );
}
