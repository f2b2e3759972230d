//! Both ends against each other: what is said, when, and what counts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod pair;
mod runs;

use pair::{Pair, user};
use proptest::prelude::*;
use serde_json::json;
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::{Id, Intent, Kind, Role};
use tombolo_sync::client::{Client, Effect, Event, Options};
use tombolo_sync::server::{self, Peer, Session};
use tombolo_wire::store::{Access, Link};
use tombolo_wire::sync::{
    Course, Cursor, Down, Hello, MAX_UP_BYTES, ManifestEntry, Up, VERSION, encode_down, encode_up,
};

const AUTHOR: Author = Author { actor: [1; 16], time_ms: 5 };

fn id(n: u8) -> Id {
    Id::from_parts(7, [n; 8])
}

fn flow(n: u8) -> (Document, Chunk) {
    let value = json!({"name": "f", "description": "what the flow does, in a few words", "disabled": false});
    Document::create(Kind::Flow, id(n), &value, &AUTHOR, &mut || "r".to_owned()).unwrap()
}

fn rename(document: &mut Document, name: &str) -> Chunk {
    let intent = Intent::Set { path: "/name".to_owned(), value: json!(name) };
    document.edit(&AUTHOR, &[intent], &mut || "r".to_owned()).unwrap().unwrap()
}

fn online() -> Pair {
    let mut pair = Pair::new(None);
    pair.start();
    assert_eq!(pair.status().link, Link::Online);
    pair
}

#[test]
fn an_equal_reconnect_costs_less_than_a_kilobyte() {
    let mut pair = Pair::new(None);
    let (_, chunk) = flow(1);
    pair.append(id(1), chunk.hash, &chunk.bytes);
    pair.client = Client::new(Options { seed: 1, cursor: Some(pair.cursor(1)) });
    pair.start();
    assert!(pair.status().caught_up, "{:?}", pair.status());
    assert!(pair.bytes < 1_024, "{} bytes", pair.bytes);
    assert_eq!((pair.up.len(), pair.down.len()), (1, 1));
}

#[test]
fn ten_thousand_documents_come_in_a_few_bundles() {
    let mut pair = Pair::new(None);
    let (_, chunk) = flow(1);
    for n in 0..10_000_u64 {
        pair.documents.insert(Id::from_parts(1, n.to_be_bytes()), vec![chunk.bytes.clone()]);
    }
    pair.start();
    assert!(pair.status().caught_up);
    let bundles = pair.down.iter().filter(|frame| matches!(frame, Down::Bundle { .. })).count();
    let stored: usize = pair.stores.iter().flat_map(|store| &store.received).map(|item| item.chunks.len()).sum();
    assert_eq!(stored, 10_000);
    assert!(bundles <= 4, "{bundles} bundles");
    assert_eq!(pair.client.cursor().unwrap().bootstrap, None);
}

#[test]
fn a_bootstrap_that_breaks_goes_on_where_it_was_stored() {
    let mut pair = Pair::new(None);
    let (_, chunk) = flow(1);
    for n in 0..9 {
        pair.documents.insert(id(n), vec![chunk.bytes.clone(); 2_000]);
    }
    pair.hold_stores = true;
    pair.start();
    let first = pair.stores[0].clone();
    let cursor = first.cursor.unwrap();
    assert!(cursor.bootstrap.is_some());
    let mut second = Pair::new(Some(cursor));
    second.documents = pair.documents;
    second.start();
    assert!(second.status().caught_up);
    let again: Vec<Id> = second.stores.iter().flat_map(|store| &store.received).map(|item| item.document).collect();
    assert!(first.received.iter().all(|item| !again.contains(&item.document)));
    assert_eq!(again.len() + first.received.len(), 9);
}

