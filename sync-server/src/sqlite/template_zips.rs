//! The zips of templates.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::removal::still_there;
use super::row::{db, get, id, to_u64};
use crate::store::{StoreError, TemplateZips};

#[async_trait]
impl TemplateZips for Sqlite {
    async fn put_template_zip(
        &self,
        account: Id,
        template: Id,
        zip: &[u8],
        most_bytes: u64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "keeping the zip of a template";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        still_there(&mut tx, account, DOING).await?;
        let others: i64 = sqlx::query_scalar(
            "SELECT COALESCE(SUM(length(zip)), 0) FROM template_zips WHERE account = ? AND template <> ?",
        )
        .bind(account.to_string())
        .bind(template.to_string())
        .fetch_one(&mut *tx)
        .await
        .map_err(db(DOING))?;
        if to_u64(others).saturating_add(zip.len() as u64) > most_bytes {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO template_zips (account, template, zip, modified_ms) VALUES (?, ?, ?, ?)
             ON CONFLICT (account, template) DO UPDATE SET zip = excluded.zip, modified_ms = excluded.modified_ms",
        )
        .bind(account.to_string())
        .bind(template.to_string())
        .bind(zip)
        .bind(now_ms)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }

    async fn template_zip(&self, account: Id, template: Id) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT zip FROM template_zips WHERE account = ? AND template = ?")
            .bind(account.to_string())
            .bind(template.to_string());
        self.find(query, "reading the zip of a template", |row| get(row, "template_zips", "zip")).await
    }

    async fn templates_with_zip(&self, account: Id) -> Result<Vec<Id>, StoreError> {
        let rows = sqlx::query("SELECT template FROM template_zips WHERE account = ?")
            .bind(account.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("listing the zips of templates"))?;
        rows.iter().map(|row| id(row, "template_zips", "template")).collect()
    }
}
