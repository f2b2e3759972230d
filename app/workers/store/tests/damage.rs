//! Bytes of stored pieces go bad, 500 of them, one at a time: each costs its own document what was in its piece and
//! what builds on it, is said, and deletes nothing.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, bytes, bytes_of, pair, text, text_of};
use tombolo_wire::store::{Call, Created, Edited, OpenReply, Overview};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const FLIPS: usize = 500;

/// Where a piece lies: the number of its store, the document and its name.
type Place = (usize, String, String);

/// Everything that is stored of documents.
type Pieces = BTreeMap<Place, Vec<u8>>;

const STORES: [Store; 3] = [Store::Snapshots, Store::Chunks, Store::Quarantine];
const SNAPSHOTS: usize = 0;
const QUARANTINE: usize = 2;

async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

async fn value(device: &Device, id: Id) -> Value {
    ask::<OpenReply>(device, Call::Open { id }).await.view.value
}

async fn edit(device: &Device, id: Id, intent: Intent) -> Edited {
    ask(device, Call::Edit { id, intents: vec![intent] }).await
}

fn set(path: &str, value: &str) -> Intent {
    Intent::Set { path: path.to_owned(), value: json!(value) }
}

/// A script with what was typed into it: a saved piece, and changes after it. Gives for each change, by its name, the
/// state before it.
async fn typed(device: &Device) -> (Id, BTreeMap<String, Value>) {
    let made = json!({"name": "Hook", "content": ""});
    let id = ask::<Created>(device, Call::Create { kind: Kind::Script, value: made }).await.id;
    let mut heads = ask::<OpenReply>(device, Call::Open { id }).await.view.heads;
    let mut before = BTreeMap::new();
    for step in 0..50 {
        if step == 20 {
            assert!(device.compact(id).await.unwrap());
        }
        let state = value(device, id).await;
        let intent = if step % 4 == 3 {
            set("/name", &format!("Hook {step}"))
        } else {
            let length = state["content"].as_str().unwrap_or_default().len();
            let insert = format!("let a{step} = {step};\n");
            Intent::Splice { path: "/content".to_owned(), at: length / 2, delete: 0, insert, heads }
        };
        heads = edit(device, id, intent).await.heads;
        if step >= 20 {
            before.insert(heads[0].clone(), state);
        }
    }
    (id, before)
}

async fn stored(storage: &Storage) -> Pieces {
    let mut all = Pieces::new();
    for (at, found) in storage.entries(&STORES.map(|store| (store, None))).await.unwrap().into_iter().enumerate() {
        for (key, value) in found {
            all.insert((at, text_of(&key, 0).unwrap(), text_of(&key, 1).unwrap()), bytes_of(&value).unwrap());
        }
    }
    all
}

/// Writes pieces and rows as they were.
async fn restore(storage: &Storage, pieces: &Pieces, rows: &[(wasm_bindgen::JsValue, wasm_bindgen::JsValue)]) {
    let mut batch = Batch::new();
    for store in STORES {
        batch.clear(store);
    }
    for ((at, document, name), content) in pieces {
        batch.put(STORES[*at], &pair(document, &text(name)), bytes(content));
    }
    for (key, row) in rows {
        batch.put(Store::Catalogue, key, row.clone());
    }
    storage.write(&batch).await.unwrap();
}

/// A small generator (xorshift), always from the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }

    /// One of all the bytes of a document.
    fn byte(&mut self, pieces: &Pieces, document: &str) -> (Place, usize) {
        let mine: Vec<(&Place, usize)> =
            pieces.iter().filter(|(place, _)| place.1 == document).map(|(place, bytes)| (place, bytes.len())).collect();
        let mut at = self.below(mine.iter().map(|(_, size)| size).sum());
        for (place, size) in mine {
            if at < size {
                return (place.clone(), at);
            }
            at -= size;
        }
        unreachable!("it is below their sum")
    }
}

/// What the screens are told: the document is damaged, and no other is.
async fn is_said(device: &Device, id: Id, others: &[(Id, Value)], what: &str) {
    let overview: Overview = ask(device, Call::Hello).await;
    let damaged: Vec<Id> = overview.catalogue.iter().filter(|row| row.damaged).map(|row| row.id).collect();
    assert_eq!(damaged, [id], "{what}");
    let said: Vec<_> = overview.notices.iter().filter(|notice| notice.code == "damaged").collect();
    assert!(!said.is_empty() && said.iter().all(|notice| notice.document == Some(id)), "{what}: {said:?}");
    for (other, expected) in others {
        assert_eq!(value(device, *other).await, *expected, "{what}");
    }
}

#[wasm_bindgen_test]
async fn any_flipped_byte_is_said_costs_only_its_own_document_and_deletes_nothing() {
    let device = Device::open().await.unwrap();
    let (id, before) = typed(&device).await;
    let mut others = Vec::new();
    for name in ["One", "Two"] {
        let call = Call::Create { kind: Kind::Flow, value: json!({"name": name}) };
        let other = ask::<Created>(&device, call).await.id;
        edit(&device, other, set("/description", "unharmed")).await;
        others.push((other, value(&device, other).await));
    }
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let good = stored(&storage).await;
    let rows = storage.entries(&[(Store::Catalogue, None)]).await.unwrap().pop().unwrap();
    device.close();
    assert_eq!((good.keys().filter(|place| place.0 == SNAPSHOTS).count(), good.len()), (1, 35));

    let mut dice = Dice(0x5eed);
    for flip in 0..FLIPS {
        let (place, at) = dice.byte(&good, &id.to_string());
        let mask = u8::try_from(1 + dice.below(255)).unwrap();
        let what = format!("flip {flip}: byte {at} of {place:?} ^ {mask:#x}");
        let mut bad = good.clone();
        bad.get_mut(&place).unwrap()[at] ^= mask;
        restore(&storage, &bad, &rows).await;

        let device = Device::open().await.unwrap();
        let opened = device.call(Call::Open { id }).await;
        if place.0 == SNAPSHOTS {
            // Its beginning is in that piece: nothing can be shown, and nothing is touched.
            assert_eq!(opened.unwrap_err().code, "damaged", "{what}");
        } else {
            let opened: OpenReply = serde_json::from_value(opened.unwrap()).unwrap();
            assert_eq!(opened.view.value, before[&place.2], "{what}");
            let content = bad.remove(&place).unwrap();
            bad.insert((QUARANTINE, place.1.clone(), place.2.clone()), content);
        }
        is_said(&device, id, &others, &what).await;
        assert!(stored(&storage).await == bad, "{what}: other pieces than before");
        assert!(!device.compact(id).await.unwrap(), "{what}");
        assert!(stored(&storage).await == bad, "{what}: other pieces after putting together");
        device.close();
    }
    restore(&storage, &good, &rows).await;
    storage.close();
}
