//! The data of every earlier release opens in this one, and whoever is killed while the tables are brought up to date
//! loses nothing of it.
//!
//! `tests/versions` has the tables of each version as they were, and one account to lie in them. `TOMBOLO_ROUNDS` sets the
//! number of kills; the full figure is 50.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tombolo_model::Id;
use tombolo_wire::sync::Down;

use crate::device::Device;
use crate::hostile::Dice;
use crate::server::{PASSWORD, Person, Server};
use crate::v1::client::{Api, as_page};

/// Each version of the tables that an earlier release had. One that is added here comes with its tables in `tests/versions`.
const VERSIONS: [(i64, &str); 11] = [
    (1, include_str!("../versions/1.sql")),
    (2, include_str!("../versions/2.sql")),
    (3, include_str!("../versions/3.sql")),
    (4, include_str!("../versions/4.sql")),
    (5, include_str!("../versions/5.sql")),
    (6, include_str!("../versions/6.sql")),
    (7, include_str!("../versions/7.sql")),
    (8, include_str!("../versions/8.sql")),
    (9, include_str!("../versions/9.sql")),
    (10, include_str!("../versions/10.sql")),
    (11, include_str!("../versions/11.sql")),
];
/// The version that this release leaves behind.
const NOW: i64 = 13;
/// Since when an account says how long runs are kept. The run here is kept however late this is read.
const WITH_RETENTION: i64 = 9;
/// Since when there are tokens, state and the data of lookup caches.
const WITH_API: i64 = 5;
/// Since when there is an audit log.
const WITH_AUDIT: i64 = 6;
/// Since when the log is sealed with a key of its own.
const WITH_KEY: i64 = 8;
const ROWS: &str = include_str!("../versions/rows.sql");
/// The audit logs as they were before they were sealed.
const UNSEALED: &str = include_str!("../versions/unsealed.sql");

fn expected() -> Value {
    serde_json::from_str(include_str!("../versions/expected.json")).unwrap()
}

/// A connection that keeps no rules between tables: rows come in any order.
async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(false);
    options.connect().await.unwrap()
}

async fn names(database: &mut SqliteConnection, query: String) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(database).await.unwrap()
}

/// A data folder as a release with these tables left it.
async fn folder_of((version, tables): (i64, &str), folder: &Path) -> PathBuf {
    let all = folder.join("rows.db");
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    let mut database = open(&all).await;
    sqlx::raw_sql(VERSIONS[7].1).execute(&mut database).await.unwrap();
    sqlx::raw_sql(ROWS).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let mut database = open(&data.join("tombolo.db")).await;
    sqlx::raw_sql(AssertSqlSafe(tables.to_owned())).execute(&mut database).await.unwrap();
    sqlx::query("ATTACH ? AS kept").bind(all.to_str().unwrap()).execute(&mut database).await.unwrap();
    let list = |schema: &str| format!("SELECT name FROM {schema}.sqlite_master WHERE type = 'table'");
    for table in names(&mut database, list("main")).await {
        let columns = |schema: &str| format!("SELECT name FROM pragma_table_info('{table}', '{schema}')");
        let kept = names(&mut database, columns("kept")).await;
        // What came after the version of the rows is empty.
        if kept.is_empty() {
            continue;
        }
        let mut taken = names(&mut database, columns("main")).await;
        taken.retain(|column| kept.contains(column));
        let taken = taken.join("\", \"");
        let copy = format!("INSERT INTO main.{table} (\"{taken}\") SELECT \"{taken}\" FROM kept.{table}");
        sqlx::query(AssertSqlSafe(copy)).execute(&mut database).await.unwrap();
    }
    if version >= WITH_RETENTION {
        sqlx::query("UPDATE accounts SET retention_days = 3650").execute(&mut database).await.unwrap();
    }
    if (WITH_AUDIT..WITH_KEY).contains(&version) {
        sqlx::raw_sql(UNSEALED).execute(&mut database).await.unwrap();
    }
    database.close().await.unwrap();
    let keys = if version >= WITH_KEY { &["secrets.key", "audit.key"][..] } else { &["secrets.key"] };
    for key in keys {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/versions").join(key);
        std::fs::copy(source, data.join(key)).unwrap();
    }
    data
}