#[test]
fn the_first_change_goes_at_once_and_later_ones_gather_for_fifty_milliseconds_at_most() {
    let mut pair = online();
    let (mut document, first) = flow(1);
    pair.hold = true;
    pair.outbox(id(1), &first);
    assert_eq!(pair.pushes(), [1]);
    for name in ["a", "b", "c"] {
        let chunk = rename(&mut document, name);
        pair.outbox(id(1), &chunk);
    }
    assert_eq!(pair.pushes(), [1]);
    pair.wait(49);
    assert_eq!(pair.pushes(), [1]);
    pair.wait(1);
    assert_eq!(pair.pushes(), [1, 3]);
    assert_eq!(pair.status().waiting, 4);
    pair.release();
    assert_eq!(pair.status().waiting, 0);
}

#[test]
fn a_change_is_acknowledged_only_after_the_storage_said_so() {
    let mut pair = online();
    pair.hold = true;
    let (_, first) = flow(1);
    pair.outbox(id(1), &first);
    assert!(!pair.down.iter().any(|frame| matches!(frame, Down::Accepted { .. })));
    assert!(pair.stores.iter().all(|store| store.acked.is_empty()));
    pair.release();
    assert!(pair.stores.iter().any(|store| store.acked == [first.hash]));
}

#[test]
fn a_push_whose_answer_was_lost_is_accepted_again() {
    let mut pair = online();
    let (_, first) = flow(1);
    pair.append(id(1), first.hash, &first.bytes);
    pair.outbox(id(1), &first);
    assert_eq!(pair.status().waiting, 0);
    assert_eq!(pair.state.sequence, 1);
}

#[test]
fn the_cursor_counts_only_what_is_stored() {
    let mut pair = online();
    let before = pair.client.cursor();
    pair.hold_stores = true;
    let (_, chunk) = flow(1);
    pair.append(id(1), chunk.hash, &chunk.bytes);
    pair.notify();
    assert!(pair.asked.iter().any(|effect| matches!(effect, Effect::Show(_))), "shown at once");
    assert_eq!(pair.client.cursor(), before);
    assert!(!pair.status().caught_up);
    let store = pair.stores.last().unwrap().clone();
    pair.client(Event::Stored { token: store.token });
    assert_eq!(pair.client.cursor(), store.cursor);
    assert_eq!(pair.client.cursor().unwrap().sequence, 1);
}

#[test]
fn a_failed_transaction_is_tried_again_and_nothing_is_asked_for_twice() {
    let mut pair = online();
    pair.hold_stores = true;
    let (_, chunk) = flow(1);
    pair.append(id(1), chunk.hash, &chunk.bytes);
    pair.notify();
    let failed = pair.stores.last().unwrap().clone();
    pair.client(Event::StoreFailed { token: failed.token, reason: "The disk is full.".to_owned() });
    assert_eq!(pair.status().reason.as_deref(), Some("The disk is full."));
    let count = pair.stores.len();
    pair.wait(40_000);
    let again = pair.stores.last().unwrap().clone();
    assert_eq!(pair.stores.len(), count + 1);
    assert_eq!((again.received, again.cursor), (failed.received, failed.cursor));
}

#[test]
fn the_server_sends_at_most_a_window_ahead_of_what_is_stored() {
    let mut pair = online();
    pair.hold_stores = true;
    let (mut document, first) = flow(1);
    pair.append(id(1), first.hash, &first.bytes);
    for n in 0..30 {
        let chunk = rename(&mut document, &n.to_string());
        pair.append(id(1), chunk.hash, &chunk.bytes);
        pair.notify();
    }
    let sent = pair.down.iter().filter(|frame| matches!(frame, Down::Changes { .. })).count();
    assert!(sent <= 9, "{sent}");
    pair.hold_stores = false;
    let token = pair.stores.last().unwrap().token;
    pair.client(Event::Stored { token });
    assert!(pair.status().caught_up);
    assert_eq!(pair.client.cursor().unwrap().sequence, 31);
}

