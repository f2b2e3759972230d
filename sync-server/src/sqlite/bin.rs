//! Tombs: a document that is gone, and whose id stays taken.

use async_trait::async_trait;
use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::Id;

use super::row::{db, from_u64, id};
use super::{Sqlite, push::take_numbers};
use crate::store::{Bin, StoreError, Unchanged};

const DOING: &str = "deleting for good";

#[async_trait]
impl Bin for Sqlite {
    async fn purge(&self, account: Id, documents: &[(Id, Vec<u8>)], now_ms: i64) -> Result<(Vec<Id>, u64), StoreError> {
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let mut gone = Vec::new();
        for (document, heads) in documents {
            let found: Option<i64> =
                sqlx::query_scalar("SELECT 1 FROM documents WHERE account = ? AND id = ? AND purged = 0 AND heads = ?")
                    .bind(account.to_string())
                    .bind(document.to_string())
                    .bind(heads)
                    .fetch_optional(&mut *tx)
                    .await
                    .map_err(db(DOING))?;
            if found.is_some() {
                entomb(&mut tx, account, *document, now_ms).await?;
                gone.push(*document);
            }
        }
        let sequence = take_numbers(&mut tx, account, 0).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok((gone, sequence))
    }

    async fn unchanged(&self, after_ms: i64, upto_ms: i64) -> Result<Vec<Unchanged>, StoreError> {
        let rows = sqlx::query(
            "SELECT account, id FROM documents WHERE purged = 0 AND modified_ms > ? AND modified_ms <= ? ORDER BY account, id",
        )
        .bind(after_ms)
        .bind(upto_ms)
        .fetch_all(&self.read)
        .await
        .map_err(db("looking for what is old in the recycle bin"))?;
        rows.iter()
            .map(|row| {
                Ok(Unchanged { account: id(row, "documents", "account")?, document: id(row, "documents", "id")? })
            })
            .collect()
    }
}

/// Takes a document away: its id stays taken, and its history and all that is kept beside it go.
pub(super) async fn entomb(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    document: Id,
    now_ms: i64,
) -> Result<(), StoreError> {
    let sequence = take_numbers(tx, account, 1).await?;
    let (account, document) = (account.to_string(), document.to_string());
    sqlx::query("UPDATE documents SET purged = 1, purged_sequence = ?, modified_ms = ? WHERE account = ? AND id = ?")
        .bind(from_u64(sequence))
        .bind(now_ms)
        .bind(&account)
        .bind(&document)
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    for statement in [
        "DELETE FROM changes WHERE account = ? AND document = ?",
        "DELETE FROM vault WHERE account = ? AND connection = ?",
        "DELETE FROM grants WHERE account = ? AND integration = ?",
        "DELETE FROM registrations WHERE account = ? AND document = ?",
        "DELETE FROM checkpoints WHERE account = ? AND flow = ?",
        "DELETE FROM outages WHERE account = ? AND connection = ?",
        "DELETE FROM states WHERE account = ? AND owner = ?",
        "DELETE FROM template_zips WHERE account = ? AND template = ?",
        "DELETE FROM cache_entries WHERE account = ? AND cache = ?",
        "DELETE FROM caches WHERE account = ? AND cache = ?",
    ] {
        sqlx::query(statement).bind(&account).bind(&document).execute(&mut **tx).await.map_err(db(DOING))?;
    }
    Ok(())
}
