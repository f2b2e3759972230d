//! Refused changes that wait for an administrator.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tombolo_model::Id;
use tombolo_wire::rest::{OfferRefused, RefusedLine, RefusedStatus};

use super::Sqlite;
use super::removal::still_there;
use super::row::{db, get, id, json, kind, to_json};
use crate::store::{NewRefused, Refused, RefusedRow, StoreError};

const TABLE: &str = "refused";

/// A change with the names of who made it and who decided.
const SHOWN: &str = "SELECT r.*, COALESCE(u.name, '') AS by_name, d.name AS decided_name FROM refused r
    LEFT JOIN users u ON u.id = r.user LEFT JOIN users d ON d.id = r.decided_by ";

#[async_trait]
impl Refused for Sqlite {
    async fn offer_refused(&self, new: &NewRefused) -> Result<bool, StoreError> {
        const DOING: &str = "keeping a refused change";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        still_there(&mut tx, new.account, DOING).await?;
        let (account, by) = (new.account.to_string(), new.by.to_string());
        let (own, all): (i64, i64) = sqlx::query_as(
            "SELECT COUNT(*) FILTER (WHERE user = ?2), COUNT(*) FROM refused WHERE account = ?1 AND status = 'open'
             AND NOT (user = ?2 AND parked = ?3)",
        )
        .bind(&account)
        .bind(&by)
        .bind(&new.offer.parked)
        .fetch_one(&mut *tx)
        .await
        .map_err(db(DOING))?;
        if own >= i64::from(new.most_of_member) || all >= i64::from(new.most) {
            return Ok(false);
        }
        sqlx::query("DELETE FROM refused WHERE account = ? AND user = ? AND parked = ?")
            .bind(&account)
            .bind(&by)
            .bind(&new.offer.parked)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        sqlx::query(
            "INSERT INTO refused (account, id, user, parked, document, kind, name, reason, time_ms, offered_ms, status, body)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
        )
        .bind(&account)
        .bind(new.id.to_string())
        .bind(&by)
        .bind(&new.offer.parked)
        .bind(new.offer.document.to_string())
        .bind(new.offer.kind.name())
        .bind(&new.offer.name)
        .bind(&new.offer.reason)
        .bind(new.offer.time_ms)
        .bind(new.now_ms)
        .bind(to_json(TABLE, &new.offer)?)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }

    async fn refused(&self, account: Id, member: Id, all: bool, most: u32) -> Result<Vec<RefusedLine>, StoreError> {
        let query = format!(
            "{SHOWN} WHERE r.account = ?1 AND (r.user = ?2 OR (?3 AND r.status = 'open'))
             ORDER BY r.offered_ms DESC, r.id DESC LIMIT ?4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(account.to_string())
            .bind(member.to_string())
            .bind(all)
            .bind(most)
            .fetch_all(&self.read)
            .await
            .map_err(db("listing refused changes"))?;
        rows.iter().map(line).collect()
    }

    async fn one_refused(&self, account: Id, change: Id) -> Result<Option<RefusedRow>, StoreError> {
        let query = format!("{SHOWN} WHERE r.account = ? AND r.id = ?");
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(account.to_string()).bind(change.to_string());
        self.find(query, "reading a refused change", |row| {
            let line = line(row)?;
            let open = line.status == RefusedStatus::Open;
            let offer = if open { Some(json::<OfferRefused>(row, TABLE, "body")?) } else { None };
            Ok(RefusedRow { line, offer })
        })
        .await
    }

    async fn decide_refused(
        &self,
        account: Id,
        change: Id,
        status: RefusedStatus,
        by: Id,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        // What it would have written is in the audit log, or is wanted by nobody.
        let done = sqlx::query(
            "UPDATE refused SET status = ?, decided_by = ?, decided_ms = ?, body = ''
             WHERE account = ? AND id = ? AND status = 'open'",
        )
        .bind(status.name())
        .bind(by.to_string())
        .bind(now_ms)
        .bind(account.to_string())
        .bind(change.to_string())
        .execute(&self.write)
        .await
        .map_err(db("deciding on a refused change"))?;
        Ok(done.rows_affected() > 0)
    }
}

fn line(row: &SqliteRow) -> Result<RefusedLine, StoreError> {
    let name: &str = get(row, TABLE, "status")?;
    let status = RefusedStatus::ALL.into_iter().find(|status| status.name() == name);
    let status =
        status.ok_or_else(|| StoreError::Damaged { table: TABLE, source: "no such status".to_owned().into() })?;
    Ok(RefusedLine {
        id: id(row, TABLE, "id")?,
        parked: get(row, TABLE, "parked")?,
        by: id(row, TABLE, "user")?,
        by_name: get(row, "users", "by_name")?,
        document: id(row, TABLE, "document")?,
        kind: kind(row, TABLE, "kind")?,
        name: get(row, TABLE, "name")?,
        reason: get(row, TABLE, "reason")?,
        time_ms: get(row, TABLE, "time_ms")?,
        offered_ms: get(row, TABLE, "offered_ms")?,
        status,
        decided_by: get(row, "users", "decided_name")?,
        decided_ms: get(row, TABLE, "decided_ms")?,
    })
}
