//! People, sessions and known browsers.

use async_trait::async_trait;
use sqlx::Sqlite as Db;
use sqlx::Transaction;
use tombolo_model::{Id, Role};

use super::row::{db, get, id, maybe_id};
use super::{Sqlite, audit, invitations};
use crate::store::{Accepted, NewUser, People, Proofs, SessionRow, SignUp, StoreError, UserRow};

#[async_trait]
impl People for Sqlite {
    async fn sign_up(&self, user: &NewUser) -> Result<SignUp, StoreError> {
        const DOING: &str = "signing somebody up";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let added = sqlx::query(
            "INSERT INTO users (id, email, name, password, created_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING",
        )
        .bind(user.id.to_string())
        .bind(&user.email)
        .bind(&user.name)
        .bind(&user.password)
        .bind(user.now_ms)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        if added.rows_affected() == 0 {
            return Ok(SignUp::EmailTaken);
        }
        own_account(&mut tx, user).await?;
        audit::begin(&mut tx, &self.audit_key, user.account).await?;
        let mut joined = None;
        if let Some(token) = &user.invitation {
            // Whoever returns early leaves nothing of the sign-up behind: the transaction ends uncommitted.
            joined = match invitations::accept(&mut tx, token, user.id, user.now_ms).await? {
                Accepted::Joined(account) => Some(account),
                Accepted::Unknown => return Ok(SignUp::InvitationUnknown),
                Accepted::Expired => return Ok(SignUp::InvitationExpired),
                Accepted::OtherAddress => return Ok(SignUp::OtherAddress),
                Accepted::Held => return Ok(SignUp::InvitationHeld),
            };
        }
        tx.commit().await.map_err(db(DOING))?;
        Ok(SignUp::Created { joined })
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, StoreError> {
        let query = sqlx::query("SELECT id, email, name, password FROM users WHERE email = ?").bind(email);
        self.find(query, "finding a person", |row| {
            Ok(UserRow {
                id: id(row, "users", "id")?,
                email: get(row, "users", "email")?,
                name: get(row, "users", "name")?,
                password: get(row, "users", "password")?,
            })
        })
        .await
    }

    async fn open_session(
        &self,
        token: &[u8; 32],
        user: Id,
        proofs: Proofs,
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<bool, StoreError> {
        let opened = sqlx::query(
            "INSERT INTO sessions (token, user, password, sso, created_ms, expires_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6
             WHERE ?4 IS NULL OR EXISTS (SELECT 1 FROM sso_links WHERE account = ?4 AND user = ?2)",
        )
        .bind(token.as_slice())
        .bind(user.to_string())
        .bind(proofs.password)
        .bind(proofs.sso.map(|account| account.to_string()))
        .bind(now_ms)
        .bind(expires_ms)
        .execute(&self.write)
        .await
        .map_err(db("opening a session"))?;
        Ok(opened.rows_affected() > 0)
    }

    async fn session(&self, token: &[u8; 32], now_ms: i64) -> Result<Option<SessionRow>, StoreError> {
        let query = sqlx::query(
            "SELECT u.id, u.name, u.email, s.expires_ms, s.password, s.sso FROM sessions s JOIN users u ON u.id = s.user
             WHERE s.token = ? AND s.expires_ms > ?",
        )
        .bind(token.as_slice())
        .bind(now_ms);
        self.find(query, "finding a session", |row| {
            Ok(SessionRow {
                user: id(row, "users", "id")?,
                name: get(row, "users", "name")?,
                email: get(row, "users", "email")?,
                expires_ms: get(row, "sessions", "expires_ms")?,
                proofs: Proofs { password: get(row, "sessions", "password")?, sso: maybe_id(row, "sessions", "sso")? },
            })
        })
        .await
    }

    async fn signed_in(&self, user: Id, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET signed_in_ms = ? WHERE id = ?")
            .bind(now_ms)
            .bind(user.to_string())
            .execute(&self.write)
            .await
            .map_err(db("remembering a sign-in"))?;
        Ok(())
    }

    async fn end_session(&self, token: &[u8; 32]) -> Result<bool, StoreError> {
        let ended = sqlx::query("DELETE FROM sessions WHERE token = ?")
            .bind(token.as_slice())
            .execute(&self.write)
            .await
            .map_err(db("ending a session"))?;
        Ok(ended.rows_affected() > 0)
    }

    async fn know_browser(&self, token: &[u8; 32], user: Id, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO browsers (token, user, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(token.as_slice())
            .bind(user.to_string())
            .bind(now_ms)
            .execute(&self.write)
            .await
            .map_err(db("remembering a browser"))?;
        Ok(())
    }

    async fn knows_browser(&self, token: &[u8; 32], user: Id) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM browsers WHERE token = ? AND user = ?")
            .bind(token.as_slice())
            .bind(user.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(db("finding a browser"))?;
        Ok(found.is_some())
    }
}

async fn own_account(tx: &mut Transaction<'_, Db>, user: &NewUser) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO accounts (id, name, created_ms) VALUES (?, ?, ?)")
        .bind(user.account.to_string())
        .bind(&user.account_name)
        .bind(user.now_ms)
        .execute(&mut **tx)
        .await
        .map_err(db("making an account"))?;
    invitations::join(tx, user.account, user.id, &Role::Owner.into(), user.now_ms).await?;
    Ok(())
}
