//! Claims on scheduled runs; the primary key is what makes them exclusive.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;

use super::Sqlite;
use super::push::take_numbers;
use super::row::db;
use super::runs::keep_run;
use crate::store::{StoreError, TickKey, Ticks};

#[async_trait]
impl Ticks for Sqlite {
    async fn claim_tick(&self, tick: TickKey, run: &RunRow, now_ms: i64) -> Result<Option<u64>, StoreError> {
        const DOING: &str = "claiming a scheduled run";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let claimed = sqlx::query(
            "INSERT INTO ticks (account, flow, nominal_ms, run, claimed_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(tick.account.to_string())
        .bind(tick.flow.to_string())
        .bind(tick.nominal_ms)
        .bind(run.id.to_string())
        .bind(now_ms)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        if claimed.rows_affected() == 0 {
            return Ok(None);
        }
        keep_run(&mut tx, tick.account, run, None).await?;
        let last = take_numbers(&mut tx, tick.account, 0).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(Some(last))
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
