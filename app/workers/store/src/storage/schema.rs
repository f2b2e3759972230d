//! The databases' layouts. Stores are made here and nowhere else; what is in them is upgraded while reading.

use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;

/// An object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Store {
    /// Raw changes: (document, hash) → bytes.
    Chunks,
    /// Saved documents: (document, name) → bytes.
    Snapshots,
    /// Changes that the server does not have: counter → `{"document", "hash"}`.
    Outbox,
    /// One row for each resource: id → JSON.
    Catalogue,
    /// Single facts: name → JSON.
    Meta,
    /// Runs: id → JSON.
    Runs,
    /// Errors of runs: (run, number) → JSON.
    RunErrors,
    /// What people decided about errors: (run, id) → JSON.
    RunMarks,
    /// Files that runs made: (run, step) → `Blob` or `File`.
    RunFiles,
    /// Runs, errors and decisions about errors that the server does not have: their key → 0.
    RunOutbox,
    /// Files of this computer that steps read: SHA-256 → `Blob` or `File`.
    Blobs,
    /// Changes that the server refused: id → JSON.
    Parked,
    /// Damaged pieces: (document, name) → bytes.
    Quarantine,
    /// Secrets with the hosts they were entered for, encrypted: (connection, path) → bytes.
    Secrets,
    /// Who is behind a session: session → user id.
    Actors,
    /// What the server must be told by HTTP when it can be reached: counter → JSON.
    Errands,
    /// State of scripts, where there is no server for it: (owner or nothing, key) → JSON.
    States,
    /// The data of lookup caches, where there is no server for it: (cache, key) → JSON.
    CacheEntries,
    /// In the registry: accounts by id → JSON.
    Accounts,
    /// In the registry: the key under which secrets are encrypted.
    Keys,
}

impl Store {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chunks => "chunks",
            Self::Snapshots => "snapshots",
            Self::Outbox => "outbox",
            Self::Catalogue => "catalogue",
            Self::Meta => "meta",
            Self::Runs => "runs",
            Self::RunErrors => "run_errors",
            Self::RunMarks => "run_marks",
            Self::RunFiles => "run_files",
            Self::RunOutbox => "run_outbox",
            Self::Blobs => "blobs",
            Self::Parked => "parked",
            Self::Quarantine => "quarantine",
            Self::Secrets => "secrets",
            Self::Actors => "actors",
            Self::Errands => "errands",
            Self::States => "states",
            Self::CacheEntries => "cache_entries",
            Self::Accounts => "accounts",
            Self::Keys => "keys",
        }
    }

    const fn counts(self) -> bool {
        matches!(self, Self::Outbox | Self::Errands)
    }
}

/// What a database is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The one database `tombolo`: which accounts this device knows.
    Registry,
    /// One for each account and person, named by `account::database_name`.
    Account,
}

impl Layout {
    pub(super) const fn version(self) -> u8 {
        match self {
            Self::Registry => 1,
            // 2: state and the data of lookup caches. 3: what people decided about errors.
            Self::Account => 3,
        }
    }

    const fn stores(self) -> &'static [Store] {
        match self {
            Self::Registry => &[Store::Accounts, Store::Meta, Store::Keys],
            Self::Account => &[
                Store::Chunks,
                Store::Snapshots,
                Store::Outbox,
                Store::Catalogue,
                Store::Meta,
                Store::Runs,
                Store::RunErrors,
                Store::RunMarks,
                Store::RunFiles,
                Store::RunOutbox,
                Store::Blobs,
                Store::Parked,
                Store::Quarantine,
                Store::Secrets,
                Store::Actors,
                Store::Errands,
                Store::States,
                Store::CacheEntries,
            ],
        }
    }
}

/// Makes the stores that are missing.
pub(super) fn create(layout: Layout, database: &Database) -> Result<(), indexed_db_futures::error::Error> {
    let present: Vec<String> = database.object_store_names().collect();
    for store in layout.stores() {
        if present.iter().any(|name| name == store.name()) {
            continue;
        }
        database.create_object_store(store.name()).with_auto_increment(store.counts()).build()?;
    }
    Ok(())
}
