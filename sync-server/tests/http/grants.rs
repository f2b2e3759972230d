//! Levels on single integrations: what is seen, changed, run and fetched with them, and what is left when they go.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::run::RunStatus;
use tombolo_wire::sync::{Course, Cursor, Down, Entry, Place, Up};

use crate::device::{Device, author, create, set};
use crate::runs::{make, start_endless, until_row};
use crate::server::{Person, Server, code};

/// Two integrations with a flow each, and Bob, who sees the first alone.
struct Shared {
    server: Server,
    ann: Person,
    bob: Person,
    device: Device,
    ours: Id,
    ours_flow: Id,
    theirs: Id,
    theirs_export: Id,
}

impl Shared {
    async fn open(level: &str) -> Self {
        let server = Server::start();
        let mut ann = server.person("ann").await;
        let mut bob = server.person("bob").await;
        let mut device = Device::join(&ann.browser, ann.account, None).await;
        let ours = make(&mut device, Kind::Integration, &json!({ "name": "Ours" })).await;
        let theirs = make(&mut device, Kind::Integration, &json!({ "name": "Theirs" })).await;
        let flow = |name: &str, home: Id| json!({ "name": name, "_integrationId": home });
        let ours_flow = make(&mut device, Kind::Flow, &flow("Orders", ours)).await;
        make(&mut device, Kind::Flow, &flow("Payroll", theirs)).await;
        let theirs_export = make(&mut device, Kind::Export, &flow("Salaries", theirs)).await;
        ann.let_in(&mut bob, "bob", "custom").await;
        let mut shared = Self { server, ann, bob, device, ours, ours_flow, theirs, theirs_export };
        shared.grant(Some(level)).await;
        shared
    }

