//! Transfers, and the one transaction in which everything changes hands.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::Id;
use tombolo_wire::rest::{Transfer, TransferStatus};

use super::push::take_numbers;
use super::row::{db, from_u64, get, hashes, id, json, maybe_id, to_json};
use super::{Sqlite, bin, rights};
use crate::store::{Arrival, HandOver, HandedOver, NewTransfer, StoreError, TRANSFER_MS, TransferRow, Transfers};

/// What both sides see, from one row.
pub(super) const SHOWN: &str = "SELECT t.*, a.name AS account_name, u.name AS by_name FROM transfers t
    JOIN accounts a ON a.id = t.account JOIN users u ON u.id = t.by ";

#[async_trait]
impl Transfers for Sqlite {
    async fn offer_transfer(&self, transfer: &NewTransfer) -> Result<bool, StoreError> {
        let made = sqlx::query(
            "INSERT INTO transfers (id, account, by, email, token, status, contents, created_ms)
             SELECT ?1, ?2, ?3, ?4, ?5, 'offered', ?6, ?7 WHERE NOT EXISTS (
             SELECT 1 FROM transfers t, json_each(t.contents, '$.items') had, json_each(?6, '$.items') wanted
             WHERE t.account = ?2 AND (t.status = 'accepted' OR (t.status = 'offered' AND t.created_ms > ?8))
             AND json_extract(wanted.value, '$.kind') = 'integration'
             AND json_extract(had.value, '$.id') = json_extract(wanted.value, '$.id'))",
        )
        .bind(transfer.id.to_string())
        .bind(transfer.account.to_string())
        .bind(transfer.by.to_string())
        .bind(&transfer.email)
        .bind(transfer.token.as_slice())
        .bind(to_json("transfers", &transfer.contents)?)
        .bind(transfer.now_ms)
        .bind(transfer.now_ms.saturating_sub(TRANSFER_MS))
        .execute(&self.write)
        .await
        .map_err(db("keeping a transfer"))?;
        Ok(made.rows_affected() > 0)
    }

    async fn transfers(&self, account: Id, user: Id, now_ms: i64) -> Result<Vec<TransferRow>, StoreError> {
        let query = format!(
            "{SHOWN} WHERE t.account = ?1 OR t.to_account = ?1 OR (t.to_user = ?2 AND t.status = 'offered')
             ORDER BY t.created_ms DESC, t.id LIMIT 500"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(account.to_string())
            .bind(user.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("listing transfers"))?;
        rows.iter().map(|row| read(row, now_ms)).collect()
    }

    async fn transfer(&self, transfer: Id, now_ms: i64) -> Result<Option<TransferRow>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SHOWN} WHERE t.id = ?")))
            .bind(transfer.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(db("finding a transfer"))?;
        row.as_ref().map(|row| read(row, now_ms)).transpose()
    }

    async fn claim_transfer(&self, token: &[u8; 32], user: Id, now_ms: i64) -> Result<Option<TransferRow>, StoreError> {
        let claimed: Option<String> = sqlx::query_scalar(
            "UPDATE transfers SET to_user = ?1 WHERE token = ?2 AND email = (SELECT email FROM users WHERE id = ?1)
             RETURNING id",
        )
        .bind(user.to_string())
        .bind(token.as_slice())
        .fetch_optional(&self.write)
        .await
        .map_err(db("following the link of a transfer"))?;
        match claimed {
            Some(id) => self.transfer(super::row::parse_id("transfers", &id)?, now_ms).await,
            None => Ok(None),
        }
    }

    async fn move_transfer(
        &self,
        transfer: Id,
        from: TransferStatus,
        to: TransferStatus,
        to_account: Option<Id>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let ended = !matches!(to, TransferStatus::Offered | TransferStatus::Accepted);
        let moved = sqlx::query(
            "UPDATE transfers SET status = ?1, to_account = COALESCE(?2, to_account), ended_ms = ?3
             WHERE id = ?4 AND status = ?5 AND (status <> 'offered' OR created_ms > ?6)",
        )
        .bind(to.name())
        .bind(to_account.map(|id| id.to_string()))
        .bind(ended.then_some(now_ms))
        .bind(transfer.to_string())
        .bind(from.name())
        .bind(now_ms.saturating_sub(TRANSFER_MS))
        .execute(&self.write)
        .await
        .map_err(db("moving a transfer on"))?;
        Ok(moved.rows_affected() > 0)
    }

