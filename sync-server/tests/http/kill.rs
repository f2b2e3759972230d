//! The server is killed while ten writers push: nothing that was acknowledged is lost.
//!
//! `TOMBOLO_ROUNDS` sets the number of kills; the full figure is 200.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tombolo_docs::{Document, inspect};
use tombolo_model::{Id, Kind};
use tombolo_wire::sync::{Down, Hash};

use crate::device::{Device, author, create, random, set};
use crate::server::{Browser, Server};

const WRITERS: usize = 10;

pub(crate) type Acknowledged = Arc<Mutex<BTreeSet<(Id, Hash)>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let rounds: u32 = std::env::var("TOMBOLO_ROUNDS").map_or(10, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &[]);
    let ann = server.person("ann").await;
    let acknowledged = Acknowledged::default();
    let mut browser = ann.browser.clone();
    for round in 0..rounds {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| tokio::spawn(write(browser.clone(), ann.account, Arc::clone(&acknowledged))))
            .collect();
        let wait = 100 + u64::from(u16::from_le_bytes(random())) % 500;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
        let begun = Instant::now();
        server = Server::on(folder.path(), &[]);
        assert!(begun.elapsed() < Duration::from_secs(3), "ready after {:?}", begun.elapsed());
        browser = moved(&browser, &server);
        let stored = read_all(&browser, ann.account).await;
        let acknowledged = acknowledged.lock().unwrap();
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "round {round}, killed after {wait} ms: {} lost", lost.len());
    }
    let count = acknowledged.lock().unwrap().len();
    assert!(count > 10 * usize::try_from(rounds).unwrap(), "only {count} changes were acknowledged");
    println!("{rounds} kills, {count} acknowledged changes, 0 lost");
}

pub(crate) async fn write(browser: Browser, account: Id, acknowledged: Acknowledged) {
    let Some(mut device) = Device::try_join(&browser, account, None).await else {
        return;
    };
    let me = author();
    let (mut flow, mut chunk) = create(Kind::Flow, &json!({ "name": "0" }), &me);
    for n in 1.. {
        match device.push(flow.id(), &[chunk.clone()]).await {
            Some(Down::Accepted { .. }) => {
                acknowledged.lock().unwrap().insert((flow.id(), chunk.hash));
            }
            None => return,
            other => panic!("{other:?}"),
        }
        chunk = set(&mut flow, &me, "/name", json!(n.to_string()));
    }
}

/// The cookies' names carry the port, which is another after each start.
fn moved(browser: &Browser, server: &Server) -> Browser {
    let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
    let (before, now) = (port(&browser.address), port(&server.address));
    let mut browser = browser.clone();
    browser.address.clone_from(&server.address);
    for (name, _) in &mut browser.cookies {
        *name = name.replace(&before, &now);
    }
    browser
}

/// Everything the server has; each document opens and misses nothing.
pub(crate) async fn read_all(browser: &Browser, account: Id) -> BTreeSet<(Id, Hash)> {
    let mut device = Device::join(browser, account, None).await;
    let mut documents: BTreeMap<Id, Vec<Vec<u8>>> = BTreeMap::new();
    let mut bootstrapping = true;
    while bootstrapping {
        let page = device.until(|frame| match frame {
            Down::Bundle { page, cursor } => Some((Device::page(&page), cursor)),
            _ => None,
        });
        let (page, cursor) = page.await;
        for snapshot in page.documents {
            documents
                .entry(snapshot.document)
                .or_default()
                .extend(snapshot.chunks.into_iter().map(|chunk| chunk.into_vec()));
        }
        bootstrapping = cursor.is_some_and(|cursor| cursor.bootstrap.is_some());
    }
    let mut stored = BTreeSet::new();
    for (id, chunks) in documents {
        let loaded = Document::load(chunks.iter().map(Vec::as_slice)).unwrap();
        assert!(loaded.damaged.is_empty() && loaded.waiting == 0);
        stored.extend(chunks.iter().map(|chunk| (id, inspect(chunk).unwrap().hash)));
    }
    stored
}
