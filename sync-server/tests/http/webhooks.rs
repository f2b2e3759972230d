//! Listeners: what is sent to their addresses becomes a run, once, and nothing else gets in.

#[path = "webhooks/kills.rs"]
mod kills;
#[path = "webhooks/unread.rs"]
mod unread;

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tombolo_wire::run::{RunPlace, RunRow, RunStatus, RunType};

use crate::device::Device;
use crate::runs::{Received, endpoint, until_row};
use crate::server::{Person, Server};
use crate::v1::client::{Api, owner};

pub(crate) const OPTIONS: [&str; 1] = ["--allow-private-network"];

/// A flow from a listener to a sink.
pub(crate) struct Listening {
    pub(crate) server: Server,
    pub(crate) ann: Person,
    pub(crate) api: Api,
    pub(crate) export: String,
    pub(crate) flow: String,
    pub(crate) sunk: Received,
}

impl Listening {
    pub(crate) async fn start(webhook: Value) -> Self {
        Self::on(Server::start_with(&OPTIONS), webhook).await
    }

    pub(crate) async fn on(server: Server, webhook: Value) -> Self {
        let (base, sunk) = endpoint().await;
        Self::to(server, &base, sunk, webhook).await
    }

    /// With this sink.
    pub(crate) async fn to(server: Server, base: &str, sunk: Received, webhook: Value) -> Self {
        let (ann, api) = owner(&server, "ann").await;
        let (export, flow) = build(&api, base, webhook).await;
        Self { server, ann, api, export, flow, sunk }
    }

    pub(crate) fn address(&self) -> String {
        format!("/v1/exports/{}/data", self.export)
    }

    /// A request of somebody who knows the address and nothing else.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        stranger().request(method, format!("http://{}{path}", self.server.address))
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    /// How many wait, are read or were named.
    async fn kept(&self) -> i64 {
        let mut database = self.server.database().await;
        sqlx::query_scalar("SELECT COUNT(*) FROM inbox").fetch_one(&mut database).await.unwrap()
    }

    /// The next run that has ended.
    async fn ended(&self, device: &mut Device) -> RunRow {
        until_row(device, |row| row.ended_ms.is_some()).await.0
    }

    async fn device(&self) -> Device {
        Device::join(&self.ann.browser, self.ann.account, None).await
    }
}

/// What came to the sink, one record after the other.
pub(crate) fn records(sunk: &Received) -> Vec<Value> {
    let all = sunk.lock().unwrap();
    let bodies = all.iter().map(|(_, body)| body.clone());
    bodies.flat_map(|body| if let Value::Array(items) = body { items } else { vec![body] }).collect()
}

fn stranger() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap()
}

/// The export and the flow.
async fn build(api: &Api, base: &str, webhook: Value) -> (String, String) {
    let connection = json!({ "name": "Sink", "type": "http", "http": { "baseURI": base } });
    let connection = api.make("connections", connection).await;
    let mut export = json!({ "name": "Orders", "adaptorType": "WebhookExport", "type": "webhook" });
    export["webhook"] = webhook;
    let export = api.make("exports", export).await;
    let import = json!({ "name": "Sink", "_connectionId": connection, "adaptorType": "HTTPImport",
        "http": { "method": ["POST"], "relativeURI": ["/sink"] } });
    let import = api.make("imports", import).await;
    let flow = json!({ "name": "Copy", "disabled": false, "pageGenerators": [{ "_exportId": export }],
        "pageProcessors": [{ "type": "import", "_importId": import }] });
    (export, api.make("flows", flow).await)
}

/// A listener that takes whoever has a token in a header.
pub(crate) fn by_token() -> Value {
    json!({ "verify": "token", "token": "t0p", "tokenLocation": "header", "tokenHeaderName": "X-Token", "tokenHeaderScheme": "none" })
}

async fn code(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    (status, crate::server::code(answer).await)
}

