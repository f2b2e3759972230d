//! Endpoints that repeat what they were sent: no secret is in what a run says of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_engine::{Bundle, Request};
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, Ran, bundle, file_export, go, http_export, http_import, id};

const SECRET: &str = "hü/sh \"hush\"";

/// The connection proves itself with the secret.
fn with_secret(mut bundle: Bundle, auth: &Value) -> Bundle {
    let value = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example/v1", "auth": auth}});
    bundle.resources.insert(id(1), (Kind::Connection, value));
    let path = if auth["type"] == "basic" { "/http/auth/basic/password" } else { "/http/auth/token/token" };
    bundle.secrets.insert(id(1), BTreeMap::from([(path.to_owned(), SECRET.to_owned())]));
    bundle
}

fn auths() -> [Value; 3] {
    [
        json!({"type": "basic", "basic": {"username": "ann"}}),
        json!({"type": "token", "token": {"location": "header"}}),
        json!({"type": "token", "token": {"location": "url", "paramName": "key"}}),
    ]
}

/// Everything that was sent, and the secret as an endpoint may know it, in the shapes of real refusals.
fn echoes(request: &Request) -> Vec<Vec<u8>> {
    let mut sent = vec![SECRET.to_owned(), request.url.reveal()];
    sent.extend(request.headers.iter().map(|(_, value)| value.reveal()));
    let text = sent.join(" ");
    vec![
        text.clone().into_bytes(),
        json!({"message": text}).to_string().into_bytes(),
        json!({"you": {"sent": sent}}).to_string().into_bytes(),
        format!("<html><title>{text}</title></html>").into_bytes(),
        format!("{}{text}", "x".repeat(290)).into_bytes(),
    ]
}

fn check(ran: &Ran) {
    let said = format!("{} {:?}", ran.error(), ran.errors);
    assert!(said.contains("****"), "the endpoint's words are passed on: {said}");
    // Part of the secret, of its encodings, and of `ann:` with it in base64.
    for part in ["hush", "sh%20", "aMO8L3No", "YW5u", "%22hush", "\\\"hush"] {
        assert!(!said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_refusal_that_repeats_the_secret_is_told_without_it() {
    for auth in auths() {
        for echo in 0..5 {
            let host = Memory::new(move |request| Some(Answer::new(403, echoes(request).swap_remove(echo))));
            let ran = go(&with_secret(bundle(http_export(&json!({"relativeURI": "x"})), &[]), &auth), &host);
            assert_eq!(ran.outcome.status, RunStatus::Failed);
            check(&ran);
            let host = Memory::new(move |request| Some(Answer::new(403, echoes(request).swap_remove(echo))));
            let import = http_import(&json!({"relativeURI": ["x"]}));
            let flow = bundle(file_export(&json!({"type": "csv"})), &[import]);
            let ran = go(&with_secret(flow, &auth), &host.with_file(b"id\n1\n"));
            assert_eq!(ran.counts(1), [1, 0, 0, 1]);
            check(&ran);
        }
    }
}

#[test]
fn an_answer_or_a_link_that_repeats_the_secret_is_told_without_it() {
    let auth = &auths()[2];
    let host = Memory::new(|_| Some(Answer::json(&json!({SECRET: ["x".repeat(6 << 20)]}))));
    let mut export = http_export(&json!({"relativeURI": "x", "successMediaType": "csv"}));
    export["file"] = json!({"type": "json"});
    let ran = go(&with_secret(bundle(export, &[]), auth), &host);
    assert!(ran.error().contains("its keys are"), "{}", ran.error());
    check(&ran);
    let host = Memory::new(|_| {
        let link = "<?copy=h%c3%bc%2fsh%20%22hush%22>; rel=next";
        Some(Answer::json(&json!([{"n": 1}])).header("link", link))
    });
    let export = http_export(&json!({"relativeURI": "items", "paging": {"method": "linkheader"}}));
    let ran = go(&with_secret(bundle(export, &[]), auth), &host);
    assert!(ran.error().contains("read already"), "{}", ran.error());
    check(&ran);
}

#[test]
fn a_token_that_a_link_repeats_is_sent_once() {
    let host = Memory::new(|request| {
        let url = request.url.reveal();
        let answer = Answer::json(&json!([{"n": 1}]));
        let first = !url.contains("page=2");
        Some(if first { answer.header("link", &format!("<{url}&page=2>; rel=next")) } else { answer })
    });
    let export = http_export(&json!({"relativeURI": "items", "paging": {"method": "linkheader"}}));
    let ran = go(&with_secret(bundle(export, &[]), &auths()[2]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [2, 2, 0, 0]));
    assert_eq!(host.urls()[1], "https://app.example/v1/items?page=2&key=******");
}
