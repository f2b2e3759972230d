//! `/sync`: changes, rights, presence, runs, limits.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;
use tombolo_model::{Id, Kind, Role};
use tombolo_wire::run::{Decision, ErrorMark, RunBy, RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::{Down, Entry, MAX_DOWN_BYTES, MAX_UP_BYTES, Place, RunRows, Up};

use crate::device::{Device, author, create, id, noise, open, open_with, set};
use crate::server::Server;

#[tokio::test]
async fn a_change_reaches_the_other_device_and_a_later_one_finds_it() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let mut one = Device::join(&ann.browser, ann.account, None).await;
    let mut two = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut flow, first) = create(Kind::Flow, &json!({ "name": "Orders" }), &me);
    assert!(matches!(one.push(flow.id(), std::slice::from_ref(&first)).await, Some(Down::Accepted { .. })));
    let second = set(&mut flow, &me, "/name", json!("Invoices"));
    assert!(matches!(one.push(flow.id(), std::slice::from_ref(&second)).await, Some(Down::Accepted { .. })));
    // Again, as after a lost answer.
    assert!(matches!(one.push(flow.id(), std::slice::from_ref(&first)).await, Some(Down::Accepted { .. })));
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let entries = two.until(|frame| match frame {
            Down::Changes { entries, .. } => Some(entries),
            _ => None,
        });
        for entry in entries.await {
            if let Entry::Change { bytes, user, .. } = entry {
                assert_eq!(user, Some(ann.user));
                seen.push(bytes.into_vec());
            }
        }
    }
    assert_eq!(seen, [first.bytes.clone(), second.bytes.clone()]);
    let mut late = Device::join(&ann.browser, ann.account, None).await;
    let page = late.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page)),
        _ => None,
    });
    let page = page.await;
    assert_eq!(page.documents[0].document, flow.id());
    assert_eq!(page.documents[0].chunks.len(), 2);
}

#[tokio::test]
async fn a_monitors_change_is_refused_and_stored_nowhere() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "monitor").await;
    let mut device = Device::join(&bob.browser, ann.account, None).await;
    assert_eq!(device.welcome.role, Role::Monitor);
    let (flow, first) = create(Kind::Flow, &json!({ "name": "Orders" }), &author());
    let hash = first.hash;
    match device.push(flow.id(), &[first]).await {
        Some(Down::Refused { refusals, .. }) => {
            assert_eq!(refusals[0].code, "rights");
            assert_eq!(refusals[0].hashes, [hash]);
        }
        other => panic!("{other:?}"),
    }
    let owner = Device::join(&ann.browser, ann.account, None).await;
    assert_eq!(owner.welcome.cursor.sequence, 0);
}

#[tokio::test]
async fn a_removed_member_hears_of_it_within_two_seconds_and_a_role_change_too() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let mut device = Device::join(&bob.browser, ann.account, None).await;
    let path = format!("/api/accounts/{}/members/{}", ann.account, bob.user);
    let begun = Instant::now();
    // One that sees as much: where less is seen, the device is made to compare anew.
    ann.browser.send(Method::PATCH, &path, Some(json!({ "role": "administer" }))).await;
    let role = device.until(|frame| match frame {
        Down::Role { role, .. } => Some(role),
        _ => None,
    });
    assert_eq!(role.await, Role::Administer);
    assert!(begun.elapsed() < Duration::from_secs(2));
    let begun = Instant::now();
    ann.browser.send(Method::DELETE, &path, None).await;
    let code = device.until(|frame| match frame {
        Down::Bye { code, .. } => Some(code),
        _ => None,
    });
    assert_eq!(code.await, "removed");
    assert!(device.next().await.is_none());
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(Device::turned_away(&bob.browser, ann.account).await, "removed");
    // What it knows nothing of is no reason to take anything off a device.
    assert_eq!(Device::turned_away(&bob.browser, bob.user).await, "stranger");
    assert_eq!(Device::turned_away(&server.browser(), ann.account).await, "signedOut");
}

#[tokio::test]
async fn a_device_that_believes_to_be_somebody_else_is_signed_out_and_not_removed() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let bob = server.person("bob").await;
    // Bob has signed in where Ann's tab is still open: the cookie is his, the account hers.
    assert_eq!(Device::turned_away_as(&bob.browser, ann.account, &ann.user.to_string()).await, "signedOut");
    assert_eq!(Device::turned_away_as(&bob.browser, ann.account, &bob.user.to_string()).await, "stranger");
    assert_eq!(Device::turned_away_as(&bob.browser, bob.account, "nobody").await, "signedOut");
    let query = format!("account={}&user={}", ann.account, ann.user);
    assert!(open_with(&ann.browser, &query, &ann.browser.origin()).await.is_ok());
}

