//! Claims on scheduled runs; the primary key is what makes them exclusive.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::row::db;
use crate::store::{StoreError, TickKey, Ticks};

#[async_trait]
impl Ticks for Sqlite {
    async fn claim_tick(&self, tick: TickKey, run: Id, now_ms: i64) -> Result<bool, StoreError> {
        let claimed = sqlx::query(
            "INSERT INTO ticks (account, flow, nominal_ms, run, claimed_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(tick.account.to_string())
        .bind(tick.flow.to_string())
        .bind(tick.nominal_ms)
        .bind(run.to_string())
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(db("claiming a scheduled run"))?;
        Ok(claimed.rows_affected() == 1)
    }

    async fn last_tick(&self, account: Id, flow: Id) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar("SELECT MAX(nominal_ms) FROM ticks WHERE account = ? AND flow = ?")
            .bind(account.to_string())
            .bind(flow.to_string())
            .fetch_one(&self.read)
            .await
            .map_err(db("looking up the last scheduled run"))
    }
}
