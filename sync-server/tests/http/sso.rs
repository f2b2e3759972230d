//! Single sign-on, against a provider that is honest and one that lies.

#[path = "sso/lies.rs"]
mod lies;
#[path = "sso/provider.rs"]
mod provider;
#[path = "sso/tokens.rs"]
mod tokens;

use std::collections::HashMap;
use std::process::Command;

use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Value, json};
use tombolo_wire::sync::Down;

use crate::device::Device;
use crate::server::{Browser, PASSWORD, Person, Server, code};
use crate::v1::client::personal;
use provider::{CLIENT, Lie, Provider, SECRET};

const ALLOWED: &[&str] = &["--allow-private-network"];

/// Ann's account with a client at a provider, and Bob, who is in it.
struct Scene {
    server: Server,
    provider: Provider,
    ann: Person,
    bob: Person,
}

impl Scene {
    async fn set() -> Self {
        let server = Server::start_with(ALLOWED);
        let provider = Provider::start().await;
        let mut ann = server.person("ann").await;
        let mut bob = server.person("bob").await;
        ann.let_in(&mut bob, "bob", "manage").await;
        put(&mut ann, &provider, "acme").await;
        provider.person("sub-bob", "bob@example.com");
        Self { server, provider, ann, bob }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/accounts/{}{rest}", self.ann.account)
    }

    async fn member(&mut self, change: Value) -> StatusCode {
        let path = self.path(&format!("/members/{}", self.bob.user));
        self.ann.browser.send(Method::PATCH, &path, Some(change)).await.status()
    }

    /// Signs in with a new browser.
    async fn sign_in(&self) -> (Browser, Response) {
        let mut browser = self.server.browser();
        let answer = sign_in(&mut browser, &self.provider, "acme", &json!({})).await;
        (browser, answer)
    }
}

