//! Documents on a device without a server: kept, damaged, put together, taken back.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, bytes, bytes_of, document_range};
use tombolo_wire::store::{Call, Created, Edited, HistoryEntry, OpenReply, Overview};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

async fn create(device: &Device, value: Value) -> Id {
    let kind = Kind::Flow;
    ask::<Created>(device, Call::Create { kind, value }).await.id
}

async fn rename(device: &Device, id: Id, name: &str) {
    let intents = vec![Intent::Set { path: "/name".to_owned(), value: json!(name) }];
    ask::<Edited>(device, Call::Edit { id, intents }).await;
}

async fn name(device: &Device, id: Id) -> Value {
    ask::<OpenReply>(device, Call::Open { id }).await.view.value["name"].clone()
}

async fn pieces(device: &Device, id: Id) -> (usize, usize, usize) {
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut counts = Vec::new();
    for store in [Store::Chunks, Store::Snapshots, Store::Quarantine] {
        counts.push(storage.values(store, document_range(id).as_ref()).await.unwrap().len());
    }
    storage.close();
    (counts[0], counts[1], counts[2])
}

/// Flips a byte in the piece in which a text stands.
async fn damage(device: &Device, id: Id, within: &str) {
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let entries = storage.entries(&[(Store::Chunks, document_range(id))]).await.unwrap().pop().unwrap();
    let mut batch = Batch::new();
    for (key, value) in entries {
        let mut content = bytes_of(&value).unwrap();
        if content.windows(within.len()).any(|window| window == within.as_bytes()) {
            let last = content.len() - 3;
            content[last] ^= 0xff;
            batch.put(Store::Chunks, &key, bytes(&content));
        }
    }
    assert!(!batch.is_empty(), "no piece holds “{within}”");
    storage.write(&batch).await.unwrap();
    storage.close();
}

#[wasm_bindgen_test]
async fn an_edit_is_there_when_the_page_is_opened_again() {
    let device = Device::open().await.unwrap();
    let id = create(&device, json!({"name": "First", "other": 1})).await;
    rename(&device, id, "Second").await;
    device.close();
    let again = Device::open().await.unwrap();
    let overview: Overview = ask(&again, Call::Hello).await;
    let row = overview.catalogue.iter().find(|row| row.id == id).unwrap();
    assert_eq!((row.name.as_str(), row.pending, row.damaged), ("Second", false, false));
    assert_eq!(name(&again, id).await, "Second");
    let history: Vec<HistoryEntry> = ask(&again, Call::History { id }).await;
    assert_eq!(history.len(), 2);
    again.close();
}

#[wasm_bindgen_test]
async fn taking_back_and_doing_again_are_stored_like_edits() {
    let device = Device::open().await.unwrap();
    let id = create(&device, json!({"name": "Before"})).await;
    rename(&device, id, "After").await;
    ask::<Edited>(&device, Call::Undo { id }).await;
    assert_eq!(name(&device, id).await, "Before");
    ask::<Edited>(&device, Call::Redo { id }).await;
    device.close();
    let again = Device::open().await.unwrap();
    assert_eq!(name(&again, id).await, "After");
    again.close();
}

#[wasm_bindgen_test]
async fn a_damaged_piece_is_put_aside_and_costs_nothing_else() {
    let device = Device::open().await.unwrap();
    let (id, other) = (create(&device, json!({"name": "One"})).await, create(&device, json!({"name": "Other"})).await);
    rename(&device, id, "Two-good").await;
    rename(&device, id, "Three-damaged").await;
    device.close();
    let device = Device::open().await.unwrap();
    damage(&device, id, "Three-damaged").await;
    assert_eq!(name(&device, id).await, "Two-good");
    assert_eq!(name(&device, other).await, "Other");
    assert_eq!(pieces(&device, id).await, (2, 0, 1));
    let overview: Overview = ask(&device, Call::Hello).await;
    let damaged: Vec<Id> = overview.catalogue.iter().filter(|row| row.damaged).map(|row| row.id).collect();
    assert!(damaged.contains(&id) && !damaged.contains(&other));
    // Never while a piece is in quarantine.
    assert!(!device.compact(id).await.unwrap());
    assert_eq!(pieces(&device, id).await, (2, 0, 1));
    // It goes on from its last good state.
    rename(&device, id, "Four").await;
    device.close();
    let again = Device::open().await.unwrap();
    assert_eq!(name(&again, id).await, "Four");
    again.close();
}

