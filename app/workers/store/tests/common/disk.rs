//! What is stored of documents, looked at and damaged behind the device's back.

use tombolo_model::Id;
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, bytes, bytes_of, document_range};

/// The database of the device's account.
pub(crate) async fn storage(device: &Device) -> Storage {
    Storage::open(&device.database(), Layout::Account, || ()).await.unwrap()
}

/// How many pieces of a document are in a store.
pub(crate) async fn count(storage: &Storage, store: Store, id: Id) -> usize {
    storage.values(store, document_range(id).as_ref()).await.unwrap().len()
}

/// Flips a byte in the changes in which a text stands.
pub(crate) async fn damage(storage: &Storage, id: Id, within: &str) {
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
