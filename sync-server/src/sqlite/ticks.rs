//! Claims on scheduled runs; the primary key is what makes them exclusive.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;

use super::Sqlite;
use super::push::take_numbers;
use super::row::db;
use super::runs::keep_run;
use crate::store::{Claimed, StoreError, TickKey, Ticks};

/// How a tick's source is written; the flow's own schedule has none.
fn word(source: Option<Id>) -> String {
    source.map_or_else(String::new, |source| source.to_string())
}

#[async_trait]
impl Ticks for Sqlite {
    async fn claim_ticks(&self, ticks: &[TickKey], run: &RunRow, now_ms: i64) -> Result<Option<Claimed>, StoreError> {
        const DOING: &str = "claiming a scheduled run";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let mut claimed = Vec::new();
        for tick in ticks {
            let inserted = sqlx::query(
                "INSERT INTO ticks (account, flow, source, nominal_ms, run, claimed_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(tick.account.to_string())
            .bind(tick.flow.to_string())
            .bind(word(tick.source))
            .bind(tick.nominal_ms)
            .bind(run.id.to_string())
            .bind(now_ms)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
            claimed.extend((inserted.rows_affected() > 0).then_some(*tick));
        }
        let Some(account) = claimed.first().map(|tick| tick.account) else {
            return Ok(None);
        };
        keep_run(&mut tx, account, run, None).await?;
        let sequence = take_numbers(&mut tx, account, 0).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(Some(Claimed { sequence, ticks: claimed }))
    }

    async fn last_tick(&self, account: Id, flow: Id, source: Option<Id>) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar("SELECT MAX(nominal_ms) FROM ticks WHERE account = ? AND flow = ? AND source = ?")
            .bind(account.to_string())
            .bind(flow.to_string())
            .bind(word(source))
            .fetch_one(&self.read)
            .await
            .map_err(db("looking up the last scheduled run"))
    }
}
