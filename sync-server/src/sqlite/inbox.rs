//! What came to listeners.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::Id;
use tombolo_wire::run::{RunRow, RunStatus};

use super::Sqlite;
use super::push::take_numbers;
use super::row::{db, get, id, number, parse_id, to_json};
use super::runs::keep_run;
use crate::run_rows::has_read;
use crate::store::{Inbox, Kept, LastReceived, NewReceived, ReceivedRow, SHOWN_BYTES, StoreError, Taken};

/// An id belongs to one account unless somebody has chosen another's on purpose; that one is the later.
const MOST_ACCOUNTS: u32 = 16;
/// So much waits for a flow at most: beyond that its senders keep it and try again.
const MOST_WAITING: i64 = 20_000;
const MOST_WAITING_BYTES: i64 = 256 * 1024 * 1024;
/// So much waits for all flows of an account.
const MOST_BYTES_OF_ACCOUNT: i64 = 1024 * 1024 * 1024;
/// So many names of what was read stay for a flow.
const MOST_NAMED: i64 = 100_000;
/// So much is read by one run.
const MOST_TAKEN: u32 = 2_000;
const MOST_TAKEN_BYTES: i64 = 32 * 1024 * 1024;

#[async_trait]
impl Inbox for Sqlite {
    async fn accounts_with_export(&self, export: Id) -> Result<Vec<Id>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT account FROM documents WHERE id = ? AND kind = 'export' AND purged = 0 ORDER BY created_ms LIMIT ?",
        )
        .bind(export.to_string())
        .bind(MOST_ACCOUNTS)
        .fetch_all(&self.read)
        .await
        .map_err(db("finding a listener"))?;
        ids.iter().map(|text| parse_id("documents", text)).collect()
    }

    async fn receive(&self, account: Id, flows: &[Id], new: &NewReceived<'_>) -> Result<Kept, StoreError> {
        const DOING: &str = "keeping what came to a listener";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let mut kept = Kept::Known;
        for flow in flows {
            if let Some(why) = standing(&mut tx, account, *flow).await? {
                return Ok(why);
            }
            if !has_room(&mut tx, account, *flow).await? {
                return Ok(Kept::Full);
            }
            let inserted = sqlx::query(
                "INSERT INTO inbox (account, flow, export, event, media_type, body, size_bytes, received_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(account.to_string())
            .bind(flow.to_string())
            .bind(new.export.to_string())
            .bind(new.event)
            .bind(new.media_type)
            .bind(new.body)
            .bind(size_of(new.body))
            .bind(new.received_ms)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
            if inserted.rows_affected() > 0 {
                kept = Kept::New;
            }
        }
        if kept == Kept::New {
            show(&mut tx, account, new).await?;
        }
        tx.commit().await.map_err(db(DOING))?;
        Ok(kept)
    }

    async fn waiting(&self) -> Result<Vec<(Id, Id)>, StoreError> {
        let rows = sqlx::query("SELECT DISTINCT account, flow FROM inbox WHERE done = 0 AND run IS NULL")
            .fetch_all(&self.read)
            .await
            .map_err(db("looking for what came to listeners"))?;
        rows.iter().map(|row| Ok((id(row, "inbox", "account")?, id(row, "inbox", "flow")?))).collect()
    }

    async fn take_received(&self, account: Id, run: &RunRow, reads: &[Id]) -> Result<Option<Taken>, StoreError> {
        const DOING: &str = "handing what came to a run";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let dropped = drop_others(&mut tx, account, run.flow, reads).await?;
        let rows = sqlx::query(
            "SELECT n, size_bytes, export FROM inbox WHERE account = ? AND flow = ? AND done = 0 AND run IS NULL
             ORDER BY n LIMIT ?",
        )
        .bind(account.to_string())
        .bind(run.flow.to_string())
        .bind(MOST_TAKEN)
        .fetch_all(&mut *tx)
        .await
        .map_err(db(DOING))?;
        let (mut last, mut bytes, mut exports) = (None, 0_i64, Vec::new());
        for row in &rows {
            bytes = bytes.saturating_add(get(row, "inbox", "size_bytes")?);
            // One is always taken.
            if last.is_some() && bytes > MOST_TAKEN_BYTES {
                break;
            }
            last = Some(get::<i64>(row, "inbox", "n")?);
            let export = id(row, "inbox", "export")?;
            if !exports.contains(&export) {
                exports.push(export);
            }
        }
        let Some(last) = last else {
            tx.commit().await.map_err(db(DOING))?;
            return Ok(None);
        };
        sqlx::query("UPDATE inbox SET run = ? WHERE account = ? AND flow = ? AND done = 0 AND run IS NULL AND n <= ?")
            .bind(run.id.to_string())
            .bind(account.to_string())
            .bind(run.flow.to_string())
            .bind(last)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        keep_run(&mut tx, account, run, None).await?;
        let sequence = take_numbers(&mut tx, account, 0).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(Some(Taken { sequence, exports, dropped }))
    }

    async fn received_by(&self, account: Id, run: Id) -> Result<BTreeMap<Id, Vec<i64>>, StoreError> {
        let rows = sqlx::query("SELECT n, export FROM inbox WHERE account = ? AND run = ? ORDER BY n")
            .bind(account.to_string())
            .bind(run.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("reading what came to a listener"))?;
        let mut found: BTreeMap<Id, Vec<i64>> = BTreeMap::new();
        for row in &rows {
            found.entry(id(row, "inbox", "export")?).or_default().push(get(row, "inbox", "n")?);
        }
        Ok(found)
    }

    async fn received(&self, account: Id, n: i64) -> Result<Option<ReceivedRow>, StoreError> {
        let query = sqlx::query("SELECT media_type, body FROM inbox WHERE account = ? AND n = ?")
            .bind(account.to_string())
            .bind(n);
        self.find(query, "reading what came to a listener", |row| {
            Ok(ReceivedRow { n, media_type: get(row, "inbox", "media_type")?, body: get(row, "inbox", "body")? })
        })
        .await
    }

    async fn release_received(&self, account: Id, run: Id, most_ends: Option<u32>) -> Result<u64, StoreError> {
        const DOING: &str = "taking back what a run was handed";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let given_up = sqlx::query("DELETE FROM inbox WHERE account = ?1 AND run = ?2 AND ends + 1 >= ?3")
            .bind(account.to_string())
            .bind(run.to_string())
            .bind(most_ends.map_or(i64::MAX, i64::from))
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        sqlx::query("UPDATE inbox SET run = NULL, ends = ends + ?3 WHERE account = ?1 AND run = ?2")
            .bind(account.to_string())
            .bind(run.to_string())
            .bind(i64::from(most_ends.is_some()))
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(given_up.rows_affected())
    }

    async fn release_all_received(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE inbox SET run = NULL WHERE run IS NOT NULL")
            .execute(&self.write)
            .await
            .map_err(db("taking back what runs were handed"))?;
        Ok(())
    }

    async fn drop_received(&self, account: Id, flow: Id) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM inbox WHERE account = ? AND flow = ? AND done = 0 AND run IS NULL")
            .bind(account.to_string())
            .bind(flow.to_string())
            .execute(&self.write)
            .await
            .map_err(db("dropping what came to a listener"))?;
        Ok(())
    }

    async fn last_received(&self, account: Id, export: Id) -> Result<Option<LastReceived>, StoreError> {
        let query = sqlx::query(
            "SELECT media_type, body, size_bytes, received_ms FROM last_received WHERE account = ? AND export = ?",
        )
        .bind(account.to_string())
        .bind(export.to_string());
        self.find(query, "reading what came last", |row| {
            Ok(LastReceived {
                media_type: get(row, "last_received", "media_type")?,
                body: get(row, "last_received", "body")?,
                size_bytes: number(row, "last_received", "size_bytes")?,
                received_ms: get(row, "last_received", "received_ms")?,
            })
        })
        .await
    }

    async fn remove_received(&self, done_before_ms: i64, before_ms: i64, most: u32) -> Result<u64, StoreError> {
        const DOING: &str = "removing what came to listeners";
        // What is shown belongs to a listener that is there, and to nobody for ever.
        sqlx::query(
            "DELETE FROM last_received WHERE received_ms < ? OR NOT EXISTS (SELECT 1 FROM documents d
             WHERE d.account = last_received.account AND d.id = last_received.export AND d.purged = 0)",
        )
        .bind(before_ms)
        .execute(&self.write)
        .await
        .map_err(db(DOING))?;
        let gone = sqlx::query(
            "DELETE FROM inbox WHERE n IN (SELECT i.n FROM inbox i WHERE i.run IS NULL AND i.received_ms < ?1
             AND (i.done = 1 OR i.received_ms < ?2) ORDER BY i.received_ms LIMIT ?3)",
        )
        .bind(done_before_ms)
        .bind(before_ms)
        .bind(most)
        .execute(&self.write)
        .await
        .map_err(db(DOING))?;
        Ok(gone.rows_affected())
    }
}