    async fn fail_transfer(&self, transfer: Id, why: &str, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE transfers SET status = 'failed', result = ?, ended_ms = ? WHERE id = ? AND status = 'accepted'",
        )
        .bind(to_json("transfers", &[why])?)
        .bind(now_ms)
        .bind(transfer.to_string())
        .execute(&self.write)
        .await
        .map_err(db("ending a transfer"))?;
        Ok(())
    }

    async fn accepted_transfers(&self) -> Result<Vec<Id>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM transfers WHERE status = 'accepted'")
            .fetch_all(&self.read)
            .await
            .map_err(db("listing transfers"))?;
        ids.iter().map(|text| super::row::parse_id("transfers", text)).collect()
    }

    async fn is_leaving(&self, account: Id, flow: Id) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM transfers t, json_each(t.contents, '$.items') i WHERE t.account = ? AND t.status = 'accepted'
             AND json_extract(i.value, '$.id') = ? LIMIT 1",
        )
        .bind(account.to_string())
        .bind(flow.to_string())
        .fetch_optional(&self.read)
        .await
        .map_err(db("looking for transfers"))?;
        Ok(found.is_some())
    }

    async fn taken_ids(&self, account: Id, ids: &[Id]) -> Result<Vec<Id>, StoreError> {
        let mut taken = Vec::new();
        for id in ids {
            let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM documents WHERE account = ? AND id = ?")
                .bind(account.to_string())
                .bind(id.to_string())
                .fetch_optional(&self.read)
                .await
                .map_err(db("looking for ids"))?;
            taken.extend(found.map(|_| *id));
        }
        Ok(taken)
    }

    async fn heads(&self, account: Id, document: Id) -> Result<Option<Vec<[u8; 32]>>, StoreError> {
        let query = sqlx::query("SELECT heads FROM documents WHERE account = ? AND id = ? AND purged = 0")
            .bind(account.to_string())
            .bind(document.to_string());
        self.find(query, "reading a document's heads", |row| hashes(row, "documents", "heads")).await
    }

    async fn hand_over(&self, hand_over: &HandOver) -> Result<HandedOver, StoreError> {
        const DOING: &str = "handing integrations over";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let done = sqlx::query(
            "UPDATE transfers SET status = 'done', result = ?, ended_ms = ? WHERE id = ? AND status = 'accepted'",
        )
        .bind(to_json("transfers", &hand_over.afterwards)?)
        .bind(hand_over.now_ms)
        .bind(hand_over.transfer.to_string())
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(HandedOver::NotAccepted);
        }
        for arrival in &hand_over.arrivals {
            // Whoever returns here leaves nothing behind: the transaction ends uncommitted.
            if !is_as_read(&mut tx, hand_over.from, arrival).await?
                || is_taken(&mut tx, hand_over.to, arrival.to).await?
            {
                return Ok(HandedOver::Changed);
            }
            arrive(&mut tx, hand_over, arrival).await?;
            if !arrival.copied {
                bin::entomb(&mut tx, hand_over.from, arrival.from, hand_over.now_ms).await?;
            }
        }
        rights::sight_changed(&mut tx, hand_over.from).await?;
        rights::sight_changed(&mut tx, hand_over.to).await?;
        let from = take_numbers(&mut tx, hand_over.from, 0).await?;
        let to = take_numbers(&mut tx, hand_over.to, 0).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(HandedOver::Done { from, to })
    }
}

/// Whether the sender's document is as it was when its values were read.
async fn is_as_read(tx: &mut Transaction<'_, Db>, account: Id, arrival: &Arrival) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT heads FROM documents WHERE account = ? AND id = ? AND purged = 0")
        .bind(account.to_string())
        .bind(arrival.from.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db("handing integrations over"))?;
    let heads = row.map(|row| hashes(&row, "documents", "heads")).transpose()?;
    Ok(heads.is_some_and(|heads| heads == arrival.heads))
}

async fn is_taken(tx: &mut Transaction<'_, Db>, account: Id, id: Id) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM documents WHERE account = ? AND id = ?")
        .bind(account.to_string())
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db("handing integrations over"))?;
    Ok(found.is_some())
}

