//! Files in and out of the store, part by part: no file is ever in memory as a whole.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use futures_util::{TryStreamExt, stream};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tombolo_model::{Action, Id, Kind, Level, Rights, Role};

use crate::app::App;
use crate::clock;
use crate::resources::{self, ResourceError};
use crate::store::{BlobRow, BlobSource, PART_BYTES, Store, StoreError};

/// How many files can be stored at a time, at best.
const DESKS: usize = 64;
/// The parts that are removed in one transaction.
const PARTS_AT_ONCE: u32 = 16;

/// Why a file was not stored or read.
#[derive(Debug, Error)]
pub(crate) enum BlobError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file on the disk failed.
    #[error("a file cannot be read or written")]
    File(#[from] io::Error),
}

impl BlobError {
    /// Whether there is no room on the disk: in the store, or beside it, where files wait until they are complete.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, StoreError::Full { .. }),
            Self::File(error) => no_room(error),
        }
    }
}

/// Whether a file failed because there is no room for it.
pub(crate) fn no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
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

/// The places at which files are stored and removed, so that nobody takes away what another is writing.
///
/// Files share places by their hash: two that have the same one wait for each other, and nothing else happens to them.
#[derive(Debug)]
pub(crate) struct Desks(Vec<Arc<Mutex<()>>>);

/// A place at which nobody else is, until this is dropped.
pub(crate) type Desk = OwnedMutexGuard<()>;

impl Default for Desks {
    fn default() -> Self {
        Self((0..DESKS).map(|_| Arc::default()).collect())
    }
}

impl Desks {
    /// Waits for the place of a file.
    pub(crate) async fn sit(&self, sha256: &[u8; 32]) -> Desk {
        let desk = &self.0[usize::from(sha256[0]) % self.0.len()];
        Arc::clone(desk).lock_owned().await
    }
}

/// A file whose parts are being written. Dropped before it is finished, it takes the parts away, and its place is free when
/// they are gone.
struct Unfinished {
    store: Arc<dyn Store>,
    account: Id,
    sha256: [u8; 32],
    desk: Option<Desk>,
}

impl Unfinished {
    fn finished(mut self) -> Option<Desk> {
        self.desk.take()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let (Some(desk), Ok(runtime)) = (self.desk.take(), Handle::try_current()) else { return };
        let (store, account, sha256) = (Arc::clone(&self.store), self.account, self.sha256);
        runtime.spawn(async move {
            if let Err(error) = remove_parts(&*store, account, &sha256).await {
                tracing::warn!(%error, "parts of an unfinished file stay until the next start");
            }
            drop(desk);
        });
    }
}

/// Removes the parts of a file that is not there, some at a time: others who write do not wait.
pub(crate) async fn remove_parts(store: &dyn Store, account: Id, sha256: &[u8; 32]) -> Result<(), StoreError> {
    while store.remove_parts(account, sha256, PARTS_AT_ONCE).await? {}
    Ok(())
}

/// Keeps a file that is there already for somebody who brings it again; absent when it is not there.
pub(crate) async fn keep_again(app: &App, account: Id, sha256: &[u8; 32]) -> Result<Option<BlobRow>, BlobError> {
    let _desk = app.desks.sit(sha256).await;
    let row = app.store.blob(account, sha256).await?;
    if let Some(row) = row {
        app.store.finish_blob(account, row, BlobSource::Upload, clock::now_ms()).await?;
    }
    Ok(row)
}

/// Stores a file; nobody removes it until what is returned is dropped.
///
/// Whoever drops this, or is told of an error, leaves no parts behind.
pub(crate) async fn store(
    app: &App,
    account: Id,
    file: &mut File,
    row: BlobRow,
    source: BlobSource,
) -> Result<Option<Desk>, BlobError> {
    let desk = app.desks.sit(&row.sha256).await;
    let store = Arc::clone(&app.store);
    let unfinished = Unfinished { store, account, sha256: row.sha256, desk: Some(desk) };
    if app.store.blob(account, &row.sha256).await?.is_none() {
        write_parts(app, account, file, row).await?;
    }
    app.store.finish_blob(account, row, source, clock::now_ms()).await?;
    Ok(unfinished.finished())
}

/// Writes part by part, so that no transaction holds the writer for long.
async fn write_parts(app: &App, account: Id, file: &mut File, row: BlobRow) -> Result<(), BlobError> {
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
    Ok(())
}

/// Writes a stored file to a path; `false` when it is not stored.
pub(crate) async fn write_to(app: &App, account: Id, sha256: &[u8; 32], path: &Path) -> Result<bool, BlobError> {
    let Some(row) = app.store.blob(account, sha256).await? else {
        return Ok(false);
    };
    let mut file = File::create_new(path).await?;
    let (mut n, mut left) = (0, row.size_bytes);
    while let Some(part) = app.store.blob_part(account, sha256, n).await? {
        file.write_all(&part).await?;
        left = left.saturating_sub(u64::try_from(part.len()).unwrap_or(u64::MAX));
        n += 1;
    }
    file.flush().await?;
    // Half of its records would be worse than none.
    if left > 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a stored file lacks some of its parts").into());
    }
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

