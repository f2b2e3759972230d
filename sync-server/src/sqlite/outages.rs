//! Connections that are offline.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tombolo_model::Id;
use tombolo_wire::rest::Outage;

use super::Sqlite;
use super::row::{db, get, id};
use crate::store::{Outages, StoreError};

#[async_trait]
impl Outages for Sqlite {
    async fn outages(&self, account: Id) -> Result<Vec<Outage>, StoreError> {
        let rows = sqlx::query("SELECT connection, why, since_ms, checked_ms FROM outages WHERE account = ?")
            .bind(account.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("listing connections that are offline"))?;
        rows.iter().map(outage).collect()
    }

    async fn all_outages(&self) -> Result<Vec<(Id, Outage)>, StoreError> {
        let rows =
            sqlx::query("SELECT account, connection, why, since_ms, checked_ms FROM outages ORDER BY checked_ms")
                .fetch_all(&self.read)
                .await
                .map_err(db("listing connections that are offline"))?;
        rows.iter().map(|row| Ok((id(row, "outages", "account")?, outage(row)?))).collect()
    }

    async fn note_check(&self, account: Id, connection: Id, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE outages SET checked_ms = ? WHERE account = ? AND connection = ?")
            .bind(now_ms)
            .bind(account.to_string())
            .bind(connection.to_string())
            .execute(&self.write)
            .await
            .map_err(db("noting that a connection was tested"))?;
        Ok(())
    }

    async fn put_outage(&self, account: Id, connection: Id, why: &str, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO outages (account, connection, why, since_ms, checked_ms)
             SELECT ?1, ?2, ?3, ?4, ?4
             WHERE EXISTS (SELECT 1 FROM documents WHERE account = ?1 AND id = ?2 AND kind = 'connection' AND purged = 0)
             ON CONFLICT (account, connection) DO UPDATE SET why = excluded.why, checked_ms = excluded.checked_ms",
        )
        .bind(account.to_string())
        .bind(connection.to_string())
        .bind(why)
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(db("noting that a connection is offline"))?;
        Ok(())
    }

    async fn last_changed_ms(&self, account: Id, resources: &[Id]) -> Result<i64, StoreError> {
        let mut last = 0;
        for resource in resources {
            let changed: i64 = sqlx::query_scalar(
                "SELECT COALESCE(MAX(ms), 0) FROM (SELECT modified_ms AS ms FROM documents WHERE account = ?1 AND id = ?2
                 UNION ALL SELECT changed_ms FROM vault WHERE account = ?1 AND connection = ?2)",
            )
            .bind(account.to_string())
            .bind(resource.to_string())
            .fetch_one(&self.read)
            .await
            .map_err(db("looking when a connection was changed"))?;
            last = last.max(changed);
        }
        Ok(last)
    }

    async fn end_outage(&self, account: Id, connection: Id) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM outages WHERE account = ? AND connection = ?")
            .bind(account.to_string())
            .bind(connection.to_string())
            .execute(&self.write)
            .await
            .map_err(db("noting that a connection is back"))?;
        Ok(gone.rows_affected() > 0)
    }
}

fn outage(row: &SqliteRow) -> Result<Outage, StoreError> {
    Ok(Outage {
        connection: id(row, "outages", "connection")?,
        why: get(row, "outages", "why")?,
        since_ms: get(row, "outages", "since_ms")?,
        checked_ms: get(row, "outages", "checked_ms")?,
    })
}
