//! `POST /v1/processors/{name}`: what `tombolo eval` answers, byte by byte, within its limits.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::{Value, json};

use super::client::{Api, owner};
use crate::server::Server;

/// What is promised holds for what is shipped; a build for tests is slower.
const PROMISED: Duration = if cfg!(debug_assertions) { Duration::from_secs(40) } else { Duration::from_secs(6) };

fn eval(name: &str, lines: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["eval", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn the_corpus_is_answered_byte_by_byte_as_the_command_does() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/eval");
    let mut asked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let wanted = eval(name, &text);
        let place = format!("/v1/processors/{name}");
        let ask = async |line: &str| api.post(&place, serde_json::from_str(line).unwrap()).await;
        let answers: Vec<_> = futures::stream::iter(text.lines()).map(ask).buffered(4).collect().await;
        for (answer, want) in answers.iter().zip(wanted.lines()) {
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, want), "{name}");
            asked += 1;
        }
    }
    assert!(asked > 300, "{asked}");
}

async fn code(api: &Api, name: &str, question: Value) -> String {
    let begin = Instant::now();
    let answer = api.post(&format!("/v1/processors/{name}"), question).await;
    assert!(begin.elapsed() < PROMISED, "{name} took {:?}", begin.elapsed());
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn endless_and_allocating_rules_get_a_typed_error_and_neighbours_go_on() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let script = |body: &str| json!({ "rules": { "script": format!("function f(options) {{ {body} }}"), "function": "f" }, "input": {} });
    let endless = script("while (true) {}");
    let hungry = script("let s = 'x'; const all = []; while (true) { s += s; all.push(s + 1); }");
    let sorting =
        script("const a = Array.from({ length: 3e7 }, (_, i) => i ^ 12345); return a.sort((x, y) => x - y).length;");
    let deep = json!({ "input": "[".repeat(100_000) });
    let (one, two, three, four, neighbour) = tokio::join!(
        code(&api, "javascript", endless),
        code(&api, "javascript", hungry),
        code(&api, "javascript", sorting),
        code(&api, "jsonParse", deep),
        code(&api, "handlebars", json!({ "rules": "{{a}}", "input": { "a": 1 } })),
    );
    for limited in [one, two, three] {
        assert!(matches!(limited.as_str(), "script_limit" | "evaluation_limit"), "{limited}");
    }
    assert_eq!((four.as_str(), neighbour.as_str()), ("parse", ""));
}

#[tokio::test]
async fn other_names_of_the_same_evaluation_and_unknown_ones_are_told_apart() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let csv = api.post("/v1/processors/csvParser", json!({ "data": "a\n1" })).await.good();
    assert_eq!(csv, json!({ "id": null, "output": [{ "a": "1" }], "errors": [], "console": [] }));
    let asked = json!({ "rule": "Dear {{name}}", "data": { "name": "Ann" } });
    let rendered = api.post("/v1/processors/handlebars", asked).await.good();
    assert_eq!(rendered, json!({ "id": null, "output": "Dear Ann", "errors": [], "console": [] }));
    let both = json!({ "rule": "a", "rules": "b" });
    assert_eq!(code(&api, "handlebars", both).await, "invalid_question");
    assert_eq!(api.post("/v1/processors/nope", json!({})).await.no(), (404, "not_found".to_owned()));
    assert_eq!(api.post("/v1/processors/handlebars", json!([])).await.no(), (400, "invalid_body".to_owned()));
}

#[tokio::test]
async fn a_question_without_rules_is_told_which_properties_are_read() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    for (name, question) in [
        ("handlebars", json!({ "template": "{{a}}", "data": {} })),
        ("filter", json!({ "filter": ["equals", 1, 2], "data": {} })),
        ("mapperProcessor", json!({ "mappings": [], "data": {} })),
        ("javascript", json!({ "code": "function f() {}", "data": {} })),
    ] {
        let answer = api.post(&format!("/v1/processors/{name}"), question).await.good();
        let error = &answer["errors"][0];
        let message = error["message"].as_str().unwrap_or_default();
        assert_eq!((&answer["output"], &error["code"]), (&Value::Null, &json!("missing_rules")), "{name}: {answer}");
        assert!(["“rules”", "“rule”", "“input”", "“data”"].iter().all(|read| message.contains(read)), "{message}");
    }
}