/// Settles what a run was handed, in the transaction that keeps its end.
///
/// What it has read is forgotten; the names that senders gave stay for a while. What a person has canceled unread goes with
/// its name, so that it can be sent again, and what a failure kept from being read waits for another run.
pub(super) async fn settle(tx: &mut Transaction<'_, Db>, account: Id, row: &RunRow) -> Result<(), StoreError> {
    const READ: [&str; 2] = [
        "DELETE FROM inbox WHERE account = ? AND run = ? AND event IS NULL",
        "UPDATE inbox SET done = 1, body = x'', run = NULL WHERE account = ? AND run = ?",
    ];
    let statements: &[&'static str] = if row.status == RunStatus::Completed || has_read(row) {
        &READ
    } else if row.status == RunStatus::Canceled {
        &["DELETE FROM inbox WHERE account = ? AND run = ?"]
    } else {
        &[
            "DELETE FROM inbox WHERE account = ? AND run = ? AND ends >= 2",
            "UPDATE inbox SET run = NULL, ends = ends + 1 WHERE account = ? AND run = ?",
        ]
    };
    for statement in statements {
        sqlx::query(*statement)
            .bind(account.to_string())
            .bind(row.id.to_string())
            .execute(&mut **tx)
            .await
            .map_err(db("keeping a run"))?;
    }
    Ok(())
}

