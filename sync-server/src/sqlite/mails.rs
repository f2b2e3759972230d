//! Letters.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::row::{db, get, id};
use crate::store::{DueMail, MailRow, Mails, NewMail, StoreError};

#[async_trait]
impl Mails for Sqlite {
    async fn add_mail(&self, mail: &NewMail) -> Result<(), StoreError> {
        const DOING: &str = "keeping a letter";
        let account = mail.account.map(|account| account.to_string());
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        sqlx::query("DELETE FROM mails WHERE account IS ? AND about = ? AND recipient = ?")
            .bind(&account)
            .bind(&mail.about)
            .bind(&mail.recipient)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        sqlx::query(
            "INSERT INTO mails (id, account, about, recipient, subject, sealed, next_ms, created_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(mail.id.to_string())
        .bind(&account)
        .bind(&mail.about)
        .bind(&mail.recipient)
        .bind(&mail.subject)
        .bind(mail.sealed.as_slice())
        .bind(mail.now_ms)
        .bind(mail.now_ms)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))
    }

    async fn due_mails(&self, now_ms: i64, most: u32) -> Result<Vec<DueMail>, StoreError> {
        let rows = sqlx::query("SELECT * FROM mails WHERE next_ms <= ? ORDER BY next_ms, id LIMIT ?")
            .bind(now_ms)
            .bind(most)
            .fetch_all(&self.read)
            .await
            .map_err(db("reading letters"))?;
        let read = |row| {
            Ok(DueMail {
                id: id(row, "mails", "id")?,
                about: get(row, "mails", "about")?,
                recipient: get(row, "mails", "recipient")?,
                subject: get(row, "mails", "subject")?,
                sealed: get(row, "mails", "sealed")?,
                tries: get(row, "mails", "tries")?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn next_mail(&self) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar("SELECT MIN(next_ms) FROM mails")
            .fetch_one(&self.read)
            .await
            .map_err(db("looking when a letter is due"))
    }

    async fn mail_waits(&self, id: Id, at_ms: i64, problem: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET next_ms = ?, tries = tries + 1, problem = ? WHERE id = ?")
            .bind(at_ms)
            .bind(problem)
            .bind(id.to_string())
            .execute(&self.write)
            .await
            .map_err(db("putting a letter off"))?;
        Ok(())
    }

    async fn mail_ended(&self, id: Id, sent: bool, problem: &str, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET next_ms = NULL, sealed = x'', sent = ?, problem = ?, ended_ms = ? WHERE id = ?")
            .bind(sent)
            .bind(problem)
            .bind(now_ms)
            .bind(id.to_string())
            .execute(&self.write)
            .await
            .map_err(db("noting how a letter went"))?;
        Ok(())
    }

    async fn mails_of(&self, account: Id, about: &str) -> Result<Vec<MailRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM mails WHERE account = ? AND about = ?")
            .bind(account.to_string())
            .bind(about)
            .fetch_all(&self.read)
            .await
            .map_err(db("reading how letters went"))?;
        let read = |row| {
            Ok(MailRow {
                recipient: get(row, "mails", "recipient")?,
                sent: get(row, "mails", "sent")?,
                problem: get(row, "mails", "problem")?,
                created_ms: get(row, "mails", "created_ms")?,
                ended_ms: get(row, "mails", "ended_ms")?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn forget_mail(&self, account: Id, about: &str, recipient: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM mails WHERE account = ? AND about = ? AND recipient = ?")
            .bind(account.to_string())
            .bind(about)
            .bind(recipient)
            .execute(&self.write)
            .await
            .map_err(db("taking a letter back"))?;
        Ok(())
    }

    async fn remove_mails(&self, before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let gone =
            sqlx::query("DELETE FROM mails WHERE rowid IN (SELECT rowid FROM mails WHERE ended_ms <= ? LIMIT ?)")
                .bind(before_ms)
                .bind(most)
                .execute(&self.write)
                .await
                .map_err(db("removing old letters"))?;
        Ok(gone.rows_affected())
    }
}
