//! What belongs to an account as a whole.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Sqlite as Db, Transaction};
use tombolo_model::Id;
use tombolo_wire::rest::{AccountOwner, Policy};

use super::Sqlite;
use super::row::{array, db, get, id, json, parse_id, to_json};
use crate::store::{Removed, Settings, StoreError};

#[async_trait]
impl Settings for Sqlite {
    async fn policy(&self, account: Id) -> Result<Policy, StoreError> {
        let query = sqlx::query("SELECT body FROM policies WHERE account = ?").bind(account.to_string());
        let found = self.find(query, "reading a policy", |row| json(row, "policies", "body")).await?;
        Ok(found.unwrap_or_default())
    }

    async fn keep_policy(&self, account: Id, policy: &Policy) -> Result<(), StoreError> {
        const DOING: &str = "keeping a policy";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        sqlx::query(
            "INSERT INTO policies (account, body) VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET body = excluded.body",
        )
        .bind(account.to_string())
        .bind(to_json("policies", policy)?)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        // Whom the account does not take any more, and what those have sent who may not invite any more, is no way in.
        let invitations = sqlx::query(
            "SELECT i.email AS email, EXISTS (SELECT 1 FROM members m WHERE m.account = i.account AND m.user = i.invited_by
             AND m.status = 'accepted' AND m.role IN ('owner', 'administer')) AS by_administrator
             FROM invitations i WHERE i.account = ?",
        )
        .bind(account.to_string())
        .fetch_all(&mut *tx)
        .await
        .map_err(db(DOING))?;
        for row in &invitations {
            let email: String = get(row, "invitations", "email")?;
            let stays = policy.managers_invite || get(row, "members", "by_administrator")?;
            if !stays || !policy.takes(&email) {
                withdraw(&mut tx, account, &email).await?;
            }
        }
        tx.commit().await.map_err(db(DOING))
    }

    async fn owner_of(&self, account: Id) -> Result<Option<AccountOwner>, StoreError> {
        let query = sqlx::query(
            "SELECT u.id, u.name, u.email FROM members m JOIN users u ON u.id = m.user
             WHERE m.account = ? AND m.role = 'owner' AND m.status = 'accepted'",
        )
        .bind(account.to_string());
        self.find(query, "looking up an owner", |row| {
            Ok(AccountOwner {
                id: id(row, "users", "id")?,
                name: get(row, "users", "name")?,
                email: get(row, "users", "email")?,
            })
        })
        .await
    }

    async fn closing(&self, account: Id) -> Result<Option<i64>, StoreError> {
        let found: Option<Option<i64>> = sqlx::query_scalar("SELECT closing_ms FROM accounts WHERE id = ?")
            .bind(account.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(db("looking whether an account goes"))?;
        Ok(found.flatten())
    }

    async fn set_closing(&self, account: Id, at_ms: Option<i64>) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts SET closing_ms = ? WHERE id = ?")
            .bind(at_ms)
            .bind(account.to_string())
            .execute(&self.write)
            .await
            .map_err(db("saying that an account goes"))?;
        Ok(())
    }

    async fn closed_accounts(&self, now_ms: i64) -> Result<Vec<Id>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM accounts WHERE closing_ms <= ?")
            .bind(now_ms)
            .fetch_all(&self.read)
            .await
            .map_err(db("looking for accounts that go"))?;
        ids.iter().map(|text| parse_id("accounts", text)).collect()
    }

    async fn remove_account(&self, account: Id, now_ms: i64) -> Result<Option<Removed>, StoreError> {
        const DOING: &str = "removing an account";
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
        sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *tx).await.map_err(db(DOING))?;
        let owner: Option<String> = sqlx::query_scalar("SELECT user FROM members WHERE account = ? AND role = 'owner'")
            .bind(account.to_string())
            .fetch_optional(&mut *tx)
            .await
            .map_err(db(DOING))?;
        // Every table that has accounts names them alike, so that none is forgotten when one is added.
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.name = 'account'",
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(db(DOING))?;
        for table in tables {
            // The name is one of this program's own tables.
            let statement = AssertSqlSafe(format!("DELETE FROM \"{table}\" WHERE account = ?"));
            sqlx::query(statement).bind(account.to_string()).execute(&mut *tx).await.map_err(db(DOING))?;
        }
        for statement in
            ["UPDATE transfers SET to_account = NULL WHERE to_account = ?", "DELETE FROM accounts WHERE id = ?"]
        {
            sqlx::query(statement).bind(account.to_string()).execute(&mut *tx).await.map_err(db(DOING))?;
        }
        let removed = match owner {
            Some(owner) => remove_person(&mut tx, &owner).await?,
            None => Removed::default(),
        };
        tx.commit().await.map_err(db(DOING))?;
        Ok(Some(removed))
    }
}

/// Takes an invitation back, with the letter that may be on its way.
async fn withdraw(tx: &mut Transaction<'_, Db>, account: Id, email: &str) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM mails WHERE account = ? AND about = 'invitation' AND recipient = ?",
        "DELETE FROM invitations WHERE account = ? AND email = ?",
    ] {
        sqlx::query(statement)
            .bind(account.to_string())
            .bind(email)
            .execute(&mut **tx)
            .await
            .map_err(db("withdrawing invitations"))?;
    }
    Ok(())
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
