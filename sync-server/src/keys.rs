//! Which key the vault is under, and putting it under another one.
//!
//! The new key is on the disk before anything is sealed under it, everything is sealed under it in one transaction, and
//! only then does its file take the place of the old one. Whatever crashes in between leaves a data folder in which the
//! sealed rows themselves say which of the two keys is theirs.
//!
//! Invariant: a key that opens something is never overwritten and never removed.

use std::path::{Path, PathBuf};

use thiserror::Error;
use tombolo_model::Id;

use crate::auth::{second, sso};
use crate::mail;
use crate::private;
use crate::serve::KEY;
use crate::sqlite::{SealedPlace, SealedRow, Sqlite};
use crate::store::{SealedSecret, StoreError};
use crate::vault::{SecretPlace, VaultError, VaultKey};

/// The name of a key that is about to take the place of the other.
const NEXT: &str = "secrets.key.new";

/// Why there is no key to go on with.
#[derive(Debug, Error)]
pub(crate) enum KeyError {
    /// There are secrets and no key.
    #[error(
        "{0} is missing, and nothing that is sealed opens without it: put it back from where you keep it. If it is lost, run tombolo admin rotate-keys --forget-unreadable; credentials and second factors then have to be entered again"
    )]
    Missing(PathBuf),
    /// There are secrets of another key.
    #[error(
        "{0} opens none of the secrets: it belongs to other data. Put the right file back. If it is lost, run tombolo admin rotate-keys --forget-unreadable; credentials and second factors then have to be entered again"
    )]
    Wrong(PathBuf),
    /// Some things do not open.
    #[error(
        "{0} of {1} sealed rows do not open with the key: nothing was changed. Add --forget-unreadable to remove these"
    )]
    Unreadable(usize, usize),
    /// A key's file.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be moved or made safe.
    #[error("the file {path} cannot be put in place")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// What became of the sealed rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rotated {
    pub(crate) sealed: usize,
    pub(crate) forgotten: usize,
}

/// The key of a data folder; finishes or takes back a rotation that was cut short. Makes one where nothing is sealed yet.
///
/// # Errors
///
/// Returns [`KeyError::Missing`] and [`KeyError::Wrong`] rather than a key that opens nothing.
pub(crate) async fn settle(data: &Path, store: &Sqlite) -> Result<VaultKey, KeyError> {
    let (path, next_path) = (data.join(KEY), data.join(NEXT));
    // All of them: a folder whose first key was lost may have newer rows that open.
    let rows = store.sealed(u32::MAX).await?;
    let (current, next) = (VaultKey::read(&path)?, next_key(&next_path)?);
    let fits = |key: &VaultKey| rows.is_empty() || rows.iter().any(|row| opens(key, row));
    match (current, next) {
        (Some(key), None) if fits(&key) => Ok(key),
        (Some(key), Some(_)) if fits(&key) => {
            // Nothing was sealed under the other one.
            std::fs::remove_file(&next_path).map_err(failed(&next_path))?;
            Ok(key)
        }
        (_, Some(key)) if fits(&key) => {
            put_in_place(data)?;
            Ok(key)
        }
        (None, None) if rows.is_empty() => Ok(VaultKey::open(&path)?),
        (None, _) => Err(KeyError::Missing(path)),
        (Some(_), _) => Err(KeyError::Wrong(path)),
    }
}

/// Whether the key of a data folder opens what is in its database; nothing where nothing is sealed.
pub(crate) async fn state(data: &Path, store: &Sqlite) -> Result<Option<Result<usize, KeyError>>, KeyError> {
    let rows = store.sealed(u32::MAX).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    // Only looked at: of a rotation that was cut short, the key that does not fit this database may fit the one before.
    let (path, next_path) = (data.join(KEY), data.join(NEXT));
    let current = VaultKey::read(&path)?;
    let next = match VaultKey::read(&next_path) {
        Err(VaultError::NotAKey(_)) => None,
        read => read?,
    };
    let fits = |key: &VaultKey| rows.iter().any(|row| opens(key, row));
    Ok(Some(match current {
        _ if current.iter().chain(&next).any(fits) => Ok(rows.len()),
        Some(_) => Err(KeyError::Wrong(path)),
        None => Err(KeyError::Missing(path)),
    }))
}

