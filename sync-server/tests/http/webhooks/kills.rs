//! A server that is killed or stopped while things come to a listener: what was acknowledged becomes a run that completes, once.
//!
//! `TOMBOLO_ROUNDS` sets the number of kills; the full figure is 20, with 10,000 events.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::routing::post;
use axum::{Json, Router};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tombolo_wire::run::{RunRow, RunStatus};

use super::{Listening, OPTIONS, by_token, records};
use crate::device::random;
use crate::runs::Received;
use crate::server::Server;

/// The ids of the events that were acknowledged.
type Acknowledged = Arc<Mutex<Vec<u64>>>;

const SENDERS: u64 = 4;
/// Longer than everything takes that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(5);

/// Waits until so many more are acknowledged.
async fn acknowledges(acknowledged: &Acknowledged, more: usize) {
    let (begun, wanted) = (Instant::now(), acknowledged.lock().unwrap().len() + more);
    while acknowledged.lock().unwrap().len() < wanted {
        assert!(begun.elapsed() < PATIENCE, "{more} more are not acknowledged");
        tokio::time::sleep(LOOK).await;
    }
}

/// Sends one event after the other until nobody answers.
async fn send(url: String, first: u64, acknowledged: Acknowledged) -> u64 {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut id = first;
    loop {
        let sent = client.post(&url).header("x-token", "t0p").header("webhook-id", id.to_string());
        match sent.json(&json!({ "id": id })).send().await {
            Ok(answer) if answer.status() == 204 => acknowledged.lock().unwrap().push(id),
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => return id,
        }
        id += SENDERS;
    }
}

/// How often each event came to the sink.
fn came(sunk: &Received) -> BTreeMap<u64, usize> {
    let mut came = BTreeMap::new();
    for record in records(sunk) {
        *came.entry(record["id"].as_u64().unwrap()).or_default() += 1;
    }
    came
}

/// The runs of an account, as its database has them.
pub(super) async fn runs(server: &Server) -> Vec<RunRow> {
    let mut database = server.database().await;
    let rows: Vec<String> = sqlx::query_scalar("SELECT body FROM runs").fetch_all(&mut database).await.unwrap();
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// Waits until nothing waits for a run, and all have ended.
pub(super) async fn at_rest(server: &Server) {
    let (begun, mut database) = (Instant::now(), server.database().await);
    loop {
        let open: i64 = sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM inbox WHERE done = 0) + (SELECT COUNT(*) FROM runs WHERE status IN ('queued', 'running'))",
        )
        .fetch_one(&mut database)
        .await
        .unwrap();
        if open == 0 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{open} are still open");
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_had_acknowledged_is_read_by_one_run_that_completes() {
    let rounds: u32 = std::env::var("TOMBOLO_ROUNDS").map_or(3, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut hook = Listening::on(Server::on(folder.path(), &OPTIONS), by_token()).await;
    let acknowledged = Acknowledged::default();
    let mut next: Vec<u64> = (0..SENDERS).collect();
    for _ in 0..rounds {
        let url = format!("http://{}{}", hook.server.address, hook.address());
        let senders: Vec<_> =
            next.iter().map(|first| tokio::spawn(send(url.clone(), *first, Arc::clone(&acknowledged)))).collect();
        let more = 10 + usize::from(u8::from_le_bytes(random())) % 40;
        println!("killed after {more} more");
        acknowledges(&acknowledged, more).await;
        hook.server.kill();
        next.clear();
        for sender in senders {
            // What was not acknowledged is sent again, as its sender would.
            next.push(sender.await.unwrap());
        }
        hook.server = Server::on(folder.path(), &OPTIONS);
    }
    at_rest(&hook.server).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    let came = came(&hook.sunk);
    let lost: Vec<_> = acknowledged.iter().filter(|id| !came.contains_key(id)).collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), acknowledged.len());
    let runs = runs(&hook.server).await;
    let read =
        |run: &RunRow| run.steps.iter().filter(|step| step.kind == "export").map(|step| step.received).sum::<u64>();
    let completed: u64 = runs.iter().filter(|run| run.status == RunStatus::Completed).map(read).sum();
    assert_eq!(completed, came.len() as u64, "each is read by one run that completes: {runs:?}");
    // Only what a run had begun to deliver when it was cut off came twice.
    let cut_off: u64 = runs.iter().filter(|run| run.status != RunStatus::Completed).map(|_| 1).sum();
    let twice = came.values().filter(|times| **times > 1).count();
    assert!(twice == 0 || cut_off > 0, "{twice} came twice and no run was cut off");
    println!("{rounds} kills, {} acknowledged, 0 lost, {twice} delivered twice", acknowledged.len());
}