#[tokio::test]
async fn what_is_sent_to_a_listener_runs_its_flow_on_the_server() {
    let hook = Listening::start(by_token()).await;
    let mut device = hook.device().await;
    let sent =
        hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!([{ "id": 1 }, { "id": 2 }]));
    let answer = sent.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (204, String::new()));
    let run = hook.ended(&mut device).await;
    assert_eq!(
        (run.status, run.place, run.origin.kind),
        (RunStatus::Completed, RunPlace::Server, RunType::Webhook),
        "{run:?}"
    );
    assert_eq!(records(&hook.sunk), [json!({ "id": 1 }), json!({ "id": 2 })]);
    assert_eq!(hook.kept().await, 0, "it is gone with the end of its run");
    let shown = hook.api.get(&format!("/v1/exports/{}", hook.export)).await.good();
    assert_eq!(shown["webhook"]["token"], "******");
    assert!(!shown.to_string().contains("t0p"));
}

#[tokio::test]
async fn a_form_is_put_to_a_secret_address_and_read_as_one_record() {
    let hook = Listening::start(json!({ "verify": "secret_url", "token": "s3cret-part" })).await;
    let mut device = hook.device().await;
    let path = format!("/v1/exports/{}/s3cret-part/data", hook.export);
    let sent = hook
        .request(Method::PUT, &path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("id=7&name=a+b");
    assert_eq!(sent.send().await.unwrap().status(), 204);
    hook.ended(&mut device).await;
    assert_eq!(records(&hook.sunk), [json!({ "id": "7", "name": "a b" })]);
    assert_eq!(hook.post(&hook.address(), &json!({})).await.status(), 401, "without its secret part");
}

#[tokio::test]
async fn what_proves_nothing_is_answered_alike_and_kept_nowhere() {
    let hook = Listening::start(by_token()).await;
    let wrong =
        hook.request(Method::POST, &hook.address()).header("x-token", "t0q").json(&json!({})).send().await.unwrap();
    let missing = hook.post(&hook.address(), &json!({})).await;
    let nobody = hook.post(&format!("/v1/exports/{}/data", "f".repeat(24)), &json!({})).await;
    let no_id = hook.post("/v1/exports/none/data", &json!({})).await;
    let other = hook.post(&format!("/v1/exports/{}/t0p/data", hook.export), &json!({})).await;
    let mut answers = Vec::new();
    for answer in [wrong, missing, nobody, no_id, other] {
        answers.push((answer.status().as_u16(), answer.text().await.unwrap()));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(hook.kept().await, 0);
    // Who proves itself is told more.
    let off = json!([{ "op": "replace", "path": "/disabled", "value": true }]);
    assert_eq!(hook.api.patch(&format!("/v1/flows/{}", hook.flow), off).await.status, 204);
    let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!({}));
    assert_eq!(code(sent.send().await.unwrap()).await, (404, "not_listening".to_owned()));
    assert_eq!(hook.kept().await, 0);
}

/// The example of GitHub's documentation, "Validating webhook deliveries".
#[tokio::test]
async fn a_signature_is_that_of_the_bytes_as_they_came() {
    let webhook = json!({ "verify": "hmac", "key": "It's a Secret to Everybody", "algorithm": "sha256", "encoding": "hex",
        "header": "X-Hub-Signature-256" });
    let hook = Listening::start(webhook).await;
    let mut device = hook.device().await;
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let send = |body: &'static str| {
        let sent = hook.request(Method::POST, &hook.address()).header("x-hub-signature-256", signature);
        sent.header("content-type", "text/plain").body(body).send()
    };
    assert_eq!(send("Hello, World?").await.unwrap().status(), 401);
    assert_eq!(send("Hello, World!").await.unwrap().status(), 204);
    hook.ended(&mut device).await;
    assert_eq!(records(&hook.sunk), [json!({ "text": "Hello, World!" })]);
}

