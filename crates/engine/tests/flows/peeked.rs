//! Answers that are looked at before they are used: nothing of them is lost.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use tombolo_engine::{Bundle, HttpError};
use tombolo_model::Kind;

use crate::support::{Answer, Memory, bundle, file_import, go, http_export, id};

/// A connection whose answers may say in their bodies that its token is not good, or that they are too many.
fn looking(body: &str, rows: usize, broken: bool, limit: &Value) -> (Bundle, Memory) {
    let auth = json!({"type": "token", "failPath": "expired", "token": {"location": "header", "headerName": "X",
        "refreshMethod": "GET", "refreshRelativeURI": "/token", "refreshTokenPath": "t"}});
    let http =
        json!({"baseURI": "https://app.example/v1", "auth": auth, "rateLimit": limit, "successMediaType": "csv"});
    let export = http_export(&json!({"relativeURI": "/rows", "successMediaType": "csv"}));
    let mut bundle = bundle(export, &[file_import(&json!({"type": "csv", "csv": {"includeHeader": true}}))]);
    bundle.resources.insert(id(1), (Kind::Connection, json!({"name": "App", "type": "http", "http": http})));
    bundle.secrets =
        BTreeMap::from([(id(1), BTreeMap::from([("/http/auth/token/token".to_owned(), "hush".to_owned())]))]);
    let text = format!("a\n{}", format!("{body}\n").repeat(rows));
    let host = Memory::new(move |_| {
        let mut pieces: Vec<_> = text.as_bytes().chunks(10_007).map(|piece| Ok(piece.to_vec())).collect();
        if broken {
            pieces.push(Err(HttpError::Unreachable("it hung up".to_owned())));
        }
        Some(Answer { pieces: stream::iter(pieces).boxed_local(), ..Answer::new(200, "") })
    });
    (bundle, host)
}

#[test]
fn an_answer_that_is_looked_at_for_refused_credentials_or_limits_keeps_all_its_bytes() {
    for limit in [json!({}), json!({"failPath": "slow"})] {
        let (bundle, host) = looking(&"x".repeat(99), 2_000, false, &limit);
        let ran = go(&bundle, &host);
        assert_eq!((ran.counts(0), ran.counts(1)), ([2_000, 2_000, 0, 0], [2_000, 2_000, 0, 0]), "{}", ran.error());
        assert_eq!(host.made_text().unwrap().len(), 2 + 100 * 2_000);
    }
}

#[test]
fn an_answer_that_breaks_off_where_it_is_looked_at_breaks_off_for_the_source_too() {
    for limit in [json!({}), json!({"failPath": "slow"})] {
        let (bundle, host) = looking("1", 10, true, &limit);
        let ran = go(&bundle, &host);
        assert!(ran.error().contains("it hung up"), "“{}”", ran.error());
        assert!(host.made_text().is_none());
    }
}
