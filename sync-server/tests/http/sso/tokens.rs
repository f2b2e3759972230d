//! Personal API tokens of people whom a provider knows: a program signs in nowhere, so the provider's word of its person
//! has to be fresh.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::provider::Provider;
use super::{Scene, put, sign_in};
use crate::server::Person;
use crate::v1::client::personal;

/// The provider's last word of everybody was so many days ago.
async fn days_ago(scene: &Scene, days: i64) {
    let mut database = scene.server.database().await;
    let aged = sqlx::query("UPDATE sso_links SET vouched_ms = vouched_ms - ? * 86400000").bind(days);
    assert_eq!(aged.execute(&mut database).await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn a_personal_token_of_who_must_come_through_the_provider_works_while_it_vouches_for_them() {
    let mut scene = Scene::set().await;
    let account = scene.ann.account.to_string();
    let token = personal(&scene.server, &mut scene.bob, &account).await;
    let lets_in = async || token.get("/v1/tokenInfo").await.status == StatusCode::OK;
    assert!(lets_in().await, "who is not asked for single sign-on needs none");
    assert_eq!(scene.member(json!({ "requireSso": true })).await, StatusCode::NO_CONTENT);
    let refused = token.get("/v1/tokenInfo").await;
    assert!(refused.text.contains("organization id is “acme”"), "{}", refused.text);
    assert_eq!(refused.no(), (403, "sso_needed".to_owned()));
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK);
    assert!(lets_in().await, "the provider has just vouched for its person");
    days_ago(&scene, 29).await;
    assert!(lets_in().await);
    days_ago(&scene, 2).await;
    assert!(!lets_in().await, "a session would be over, too");
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK);
    assert!(lets_in().await);
    let unlink = scene.path(&format!("/members/{}/sso", scene.bob.user));
    assert_eq!(scene.ann.browser.send(Method::DELETE, &unlink, None).await.status(), StatusCode::NO_CONTENT);
    assert!(!lets_in().await, "unlinked");
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK);
    assert!(lets_in().await);
    let other = Provider::start().await;
    put(&mut scene.ann, &other, "acme").await;
    assert!(!lets_in().await, "another provider knows nobody yet");
    other.person("sub-b", "bob@example.com");
    let answer = sign_in(&mut scene.server.browser(), &other, "acme", &json!({})).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(lets_in().await);
    // The password made it: without the requirement that is enough again, whatever the provider says.
    days_ago(&scene, 40).await;
    assert_eq!(scene.member(json!({ "requireSso": false })).await, StatusCode::NO_CONTENT);
    assert!(lets_in().await);
}

#[tokio::test]
async fn a_token_of_who_has_shown_no_password_is_worth_what_the_provider_says_of_them_now() {
    let mut scene = Scene::set().await;
    let (browser, answer) = scene.sign_in().await;
    assert_eq!(answer.status(), StatusCode::OK);
    let (user, account) = (scene.bob.user, scene.bob.account);
    let mut known = Person { browser, user, account };
    let token = personal(&scene.server, &mut known, &scene.ann.account.to_string()).await;
    assert_eq!(token.get("/v1/tokenInfo").await.status, StatusCode::OK);
    days_ago(&scene, 31).await;
    assert_eq!(token.get("/v1/tokenInfo").await.no(), (403, "sso_needed".to_owned()), "nobody is asked for it");
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK);
    assert_eq!(token.get("/v1/tokenInfo").await.status, StatusCode::OK);
    let sso = scene.path("/sso");
    assert_eq!(scene.ann.browser.send(Method::DELETE, &sso, None).await.status(), StatusCode::NO_CONTENT);
    let refused = token.get("/v1/tokenInfo").await;
    assert!(refused.text.contains("make another token"), "{}", refused.text);
    assert_eq!(refused.no(), (403, "sso_needed".to_owned()));
}