#[tokio::test]
async fn signing_out_ends_the_sockets_of_that_session_only() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut second = server.browser();
    second.post("/api/signin", json!({ "email": "ann@example.com", "password": crate::server::PASSWORD })).await;
    let mut ending = Device::join(&ann.browser, ann.account, None).await;
    let mut staying = Device::join(&second, ann.account, None).await;
    ann.browser.post("/api/signout", json!({})).await;
    let code = ending.until(|frame| match frame {
        Down::Bye { code, .. } => Some(code),
        _ => None,
    });
    assert_eq!(code.await, "signedOut");
    staying.say(&Up::Ping).await;
    staying.until(|frame| matches!(frame, Down::Pong).then_some(())).await;
}

#[tokio::test]
async fn a_socket_needs_a_session_and_our_own_page() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let foreign = open(&ann.browser, ann.account, "http://evil.example").await;
    assert!(matches!(foreign, Err(Error::Http(answer)) if answer.status() == 403));
    assert_eq!(Device::turned_away(&server.browser(), ann.account).await, "signedOut");
}

#[tokio::test]
async fn what_is_no_frame_or_too_long_ends_the_connection() {
    let server = Server::start();
    let ann = server.person("ann").await;
    for bytes in [vec![0xff; 10], vec![0; MAX_UP_BYTES + 1], b"\xa1\x64push\x9f\x9f".repeat(1_000)] {
        let mut device = Device::join(&ann.browser, ann.account, None).await;
        device.say_bytes(bytes).await;
        while let Some(frame) = device.next().await {
            assert!(matches!(frame, Down::Bye { .. } | Down::Bundle { .. } | Down::Changes { .. }), "{frame:?}");
        }
    }
}

#[tokio::test]
async fn people_see_where_others_are_also_those_who_come_later() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let mut one = Device::join(&ann.browser, ann.account, None).await;
    let document = Some(id());
    let place = Place { document, field: Some("/name".to_owned()), cursor: None };
    one.say(&Up::Presence { tab: "t".to_owned(), place: Some(place) }).await;
    one.say(&Up::Ping).await;
    one.until(|frame| matches!(frame, Down::Pong).then_some(())).await;
    let mut two = Device::join(&bob.browser, ann.account, None).await;
    let person = two.until(|frame| match frame {
        Down::Person(person) => Some(person),
        _ => None,
    });
    let person = person.await;
    assert_eq!((person.user.id, person.document), (ann.user, document));
    drop(one);
    two.until(|frame| matches!(frame, Down::Left { session } if session == person.session).then_some(())).await;
}

#[tokio::test]
async fn a_devices_run_is_kept_once_and_nobody_else_rewrites_it() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let mut one = Device::join(&ann.browser, ann.account, None).await;
    let mut two = Device::join(&bob.browser, ann.account, None).await;
    let mut row = RunRow {
        id: id(),
        flow: id(),
        flow_name: "Orders".to_owned(),
        status: RunStatus::Running,
        place: RunPlace::Browser,
        offline: true,
        started_ms: 5,
        ended_ms: None,
        steps: vec![],
        error: None,
        heads: [].into(),
        origin: tombolo_wire::run::RunOrigin::default(),
        n: 3,
    };
    let send = async |device: &mut Device, push: u64, row: &RunRow| {
        let rows = RunRows { runs: vec![row.clone()], ..RunRows::default() };
        device.say(&Up::Runs { push, rows }).await;
        device.until(|frame| matches!(frame, Down::RunsStored { .. }).then_some(())).await;
    };
    send(&mut one, 1, &row).await;
    send(&mut one, 2, &row).await;
    let older = RunRow { n: 2, flow_name: "older".to_owned(), ..row.clone() };
    send(&mut one, 3, &older).await;
    let forged = RunRow { n: 9, flow_name: "forged".to_owned(), ..row.clone() };
    send(&mut two, 1, &forged).await;
    row.n = 4;
    row.status = RunStatus::Completed;
    send(&mut one, 4, &row).await;
    let mut late = Device::join(&ann.browser, ann.account, None).await;
    let runs = late.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page).runs.runs).filter(|runs| !runs.is_empty()),
        _ => None,
    });
    assert_eq!(runs.await, [row]);
}