#[tokio::test]
async fn what_comes_again_under_its_name_is_taken_once() {
    let hook = Listening::start(by_token()).await;
    let mut device = hook.device().await;
    let send = |name: &'static str, body: Value| {
        let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p");
        sent.header("x-github-delivery", name).json(&body).send()
    };
    assert_eq!(send("one", json!({ "id": 1 })).await.unwrap().status(), 204);
    assert_eq!(send("one", json!({ "id": 1 })).await.unwrap().status(), 204);
    hook.ended(&mut device).await;
    assert_eq!(send("one", json!({ "id": 1 })).await.unwrap().status(), 204, "also after its run");
    assert_eq!(send("two", json!({ "id": 2 })).await.unwrap().status(), 204);
    hook.ended(&mut device).await;
    assert_eq!(records(&hook.sunk), [json!({ "id": 1 }), json!({ "id": 2 })]);
}

#[tokio::test]
async fn what_is_no_record_is_an_error_of_the_run_and_stops_nothing_else() {
    let hook = Listening::start(by_token()).await;
    for body in ["{\"id\":", "{\"id\":2}"] {
        let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p");
        assert_eq!(sent.header("content-type", "application/json").body(body).send().await.unwrap().status(), 204);
    }
    // Whether the two came to one run or to two.
    kills::at_rest(&hook.server).await;
    let runs = kills::runs(&hook.server).await;
    let errors: u64 = runs.iter().flat_map(|run| &run.steps).map(|step| step.errors).sum();
    assert_eq!((records(&hook.sunk), errors), (vec![json!({ "id": 2 })], 1));
}

/// What keeps an answer from being more than data.
fn assert_inert(headers: &HeaderMap) {
    let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    assert_eq!(text("x-content-type-options"), "nosniff");
    assert!(text("content-security-policy").starts_with("sandbox"), "{headers:?}");
    for name in ["set-cookie", "location", "access-control-allow-credentials", "refresh"] {
        assert!(!headers.contains_key(name), "{headers:?}");
    }
    assert!(!text("content-type").contains("html") && !text("content-type").contains("svg"), "{headers:?}");
}

#[tokio::test]
async fn a_listener_answers_what_its_owner_wrote_and_nothing_of_it_is_active() {
    let mut webhook = by_token();
    webhook["successStatusCode"] = json!(202);
    webhook["successBody"] = json!("<html><script>alert(1)</script>{{order.id}}</html>");
    webhook["successMediaType"] = json!("xml");
    webhook["successResponseHeaders"] = json!([
        { "name": "X-Order", "value": "{{order.id}}" }, { "name": "Set-Cookie", "value": "a=b" },
        { "name": "Content-Type", "value": "text/html" }, { "name": "Location", "value": "https://evil.example" },
        { "name": "Access-Control-Allow-Credentials", "value": "true" }, { "name": "Content-Security-Policy", "value": "" },
        { "name": "Refresh", "value": "0;url=javascript:alert(1)" }]);
    let hook = Listening::start(webhook).await;
    let sent =
        hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!({ "order": { "id": 7 } }));
    let answer = sent.send().await.unwrap();
    assert_eq!(answer.status(), 202);
    assert_inert(answer.headers());
    assert_eq!(answer.headers()["x-order"], "7");
    assert_eq!(answer.headers()["content-type"], "application/xml; charset=utf-8");
    assert_eq!(answer.text().await.unwrap(), "<html><script>alert(1)</script>7</html>");
}