/// Why nothing may be kept for a flow now: said in the transaction that keeps it, for a flow that has left reads nothing.
async fn standing(tx: &mut Transaction<'_, Db>, account: Id, flow: Id) -> Result<Option<Kept>, StoreError> {
    let found: Option<(i64, i64)> = sqlx::query_as(
        "SELECT d.purged, EXISTS (SELECT 1 FROM transfers t, json_each(t.contents, '$.items') i
         WHERE t.account = d.account AND t.status = 'accepted' AND json_extract(i.value, '$.id') = d.id)
         FROM documents d WHERE d.account = ? AND d.id = ?",
    )
    .bind(account.to_string())
    .bind(flow.to_string())
    .fetch_optional(&mut **tx)
    .await
    .map_err(db("keeping what came to a listener"))?;
    Ok(match found {
        Some((0, 0)) => None,
        Some((0, _)) => Some(Kept::Leaving),
        _ => Some(Kept::NoFlow),
    })
}

/// Whether something more may be kept for a flow. Of very many names the oldest makes room.
async fn has_room(tx: &mut Transaction<'_, Db>, account: Id, flow: Id) -> Result<bool, StoreError> {
    const DOING: &str = "keeping what came to a listener";
    let (waiting, bytes, named, of_all): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT COALESCE(SUM(waiting * (flow = ?2)), 0), COALESCE(SUM(bytes * (flow = ?2)), 0),
         COALESCE(SUM(named * (flow = ?2)), 0), COALESCE(SUM(bytes), 0) FROM inbox_sizes WHERE account = ?1",
    )
    .bind(account.to_string())
    .bind(flow.to_string())
    .fetch_one(&mut **tx)
    .await
    .map_err(db(DOING))?;
    if named >= MOST_NAMED {
        sqlx::query(
            "DELETE FROM inbox WHERE n = (SELECT n FROM inbox WHERE account = ? AND flow = ? AND done = 1 ORDER BY n LIMIT 1)",
        )
        .bind(account.to_string())
        .bind(flow.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    }
    Ok(waiting < MOST_WAITING && bytes < MOST_WAITING_BYTES && of_all < MOST_BYTES_OF_ACCOUNT)
}

/// Forgets what waits for a flow at listeners that it does not read any more, and says how much.
async fn drop_others(tx: &mut Transaction<'_, Db>, account: Id, flow: Id, reads: &[Id]) -> Result<u64, StoreError> {
    let gone = sqlx::query(
        "DELETE FROM inbox WHERE account = ? AND flow = ? AND done = 0 AND run IS NULL
         AND export NOT IN (SELECT value FROM json_each(?))",
    )
    .bind(account.to_string())
    .bind(flow.to_string())
    .bind(to_json("inbox", &reads)?)
    .execute(&mut **tx)
    .await
    .map_err(db("handing what came to a run"))?;
    let dropped = gone.rows_affected();
    if dropped > 0 {
        tracing::warn!(%account, %flow, dropped, "what came to listeners that the flow does not read is dropped");
    }
    Ok(dropped)
}

async fn show(tx: &mut Transaction<'_, Db>, account: Id, new: &NewReceived<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO last_received (account, export, media_type, body, size_bytes, received_ms) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (account, export) DO UPDATE SET media_type = excluded.media_type, body = excluded.body,
         size_bytes = excluded.size_bytes, received_ms = excluded.received_ms",
    )
    .bind(account.to_string())
    .bind(new.export.to_string())
    .bind(new.media_type)
    .bind(&new.body[..new.body.len().min(SHOWN_BYTES)])
    .bind(size_of(new.body))
    .bind(new.received_ms)
    .execute(&mut **tx)
    .await
    .map_err(db("keeping what came to a listener"))?;
    Ok(())
}

fn size_of(body: &[u8]) -> i64 {
    i64::try_from(body.len()).unwrap_or(i64::MAX)
}
