//! The store on one `SQLite` file.
//!
//! One connection writes and several read (WAL). `synchronous=FULL` makes every commit an fsync, so a
//! method that returned `Ok` has its rows on the disk. Pushes go through one task that takes everything
//! that is waiting into one transaction ([`push`]): under load, many answers share an fsync.
//!
//! Invariant: nothing but this module writes to the file while the server runs; the folder is locked.

mod accounts;
mod addresses;
mod audit;
mod bell;
mod bin;
mod blobs;
mod caches;
mod changes;
mod checkpoints;
mod failures;
mod feedback;
mod inbox;
mod invitations;
mod jobs;
mod listing;
mod mails;
mod marks;
mod orphans;
mod outages;
mod people;
mod push;
mod refused;
mod removal;
mod retention;
mod rights;
mod row;
mod runs;
mod sealed;
mod security;
mod settings;
mod sso;
mod states;
mod tags;
mod template_zips;
mod ticks;
mod tokens;
mod transfers;
mod vault;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection, Sqlite as Db};
use tokio::sync::mpsc;

use crate::private;
use crate::store::{Store, StoreError};
pub(crate) use audit::AUDIT_KEY;
use audit::AuditKey;
use row::{db, from_u64, to_u64};
pub(crate) use sealed::{SealedPlace, SealedRow};

/// The version of the tables; kept in `user_version`.
pub(crate) const SCHEMA_VERSION: i64 = 13;

/// The store on one `SQLite` file.
#[derive(Debug)]
pub struct Sqlite {
    read: SqlitePool,
    write: SqlitePool,
    pushes: mpsc::Sender<push::Job>,
    audit_key: AuditKey,
}

impl Sqlite {
    /// Opens the file, makes it when there is none, and brings its tables up to date.
    ///
    /// `epoch` is taken when the file is new. The key that the audit logs are sealed with lies beside it.
    ///
    /// # Errors
    ///
    /// Returns what the database said, or that the file is of a later release.
    pub async fn open(path: &Path, epoch: u64, now_ms: i64) -> Result<Self, StoreError> {
        close_to_others(path)?;
        let (audit_key, made) = audit::key_beside(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        // Asking whether a connection is still there costs each question as much as a small answer; to a file it is.
        let write = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(60))
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|connection, _| Box::pin(is_at_rest(connection)))
            .connect_with(options.clone())
            .await
            .map_err(db("opening the database"))?;
        if made {
            audit::miss_key(&write).await?;
        }
        migrate(&write, &audit_key, epoch, now_ms).await?;
        let read = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .max_connections(4)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(db("opening the database"))?;
        let (pushes, jobs) = mpsc::channel(64);
        tokio::spawn(push::write_all(write.clone(), jobs));
        Ok(Self { read, write, pushes, audit_key })
    }
}

impl Sqlite {
    /// What a statement finds, read; absent when it finds nothing.
    async fn find<T>(
        &self,
        query: Query<'_, Db, SqliteArguments>,
        doing: &'static str,
        read: impl FnOnce(&SqliteRow) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        let row = query.fetch_optional(&self.read).await.map_err(db(doing))?;
        row.as_ref().map(read).transpose()
    }
}

/// Whether a connection may be used again.
///
/// A full disk makes `SQLite` take back the transaction by itself (<https://www.sqlite.org/lang_transaction.html>). The driver
/// then fails to take it back once more, and believes for ever to be inside it: no other would begin on this connection.
async fn is_at_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // What was dropped is taken back before this is answered.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// The database is made here, closed to others; its log takes after it (<https://www.sqlite.org/wal.html>).
fn close_to_others(path: &Path) -> Result<(), StoreError> {
    let failed =
        |error: std::io::Error| StoreError::Database { doing: "opening the database", source: Box::new(error) };
    private::file(path).map_err(failed)?;
    for ending in ["-wal", "-shm"] {
        let mut log = path.as_os_str().to_owned();
        log.push(ending);
        let log = Path::new(&log);
        if log.exists() {
            private::file(log).map_err(failed)?;
        }
    }
    Ok(())
}