    async fn grant(&mut self, level: Option<&str>) {
        let grants = level.map_or_else(|| json!({}), |level| json!({ self.ours.to_string(): level }));
        let path = format!("/api/accounts/{}/members/{}", self.ann.account, self.bob.user);
        let body = json!({ "role": "custom", "grants": grants });
        let answer = self.ann.browser.send(Method::PATCH, &path, Some(body)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    async fn bobs(&self, cursor: Option<Cursor>) -> Device {
        Device::join(&self.bob.browser, self.ann.account, cursor).await
    }

    /// What an empty device of Bob's is given.
    async fn seen(&self) -> BTreeSet<Id> {
        let mut device = self.bobs(None).await;
        let page = device.until(|frame| match frame {
            Down::Bundle { page, .. } => Some(Device::page(&page)),
            _ => None,
        });
        page.await.documents.iter().map(|snapshot| snapshot.document).collect()
    }
}

#[tokio::test]
async fn a_custom_member_gets_exactly_what_is_granted_each_time() {
    let mut shared = Shared::open("monitor").await;
    let permitted = BTreeSet::from([shared.ours, shared.ours_flow]);
    assert_eq!(shared.seen().await, permitted);
    shared.grant(None).await;
    assert_eq!(shared.seen().await, BTreeSet::new());
    let next = make(&mut shared.device, Kind::Flow, &json!({ "name": "Next", "_integrationId": shared.ours })).await;
    shared.grant(Some("manage")).await;
    assert_eq!(shared.seen().await, &permitted | &BTreeSet::from([next]));
}

#[tokio::test]
async fn a_narrowed_right_closes_the_socket_within_two_seconds_and_lists_what_is_left() {
    let mut shared = Shared::open("monitor").await;
    let mut device = shared.bobs(None).await;
    let cursor = device.until(|frame| match frame {
        Down::Bundle { cursor, .. } => cursor,
        _ => None,
    });
    let cursor = cursor.await;
    let before = Instant::now();
    shared.grant(None).await;
    let said = device.until(|frame| match frame {
        Down::Bye { code, .. } => Some(code),
        _ => None,
    });
    assert_eq!(said.await, "rights");
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    let mut again = shared.bobs(Some(cursor)).await;
    assert_eq!(again.welcome.course, Course::Rights);
    let listed = again.until(|frame| match frame {
        Down::Manifest { entries, .. } => Some(entries),
        _ => None,
    });
    assert!(listed.await.is_empty());
}

#[tokio::test]
async fn what_others_do_elsewhere_does_not_reach_a_custom_member() {
    let mut shared = Shared::open("monitor").await;
    let mut device = shared.bobs(None).await;
    make(&mut shared.device, Kind::Script, &json!({ "name": "Secret", "_integrationId": shared.theirs })).await;
    make(&mut shared.device, Kind::Script, &json!({ "name": "Nobody's" })).await;
    let shown = make(&mut shared.device, Kind::Script, &json!({ "name": "S", "_integrationId": shared.ours })).await;
    let mut came = Vec::new();
    while came.is_empty() {
        let entries = device.until(|frame| match frame {
            Down::Changes { entries, .. } => Some(entries),
            _ => None,
        });
        came.extend(entries.await.into_iter().filter_map(|entry| match entry {
            Entry::Change { document, .. } => Some(document),
            _ => None,
        }));
    }
    assert_eq!(came, [shown]);
}

#[tokio::test]
async fn where_others_are_is_told_without_what_may_not_be_seen() {
    let mut shared = Shared::open("monitor").await;
    let mut device = shared.bobs(None).await;
    let place = |document: Id| Place { document: Some(document), field: Some("/name".to_owned()), cursor: None };
    for (tab, document) in [("a", shared.theirs_export), ("b", shared.ours_flow)] {
        shared.device.say(&Up::Presence { tab: tab.to_owned(), place: Some(place(document)) }).await;
    }
    let mut told = Vec::new();
    while told.len() < 2 {
        let person = device.until(|frame| match frame {
            Down::Person(person) => Some((person.document, person.field)),
            _ => None,
        });
        told.push(person.await);
    }
    assert_eq!(told, [(None, None), (Some(shared.ours_flow), Some("/name".to_owned()))]);
}

#[tokio::test]
async fn a_reference_to_another_integrations_export_is_refused_and_gives_no_access() {
    let mut shared = Shared::open("manage").await;
    let mut device = shared.bobs(None).await;
    let me = author();
    let value = json!({ "name": "Mine", "_integrationId": shared.ours });
    let (mut flow, first) = create(Kind::Flow, &value, &me);
    assert!(matches!(device.push(flow.id(), &[first]).await, Some(Down::Accepted { .. })));
    let stolen = set(&mut flow, &me, "/pageGenerators", json!([{ "_exportId": shared.theirs_export }]));
    match device.push(flow.id(), &[stolen]).await {
        Some(Down::Refused { refusals, .. }) => {
            assert_eq!(refusals[0].code, "reference");
            assert!(!refusals[0].message.contains(&shared.theirs_export.to_string()));
        }
        other => panic!("{other:?}"),
    }
    // Nor when somebody else has put it there.
    let value = json!({ "name": "Anns", "_integrationId": shared.ours, "pageGenerators": [{ "_exportId": shared.theirs_export }] });
    make(&mut shared.device, Kind::Flow, &value).await;
    assert!(!shared.seen().await.contains(&shared.theirs_export));
}

#[tokio::test]
async fn what_a_custom_member_may_not_see_answers_over_http_as_if_it_did_not_exist() {
    let mut shared = Shared::open("monitor").await;
    let account = shared.ann.account;
    let theirs = make(&mut shared.device, Kind::Flow, &json!({ "name": "F", "_integrationId": shared.theirs })).await;
    let nothing = "f".repeat(24);
    let mut answers = Vec::new();
    for flow in [theirs.to_string(), nothing] {
        let answer = shared.bob.browser.post(&format!("/api/accounts/{account}/flows/{flow}/run"), json!({})).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        answers.push(answer.text().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    let path = format!("/api/accounts/{account}/connections/{}/secrets", shared.ours_flow);
    let seen = shared.bob.browser.get(&path).await;
    assert_eq!(seen.status(), StatusCode::FORBIDDEN, "a monitor sees it and writes no secret");
}

#[tokio::test]
async fn a_run_ends_with_the_rights_of_who_started_it() {
    let server = Server::start_with(&["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let hers = start_endless(&mut ann, &mut device).await;
    let mut at_anns = Person { browser: bob.browser.clone(), user: bob.user, account: ann.account };
    let his = start_endless(&mut at_anns, &mut device).await;
    let path = format!("/api/accounts/{}/members/{}", ann.account, bob.user);
    ann.browser.send(Method::PATCH, &path, Some(json!({ "role": "custom" }))).await;
    let (row, _) = until_row(&mut device, |row| row.ended_ms.is_some()).await;
    assert_eq!((row.id, row.status), (his, RunStatus::Canceled));
    let cancel = format!("/api/accounts/{}/runs/{hers}/cancel", ann.account);
    assert_eq!(ann.browser.post(&cancel, json!({})).await.status(), StatusCode::ACCEPTED, "another's run goes on");
}

#[tokio::test]
async fn the_account_has_one_owner_also_when_it_is_given_away() {
    let shared = Shared::open("monitor").await;
    let Shared { mut ann, mut bob, server, .. } = shared;
    let path = format!("/api/accounts/{}/owner", ann.account);
    let body = json!({ "user": bob.user });
    assert_eq!(bob.browser.post(&path, body.clone()).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ann.browser.post(&path, body.clone()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ann.browser.post(&path, body).await.status(), StatusCode::FORBIDDEN);
    let list = bob.browser.get(&format!("/api/accounts/{}/members", ann.account)).await;
    let list: Value = list.json().await.unwrap();
    let roles: Vec<_> = list["members"].as_array().unwrap().iter().map(|member| member["role"].clone()).collect();
    assert_eq!(roles, ["administer", "owner"]);
    let back = json!({ "user": server.person("stranger").await.user });
    let answer = bob.browser.post(&path, back).await;
    assert_eq!(code(answer).await, "not_found");
}

/// All that the device is sent until it has everything.
async fn whole(device: &mut Device) -> (Vec<Id>, Cursor, String) {
    let came = device.until(|frame| match frame {
        Down::Bundle { page, cursor: Some(cursor) } => Some((Device::page(&page), cursor)),
        _ => None,
    });
    let (page, cursor) = came.await;
    let text = page.documents.iter().flat_map(|of| &of.chunks).map(|chunk| String::from_utf8_lossy(chunk).into_owned());
    (page.documents.iter().map(|of| of.document).collect(), cursor, text.collect())
}

#[tokio::test]
async fn who_may_not_open_a_connection_is_sent_its_name_and_nothing_of_how_it_signs_in() {
    let mut shared = Shared::open("manage").await;
    let at = |home: Option<Id>, name: &str| {
        let http = json!({ "baseURI": format!("https://{name}.canary.example"), "auth": { "type": "basic" } });
        let value = json!({ "name": name, "type": "http", "http": http, "_integrationId": home });
        if home.is_some() { value } else { json!({ "name": name, "type": "http", "http": http }) }
    };
    let (ours, theirs) = (Some(shared.ours), Some(shared.theirs));
    let mine = make(&mut shared.device, Kind::Connection, &at(ours, "mine")).await;
    let other = make(&mut shared.device, Kind::Connection, &at(theirs, "other")).await;
    let nobodys = make(&mut shared.device, Kind::Connection, &at(None, "nobodys")).await;
    let member = format!("/api/accounts/{}/members/{}", shared.ann.account, shared.bob.user);
    let hybrid = json!({ "role": "monitor", "grants": { shared.ours.to_string(): "manage" } });
    shared.ann.browser.send(Method::PATCH, &member, Some(hybrid)).await;

    // A monitor who manages one integration opens its connection and no other.
    let mut device = shared.bobs(None).await;
    let (documents, cursor, text) = whole(&mut device).await;
    assert!(documents.contains(&mine) && documents.contains(&shared.theirs_export));
    assert!(!documents.contains(&other) && !documents.contains(&nobodys));
    assert!(!text.contains("other.canary") && !text.contains("nobodys.canary"));
    device.say(&Up::Fetch { documents: vec![other, nobodys] }).await;
    let fetched = device.until(|frame| match frame {
        Down::Bundle { page, cursor: None } => Some(Device::page(&page).documents),
        _ => None,
    });
    assert!(fetched.await.is_empty(), "asked for by name");
    let stubs = format!("/api/accounts/{}/stubs", shared.ann.account);
    let told: Value = shared.bob.browser.get(&stubs).await.json().await.unwrap();
    let mut names: Vec<&str> =
        told["stubs"].as_array().unwrap().iter().map(|stub| stub["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["nobodys", "other"]);
    assert!(!told.to_string().contains("canary") && told["stubs"][0]["adaptor"] == "http", "{told}");

    // What becomes of it is not told over the socket, and the cursor goes on.
    let renamed = make(&mut shared.device, Kind::Connection, &at(None, "newer")).await;
    let script = make(&mut shared.device, Kind::Script, &json!({ "name": "after" })).await;
    let entries = device.until(|frame| match frame {
        Down::Changes { entries, .. } if !entries.is_empty() => Some(entries),
        _ => None,
    });
    let came: Vec<Id> = entries
        .await
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Change { document, .. } => Some(document),
            _ => None,
        })
        .collect();
    assert_eq!(came, [script], "not {renamed}");

    // Who may open them all is sent them, and who may not any more compares what is left.
    shared.ann.browser.send(Method::PATCH, &member, Some(json!({ "role": "manage" }))).await;
    let mut device = shared.bobs(Some(cursor)).await;
    assert_eq!(device.welcome.course, Course::Rights);
    let listed = device.until(|frame| match frame {
        Down::Manifest { entries, .. } => Some(entries),
        _ => None,
    });
    let listed: Vec<Id> = listed.await.into_iter().map(|entry| entry.document).collect();
    assert!(listed.contains(&other) && listed.contains(&nobodys));
    let none: Value = shared.bob.browser.get(&stubs).await.json().await.unwrap();
    assert_eq!(none["stubs"], json!([]));
}

#[tokio::test]
async fn a_monitors_device_that_has_connections_of_an_earlier_version_is_made_to_compare() {
    let server = Server::start();
    let mut ann = server.person("ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "monitor").await;
    let mut device = Device::join(&bob.browser, ann.account, None).await;
    let cursor = device.until(|frame| match frame {
        Down::Bundle { cursor, .. } => cursor,
        _ => None,
    });
    let now = cursor.await;
    let before = Cursor { visibility_epoch: now.visibility_epoch & 0xffff, ..now };
    assert_ne!(before, now);
    assert_eq!(Device::join(&bob.browser, ann.account, Some(before)).await.welcome.course, Course::Rights);
    assert_eq!(Device::join(&bob.browser, ann.account, Some(now)).await.welcome.course, Course::Resume);
}
