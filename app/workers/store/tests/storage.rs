//! What is written is there, strictly and whole or not at all, in a real browser's IndexedDB.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use tombolo_model::Id;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, bytes, bytes_of, chunk_key, document_range, text};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn open(name: &str) -> Storage {
    Storage::open(name, Layout::Account, || ()).await.unwrap()
}

fn id(n: u8) -> Id {
    Id::from_parts(1, [n; 8])
}

#[wasm_bindgen_test]
async fn what_was_written_is_there_after_opening_again() {
    let storage = open("round-trip").await;
    let mut batch = Batch::new();
    batch.put(Store::Chunks, &chunk_key(id(1), &[7; 32]), bytes(&[1, 2, 3]));
    batch.put_json(Store::Meta, &text("cursor"), &42_u64);
    storage.write(&batch).await.unwrap();
    storage.close();
    let again = open("round-trip").await;
    let value = again.get(Store::Chunks, &chunk_key(id(1), &[7; 32])).await.unwrap();
    assert_eq!(value.as_ref().and_then(bytes_of), Some(vec![1, 2, 3]));
    assert_eq!(again.get_json::<u64>(Store::Meta, &text("cursor")).await.unwrap(), Some(42));
    assert!(again.get(Store::Meta, &text("nothing")).await.unwrap().is_none());
}

#[wasm_bindgen_test]
async fn a_document_s_range_holds_its_own_pieces_and_no_others() {
    let storage = open("range").await;
    let mut batch = Batch::new();
    for (document, hash) in [(1, 0), (1, 255), (2, 7)] {
        batch.put(Store::Chunks, &chunk_key(id(document), &[hash; 32]), bytes(&[hash]));
    }
    storage.write(&batch).await.unwrap();
    let mine = storage.values(Store::Chunks, document_range(id(1)).as_ref()).await.unwrap();
    assert_eq!(mine.iter().filter_map(bytes_of).collect::<Vec<_>>(), [vec![0], vec![255]]);
    let mut batch = Batch::new();
    batch.delete(Store::Chunks, &document_range(id(1)).unwrap());
    storage.write(&batch).await.unwrap();
    assert_eq!(storage.values(Store::Chunks, None).await.unwrap().len(), 1);
}

#[wasm_bindgen_test]
async fn the_last_of_a_range_is_found_and_what_lies_before_it_is_not_read() {
    let storage = open("last").await;
    let mut batch = Batch::new();
    for (document, hash) in [(1, 1), (1, 2), (1, 3), (2, 4)] {
        batch.put(Store::Chunks, &chunk_key(id(document), &[hash; 32]), bytes(&[hash]));
    }
    storage.write(&batch).await.unwrap();
    let mut read = Vec::new();
    let mut second = |_: &JsValue, value: &JsValue| {
        read.extend(bytes_of(value).unwrap());
        read.ends_with(&[2]).then_some("found")
    };
    let mine = document_range(id(1)).unwrap();
    assert_eq!(storage.last(Store::Chunks, &mine, &mut second).await.unwrap(), Some("found"));
    assert_eq!(read, [3, 2]);
    let mut count = 0;
    let none = |_: &JsValue, _: &JsValue| {
        count += 1;
        None::<()>
    };
    assert!(storage.last(Store::Chunks, &mine, none).await.unwrap().is_none());
    assert_eq!(count, 3);
    let empty = document_range(id(3)).unwrap();
    assert_eq!(storage.last(Store::Chunks, &empty, |_, _| Some(())).await.unwrap(), None);
}

#[wasm_bindgen_test]
async fn a_batch_that_cannot_be_written_writes_nothing() {
    let storage = open("all-or-nothing").await;
    let mut batch = Batch::new();
    batch.put(Store::Meta, &text("good"), text("1"));
    // A function cannot be stored.
    batch.put(Store::Meta, &text("bad"), js_sys::Function::new_no_args("").into());
    assert!(storage.write(&batch).await.is_err());
    assert!(storage.get(Store::Meta, &text("good")).await.unwrap().is_none());
    assert!(storage.write(&Batch::new()).await.is_ok());
}

#[wasm_bindgen_test]
async fn a_transaction_that_is_given_up_when_it_is_half_filled_writes_nothing() {
    let storage = open("given-up").await;
    let mut batch = Batch::new();
    batch.put(Store::Meta, &text("good"), text("1"));
    let writing = storage.begin(&batch.stores()).unwrap();
    writing.issue(&batch).unwrap();
    drop(writing);
    assert!(storage.get(Store::Meta, &text("good")).await.unwrap().is_none());
}

#[wasm_bindgen_test]
async fn every_write_asks_the_browser_for_strict_durability() {
    let storage = open("strict").await;
    let spy = "const asked = []; const real = IDBDatabase.prototype.transaction; \
        IDBDatabase.prototype.transaction = function (...all) { const made = real.apply(this, all); \
        asked.push(made.mode + ' ' + made.durability); return made; }; globalThis.askedFor = asked;";
    js_sys::eval(spy).unwrap();
    let mut batch = Batch::new();
    batch.put(Store::Meta, &text("a"), text("b"));
    storage.write(&batch).await.unwrap();
    let asked = js_sys::eval("globalThis.askedFor.filter((one) => one.startsWith('readwrite')).join()").unwrap();
    assert_eq!(asked, JsValue::from_str("readwrite strict"));
}

#[wasm_bindgen_test]
async fn a_thousand_pieces_go_into_one_transaction_and_come_back_in_order() {
    let storage = open("thousand").await;
    let mut batch = Batch::new();
    for n in 0..1_000_u64 {
        batch.append_json(Store::Outbox, &n);
    }
    storage.write(&batch).await.unwrap();
    let entries = storage.entries(&[(Store::Outbox, None)]).await.unwrap().pop().unwrap();
    let values: Vec<String> = entries.iter().filter_map(|(_, value)| value.as_string()).collect();
    assert_eq!(values, (0..1_000).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[wasm_bindgen_test]
async fn a_database_that_another_page_deletes_lets_go_and_says_so() {
    let gone = std::rc::Rc::new(std::cell::Cell::new(false));
    let told = gone.clone();
    let storage = Storage::open("gone", Layout::Account, move || told.set(true)).await.unwrap();
    Storage::delete("gone").await.unwrap();
    assert!(gone.get());
    let mut batch = Batch::new();
    batch.put(Store::Meta, &text("a"), text("b"));
    assert!(storage.write(&batch).await.is_err());
}