#[tokio::test]
async fn a_challenge_is_answered_and_starts_nothing() {
    let mut webhook = json!({ "verify": "token", "token": "t0p", "path": "token" });
    webhook["challengeSuccessBody"] = json!("{\"challenge\":\"{{challenge}}{{hub.challenge}}\"}");
    let hook = Listening::start(webhook).await;
    let asks = json!({ "type": "url_verification", "token": "t0p", "challenge": "3eZbrw1a" });
    let answer = hook.post(&hook.address(), &asks).await;
    assert_eq!(answer.status(), 200);
    assert_inert(answer.headers());
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "challenge": "3eZbrw1a" }));
    let wrong = json!({ "type": "url_verification", "token": "t0q", "challenge": "3eZbrw1a" });
    assert_eq!(hook.post(&hook.address(), &wrong).await.status(), 401);
    let path = format!("{}?hub.mode=subscribe&hub.challenge=11%2F7", hook.address());
    let answer = hook.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "{\"challenge\":\"11/7\"}");
    assert_eq!(hook.kept().await, 0);
    // One that has no answer to it is not there for who asks.
    let silent = Listening::on(Server::start_with(&OPTIONS), by_token()).await;
    assert_eq!(silent.request(Method::GET, &silent.address()).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn what_is_too_large_is_refused_in_words() {
    let hook = Listening::start(by_token()).await;
    let large = vec![b'a'; 5 * 1024 * 1024 + 1];
    let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p").body(large);
    assert_eq!(code(sent.send().await.unwrap()).await, (413, "too_large".to_owned()));
    assert_eq!(hook.kept().await, 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_guesses_waits_and_keeps_the_sender_of_a_listener_out_of_nothing() {
    let hook = Listening::start(by_token()).await;
    let guesser =
        Client::builder().no_proxy().local_address("127.0.0.2".parse::<std::net::IpAddr>().unwrap()).build().unwrap();
    let url = format!("http://{}{}", hook.server.address, hook.address());
    let mut waits = None;
    for guess in 0..500 {
        let sent = guesser.post(&url).header("x-token", guess.to_string()).body("{}");
        let answer = sent.send().await.unwrap();
        if answer.status() == 429 {
            waits = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().parse::<u64>().unwrap());
            break;
        }
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(waits, Some(1));
    // Applications send from addresses that they share with whoever else has an account there.
    let sent = guesser.post(&url).header("x-token", "t0p").json(&json!({ "id": 0 }));
    assert_eq!(sent.send().await.unwrap().status(), 204, "a proof is taken, whoever else has guessed there");
    let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!({ "id": 1 }));
    assert_eq!(sent.send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_flow_that_only_listens_says_so_when_it_is_run_by_hand() {
    let hook = Listening::start(by_token()).await;
    let mut device = hook.device().await;
    hook.api.post(&format!("/v1/flows/{}/run", hook.flow), json!({})).await.good();
    let run = hook.ended(&mut device).await;
    assert_eq!(run.status, RunStatus::Failed);
    let error = format!("{:?}", run.error);
    assert!(error.contains("waits for what is sent"), "{error}");
}

#[tokio::test]
async fn a_listener_takes_nothing_while_its_flow_is_handed_over() {
    let hook = Listening::start(by_token()).await;
    let mut database = hook.server.database().await;
    let contents = json!({ "items": [{ "id": hook.flow }] });
    sqlx::query(
        "INSERT INTO transfers (id, account, by, email, token, status, contents, created_ms) VALUES (?, ?, ?, 'bob@example.com', x'00', 'accepted', ?, 1)",
    )
    .bind("a".repeat(24))
    .bind(hook.ann.account.to_string())
    .bind(hook.ann.user.to_string())
    .bind(contents.to_string())
    .execute(&mut database)
    .await
    .unwrap();
    let send = || hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!({ "id": 1 })).send();
    let answer = send().await.unwrap();
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(code(answer).await, (503, "leaving".to_owned()));
    assert_eq!(hook.kept().await, 0);
    sqlx::query("UPDATE transfers SET status = 'canceled'").execute(&mut database).await.unwrap();
    assert_eq!(send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn what_waits_for_a_flow_that_was_switched_off_is_read_when_it_is_switched_on() {
    let (base, sunk, came) = kills::slow_sink().await;
    let hook = Listening::to(Server::start_with(&OPTIONS), &base, sunk, by_token()).await;
    let mut device = hook.device().await;
    let send = |id: u64| {
        hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!({ "id": id })).send()
    };
    assert_eq!(send(1).await.unwrap().status(), 204);
    came.notified().await;
    // These wait for the run that goes on; by its end the flow is off.
    assert_eq!(send(2).await.unwrap().status(), 204);
    assert_eq!(send(3).await.unwrap().status(), 204);
    let switch = |off: bool| json!([{ "op": "replace", "path": "/disabled", "value": off }]);
    let flow = format!("/v1/flows/{}", hook.flow);
    assert_eq!(hook.api.patch(&flow, switch(true)).await.status, 204);
    let jobs = hook.api.get(&format!("{flow}/jobs")).await.good();
    let job = jobs[0]["_id"].as_str().unwrap();
    hook.api.put(&format!("/v1/jobs/{job}/cancel"), Value::Null).await;
    assert_eq!(hook.ended(&mut device).await.status, RunStatus::Canceled);
    assert_eq!(hook.kept().await, 2, "what the canceled run had is gone with it");
    assert_eq!(hook.api.patch(&flow, switch(false)).await.status, 204);
    assert_eq!(hook.ended(&mut device).await.status, RunStatus::Completed);
    assert_eq!(records(&hook.sunk), [json!({ "id": 2 }), json!({ "id": 3 })], "both in one run, in their order");
}

#[tokio::test]
async fn the_last_that_came_is_shown_to_who_sees_the_listener_and_only_as_far_as_it_is_kept() {
    let mut hook = Listening::start(by_token()).await;
    let path = format!("/api/accounts/{}/exports/{}/received", hook.ann.account, hook.export);
    assert_eq!(hook.ann.browser.get(&path).await.json::<Value>().await.unwrap(), Value::Null);
    for body in [json!({ "text": "a".repeat(300_000) }), json!({ "id": 2 })] {
        let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&body);
        assert_eq!(sent.send().await.unwrap().status(), 204);
        let last: Value = hook.ann.browser.get(&path).await.json().await.unwrap();
        let size = body.to_string().len();
        assert_eq!((&last["sizeBytes"], &last["cut"]), (&json!(size), &json!(size > 256 * 1024)));
        assert_eq!(last["text"], body.to_string()[..size.min(256 * 1024)]);
        assert_eq!(last["mediaType"], "application/json");
    }
    let mut bob = hook.server.person("bob").await;
    assert_eq!(bob.browser.get(&path).await.status(), 404);
    hook.ann.let_in(&mut bob, "bob", "monitor").await;
    assert_eq!(bob.browser.get(&path).await.status(), 200);
}

#[tokio::test]
async fn the_secret_of_a_listener_is_entered_on_a_page_and_has_no_host_to_go_to() {
    let webhook = json!({ "verify": "token", "tokenLocation": "queryParam", "tokenQueryParamName": "t" });
    let mut hook = Listening::start(webhook).await;
    let path = format!("{}?t=", hook.address());
    assert_eq!(hook.post(&path, &json!({})).await.status(), 401, "none was entered");
    let secrets = format!("/api/accounts/{}/connections/{}/secrets", hook.ann.account, hook.export);
    for (value, before) in [("one", None), ("two", Some("one"))] {
        let body = json!({ "path": "/webhook/token", "value": value, "hosts": [] });
        assert_eq!(hook.ann.browser.send(Method::PUT, &secrets, Some(body)).await.status(), 204);
        assert_eq!(hook.post(&format!("{path}{value}"), &json!({ "id": 1 })).await.status(), 204);
        if let Some(before) = before {
            assert_eq!(hook.post(&format!("{path}{before}"), &json!({})).await.status(), 401);
        }
    }
    let listed: Value = hook.ann.browser.get(&secrets).await.json().await.unwrap();
    assert_eq!(listed, json!({ "paths": ["/webhook/token"] }));
}
