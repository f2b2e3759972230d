//! Column values to types and back; a value that cannot be read names its table.

use std::str::FromStr;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use tombolo_model::{Id, Kind, Role};

use crate::store::{Cause, StoreError};

/// Says what failed.
pub(super) fn db(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| {
        let code = error.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            Some(SQLITE_FULL | SQLITE_IOERR_SHMSIZE) => StoreError::Full { doing, source: Box::new(error) },
            _ => StoreError::Database { doing, source: Box::new(error) },
        }
    }
}

/// <https://www.sqlite.org/rescode.html#full>
const SQLITE_FULL: &str = "13";
/// The index of the log finds no room to grow: <https://www.sqlite.org/rescode.html#ioerr_shmsize>
const SQLITE_IOERR_SHMSIZE: &str = "4874";

/// `SQLite` has signed integers only; the bits are kept.
pub(super) const fn from_u64(value: u64) -> i64 {
    value.cast_signed()
}

/// The other way.
pub(super) const fn to_u64(value: i64) -> u64 {
    value.cast_unsigned()
}

fn damaged(table: &'static str, why: impl Into<Cause>) -> StoreError {
    StoreError::Damaged { table, source: why.into() }
}

/// A column of any type that the driver reads.
pub(super) fn get<'r, T>(row: &'r SqliteRow, table: &'static str, column: &str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(|error| damaged(table, error))
}

/// An id.
pub(super) fn id(row: &SqliteRow, table: &'static str, column: &str) -> Result<Id, StoreError> {
    parse_id(table, get(row, table, column)?)
}

/// An id from its text.
pub(super) fn parse_id(table: &'static str, text: &str) -> Result<Id, StoreError> {
    Id::from_str(text).map_err(|error| damaged(table, error))
}

/// An id that may be absent.
pub(super) fn maybe_id(row: &SqliteRow, table: &'static str, column: &str) -> Result<Option<Id>, StoreError> {
    let text: Option<&str> = get(row, table, column)?;
    text.map(|text| parse_id(table, text)).transpose()
}

/// An unsigned number.
pub(super) fn number(row: &SqliteRow, table: &'static str, column: &str) -> Result<u64, StoreError> {
    get::<i64>(row, table, column).map(to_u64)
}

/// 16 or 32 bytes.
pub(super) fn array<const N: usize>(row: &SqliteRow, table: &'static str, column: &str) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = get(row, table, column)?;
    <[u8; N]>::try_from(bytes).map_err(|_| damaged(table, format!("{column} has {} bytes", bytes.len())))
}

/// Hashes, one behind the other.
pub(super) fn hashes(row: &SqliteRow, table: &'static str, column: &str) -> Result<Vec<[u8; 32]>, StoreError> {
    let bytes: &[u8] = get(row, table, column)?;
    let (list, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(list.to_vec()) } else { Err(damaged(table, format!("{column} has {} bytes", bytes.len()))) }
}

/// A kind by its name.
pub(super) fn kind(row: &SqliteRow, table: &'static str, column: &str) -> Result<Kind, StoreError> {
    let name: &str = get(row, table, column)?;
    Kind::from_name(name).ok_or_else(|| damaged(table, format!("no kind {name:?}")))
}

/// A role by its name.
pub(super) fn role(row: &SqliteRow, table: &'static str, column: &str) -> Result<Role, StoreError> {
    let name: &str = get(row, table, column)?;
    parse_role(name).ok_or_else(|| damaged(table, format!("no role {name:?}")))
}

/// A role's name in the tables, which never changes.
pub(super) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Administer => "administer",
        Role::Manage => "manage",
        Role::Monitor => "monitor",
        Role::Custom => "custom",
    }
}

fn parse_role(name: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role_name(*role) == name)
}

/// JSON in a text column.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &SqliteRow,
    table: &'static str,
    column: &str,
) -> Result<T, StoreError> {
    let text: &str = get(row, table, column)?;
    serde_json::from_str(text).map_err(|error| damaged(table, error))
}

/// The other way.
pub(super) fn to_json<T: serde::Serialize>(table: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unwritable { table, source: Box::new(error) })
}
