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

/// Hashes a file and leaves it at its beginning.
pub(crate) async fn hash(file: &mut File) -> Result<BlobRow, BlobError> {
    file.rewind().await?;
    let mut hash = Sha256::new();
    let mut size_bytes = 0;
    let mut part = vec![0; PART_BYTES];
    loop {
        let length = file.read(&mut part).await?;
        if length == 0 {
            break;
        }
        hash.update(&part[..length]);
        size_bytes += u64::try_from(length).unwrap_or_default();
    }
    file.rewind().await?;
    Ok(BlobRow { sha256: hash.finalize().into(), size_bytes })
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
