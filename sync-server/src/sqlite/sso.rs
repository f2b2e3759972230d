//! Single sign-on.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::Id;

use super::Sqlite;
use super::row::{db, get, id, json, to_json};
use crate::store::{Demands, Sso, SsoClientRow, SsoKept, SsoLinked, StoreError};

#[async_trait]
impl Sso for Sqlite {
    async fn sso_client(&self, account: Id) -> Result<Option<SsoClientRow>, StoreError> {
        let query =
            sqlx::query("SELECT organization, issuer, client_id, sealed, hosts, trusts_addresses FROM sso_clients WHERE account = ?")
                .bind(account.to_string());
        self.find(query, "finding a client", client).await
    }

    async fn sso_organization(&self, organization: &str) -> Result<Option<(Id, SsoClientRow)>, StoreError> {
        let query = sqlx::query(
            "SELECT account, organization, issuer, client_id, sealed, hosts, trusts_addresses FROM sso_clients
             WHERE organization = ?",
        )
        .bind(organization);
        self.find(query, "finding an organization", |row| Ok((id(row, "sso_clients", "account")?, client(row)?))).await
    }

    async fn keep_sso_client(&self, account: Id, client: &SsoClientRow) -> Result<SsoKept, StoreError> {
        const DOING: &str = "keeping a client";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let taken: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM sso_clients WHERE organization = ? AND account <> ?")
                .bind(&client.organization)
                .bind(account.to_string())
                .fetch_optional(&mut *tx)
                .await
                .map_err(db(DOING))?;
        if taken.is_some() {
            return Ok(SsoKept::OrganizationTaken);
        }
        let before: Option<String> = sqlx::query_scalar("SELECT issuer FROM sso_clients WHERE account = ?")
            .bind(account.to_string())
            .fetch_optional(&mut *tx)
            .await
            .map_err(db(DOING))?;
        if before.is_some_and(|before| before != client.issuer) {
            forget(&mut tx, account).await?;
        }
        sqlx::query(
            "INSERT INTO sso_clients (account, organization, issuer, client_id, sealed, hosts, trusts_addresses)
             VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (account) DO UPDATE SET organization = excluded.organization, issuer = excluded.issuer,
             client_id = excluded.client_id, sealed = excluded.sealed, hosts = excluded.hosts,
             trusts_addresses = excluded.trusts_addresses",
        )
        .bind(account.to_string())
        .bind(&client.organization)
        .bind(&client.issuer)
        .bind(&client.client_id)
        .bind(&client.sealed)
        .bind(to_json("sso_clients", &client.hosts)?)
        .bind(client.trusts_addresses)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(SsoKept::Done)
    }

    async fn remove_sso_client(&self, account: Id) -> Result<bool, StoreError> {
        const DOING: &str = "removing a client";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let wanted: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM members WHERE account = ? AND status = 'accepted' AND role <> 'owner' AND require_sso = 1",
        )
        .bind(account.to_string())
        .fetch_optional(&mut *tx)
        .await
        .map_err(db(DOING))?;
        if wanted.is_some() {
            return Ok(false);
        }
        forget(&mut tx, account).await?;
        sqlx::query("DELETE FROM sso_clients WHERE account = ?")
            .bind(account.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }

    async fn sso_person(&self, account: Id, issuer: &str, subject: &str) -> Result<Option<Id>, StoreError> {
        let query = sqlx::query("SELECT user FROM sso_links WHERE account = ? AND issuer = ? AND subject = ?")
            .bind(account.to_string())
            .bind(issuer)
            .bind(subject);
        self.find(query, "finding an identity", |row| id(row, "sso_links", "user")).await
    }

    async fn link_sso(
        &self,
        account: Id,
        issuer: &str,
        subject: &str,
        user: Id,
        by_password: bool,
        now_ms: i64,
    ) -> Result<SsoLinked, StoreError> {
        let linked = sqlx::query(
            "INSERT INTO sso_links (account, issuer, subject, user, created_ms, vouched_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?5
             WHERE ?6 OR NOT EXISTS (SELECT 1 FROM members WHERE account = ?1 AND user = ?4 AND role = 'owner')
             ON CONFLICT DO NOTHING",
        )
        .bind(account.to_string())
        .bind(issuer)
        .bind(subject)
        .bind(user.to_string())
        .bind(now_ms)
        .bind(by_password)
        .execute(&self.write)
        .await
        .map_err(db("linking an identity"))?;
        if linked.rows_affected() > 0 {
            return Ok(SsoLinked::Done);
        }
        // Two windows may have come at the same time.
        let whose = self.sso_person(account, issuer, subject).await?;
        Ok(if whose == Some(user) { SsoLinked::Done } else { SsoLinked::Taken })
    }

