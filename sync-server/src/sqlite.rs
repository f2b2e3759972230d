//! The store on one `SQLite` file.
//!
//! One connection writes and several read (WAL). `synchronous=FULL` makes every commit an fsync, so a
//! method that returned `Ok` has its rows on the disk. Pushes go through one task that takes everything
//! that is waiting into one transaction ([`push`]): under load, many answers share an fsync.
//!
//! Invariant: nothing but this module writes to the file while the server runs; the folder is locked.

mod accounts;
mod blobs;
mod changes;
mod people;
mod push;
mod row;
mod runs;
mod ticks;
mod vault;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::mpsc;

use crate::store::{Store, StoreError};
use row::{db, from_u64, to_u64};

/// The version of the tables; kept in `user_version`.
pub(crate) const SCHEMA_VERSION: i64 = 1;

/// The store on one `SQLite` file.
#[derive(Debug)]
pub struct Sqlite {
    read: SqlitePool,
    write: SqlitePool,
    pushes: mpsc::Sender<push::Job>,
}

impl Sqlite {
    /// Opens the file, makes it when there is none, and brings its tables up to date.
    ///
    /// `epoch` is taken when the file is new.
    ///
    /// # Errors
    ///
    /// Returns what the database said, or that the file is of a later release.
    pub async fn open(path: &Path, epoch: u64, now_ms: i64) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(60))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .map_err(db("opening the database"))?;
        migrate(&write, epoch, now_ms).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(db("opening the database"))?;
        let (pushes, jobs) = mpsc::channel(64);
        tokio::spawn(push::write_all(write.clone(), jobs));
        Ok(Self { read, write, pushes })
    }
}

async fn migrate(pool: &SqlitePool, epoch: u64, now_ms: i64) -> Result<(), StoreError> {
    const DOING: &str = "bringing the tables up to date";
    let mut tx = pool.begin().await.map_err(db(DOING))?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await.map_err(db(DOING))?;
    if version > SCHEMA_VERSION {
        return Err(StoreError::Damaged {
            table: "user_version",
            what: format!(
                "the database is of version {version}, this program knows {SCHEMA_VERSION}: start the newer program"
            ),
        });
    }
    if version == 0 {
        sqlx::raw_sql(include_str!("sqlite/schema.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        sqlx::query("INSERT INTO server (one, epoch, created_ms) VALUES (1, ?, ?)")
            .bind(from_u64(epoch))
            .bind(now_ms)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        sqlx::query("PRAGMA user_version = 1").execute(&mut *tx).await.map_err(db(DOING))?;
    }
    tx.commit().await.map_err(db(DOING))
}

#[async_trait]
impl Store for Sqlite {
    async fn epoch(&self) -> Result<u64, StoreError> {
        let epoch: i64 = sqlx::query_scalar("SELECT epoch FROM server WHERE one = 1")
            .fetch_one(&self.read)
            .await
            .map_err(db("reading the epoch"))?;
        Ok(to_u64(epoch))
    }

    async fn check(&self) -> Result<(), StoreError> {
        const DOING: &str = "checking the database";
        // Takes the write lock and writes nothing: anybody may ask, as often as they like.
        let tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        tx.rollback().await.map_err(db(DOING))
    }

    async fn close(&self) {
        self.write.close().await;
        self.read.close().await;
    }
}

#[cfg(test)]
mod tests {
    use tombolo_model::Id;

    use super::*;
    use crate::store::Blobs;

    #[tokio::test]
    async fn a_full_disk_is_said_loses_nothing_and_is_over_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("test.db"), 1, 1).await.unwrap();
        let account = Id::from_parts(1, [1; 8]);
        let pages = |sql: &'static str| sqlx::query(sql).fetch_all(&store.write);
        pages("PRAGMA max_page_count = 400").await.unwrap();
        let part = vec![7; 100_000];
        let mut stored = 0;
        let error = loop {
            match store.put_blob_part(account, &[1; 32], stored, &part).await {
                Ok(()) => stored += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        assert!(stored > 2);
        pages("PRAGMA max_page_count = 4000").await.unwrap();
        store.put_blob_part(account, &[1; 32], stored, &part).await.unwrap();
        for n in 0..=stored {
            let read = store.blob_part(account, &[1; 32], n).await.unwrap();
            assert_eq!(read.as_deref(), Some(part.as_slice()));
        }
    }
}
