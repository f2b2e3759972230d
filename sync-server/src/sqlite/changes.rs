//! Reading documents and the account's sequence.
//!
//! Everything streams up to a number of bytes: an account with a gigabyte of history costs a socket no more
//! memory than one frame.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use serde_bytes::ByteBuf;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use tokio::sync::oneshot;
use tombolo_model::{Id, Kind};
use tombolo_sync::server::{AccountState, Numbered};
use tombolo_wire::sync::{Entry, ManifestEntry, RunErrorRow, Snapshot};

use super::Sqlite;
use super::push::Job;
use super::rights;
use super::row::{array, db, from_u64, get, hashes, id, json, kind, maybe_id, number, to_u64};
use crate::store::{BRINGS_BACK_MS, Changes, Push, Pushed, ResourceHome, Sight, StoreError, StoredDocument, Stretch};

/// The condition that a document `d` is in sight: of nothing, everything is.
macro_rules! seen {
    ($sight:literal) => {
        concat!(
            "(",
            $sight,
            " IS NULL OR d.integration IN (SELECT value FROM json_each(",
            $sight,
            "))
             OR EXISTS (SELECT 1 FROM registrations g WHERE g.account = d.account AND g.document = d.id
             AND g.integration IN (SELECT value FROM json_each(",
            $sight,
            "))))"
        )
    };
}
pub(super) use seen;

/// The condition that a document `d` in sight is read whole: what signs in elsewhere is by who may open it.
macro_rules! opened {
    ($opens:literal) => {
        concat!(
            "(",
            $opens,
            " IS NULL OR d.kind NOT IN ('connection', 'iClient') OR d.integration IN (SELECT value FROM json_each(",
            $opens,
            ")))"
        )
    };
}

/// What is added to the number of what somebody sees while they open only some of what signs in: a device that was given
/// all of it by an earlier version compares, and drops it.
const STUBS_EPOCH: u64 = 1 << 40;

/// Integrations as a parameter of [`seen`] and [`opened`].
pub(super) fn in_words(integrations: Option<&[Id]>) -> Option<String> {
    let ids = integrations?.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>();
    Some(format!("[{}]", ids.join(",")))
}

/// At most so many numbers are looked at in one go.
const STRETCH: u64 = 2_000;

#[async_trait]
impl Changes for Sqlite {
    async fn push(&self, push: Push) -> Result<Pushed, StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.pushes.send(Job { push, reply }).await.is_err() {
            return Err(StoreError::Closed);
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    async fn state(&self, account: Id, user: Id, now_ms: i64) -> Result<Option<AccountState>, StoreError> {
        const DOING: &str = "looking up an account";
        let query = sqlx::query(
            "SELECT m.visibility_epoch, a.sequence, s.epoch, s.restored FROM members m
             JOIN accounts a ON a.id = m.account JOIN server s WHERE m.account = ? AND m.user = ?",
        )
        .bind(account.to_string())
        .bind(user.to_string());
        // One transaction: an epoch that is newer than the rights would keep a device from comparing.
        let mut tx = self.read.begin().await.map_err(db(DOING))?;
        let Some(rights) = rights::of(&mut tx, account, user).await? else {
            return Ok(None);
        };
        let row = query.fetch_optional(&mut *tx).await.map_err(db(DOING))?;
        let stubs = if rights.opens().is_some() { STUBS_EPOCH } else { 0 };
        let state = row.as_ref().map(|row| {
            Ok(AccountState {
                rights,
                server_epoch: number(row, "server", "epoch")?,
                visibility_epoch: number(row, "members", "visibility_epoch")?.saturating_add(stubs),
                sequence: number(row, "accounts", "sequence")?,
                restored: now_ms < get::<i64>(row, "server", "restored")?.saturating_add(BRINGS_BACK_MS),
            })
        });
        state.transpose()
    }

    async fn home(&self, account: Id, document: Id) -> Result<Option<ResourceHome>, StoreError> {
        let mut conn = self.read.acquire().await.map_err(db("looking up where a document belongs"))?;
        rights::home(&mut conn, account, document).await
    }

    async fn entries(&self, account: Id, sight: &Sight, after: u64, most_bytes: usize) -> Result<Stretch, StoreError> {
        const DOING: &str = "reading the sequence";
        // One transaction: all tables are seen at the same moment.
        let mut tx = self.read.begin().await.map_err(db(DOING))?;
        let last: Option<i64> = sqlx::query_scalar("SELECT sequence FROM accounts WHERE id = ?")
            .bind(account.to_string())
            .fetch_optional(&mut *tx)
            .await
            .map_err(db(DOING))?;
        let last = last.map_or(0, to_u64);
        let mut upto = last.min(after.saturating_add(STRETCH));
        let mut entries = Vec::new();
        let (within, opens) = (in_words(sight.within.as_deref()), in_words(sight.opens.as_deref()));
        for table in [Table::Changes, Table::Runs, Table::Errors, Table::Marks, Table::Purged] {
            let (sight, opens) = (within.as_deref(), opens.as_deref());
            let wanted = Wanted { account, sight, opens, after, upto, most_bytes };
            upto = read_table(&mut tx, table, &wanted, &mut entries).await?;
        }
        entries.retain(|entry| entry.sequence <= upto);
        entries.sort_by_key(|entry| entry.sequence);
        Ok(Stretch { entries, upto: upto.max(after), more: upto < last })
    }

    async fn documents(
        &self,
        account: Id,
        sight: &Sight,
        after: Option<Id>,
        most_bytes: usize,
    ) -> Result<(Vec<Snapshot>, bool), StoreError> {
        const DOING: &str = "reading documents";
        let mut rows = sqlx::query(concat!(
            "SELECT c.document, c.bytes, d.size_bytes FROM changes c JOIN documents d ON d.account = c.account AND d.id = c.document
             WHERE c.account = ?1 AND c.document > ?2 AND d.purged = 0 AND ",
            seen!("?3"),
            " AND ",
            opened!("?4"),
            " ORDER BY c.document, c.sequence",
        ))
        .bind(account.to_string())
        .bind(after.map_or_else(String::new, |id| id.to_string()))
        .bind(in_words(sight.within.as_deref()))
        .bind(in_words(sight.opens.as_deref()))
        .fetch(&self.read);
        let mut page = Page::default();
        while let Some(row) = rows.try_next().await.map_err(db(DOING))? {
            if !page.take(&row, most_bytes)? {
                return Ok((page.documents, false));
            }
        }
        Ok((page.documents, true))
    }

    async fn fetch(
        &self,
        account: Id,
        sight: &Sight,
        documents: &[Id],
        most_bytes: usize,
    ) -> Result<(Vec<Snapshot>, bool), StoreError> {
        let mut found = Vec::new();
        let mut size = 0;
        for document in documents {
            if !self.is_seen(account, sight, *document).await? {
                continue;
            }
            if let Some(stored) = self.document(account, *document).await? {
                let own = stored.changes.iter().map(Vec::len).sum::<usize>();
                if !found.is_empty() && size + own > most_bytes {
                    return Ok((found, false));
                }
                size += own;
                found.push(Snapshot {
                    document: *document,
                    chunks: stored.changes.into_iter().map(ByteBuf::from).collect(),
                });
            }
        }
        Ok((found, true))
    }

    async fn manifest(
        &self,
        account: Id,
        sight: &Sight,
        after: Option<Id>,
        limit: usize,
    ) -> Result<(Vec<ManifestEntry>, bool), StoreError> {
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let rows = sqlx::query(concat!(
            "SELECT d.id, d.heads FROM documents d WHERE d.account = ?1 AND d.id > ?2 AND d.purged = 0 AND ",
            seen!("?3"),
            " AND ",
            opened!("?5"),
            " ORDER BY d.id LIMIT ?4",
        ))
        .bind(account.to_string())
        .bind(after.map_or_else(String::new, |id| id.to_string()))
        .bind(in_words(sight.within.as_deref()))
        .bind(wanted)
        .bind(in_words(sight.opens.as_deref()))
        .fetch_all(&self.read)
        .await
        .map_err(db("reading the manifest"))?;
        let complete = rows.len() <= limit;
        let entries: Result<Vec<_>, StoreError> = rows
            .iter()
            .take(limit)
            .map(|row| {
                Ok(ManifestEntry { document: id(row, "documents", "id")?, heads: hashes(row, "documents", "heads")? })
            })
            .collect();
        Ok((entries?, complete))
    }

    async fn document(&self, account: Id, document: Id) -> Result<Option<StoredDocument>, StoreError> {
        const DOING: &str = "reading a document";
        let rows = sqlx::query(
            "SELECT d.kind, d.modified_ms, c.bytes FROM documents d JOIN changes c ON c.account = d.account AND c.document = d.id
             WHERE d.account = ? AND d.id = ? AND d.purged = 0 ORDER BY c.sequence",
        )
        .bind(account.to_string())
        .bind(document.to_string())
        .fetch_all(&self.read)
        .await
        .map_err(db(DOING))?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let changes: Result<Vec<Vec<u8>>, StoreError> = rows.iter().map(|row| get(row, "changes", "bytes")).collect();
        Ok(Some(StoredDocument {
            kind: kind(first, "documents", "kind")?,
            changes: changes?,
            modified_ms: get(first, "documents", "modified_ms")?,
        }))
    }

    async fn documents_of(&self, account: Option<Id>, kind: Kind) -> Result<Vec<(Id, Id)>, StoreError> {
        let rows = sqlx::query(
            "SELECT account, id FROM documents WHERE kind = ?1 AND purged = 0 AND (?2 IS NULL OR account = ?2) ORDER BY account, id",
        )
        .bind(kind.name())
        .bind(account.map(|id| id.to_string()))
        .fetch_all(&self.read)
        .await
        .map_err(db("listing documents"))?;
        rows.iter().map(|row| Ok((id(row, "documents", "account")?, id(row, "documents", "id")?))).collect()
    }
}

/// The tables that share the account's sequence.
#[derive(Clone, Copy)]
enum Table {
    Changes,
    Runs,
    Errors,
    Marks,
    Purged,
}

/// Which part of a stretch is read.
struct Wanted<'a> {
    account: Id,
    sight: Option<&'a str>,
    opens: Option<&'a str>,
    after: u64,
    upto: u64,
    most_bytes: usize,
}

impl Table {
    /// What asks for its part: account, the numbers between, the sight, and for changes what is opened.
    const fn statement(self) -> &'static str {
        match self {
            Self::Changes => concat!(
                "SELECT c.sequence, c.document, c.hash, c.user, c.bytes, length(c.bytes) AS size FROM changes c
                 WHERE c.account = ?1 AND c.sequence > ?2 AND c.sequence <= ?3 AND (?4 IS NULL AND ?5 IS NULL OR EXISTS (
                 SELECT 1 FROM documents d WHERE d.account = c.account AND d.id = c.document AND ",
                seen!("?4"),
                " AND ",
                opened!("?5"),
                ")) ORDER BY c.sequence",
            ),
            Self::Runs => concat!(
                "SELECT r.sequence, r.body, length(r.body) AS size FROM runs r
                 WHERE r.account = ?1 AND r.sequence > ?2 AND r.sequence <= ?3 AND (?4 IS NULL OR EXISTS (
                 SELECT 1 FROM documents d WHERE d.account = r.account AND d.id = r.flow AND ",
                seen!("?4"),
                ")) ORDER BY r.sequence",
            ),
            Self::Errors => concat!(
                "SELECT e.sequence, e.body, length(e.body) AS size FROM run_errors e
                 WHERE e.account = ?1 AND e.sequence > ?2 AND e.sequence <= ?3 AND (?4 IS NULL OR EXISTS (
                 SELECT 1 FROM runs r JOIN documents d ON d.account = r.account AND d.id = r.flow
                 WHERE r.account = e.account AND r.id = e.run AND ",
                seen!("?4"),
                ")) ORDER BY e.sequence",
            ),
            Self::Marks => concat!(
                "SELECT m.sequence, m.body, length(m.body) AS size FROM run_marks m
                 WHERE m.account = ?1 AND m.sequence > ?2 AND m.sequence <= ?3 AND (?4 IS NULL OR EXISTS (
                 SELECT 1 FROM runs r JOIN documents d ON d.account = r.account AND d.id = r.flow
                 WHERE r.account = m.account AND r.id = m.run AND ",
                seen!("?4"),
                ")) ORDER BY m.sequence",
            ),
            Self::Purged => concat!(
                "SELECT d.purged_sequence AS sequence, d.id AS document, 64 AS size FROM documents d
                 WHERE d.account = ?1 AND d.purged_sequence > ?2 AND d.purged_sequence <= ?3 AND ",
                seen!("?4"),
                " ORDER BY d.purged_sequence",
            ),
        }
    }
}

/// Reads one table's part of a stretch; returns up to where it got within the bytes.
async fn read_table(
    conn: &mut SqliteConnection,
    table: Table,
    wanted: &Wanted<'_>,
    into: &mut Vec<Numbered>,
) -> Result<u64, StoreError> {
    const DOING: &str = "reading the sequence";
    let Wanted { account, sight, opens, after, upto, most_bytes } = *wanted;
    let mut query =
        sqlx::query(table.statement()).bind(account.to_string()).bind(from_u64(after)).bind(from_u64(upto)).bind(sight);
    if matches!(table, Table::Changes) {
        query = query.bind(opens);
    }
    let mut rows = query.fetch(conn);
    let mut size = 0;
    while let Some(row) = rows.try_next().await.map_err(db(DOING))? {
        let numbered = numbered(&row, table)?;
        let sequence = numbered.sequence;
        size += usize::try_from(number(&row, "changes", "size")?).unwrap_or(usize::MAX);
        into.push(numbered);
        if size >= most_bytes {
            return Ok(sequence);
        }
    }
    Ok(upto)
}

fn numbered(row: &SqliteRow, table: Table) -> Result<Numbered, StoreError> {
    let (hash, entry) = match table {
        Table::Changes => (
            Some(array(row, "changes", "hash")?),
            Entry::Change {
                document: id(row, "changes", "document")?,
                bytes: ByteBuf::from(get::<Vec<u8>>(row, "changes", "bytes")?),
                user: maybe_id(row, "changes", "user")?,
            },
        ),
        Table::Runs => (None, Entry::Run(json(row, "runs", "body")?)),
        Table::Purged => (None, Entry::Purged { document: id(row, "documents", "document")? }),
        Table::Marks => (None, Entry::RunMark(json(row, "run_marks", "body")?)),
        Table::Errors => (None, Entry::RunError(json::<RunErrorRow>(row, "run_errors", "body")?)),
    };
    Ok(Numbered { sequence: number(row, "changes", "sequence")?, hash, entry })
}

impl Sqlite {
    /// Whether a document is in sight.
    async fn is_seen(&self, account: Id, sight: &Sight, document: Id) -> Result<bool, StoreError> {
        if *sight == Sight::ALL {
            return Ok(true);
        }
        let query = sqlx::query_scalar::<_, i64>(concat!(
            "SELECT 1 FROM documents d WHERE d.account = ?1 AND d.id = ?2 AND ",
            seen!("?3"),
            " AND ",
            opened!("?4")
        ));
        let found = query
            .bind(account.to_string())
            .bind(document.to_string())
            .bind(in_words(sight.within.as_deref()))
            .bind(in_words(sight.opens.as_deref()));
        Ok(found.fetch_optional(&self.read).await.map_err(db("reading documents"))?.is_some())
    }
}

/// Documents put together from rows that are ordered by document.
#[derive(Default)]
struct Page {
    documents: Vec<Snapshot>,
    size: usize,
}

impl Page {
    /// Takes a row; `false` when it begins a document that has no room any more.
    fn take(&mut self, row: &SqliteRow, most_bytes: usize) -> Result<bool, StoreError> {
        let document = id(row, "changes", "document")?;
        let bytes = ByteBuf::from(get::<Vec<u8>>(row, "changes", "bytes")?);
        let length = bytes.len();
        match self.documents.last_mut() {
            Some(last) if last.document == document => last.chunks.push(bytes),
            Some(_) if self.size.saturating_add(whole(row)?) > most_bytes => return Ok(false),
            _ => self.documents.push(Snapshot { document, chunks: vec![bytes] }),
        }
        self.size += length;
        Ok(true)
    }
}

/// The size of all of a document.
fn whole(row: &SqliteRow) -> Result<usize, StoreError> {
    Ok(usize::try_from(number(row, "documents", "size_bytes")?).unwrap_or(usize::MAX))
}
