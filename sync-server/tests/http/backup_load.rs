//! A backup that is taken while writers write: restored into an empty folder it holds everything that was acknowledged
//! before it began, nothing half, and row by row what the server had.
//!
//! `TOMBOLO_ROUNDS` sets the megabytes that lie there already; the full figure is a gigabyte, in a minute.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tombolo_model::Id;
use tombolo_wire::sync::Hash;

use crate::device::id;
use crate::kill::{Acknowledged, read_all, write};
use crate::server::{PASSWORD, Server};

/// How many write meanwhile.
const WRITERS: usize = 6;
/// What a gigabyte may take, in and out.
const MOST: Duration = Duration::from_secs(60);
/// What a restore changes on purpose: the epoch, who is signed in, and what was decided for later.
const CHANGED: [&str; 2] = ["server", "sessions"];

fn admin(arguments: &[&str], data: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tombolo"));
    let done = command.arg("admin").args(arguments).arg("--data").arg(data).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

async fn open(database: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(database).connect().await.unwrap()
}

/// Puts files of so many megabytes there, of bytes that no copy makes smaller.
async fn fill(server: &Server, account: Id, megabytes: u64) {
    let mut database = server.database().await;
    for n in 0..megabytes {
        sqlx::query(
            "INSERT INTO blob_parts (account, sha256, n, bytes) VALUES (?, zeroblob(32), ?, randomblob(1000000))",
        )
        .bind(account.to_string())
        .bind(i64::try_from(n).unwrap())
        .execute(&mut database)
        .await
        .unwrap();
    }
    sqlx::query(
        "INSERT INTO blobs (account, sha256, size_bytes, created_ms, uploaded) VALUES (?, zeroblob(32), ?, 1, 1)",
    )
    .bind(account.to_string())
    .bind(i64::try_from(megabytes * 1_000_000).unwrap())
    .execute(&mut database)
    .await
    .unwrap();
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_restores_without_a_difference_and_a_gigabyte_within_a_minute() {
    let megabytes: u64 = std::env::var("TOMBOLO_ROUNDS").map_or(24, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (data, clean, exact) = (folder.path().join("data"), folder.path().join("clean"), folder.path().join("exact"));
    let backup = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (during, after) = (backup("during.backup"), backup("after.backup"));
    let mut server = Server::on(&data, &[]);
    let mut ann = server.person("ann").await;
    let path = format!("/api/accounts/{}/connections/{}/secrets", ann.account, id());
    let secret = json!({ "path": "/http/auth/token/token", "value": "s", "hosts": ["a.example"] });
    assert_eq!(ann.browser.send(Method::PUT, &path, Some(secret)).await.status(), StatusCode::NO_CONTENT);
    fill(&server, ann.account, megabytes).await;

    let acknowledged = Acknowledged::default();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| tokio::spawn(write(ann.browser.clone(), ann.account, Arc::clone(&acknowledged))))
        .collect();
    while acknowledged.lock().unwrap().len() < 20 * WRITERS {
        tokio::task::yield_now().await;
    }
    let before: BTreeSet<(Id, Hash)> = acknowledged.lock().unwrap().clone();
    let begun = Instant::now();
    let (source, file) = (data.clone(), during.clone());
    tokio::task::spawn_blocking(move || admin(&["backup", &file], &source)).await.unwrap();
    let written = begun.elapsed();
    let meanwhile = acknowledged.lock().unwrap().len() - before.len();
    assert!(meanwhile > 0, "nobody wrote while the backup was taken");
    server.kill();
    for writer in writers {
        writer.await.unwrap();
    }
    // Nobody writes any more: the exact copy of what there is.
    drop(Server::on(&data, &[]));
    admin(&["backup", &after], &data);

    let begun = Instant::now();
    for (file, target) in [(&during, &clean), (&after, &exact)] {
        admin(&["restore", file], target);
        for key in ["secrets.key", "audit.key"] {
            std::fs::copy(data.join(key), target.join(key)).unwrap();
        }
    }
    let restored = begun.elapsed() / 2;
    assert!(written + restored < MOST, "{written:?} and {restored:?}");

    let differences = differing(&data.join("tombolo.db"), &exact.join("tombolo.db")).await;
    assert!(differences.is_empty(), "{differences:?}");
    is_a_beginning_of(&clean.join("tombolo.db"), &data.join("tombolo.db")).await;
    for target in [&clean, &exact] {
        admin(&["verify"], target);
        admin(&["verify-audit"], target);
    }
    let server = Server::on(&clean, &[]);
    let mut browser = server.browser();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(browser.post("/api/signin", body).await.status(), StatusCode::OK);
    let stored = read_all(&browser, ann.account).await;
    let lost: Vec<_> = before.difference(&stored).collect();
    assert!(lost.is_empty(), "{} that were acknowledged before the backup began are not in it", lost.len());
    println!(
        "{megabytes} MB: {written:?} to back up under load, {restored:?} to restore, {} changes before and {meanwhile} \
         meanwhile, 0 differences",
        before.len()
    );
}

/// The tables whose rows are not the same in both, each with how many are.
async fn differing(one: &Path, other: &Path) -> Vec<String> {
    let mut database = open(one).await;
    attach(&mut database, other).await;
    let mut found = Vec::new();
    let names = sqlx::query_scalar::<_, String>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    let tables = names.fetch_all(&mut database).await.unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables.iter().filter(|table| !CHANGED.contains(&table.as_str())) {
        let same = rows_in_both(&mut database, table).await;
        let counts = [
            count(&mut database, &format!("main.{table}")).await,
            count(&mut database, &format!("other.{table}")).await,
        ];
        if counts != [same, same] {
            found.push(format!("{table}: {counts:?}, {same} the same"));
        }
    }
    found
}

async fn attach(database: &mut SqliteConnection, other: &Path) {
    sqlx::query("ATTACH ? AS other").bind(other.to_str().unwrap()).execute(database).await.unwrap();
}

async fn count(database: &mut SqliteConnection, table: &str) -> i64 {
    let query = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query_scalar(query).fetch_one(database).await.unwrap()
}

/// How many rows are in both, in every column.
async fn rows_in_both(database: &mut SqliteConnection, table: &str) -> i64 {
    let query = AssertSqlSafe(format!("PRAGMA table_info({table})"));
    let columns = sqlx::query(query).fetch_all(&mut *database).await.unwrap();
    let columns: Vec<(String, i64)> = columns.iter().map(|row| (row.get("name"), row.get("pk"))).collect();
    // By its key where it has one, so that an index finds it; everything else may be NULL.
    let compared = columns.iter().map(|(name, key)| {
        let equals = if *key > 0 { "=" } else { "IS" };
        format!("a.\"{name}\" {equals} b.\"{name}\"")
    });
    let on = compared.collect::<Vec<_>>().join(" AND ");
    let query = AssertSqlSafe(format!("SELECT COUNT(*) FROM main.{table} a CROSS JOIN other.{table} b ON {on}"));
    sqlx::query_scalar(query).fetch_one(database).await.unwrap()
}

/// Every change that the smaller has is in the larger under the same number, and it has all up to its last.
async fn is_a_beginning_of(smaller: &Path, larger: &Path) {
    let mut database = open(smaller).await;
    attach(&mut database, larger).await;
    let same = rows_in_both(&mut database, "changes").await;
    let all = count(&mut database, "main.changes").await;
    let last: i64 =
        sqlx::query_scalar("SELECT MAX(sequence) FROM main.changes").fetch_one(&mut database).await.unwrap();
    assert_eq!((same, all), (last, last), "the changes of the backup have gaps, or are others");
    assert_eq!(rows_in_both(&mut database, "blob_parts").await, count(&mut database, "other.blob_parts").await);
}