/// A sink that does not answer the first that comes, and says when it has come.
pub(super) async fn slow_sink() -> (String, Received, Arc<Notify>) {
    let (sunk, came, first) = (Received::default(), Arc::new(Notify::new()), Arc::new(AtomicBool::new(true)));
    let (keep, tell) = (Arc::clone(&sunk), Arc::clone(&came));
    let take = async move |Json(body): Json<Value>| {
        if first.swap(false, Ordering::SeqCst) {
            tell.notify_one();
            std::future::pending::<()>().await;
        }
        keep.lock().unwrap().push((String::new(), body));
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/sink", post(take))).await.unwrap() });
    (base, sunk, came)
}

#[tokio::test]
async fn what_a_run_was_reading_when_the_server_was_stopped_is_read_after_its_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (base, sunk, came) = slow_sink().await;
    let mut hook = Listening::to(Server::on(folder.path(), &OPTIONS), &base, sunk, by_token()).await;
    let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!({ "id": 1 }));
    assert_eq!(sent.send().await.unwrap().status(), 204);
    came.notified().await;
    hook.server.terminate();
    hook.server.wait();
    hook.server = Server::on(folder.path(), &OPTIONS);
    at_rest(&hook.server).await;
    assert_eq!(records(&hook.sunk), [json!({ "id": 1 })]);
    let ended: Vec<RunStatus> = runs(&hook.server).await.iter().map(|run| run.status).collect();
    assert_eq!(ended.len(), 2, "{ended:?}");
    assert!(ended.contains(&RunStatus::Canceled) && ended.contains(&RunStatus::Completed), "{ended:?}");
}

/// Tells the processes that a server has started to stop, as a service manager tells all of a service at once.
#[cfg(target_os = "linux")]
fn stop_what_was_started_by(server: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    for entry in std::fs::read_dir("/proc").unwrap() {
        let Ok(stat) = std::fs::read_to_string(entry.unwrap().path().join("stat")) else { continue };
        let pid = stat.split(' ').next().and_then(|text| text.parse().ok()).and_then(Pid::from_raw);
        // Behind the name, which may hold anything, stand the state and the parent.
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        if let (Some(pid), true) = (pid, parent == Some(server)) {
            kill_process(pid, Signal::TERM).unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_run_was_reading_when_its_process_was_told_to_stop_is_read_by_another() {
    let (base, sunk, came) = slow_sink().await;
    let hook = Listening::to(Server::start_with(&OPTIONS), &base, sunk, by_token()).await;
    let sent = hook.request(Method::POST, &hook.address()).header("x-token", "t0p").json(&json!({ "id": 1 }));
    assert_eq!(sent.send().await.unwrap().status(), 204);
    came.notified().await;
    stop_what_was_started_by(hook.server.pid());
    at_rest(&hook.server).await;
    assert_eq!(records(&hook.sunk), [json!({ "id": 1 })]);
    let ended: Vec<RunStatus> = runs(&hook.server).await.iter().map(|run| run.status).collect();
    assert!(ended.contains(&RunStatus::Failed) && ended.contains(&RunStatus::Completed), "{ended:?}");
}
