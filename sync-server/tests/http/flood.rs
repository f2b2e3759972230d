//! A device that says far more than any device would: it waits or is hung up on, and the others are answered meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::SinkExt;
use serde_bytes::ByteBuf;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tombolo_model::{Id, Kind};
use tombolo_wire::sync::{Down, Hello, Place, Up, VERSION, encode_up};

use crate::device::{Device, author, create, id, open, set};
use crate::server::{Browser, Server};

/// How long somebody else may wait for an answer on a busy machine.
const SOON: Duration = Duration::from_secs(5);
/// How long it lasts.
const LASTS: Duration = Duration::from_secs(3);

/// Sends a frame over and over and reads nothing, on a new socket whenever the last one was closed.
async fn flood(browser: Browser, account: Id, frame: Up, over: Arc<AtomicBool>, sent: Arc<AtomicU64>) {
    let binary = |frame: &Up| Message::binary(encode_up(frame).unwrap());
    while !over.load(Ordering::Relaxed) {
        let Ok(mut socket) = open(&browser, account, &browser.origin()).await else { continue };
        let hello = Up::Hello(Hello { version: VERSION, cursor: None });
        let mut next = binary(&hello);
        // Where nothing is read any more, sending waits: that is the other way to be held.
        while let Ok(Ok(())) = tokio::time::timeout(Duration::from_millis(200), socket.send(next)).await {
            sent.fetch_add(1, Ordering::Relaxed);
            next = binary(&frame);
            if over.load(Ordering::Relaxed) {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_over_sockets_keeps_nobody_else_from_their_answers() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let eve = server.person("eve").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut flow, first) = create(Kind::Flow, &json!({ "name": "0" }), &me);
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let place = Place { document: Some(id()), field: Some("x".repeat(500)), cursor: None };
    let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let frames = [
        Up::Ping,
        Up::Presence { tab: "t".to_owned(), place: Some(place) },
        Up::Fetch { documents: vec![id(); 500] },
        Up::Push { push: 1, document: id(), changes: vec![ByteBuf::from(vec![7; 60_000]); 8] },
    ];
    let floods: Vec<_> = frames
        .into_iter()
        .map(|frame| tokio::spawn(flood(eve.browser.clone(), eve.account, frame, Arc::clone(&over), Arc::clone(&sent))))
        .collect();
    let begun = Instant::now();
    let (mut answers, mut slowest) = (0, Duration::ZERO);
    while begun.elapsed() < LASTS {
        let asked = Instant::now();
        let change = set(&mut flow, &me, "/name", json!(format!("name {answers}")));
        assert!(matches!(device.push(flow.id(), &[change]).await, Some(Down::Accepted { .. })));
        slowest = slowest.max(asked.elapsed());
        answers += 1;
    }
    over.store(true, Ordering::Relaxed);
    for flood in floods {
        flood.await.unwrap();
    }
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent > 200, "a flood of {sent} frames is none");
    assert!(slowest < SOON, "one answer took {slowest:?}");
    println!("{sent} frames came beside {answers} changes, of which none took longer than {slowest:?}");
}
