//! Passwords, second factors and sessions.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::row::{array, db, get};
use crate::store::{Factor, LAST_PASSWORDS, OpenSession, Security, StoreError};

#[async_trait]
impl Security for Sqlite {
    async fn note_session(&self, token: &[u8; 32], agent: &str, network: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET agent = ?, network = ? WHERE token = ?")
            .bind(agent)
            .bind(network)
            .bind(token.as_slice())
            .execute(&self.write)
            .await
            .map_err(db("noting a session"))?;
        Ok(())
    }

    async fn sessions_of(&self, user: Id, now_ms: i64) -> Result<Vec<OpenSession>, StoreError> {
        let rows = sqlx::query(
            "SELECT token, agent, network, created_ms FROM sessions WHERE user = ? AND expires_ms > ? ORDER BY created_ms DESC",
        )
        .bind(user.to_string())
        .bind(now_ms)
        .fetch_all(&self.read)
        .await
        .map_err(db("listing sessions"))?;
        rows.iter()
            .map(|row| {
                Ok(OpenSession {
                    token: array(row, "sessions", "token")?,
                    agent: get(row, "sessions", "agent")?,
                    network: get(row, "sessions", "network")?,
                    created_ms: get(row, "sessions", "created_ms")?,
                })
            })
            .collect()
    }

    async fn password_of(&self, user: Id) -> Result<Option<String>, StoreError> {
        let query = sqlx::query("SELECT password FROM users WHERE id = ?").bind(user.to_string());
        self.find(query, "finding a person", |row| get(row, "users", "password")).await
    }

