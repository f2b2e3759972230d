//! Stored pieces that are damaged or do not fit together, on a device that has a server and several tabs; the server
//! is a socket that the test speaks for.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "common/disk.rs"]
mod disk;
#[path = "common/socket.rs"]
mod socket;

use disk::{count, damage, storage};
use serde_json::{Value, json};
use socket::{
    ask, create, end, eval, pushed, say, sent, set, shown, sign_in, signed_in, status, stored, until, waiting,
};
use tombolo_docs::{Author, Written, hash_from_hex, inspect};
use tombolo_model::Id;
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Store, bytes, chunk_key};
use tombolo_wire::store::{Call, Edited, Overview};
use tombolo_wire::sync::{Down, Up};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// How often the server was asked for a document whole, since the last time.
fn fetched(id: Id) -> usize {
    sent().iter().filter(|frame| matches!(frame, Up::Fetch { documents } if documents.contains(&id))).count()
}

/// What the screen was told of a document.
async fn said(device: &Device, id: Id) -> String {
    let notices = ask::<Overview>(device, Call::Hello).await.notices;
    let mine = notices.into_iter().filter(|notice| notice.document == Some(id));
    mine.map(|notice| notice.message).collect::<Vec<_>>().join(" ")
}

#[wasm_bindgen_test]
async fn pieces_that_do_not_fit_together_stay_and_are_said_and_asked_for_once() {
    let device = signed_in(21).await;
    let id = create(&device).await;
    waiting(&device, 0).await;
    // One number of one author, used twice: each can be read, and only one of them fits.
    let (disk, author) = (storage(&device).await, Author { actor: [9; 16], time_ms: 1 });
    let (before, mut batch) = (stored(&device, id).await, Batch::new());
    for name in ["One", "Two"] {
        let change = before.clone().edit(&author, &[set("/name", name)], &mut String::new).unwrap().unwrap();
        batch.put(Store::Chunks, &chunk_key(id, &change.hash), bytes(&change.bytes));
    }
    disk.write(&batch).await.unwrap();
    fetched(id);
    for _ in 0..3 {
        let name = shown(&device, id).await["name"].clone();
        assert!(name == "One" || name == "Two", "{name}");
        ask::<Value>(&device, Call::Close { id }).await;
    }
    assert_eq!(fetched(id), 1);
    let said = said(&device, id).await;
    assert!(said.contains("does not fit together") && !said.contains("aside"), "{said}");
    assert_eq!((count(&disk, Store::Chunks, id).await, count(&disk, Store::Quarantine, id).await), (3, 0));
    disk.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn a_resource_of_which_nothing_can_be_read_is_said_and_asked_for_once() {
    let device = signed_in(22).await;
    let id = create(&device).await;
    waiting(&device, 0).await;
    let disk = storage(&device).await;
    damage(&disk, id, "Before").await;
    fetched(id);
    for _ in 0..3 {
        assert_eq!(device.call(Call::Open { id }).await.unwrap_err().code, "damaged");
    }
    assert_eq!(fetched(id), 1);
    let said = said(&device, id).await;
    assert!(said.contains("cannot be opened") && !said.contains("opens at"), "{said}");
    assert_eq!((count(&disk, Store::Chunks, id).await, count(&disk, Store::Quarantine, id).await), (1, 0));
    disk.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn a_damaged_change_that_another_tab_has_in_memory_is_stored_again_and_goes_to_the_server() {
    let device = signed_in(23).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    until(async || other.call(Call::Open { id }).await.is_ok()).await;
    ask::<Edited>(&other, Call::Edit { id, intents: vec![set("/name", "Kept")] }).await;
    // Nobody answers this push: as far as this device knows, the server does not have it.
    let (push, _) = pushed().await;
    let disk = storage(&device).await;
    damage(&disk, id, "Kept").await;
    until(async || shown(&device, id).await["name"] == "Kept").await;
    until(async || count(&disk, Store::Quarantine, id).await == 0).await;
    assert_eq!(disk.values(Store::Outbox, None).await.unwrap().len(), 1);
    for tab in [&device, &other] {
        assert_eq!(status(tab).await.waiting, 1);
    }
    let said = said(&device, id).await;
    assert!(!said.contains("once more"), "{said}");
    say(&Down::Accepted { push });
    until(async || disk.values(Store::Outbox, None).await.unwrap().is_empty()).await;
    other.close();
    disk.close();
    end(device).await;
}

/// A device whose two edits nobody answered, each in a resource of its own, and that was closed then.
async fn unanswered(person: u8) -> (Id, Device) {
    let device = signed_in(person).await;
    let (id, other) = (create(&device).await, create(&device).await);
    waiting(&device, 0).await;
    for (id, name) in [(id, "Damaged"), (other, "Whole")] {
        ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", name)] }).await;
    }
    device.close();
    (id, Device::open().await.unwrap())
}

#[wasm_bindgen_test]
async fn a_stored_change_that_is_damaged_is_not_sent() {
    let (id, device) = unanswered(24).await;
    let disk = storage(&device).await;
    damage(&disk, id, "Damaged").await;
    sign_in(&device, 24).await;
    let (_, changes) = pushed().await;
    let names: Vec<Written> = changes.iter().map(|change| inspect(change).unwrap().writes.remove(0).written).collect();
    assert_eq!(names, [Written::Leaf(json!("Whole"))]);
    waiting(&device, 1).await;
    // Nor is it dropped as what can never be sent: the person is told.
    until(async || said(&device, id).await.contains("make your last changes once more")).await;
    disk.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn a_change_that_a_tab_had_put_aside_when_it_died_waits_no_longer_and_is_said() {
    let (id, device) = unanswered(25).await;
    let disk = storage(&device).await;
    let (entries, mut batch) = (disk.entries(&[(Store::Outbox, None)]).await.unwrap().remove(0), Batch::new());
    let row: Value = serde_json::from_str(&entries[0].1.as_string().unwrap()).unwrap();
    let key = chunk_key(id, &hash_from_hex(row["hash"].as_str().unwrap()).unwrap());
    let piece = disk.get(Store::Chunks, &key).await.unwrap().unwrap();
    batch.put(Store::Quarantine, &key, piece);
    batch.delete(Store::Chunks, &key);
    disk.write(&batch).await.unwrap();
    sign_in(&device, 25).await;
    waiting(&device, 1).await;
    until(async || said(&device, id).await.contains("make your last changes once more")).await;
    assert_eq!(disk.values(Store::Outbox, None).await.unwrap().len(), 1);
    disk.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn a_damaged_change_in_memory_stays_there_when_its_resource_is_read_anew() {
    let device = signed_in(26).await;
    let id = create(&device).await;
    shown(&device, id).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Kept")] }).await;
    let disk = storage(&device).await;
    damage(&disk, id, "Kept").await;
    // Another tab parked something of it, and this one takes what is stored then.
    let parked = json!({"parked": {"document": id}}).to_string();
    eval(&format!("new BroadcastChannel('{}').postMessage({parked:?})", device.database()));
    until(async || said(&device, id).await.contains("damaged")).await;
    assert_eq!(shown(&device, id).await["name"], "Kept");
    until(async || count(&disk, Store::Quarantine, id).await == 0).await;
    assert_eq!(stored(&device, id).await.value()["name"], "Kept");
    disk.close();
    end(device).await;
}
