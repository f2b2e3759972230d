//! Forms of resources: what is asked for depends on what is chosen, secrets are never shown again, the JSON beside the
//! form says the same, and a connection tells whether it works.

use anyhow::Result;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tombolo_model::Kind;
use tombolo_tests::{Member, Screen, Server, Sink, until};

const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a connection from its list and comes to its page.
async fn connection(screen: &Screen, name: &str, base: &str) -> Result<()> {
    screen.visit("/connections").await?;
    screen.browser.press("button", "Create connection").await?;
    let dialog = screen.browser.find("dialog", "Create connection").await?;
    for (label, text) in [("Name", name), ("Base URL", base)] {
        let field = screen.browser.find_in(Some(&dialog), "textbox", label).await?;
        field.clear().await?;
        field.send_keys(text).await?;
    }
    screen.browser.press_in(Some(&dialog), "button", "Create connection").await?;
    screen.browser.find("button", "Test connection").await.map(|_| ())
}

/// What the JSON beside the form says.
async fn json_of(screen: &Screen) -> Result<Value> {
    Ok(serde_json::from_str(&screen.browser.value("JSON of the resource").await?).unwrap_or_default())
}

async fn json_has(screen: &Screen, pointer: &str, wanted: &Value) -> Result<()> {
    until(&format!("{pointer} being {wanted}"), PATIENCE, || async {
        Ok((json_of(screen).await?.pointer(pointer) == Some(wanted)).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_asks_for_what_the_authentication_needs_and_keeps_the_secret_to_itself() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    connection(&screen, "Shop", "https://shop.example.com").await?;
    let browser = &screen.browser;
    browser.press("button", "Show the JSON").await?;
    json_has(&screen, "/name", &json!("Shop")).await?;
    browser.choose("Authentication", "User name and password").await?;
    browser.fill("User name", "ines").await?;
    json_has(&screen, "/http/auth/basic/username", &json!("ines")).await?;
    browser.fill("Secret", "hush-hush").await?;
    browser.press("button", "Keep").await?;
    browser.see("Saved. Enter another to replace it.").await?;
    assert_eq!(browser.value("Secret").await?, "");
    assert!(!json_of(&screen).await?.to_string().contains("hush"));
    assert!(!browser.reads("hush-hush").await?);
    // Nor does it lie in what the browser keeps, as it is or in the letters that headers and addresses have for it.
    let forms =
        ["hush-hush", "aHVzaC1odXNo", "h1c2gtaHVz", "odXNoLWh1c2", "687573682d68757368", "hush%2dhush", "hush%2Dhush"];
    let left = browser.finds(&forms.map(str::to_owned)).await?;
    assert!(left.is_empty(), "{left:?}");
    // Of another way to sign in it asks for something else.
    browser.choose("Authentication", "OAuth 2.0").await?;
    browser.fill("Token URL", "https://login.example.com/token").await?;
    json_has(&screen, "/http/auth/oauth/tokenURI", &json!("https://login.example.com/token")).await?;
    assert!(browser.all("textbox", "User name").await?.is_empty(), "{}", browser.outline().await);
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_out_of_bounds_is_refused_while_it_is_typed_and_says_why() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    connection(&screen, "Shop", "https://shop.example.com").await?;
    let browser = &screen.browser;
    browser.press("button", "Show the JSON").await?;
    browser
        .js("document.querySelectorAll('details.group').forEach((one) => { one.open = true; });", Vec::new())
        .await?;
    browser.field("Requests at once").await?.send_keys("51").await?;
    browser.see("Enter a whole number from 1 to 25.").await?;
    // What was typed on the way there was a number within bounds.
    json_has(&screen, "/http/concurrencyLevel", &json!(5)).await?;
    browser.fill("Requests at once", "7").await?;
    json_has(&screen, "/http/concurrencyLevel", &json!(7)).await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_of_a_resource_is_edited_beside_its_form_and_keeps_unknown_fields() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    connection(&screen, "Shop", "https://shop.example.com").await?;
    let browser = &screen.browser;
    browser.press("button", "Show the JSON").await?;
    json_has(&screen, "/name", &json!("Shop")).await?;
    let mut value = json_of(&screen).await?;
    value["future"] = json!({"field": [1, {"two": 3}]});
    value["http"]["baseURI"] = json!("https://other.example.com");
    browser.fill("JSON of the resource", &value.to_string()).await?;
    browser.press("button", "Apply").await?;
    until("the form says the same", PATIENCE, || async {
        Ok((browser.value("Base URL").await? == "https://other.example.com").then_some(()))
    })
    .await?;
    // The form writes its field and leaves the others.
    browser.fill("Base URL", "https://third.example.com").await?;
    json_has(&screen, "/http/baseURI", &json!("https://third.example.com")).await?;
    assert_eq!(json_of(&screen).await?["future"], json!({"field": [1, {"two": 3}]}));
    browser.fill("JSON of the resource", "{ \"name\": ").await?;
    browser.see("This is not JSON").await?;
    browser.press("button", "Discard").await?;
    json_has(&screen, "/name", &json!("Shop")).await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_tells_whether_it_works_and_what_the_application_said() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(vec![json!({"n": 1})]).await?;
    let screen = Screen::open(&server.address()).await?;
    connection(&screen, "Sink", &sink.address()).await?;
    let browser = &screen.browser;
    browser.fill("Test URL", "/numbered?page=1").await?;
    browser.press("button", "Test connection").await?;
    browser.see("answered with status 200").await?;
    browser.fill("Test URL", "/broken/501").await?;
    browser.press("button", "Test connection").await?;
    browser.see("501").await?;
    assert!(!browser.reads("answered with status 200").await?, "{}", browser.outline().await);
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_a_known_application_is_a_name_and_a_credential() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.visit("/connections").await?;
    let browser = &screen.browser;
    browser.press("button", "Create connection").await?;
    browser.choose("Application", "Notion").await?;
    assert_eq!(browser.value("Base URL").await?, "https://api.notion.com/v1");
    browser.fill("Access token", "secret_abc").await?;
    let dialog = browser.find("dialog", "Create connection").await?;
    browser.press_in(Some(&dialog), "button", "Create connection").await?;
    browser.press("button", "Show the JSON").await?;
    json_has(&screen, "/http/headers/0/name", &json!("Notion-Version")).await?;
    json_has(&screen, "/http/ping/relativeURI", &json!("/users/me")).await?;
    browser.see("Saved. Enter another to replace it.").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_only_typed_is_tested_and_is_never_lost_without_a_word() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(Vec::new()).await?;
    let screen = Screen::open(&server.address()).await?;
    connection(&screen, "Sink", &sink.address()).await?;
    let browser = &screen.browser;
    browser.choose("Authentication", "User name and password").await?;
    browser.fill("User name", "ines").await?;
    browser.fill("Test URL", "/take").await?;
    browser.choose("Test method", "POST").await?;
    browser.field("Secret").await?.send_keys("typed").await?;
    browser.see("Typed and not kept yet").await?;
    browser.press("button", "Test connection").await?;
    browser.see("Tested with the secret that you typed, which is not kept yet.").await?;
    let sent = sink.received().pop().and_then(|request| request.headers.get("authorization").cloned());
    assert_eq!(sent.as_ref().and_then(|value| value.to_str().ok()), Some("Basic aW5lczp0eXBlZA=="));
    // Leaving the page loses nothing, and says so wherever one goes.
    browser.press("link", "Home").await?;
    browser.see("A secret that you typed for “Sink” is not kept yet.").await?;
    browser.press("link", "Go back").await?;
    assert_eq!(browser.value("Secret").await?, "typed");
    browser.press("button", "Keep").await?;
    browser.see("Saved. Enter another to replace it.").await?;
    browser.press("link", "Home").await?;
    browser.find("heading", "Home").await?;
    assert!(!browser.reads("not kept yet").await?, "{}", browser.outline().await);
    screen.browser.close().await
}

/// A login of an application: it knows one person, asks for a proof key (RFC 7636), and gives a code and a token once.
async fn login() -> Result<String> {
    let challenge = Arc::new(Mutex::new(None::<String>));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let asked = Arc::clone(&challenge);
    let issuer = base.clone();
    let authorize = move |Query(query): Query<HashMap<String, String>>| {
        let (asked, issuer) = (Arc::clone(&asked), issuer.clone());
        async move {
            let is = |name: &str, wanted: &str| query.get(name).is_some_and(|have| have == wanted);
            let good = is("client_id", "me") && is("response_type", "code") && is("code_challenge_method", "S256");
            *asked.lock().expect("not poisoned") = good.then(|| query["code_challenge"].clone());
            let iss = query.get("as").map_or(&*issuer, |other| other);
            Redirect::to(&format!("{}?code=once&state={}&iss={iss}", query["redirect_uri"], query["state"]))
        }
    };
    let token = move |body: String| {
        let challenge = Arc::clone(&challenge);
        async move {
            let field =
                |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or("");
            let wanted = challenge.lock().expect("not poisoned").take();
            let digest = Sha256::digest(field("code_verifier").as_bytes());
            if wanted.is_some_and(|wanted| wanted == base64url(&digest)) && field("code") == "once" {
                let tokens = json!({ "access_token": "open", "refresh_token": "more", "token_type": "Bearer" });
                return Json(tokens).into_response();
            }
            (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response()
        }
    };
    let me = async |headers: HeaderMap| match headers.get("authorization").map(|value| value.as_bytes()) {
        Some(b"Bearer open") => StatusCode::OK,
        _ => StatusCode::UNAUTHORIZED,
    };
    let routes = Router::new().route("/authorize", get(authorize)).route("/token", post(token)).route("/", get(me));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(base)
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut made = String::new();
    for three in bytes.chunks(3) {
        let number =
            three.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        let letters = (0..=three.len()).map(|at| LETTERS[(number >> (18 - 6 * at)) as usize & 63] as char);
        made.extend(letters);
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_to_an_application_and_the_connection_has_its_tokens_here_and_on_the_server() -> Result<()> {
    let server = Server::start_with(&["--allow-private-network"]).await?;
    let base = login().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let auth = json!({
        "type": "oauth", "token": { "location": "header", "headerName": "Authorization", "scheme": "Bearer" },
        "oauth": { "grantType": "authorizecode", "clientId": "me", "authURI": format!("{base}/authorize"), "tokenURI": format!("{base}/token"), "clientCredentialsLocation": "body" }
    });
    let connection = json!({ "name": "Shop", "type": "http", "http": { "baseURI": base, "auth": auth } });
    let made = owner.device(owner.account()).await?.create(Kind::Connection, &connection).await?.id();

    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.visit(&format!("/connections/{made}")).await?;
    screen.browser.press("button", "Sign in to Shop").await?;
    screen.browser.see("Signed in").await?;
    screen.browser.press("button", "Test connection").await?;
    screen.browser.see("It works: the application answered with status 200").await?;
    let path = format!("/connections/{made}/secrets");
    until("the tokens on the server", PATIENCE, || async {
        let kept = owner.call(Method::GET, &path, &Value::Null).await?.to_string();
        Ok((kept.contains("/http/auth/token/token") && kept.contains("refreshToken")).then_some(()))
    })
    .await?;
    screen.visit("/oauth/callback?code=once&state=forged").await?;
    screen.browser.see("was not begun in this browser").await?;
    // An application that sends on to another one gets nothing of what that one says.
    let mut mixed = connection.clone();
    mixed["name"] = json!("Mixed");
    mixed["http"]["auth"]["oauth"]["authURI"] = json!(format!("{base}/authorize?as=https://login.example"));
    let mixed = owner.device(owner.account()).await?.create(Kind::Connection, &mixed).await?.id();
    screen.visit(&format!("/connections/{mixed}")).await?;
    screen.browser.press("button", "Sign in to Mixed").await?;
    screen.browser.see("The answer is from https://login.example").await?;
    screen.browser.close().await
}

/// An application that refuses everybody until its door is opened, and counts who came.
async fn door() -> Result<(String, Arc<(AtomicBool, AtomicUsize)>)> {
    let door = Arc::new((AtomicBool::new(false), AtomicUsize::new(0)));
    let seen = Arc::clone(&door);
    let orders = get(async move || {
        seen.1.fetch_add(1, Ordering::SeqCst);
        let status = if seen.0.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        (status, Json(json!([{ "id": 1 }])))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/orders", orders)).await });
    Ok((base, door))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_here_takes_a_refused_connection_offline_for_everybody_until_its_test_goes_well() -> Result<()> {
    let server = Server::start_with(&["--allow-private-network"]).await?;
    let (base, door) = door().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let integration = device.create(Kind::Integration, &json!({ "name": "Trade" })).await?.id();
    let http = json!({ "baseURI": base, "ping": { "relativeURI": "/orders", "method": "GET" },
        "auth": { "type": "basic", "basic": { "username": "ines" } } });
    let connection = json!({ "name": "Shop", "type": "http", "http": http, "_integrationId": integration });
    let connection = device.create(Kind::Connection, &connection).await?.id();
    let export = json!({ "name": "Orders", "_connectionId": connection, "adaptorType": "HTTPExport",
        "http": { "method": "GET", "relativeURI": "/orders" }, "_integrationId": integration });
    let export = device.create(Kind::Export, &export).await?.id();
    let flow = json!({ "name": "Read", "pageGenerators": [{ "_exportId": export }], "_integrationId": integration });
    device.create(Kind::Flow, &flow).await?;

    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.visit("/connections").await?;
    let browser = &screen.browser;
    browser.see("Online").await?;
    screen.visit(&format!("/connections/{connection}")).await?;
    browser.fill("Secret", "hush-hush").await?;
    browser.press("button", "Keep").await?;
    browser.see("Saved. Enter another to replace it.").await?;
    screen.open_flow("Trade", "Read").await?;
    browser.press("button", "Run flow").await?;
    let outages = async |wanted: usize| {
        until(&format!("{wanted} outages on the server"), PATIENCE, || async {
            let heard = owner.call(Method::GET, "/outages", &Value::Null).await?;
            Ok(heard["outages"].as_array().filter(|all| all.len() == wanted).map(|_| ()))
        })
        .await
    };
    outages(1).await?;
    let asked = door.1.load(Ordering::SeqCst);
    browser.press("button", "Run flow").await?;
    browser.see("its connection is offline").await?;
    assert_eq!(door.1.load(Ordering::SeqCst), asked, "nothing more is sent");
    screen.home().await?;
    browser.see("Offline").await?;
    screen.visit("/connections").await?;
    browser.see("Offline").await?;
    screen.visit(&format!("/connections/{connection}")).await?;
    browser.see("Nothing is sent through this connection.").await?;
    door.0.store(true, Ordering::SeqCst);
    browser.press("button", "Test connection").await?;
    browser.see("It works: the application answered with status 200").await?;
    outages(0).await?;
    assert!(!browser.reads("Nothing is sent through this connection.").await?, "{}", browser.outline().await);
    screen.visit("/connections").await?;
    browser.see("Online").await?;
    screen.browser.close().await
}
