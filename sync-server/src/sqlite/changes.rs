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
use super::row::{array, db, from_u64, get, hashes, id, json, kind, maybe_id, number, role, to_u64};
use crate::store::{Changes, Push, Pushed, StoreError, StoredDocument, Stretch};

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

    async fn state(&self, account: Id, user: Id) -> Result<Option<AccountState>, StoreError> {
        let query = sqlx::query(
            "SELECT m.role, m.visibility_epoch, a.sequence, s.epoch, s.restored FROM members m
             JOIN accounts a ON a.id = m.account JOIN server s
             WHERE m.account = ? AND m.user = ? AND m.status = 'accepted'",
        )
        .bind(account.to_string())
        .bind(user.to_string());
        self.find(query, "looking up an account", |row| {
            Ok(AccountState {
                role: role(row, "members", "role")?,
                server_epoch: number(row, "server", "epoch")?,
                visibility_epoch: number(row, "members", "visibility_epoch")?,
                sequence: number(row, "accounts", "sequence")?,
                restored: number(row, "server", "restored")? != 0,
            })
        })
        .await
    }

    async fn entries(&self, account: Id, after: u64, most_bytes: usize) -> Result<Stretch, StoreError> {
        const DOING: &str = "reading the sequence";
        // One transaction: the three tables are seen at the same moment.
        let mut tx = self.read.begin().await.map_err(db(DOING))?;
        let last: Option<i64> = sqlx::query_scalar("SELECT sequence FROM accounts WHERE id = ?")
            .bind(account.to_string())
            .fetch_optional(&mut *tx)
            .await
            .map_err(db(DOING))?;
        let last = last.map_or(0, to_u64);
        let mut upto = last.min(after.saturating_add(STRETCH));
        let mut entries = Vec::new();
        for table in [Table::Changes, Table::Runs, Table::Errors] {
            upto = read_table(&mut tx, table, account, after, upto, most_bytes, &mut entries).await?;
        }
        entries.retain(|entry| entry.sequence <= upto);
        entries.sort_by_key(|entry| entry.sequence);
        Ok(Stretch { entries, upto: upto.max(after), more: upto < last })
    }

    async fn documents(
        &self,
        account: Id,
        after: Option<Id>,
        most_bytes: usize,
    ) -> Result<(Vec<Snapshot>, bool), StoreError> {
        const DOING: &str = "reading documents";
        let mut rows = sqlx::query(
            "SELECT c.document, c.bytes, d.size_bytes FROM changes c JOIN documents d ON d.account = c.account AND d.id = c.document
             WHERE c.account = ? AND c.document > ? AND d.purged = 0 ORDER BY c.document, c.sequence",
        )
        .bind(account.to_string())
        .bind(after.map_or_else(String::new, |id| id.to_string()))
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
        documents: &[Id],
        most_bytes: usize,
    ) -> Result<(Vec<Snapshot>, bool), StoreError> {
        let mut found = Vec::new();
        let mut size = 0;
        for document in documents {
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
        after: Option<Id>,
        limit: usize,
    ) -> Result<(Vec<ManifestEntry>, bool), StoreError> {
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let rows = sqlx::query(
            "SELECT id, heads FROM documents WHERE account = ? AND id > ? AND purged = 0 ORDER BY id LIMIT ?",
        )
        .bind(account.to_string())
        .bind(after.map_or_else(String::new, |id| id.to_string()))
        .bind(wanted)
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
}

/// Reads one table's part of a stretch; returns up to where it got within the bytes.
async fn read_table(
    conn: &mut SqliteConnection,
    table: Table,
    account: Id,
    after: u64,
    upto: u64,
    most_bytes: usize,
    into: &mut Vec<Numbered>,
) -> Result<u64, StoreError> {
    const DOING: &str = "reading the sequence";
    let statement = match table {
        Table::Changes => {
            "SELECT sequence, document, hash, user, bytes, length(bytes) AS size FROM changes
             WHERE account = ? AND sequence > ? AND sequence <= ? ORDER BY sequence"
        }
        Table::Runs => {
            "SELECT sequence, body, length(body) AS size FROM runs
             WHERE account = ? AND sequence > ? AND sequence <= ? ORDER BY sequence"
        }
        Table::Errors => {
            "SELECT sequence, body, length(body) AS size FROM run_errors
             WHERE account = ? AND sequence > ? AND sequence <= ? ORDER BY sequence"
        }
    };
    let mut rows =
        sqlx::query(statement).bind(account.to_string()).bind(from_u64(after)).bind(from_u64(upto)).fetch(conn);
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
        Table::Errors => (None, Entry::RunError(json::<RunErrorRow>(row, "run_errors", "body")?)),
    };
    Ok(Numbered { sequence: number(row, "changes", "sequence")?, hash, entry })
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