/// So many accounts that bringing the tables up to date takes a moment.
async fn swell(data: &Path) {
    let mut database = open(&data.join("tombolo.db")).await;
    let insert = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO accounts (id, name, created_ms) SELECT printf('%024x', i), 'A', 1 FROM n";
    sqlx::query(insert).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

async fn version_of(data: &Path) -> i64 {
    let mut database = open(&data.join("tombolo.db")).await;
    let version = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    version
}

#[tokio::test]
async fn the_data_of_every_earlier_release_opens_with_all_that_is_in_it() {
    for (version, tables) in VERSIONS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder_of((version, tables), folder.path()).await;
        let server = Server::on(&data, &[]);
        everything_is_there(&server, version).await;
        drop(server);
        assert_eq!(version_of(&data).await, NOW);
        verified(&data, version);
    }
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed_while_it_brings_the_tables_up_to_date() {
    let rounds: usize = std::env::var("TOMBOLO_ROUNDS").map_or(4, |text| text.parse().unwrap());
    let seed = u64::from_le_bytes(crate::device::random()) | 1;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let (mut old, mut new) = (0, 0);
    for round in 0..rounds {
        // Each has its turn.
        let (version, tables) = VERSIONS[(round * 4) % VERSIONS.len()];
        let folder = tempfile::tempdir().unwrap();
        let data = folder_of((version, tables), folder.path()).await;
        // An account has a sealed log from its first day on, once there is a key.
        if version < WITH_KEY {
            swell(&data).await;
        }
        let most = {
            let twin = folder.path().join("twin");
            copy(&data, &twin);
            let begun = Instant::now();
            drop(Server::on(&twin, &[]));
            begun.elapsed()
        };
        let wait = most * u32::try_from(dice.roll(1_000)).unwrap() / 1_000;
        killed_after(&data, wait);
        match version_of(&data).await {
            NOW => new += 1,
            found if found == version => old += 1,
            found => panic!("seed {seed}, round {round}: the tables are half way, at {found}"),
        }
        let server = Server::on(&data, &[]);
        everything_is_there(&server, version).await;
        drop(server);
        verified(&data, version);
    }
    println!("{rounds} kills, {old} before the tables were new and {new} after, 0 lost");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Starts a server and kills it so soon after.
fn killed_after(data: &Path, wait: Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("TOMBOLO_LOG", "off")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn verified(data: &Path, version: i64) {
    for check in ["verify", "verify-audit"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tombolo"));
        let done = command.args(["admin", check, "--data"]).arg(data).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(
            done.status.success(),
            "{check} of version {version}: {said} {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

async fn signed_in(server: &Server, name: &str) -> Person {
    let mut browser = server.browser();
    let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    let answer = browser.post("/api/signin", body).await;
    assert_eq!(answer.status(), StatusCode::OK, "{name}");
    let me: Value = answer.json().await.unwrap();
    let id = |value: &Value| value["id"].as_str().unwrap().parse::<Id>().unwrap();
    Person { browser, user: id(&me["user"]), account: id(&me["accounts"][0]) }
}

/// Signs in, reads all that was kept, and goes on working with it.
async fn everything_is_there(server: &Server, version: i64) {
    let expected = expected();
    let text = |name: &str| expected[name].as_str().unwrap().to_owned();
    let account = text("account");
    let mut ann = signed_in(server, "ann").await;
    ann.account = account.parse().unwrap();
    people(server, &mut ann, &account).await;
    for (id, resource) in expected["resources"].as_object().unwrap() {
        let path = format!("/v1/{}/{id}", resource["collection"].as_str().unwrap());
        let mut shown = as_page(&mut ann, &account, Method::GET, &path, None).await.good();
        let fields = shown.as_object_mut().unwrap();
        // How much a cache holds is looked at below, where there is any; of connections that are offline nobody knew.
        fields.retain(|name, _| {
            !name.starts_with("lastModified") && !["createdAt", "size", "sizeInMB", "offline"].contains(&name.as_str())
        });
        assert_eq!(shown, resource["value"], "version {version}, {path}");
    }
    // What was kept before there was a choice is kept until somebody chooses.
    let kept: Value = ann.browser.get(&format!("/api/accounts/{account}/settings")).await.json().await.unwrap();
    assert_eq!(kept["retentionDays"], 3_650, "version {version}: {kept}");
    let jobs = as_page(&mut ann, &account, Method::GET, "/v1/jobs", None).await.good();
    assert!(jobs.to_string().contains(&text("run")), "version {version}: {jobs}");
    let blob = ann.browser.get(&format!("/api/accounts/{account}/blobs/{}", text("blob"))).await;
    let bytes = blob.bytes().await.unwrap();
    assert_eq!(bytes, (0..40).flat_map(|_| 0..=255).collect::<Vec<u8>>(), "version {version}");
    if version >= WITH_API {
        let program = Api::new(server, &text("token"));
        assert_eq!(program.get("/v1/state/last-order").await.good(), json!({ "n": 7 }), "version {version}");
        let keys = json!({ "keys": ["NO", "SE"] });
        let entries = program.post(&format!("/v1/lookupcaches/{}/getData", text("cache")), keys).await.good();
        assert!(entries.to_string().contains("Norway") && entries.to_string().contains("Sweden"), "{entries}");
    }
    if version >= WITH_AUDIT {
        let log = ann.browser.get(&format!("/api/accounts/{account}/audit")).await.text().await.unwrap();
        assert!(log.contains("Orders to the sink"), "version {version}: {log}");
    }
    goes_on(&mut ann, &account, &text("flow"), version).await;
}

async fn people(server: &Server, ann: &mut Person, account: &str) {
    let list: Value = ann.browser.get(&format!("/api/accounts/{account}/members")).await.json().await.unwrap();
    let members = list["members"].as_array().unwrap().iter().filter(|member| member["status"] == "accepted");
    let mut roles: Vec<_> = members.map(|member| member["role"].as_str().unwrap()).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["monitor", "owner"], "{list}");
    assert!(list.to_string().contains("dora@example.com"), "{list}");
    // Who was removed stays out.
    let carl = signed_in(server, "carl").await;
    assert_eq!(Device::turned_away(&carl.browser, ann.account).await, "removed");
}

/// A device gets the documents and the run, and the next change of the flow is stored behind those before it.
async fn goes_on(ann: &mut Person, account: &str, flow: &str, version: i64) {
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let page = device.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page)),
        _ => None,
    });
    let page = page.await;
    assert_eq!(page.runs.runs.len(), 1, "version {version}");
    assert!(!page.runs.errors.is_empty() || page.runs.runs[0].error.is_some(), "version {version}: {:?}", page.runs);
    let id: Id = flow.parse().unwrap();
    let chunks = &page.documents.iter().find(|document| document.document == id).unwrap().chunks;
    assert!(chunks.len() >= 3, "version {version}: the history of the flow is short");
    let patch = json!([{ "op": "replace", "path": "/name", "value": format!("Renamed {version}") }]);
    let path = format!("/v1/flows/{flow}");
    let done = as_page(ann, account, Method::PATCH, &path, Some(patch)).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    let shown = as_page(ann, account, Method::GET, &path, None).await.good();
    assert_eq!(shown["name"], format!("Renamed {version}"));
}