/// Puts everything that is sealed under a new key. What does not open is forgotten where `forget` says so.
///
/// # Errors
///
/// Returns why everything is as it was.
pub(crate) async fn rotate(data: &Path, store: &Sqlite, forget: bool) -> Result<Rotated, KeyError> {
    let old = match settle(data, store).await {
        Ok(key) => Some(key),
        // It opens what it opens.
        Err(KeyError::Missing(_) | KeyError::Wrong(_)) if forget => VaultKey::read(&data.join(KEY))?,
        Err(error) => return Err(error),
    };
    let next_path = data.join(NEXT);
    if next_path.exists() {
        // It opens nothing, or it would have been put in place.
        std::fs::remove_file(&next_path).map_err(failed(&next_path))?;
    }
    let rows = store.sealed(u32::MAX).await?;
    let opened: Vec<(SealedRow, Option<String>)> = rows
        .into_iter()
        .map(|row| {
            let text = old.as_ref().and_then(|key| open(key, &row));
            (row, text)
        })
        .collect();
    let unreadable = opened.iter().filter(|(_, text)| text.is_none()).count();
    if unreadable > 0 && !forget {
        return Err(KeyError::Unreadable(unreadable, opened.len()));
    }
    let new = VaultKey::open(&next_path)?;
    let mut rows = Vec::with_capacity(opened.len());
    for (row, text) in &opened {
        let sealed = text.as_ref().map(|text| seal(&new, row, text)).transpose()?;
        rows.push((row.place.clone(), sealed));
    }
    store.reseal(&rows).await?;
    put_in_place(data)?;
    Ok(Rotated { sealed: opened.len() - unreadable, forgotten: unreadable })
}

/// The key that was about to take the place of the other. One that was not whole on the disk has sealed nothing.
fn next_key(path: &Path) -> Result<Option<VaultKey>, KeyError> {
    match VaultKey::read(path) {
        Err(VaultError::NotAKey(_)) => {
            std::fs::remove_file(path).map_err(failed(path))?;
            Ok(None)
        }
        read => Ok(read?),
    }
}