#[wasm_bindgen_test]
async fn pieces_are_put_together_without_losing_any() {
    let device = Device::open().await.unwrap();
    let id = create(&device, json!({"name": "N"})).await;
    for n in 0..20 {
        rename(&device, id, &format!("N{n}")).await;
    }
    assert_eq!(pieces(&device, id).await, (21, 0, 0));
    assert!(device.compact(id).await.unwrap());
    assert_eq!(pieces(&device, id).await, (0, 1, 0));
    rename(&device, id, "After").await;
    device.close();
    let again = Device::open().await.unwrap();
    assert_eq!(name(&again, id).await, "After");
    let history: Vec<HistoryEntry> = ask(&again, Call::History { id }).await;
    assert_eq!(history.len(), 22);
    assert!(again.compact(id).await.unwrap());
    assert_eq!(pieces(&again, id).await, (0, 1, 0));
    again.close();
}

#[wasm_bindgen_test]
async fn two_tabs_that_write_at_once_both_show_both() {
    let (one, two) = (Device::open().await.unwrap(), Device::open().await.unwrap());
    let id = create(&one, json!({"name": "Shared"})).await;
    ask::<OpenReply>(&one, Call::Open { id }).await;
    ask::<OpenReply>(&two, Call::Open { id }).await;
    let describe = vec![Intent::Set { path: "/description".to_owned(), value: json!("From two") }];
    let edit = two.call(Call::Edit { id, intents: describe });
    let ((), edited) = futures::future::join(rename(&one, id, "From one"), edit).await;
    edited.unwrap();
    for tab in [&one, &two] {
        // What the other said arrives when the browser brings it.
        let mut value = Value::Null;
        for _ in 0..200 {
            value = ask::<OpenReply>(tab, Call::Open { id }).await.view.value;
            if value["name"] == "From one" && value["description"] == "From two" {
                break;
            }
            gloo_timers::future::TimeoutFuture::new(10).await;
        }
        assert_eq!((&value["name"], &value["description"]), (&json!("From one"), &json!("From two")));
    }
    one.close();
    two.close();
}

#[wasm_bindgen_test]
async fn a_resource_that_is_not_there_is_said_to_be_absent() {
    let device = Device::open().await.unwrap();
    let error = device.call(Call::Open { id: Id::from_parts(1, [0; 8]) }).await.unwrap_err();
    assert_eq!(error.code, "not_found");
    device.close();
}

#[wasm_bindgen_test]
async fn a_secret_is_kept_and_never_shown() {
    let device = Device::open().await.unwrap();
    let connection = create(&device, json!({"name": "C"})).await;
    let (path, value) = ("/http/auth/token/token".to_owned(), "hush-hush".to_owned());
    device.call(Call::SetSecret { connection, path: path.clone(), value }).await.unwrap();
    let kept: Vec<String> = ask(&device, Call::Secrets { connection }).await;
    assert_eq!(kept.as_slice(), std::slice::from_ref(&path));
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let stored = storage.values(Store::Secrets, document_range(connection).as_ref()).await.unwrap();
    let stored = bytes_of(&stored[0]).unwrap();
    assert!(!stored.windows(9).any(|window| window == b"hush-hush"));
    storage.close();
    device.call(Call::SetSecret { connection, path, value: String::new() }).await.unwrap();
    assert!(ask::<Vec<String>>(&device, Call::Secrets { connection }).await.is_empty());
    device.close();
}