/// Whether a resource of these integrations names a file: who sees nothing else fetches nothing else.
pub(crate) async fn in_sight(app: &App, account: Id, integrations: Vec<Id>, name: &str) -> Result<bool, ResourceError> {
    let rights = Rights {
        role: Role::Custom,
        grants: integrations.into_iter().map(|integration| (integration, Level::Monitor)).collect(),
    };
    for (_, document) in app.store.documents_of(Some(account), Kind::Export).await? {
        let home = app.store.home(account, document).await?;
        if !home.is_some_and(|home| rights.may(Action::Read, home.kind, home.home())) {
            continue;
        }
        let found = resources::read(&*app.store, account, document).await?;
        let named = found.as_ref().and_then(|found| found.value.pointer("/rawData")).and_then(|raw| raw.as_str());
        if named == Some(name) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures::poll;

    use super::*;
    use crate::fresh;
    use crate::serve::tests::fresh as fresh_app;
    use crate::store::NewUser;

    /// So many bytes in a file, under a name that is not theirs: nobody compares here.
    fn file(length: usize) -> (File, BlobRow) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7; length]).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        (File::from_std(file), BlobRow { sha256: [7; 32], size_bytes: u64::try_from(length).unwrap() })
    }

    #[tokio::test]
    async fn a_file_that_is_not_stored_to_its_end_leaves_no_parts() {
        let data = tempfile::tempdir().unwrap();
        let (app, _tcp) = fresh_app(data.path()).await;
        let account = fresh::id().unwrap();
        app.store.sign_up(&NewUser::of(account)).await.unwrap();
        let part = async |n| app.store.blob_part(account, &[7; 32], n).await.unwrap().is_some();
        // Dropped half way, as with a run that is canceled.
        let (mut whole, row) = file(40 * PART_BYTES);
        {
            let mut storing = Box::pin(store(&app, account, &mut whole, row, BlobSource::Run));
            while !part(0).await {
                assert!(poll!(storing.as_mut()).is_pending());
                tokio::task::yield_now().await;
            }
        }
        drop(app.desks.sit(&row.sha256).await);
        for n in 0..40 {
            assert!(!part(n).await, "part {n} was left behind");
        }
        // Shorter than it says: read to its end too early.
        let (mut short, row) = file(2 * PART_BYTES);
        let longer = BlobRow { size_bytes: row.size_bytes + 1, ..row };
        assert!(store(&app, account, &mut short, longer, BlobSource::Run).await.is_err());
        drop(app.desks.sit(&row.sha256).await);
        assert!(!part(0).await && !part(1).await);
        // The same file can be stored at last, and stays when it is stored again and dropped half way.
        let (mut whole, row) = file(2 * PART_BYTES);
        store(&app, account, &mut whole, row, BlobSource::Run).await.unwrap();
        {
            let mut storing = Box::pin(store(&app, account, &mut whole, row, BlobSource::Run));
            assert!(poll!(storing.as_mut()).is_pending());
        }
        drop(app.desks.sit(&row.sha256).await);
        assert!(part(0).await && part(1).await);
    }

    #[tokio::test]
    async fn a_file_that_a_device_brings_again_is_not_forgotten_with_its_run() {
        let data = tempfile::tempdir().unwrap();
        let (app, _tcp) = fresh_app(data.path()).await;
        let account = fresh::id().unwrap();
        app.store.sign_up(&NewUser::of(account)).await.unwrap();
        let (mut made, row) = file(10);
        assert_eq!(keep_again(&app, account, &row.sha256).await.unwrap(), None);
        store(&app, account, &mut made, row, BlobSource::Run).await.unwrap();
        assert_eq!(keep_again(&app, account, &row.sha256).await.unwrap(), Some(row));
        assert!(app.store.unused_blobs(10).await.unwrap().is_empty());
        assert!(!app.store.forget_blob(account, &row.sha256).await.unwrap());
    }

    #[tokio::test]
    async fn a_stored_file_that_lacks_a_part_is_not_given_to_a_run() {
        let data = tempfile::tempdir().unwrap();
        let (app, _tcp) = fresh_app(data.path()).await;
        let account = fresh::id().unwrap();
        app.store.sign_up(&NewUser::of(account)).await.unwrap();
        let row = BlobRow { sha256: [7; 32], size_bytes: 20 };
        app.store.put_blob_part(account, &row.sha256, 0, &[7; 10]).await.unwrap();
        app.store.finish_blob(account, row, BlobSource::Upload, 1).await.unwrap();
        let path = data.path().join("copy");
        assert!(write_to(&app, account, &row.sha256, &path).await.is_err());
    }
}