async fn migrate(pool: &SqlitePool, audit_key: &AuditKey, epoch: u64, now_ms: i64) -> Result<(), StoreError> {
    const DOING: &str = "bringing the tables up to date";
    let mut tx = pool.begin().await.map_err(db(DOING))?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await.map_err(db(DOING))?;
    if version > SCHEMA_VERSION {
        return Err(StoreError::Newer { found: version, known: SCHEMA_VERSION });
    }
    if version == SCHEMA_VERSION {
        // Nothing is written: on a full disk, too, there is a server to read from.
        return Ok(());
    }
    if version == 0 {
        sqlx::raw_sql(include_str!("sqlite/schema.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        sqlx::query("INSERT INTO server (one, epoch, created_ms) VALUES (1, ?, ?)")
            .bind(from_u64(epoch))
            .bind(now_ms)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
    }
    if version == 1 {
        sqlx::raw_sql(include_str!("sqlite/version_2.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if matches!(version, 1 | 2) {
        sqlx::raw_sql(include_str!("sqlite/version_3.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if matches!(version, 1..=3) {
        sqlx::raw_sql(include_str!("sqlite/version_4.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    // What came with version 5 is in one place for new databases and old ones.
    if version < 5 {
        sqlx::raw_sql(include_str!("sqlite/version_5.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if version < 6 {
        sqlx::raw_sql(include_str!("sqlite/version_6.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if version < 7 {
        sqlx::raw_sql(include_str!("sqlite/version_7.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if version < 8 {
        sqlx::raw_sql(include_str!("sqlite/version_8.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        audit::seal_all(&mut tx, audit_key).await?;
    }
    if version < 9 {
        sqlx::raw_sql(include_str!("sqlite/version_9_outages.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        sqlx::raw_sql(include_str!("sqlite/version_9.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if version < 10 {
        sqlx::raw_sql(include_str!("sqlite/version_10_accounts.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        sqlx::raw_sql(include_str!("sqlite/version_10_rest.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        sqlx::raw_sql(include_str!("sqlite/version_10_marks.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        sqlx::raw_sql(include_str!("sqlite/version_10_ticks.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if version < 11 {
        sqlx::raw_sql(include_str!("sqlite/version_11_inbox.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if version < 12 {
        sqlx::raw_sql(include_str!("sqlite/version_12_passwords.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
        sqlx::raw_sql(include_str!("sqlite/version_12_tokens.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    if version < 13 {
        sqlx::raw_sql(include_str!("sqlite/version_13_members.sql")).execute(&mut *tx).await.map_err(db(DOING))?;
    }
    orphans::close(&mut tx).await?;
    // A pragma takes no parameter; the number is this program's own.
    let set_version = AssertSqlSafe(format!("PRAGMA user_version = {SCHEMA_VERSION}"));
    sqlx::query(set_version).execute(&mut *tx).await.map_err(db(DOING))?;
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

    async fn restored_ms(&self) -> Result<i64, StoreError> {
        sqlx::query_scalar("SELECT restored FROM server WHERE one = 1")
            .fetch_one(&self.read)
            .await
            .map_err(db("reading when a backup was restored"))
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

    use sqlx::ConnectOptions;

    use super::*;
    use crate::store::{BlobRow, BlobSource, Blobs, NewRunFile, Runs};

    async fn account(store: &Sqlite) -> Id {
        let account = Id::from_parts(1, [1; 8]);
        let insert = sqlx::query("INSERT INTO accounts (id, name, created_ms) VALUES (?, 'A', 1)");
        insert.bind(account.to_string()).execute(&store.write).await.unwrap();
        account
    }

    /// Makes the tables what they were, which had no triggers.
    async fn go_back(store: &Sqlite, back: &'static str) {
        let list = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'");
        let all: Vec<String> = list.fetch_all(&store.read).await.unwrap();
        for name in all {
            let drop = AssertSqlSafe(format!("DROP TRIGGER {name}"));
            sqlx::query(drop).execute(&store.write).await.unwrap();
        }
        sqlx::raw_sql(back).execute(&store.write).await.unwrap();
    }

    async fn opened(path: &Path, epoch: u64) -> Result<Sqlite, StoreError> {
        Sqlite::open(path, epoch, 1).await
    }

    /// Takes away what later versions have added to the first.
    const TO_THE_FIRST: &str = "ALTER TABLE changes DROP COLUMN source;
            ALTER TABLE changes DROP COLUMN token;
            ALTER TABLE documents DROP COLUMN inflated_bytes;
            ALTER TABLE blobs DROP COLUMN uploaded;
            DROP INDEX run_files_sha256;
            DROP INDEX runs_flow;
            DROP TABLE checkpoints;
            DROP TABLE tokens;
            DROP TABLE grants;
            DROP TABLE registrations;
            DROP INDEX documents_integration;
            DROP INDEX documents_purged;
            DROP TABLE audit;
            DROP TABLE audit_heads;
            DROP TABLE audit_cursors;
            DROP TABLE transfers;
            DROP TABLE former_passwords;
            DROP TABLE second_factors;
            DROP TABLE recovery_codes;
            ALTER TABLE members DROP COLUMN enabled;
            ALTER TABLE browsers DROP COLUMN trusted_ms;
            ALTER TABLE members DROP COLUMN require_factor;
            ALTER TABLE invitations DROP COLUMN grants;
            ALTER TABLE documents DROP COLUMN purged_sequence;
            ALTER TABLE users DROP COLUMN signed_in_ms;
            ALTER TABLE sessions DROP COLUMN agent;
            ALTER TABLE sessions DROP COLUMN network;
            DROP TABLE tags;
            DROP TABLE template_zips;
            DROP TABLE inbox;
            DROP TABLE inbox_sizes;
            ALTER TABLE members DROP COLUMN ended_ms;
            ALTER TABLE members DROP COLUMN modified_ms;
            ALTER TABLE invitations DROP COLUMN require_factor;
            DROP TABLE last_received;
            DROP INDEX documents_listener;
            DROP TABLE retry_data;
            DROP TABLE outages;
            DROP TABLE run_marks;
            DROP TABLE states;
            DROP TABLE cache_entries;
            DROP TABLE caches;
            DROP TABLE mails;
            DROP TABLE email_changes;
            DROP TABLE policies;
            DROP TABLE refused;
            ALTER TABLE accounts DROP COLUMN closing_ms;
            ALTER TABLE accounts DROP COLUMN retention_days;
            ALTER TABLE accounts DROP COLUMN limits;
            ALTER TABLE invitations DROP COLUMN expires_ms;
            ALTER TABLE invitations DROP COLUMN dismissed_ms;
            ALTER TABLE users DROP COLUMN verified;
            ALTER TABLE users DROP COLUMN profile;
            ALTER TABLE invitations DROP COLUMN mailed;
            ALTER TABLE invitations DROP COLUMN to_user;
            DROP TABLE bell_reads;
            DROP TABLE feedback;
            DROP TABLE sso_clients;
            DROP TABLE sso_links;
            ALTER TABLE members DROP COLUMN require_sso;
            ALTER TABLE sessions DROP COLUMN password;
            ALTER TABLE sessions DROP COLUMN sso;
            INSERT INTO blobs (account, sha256, size_bytes, created_ms) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaa', x'00', 1, 1);
            INSERT INTO accounts (id, name, created_ms) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaa', 'A', 1);
            INSERT INTO documents (account, id, kind, heads, max_op, size_bytes, created_by, created_ms, modified_ms)
            VALUES ('aaaaaaaaaaaaaaaaaaaaaaaa', 'd', 'flow', x'', 1, 700, 'u', 1, 1);
            PRAGMA user_version = 1;";

    #[tokio::test]
    async fn a_database_of_the_first_version_is_brought_up_to_date_and_a_later_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let store = opened(&path, 1).await.unwrap();
        go_back(&store, TO_THE_FIRST).await;
        store.close().await;
        let store = opened(&path, 2).await.unwrap();
        let inflated: i64 =
            sqlx::query_scalar("SELECT inflated_bytes FROM documents").fetch_one(&store.read).await.unwrap();
        let uploaded: i64 = sqlx::query_scalar("SELECT uploaded FROM blobs").fetch_one(&store.read).await.unwrap();
        assert_eq!((inflated, uploaded), (700, 1));
        sqlx::raw_sql("PRAGMA user_version = 99").execute(&store.write).await.unwrap();
        store.close().await;
        let newer = opened(&path, 3).await.unwrap_err();
        assert!(matches!(newer, StoreError::Newer { found: 99, .. }), "{newer:?}");
    }

    #[tokio::test]
    async fn nothing_is_written_for_an_account_that_is_not_there_whichever_table_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(&folder.path().join("test.db"), 1).await.unwrap();
        let open: Vec<String> = sqlx::query_scalar(
            "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'account'
             AND NOT EXISTS (SELECT 1 FROM pragma_foreign_key_list(t.name) k WHERE k.\"table\" = 'accounts' AND k.\"from\" = 'account')
             AND NOT EXISTS (SELECT 1 FROM sqlite_master g WHERE g.type = 'trigger' AND g.tbl_name = t.name AND g.sql LIKE '%FROM accounts%')",
        )
        .fetch_all(&store.read)
        .await
        .unwrap();
        assert!(open.is_empty(), "{open:?} take rows that nobody would ever remove");
        let (gone, run) = (Id::from_parts(7, [7; 8]), Id::from_parts(8, [8; 8]));
        let blob = BlobRow { sha256: [1; 32], size_bytes: 1 };
        let file = NewRunFile { run, step: "s".to_owned(), name: "a.csv".to_owned(), sha256: [1; 32] };
        let wrote = [
            store.put_blob_part(gone, &[1; 32], 0, b"x").await,
            store.finish_blob(gone, blob, BlobSource::Upload, 1).await,
            store.keep_run_file(gone, &file).await,
        ];
        for answer in wrote {
            let error = answer.unwrap_err();
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains("the account is gone"), "{error}: {source}");
        }
        let there = account(&store).await;
        store.put_blob_part(there, &[1; 32], 0, b"x").await.unwrap();
    }

    #[tokio::test]
    async fn what_accounts_had_left_behind_that_are_gone_goes_with_the_new_tables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let mut before = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
        sqlx::raw_sql(include_str!("../tests/versions/9.sql")).execute(&mut before).await.unwrap();
        sqlx::raw_sql(
            "INSERT INTO server (one, epoch, created_ms) VALUES (1, 1, 1);
             INSERT INTO accounts (id, name, created_ms) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaa', 'A', 1);
             INSERT INTO blobs (account, sha256, size_bytes, created_ms, uploaded)
             VALUES ('aaaaaaaaaaaaaaaaaaaaaaaa', x'00', 1, 1, 1), ('bbbbbbbbbbbbbbbbbbbbbbbb', x'00', 1, 1, 1);
             INSERT INTO blob_parts (account, sha256, n, bytes) VALUES ('bbbbbbbbbbbbbbbbbbbbbbbb', x'00', 0, x'00');",
        )
        .execute(&mut before)
        .await
        .unwrap();
        before.close().await.unwrap();
        let store = opened(&path, 2).await.unwrap();
        let left: (i64, i64) = sqlx::query_as("SELECT (SELECT COUNT(*) FROM blobs), (SELECT COUNT(*) FROM blob_parts)")
            .fetch_one(&store.read)
            .await
            .unwrap();
        assert_eq!(left, (1, 0));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_servers_user_opens_the_database_and_its_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let store = opened(&path, 1).await.unwrap();
        store.check().await.unwrap();
        let modes: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().permissions().mode() & 0o777)
            .collect();
        assert_eq!(modes, [0o600; 4]);
    }

    #[tokio::test]
    async fn a_full_disk_is_said_loses_nothing_and_is_over_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(&folder.path().join("test.db"), 1).await.unwrap();
        let account = account(&store).await;
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