#[test]
fn a_devices_own_changes_do_not_come_back_and_its_cursor_follows_later() {
    let mut pair = online();
    let (_, first) = flow(1);
    pair.outbox(id(1), &first);
    pair.notify();
    assert!(pair.stores.iter().all(|store| store.received.is_empty()));
    assert_eq!(pair.client.cursor().unwrap().sequence, 0);
    pair.wait(5_000);
    assert_eq!(pair.client.cursor().unwrap().sequence, 1);
    assert!(pair.stores.iter().all(|store| store.received.is_empty()));
}

#[test]
fn a_lost_notice_is_made_good_by_the_next_ping() {
    let mut pair = online();
    let (_, chunk) = flow(1);
    pair.append(id(1), chunk.hash, &chunk.bytes);
    pair.wait(25_000);
    assert_eq!(pair.client.cursor().unwrap().sequence, 1);
}

#[test]
fn what_a_push_builds_on_and_the_server_lacks_is_supplied() {
    let mut pair = online();
    let (mut document, first) = flow(1);
    let second = rename(&mut document, "g");
    pair.outbox(id(1), &second);
    let wanted = pair.asked.iter().find_map(|effect| match effect {
        Effect::Supply { document, hashes } => Some((*document, hashes.clone())),
        _ => None,
    });
    assert_eq!(wanted, Some((id(1), vec![first.hash])));
    pair.outbox(id(1), &first);
    assert_eq!(pair.status().waiting, 0);
    assert_eq!(pair.state.sequence, 2);
}

#[test]
fn what_builds_on_a_change_that_is_nowhere_is_parked_and_not_waited_for() {
    let mut pair = online();
    let (mut document, first) = flow(1);
    let second = rename(&mut document, "g");
    let third = rename(&mut document, "h");
    pair.outbox(id(1), &second);
    pair.outbox(id(1), &third);
    pair.client(Event::Absent { document: id(1), hashes: vec![first.hash] });
    assert_eq!(pair.status().waiting, 0);
    assert!(matches!(pair.asked.last(), Some(Effect::Park(park)) if park.hashes == [second.hash, third.hash]));
    pair.outbox(id(1), &rename(&mut document, "i"));
    assert_eq!(pair.status().waiting, 0, "what is built on it later is parked at once");
}

#[test]
fn refused_changes_are_parked_with_what_builds_on_them_and_the_rest_goes_on() {
    let mut pair = online();
    pair.hold = true;
    let (mut one, first) = flow(1);
    let (_, other) = flow(2);
    let second = rename(&mut one, "g");
    pair.outbox(id(1), &first);
    pair.outbox(id(1), &second);
    pair.outbox(id(2), &other);
    pair.state.rights = Role::Monitor.into();
    let held = std::mem::take(&mut pair.held);
    let (left, right) = held
        .into_iter()
        .partition(|effect| matches!(effect, server::Effect::Commit { document, .. } if *document == id(1)));
    pair.held = left;
    pair.release();
    pair.state.rights = Role::Manage.into();
    pair.held = right;
    pair.release();
    let park = pair.asked.iter().find_map(|effect| match effect {
        Effect::Park(park) => Some(park.clone()),
        _ => None,
    });
    let park = park.unwrap();
    assert_eq!((park.document, park.hashes, park.code.as_str()), (id(1), vec![first.hash, second.hash], "rights"));
    assert_eq!(pair.status().waiting, 0);
    assert!(pair.known.contains(&other.hash) && !pair.known.contains(&first.hash));
}