async fn put(owner: &mut Person, provider: &Provider, organization: &str) {
    let body = json!({ "organization": organization, "issuer": provider.issuer(), "clientId": CLIENT, "clientSecret": SECRET });
    let path = format!("/api/accounts/{}/sso", owner.account);
    let answer = owner.browser.send(Method::PUT, &path, Some(body)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{:?}", answer.text().await);
}

async fn begin(browser: &mut Browser, organization: &str) -> Response {
    browser.post("/api/sso/begin", json!({ "organization": organization })).await
}

async fn address(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json::<Value>().await.unwrap()["url"].as_str().unwrap().to_owned()
}

fn state(url: &str) -> String {
    let asked: HashMap<String, String> = Url::parse(url).unwrap().query_pairs().into_owned().collect();
    asked["state"].clone()
}

/// Begins, allows and finishes; what comes back is changed on its way as the last argument says.
async fn sign_in(browser: &mut Browser, provider: &Provider, organization: &str, changed: &Value) -> Response {
    let answer = begin(browser, organization).await;
    if answer.status() != StatusCode::OK {
        return answer;
    }
    let url = address(answer).await;
    let mut back = json!({ "state": state(&url), "code": provider.allow(&url), "iss": provider.issuer() });
    for (name, value) in changed.as_object().unwrap() {
        back[name] = value.clone();
    }
    browser.post("/api/sso/finish", back).await
}

async fn said(answer: Response) -> (StatusCode, String) {
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn single_sign_on_opens_its_own_account_and_nothing_else() {
    let mut scene = Scene::set().await;
    let (mut browser, answer) = scene.sign_in().await;
    assert_eq!(answer.status(), StatusCode::OK);
    let me: Value = answer.json().await.unwrap();
    let account = scene.ann.account.to_string();
    assert_eq!((&me["user"]["id"], &me["joined"]), (&json!(scene.bob.user), &json!(account)));
    assert_eq!(me["accounts"].as_array().unwrap().len(), 1, "an organization does not hear of the others");
    assert_eq!(browser.get(&scene.path("/settings")).await.status(), StatusCode::OK);
    Device::join(&browser, scene.ann.account, None).await;
    // Who administers an account chooses its provider, and so who somebody is: nowhere else.
    let own = format!("/api/accounts/{}/settings", scene.bob.account);
    assert_eq!(code(browser.get(&own).await).await, "password_needed");
    assert_eq!(Device::turned_away(&browser, scene.bob.account).await, "passwordNeeded");
    for path in ["/api/security", "/api/me"] {
        let wanted = if path == "/api/me" { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(browser.get(path).await.status(), wanted, "{path}");
    }
    // With the password too, both count.
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    assert_eq!(browser.post("/api/signin", body).await.status(), StatusCode::OK);
    for path in [own.as_str(), "/api/security", &scene.path("/settings")] {
        assert_eq!(browser.get(path).await.status(), StatusCode::OK, "{path}");
    }
    // The second time the identity is known, whatever became of the address.
    scene
        .provider
        .lies(Lie { claims: json!({ "email": "bob@elsewhere.example", "email_verified": false }), ..Lie::default() });
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK);
    let list: Value = scene.ann.browser.get(&scene.path("/members")).await.json().await.unwrap();
    let line = list["members"].as_array().unwrap().iter().find(|line| line["name"] == "bob").unwrap().clone();
    assert_eq!(line["ssoLinked"], true);
    let log = scene.ann.browser.get(&scene.path("/audit")).await.text().await.unwrap();
    assert!(log.contains("single sign-on") && log.contains("ssoclient") && !log.contains("s3cret"), "{log}");
}

#[tokio::test]
async fn a_member_who_is_asked_for_single_sign_on_enters_with_nothing_else_and_the_owner_with_a_password() {
    let mut scene = Scene::set().await;
    let mut open = Device::join(&scene.bob.browser, scene.ann.account, None).await;
    assert_eq!(scene.member(json!({ "requireSso": true })).await, StatusCode::NO_CONTENT);
    let bye = open.until(|down| if let Down::Bye { code, .. } = down { Some(code) } else { None }).await;
    assert_eq!(bye, "rights", "it comes again, and hears at the door what is asked for");
    let settings = scene.path("/settings");
    assert_eq!(code(scene.bob.browser.get(&settings).await).await, "sso_needed");
    assert_eq!(Device::turned_away(&scene.bob.browser, scene.ann.account).await, "ssoNeeded");
    let (status, text) = said(scene.bob.browser.get(&settings).await).await;
    assert!(status == StatusCode::FORBIDDEN && text.contains("acme"), "{text}");
    // Going to another account asks that one's rules.
    let own = format!("/api/accounts/{}/settings", scene.bob.account);
    assert_eq!(scene.bob.browser.get(&own).await.status(), StatusCode::OK);
    let answer = sign_in(&mut scene.bob.browser, &scene.provider, "ACME", &json!({})).await;
    assert_eq!(answer.status(), StatusCode::OK);
    for path in [&settings, &own] {
        assert_eq!(scene.bob.browser.get(path).await.status(), StatusCode::OK, "{path}");
    }
    let ask = scene.path(&format!("/members/{}", scene.ann.user));
    let answer = scene.ann.browser.send(Method::PATCH, &ask, Some(json!({ "requireSso": true }))).await;
    assert_eq!(code(answer).await, "owner");
    // While somebody needs it, it stays.
    let sso = scene.path("/sso");
    assert_eq!(code(scene.ann.browser.send(Method::DELETE, &sso, None).await).await, "sso_required");
    // What is unlinked opens nothing any more.
    let unlink = scene.path(&format!("/members/{}/sso", scene.bob.user));
    assert_eq!(scene.ann.browser.send(Method::DELETE, &unlink, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(code(scene.bob.browser.get(&settings).await).await, "sso_needed");
    assert_eq!(scene.member(json!({ "requireSso": false })).await, StatusCode::NO_CONTENT);
    assert_eq!(scene.ann.browser.send(Method::DELETE, &sso, None).await.status(), StatusCode::NO_CONTENT);
    // What is refused changes nothing.
    let change = json!({ "role": "monitor", "enabled": false, "requireFactor": true, "requireSso": true });
    assert_eq!(scene.member(change).await, StatusCode::CONFLICT);
    let list: Value = scene.ann.browser.get(&scene.path("/members")).await.json().await.unwrap();
    let line = list["members"].as_array().unwrap().iter().find(|line| line["name"] == "bob").unwrap();
    let kept = [&line["role"], &line["status"], &line["requireFactor"], &line["requireSso"]];
    assert_eq!(kept, [&json!("manage"), &json!("accepted"), &json!(false), &json!(false)]);
    assert_eq!(code(begin(&mut scene.bob.browser, "acme").await).await, "organization_unknown");
}

#[tokio::test]
async fn an_administrator_who_chooses_the_provider_does_not_become_the_owner_by_it() {
    let mut scene = Scene::set().await;
    scene.provider.person("sub-ann", "ann@example.com");
    let (mut other, answer) = scene.sign_in().await;
    let (status, text) = said(answer).await;
    assert!(status == StatusCode::UNAUTHORIZED && text.contains("signs in with the password first"), "{text}");
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    assert_eq!(other.post("/api/signin", body).await.status(), StatusCode::OK);
    let answer = sign_in(&mut other, &scene.provider, "acme", &json!({})).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "in the browser of somebody else");
    let answer = sign_in(&mut scene.ann.browser, &scene.provider, "acme", &json!({})).await;
    assert_eq!(answer.status(), StatusCode::OK, "in the browser that has given the password");
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK, "from then on everywhere");
}

#[tokio::test]
async fn who_gets_an_account_keeps_nothing_that_the_provider_of_the_owner_before_has_opened() {
    let mut scene = Scene::set().await;
    // Whoever chose the provider signs in there as Bob, and makes a token.
    let (browser, answer) = scene.sign_in().await;
    assert_eq!(answer.status(), StatusCode::OK);
    let (account, user, own) = (scene.ann.account, scene.bob.user, scene.bob.account);
    let mut false_bob = Person { browser, user, account: own };
    let token = personal(&scene.server, &mut false_bob, &account.to_string()).await;
    assert_eq!(token.get("/v1/tokenInfo").await.status, StatusCode::OK);
    let give = scene.path("/owner");
    let given = scene.ann.browser.post(&give, json!({ "user": user })).await;
    assert_eq!(given.status(), StatusCode::NO_CONTENT);
    assert_eq!(false_bob.browser.get("/api/me").await.status(), StatusCode::UNAUTHORIZED, "the session goes on");
    assert_eq!(token.get("/v1/tokenInfo").await.status, StatusCode::UNAUTHORIZED, "the token goes on");
    let (status, text) = said(scene.sign_in().await.1).await;
    assert!(status == StatusCode::UNAUTHORIZED && text.contains("signs in with the password first"), "{text}");
    let answer = sign_in(&mut scene.bob.browser, &scene.provider, "acme", &json!({})).await;
    assert_eq!(answer.status(), StatusCode::OK, "in the browser that has given the password");
    let log = scene.bob.browser.get(&scene.path("/audit")).await.text().await.unwrap();
    assert!(log.contains("/personalTokens") && log.contains("mine"), "{log}");
}

#[tokio::test]
async fn one_way_of_signing_in_does_not_prolong_the_other() {
    let mut scene = Scene::set().await;
    assert_eq!(scene.member(json!({ "requireSso": true })).await, StatusCode::NO_CONTENT);
    let settings = scene.path("/settings");
    // The password was given 29 days ago.
    let mut database = scene.server.database().await;
    let ends: i64 =
        sqlx::query_scalar("UPDATE sessions SET expires_ms = expires_ms - ? WHERE user = ? RETURNING expires_ms")
            .bind(29_i64 * 86_400_000)
            .bind(scene.bob.user.to_string())
            .fetch_one(&mut database)
            .await
            .unwrap();
    let answer = sign_in(&mut scene.bob.browser, &scene.provider, "acme", &json!({})).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let kept: (i64, bool) = sqlx::query_as("SELECT expires_ms, password FROM sessions WHERE user = ?")
        .bind(scene.bob.user.to_string())
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!(kept, (ends, true), "the password counts as long as it would have");
    assert_eq!(scene.bob.browser.get(&settings).await.status(), StatusCode::OK);
    // Whether Bob is still in the organization, the provider alone knows.
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    assert_eq!(scene.bob.browser.post("/api/signin", body).await.status(), StatusCode::OK);
    assert_eq!(code(scene.bob.browser.get(&settings).await).await, "sso_needed");
}

#[tokio::test]
async fn strangers_do_not_fill_the_audit_log_with_refused_sign_ins() {
    let scene = Scene::set().await;
    let mut database = scene.server.database().await;
    let mut told = async || -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE action = 'signInFailed'");
        count.fetch_one(&mut database).await.unwrap()
    };
    for n in 0..40 {
        let back = json!({ "code": null, "error": format!("nonsense {n}") });
        let mut browser = scene.server.browser();
        let (status, _) = said(sign_in(&mut browser, &scene.provider, "acme", &back).await).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{n}");
    }
    // What is told is told a moment after the answer.
    while told().await < 20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK, "it costs nobody else their way in");
    assert_eq!(told().await, 20);
}

