//! Links to help, feedback, and what people say of themselves.

use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::server::{Server, code};

fn feedback(n: u32, message: &str) -> Value {
    json!({ "id": format!("{n:024x}"), "kind": "idea", "message": message, "writtenMs": 1 })
}

fn printed(server: &Server) -> String {
    printed_with(server, &[])
}

fn printed_with(server: &Server, options: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["admin", "feedback"])
        .args(options)
        .arg("--data")
        .arg(server.data())
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    String::from_utf8(run.stdout).unwrap()
}

#[tokio::test]
async fn feedback_is_kept_once_with_who_wrote_it_and_printed_for_the_operator() {
    let server = Server::start();
    assert_eq!(printed(&server), "nobody has written\n");
    let mut ann = server.person("ann").await;
    let mut sent = feedback(1, "More colours\nand \u{1b}[31mred");
    sent["diagnostics"] = json!({ "version": "0.1", "browser": "A browser" });
    for _ in 0..2 {
        assert_eq!(ann.browser.post("/api/feedback", sent.clone()).await.status(), StatusCode::NO_CONTENT);
    }
    let mut stranger = server.browser();
    assert_eq!(stranger.post("/api/feedback", feedback(2, "Hello")).await.status(), StatusCode::NO_CONTENT);
    let all = printed(&server);
    assert_eq!(all.matches("More colours").count(), 1, "{all}");
    assert!(all.contains("idea from ann <ann@example.com>") && all.contains("\"browser\":\"A browser\""), "{all}");
    assert!(all.contains("idea from somebody who was not signed in\n  Hello"), "{all}");
    assert!(!all.contains('\u{1b}'), "what somebody wrote commands the terminal: {all:?}");
}

#[tokio::test]
async fn there_is_room_for_feedback_again_where_strangers_filled_it_and_when_the_operator_has_read_it() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut database = server.database().await;
    let fill = "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10000)
        INSERT INTO feedback (id, kind, message, user, written_ms, received_ms)
        SELECT printf('f%023d', i), 'idea', 'Number ' || i, CASE WHEN i = 2 THEN NULL ELSE 'somebody' END, 1, 1 FROM c";
    sqlx::raw_sql(fill).execute(&mut database).await.unwrap();
    assert_eq!(ann.browser.post("/api/feedback", feedback(1, "Hello")).await.status(), StatusCode::NO_CONTENT);
    let full = ann.browser.post("/api/feedback", feedback(2, "Again")).await;
    assert_eq!(full.status(), StatusCode::INSUFFICIENT_STORAGE, "who was signed in does not give way");
    let all = printed_with(&server, &["--forget"]);
    assert!(all.contains("Number 1\n") && !all.contains("Number 2\n") && all.contains("Hello"));
    assert_eq!(printed(&server), "nobody has written\n");
    assert_eq!(ann.browser.post("/api/feedback", feedback(3, "More")).await.status(), StatusCode::NO_CONTENT);
    assert!(printed(&server).contains("More"));
}

#[tokio::test]
async fn feedback_of_an_earlier_release_is_not_read_below_a_server_that_runs() {
    let server = Server::start();
    let mut database = server.database().await;
    sqlx::raw_sql("PRAGMA user_version = 8").execute(&mut database).await.unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["admin", "feedback", "--data"])
        .arg(server.data())
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(!run.status.success() && said.contains("another server uses"), "{said}");
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut database).await.unwrap();
    assert_eq!(version, 8, "its tables were changed");
}

#[tokio::test]
async fn feedback_has_words_not_too_many_and_not_too_often() {
    let server = Server::start();
    let mut browser = server.browser();
    for wrong in [" ".to_owned(), "x".repeat(10_001)] {
        assert_eq!(browser.post("/api/feedback", feedback(1, &wrong)).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut fat = feedback(1, "Hello");
    fat["diagnostics"] = json!({ "browser": "x".repeat(401) });
    assert_eq!(browser.post("/api/feedback", fat).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for n in 0..40 {
        assert_eq!(browser.post("/api/feedback", feedback(n, "Hello")).await.status(), StatusCode::NO_CONTENT);
    }
    let much = browser.post("/api/feedback", feedback(99, "Hello")).await;
    assert_eq!(much.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_operator_says_where_people_find_help() {
    let server = Server::start_with(&["--community", "https://people.example/", "--ideas", "https://ideas.example"]);
    let links: Value = server.browser().get("/api/links").await.json().await.unwrap();
    assert_eq!(links, json!({ "community": "https://people.example/", "ideas": "https://ideas.example" }));
}

#[tokio::test]
async fn a_person_has_another_name_for_everybody_and_the_audit_log_tells() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let before: Value = ann.browser.get("/api/profile").await.json().await.unwrap();
    assert_eq!(before, json!({ "name": "ann", "company": "", "role": "", "phone": "" }));
    let wanted = json!({ "name": "Ann Lee", "company": "Harbour", "role": "developer", "phone": "+47 1" });
    let answer = ann.browser.send(reqwest::Method::PUT, "/api/profile", Some(wanted.clone())).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let now: Value = ann.browser.get("/api/profile").await.json().await.unwrap();
    assert_eq!(now, wanted);
    let me: Value = ann.browser.get("/api/me").await.json().await.unwrap();
    assert_eq!(me["user"]["name"], "Ann Lee");
    let members: Value = ann.browser.get(&format!("/api/accounts/{}/members", ann.account)).await.json().await.unwrap();
    assert_eq!(members["members"][0]["name"], "Ann Lee");
    let log: Value = ann.browser.get(&format!("/api/accounts/{}/audit", ann.account)).await.json().await.unwrap();
    assert!(log.to_string().contains("\"/name\""), "{log}");
    let body = json!({ "name": "Ann", "admin": true });
    let refused = ann.browser.send(reqwest::Method::PUT, "/api/profile", Some(body)).await;
    assert_eq!(code(refused).await, "invalid_body");
}