#[test]
fn after_a_restore_the_device_pushes_what_the_server_lacks_before_it_takes_the_new_cursor() {
    let old = Cursor { server_epoch: 0, visibility_epoch: 1, sequence: 50, bootstrap: None };
    let mut pair = Pair::new(Some(old));
    pair.state.restored = true;
    pair.start();
    assert!(matches!(pair.down.first(), Some(Down::Welcome(welcome)) if welcome.course == Course::Restored));
    assert!(matches!(pair.asked.last(), Some(Effect::Compare { course: Course::Restored, .. })));
    let (_, first) = flow(1);
    pair.hold = true;
    pair.outbox(id(1), &first);
    let round = pair.round();
    pair.client(Event::Compared { round, fetch: vec![], forget: vec![], unlisted: vec![] });
    assert_eq!(pair.client.cursor(), Some(old), "a broken connection compares again");
    assert!(matches!(pair.held[..], [server::Effect::Commit { recovering: true, .. }]));
    pair.release();
    pair.notify();
    assert_eq!(pair.client.cursor().map(|cursor| (cursor.server_epoch, cursor.sequence)), Some((1, 1)));
    assert!(pair.status().caught_up);
}

#[test]
fn narrowed_rights_forget_documents_and_widened_ones_bring_them_whole() {
    let old = Cursor { server_epoch: 1, visibility_epoch: 0, sequence: 0, bootstrap: None };
    let mut pair = Pair::new(Some(old));
    let (_, chunk) = flow(2);
    pair.documents.insert(id(2), vec![chunk.bytes]);
    pair.manifest = vec![ManifestEntry { document: id(2), heads: vec![chunk.hash] }];
    pair.start();
    let round = pair.round();
    pair.client(Event::Compared { round, fetch: vec![id(2)], forget: vec![id(1)], unlisted: vec![] });
    let forgotten: Vec<Id> = pair.stores.iter().flat_map(|store| store.forget.clone()).collect();
    let received: Vec<Id> = pair.stores.iter().flat_map(|store| &store.received).map(|item| item.document).collect();
    assert_eq!((forgotten, received), (vec![id(1)], vec![id(2)]));
    assert_eq!(pair.client.cursor().map(|cursor| cursor.visibility_epoch), Some(1));
}

#[test]
fn a_removed_member_is_told_and_does_not_try_again() {
    let mut pair = online();
    pair.server(server::Event::RightsChanged { rights: None });
    assert_eq!(pair.status().link, Link::Stopped);
    assert!(pair.status().reason.as_deref().unwrap_or_default().contains("no longer a member"));
    assert_eq!(pair.status().access, Access::Ended);
    let frames = pair.up.len();
    pair.wait(600_000);
    assert_eq!(pair.up.len(), frames);
}

#[test]
fn who_was_removed_is_left_nothing_but_what_is_parked_and_who_is_not_known_keeps_all() {
    for (code, access) in [("removed", Access::Ended), ("stranger", Access::Unknown)] {
        let mut pair = online();
        let (_, came) = flow(2);
        pair.hold_stores = true;
        pair.append(id(2), came.hash, &came.bytes);
        pair.notify();
        let token = pair.stores.last().unwrap().token;
        let cursor = pair.client.cursor();
        pair.hold = true;
        pair.outbox(id(1), &flow(1).1);
        let bye = Down::Bye { code: code.to_owned(), message: "You have no access.".to_owned() };
        pair.client(Event::Frame(encode_down(&bye).unwrap()));
        let asked = pair.asked.iter().filter(|effect| matches!(effect, Effect::Park(_) | Effect::Empty));
        let order: Vec<bool> = asked.map(|effect| matches!(effect, Effect::Empty)).collect();
        assert_eq!((pair.status().access, pair.status().link), (access, Link::Stopped));
        if access == Access::Unknown {
            assert_eq!((order.as_slice(), pair.client.cursor()), (&[false][..], cursor));
            continue;
        }
        assert_eq!((order.as_slice(), pair.client.cursor()), (&[false, true][..], None));
        // What was on its way to the disk is not tried again after that, nor does its cursor count.
        let stores = pair.stores.len();
        pair.client(Event::StoreFailed { token, reason: "The disk is full.".to_owned() });
        pair.wait(600_000);
        assert_eq!((pair.stores.len(), pair.client.cursor()), (stores, None));
    }
}