fn put_in_place(data: &Path) -> Result<(), KeyError> {
    let path = data.join(KEY);
    std::fs::rename(data.join(NEXT), &path).map_err(failed(&path))?;
    private::sync_folder(data).map_err(failed(data))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> KeyError {
    let path = path.to_path_buf();
    move |source| KeyError::File { path, source }
}

fn opens(key: &VaultKey, row: &SealedRow) -> bool {
    open(key, row).is_some()
}

fn open(key: &VaultKey, row: &SealedRow) -> Option<String> {
    match &row.place {
        SealedPlace::Secret { account, connection, path, hosts } => {
            let secret = SealedSecret {
                connection: *connection,
                path: path.clone(),
                sealed: row.sealed.clone(),
                hosts: hosts.clone(),
            };
            key.open_secret(*account, &secret).ok()
        }
        SealedPlace::Factor { user } => key.open_secret(*user, &own(*user, second::PATH, &row.sealed)).ok(),
        SealedPlace::Letter { id } => key.open_secret(*id, &own(*id, mail::PATH, &row.sealed)).ok(),
        SealedPlace::SsoClient { account, hosts } => {
            let secret = SealedSecret { hosts: hosts.clone(), ..own(*account, sso::PATH, &row.sealed) };
            key.open_secret(*account, &secret).ok()
        }
    }
}

fn seal(key: &VaultKey, row: &SealedRow, text: &str) -> Result<Vec<u8>, VaultError> {
    let sealed = match &row.place {
        SealedPlace::Secret { account, connection, path, hosts } => {
            key.seal(SecretPlace { account: *account, connection: *connection, path }, hosts.clone(), text)?
        }
        SealedPlace::Factor { user } => {
            key.seal(SecretPlace { account: *user, connection: *user, path: second::PATH }, Vec::new(), text)?
        }
        SealedPlace::Letter { id } => {
            key.seal(SecretPlace { account: *id, connection: *id, path: mail::PATH }, Vec::new(), text)?
        }
        SealedPlace::SsoClient { account, hosts } => {
            key.seal(SecretPlace { account: *account, connection: *account, path: sso::PATH }, hosts.clone(), text)?
        }
    };
    Ok(sealed.sealed)
}

/// What belongs to no connection: its own id stands for account and connection.
fn own(id: Id, path: &str, sealed: &[u8]) -> SealedSecret {
    SealedSecret { connection: id, path: path.to_owned(), sealed: sealed.to_vec(), hosts: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{NewUser, People, Store, Vault};

    fn ids() -> [Id; 2] {
        [Id::from_parts(1, [1; 8]), Id::from_parts(2, [2; 8])]
    }

    async fn filled(data: &Path) -> (Sqlite, VaultKey) {
        let store = Sqlite::open(&data.join("test.db"), 1, 1).await.unwrap();
        let key = settle(data, &store).await.unwrap();
        let [account, connection] = ids();
        store.sign_up(&NewUser::of(account)).await.unwrap();
        let place = SecretPlace { account, connection, path: "/a" };
        let secret = key.seal(place, vec!["a.example".to_owned()], "s3cret").unwrap();
        store.put_secret(account, &secret, account, 1).await.unwrap();
        (store, key)
    }

    async fn secret(store: &Sqlite) -> SealedSecret {
        let [account, connection] = ids();
        store.secrets(account, &[connection]).await.unwrap().pop().unwrap()
    }

    #[tokio::test]
    async fn a_rotation_that_is_cut_short_anywhere_leaves_a_key_that_opens_everything() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let (store, old) = filled(data).await;
        let before = secret(&store).await;
        // Cut short before the transaction: the new key opens nothing and goes.
        VaultKey::open(&data.join(NEXT)).unwrap();
        settle(data, &store).await.unwrap();
        assert!(!data.join(NEXT).exists());
        let old_file = std::fs::read(data.join(KEY)).unwrap();
        assert_eq!(rotate(data, &store, false).await.unwrap(), Rotated { sealed: 1, forgotten: 0 });
        assert_ne!(secret(&store).await.sealed, before.sealed);
        assert!(old.open_secret(ids()[0], &secret(&store).await).is_err(), "the old key opens it still");
        // Cut short after the transaction: the files as they would lie there.
        std::fs::rename(data.join(KEY), data.join(NEXT)).unwrap();
        std::fs::write(data.join(KEY), old_file).unwrap();
        let key = settle(data, &store).await.unwrap();
        assert_eq!(key.open_secret(ids()[0], &secret(&store).await).unwrap(), "s3cret");
        assert!(!data.join(NEXT).exists());
        store.close().await;
    }

    #[tokio::test]
    async fn a_key_that_is_missing_or_another_is_said_and_no_new_one_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let (store, _) = filled(data).await;
        let right = std::fs::read(data.join(KEY)).unwrap();
        std::fs::remove_file(data.join(KEY)).unwrap();
        assert!(matches!(settle(data, &store).await, Err(KeyError::Missing(_))));
        assert!(!data.join(KEY).exists());
        VaultKey::open(&data.join(KEY)).unwrap();
        assert!(matches!(settle(data, &store).await, Err(KeyError::Wrong(_))));
        assert!(matches!(rotate(data, &store, false).await, Err(KeyError::Wrong(_))));
        std::fs::write(data.join(KEY), right).unwrap();
        settle(data, &store).await.unwrap();
        std::fs::remove_file(data.join(KEY)).unwrap();
        assert_eq!(rotate(data, &store, true).await.unwrap(), Rotated { sealed: 0, forgotten: 1 });
        let [account, connection] = ids();
        assert!(store.secrets(account, &[connection]).await.unwrap().is_empty());
        settle(data, &store).await.unwrap();
        store.close().await;
    }

    #[tokio::test]
    async fn what_the_key_opens_is_kept_when_the_rest_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let (store, _) = filled(data).await;
        std::fs::remove_file(data.join(KEY)).unwrap();
        let newer = VaultKey::open(&data.join(KEY)).unwrap();
        let [account, _] = ids();
        let connection = Id::from_parts(3, [3; 8]);
        let secret = newer.seal(SecretPlace { account, connection, path: "/b" }, Vec::new(), "newer").unwrap();
        store.put_secret(account, &secret, account, 1).await.unwrap();
        assert_eq!(rotate(data, &store, true).await.unwrap(), Rotated { sealed: 1, forgotten: 1 });
        let key = settle(data, &store).await.unwrap();
        let kept = store.secrets(account, &[connection]).await.unwrap().pop().unwrap();
        assert_eq!(key.open_secret(account, &kept).unwrap(), "newer");
        store.close().await;
    }

    #[tokio::test]
    async fn whoever_only_asks_about_the_key_moves_and_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let (store, _) = filled(data).await;
        // A backup of before a rotation was restored: the key that opens it lies under the other name.
        std::fs::rename(data.join(KEY), data.join(NEXT)).unwrap();
        VaultKey::open(&data.join(KEY)).unwrap();
        assert!(matches!(state(data, &store).await.unwrap(), Some(Ok(1))));
        assert!(data.join(KEY).exists() && data.join(NEXT).exists());
        std::fs::remove_file(data.join(NEXT)).unwrap();
        assert!(matches!(state(data, &store).await.unwrap(), Some(Err(KeyError::Wrong(_)))));
        store.close().await;
    }

    #[tokio::test]
    async fn a_key_that_was_half_written_when_the_power_went_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let (store, _) = filled(data).await;
        std::fs::write(data.join(NEXT), "").unwrap();
        settle(data, &store).await.unwrap();
        assert!(!data.join(NEXT).exists());
        store.close().await;
    }
}
