//! `tombolo admin rotate-keys`: everything that is sealed gets a new key, while the server is stopped.

use std::path::Path;

use anyhow::bail;

use crate::serve::{DATABASE, KEY, lock};
use crate::sqlite::{AUDIT_KEY, Sqlite};
use crate::store::Store;
use crate::{clock, keys};

/// Puts everything under a new key; gives what to say about it.
pub(super) async fn run(data: &Path, forget: bool) -> anyhow::Result<String> {
    let path = data.join(DATABASE);
    if !path.exists() {
        bail!("there is no database in {}: name the server's folder with --data", data.display());
    }
    let lock = lock(data)?;
    let store = Sqlite::open(&path, 0, clock::now_ms()).await?;
    let rotated = keys::rotate(data, &store, forget).await;
    store.close().await;
    drop(lock);
    let rotated = rotated?;
    let mut said = format!(
        "{} sealed rows are under a new key: keep {} where you kept the old one, which opens older backups only",
        rotated.sealed,
        data.join(KEY).display()
    );
    if rotated.forgotten > 0 {
        said = format!(
            "{said}; {} that did not open are forgotten: these credentials and second factors have to be entered again",
            rotated.forgotten
        );
    }
    Ok(said)
}

/// What a restored folder says of its keys.
pub(super) async fn after_restore(data: &Path) -> anyhow::Result<String> {
    let audit_key = data.join(AUDIT_KEY);
    let was_there = audit_key.exists();
    let store = Sqlite::open(&data.join(DATABASE), 0, clock::now_ms()).await?;
    let state = keys::state(data, &store).await;
    store.close().await;
    let said = match state? {
        None => "no credentials are in it".to_owned(),
        Some(Ok(count)) => format!("{} opens what is sealed in it ({count})", data.join(KEY).display()),
        Some(Err(error)) => format!("NO CREDENTIALS WORK YET: {error}"),
    };
    if was_there {
        return Ok(said);
    }
    // Opening made a new one; in its place the right one could not be seen to be missing.
    std::fs::remove_file(&audit_key)?;
    Ok(format!(
        "{said}; {} is missing: put it back before the server starts, or verify-audit will not know the entries of before",
        audit_key.display()
    ))
}
