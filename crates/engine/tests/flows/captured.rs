//! Requests and answers that are looked at: what is said of them, and what is not.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_engine::{Exchange, RunEvent};
use tombolo_model::Kind;

use crate::support::{Answer, Memory, bundle, file_import, go_until, http_export, id, with};

const SECRET: &str = "hush/hush";

/// What is said of the requests of a flow whose connection and export have these fields too.
fn captured(host: &Memory, connection: &Value, export: &Value) -> Vec<Exchange> {
    let export = with(http_export(&json!({"method": "POST", "relativeURI": "x", "body": "{\"q\":1}"})), export);
    let mut flow = bundle(export, &[file_import(&json!({"type": "json"}))]);
    let auth = json!({"type": "token", "token": {"location": "header"}});
    let base = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example", "auth": auth}});
    flow.resources.insert(id(1), (Kind::Connection, with(base, connection)));
    let secrets = BTreeMap::from([("/http/auth/token/token".to_owned(), SECRET.to_owned())]);
    flow.secrets.insert(id(1), secrets);
    let seen = RefCell::new(Vec::new());
    let ran = go_until(&flow, host, |event| {
        if let RunEvent::Exchange { exchange, .. } = event {
            seen.borrow_mut().push((**exchange).clone());
        }
        false
    });
    assert_eq!(ran.counts(1)[1], 1, "{} {:?}", ran.error(), ran.errors);
    seen.into_inner()
}

fn echo() -> Memory {
    Memory::new(|request| {
        let sent: Vec<String> = request.headers.iter().map(|(_, value)| value.reveal()).collect();
        let answer = Answer::json(&json!([{"sent": sent}]));
        Some(answer.header("set-cookie", "session=1").header("x-echo", &sent.join(" ")))
    })
}

#[test]
fn requests_are_said_without_secrets_while_somebody_looks() {
    let later = json!({"debugDate": "2026-11-24T04:15:00Z"});
    let seen = captured(&echo(), &later, &json!({}));
    assert_eq!(seen.len(), 1, "{seen:?}");
    let exchange = &seen[0];
    assert_eq!((exchange.method.as_str(), exchange.url.as_str()), ("POST", "https://app.example/x"));
    assert_eq!((exchange.request_body.as_str(), exchange.status), (r#"{"q":1}"#, Some(200)));
    assert!(exchange.request_headers.contains(&("Authorization".to_owned(), "Bearer ******".to_owned())));
    assert!(exchange.response_headers.contains(&("set-cookie".to_owned(), "******".to_owned())));
    assert!(exchange.response_body.contains("Bearer ******"), "{exchange:?}");
    assert!(!format!("{exchange:?}").contains("hush"), "{exchange:?}");
    assert_eq!(captured(&echo(), &json!({}), &json!({"debugUntil": "2026-11-24T05:00:00+01:00"})).len(), 0);
    assert_eq!(captured(&echo(), &json!({}), &json!({"debugUntil": "2026-11-24T05:00:01+01:00"})).len(), 1);
}

#[test]
fn nothing_is_said_once_the_time_is_over() {
    for connection in [json!({}), json!({"debugDate": "2026-11-24T03:59:59Z"}), json!({"debugDate": "soon"})] {
        assert!(captured(&echo(), &connection, &json!({})).is_empty(), "{connection}");
    }
}

#[test]
fn a_long_body_is_said_in_part_and_read_whole() {
    let host = Memory::new(|_| Some(Answer::json(&json!([{"long": "x".repeat(200_000)}]))));
    let seen = captured(&host, &json!({"debugDate": "2026-11-24T04:15:00Z"}), &json!({}));
    assert!(seen[0].response_body.len() < 64 * 1024 && seen[0].response_body.ends_with('…'));
    assert!(host.made_text().unwrap().len() > 200_000);
}
