//! Feedback, and what people say of themselves.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::{Profile, SendFeedback};
use tombolo_wire::store::UserInfo;

use super::Sqlite;
use super::row::{db, get, json, to_json};
use crate::store::{Feedback, FeedbackRow, Profiles, StoreError};

#[async_trait]
impl Feedback for Sqlite {
    async fn keep_feedback(
        &self,
        feedback: &SendFeedback,
        by: Option<&UserInfo>,
        now_ms: i64,
        most: u32,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "keeping feedback";
        let diagnostics = feedback.diagnostics.as_ref().map(|about| to_json("feedback", about)).transpose()?;
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let known: Option<i64> = sqlx::query_scalar("SELECT n FROM feedback WHERE id = ?")
            .bind(feedback.id.to_string())
            .fetch_optional(&mut *tx)
            .await
            .map_err(db(DOING))?;
        if known.is_some() {
            return Ok(true);
        }
        let many: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM feedback").fetch_one(&mut *tx).await.map_err(db(DOING))?;
        if many >= i64::from(most) {
            // Strangers must not keep everybody from writing.
            let oldest = "DELETE FROM feedback WHERE n = (SELECT MIN(n) FROM feedback WHERE user IS NULL)";
            let gone = sqlx::query(oldest).execute(&mut *tx).await.map_err(db(DOING))?;
            if gone.rows_affected() == 0 {
                return Ok(false);
            }
        }
        sqlx::query(
            "INSERT INTO feedback (id, kind, message, diagnostics, user, name, email, written_ms, received_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(feedback.id.to_string())
        .bind(feedback.kind.name())
        .bind(&feedback.message)
        .bind(diagnostics.unwrap_or_default())
        .bind(by.map(|user| user.id.to_string()))
        .bind(by.map_or("", |user| &user.name))
        .bind(by.map_or("", |user| &user.email))
        .bind(feedback.written_ms)
        .bind(now_ms)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }

    async fn feedback(&self) -> Result<Vec<FeedbackRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM feedback ORDER BY n")
            .fetch_all(&self.read)
            .await
            .map_err(db("listing feedback"))?;
        rows.iter()
            .map(|row| {
                Ok(FeedbackRow {
                    n: get(row, "feedback", "n")?,
                    kind: get(row, "feedback", "kind")?,
                    message: get(row, "feedback", "message")?,
                    diagnostics: get(row, "feedback", "diagnostics")?,
                    name: get(row, "feedback", "name")?,
                    email: get(row, "feedback", "email")?,
                    written_ms: get(row, "feedback", "written_ms")?,
                    received_ms: get(row, "feedback", "received_ms")?,
                })
            })
            .collect()
    }

    async fn forget_feedback(&self, last: i64) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM feedback WHERE n <= ?").bind(last).execute(&self.write).await;
        done.map_err(db("removing feedback")).map(drop)
    }
}

#[async_trait]
impl Profiles for Sqlite {
    async fn profile(&self, user: Id) -> Result<Option<Profile>, StoreError> {
        let query = sqlx::query("SELECT name, profile FROM users WHERE id = ?").bind(user.to_string());
        self.find(query, "reading a profile", |row| {
            let profile: Profile = json(row, "users", "profile")?;
            Ok(Profile { name: get(row, "users", "name")?, ..profile })
        })
        .await
    }

    async fn keep_profile(&self, user: Id, profile: &Profile) -> Result<(), StoreError> {
        // The name has a column of its own, which everything else reads.
        let rest = Profile { name: String::new(), ..profile.clone() };
        sqlx::query("UPDATE users SET name = ?, profile = ? WHERE id = ?")
            .bind(&profile.name)
            .bind(to_json("users", &rest)?)
            .bind(user.to_string())
            .execute(&self.write)
            .await
            .map_err(db("keeping a profile"))?;
        Ok(())
    }
}
