//! Files of this computer that steps read: kept by the SHA-256 of their bytes, sent to the server when there is one.

use std::rc::Rc;

use js_sys::Uint8Array;
use tombolo_wire::store::BlobInfo;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::account::Account;
use crate::api::{self, Errand};
use crate::fault::Fault;
use crate::secrets::subtle;
use crate::storage::{Batch, StorageError, Store, text};
use crate::tabs::Say;

/// Keeps a file.
pub(crate) async fn put(account: &Rc<Account>, name: String, file: &Blob) -> Result<BlobInfo, Fault> {
    let hash = hash(file).await?;
    let mut batch = Batch::new();
    batch.put(Store::Blobs, &text(&hash), file.into());
    if !account.is_local() {
        batch.append_json(Store::Errands, &Errand::Blob { hash: hash.clone() });
    }
    account.storage.write(&batch).await.map_err(|error| match error {
        // Unlike an edit, a file is not kept in memory to be tried again.
        StorageError::Quota => Fault::NoRoom,
        error => error.into(),
    })?;
    account.say(&Say::Errand);
    api::errands(account);
    Ok(info(hash, name, file))
}

/// A file, from here or from the server.
pub(crate) async fn get(account: &Rc<Account>, hash: &str) -> Result<Option<Blob>, Fault> {
    let here = account.storage.get(Store::Blobs, &text(hash)).await?;
    if let Some(file) = here.and_then(|value| value.dyn_into::<Blob>().ok()) {
        return Ok(Some(file));
    }
    if account.is_local() {
        return Ok(None);
    }
    let Some(file) = api::download(&format!("/api/accounts/{}/blobs/{hash}", account.id)).await? else {
        return Ok(None);
    };
    let mut batch = Batch::new();
    batch.put(Store::Blobs, &text(hash), (&file).into());
    // Without space it is fetched again the next time.
    drop(account.storage.write(&batch).await);
    Ok(Some(file))
}

/// What the screen is told of a file.
pub(crate) fn info(hash: String, name: String, file: &Blob) -> BlobInfo {
    BlobInfo { hash, name, size_bytes: size(file) }
}

/// The size of a file.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are whole and not negative")]
pub(crate) fn size(file: &Blob) -> u64 {
    file.size() as u64
}

async fn hash(file: &Blob) -> Result<String, Fault> {
    let failed = |error| Fault::Browser(format!("The file cannot be read: {error:?}. Choose it again."));
    let content = JsFuture::from(file.array_buffer()).await.map_err(failed)?;
    let digest = subtle()?.digest_with_str_and_buffer_source("SHA-256", content.unchecked_ref()).map_err(failed)?;
    let digest = JsFuture::from(digest).await.map_err(failed)?;
    Ok(Uint8Array::new(&digest).to_vec().iter().map(|byte| format!("{byte:02x}")).collect())
}
