//! Documents on a device without a server: kept, damaged, put together, taken back.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "common/disk.rs"]
mod disk;

use disk::{count, damage, storage};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind, Role};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Store, bytes, bytes_of, document_range, pair, text};
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
    let disk = storage(device).await;
    let [chunks, snapshots, aside] = [Store::Chunks, Store::Snapshots, Store::Quarantine];
    let counts = (count(&disk, chunks, id).await, count(&disk, snapshots, id).await, count(&disk, aside, id).await);
    disk.close();
    counts
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
    let disk = storage(&device).await;
    damage(&disk, id, "Three-damaged").await;
    disk.close();
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
async fn what_the_leading_tab_is_told_of_the_account_every_tab_knows() {
    let device = Device::open().await.unwrap();
    let mut account = ask::<Overview>(&device, Call::Hello).await.account;
    account.role = Role::Monitor;
    let said = json!({"account": {"info": account}}).to_string();
    let script = format!("const leader = new BroadcastChannel('{}'); leader.postMessage({said:?});", device.database());
    js_sys::eval(&script).unwrap();
    let mut role = Role::Owner;
    for _ in 0..200 {
        role = ask::<Overview>(&device, Call::Hello).await.account.role;
        if role == Role::Monitor {
            break;
        }
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
    assert_eq!(role, Role::Monitor);
    device.close();
}

#[wasm_bindgen_test]
async fn a_resource_that_is_not_there_is_said_to_be_absent() {
    let device = Device::open().await.unwrap();
    let error = device.call(Call::Open { id: Id::from_parts(1, [0; 8]) }).await.unwrap_err();
    assert_eq!(error.code, "not_found");
    device.close();
}

#[wasm_bindgen_test]
async fn rows_of_the_list_that_are_lost_are_made_anew() {
    let device = Device::open().await.unwrap();
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(create(&device, json!({"name": format!("Row {n}")})).await);
    }
    rename(&device, made[2], "Renamed").await;
    assert!(device.compact(made[1]).await.unwrap());
    let before: Overview = ask(&device, Call::Hello).await;
    let disk = storage(&device).await;
    let mut batch = Batch::new();
    batch.clear(Store::Catalogue);
    disk.write(&batch).await.unwrap();
    device.close();
    let again = Device::open().await.unwrap();
    let after: Overview = ask(&again, Call::Hello).await;
    let names = |overview: &Overview| -> Vec<(Id, String)> {
        overview.catalogue.iter().map(|row| (row.id, row.name.clone())).collect()
    };
    assert_eq!(names(&after), names(&before));
    assert!(made.iter().all(|id| after.catalogue.iter().any(|row| row.id == *id)));
    assert_eq!(disk.values(Store::Catalogue, None).await.unwrap().len(), after.catalogue.len());
    disk.close();
    again.close();
}

#[wasm_bindgen_test]
async fn a_damaged_note_of_what_waits_costs_nothing_else() {
    let device = Device::open().await.unwrap();
    let id = create(&device, json!({"name": "Fine"})).await;
    let disk = storage(&device).await;
    let mut batch = Batch::new();
    batch.append_json(Store::Outbox, &"no row");
    disk.write(&batch).await.unwrap();
    device.close();
    let again = Device::open().await.unwrap();
    let overview: Overview = ask(&again, Call::Hello).await;
    assert!(overview.notices.iter().any(|notice| notice.code == "damaged"));
    assert_eq!(name(&again, id).await, "Fine");
    let mut batch = Batch::new();
    batch.clear(Store::Outbox);
    disk.write(&batch).await.unwrap();
    disk.close();
    again.close();
}

async fn connect(device: &Device, base: &str) -> Id {
    let value = json!({"name": "C", "type": "http", "http": {"baseURI": base}});
    ask::<Created>(device, Call::Create { kind: Kind::Connection, value }).await.id
}

#[wasm_bindgen_test]
async fn a_secret_is_entered_for_a_host() {
    let device = Device::open().await.unwrap();
    let connection = connect(&device, "{{settings.base}}/v1").await;
    let (path, value) = ("/http/auth/token/token".to_owned(), "hush-hush".to_owned());
    let refused = device.call(Call::SetSecret { connection, path: path.clone(), value }).await.unwrap_err();
    assert_eq!(refused.code, "invalid");
    assert!(ask::<Vec<String>>(&device, Call::Secrets { connection }).await.is_empty());
    // One of an earlier version, whose host nobody knows, is entered again.
    let disk = storage(&device).await;
    let mut batch = Batch::new();
    batch.put(Store::Secrets, &pair(connection.to_string(), &text(&path)), bytes(&[7; 40]));
    disk.write(&batch).await.unwrap();
    disk.close();
    assert!(ask::<Vec<String>>(&device, Call::Secrets { connection }).await.is_empty());
    device.close();
}

