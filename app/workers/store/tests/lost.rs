//! Stored pieces that are damaged or do not fit together, on a device that has a server and several tabs; the server
//! is a socket that the test speaks for.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "common/socket.rs"]
mod socket;

use serde_json::Value;
use socket::{ask, create, eval, pushed, say, set, shown, sign_in, stored, until};
use tombolo_docs::Author;
use tombolo_model::Id;
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, bytes, bytes_of, chunk_key, document_range};
use tombolo_wire::store::{Call, Edited, Overview};
use tombolo_wire::sync::{Down, Up, decode_up};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn storage(device: &Device) -> Storage {
    Storage::open(&device.database(), Layout::Account, || ()).await.unwrap()
}

async fn count(storage: &Storage, store: Store, id: Id) -> usize {
    storage.values(store, document_range(id).as_ref()).await.unwrap().len()
}

/// Flips a byte in the changes in which a text stands.
async fn damage(storage: &Storage, id: Id, within: &str) {
    let mut batch = Batch::new();
    for (key, value) in storage.entries(&[(Store::Chunks, document_range(id))]).await.unwrap().pop().unwrap() {
        let mut content = bytes_of(&value).unwrap();
        if content.windows(within.len()).any(|window| window == within.as_bytes()) {
            let last = content.len() - 3;
            content[last] ^= 0xff;
            batch.put(Store::Chunks, &key, bytes(&content));
        }
    }
    assert!(!batch.is_empty(), "no piece holds “{within}”");
    storage.write(&batch).await.unwrap();
}

/// How often the server was asked for a document whole, since the last time.
fn fetched(id: Id) -> usize {
    let frames = js_sys::Array::from(&eval("sockets.at(-1).sent.splice(0)"));
    let frames = frames.iter().map(|frame| decode_up(&js_sys::Uint8Array::new(&frame).to_vec()).unwrap());
    frames.filter(|frame| matches!(frame, Up::Fetch { documents } if documents.contains(&id))).count()
}

/// What the screen was told of a document.
async fn said(device: &Device, id: Id) -> String {
    let notices = ask::<Overview>(device, Call::Hello).await.notices;
    let mine = notices.into_iter().filter(|notice| notice.document == Some(id));
    mine.map(|notice| notice.message).collect::<Vec<_>>().join(" ")
}

async fn end(device: Device, storage: Storage) {
    storage.close();
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}

#[wasm_bindgen_test]
async fn pieces_that_do_not_fit_together_stay_and_are_said_and_asked_for_once() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 21).await;
    let id = create(&device).await;
    until(async || ask::<Overview>(&device, Call::Hello).await.sync.waiting == 0).await;
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
    end(device, disk).await;
}

#[wasm_bindgen_test]
async fn a_resource_of_which_nothing_can_be_read_is_said_and_asked_for_once() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 22).await;
    let id = create(&device).await;
    until(async || ask::<Overview>(&device, Call::Hello).await.sync.waiting == 0).await;
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
    end(device, disk).await;
}

#[wasm_bindgen_test]
async fn a_damaged_change_that_another_tab_has_in_memory_is_stored_again_and_goes_to_the_server() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 23).await;
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
        assert_eq!(ask::<Overview>(tab, Call::Hello).await.sync.waiting, 1);
    }
    let said = said(&device, id).await;
    assert!(!said.contains("once more"), "{said}");
    say(&Down::Accepted { push });
    until(async || disk.values(Store::Outbox, None).await.unwrap().is_empty()).await;
    other.close();
    end(device, disk).await;
}
