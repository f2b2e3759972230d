//! Sealed secrets.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::row::{db, get, id, json, to_json};
use crate::store::{SealedSecret, StoreError, Vault};

#[async_trait]
impl Vault for Sqlite {
    async fn put_secret(&self, account: Id, secret: &SealedSecret, by: Id, now_ms: i64) -> Result<(), StoreError> {
        const DOING: &str = "keeping a secret";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        sqlx::query(
            "INSERT INTO vault (account, connection, path, sealed, hosts, changed_by, changed_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (account, connection, path) DO UPDATE SET sealed = excluded.sealed, hosts = excluded.hosts,
             changed_by = excluded.changed_by, changed_ms = excluded.changed_ms",
        )
        .bind(account.to_string())
        .bind(secret.connection.to_string())
        .bind(&secret.path)
        .bind(&secret.sealed)
        .bind(to_json("vault", &secret.hosts)?)
        .bind(by.to_string())
        .bind(now_ms)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        // The ones before were refused, and nobody knows that of these.
        sqlx::query("DELETE FROM outages WHERE account = ? AND connection = ?")
            .bind(account.to_string())
            .bind(secret.connection.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))
    }

    async fn renew_secret(
        &self,
        account: Id,
        secret: &SealedSecret,
        old: Option<&SealedSecret>,
        by: Id,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let Some(old) = old else {
            let kept = sqlx::query(
                "INSERT INTO vault (account, connection, path, sealed, hosts, changed_by, changed_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, connection, path) DO NOTHING",
            )
            .bind(account.to_string())
            .bind(secret.connection.to_string())
            .bind(&secret.path)
            .bind(&secret.sealed)
            .bind(to_json("vault", &secret.hosts)?)
            .bind(by.to_string())
            .bind(now_ms)
            .execute(&self.write)
            .await
            .map_err(db("keeping a renewed secret"))?;
            return Ok(kept.rows_affected() > 0);
        };
        let kept = sqlx::query(
            "UPDATE vault SET sealed = ?, hosts = ?, changed_by = ?, changed_ms = ?
             WHERE account = ? AND connection = ? AND path = ? AND sealed = ?",
        )
        .bind(&secret.sealed)
        .bind(to_json("vault", &secret.hosts)?)
        .bind(by.to_string())
        .bind(now_ms)
        .bind(account.to_string())
        .bind(secret.connection.to_string())
        .bind(&secret.path)
        .bind(&old.sealed)
        .execute(&self.write)
        .await
        .map_err(db("keeping a renewed secret"))?;
        Ok(kept.rows_affected() > 0)
    }

    async fn delete_secret(&self, account: Id, connection: Id, path: &str) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM vault WHERE account = ? AND connection = ? AND path = ?")
            .bind(account.to_string())
            .bind(connection.to_string())
            .bind(path)
            .execute(&self.write)
            .await
            .map_err(db("removing a secret"))?;
        Ok(gone.rows_affected() > 0)
    }

    async fn loose_secrets(&self, account: Id) -> Result<u32, StoreError> {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM vault v WHERE v.account = ? AND NOT EXISTS
             (SELECT 1 FROM documents d WHERE d.account = v.account AND d.id = v.connection AND d.purged = 0)",
        )
        .bind(account.to_string())
        .fetch_one(&self.read)
        .await
        .map_err(db("counting secrets"))
    }

    async fn remove_loose_secrets(&self, before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let gone = sqlx::query(
            "DELETE FROM vault WHERE rowid IN (SELECT v.rowid FROM vault v WHERE v.changed_ms < ? AND NOT EXISTS
             (SELECT 1 FROM documents d WHERE d.account = v.account AND d.id = v.connection AND d.purged = 0) LIMIT ?)",
        )
        .bind(before_ms)
        .bind(most)
        .execute(&self.write)
        .await
        .map_err(db("removing secrets that belong to nothing"))?;
        Ok(gone.rows_affected())
    }

    async fn delete_secrets(&self, account: Id, connection: Id) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM vault WHERE account = ? AND connection = ?")
            .bind(account.to_string())
            .bind(connection.to_string())
            .execute(&self.write)
            .await
            .map_err(db("removing secrets"))?;
        Ok(())
    }

    async fn secrets(&self, account: Id, connections: &[Id]) -> Result<Vec<SealedSecret>, StoreError> {
        let mut secrets = Vec::new();
        for connection in connections {
            let rows = sqlx::query(
                "SELECT connection, path, sealed, hosts FROM vault WHERE account = ? AND connection = ? ORDER BY path",
            )
            .bind(account.to_string())
            .bind(connection.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("reading secrets"))?;
            for row in &rows {
                secrets.push(SealedSecret {
                    connection: id(row, "vault", "connection")?,
                    path: get(row, "vault", "path")?,
                    sealed: get(row, "vault", "sealed")?,
                    hosts: json(row, "vault", "hosts")?,
                });
            }
        }
        Ok(secrets)
    }
}
