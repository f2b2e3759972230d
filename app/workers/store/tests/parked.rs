//! What was not accepted is tried again: on a disk that fails meanwhile, and by somebody who presses twice.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use serde::de::DeserializeOwned;
use serde_json::json;
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, text};
use tombolo_wire::store::{Call, Created, OpenReply, Parked};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const PARKED: &str = "p";

async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

/// Makes so many deletions of a note of what was not accepted fail, those that come next.
fn refuse_to_delete(times: u32) {
    let script = format!(
        "globalThis.realDelete ??= IDBObjectStore.prototype.delete; globalThis.refuse = {times}; \
         IDBObjectStore.prototype.delete = function (...all) {{ \
           if (this.name === 'parked' && globalThis.refuse-- > 0) throw new DOMException('not now', 'UnknownError'); \
           return globalThis.realDelete.apply(this, all); }};"
    );
    js_sys::eval(&script).unwrap();
}

/// A script with a text and a name that were not accepted.
async fn parked(device: &Device) -> Id {
    let value = json!({"name": "S", "content": "ab"});
    let id = ask::<Created>(device, Call::Create { kind: Kind::Script, value }).await.id;
    let heads = ask::<OpenReply>(device, Call::Open { id }).await.view.heads;
    let (path, insert) = ("/content".to_owned(), "c".to_owned());
    let said = Parked {
        id: PARKED.to_owned(),
        document: id,
        kind: Kind::Script,
        name: "S".to_owned(),
        reason: "You may not.".to_owned(),
        time_ms: 1,
        differences: Vec::new(),
    };
    let row = json!({
        "parked": said,
        "intents": [Intent::Set { path: "/name".to_owned(), value: json!("Mine") }],
        "texts": [Intent::Splice { path, at: 2, delete: 0, insert, heads }],
        "create": null,
    });
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut batch = Batch::new();
    batch.put_json(Store::Parked, &text(PARKED), &row);
    storage.write(&batch).await.unwrap();
    storage.close();
    id
}

async fn list(device: &Device) -> Vec<Parked> {
    ask(device, Call::ParkedList).await
}

/// The name and the text.
async fn shown(device: &Device, id: Id) -> (String, String) {
    let value = ask::<OpenReply>(device, Call::Open { id }).await.view.value;
    (value["name"].as_str().unwrap().to_owned(), value["content"].as_str().unwrap().to_owned())
}

fn retry() -> Call {
    Call::ParkedRetry { parked: PARKED.to_owned() }
}

#[wasm_bindgen_test]
async fn a_text_tried_again_while_the_disk_fails_is_there_once() {
    let device = Device::open().await.unwrap();
    let id = parked(&device).await;
    refuse_to_delete(1);
    // Whoever is told that it failed, and still sees it in the list, presses again.
    while !list(&device).await.is_empty() {
        drop(device.call(retry()).await);
    }
    let wanted = ("Mine".to_owned(), "abc".to_owned());
    assert_eq!(shown(&device, id).await, wanted);
    device.close();
    let again = Device::open().await.unwrap();
    assert_eq!(shown(&again, id).await, wanted);
    assert!(list(&again).await.is_empty());
    again.close();
}

#[wasm_bindgen_test]
async fn trying_again_twice_at_once_writes_it_once() {
    let device = Device::open().await.unwrap();
    let id = parked(&device).await;
    let (first, second) = futures::join!(device.call(retry()), device.call(retry()));
    assert!(first.is_ok());
    assert!(second.unwrap_err().message.contains("taken care of"));
    assert_eq!(shown(&device, id).await, ("Mine".to_owned(), "abc".to_owned()));
    device.close();
}

#[wasm_bindgen_test]
async fn half_of_what_cannot_be_tried_again_is_not_written() {
    let device = Device::open().await.unwrap();
    let id = parked(&device).await;
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let values = storage.values(Store::Parked, None).await.unwrap();
    let mut row: serde_json::Value = serde_json::from_str(&values[0].as_string().unwrap()).unwrap();
    // There is no row to delete.
    row["texts"] = json!([Intent::DeleteRow { list: "/nothing".to_owned(), row: "gone".to_owned() }]);
    let mut batch = Batch::new();
    batch.put_json(Store::Parked, &text(PARKED), &row);
    storage.write(&batch).await.unwrap();
    storage.close();
    device.call(retry()).await.unwrap_err();
    assert_eq!(shown(&device, id).await.0, "S");
    assert_eq!(list(&device).await.len(), 1);
    device.close();
}