#[tokio::test]
async fn a_client_is_checked_when_it_is_entered_and_its_secret_is_kept_for_its_host_and_never_shown() {
    let mut scene = Scene::set().await;
    let sso = scene.path("/sso");
    let body = |change: Value| {
        let mut body = json!({ "organization": "acme", "issuer": scene.provider.issuer(), "clientId": CLIENT, "clientSecret": "******" });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        Some(body)
    };
    let moved = scene.provider.issuer().replace("127.0.0.1", "localhost");
    for (change, field) in [
        (json!({ "organization": "ac" }), "organization"),
        (json!({ "organization": "acme-1" }), "organization"),
        (json!({ "organization": "a".repeat(21) }), "organization"),
        (json!({ "clientId": " " }), "clientId"),
        (json!({ "issuer": "http://login.example" }), "issuer"),
        (json!({ "issuer": format!("{}/", scene.provider.issuer()) }), "issuer"),
        (json!({ "issuer": moved }), "issuer"),
    ] {
        let answer = scene.ann.browser.send(Method::PUT, &sso, body(change.clone())).await;
        let errors: Value = answer.json().await.unwrap();
        assert_eq!(errors["errors"][0]["field"], field, "{change}: {errors}");
    }
    // What was entered for one host is not kept for another.
    let port = scene.provider.issuer().rsplit(':').next().unwrap().to_owned();
    let elsewhere = json!({ "token_endpoint": format!("http://localhost:{port}/token") });
    scene.provider.lies(Lie { description: elsewhere, ..Lie::default() });
    let errors: Value = scene.ann.browser.send(Method::PUT, &sso, body(json!({}))).await.json().await.unwrap();
    assert_eq!(errors["errors"][0]["field"], "clientSecret", "{errors}");
    scene.provider.lies(Lie::default());
    let kept = scene.ann.browser.send(Method::PUT, &sso, body(json!({ "organization": "Acme2" }))).await;
    assert_eq!(kept.status(), StatusCode::NO_CONTENT);
    let (_, shown) = said(scene.ann.browser.get(&sso).await).await;
    assert!(shown.contains("acme2") && !shown.contains("s3cret"), "{shown}");
    let mut browser = scene.server.browser();
    assert_eq!(sign_in(&mut browser, &scene.provider, "acme2", &json!({})).await.status(), StatusCode::OK);
    assert_eq!(scene.bob.browser.get(&sso).await.status(), StatusCode::FORBIDDEN);
    let mut eve = scene.server.person("eve").await;
    let path = format!("/api/accounts/{}/sso", eve.account);
    let body = json!({ "organization": "ACME2", "issuer": scene.provider.issuer(), "clientId": CLIENT, "clientSecret": SECRET });
    assert_eq!(code(eve.browser.send(Method::PUT, &path, Some(body)).await).await, "organization_taken");
}

