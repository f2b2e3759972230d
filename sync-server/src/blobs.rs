//! Files in and out of the store, part by part: no file is ever in memory as a whole.

use std::path::Path;

use axum::body::Body;
use futures_util::{TryStreamExt, stream};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tombolo_model::Id;

use crate::app::App;
use crate::clock;
use crate::store::{BlobRow, PART_BYTES, StoreError};

/// Why a file was not stored or read.
#[derive(Debug, Error)]
pub(crate) enum BlobError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file on the disk failed.
    #[error("a file cannot be read or written")]
    File(#[from] std::io::Error),
}

/// Copies a file to one without a name, which nobody else can write to, and hashes what arrives there. The copy is left at
/// its beginning.
pub(crate) async fn copy(mut file: File, folder: &Path) -> Result<(File, BlobRow), BlobError> {
    let mut receiver = Receiver::new(folder)?;
    let mut part = vec![0; PART_BYTES];
    loop {
        let length = file.read(&mut part).await?;
        if length == 0 {
            return receiver.finish().await;
        }
        receiver.take(&part[..length]).await?;
    }
}

/// Takes a file as it comes: its bytes wait in a file without a name until their hash is known.
pub(crate) struct Receiver {
    file: File,
    hash: Sha256,
    size_bytes: u64,
}

impl Receiver {
    /// Nothing yet; the bytes will wait in this folder.
    pub(crate) fn new(folder: &Path) -> Result<Self, BlobError> {
        let file = File::from_std(tempfile::tempfile_in(folder)?);
        Ok(Self { file, hash: Sha256::new(), size_bytes: 0 })
    }

    /// How much has come.
    pub(crate) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Takes what comes next.
    pub(crate) async fn take(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.hash.update(bytes);
        self.file.write_all(bytes).await?;
        self.size_bytes = self.size_bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// All has come: the file at its beginning, and what it is called.
    pub(crate) async fn finish(mut self) -> Result<(File, BlobRow), BlobError> {
        self.file.flush().await?;
        self.file.rewind().await?;
        Ok((self.file, BlobRow { sha256: self.hash.finalize().into(), size_bytes: self.size_bytes }))
    }
}

/// Stores a file part by part, so that no transaction holds the writer for long.
pub(crate) async fn store(app: &App, account: Id, file: &mut File, row: BlobRow) -> Result<(), BlobError> {
    let mut n = 0;
    let mut left = row.size_bytes;
    while left > 0 {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(PART_BYTES);
        let mut part = vec![0; length];
        file.read_exact(&mut part).await?;
        app.store.put_blob_part(account, &row.sha256, n, &part).await?;
        left -= u64::try_from(length).unwrap_or(left);
        n += 1;
    }
    app.store.finish_blob(account, row, clock::now_ms()).await?;
    Ok(())
}

/// Writes a stored file to a path; `false` when it is not stored.
pub(crate) async fn write_to(app: &App, account: Id, sha256: &[u8; 32], path: &Path) -> Result<bool, BlobError> {
    if app.store.blob(account, sha256).await?.is_none() {
        return Ok(false);
    }
    let mut file = File::create_new(path).await?;
    let mut n = 0;
    while let Some(part) = app.store.blob_part(account, sha256, n).await? {
        file.write_all(&part).await?;
        n += 1;
    }
    file.flush().await?;
    Ok(true)
}

/// A stored file as a body.
pub(crate) fn body(app: &App, account: Id, sha256: [u8; 32]) -> Body {
    let store = app.store.clone();
    let parts = stream::try_unfold(0_u32, move |n| {
        let store = store.clone();
        async move {
            let part = store.blob_part(account, &sha256, n).await?;
            Ok::<_, StoreError>(part.map(|bytes| (bytes, n + 1)))
        }
    });
    Body::from_stream(parts.inspect_err(|error| {
        tracing::error!(%error, "a file cannot be read to its end");
    }))
}
