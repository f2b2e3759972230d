//! What is old goes while the server runs.

use sqlx::Connection;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, code};

#[tokio::test]
async fn a_shorter_time_says_what_goes_and_takes_it_once_somebody_has_confirmed() {
    let server = Server::start();
    let (mut ann, mut bob) = (server.person("ann").await, server.person("bob").await);
    ann.let_in(&mut bob, "bob", "manage").await;
    let path = format!("/api/accounts/{}", ann.account);
    let put = format!("{path}/retention");
    let keep = |days: u32, confirmed: bool| Some(json!({ "days": days, "confirmed": confirmed }));
    assert_eq!(bob.browser.send(Method::PUT, &put, keep(60, false)).await.status(), StatusCode::FORBIDDEN);
    for days in [0, 3_651] {
        let wrong = ann.browser.send(Method::PUT, &put, keep(days, true)).await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ann.browser.send(Method::PUT, &put, keep(60, false)).await.status(), StatusCode::NO_CONTENT);
    let settings: Value = bob.browser.get(&format!("{path}/settings")).await.json().await.unwrap();
    assert_eq!(settings["retentionDays"], 60);
    let mut database = server.database().await;
    let old = "INSERT INTO runs (account, id, flow, n, sequence, status, place, started_ms, body)
        VALUES (?, 'aaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbb', 1, 1000000, 'completed', 'server', unixepoch() * 1000 - 40 * 86400000, '{}')";
    sqlx::query(old).bind(ann.account.to_string()).execute(&mut database).await.unwrap();
    let error = "INSERT INTO run_errors (account, run, n, sequence, body) VALUES (?, 'aaaaaaaaaaaaaaaaaaaaaaaa', 1, 1000001, '{}')";
    sqlx::query(error).bind(ann.account.to_string()).execute(&mut database).await.unwrap();
    let preview = ann.browser.post(&format!("{put}/preview"), json!({ "days": 30 })).await;
    let gone = json!({ "runs": 1, "errors": 1, "files": 0, "fileBytes": 0 });
    assert_eq!(preview.json::<Value>().await.unwrap(), gone);
    assert_eq!(code(ann.browser.send(Method::PUT, &put, keep(30, false)).await).await, "retention_shorter");
    let runs = async |database: &mut sqlx::SqliteConnection| -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM runs").fetch_one(database).await.unwrap()
    };
    assert_eq!(runs(&mut database).await, 1);
    assert_eq!(ann.browser.send(Method::PUT, &put, keep(30, true)).await.status(), StatusCode::NO_CONTENT);
    let begun = std::time::Instant::now();
    while runs(&mut database).await > 0 {
        assert!(begun.elapsed().as_secs() < 20, "nothing goes");
        tokio::task::yield_now().await;
    }
    let log: Value = ann.browser.get(&format!("{path}/audit")).await.json().await.unwrap();
    let change = json!({ "fieldPath": "/retentionDays", "oldValue": 60, "newValue": 30 });
    assert_eq!(log["entries"][0]["fieldChanges"], json!([change]));
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_session_that_expired_long_ago_is_gone_after_a_start_and_a_younger_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &[]);
    server.person("ann").await;
    server.person("bob").await;
    server.kill();
    let mut database = server.database().await;
    let expire = "UPDATE sessions SET expires_ms = 1 WHERE user = (SELECT id FROM users WHERE name = 'ann')";
    sqlx::raw_sql(expire).execute(&mut database).await.unwrap();
    let _server = Server::on(folder.path(), &[]);
    let names = async |database: &mut sqlx::SqliteConnection| -> Vec<String> {
        let found = sqlx::query_scalar("SELECT u.name FROM sessions s JOIN users u ON u.id = s.user");
        found.fetch_all(database).await.unwrap()
    };
    let begun = std::time::Instant::now();
    while names(&mut database).await.len() > 1 {
        assert!(begun.elapsed().as_secs() < 20, "nothing is removed");
        tokio::task::yield_now().await;
    }
    assert_eq!(names(&mut database).await, ["bob"]);
    database.close().await.unwrap();
}