#[tokio::test]
async fn a_provider_that_says_nothing_of_addresses_is_believed_where_that_is_wanted_and_never_about_the_owner() {
    let mut scene = Scene::set().await;
    let silent = || Lie { claims: json!({ "email_verified": null }), ..Lie::default() };
    scene.provider.lies(silent());
    let (status, text) = said(scene.sign_in().await.1).await;
    assert!(status == StatusCode::UNAUTHORIZED && text.contains("email_verified"), "{text}");
    let sso = scene.path("/sso");
    let body = json!({ "organization": "acme", "issuer": scene.provider.issuer(), "clientId": CLIENT,
        "clientSecret": "******", "trustAddresses": true });
    let kept = scene.ann.browser.send(Method::PUT, &sso, Some(body)).await;
    assert_eq!(kept.status(), StatusCode::NO_CONTENT);
    let shown: Value = scene.ann.browser.get(&sso).await.json().await.unwrap();
    assert_eq!(shown["client"]["trustAddresses"], true, "{shown}");
    // A provider that says no is heard all the same, and a text is no yes.
    for no in [json!(false), json!("true"), json!(1)] {
        scene.provider.lies(Lie { claims: json!({ "email_verified": no }), ..Lie::default() });
        assert_eq!(scene.sign_in().await.1.status(), StatusCode::UNAUTHORIZED, "{no}");
    }
    scene.provider.lies(silent());
    scene.provider.person("sub-ann", "ann@example.com");
    let (status, text) = said(scene.sign_in().await.1).await;
    assert!(status == StatusCode::UNAUTHORIZED && text.contains("signs in with the password first"), "{text}");
    scene.provider.person("sub-bob", "bob@example.com");
    assert_eq!(scene.sign_in().await.1.status(), StatusCode::OK);
    // As most do it: the address comes from the page about the person alone.
    let claims = json!({ "email": null, "email_verified": null });
    scene.provider.lies(Lie { claims, user_info: json!({ "email_verified": null }), ..Lie::default() });
    scene.provider.person("sub-new", "bob@example.com");
    let (status, text) = said(scene.sign_in().await.1).await;
    assert!(status == StatusCode::UNAUTHORIZED && text.contains("another identity"), "{text}");
    let log = scene.ann.browser.get(&scene.path("/audit")).await.text().await.unwrap();
    assert!(log.contains("/trustAddresses"), "{log}");
    put(&mut scene.ann, &scene.provider, "acme").await;
    let shown: Value = scene.ann.browser.get(&sso).await.json().await.unwrap();
    assert_eq!(shown["client"]["trustAddresses"], false, "what is not said is not wanted");
}

