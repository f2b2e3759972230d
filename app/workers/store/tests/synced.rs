//! What comes from the server and what it refuses, while tabs write; the server is a socket that the test speaks for.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "common/failing.rs"]
mod failing;
#[path = "common/socket.rs"]
mod socket;

use failing::{allow, refuse, refused};
use serde_json::json;
use socket::{
    CURSOR, ask, create, end, eval, pushed, pushes, say, set, shown, signed_in, status, stored, until, waiting,
};
use tombolo_docs::{Author, Document};
use tombolo_model::{Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Layout, Storage, Store};
use tombolo_sync::prescan::{Caps, scan_change};
use tombolo_wire::store::{Access, Call, Created, Edited, Event, Outgoing, Overview, Parked};
use tombolo_wire::sync::{ByteBuf, Cursor, Down, Entry, RefusedChanges};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
async fn a_resource_that_is_opened_while_a_colleague_s_edit_is_stored_shows_it() {
    let device = signed_in(1).await;
    let id = create(&device).await;
    let author = Author { actor: [9; 16], time_ms: 1 };
    let mut theirs = stored(&device, id).await;
    let change = theirs.edit(&author, &[set("/name", "Theirs")], &mut String::new).unwrap().unwrap();
    let entry = Entry::Change { document: id, bytes: ByteBuf::from(change.bytes), user: None };
    let cursor = Cursor { sequence: 2, ..CURSOR };
    say(&Down::Changes { entries: vec![entry], cursor, complete: true });
    // It is shown to nobody yet and not on the disk.
    shown(&device, id).await;
    until(async || shown(&device, id).await["name"] == "Theirs").await;
    end(device).await;
}

#[wasm_bindgen_test]
async fn a_long_text_goes_to_the_server_in_changes_that_it_takes_and_one_too_long_goes_nowhere() {
    let device = signed_in(11).await;
    let value = json!({"name": "S", "content": "0123456789".repeat(6_000)});
    let id = ask::<Created>(&device, Call::Create { kind: Kind::Script, value }).await.id;
    shown(&device, id).await;
    let paste = |length: usize| {
        let (path, insert) = ("/content".to_owned(), "x".repeat(length));
        let intents = vec![Intent::Splice { path, at: 1, delete: 59_998, insert, heads: Vec::new() }];
        Call::Edit { id, intents }
    };
    ask::<Edited>(&device, paste(150_000)).await;
    ask::<Edited>(&device, Call::Undo { id }).await;
    ask::<Edited>(&device, Call::Redo { id }).await;
    let expected = json!({"name": "S", "content": format!("0{}9", "x".repeat(150_000))});
    assert_eq!(shown(&device, id).await, expected);
    let heads = stored(&device, id).await.heads_hex();
    let changes = std::cell::RefCell::new(Vec::new());
    until(async || {
        for (push, more) in pushes() {
            changes.borrow_mut().extend(more);
            say(&Down::Accepted { push });
        }
        status(&device).await.waiting == 0
    })
    .await;
    let changes = changes.into_inner();
    assert!(changes.iter().all(|change| scan_change(change, &Caps::CHANGE).is_ok()));
    let theirs = Document::load(changes.iter().map(Vec::as_slice)).unwrap().document;
    assert_eq!((theirs.value(), theirs.heads_hex()), (expected.clone(), heads.clone()));
    let refused = device.call(paste(5_000_000)).await.unwrap_err();
    let wanted = "A script can hold 256 KiB; this would make it 4,971 KiB. Leave some of it out.";
    assert_eq!((refused.code.as_str(), refused.message.as_str()), ("invalid", wanted));
    assert_eq!(shown(&device, id).await, expected);
    assert_eq!((stored(&device, id).await.heads_hex(), status(&device).await.waiting), (heads, 0));
    end(device).await;
}