/// Makes the document with the recipient.
async fn arrive(tx: &mut Transaction<'_, Db>, hand_over: &HandOver, arrival: &Arrival) -> Result<(), StoreError> {
    const DOING: &str = "handing integrations over";
    let account = hand_over.to.to_string();
    let (user, changes) = (hand_over.user.to_string(), &arrival.changes);
    let stored: usize = changes.iter().map(|change| change.bytes.len()).sum();
    let inflated: usize = changes.iter().map(|change| change.scan.inflated_bytes).sum();
    let max_op = changes.iter().map(|change| change.scan.start_op + change.scan.ops).max().unwrap_or(1) - 1;
    let heads: Vec<u8> = changes.last().map(|change| change.scan.hash.to_vec()).unwrap_or_default();
    sqlx::query(
        "INSERT INTO documents (account, id, kind, integration, heads, max_op, size_bytes, inflated_bytes, created_by, created_ms, modified_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&account)
    .bind(arrival.to.to_string())
    .bind(arrival.kind.name())
    .bind(arrival.owner.map(|owner| owner.to_string()))
    .bind(heads)
    .bind(from_u64(max_op))
    .bind(i64::try_from(stored).unwrap_or(i64::MAX))
    .bind(i64::try_from(inflated).unwrap_or(i64::MAX))
    .bind(&user)
    .bind(hand_over.now_ms)
    .bind(hand_over.now_ms)
    .execute(&mut **tx)
    .await
    .map_err(db(DOING))?;
    rights::register(tx, hand_over.to, arrival.to, &arrival.registered.iter().copied().collect()).await?;
    for change in changes {
        let sequence = take_numbers(tx, hand_over.to, 1).await?;
        let session = tombolo_sync::gate::session_of(&change.scan.actor).unwrap_or_default();
        sqlx::query("INSERT INTO actors (session, user, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(session.as_slice())
            .bind(&user)
            .bind(hand_over.now_ms)
            .execute(&mut **tx)
            .await
            .map_err(db(DOING))?;
        sqlx::query(
            "INSERT INTO changes (account, sequence, document, hash, actor, actor_seq, user, time_ms, bytes)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&account)
        .bind(from_u64(sequence))
        .bind(arrival.to.to_string())
        .bind(change.scan.hash.as_slice())
        .bind(change.scan.actor.as_slice())
        .bind(from_u64(change.scan.seq))
        .bind(&user)
        .bind(hand_over.now_ms)
        .bind(change.bytes.as_slice())
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    }
    for file in &arrival.files {
        copy_file(tx, hand_over, file).await?;
    }
    copy_kept(tx, hand_over, arrival).await
}

/// State and the data of lookup caches go along: what a flow maps by would else be nothing, and nobody would hear of it.
async fn copy_kept(tx: &mut Transaction<'_, Db>, hand_over: &HandOver, arrival: &Arrival) -> Result<(), StoreError> {
    for statement in [
        "INSERT INTO states (account, owner, key, value, modified_ms) SELECT ?1, ?2, key, value, modified_ms FROM states
         WHERE account = ?3 AND owner = ?4",
        "INSERT INTO caches (account, cache, size_bytes, entries, modified_ms) SELECT ?1, ?2, size_bytes, entries, modified_ms
         FROM caches WHERE account = ?3 AND cache = ?4",
        "INSERT INTO cache_entries (account, cache, key, value) SELECT ?1, ?2, key, value FROM cache_entries
         WHERE account = ?3 AND cache = ?4",
    ] {
        sqlx::query(statement)
            .bind(hand_over.to.to_string())
            .bind(arrival.to.to_string())
            .bind(hand_over.from.to_string())
            .bind(arrival.from.to_string())
            .execute(&mut **tx)
            .await
            .map_err(db("handing state and lookup caches over"))?;
    }
    Ok(())
}

/// The recipient has a copy of its own of each file: the sender's may go at any time.
async fn copy_file(tx: &mut Transaction<'_, Db>, hand_over: &HandOver, sha256: &[u8; 32]) -> Result<(), StoreError> {
    for statement in [
        "INSERT INTO blob_parts (account, sha256, n, bytes) SELECT ?1, sha256, n, bytes FROM blob_parts
         WHERE account = ?2 AND sha256 = ?3 ON CONFLICT DO NOTHING",
        "INSERT INTO blobs (account, sha256, size_bytes, created_ms, uploaded) SELECT ?1, sha256, size_bytes, created_ms, 1
         FROM blobs WHERE account = ?2 AND sha256 = ?3 ON CONFLICT DO NOTHING",
    ] {
        sqlx::query(statement)
            .bind(hand_over.to.to_string())
            .bind(hand_over.from.to_string())
            .bind(sha256.as_slice())
            .execute(&mut **tx)
            .await
            .map_err(db("handing files over"))?;
    }
    Ok(())
}

pub(super) fn read(row: &SqliteRow, now_ms: i64) -> Result<TransferRow, StoreError> {
    let name: &str = get(row, "transfers", "status")?;
    let status = TransferStatus::ALL.into_iter().find(|status| status.name() == name);
    let mut status =
        status.ok_or_else(|| StoreError::Damaged { table: "transfers", source: "no such status".to_owned().into() })?;
    let created_ms: i64 = get(row, "transfers", "created_ms")?;
    if status == TransferStatus::Offered && created_ms <= now_ms.saturating_sub(TRANSFER_MS) {
        status = TransferStatus::Expired;
    }
    let result: &str = get(row, "transfers", "result")?;
    Ok(TransferRow {
        shown: Transfer {
            mail: None,
            id: id(row, "transfers", "id")?,
            incoming: false,
            from: get(row, "accounts", "account_name")?,
            by: get(row, "users", "by_name")?,
            email: get(row, "transfers", "email")?,
            status,
            created_ms,
            ended_ms: get(row, "transfers", "ended_ms")?,
            contents: json(row, "transfers", "contents")?,
            afterwards: if result.is_empty() { Vec::new() } else { json(row, "transfers", "result")? },
        },
        account: id(row, "transfers", "account")?,
        by: id(row, "transfers", "by")?,
        to_user: maybe_id(row, "transfers", "to_user")?,
        to_account: maybe_id(row, "transfers", "to_account")?,
    })
}