#[tokio::test]
async fn one_identity_at_two_providers_is_two_people_and_another_provider_knows_nobody() {
    let mut scene = Scene::set().await;
    let (mut browser, answer) = scene.sign_in().await;
    assert_eq!(answer.status(), StatusCode::OK);
    let other = Provider::start().await;
    let mut eve = scene.server.person("eve").await;
    put(&mut eve, &other, "evil").await;
    // The same subject, of an issuer that Eve runs: she becomes Bob nowhere.
    other.person("sub-bob", "eve@example.com");
    other.lies(Lie { claims: json!({ "email_verified": false }), ..Lie::default() });
    let mut hers = scene.server.browser();
    let (status, text) = said(sign_in(&mut hers, &other, "evil", &json!({})).await).await;
    assert!(status == StatusCode::UNAUTHORIZED && text.contains("email_verified"), "{text}");
    other.person("sub-bob", "bob@example.com");
    other.lies(Lie::default());
    let (status, text) = said(sign_in(&mut hers, &other, "evil", &json!({})).await).await;
    assert!(status == StatusCode::UNAUTHORIZED && text.contains("no member"), "{text}");
    // A code of one is worth nothing at the other, and an answer of one is not taken for the other's.
    let url = address(begin(&mut hers, "evil").await).await;
    let theirs = address(begin(&mut hers, "acme").await).await;
    let mixed = json!({ "state": state(&url), "code": scene.provider.allow(&theirs), "iss": scene.provider.issuer() });
    let (_, text) = said(hers.post("/api/sso/finish", mixed).await).await;
    assert!(text.contains("of another provider"), "{text}");
    let url = address(begin(&mut hers, "evil").await).await;
    let mixed = json!({ "state": state(&url), "code": scene.provider.allow(&theirs), "iss": other.issuer() });
    let (_, text) = said(hers.post("/api/sso/finish", mixed).await).await;
    assert!(text.contains("does not take the code"), "{text}");
    // The account goes to another provider: what the first had said of people ends.
    put(&mut scene.ann, &other, "acme").await;
    assert_eq!(browser.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn single_sign_on_works_under_a_new_key_of_the_vault() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), ALLOWED);
    let provider = Provider::start().await;
    let mut ann = server.person("ann").await;
    put(&mut ann, &provider, "acme").await;
    provider.person("sub-ann", "ann@example.com");
    server.kill();
    let rotated = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["admin", "rotate-keys", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    let server = Server::on(folder.path(), ALLOWED);
    let mut browser = ann.browser.at(&server);
    assert_eq!(sign_in(&mut browser, &provider, "acme", &json!({})).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_provider_in_the_network_of_the_server_is_out_of_reach_unless_its_operator_allows_it() {
    let server = Server::start();
    let provider = Provider::start().await;
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/sso", ann.account);
    for issuer in [provider.issuer(), "https://10.0.0.1", "https://[::1]:8443", "https://localhost"] {
        let body = json!({ "organization": "acme", "issuer": issuer, "clientId": CLIENT, "clientSecret": SECRET });
        let answer = ann.browser.send(Method::PUT, &path, Some(body)).await;
        let errors: Value = answer.json().await.unwrap();
        assert_eq!(errors["errors"][0]["field"], "issuer", "{issuer}: {errors}");
    }
}

#[tokio::test]
async fn an_account_that_asks_for_a_second_factor_asks_for_it_after_single_sign_on_too() {
    let mut scene = Scene::set().await;
    assert_eq!(scene.member(json!({ "requireFactor": true })).await, StatusCode::NO_CONTENT);
    let (secret, _) = crate::security::enrol(&mut scene.bob.browser).await;
    let mut browser = scene.server.browser();
    let url = address(begin(&mut browser, "acme").await).await;
    let (state, issuer) = (state(&url), scene.provider.issuer().to_owned());
    let back = json!({ "state": state, "code": scene.provider.allow(&url), "iss": issuer });
    assert_eq!(code(browser.post("/api/sso/finish", back).await).await, "code_needed");
    assert_eq!(browser.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    let with = |factor: &str| json!({ "state": state, "factor": factor });
    let mut thief = scene.server.browser();
    begin(&mut thief, "acme").await;
    let shown = crate::security::app_shows(&secret, 1);
    assert_eq!(code(thief.post("/api/sso/finish", with(&shown)).await).await, "sso_over");
    assert_eq!(code(browser.post("/api/sso/finish", with("000000")).await).await, "wrong_code");
    assert_eq!(browser.post("/api/sso/finish", with(&shown)).await.status(), StatusCode::OK);
    assert_eq!(code(browser.post("/api/sso/finish", with(&shown)).await).await, "sso_over", "used");
}

#[tokio::test]
async fn an_identity_that_is_unlinked_before_the_second_factor_comes_opens_nothing() {
    let mut scene = Scene::set().await;
    assert_eq!(scene.member(json!({ "requireFactor": true })).await, StatusCode::NO_CONTENT);
    let (secret, _) = crate::security::enrol(&mut scene.bob.browser).await;
    let mut browser = scene.server.browser();
    let url = address(begin(&mut browser, "acme").await).await;
    let back = json!({ "state": state(&url), "code": scene.provider.allow(&url), "iss": scene.provider.issuer() });
    assert_eq!(code(browser.post("/api/sso/finish", back).await).await, "code_needed");
    let unlink = scene.path(&format!("/members/{}/sso", scene.bob.user));
    assert_eq!(scene.ann.browser.send(Method::DELETE, &unlink, None).await.status(), StatusCode::NO_CONTENT);
    // Bob has another identity there by now.
    scene.provider.person("sub-bob-2", "bob@example.com");
    assert_eq!(code(scene.sign_in().await.1).await, "code_needed");
    let factor = json!({ "state": state(&url), "factor": crate::security::app_shows(&secret, 1) });
    assert_eq!(code(browser.post("/api/sso/finish", factor).await).await, "sso_over");
    assert_eq!(browser.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_code_that_was_stolen_or_used_and_a_state_of_another_browser_let_nobody_in() {
    let scene = Scene::set().await;
    let issuer = scene.provider.issuer().to_owned();
    let mut bob = scene.server.browser();
    let url = address(begin(&mut bob, "acme").await).await;
    let stolen = scene.provider.allow(&url);
    let back = |state: &str, code: &str| json!({ "state": state, "code": code, "iss": issuer });
    // In another browser the state is worth nothing, with a cookie of its own and without one.
    let mut thief = scene.server.browser();
    assert_eq!(code(thief.post("/api/sso/finish", back(&state(&url), &stolen)).await).await, "sso_over");
    let own = address(begin(&mut thief, "acme").await).await;
    assert_eq!(code(thief.post("/api/sso/finish", back(&state(&url), &stolen)).await).await, "sso_over");
    // In a sign-in of the thief's own, the proof key is another.
    let (_, text) = said(thief.post("/api/sso/finish", back(&state(&own), &stolen)).await).await;
    assert!(text.contains("does not take the code"), "{text}");
    // A provider that looks at no proof key: the token belongs to the sign-in that it was asked for in.
    scene.provider.lies(Lie { ignores_proof: true, ..Lie::default() });
    let url = address(begin(&mut bob, "acme").await).await;
    let stolen = scene.provider.allow(&url);
    let own = address(begin(&mut thief, "acme").await).await;
    let (_, text) = said(thief.post("/api/sso/finish", back(&state(&own), &stolen)).await).await;
    assert!(text.contains("another sign-in"), "{text}");
    scene.provider.lies(Lie::default());
    // Bob's own way back works once.
    let url = address(begin(&mut bob, "acme").await).await;
    let given = scene.provider.allow(&url);
    assert_eq!(bob.post("/api/sso/finish", back(&state(&url), &given)).await.status(), StatusCode::OK);
    assert_eq!(code(bob.post("/api/sso/finish", back(&state(&url), &given)).await).await, "sso_over");
    let url = address(begin(&mut bob, "acme").await).await;
    let (_, text) = said(bob.post("/api/sso/finish", back(&state(&url), &given)).await).await;
    assert!(text.contains("does not take the code"), "{text}");
    // A member who was switched off is none.
    let mut scene = scene;
    assert_eq!(scene.member(json!({ "enabled": false })).await, StatusCode::NO_CONTENT);
    let (_, text) = said(scene.sign_in().await.1).await;
    assert!(text.contains("no member"), "{text}");
}
