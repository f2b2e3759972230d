//! Runs by flow, state and time.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;

use super::Sqlite;
use super::row::{db, get, id, json, to_json};
use crate::store::{JobFilter, Jobs, StoreError};

#[async_trait]
impl Jobs for Sqlite {
    async fn jobs(&self, account: Id, filter: &JobFilter, skip: u32, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let states = if filter.states.is_empty() { None } else { Some(to_json("runs", &filter.states)?) };
        let flows = filter.flows.as_ref().map(|flows| to_json("runs", flows)).transpose()?;
        let rows = sqlx::query(
            "SELECT body FROM runs WHERE account = ?1
             AND (?2 IS NULL OR flow IN (SELECT value FROM json_each(?2)))
             AND (?3 IS NULL OR status IN (SELECT value FROM json_each(?3)))
             AND (?4 IS NULL OR started_ms >= ?4) AND (?5 IS NULL OR started_ms <= ?5)
             AND (?6 IS NULL OR id BETWEEN ?6 AND ?7)
             ORDER BY started_ms DESC, id DESC LIMIT ?8 OFFSET ?9",
        )
        .bind(account.to_string())
        .bind(flows)
        .bind(states)
        .bind(filter.from_ms)
        .bind(filter.to_ms)
        .bind(filter.ids.map(|(first, _)| first.to_string()))
        .bind(filter.ids.map(|(_, last)| last.to_string()))
        .bind(limit)
        .bind(skip)
        .fetch_all(&self.read)
        .await
        .map_err(db("listing runs"))?;
        rows.iter().map(|row| json(row, "runs", "body")).collect()
    }

    async fn retries(&self, account: Id, flow: Option<Id>) -> Result<Vec<RunRow>, StoreError> {
        const MOST: u32 = 10_000;
        let rows = sqlx::query(
            "SELECT body FROM runs WHERE account = ?1 AND (?2 IS NULL OR flow = ?2)
             AND (json_extract(body, '$.origin.retry.run') IS NOT NULL OR json_extract(body, '$.origin.over') IS NOT NULL)
             ORDER BY started_ms DESC, id DESC LIMIT ?3",
        )
        .bind(account.to_string())
        .bind(flow.map(|flow| flow.to_string()))
        .bind(MOST)
        .fetch_all(&self.read)
        .await
        .map_err(db("listing runs that try again"))?;
        rows.iter().map(|row| json(row, "runs", "body")).collect()
    }

    async fn last_starts(&self, account: Id) -> Result<Vec<(Id, i64)>, StoreError> {
        let rows = sqlx::query("SELECT flow, MAX(started_ms) AS last FROM runs WHERE account = ? GROUP BY flow")
            .bind(account.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("looking up last runs"))?;
        rows.iter().map(|row| Ok((id(row, "runs", "flow")?, get(row, "runs", "last")?))).collect()
    }
}