    async fn vouch_sso(&self, account: Id, issuer: &str, subject: &str, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE sso_links SET vouched_ms = ? WHERE account = ? AND issuer = ? AND subject = ?")
            .bind(now_ms)
            .bind(account.to_string())
            .bind(issuer)
            .bind(subject)
            .execute(&self.write)
            .await
            .map_err(db("noting that a provider knows somebody"))?;
        Ok(())
    }

    async fn vouched_ms(&self, account: Id, user: Id) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar("SELECT MAX(vouched_ms) FROM sso_links WHERE account = ? AND user = ?")
            .bind(account.to_string())
            .bind(user.to_string())
            .fetch_one(&self.read)
            .await
            .map_err(db("looking when a provider knew somebody"))
    }

    async fn unlink_sso(&self, account: Id, user: Id) -> Result<bool, StoreError> {
        const DOING: &str = "unlinking an identity";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let gone = unlink(&mut tx, account, user).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(gone)
    }

    async fn sso_counts(&self, account: Id) -> Result<(u32, u32), StoreError> {
        const DOING: &str = "counting members with single sign-on";
        let (linked, required): (i64, i64) = sqlx::query_as(
            "SELECT COALESCE(SUM(EXISTS (SELECT 1 FROM sso_links l WHERE l.account = m.account AND l.user = m.user)), 0),
             COALESCE(SUM(m.require_sso = 1 AND m.role <> 'owner'), 0)
             FROM members m WHERE m.account = ? AND m.status = 'accepted'",
        )
        .bind(account.to_string())
        .fetch_one(&self.read)
        .await
        .map_err(db(DOING))?;
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Ok((number(linked), number(required)))
    }

    async fn demands(&self, account: Id, user: Id) -> Result<Demands, StoreError> {
        let query = sqlx::query(
            "SELECT m.require_factor AS factor, m.require_sso AS sso, m.require_factor = 1 AND NOT EXISTS
             (SELECT 1 FROM second_factors f WHERE f.user = m.user AND f.confirmed = 1) AS lacks_factor
             FROM members m WHERE m.account = ? AND m.user = ? AND m.role <> 'owner'",
        )
        .bind(account.to_string())
        .bind(user.to_string());
        let found = self
            .find(query, "looking what an account asks for", |row| {
                Ok(Demands {
                    factor: get(row, "members", "factor")?,
                    lacks_factor: get(row, "members", "lacks_factor")?,
                    sso: get(row, "members", "sso")?,
                })
            })
            .await?;
        Ok(found.unwrap_or_default())
    }
}

/// A member's identities go, and with them what they had opened.
pub(super) async fn unlink(tx: &mut Transaction<'_, Db>, account: Id, user: Id) -> Result<bool, StoreError> {
    const DOING: &str = "unlinking an identity";
    let gone = sqlx::query("DELETE FROM sso_links WHERE account = ? AND user = ?")
        .bind(account.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    for statement in [
        "DELETE FROM sessions WHERE sso = ? AND user = ? AND password = 0",
        "UPDATE sessions SET sso = NULL WHERE sso = ? AND user = ?",
    ] {
        sqlx::query(statement)
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&mut **tx)
            .await
            .map_err(db(DOING))?;
    }
    Ok(gone.rows_affected() > 0)
}

/// Whether an account has a client.
pub(super) async fn is_there(tx: &mut Transaction<'_, Db>, account: Id) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sso_clients WHERE account = ?)")
        .bind(account.to_string())
        .fetch_one(&mut **tx)
        .await
        .map_err(db("finding a client"))
}

/// What a provider has said of people, and the sessions that it has opened.
async fn forget(tx: &mut Transaction<'_, Db>, account: Id) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM sso_links WHERE account = ?",
        "DELETE FROM sessions WHERE sso = ? AND password = 0",
        "UPDATE sessions SET sso = NULL WHERE sso = ?",
    ] {
        sqlx::query(statement)
            .bind(account.to_string())
            .execute(&mut **tx)
            .await
            .map_err(db("forgetting a provider"))?;
    }
    Ok(())
}

fn client(row: &SqliteRow) -> Result<SsoClientRow, StoreError> {
    Ok(SsoClientRow {
        organization: get(row, "sso_clients", "organization")?,
        issuer: get(row, "sso_clients", "issuer")?,
        client_id: get(row, "sso_clients", "client_id")?,
        sealed: get(row, "sso_clients", "sealed")?,
        hosts: json(row, "sso_clients", "hosts")?,
        trusts_addresses: get(row, "sso_clients", "trusts_addresses")?,
    })
}
