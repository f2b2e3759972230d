//! The end of an account: shut in one step, emptied in many.
//!
//! Invariant: an account that is shut is `closing_ms = 0`, and nothing makes it anything else.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Sqlite as Db, Transaction};
use tombolo_model::Id;

use super::Sqlite;
use super::row::{array, db, parse_id};
use crate::store::{Removal, Removed, StoreError};

const DOING: &str = "removing an account";

/// What nobody may find any more from the first moment on; these tables are small.
const SHUT: [&str; 9] = [
    "DELETE FROM grants WHERE account = ?",
    "DELETE FROM members WHERE account = ?",
    "DELETE FROM invitations WHERE account = ?",
    "DELETE FROM tokens WHERE account = ?",
    "DELETE FROM policies WHERE account = ?",
    "DELETE FROM mails WHERE account = ?",
    "DELETE FROM transfers WHERE account = ?",
    // Nothing that is gone is started by a schedule or read by a run.
    "UPDATE documents SET purged = 1 WHERE account = ?",
    "UPDATE accounts SET closing_ms = 0 WHERE id = ?",
];

/// Who hands something over to it keeps it.
const NOT_TAKEN: &str = "UPDATE transfers SET to_account = NULL,
     ended_ms = CASE WHEN status = 'accepted' THEN ?1 ELSE ended_ms END,
     result = CASE WHEN status = 'accepted' THEN '[\"The account that takes it is being removed. Nothing was handed over.\"]' ELSE result END,
     status = CASE WHEN status = 'accepted' THEN 'failed' ELSE status END WHERE to_account = ?2";

#[async_trait]
impl Removal for Sqlite {
    async fn closed_accounts(&self, now_ms: i64) -> Result<Vec<Id>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM accounts WHERE closing_ms <= ? ORDER BY closing_ms, id")
                .bind(now_ms)
                .fetch_all(&self.read)
                .await
                .map_err(db("looking for accounts that go"))?;
        ids.iter().map(|text| parse_id("accounts", text)).collect()
    }

    async fn shut_account(&self, account: Id, now_ms: i64) -> Result<Option<Removed>, StoreError> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let due: Option<i64> = sqlx::query_scalar("SELECT 1 FROM accounts WHERE id = ? AND closing_ms <= ?")
            .bind(account.to_string())
            .bind(now_ms)
            .fetch_optional(&mut *tx)
            .await
            .map_err(db(DOING))?;
        if due.is_none() {
            return Ok(None);
        }
        let owner: Option<String> = sqlx::query_scalar("SELECT user FROM members WHERE account = ? AND role = 'owner'")
            .bind(account.to_string())
            .fetch_optional(&mut *tx)
            .await
            .map_err(db(DOING))?;
        sqlx::query(NOT_TAKEN).bind(now_ms).bind(account.to_string()).execute(&mut *tx).await.map_err(db(DOING))?;
        for statement in SHUT {
            sqlx::query(statement).bind(account.to_string()).execute(&mut *tx).await.map_err(db(DOING))?;
        }
        let removed = match owner {
            Some(owner) => remove_person(&mut tx, &owner).await?,
            None => Removed::default(),
        };
        tx.commit().await.map_err(db(DOING))?;
        Ok(Some(removed))
    }

    async fn remove_some_of(&self, account: Id, most: u32) -> Result<bool, StoreError> {
        let tables = tables(self).await?;
        let mut full = false;
        for table in &tables {
            // Names of tables and columns are this program's own.
            let statement = AssertSqlSafe(format!("{} LIMIT ?)", some_of(table)));
            let gone = sqlx::query(statement).bind(account.to_string()).bind(most).execute(&self.write).await;
            full |= gone.map_err(db(DOING))?.rows_affected() >= u64::from(most);
        }
        if full {
            return Ok(false);
        }
        // What a run stored meanwhile goes in one step with the account: afterwards there is nothing to store it in.
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        for table in &tables {
            let statement = AssertSqlSafe(format!("{})", some_of(table)));
            sqlx::query(statement).bind(account.to_string()).execute(&mut *tx).await.map_err(db(DOING))?;
        }
        sqlx::query("DELETE FROM accounts WHERE id = ? AND closing_ms = 0")
            .bind(account.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }
}

/// A table with the columns of its key.
struct Table {
    name: String,
    key: String,
}

/// Every table that has accounts; all name them alike, so that none is forgotten when one is added.
async fn tables(store: &Sqlite) -> Result<Vec<Table>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, (SELECT group_concat('\"' || k.name || '\"') FROM pragma_table_info(m.name) k WHERE k.pk > 0)
         FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND c.name = 'account' ORDER BY m.name",
    )
    .fetch_all(&store.read)
    .await
    .map_err(db(DOING))?;
    Ok(rows.into_iter().map(|(name, key)| Table { name, key }).collect())
}

/// The beginning of a statement that removes an account's rows. Not every table has row ids, and all have keys.
fn some_of(Table { name, key }: &Table) -> String {
    format!("DELETE FROM \"{name}\" WHERE ({key}) IN (SELECT {key} FROM \"{name}\" WHERE account = ?")
}

/// Refuses to write for an account that is gone, where the table itself does not: nobody would ever remove that.
pub(super) async fn still_there(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    doing: &'static str,
) -> Result<(), StoreError> {
    let there: Option<i64> = sqlx::query_scalar("SELECT 1 FROM accounts WHERE id = ?")
        .bind(account.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(doing))?;
    there.map(drop).ok_or_else(|| StoreError::Database { doing, source: "the account is gone".into() })
}

/// Removes somebody who is a member nowhere: nothing would be left that they could sign in to.
async fn remove_person(tx: &mut Transaction<'_, Db>, user: &str) -> Result<Removed, StoreError> {
    const DOING: &str = "removing a person";
    let elsewhere: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM members WHERE user = ? AND status = 'accepted'")
        .bind(user)
        .fetch_one(&mut **tx)
        .await
        .map_err(db(DOING))?;
    if elsewhere > 0 {
        return Ok(Removed::default());
    }
    let rows = sqlx::query("SELECT token FROM sessions WHERE user = ?")
        .bind(user)
        .fetch_all(&mut **tx)
        .await
        .map_err(db(DOING))?;
    let sessions = rows.iter().map(|row| array(row, "sessions", "token")).collect::<Result<_, _>>()?;
    for statement in [
        "DELETE FROM grants WHERE user = ?",
        "DELETE FROM members WHERE user = ?",
        // Sessions, browsers and the second factor go with the person.
        "DELETE FROM users WHERE id = ?",
    ] {
        sqlx::query(statement).bind(user).execute(&mut **tx).await.map_err(db(DOING))?;
    }
    Ok(Removed { sessions })
}
