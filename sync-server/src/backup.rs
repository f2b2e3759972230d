//! Backups: one consistent file, taken while the server runs.
//!
//! `VACUUM INTO` reads one snapshot and writes a file without a log beside it. Restoring gives the server a new
//! epoch: numbers of the sequence may now mean other changes, so devices compare and push again what the
//! backup lacks (decision 12).

use std::fs::File;
use std::path::{Path, PathBuf};

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use thiserror::Error;

use crate::sqlite::SCHEMA_VERSION;

/// Why a backup was not written or read.
#[derive(Debug, Error)]
pub(crate) enum BackupError {
    /// The database failed.
    #[error("the database failed while {doing}")]
    Database {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// A file cannot be copied, moved or synchronised.
    #[error("the file {path} cannot be written")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Not a backup of ours, or one of a newer program.
    #[error("{path} is no backup that this program can read: {why}")]
    NotABackup { path: PathBuf, why: String },
    /// The name cannot be given to the database.
    #[error("the name {0:?} is not valid Unicode")]
    Name(PathBuf),
}

/// Writes a backup of a database.
///
/// # Errors
///
/// Returns why there is none; a half-written one is removed.
pub(crate) async fn write(database: &Path, file: &Path) -> Result<(), BackupError> {
    let name = file.to_str().ok_or_else(|| BackupError::Name(file.to_path_buf()))?;
    let mut connection = open(database, true).await?;
    let written = sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await;
    if let Err(source) = written {
        if let Err(error) = std::fs::remove_file(file) {
            tracing::debug!(%error, "nothing to remove");
        }
        return Err(BackupError::Database { doing: "writing the backup", source });
    }
    sync(file)
}

/// Puts a backup in the place of a database and gives it a new epoch.
///
/// The time is kept: what the schedules started after the backup was taken is not known any more, so nothing
/// before the restore is caught up.
///
/// # Errors
///
/// Returns why the old data are still in place.
pub(crate) async fn restore(file: &Path, database: &Path, epoch: u64, now_ms: i64) -> Result<(), BackupError> {
    let problems = verify(file).await?;
    if let Some(why) = problems.into_iter().next() {
        return Err(BackupError::NotABackup { path: file.to_path_buf(), why });
    }
    let fresh = database.with_extension("restoring");
    std::fs::copy(file, &fresh).map_err(failed(&fresh))?;
    let mut connection = open(&fresh, false).await?;
    sqlx::query("UPDATE server SET epoch = ?, restored = ? WHERE one = 1")
        .bind(epoch.cast_signed())
        .bind(now_ms.max(1))
        .execute(&mut connection)
        .await
        .map_err(database_failed("giving a new epoch"))?;
    // Whoever was signed in when the backup was taken may have been removed since.
    sqlx::query("DELETE FROM sessions").execute(&mut connection).await.map_err(database_failed("ending sessions"))?;
    // What was decided since is not known: no account goes, no browser is trusted and no letter is sent by an old word.
    for statement in [
        "UPDATE accounts SET closing_ms = NULL",
        "UPDATE browsers SET trusted_ms = NULL",
        "DELETE FROM mails WHERE next_ms IS NOT NULL",
    ] {
        sqlx::query(statement).execute(&mut connection).await.map_err(database_failed("forgetting old decisions"))?;
    }
    sqlx::Connection::close(connection).await.map_err(database_failed("closing the restored database"))?;
    sync(&fresh)?;
    for ending in ["db-wal", "db-shm"] {
        let log = database.with_extension(ending);
        if log.exists() {
            std::fs::remove_file(&log).map_err(failed(&log))?;
        }
    }
    std::fs::rename(&fresh, database).map_err(failed(database))?;
    match database.parent() {
        Some(folder) => sync(folder),
        None => Ok(()),
    }
}

/// The version of the tables of a database.
///
/// # Errors
///
/// Returns why it cannot be looked at.
pub(crate) async fn version(database: &Path) -> Result<i64, BackupError> {
    let mut connection = open(database, true).await?;
    sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut connection)
        .await
        .map_err(|source| BackupError::NotABackup { path: database.to_path_buf(), why: source.to_string() })
}

/// Says what is wrong with a database; nothing when it is sound.
///
/// # Errors
///
/// Returns why it cannot be looked at.
pub(crate) async fn verify(database: &Path) -> Result<Vec<String>, BackupError> {
    let not_ours =
        |source: sqlx::Error| BackupError::NotABackup { path: database.to_path_buf(), why: source.to_string() };
    let mut connection = open(database, true).await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await.map_err(not_ours)?;
    if version == 0 || version > SCHEMA_VERSION {
        return Ok(vec![format!("its version is {version}, this program knows {SCHEMA_VERSION}")]);
    }
    let lines: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await.map_err(not_ours)?;
    let mut problems: Vec<String> = lines.into_iter().filter(|line| line != "ok").collect();
    let strays: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM changes c LEFT JOIN documents d ON d.account = c.account AND d.id = c.document WHERE d.id IS NULL",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(not_ours)?;
    if strays > 0 {
        problems.push(format!("{strays} changes belong to no document"));
    }
    Ok(problems)
}

async fn open(database: &Path, read_only: bool) -> Result<SqliteConnection, BackupError> {
    let mut options = SqliteConnectOptions::new().filename(database).read_only(read_only);
    if !read_only {
        options = options.journal_mode(SqliteJournalMode::Delete).synchronous(SqliteSynchronous::Full);
    }
    options.connect().await.map_err(database_failed("opening the database"))
}

fn database_failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> BackupError {
    move |source| BackupError::Database { doing, source }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_path_buf();
    move |source| BackupError::File { path, source }
}

fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed(path))
}