#[test]
fn what_a_removed_member_had_not_sent_is_parked() {
    let mut pair = online();
    pair.hold = true;
    let (_, chunk) = flow(1);
    pair.outbox(id(1), &chunk);
    pair.server(server::Event::RightsChanged { rights: None });
    let parked: Vec<_> = pair.asked.iter().filter(|effect| matches!(effect, Effect::Park(_))).collect();
    let [Effect::Park(park)] = parked.as_slice() else { panic!("{parked:?}") };
    assert_eq!((park.document, &park.hashes, park.code.as_str()), (id(1), &vec![chunk.hash], "removed"));
    assert_eq!(pair.status().waiting, 0);
}

#[test]
fn what_a_removed_member_goes_on_writing_is_parked_until_they_are_let_in_again() {
    let mut pair = online();
    pair.server(server::Event::RightsChanged { rights: None });
    pair.asked.clear();
    let (mut document, chunk) = flow(1);
    pair.outbox(id(1), &chunk);
    let [Effect::Park(park), Effect::Empty] = pair.asked.as_slice() else { panic!("{:?}", pair.asked) };
    assert_eq!((&park.hashes, park.code.as_str()), (&vec![chunk.hash], "removed"));
    pair.client(Event::Withdrawn { document: id(1), hashes: vec![chunk.hash] });

    // It had arrived before they were removed, so it comes back with the saved document, and may be built on.
    pair.append(id(1), chunk.hash, &chunk.bytes);
    pair.documents.insert(id(1), vec![document.save()]);
    pair.manifest = vec![ManifestEntry { document: id(1), heads: vec![chunk.hash] }];
    pair.state.visibility_epoch = 2;
    pair.client(Event::Start);
    assert!(pair.stores.iter().flat_map(|store| &store.received).any(|item| item.document == id(1)), "it comes whole");
    pair.outbox(id(1), &rename(&mut document, "g"));
    let parked = pair.asked.iter().filter(|effect| matches!(effect, Effect::Park(_))).count();
    assert_eq!(parked, 1, "{:?}", pair.asked);
    assert_eq!((pair.status().link, pair.status().waiting), (Link::Online, 0));
}

#[test]
fn a_manifest_that_comes_twice_is_compared_once() {
    let (_, chunk) = flow(1);
    let mut pair = Pair::new(None);
    pair.client = Client::new(Options { seed: 1, cursor: Some(pair.cursor(0)) });
    pair.state.server_epoch = 2;
    pair.state.restored = true;
    pair.manifest = vec![ManifestEntry { document: id(1), heads: vec![chunk.hash] }];
    pair.start();
    let manifest = pair.down.iter().find(|frame| matches!(frame, Down::Manifest { .. })).unwrap().clone();
    pair.client(Event::Frame(encode_down(&manifest).unwrap()));
    let asked = pair.asked.iter().filter(|effect| matches!(effect, Effect::Compare { .. })).count();
    assert_eq!(asked, 1);
    let round = pair.round();
    pair.client(Event::Compared { round, fetch: Vec::new(), forget: Vec::new(), unlisted: vec![] });
    assert_eq!(pair.status().link, Link::Online);
}

#[test]
fn what_the_server_took_during_a_comparison_is_not_forgotten() {
    let (_, chunk) = flow(1);
    let mut pair = Pair::new(None);
    pair.client = Client::new(Options { seed: 1, cursor: Some(pair.cursor(0)) });
    pair.state.visibility_epoch = 2;
    pair.outbox(id(1), &chunk);
    pair.start();
    assert_eq!(pair.status().waiting, 0, "it was accepted, and the list is older");
    let round = pair.round();
    pair.client(Event::Compared { round, fetch: Vec::new(), forget: vec![id(1)], unlisted: vec![] });
    assert!(pair.stores.iter().all(|store| store.forget.is_empty()));
}

