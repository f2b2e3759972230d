//! Whatever comes to a route of the API with a token, it is answered with a sentence, and the server goes on.

use serde_json::{Value, json};
use tombolo_model::Kind;
use tombolo_server::route_table;

use super::client::owner;
use super::resources::least;
use crate::device::random;
use crate::hostile::Dice;
use crate::server::Server;

/// Random bodies for each route.
const BODIES: usize = 12;
/// Kinds stand for those that are treated alike.
const KINDS: [Kind; 4] = [Kind::Flow, Kind::Connection, Kind::LookupCache, Kind::Script];

/// A body with fields that some route reads, and others.
fn body(dice: &mut Dice) -> Value {
    let names = [
        "name",
        "data",
        "keys",
        "startsWith",
        "rules",
        "input",
        "options",
        "connectionMap",
        "_integrationId",
        "pageGenerators",
        "http",
        "startDate",
        "exportIds",
        "revoked",
        "autoPurgeAt",
        "fullAccess",
        "op",
        "path",
    ];
    let mut fields = json!({});
    for _ in 0..dice.roll(6) {
        let name = dice.pick(&names);
        fields[name] = dice.value(4);
    }
    match dice.roll(4) {
        0 => dice.value(5),
        1 => json!([fields]),
        _ => fields,
    }
}

#[tokio::test]
async fn random_bodies_behind_a_token_are_refused_with_a_sentence_or_taken() {
    let seed = u64::from_le_bytes(random()) | 1;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let mut ids = Vec::new();
    for kind in KINDS {
        ids.push((kind, api.make(kind.collection(), least(kind)).await));
    }
    for route in route_table().into_iter().filter(|route| route.path.starts_with("/v1/")) {
        let kind = Kind::from_collection(route.path.split('/').nth(2).unwrap_or_default());
        if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
            continue;
        }
        for n in 0..BODIES {
            let own = ids.iter().find(|(have, _)| Some(*have) == kind).map(|(_, id)| id.as_str());
            let nobody = "f".repeat(24);
            let id = if dice.roll(3) == 0 { nobody.as_str() } else { own.unwrap_or(&nobody) };
            let key = dice.pick(&["k", "%00", "%ff", "a%20b", "%2e%2e", "%F0%9F%98%80"]);
            let name = dice.pick(&["handlebars", "filter", "csvParse", "jsonPath", "nope"]);
            let path =
                route.path.replace("{id}", id).replace("{type}", "flows").replace("{key}", key).replace("{name}", name);
            let query =
                dice.pick(&["", "?limit=0&skip=99999999999", "?include=a..b,,c", "?startAfterKey=%00", "?a=%ff&=&&"]);
            let body = body(&mut dice);
            let what = format!("seed {seed}, body {n} to {} {path}{query}: {body}", route.method);
            let answer = api.send(route.method.clone(), &format!("{path}{query}"), Some(&body)).await;
            assert!(!answer.status.is_server_error(), "{what}: {} {}", answer.status, answer.text);
            // Who is not let in, as by a listener that a token says nothing to, is told so in one word.
            if answer.status.is_client_error() && answer.status != 401 {
                let error = &answer.json()["errors"][0];
                let sentence = error["message"].as_str().unwrap_or_default();
                assert!(sentence.ends_with('.') && sentence.contains(' '), "{what}: {}", answer.text);
                assert!(error["code"].as_str().is_some_and(|code| !code.is_empty()), "{what}: {}", answer.text);
            }
        }
    }
    assert_eq!(api.get("/v1/tokenInfo").await.status, 200);
}