#[tokio::test]
async fn what_people_decide_about_errors_reaches_every_device_once_and_in_nobody_elses_name() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "monitor").await;
    let mut one = Device::join(&ann.browser, ann.account, None).await;
    let mut two = Device::join(&bob.browser, ann.account, None).await;
    let row = finished_run();
    let send = async |device: &mut Device, push: u64, rows: RunRows| {
        device.say(&Up::Runs { push, rows }).await;
        device.until(|frame| matches!(frame, Down::RunsStored { .. }).then_some(())).await;
    };
    send(&mut one, 1, RunRows { runs: vec![row.clone()], ..RunRows::default() }).await;
    let person = |user: Id| Some(Box::new(RunBy { user, name: "Somebody".to_owned() }));
    let mark = |run: Id, by| ErrorMark {
        id: id(),
        run,
        errors: vec![1, 2],
        decision: Decision::Resolve,
        by,
        time_ms: i64::MAX,
    };
    let forged = mark(row.id, person(ann.user));
    let own = mark(row.id, person(bob.user));
    let nowhere = mark(id(), None);
    let marks = vec![forged.clone(), own.clone(), own.clone(), nowhere];
    send(&mut two, 1, RunRows { marks, ..RunRows::default() }).await;
    let heard = one.until(|frame| match frame {
        Down::Changes { entries, .. } => {
            let mark = |entry| if let Entry::RunMark(mark) = entry { Some(mark) } else { None };
            Some(entries.into_iter().filter_map(mark).collect::<Vec<_>>()).filter(|marks| !marks.is_empty())
        }
        _ => None,
    });
    let heard = heard.await;
    let brief: Vec<_> = heard.iter().map(|mark| (mark.id, mark.by.as_ref().map(|by| by.user))).collect();
    assert_eq!(brief, [(forged.id, None), (own.id, Some(bob.user))]);
    assert!(heard.iter().all(|mark| mark.time_ms < i64::MAX), "a clock that runs ahead outweighs nothing");
    let mut late = Device::join(&ann.browser, ann.account, None).await;
    let marks = late.until(|frame| match frame {
        Down::Bundle { page, .. } => Some(Device::page(&page).runs.marks).filter(|marks| !marks.is_empty()),
        _ => None,
    });
    let ids: std::collections::BTreeSet<Id> = marks.await.iter().map(|mark| mark.id).collect();
    assert_eq!(ids, [forged.id, own.id].into(), "an empty device has them too");
}

/// A run of a device that has ended.
fn finished_run() -> RunRow {
    RunRow {
        id: id(),
        flow: id(),
        flow_name: "Orders".to_owned(),
        status: RunStatus::Completed,
        place: RunPlace::Browser,
        offline: false,
        started_ms: 5,
        ended_ms: Some(6),
        steps: vec![],
        error: None,
        heads: [].into(),
        origin: tombolo_wire::run::RunOrigin::default(),
        n: 3,
    }
}

#[tokio::test]
async fn what_a_device_pushed_before_it_died_reaches_the_others() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let mut two = Device::join(&ann.browser, ann.account, None).await;
    for _ in 0..20 {
        let mut one = Device::join(&ann.browser, ann.account, None).await;
        let (flow, first) = create(Kind::Flow, &json!({ "name": "Orders" }), &author());
        let changes = vec![first.bytes.into()];
        one.say(&Up::Push { push: 1, document: flow.id(), changes }).await;
        one.say(&Up::Ping).await;
        one.until(|frame| matches!(frame, Down::Pong).then_some(())).await;
        drop(one);
        let found = two.until(|frame| match frame {
            Down::Changes { entries, .. } => entries
                .iter()
                .any(|entry| matches!(entry, Entry::Change { document, .. } if *document == flow.id()))
                .then_some(()),
            _ => None,
        });
        found.await;
    }
}

#[tokio::test]
async fn a_full_document_takes_no_more_and_still_reaches_an_empty_device() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let me = author();
    let (mut flow, mut chunk) = create(Kind::Flow, &json!({ "name": "Orders" }), &me);
    let (mut stored, mut count) = (0, 0);
    let refusals = loop {
        match device.push(flow.id(), std::slice::from_ref(&chunk)).await {
            Some(Down::Accepted { .. }) => (stored, count) = (stored + chunk.bytes.len(), count + 1),
            Some(Down::Refused { refusals, .. }) => break refusals,
            other => panic!("{other:?}"),
        }
        chunk = set(&mut flow, &me, "/name", json!(noise(250 * 1024)));
    };
    assert_eq!(refusals[0].code, "quota");
    assert!(stored > MAX_DOWN_BYTES / 2, "full with {stored} bytes");
    // A document beside it does not push it over the edge.
    let (other, first) = create(Kind::Flow, &json!({ "name": noise(250 * 1024) }), &author());
    assert!(matches!(device.push(other.id(), &[first]).await, Some(Down::Accepted { .. })));
    let mut empty = Device::join(&ann.browser, ann.account, None).await;
    let mut found = BTreeMap::new();
    while found.len() < 2 {
        let documents = empty.until(|frame| match frame {
            Down::Bundle { page, .. } => Some(Device::page(&page).documents),
            Down::Bye { message, .. } => panic!("{message}"),
            _ => None,
        });
        found.extend(documents.await.into_iter().map(|document| (document.document, document.chunks.len())));
    }
    assert_eq!((found[&flow.id()], found[&other.id()]), (count, 1));
}
