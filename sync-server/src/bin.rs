//! Deleting for good what lies in the recycle bin: when somebody asks for it, and by the server's own clock.
//!
//! Invariant: what was deleted for good never comes back under its id, from no device, however long that was away.

use std::collections::BTreeMap;

use thiserror::Error;
use tombolo_model::Id;
use tombolo_wire::rest::AuditAction;

use crate::app::App;
use crate::audit::{self, AuditError};
use crate::clock;
use crate::resources::{self, ResourceError};
use crate::rest::acting::Acting;
use crate::store::{Store, StoreError, Unchanged};

/// How long something lies in the bin.
pub(crate) const BIN_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// Why nothing was deleted.
#[derive(Debug, Error)]
pub(crate) enum BinError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The audit log could not be brought up to date, and what is deleted would be missing in it.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// A document that is to go, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doomed {
    pub(crate) id: Id,
    pub(crate) heads: Vec<u8>,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
}

/// Deletes documents of an account for good and tells everybody; gives those that went.
pub(crate) async fn purge(
    app: &App,
    account: Id,
    by: Option<&Acting>,
    doomed: Vec<Doomed>,
) -> Result<Vec<Id>, BinError> {
    // Whatever was accepted up to now is in the log before its history goes.
    audit::catch_up(&*app.store, account, clock::now_ms()).await?;
    let documents: Vec<(Id, Vec<u8>)> = doomed.iter().map(|one| (one.id, one.heads.clone())).collect();
    let (gone, sequence) = app.store.purge(account, &documents, clock::now_ms()).await?;
    if gone.is_empty() {
        return Ok(gone);
    }
    app.committed(account, sequence);
    for one in doomed.iter().filter(|one| gone.contains(&one.id)) {
        app.hub.flow_changed(account, one.id);
        let name = format!("{} (deleted for good)", one.name);
        let event = match by {
            Some(acting) => audit::acted(acting, one.kind, Some(one.id), &name, AuditAction::Delete),
            None => audit::system(one.kind, Some(one.id), &name, AuditAction::Delete),
        };
        audit::note(app, account, event).await;
    }
    Ok(gone)
}