#[wasm_bindgen_test]
async fn what_another_tab_writes_on_top_of_a_refused_change_is_kept_beside_it() {
    let device = signed_in(2).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    shown(&device, id).await;
    until(async || other.call(Call::Open { id }).await.is_ok()).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Refused")] }).await;
    until(async || shown(&other, id).await["name"] == "Refused").await;
    let (push, changes) = pushed().await;
    let hashes = changes.iter().map(|change| tombolo_docs::inspect(change).unwrap().hash).collect();
    let (code, message) = ("rights".to_owned(), "You may not rename it.".to_owned());
    say(&Down::Refused { push, refusals: vec![RefusedChanges { code, message, hashes }] });
    ask::<Edited>(&other, Call::Edit { id, intents: vec![set("/timezone", "Europe/Paris")] }).await;
    let differences = async || -> Vec<String> {
        let parked: Vec<Parked> = ask(&device, Call::ParkedList).await;
        let all = parked.into_iter().flat_map(|row| row.differences);
        all.map(|difference| difference.path).collect()
    };
    until(async || differences().await == ["/name", "/timezone"]).await;
    for tab in [&device, &other] {
        until(async || shown(tab, id).await == json!({"name": "Before"})).await;
    }
    other.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn a_parked_change_that_the_server_has_after_all_is_parked_no_longer() {
    let device = signed_in(3).await;
    let id = create(&device).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Taken")] }).await;
    let (push, changes) = pushed().await;
    let hashes = changes.iter().map(|change| tombolo_docs::inspect(change).unwrap().hash).collect();
    let (code, message) = ("rights".to_owned(), "You are no member any more.".to_owned());
    say(&Down::Refused { push, refusals: vec![RefusedChanges { code, message, hashes }] });
    let parked = async || ask::<Vec<Parked>>(&device, Call::ParkedList).await.len();
    until(async || parked().await == 1).await;
    assert_eq!(shown(&device, id).await["name"], "Before");
    let entry = |bytes| Entry::Change { document: id, bytes: ByteBuf::from(bytes), user: None };
    let cursor = Cursor { sequence: 2, ..CURSOR };
    say(&Down::Changes { entries: changes.into_iter().map(entry).collect(), cursor, complete: true });
    until(async || parked().await == 0).await;
    assert_eq!(shown(&device, id).await["name"], "Taken");
    until(async || status(&device).await.not_accepted == 0).await;
    end(device).await;
}

#[wasm_bindgen_test]
async fn changes_go_again_after_the_server_asked_for_what_is_nowhere() {
    let device = signed_in(4).await;
    let id = create(&device).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Mine")] }).await;
    let (push, changes) = pushed().await;
    say(&Down::Need { push, hashes: vec![[7; 32]] });
    assert_eq!(pushed().await.1, changes);
    end(device).await;
}

#[wasm_bindgen_test]
async fn what_is_written_while_the_server_deletes_a_resource_is_put_aside() {
    let device = signed_in(6).await;
    let id = create(&device).await;
    shown(&device, id).await;
    let writing = device.call(Call::Edit { id, intents: vec![set("/name", "Mine")] });
    let deleting = async {
        let cursor = Cursor { sequence: 2, ..CURSOR };
        say(&Down::Changes { entries: vec![Entry::Purged { document: id }], cursor, complete: true });
    };
    let (written, ()) = futures::join!(writing, deleting);
    written.unwrap();
    until(async || ask::<Vec<Parked>>(&device, Call::ParkedList).await.len() == 1).await;
    until(async || device.call(Call::Open { id }).await.is_err()).await;
    let parked = ask::<Vec<Parked>>(&device, Call::ParkedList).await;
    let differences = serde_json::to_string(&parked[0].differences).unwrap();
    assert!(parked.len() == 1 && differences.contains("Mine"), "{parked:?}");
    end(device).await;
}

/// What screens are told from now on, of all tabs of the test.
fn listen() {
    eval(
        "globalThis.realPost ??= globalThis.postMessage; globalThis.frames = [];
         globalThis.postMessage = (frame, ...rest) => {
             if (typeof frame === 'string') frames.push(frame);
             return realPost.call(globalThis, frame, ...rest);
         };",
    );
}

fn heard() -> Vec<Event> {
    let frames = js_sys::Array::from(&eval("frames"));
    let events = frames.iter().filter_map(|frame| match serde_json::from_str(&frame.as_string()?).ok()? {
        Outgoing::Event { event } => Some(event),
        _ => None,
    });
    events.collect()
}

#[wasm_bindgen_test]
async fn a_change_counts_as_waiting_before_any_screen_shows_it() {
    let device = signed_in(7).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    waiting(&other, 0).await;
    waiting(&device, 0).await;
    listen();
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Mine")] }).await;
    let shown = || -> Vec<bool> {
        let rows = heard().into_iter().filter_map(|event| match event {
            Event::Catalogue { rows, .. } => Some(rows),
            _ => None,
        });
        rows.flatten().filter(|row| row.id == id && row.name == "Mine").map(|row| row.pending).collect()
    };
    // The tab that writes and the one that hears of it.
    until(async || shown().len() >= 2).await;
    assert!(shown().into_iter().all(|waits| waits), "{:?}", heard());
    let first = |wanted: fn(&Event) -> bool| heard().iter().position(wanted);
    let counted = first(|event| matches!(event, Event::Sync { status } if status.waiting > 0));
    let named =
        first(|event| matches!(event, Event::Catalogue { rows, .. } if rows.iter().any(|row| row.name == "Mine")));
    assert!(counted.is_some() && counted < named, "{:?}", heard());
    assert!(
        !heard().iter().any(|event| matches!(event, Event::Sync { status } if status.unsaved > 0)),
        "{:?}",
        heard()
    );
    eval("globalThis.postMessage = realPost");
    other.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn what_could_not_be_read_for_sending_goes_without_another_edit() {
    let device = signed_in(8).await;
    let id = create(&device).await;
    // Reading of what waits fails, and nothing else does.
    refuse("getAllKeys", "outbox");
    for name in ["One", "Two", "Three"] {
        ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", name)] }).await;
    }
    refused().await;
    assert!(pushes().is_empty(), "nothing of it can have been read");
    allow();
    let (_, changes) = pushed().await;
    assert!(!changes.is_empty());
    end(device).await;
}

#[wasm_bindgen_test]
async fn an_edit_of_another_tab_that_cannot_be_read_is_shown_as_soon_as_it_can() {
    let device = signed_in(9).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    until(async || other.call(Call::Open { id }).await.is_ok()).await;
    refuse("get", "chunks");
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Theirs")] }).await;
    refused().await;
    allow();
    until(async || shown(&other, id).await["name"] == "Theirs").await;
    other.close();
    end(device).await;
}

/// What stands in a device's database beside what was not accepted.
async fn left(device: &Device) -> Vec<&'static str> {
    const ALL: [Store; 16] = [
        Store::Chunks,
        Store::Snapshots,
        Store::Outbox,
        Store::Catalogue,
        Store::Runs,
        Store::RunErrors,
        Store::RunMarks,
        Store::RunFiles,
        Store::RunOutbox,
        Store::Blobs,
        Store::Quarantine,
        Store::Secrets,
        Store::Actors,
        Store::Errands,
        Store::States,
        Store::CacheEntries,
    ];
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut found = Vec::new();
    for store in ALL {
        if !storage.entries(&[(store, None)]).await.unwrap()[0].is_empty() {
            found.push(store.name());
        }
    }
    let facts = storage.entries(&[(Store::Meta, None)]).await.unwrap();
    found.extend(facts[0].iter().any(|(key, _)| key.is_string()).then_some("meta"));
    storage.close();
    found
}

#[wasm_bindgen_test]
async fn who_was_removed_keeps_what_they_had_not_sent_and_nothing_else() {
    let device = signed_in(21).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    shown(&device, id).await;
    until(async || other.call(Call::Open { id }).await.is_ok()).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Mine")] }).await;
    pushed().await;
    // The other tab writes what its colleague has not read when the word comes.
    let theirs = other.call(Call::Edit { id, intents: vec![set("/timezone", "Europe/Paris")] });
    let bye = async {
        let message = "You are no longer a member of this account.".to_owned();
        say(&Down::Bye { code: "removed".to_owned(), message });
    };
    let (_, ()) = futures::join!(theirs, bye);
    until(async || left(&device).await.is_empty()).await;
    let parked: Vec<Parked> = ask(&device, Call::ParkedList).await;
    assert!(serde_json::to_string(&parked).unwrap().contains("Mine"), "{parked:?}");
    for tab in [&device, &other] {
        until(async || tab.call(Call::Open { id }).await.is_err()).await;
        until(async || {
            let seen: Overview = ask(tab, Call::Hello).await;
            seen.catalogue.is_empty() && seen.account.ended && seen.sync.access == Access::Ended
        })
        .await;
    }
    // What is written all the same is put aside, too.
    let count = parked.len();
    ask::<Created>(&device, Call::Create { kind: Kind::Script, value: json!({"name": "Later"}) }).await;
    until(async || ask::<Vec<Parked>>(&device, Call::ParkedList).await.len() > count).await;
    until(async || left(&device).await.is_empty()).await;
    other.close();
    end(device).await;
}