#[wasm_bindgen_test]
async fn a_secret_is_kept_and_never_shown() {
    let device = Device::open().await.unwrap();
    let connection = connect(&device, "https://api.example.com/v1").await;
    let (path, value) = ("/http/auth/token/token".to_owned(), "hush-hush".to_owned());
    device.call(Call::SetSecret { connection, path: path.clone(), value }).await.unwrap();
    let kept: Vec<String> = ask(&device, Call::Secrets { connection }).await;
    assert_eq!(kept.as_slice(), std::slice::from_ref(&path));
    let disk = storage(&device).await;
    let stored = disk.values(Store::Secrets, document_range(connection).as_ref()).await.unwrap();
    let stored = bytes_of(&stored[0]).unwrap();
    assert!(!stored.windows(9).any(|window| window == b"hush-hush"));
    disk.close();
    device.call(Call::SetSecret { connection, path, value: String::new() }).await.unwrap();
    assert!(ask::<Vec<String>>(&device, Call::Secrets { connection }).await.is_empty());
    device.close();
}

#[wasm_bindgen_test]
async fn what_was_parked_is_written_again_with_its_text_where_it_was_typed() {
    let device = Device::open().await.unwrap();
    let value = json!({"name": "S", "content": "abc"});
    let id = ask::<Created>(&device, Call::Create { kind: Kind::Script, value }).await.id;
    let kept: Edited = ask(&device, Call::Edit { id, intents: vec![splice(3, "d", Vec::new())] }).await;
    let typed = splice(4, "DEF", kept.heads);
    // A colleague types meanwhile.
    ask::<Edited>(&device, Call::Edit { id, intents: vec![splice(0, "__", Vec::new())] }).await;
    let renamed = Intent::Set { path: "/name".to_owned(), value: json!("Again") };
    let parked =
        json!({"id": "p", "document": id, "kind": "script", "name": "S", "reason": "", "timeMs": 0, "differences": []});
    let row = json!({"parked": parked, "intents": [renamed], "texts": [typed], "create": null});
    let disk = storage(&device).await;
    let mut batch = Batch::new();
    batch.put_json(Store::Parked, &text("p"), &row);
    disk.write(&batch).await.unwrap();
    disk.close();
    device.call(Call::ParkedRetry { parked: "p".to_owned() }).await.unwrap();
    let view = ask::<OpenReply>(&device, Call::Open { id }).await.view;
    assert_eq!((&view.value["name"], &view.value["content"]), (&json!("Again"), &json!("__abcdDEF")));
    assert!(ask::<Vec<Value>>(&device, Call::ParkedList).await.is_empty());
    device.close();
}

fn splice(at: usize, insert: &str, heads: Vec<String>) -> Intent {
    Intent::Splice { path: "/content".to_owned(), at, delete: 0, insert: insert.to_owned(), heads }
}

#[wasm_bindgen_test]
async fn a_damaged_saved_piece_goes_once_its_content_has_come_again() {
    let device = Device::open().await.unwrap();
    let id = create(&device, json!({"name": "One"})).await;
    rename(&device, id, "Two").await;
    let disk = storage(&device).await;
    let chunks = disk.entries(&[(Store::Chunks, document_range(id))]).await.unwrap().pop().unwrap();
    assert!(device.compact(id).await.unwrap());
    let saved = disk.entries(&[(Store::Snapshots, document_range(id))]).await.unwrap().pop().unwrap();
    device.close();
    let mut batch = Batch::new();
    for (key, value) in saved {
        let mut content = bytes_of(&value).unwrap();
        let last = content.len() - 3;
        content[last] ^= 0xff;
        batch.put(Store::Snapshots, &key, bytes(&content));
    }
    for (key, value) in chunks {
        batch.put(Store::Chunks, &key, value);
    }
    disk.write(&batch).await.unwrap();
    disk.close();
    let device = Device::open().await.unwrap();
    assert_eq!(name(&device, id).await, "Two");
    assert_eq!(pieces(&device, id).await, (2, 0, 1));
    device.close();
    let again = Device::open().await.unwrap();
    assert_eq!(name(&again, id).await, "Two");
    assert_eq!(pieces(&again, id).await, (2, 0, 0));
    let overview: Overview = ask(&again, Call::Hello).await;
    assert!(overview.catalogue.iter().any(|row| row.id == id && !row.damaged));
    again.close();
}