/// Deletes what has lain in the bin for too long. `seen_ms` is how far was looked before, and moves on.
pub(crate) async fn sweep(app: &App, seen_ms: &mut i64, now_ms: i64) -> Result<(), BinError> {
    let Some(upto_ms) = horizon(&*app.store, now_ms).await? else { return Ok(()) };
    let mut of_each: BTreeMap<Id, Vec<Doomed>> = BTreeMap::new();
    for (account, doomed) in expired(&*app.store, *seen_ms, upto_ms).await? {
        of_each.entry(account).or_default().push(doomed);
    }
    let mut failed = None;
    for (account, doomed) in of_each {
        match purge(app, account, None, doomed).await {
            Ok(gone) => {
                tracing::info!(%account, count = gone.len(), "what lay in the recycle bin for 30 days is deleted for good");
            }
            // One whose log cannot be read does not keep the bins of all others full.
            Err(error) => {
                tracing::error!(%error, %account, "the recycle bin of an account cannot be emptied of what is old");
                failed = Some(error);
            }
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    *seen_ms = upto_ms;
    Ok(())
}

/// Until when what was binned goes now. Nothing does soon after a restore: what a backup has in its bin may have been
/// taken out since, on devices that have not been heard yet.
async fn horizon(store: &dyn Store, now_ms: i64) -> Result<Option<i64>, StoreError> {
    let upto_ms = now_ms - BIN_MS;
    Ok((store.restored_ms().await? <= upto_ms).then_some(upto_ms))
}

/// What lies in the bin and was last changed in this time, which for such is when it was put there.
async fn expired(store: &dyn Store, after_ms: i64, upto_ms: i64) -> Result<Vec<(Id, Doomed)>, StoreError> {
    let mut found = Vec::new();
    for Unchanged { account, document } in store.unchanged(after_ms, upto_ms).await? {
        let Some(row) = store.listed(account, document).await? else { continue };
        match resources::read(store, account, document).await {
            Ok(Some(resource)) if resource.binned => {
                let name = tombolo_model::catalogue::describe(row.kind, &resource.value).name;
                found.push((account, Doomed { id: document, heads: row.heads, name, kind: row.kind.name() }));
            }
            Ok(_) => {}
            // One that cannot be read is nobody's to throw away.
            Err(ResourceError::Store(error)) => return Err(error),
            Err(error) => tracing::warn!(%error, %document, "it cannot be said whether this lies in the recycle bin"),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_docs::{Author, Document};
    use tombolo_model::{Intent, Kind};
    use tombolo_sync::gate::{Incoming, Verdict};

    use super::*;
    use crate::sqlite::Sqlite;
    use crate::store::{Bin, Changes, NewUser, People, Push, Road};

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    async fn push(store: &Sqlite, n: u8, binned: bool, now_ms: i64) {
        let author = Author { actor: [n; 16], time_ms: 0 };
        let mut rows = || "row".to_owned();
        let value = json!({ "name": format!("{n}") });
        let (mut document, first) = Document::create(Kind::Script, id(n), &value, &author, &mut rows).unwrap();
        let mut chunks = vec![first];
        if binned {
            chunks.extend(document.edit(&author, &[Intent::Bin], &mut rows).unwrap());
        }
        let changes = chunks.into_iter().map(|chunk| Incoming::read(chunk.bytes).unwrap()).collect();
        let push = Push {
            account: id(200),
            user: id(100),
            document: id(n),
            changes,
            road: Road::app(),
            recovering: false,
            now_ms,
        };
        assert!(matches!(store.push(push).await.unwrap().verdict, Verdict::Accept(_)));
    }

    #[tokio::test]
    async fn what_has_lain_in_the_bin_for_thirty_days_goes_for_good_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("test.db"), 1, 1).await.unwrap();
        let user = NewUser {
            id: id(100),
            email: "ann@example.com".to_owned(),
            name: "Ann".to_owned(),
            password: String::new(),
            account: id(200),
            account_name: "Ann".to_owned(),
            invitation: None,
            now_ms: 1,
        };
        store.sign_up(&user).await.unwrap();
        let now = 100 * BIN_MS;
        push(&store, 1, true, now - BIN_MS).await;
        push(&store, 2, true, now - BIN_MS + 1).await;
        push(&store, 3, false, now - 3 * BIN_MS).await;
        let found = expired(&store, 0, now - BIN_MS).await.unwrap();
        assert_eq!(found.iter().map(|(_, doomed)| doomed.id).collect::<Vec<_>>(), [id(1)]);
        assert!(expired(&store, now - BIN_MS, now - BIN_MS).await.unwrap().is_empty(), "it was looked at before");
        // One that was changed meanwhile has other heads.
        let other = [(id(1), vec![7; 32])];
        assert_eq!(store.purge(id(200), &other, now).await.unwrap().0, []);
        let documents: Vec<(Id, Vec<u8>)> = found.into_iter().map(|(_, doomed)| (doomed.id, doomed.heads)).collect();
        assert_eq!(store.purge(id(200), &documents, now).await.unwrap().0, [id(1)]);
        assert!(store.document(id(200), id(1)).await.unwrap().is_none());
        assert!(store.document(id(200), id(2)).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn nothing_goes_from_the_bin_of_a_backup_before_every_device_had_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let (file, database) = (folder.path().join("backup.db"), folder.path().join("test.db"));
        let store = Sqlite::open(&database, 1, 1).await.unwrap();
        let now_ms = 100 * BIN_MS;
        assert_eq!(horizon(&store, now_ms).await.unwrap(), Some(now_ms - BIN_MS));
        store.close().await;
        crate::backup::write(&database, &file).await.unwrap();
        crate::backup::restore(&file, &database, 2, now_ms).await.unwrap();
        let store = Sqlite::open(&database, 1, 1).await.unwrap();
        assert_eq!(horizon(&store, now_ms + 1).await.unwrap(), None);
        assert_eq!(horizon(&store, now_ms + BIN_MS).await.unwrap(), Some(now_ms));
        store.close().await;
    }
}