#[test]
fn what_was_edited_during_a_comparison_is_neither_forgotten_nor_parked() {
    let (_, chunk) = flow(1);
    let mut pair = Pair::new(None);
    pair.client = Client::new(Options { seed: 1, cursor: Some(pair.cursor(0)) });
    pair.state.visibility_epoch = 2;
    pair.hold = true;
    pair.start();
    pair.outbox(id(1), &chunk);
    let round = pair.round();
    pair.client(Event::Compared { round, fetch: Vec::new(), forget: vec![id(1)], unlisted: vec![] });
    assert!(pair.stores.iter().all(|store| store.forget.is_empty()));
    assert!(!pair.asked.iter().any(|effect| matches!(effect, Effect::Park(_))), "the server has not judged it yet");
    pair.release();
    assert_eq!(pair.status().waiting, 0);
}

#[test]
fn a_failed_transaction_of_a_dead_connection_wakes_nobody_for_ever() {
    let mut pair = online();
    pair.hold_stores = true;
    let (_, chunk) = flow(1);
    pair.append(id(1), chunk.hash, &chunk.bytes);
    let token = pair.stores.last().unwrap().token;
    pair.client(Event::Closed { reason: "It broke.".to_owned(), retry: true });
    pair.client(Event::StoreFailed { token, reason: "The disk is full.".to_owned() });
    let woken = (0..100).find(|_| {
        pair.now += 60_000;
        !pair
            .client
            .handle(pair.now, Event::Wake)
            .iter()
            .any(|effect| matches!(effect, Effect::WakeAt(at) if *at <= pair.now))
    });
    assert!(woken.is_some());
}

#[test]
fn a_damaged_document_is_asked_for_until_it_comes() {
    let mut pair = online();
    let (document, _) = flow(1);
    pair.client(Event::Closed { reason: "It broke.".to_owned(), retry: true });
    pair.client(Event::Fetch(vec![id(1)]));
    pair.documents.insert(id(1), vec![document.save()]);
    pair.wait(60_000);
    let received: Vec<Id> = pair.stores.iter().flat_map(|store| &store.received).map(|item| item.document).collect();
    assert_eq!(received, [id(1)]);
    let asked = pair.up.iter().filter(|frame| matches!(frame, Up::Fetch { .. })).count();
    assert_eq!(asked, 1);
}

#[test]
fn a_restarting_server_is_tried_again_with_back_off() {
    let mut pair = online();
    pair.server(server::Event::ShuttingDown);
    assert_eq!(pair.status().link, Link::Offline);
    pair.wait(300);
    assert_eq!(pair.status().link, Link::Online);
}

#[test]
fn whoever_does_not_begin_with_hello_or_says_too_much_is_shown_out() {
    let ping = encode_up(&Up::Ping).unwrap();
    let hello = encode_up(&Up::Hello(Hello { version: VERSION, cursor: None })).unwrap();
    let huge = vec![0; MAX_UP_BYTES + 1];
    for frames in [vec![ping], vec![hello.clone(), hello], vec![huge], vec![b"{}".to_vec()]] {
        let mut peer = Peer::new(Session { user: user(), session: "s".to_owned() }, 0);
        let effects: Vec<_> =
            frames.into_iter().flat_map(|frame| peer.handle(0, server::Event::Frame(frame))).collect();
        assert!(matches!(effects.last(), Some(server::Effect::Close)), "{effects:?}");
    }
}

#[test]
fn a_silent_device_is_given_up() {
    let mut pair = online();
    let mut peer = pair.peer.take().unwrap();
    let effects = peer.handle(pair.now + 90_000, server::Event::Wake);
    assert!(matches!(effects.first(), Some(server::Effect::Close)));
    pair.wait(60_000);
    assert_ne!(pair.status().link, Link::Online, "and the device gives up a silent server");
}

proptest! {
    #[test]
    fn hostile_frames_never_panic_either_end(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..20)) {
        let mut pair = online();
        for frame in frames {
            pair.client.handle(pair.now, Event::Frame(frame.clone()));
            if let Some(peer) = &mut pair.peer {
                peer.handle(pair.now, server::Event::Frame(frame));
            }
        }
    }
}