    async fn last_passwords(&self, user: Id) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT password FROM (
                 SELECT password, NULL AS n FROM users WHERE id = ?1
                 UNION ALL SELECT password, n FROM former_passwords WHERE user = ?1
             ) ORDER BY n IS NOT NULL, n DESC LIMIT ?2",
        )
        .bind(user.to_string())
        .bind(LAST_PASSWORDS)
        .fetch_all(&self.read)
        .await
        .map_err(db("reading the last passwords"))
    }

    async fn change_password(&self, user: Id, present: &str, new: &str) -> Result<bool, StoreError> {
        const DOING: &str = "changing a password";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let changed = sqlx::query("UPDATE users SET password = ? WHERE id = ? AND password = ?")
            .bind(new)
            .bind(user.to_string())
            .bind(present)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO former_passwords (user, n, password)
             SELECT ?1, 1 + COALESCE(MAX(n), 0), ?2 FROM former_passwords WHERE user = ?1",
        )
        .bind(user.to_string())
        .bind(present)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        // The new one is one of the last.
        sqlx::query(
            "DELETE FROM former_passwords WHERE user = ?1 AND n NOT IN
             (SELECT n FROM former_passwords WHERE user = ?1 ORDER BY n DESC LIMIT ?2)",
        )
        .bind(user.to_string())
        .bind(LAST_PASSWORDS - 1)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }

    async fn factor(&self, user: Id) -> Result<Option<Factor>, StoreError> {
        let query = sqlx::query(
            "SELECT f.sealed, f.confirmed, f.last_step,
             (SELECT COUNT(*) FROM recovery_codes c WHERE c.user = f.user) AS codes FROM second_factors f WHERE f.user = ?",
        )
        .bind(user.to_string());
        self.find(query, "finding a second factor", |row| {
            let codes: i64 = get(row, "recovery_codes", "codes")?;
            Ok(Factor {
                sealed: get(row, "second_factors", "sealed")?,
                confirmed: get(row, "second_factors", "confirmed")?,
                last_step: get(row, "second_factors", "last_step")?,
                codes_left: u32::try_from(codes).unwrap_or(u32::MAX),
            })
        })
        .await
    }

    async fn begin_factor(&self, user: Id, sealed: &[u8], now_ms: i64) -> Result<bool, StoreError> {
        let begun = sqlx::query(
            "INSERT INTO second_factors (user, sealed, confirmed, last_step, created_ms) VALUES (?, ?, 0, 0, ?)
             ON CONFLICT (user) DO UPDATE SET sealed = excluded.sealed, last_step = 0, created_ms = excluded.created_ms
             WHERE second_factors.confirmed = 0",
        )
        .bind(user.to_string())
        .bind(sealed)
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(db("beginning a second factor"))?;
        Ok(begun.rows_affected() > 0)
    }

    async fn confirm_factor(&self, user: Id, step: i64, codes: &[[u8; 32]]) -> Result<bool, StoreError> {
        const DOING: &str = "confirming a second factor";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let confirmed =
            sqlx::query("UPDATE second_factors SET confirmed = 1, last_step = ? WHERE user = ? AND confirmed = 0")
                .bind(step)
                .bind(user.to_string())
                .execute(&mut *tx)
                .await
                .map_err(db(DOING))?;
        if confirmed.rows_affected() == 0 {
            return Ok(false);
        }
        for code in codes {
            sqlx::query("INSERT INTO recovery_codes (user, hash) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(user.to_string())
                .bind(code.as_slice())
                .execute(&mut *tx)
                .await
                .map_err(db(DOING))?;
        }
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }

    async fn use_step(&self, user: Id, step: i64) -> Result<bool, StoreError> {
        let used = sqlx::query(
            "UPDATE second_factors SET last_step = ?1 WHERE user = ?2 AND confirmed = 1 AND last_step < ?1",
        )
        .bind(step)
        .bind(user.to_string())
        .execute(&self.write)
        .await
        .map_err(db("using a code"))?;
        Ok(used.rows_affected() > 0)
    }

    async fn use_recovery_code(&self, user: Id, code: &[u8; 32]) -> Result<bool, StoreError> {
        let used = sqlx::query("DELETE FROM recovery_codes WHERE user = ? AND hash = ?")
            .bind(user.to_string())
            .bind(code.as_slice())
            .execute(&self.write)
            .await
            .map_err(db("using a recovery code"))?;
        Ok(used.rows_affected() > 0)
    }

    async fn trust_browser(&self, browser: &[u8; 32], user: Id, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE browsers SET trusted_ms = ? WHERE token = ? AND user = ?")
            .bind(now_ms)
            .bind(browser.as_slice())
            .bind(user.to_string())
            .execute(&self.write)
            .await
            .map_err(db("trusting a browser"))?;
        Ok(())
    }

    async fn trusted_since(&self, browser: &[u8; 32], user: Id) -> Result<Option<i64>, StoreError> {
        let found: Option<Option<i64>> =
            sqlx::query_scalar("SELECT trusted_ms FROM browsers WHERE token = ? AND user = ?")
                .bind(browser.as_slice())
                .bind(user.to_string())
                .fetch_optional(&self.read)
                .await
                .map_err(db("looking whether a browser is trusted"))?;
        Ok(found.flatten())
    }

    async fn trusted_browsers(&self, user: Id, since_ms: i64) -> Result<u32, StoreError> {
        let many: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM browsers WHERE user = ? AND trusted_ms > ?")
            .bind(user.to_string())
            .bind(since_ms)
            .fetch_one(&self.read)
            .await
            .map_err(db("counting trusted browsers"))?;
        Ok(u32::try_from(many).unwrap_or(u32::MAX))
    }

    async fn distrust(&self, user: Id) -> Result<(), StoreError> {
        sqlx::query("UPDATE browsers SET trusted_ms = NULL WHERE user = ?")
            .bind(user.to_string())
            .execute(&self.write)
            .await
            .map_err(db("trusting browsers no more"))?;
        Ok(())
    }

    async fn remove_factor(&self, user: Id) -> Result<(), StoreError> {
        const DOING: &str = "removing a second factor";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        for statement in ["DELETE FROM recovery_codes WHERE user = ?", "DELETE FROM second_factors WHERE user = ?"] {
            sqlx::query(statement).bind(user.to_string()).execute(&mut *tx).await.map_err(db(DOING))?;
        }
        tx.commit().await.map_err(db(DOING))
    }
}
