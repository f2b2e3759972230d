//! What the server says to a device.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use tombolo_model::{Grants, Id, Role};

use super::bytes::{Hash, hashes};
use super::cursor::{Course, Cursor};
use super::up::{RunErrorRow, RunRows};
use crate::run::{ErrorMark, RunRow};
use crate::store::Person;

/// A frame from the server to a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Down {
    /// The answer to `hello`.
    Welcome(Welcome),
    /// All changes of a push are on the server's disk.
    Accepted {
        /// Which push.
        push: u64,
    },
    /// Nothing of a push was applied. Its changes that are not named may be pushed again.
    Refused {
        /// Which push.
        push: u64,
        /// Which changes, and why.
        refusals: Vec<RefusedChanges>,
    },
    /// Nothing of a push was applied: it builds on changes that the server lacks.
    Need {
        /// Which push.
        push: u64,
        /// The missing changes.
        #[serde(with = "hashes")]
        hashes: Vec<Hash>,
    },
    /// The server could not store a push; the device tries again after a pause.
    Failed {
        /// Which push.
        push: u64,
        /// What happened, for the person.
        message: String,
    },
    /// What others did, in the order of the sequence.
    Changes {
        /// What came.
        entries: Vec<Entry>,
        /// The cursor that counts once they are stored.
        cursor: Cursor,
        /// Nothing more is waiting at the moment.
        complete: bool,
    },
    /// Whole documents: a deflated (RFC 1951) CBOR [`SnapshotPage`].
    Bundle {
        /// The page, deflated.
        page: ByteBuf,
        /// The cursor that counts once they are stored; absent in the answer to a `fetch`.
        cursor: Option<Cursor>,
    },
    /// A part of the list of all documents that this person may see.
    Manifest {
        /// The documents.
        entries: Vec<ManifestEntry>,
        /// The last part.
        complete: bool,
    },
    /// The device must drop these documents.
    Forget {
        /// Which.
        documents: Vec<Id>,
    },
    /// The rows of a `runs` frame are on the server's disk.
    RunsStored {
        /// Which push.
        push: u64,
    },
    /// Where somebody else is now.
    Person(Person),
    /// Somebody's tab has gone.
    Left {
        /// Their session.
        session: String,
    },
    /// This person's role has changed.
    Role {
        /// Now.
        role: Role,
        /// In single integrations, beside that.
        #[serde(default, skip_serializing_if = "Grants::is_empty")]
        grants: Grants,
    },
    /// The answer to `ping`.
    Pong,
    /// The last frame before the server closes.
    Bye {
        /// Stable: `version`, `protocol`, `removed`, `stranger`, `signedOut`, `rights`, `restart`, `storage`.
        code: String,
        /// What happened, then what to do.
        message: String,
    },
}

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// The version spoken from here on.
    pub version: u16,
    /// What this person may do.
    pub role: Role,
    /// In single integrations, beside that.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
    /// How it goes on.
    pub course: Course,
    /// The present epochs, and the sequence from which the changes will follow.
    pub cursor: Cursor,
}

/// Changes that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedChanges {
    /// Stable, for programs; the gate's codes.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
    /// Which.
    #[serde(with = "hashes")]
    pub hashes: Vec<Hash>,
}

/// One numbered event of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    /// A change of a document.
    Change {
        /// Which document.
        document: Id,
        /// The raw Automerge change.
        bytes: ByteBuf,
        /// Who pushed it.
        user: Option<Id>,
    },
    /// A run's row.
    Run(RunRow),
    /// A run's error.
    RunError(RunErrorRow),
    /// What somebody decided about errors; sent to devices of version 2 and later.
    RunMark(ErrorMark),
    /// A document was purged.
    Purged {
        /// Which.
        document: Id,
    },
}

/// A part of the account as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotPage {
    /// Documents, ordered by id.
    #[serde(default)]
    pub documents: Vec<Snapshot>,
    /// Runs, when it is their turn.
    #[serde(default)]
    pub runs: RunRows,
}

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Which.
    pub document: Id,
    /// Automerge chunks, saved documents or single changes, together everything the server has.
    pub chunks: Vec<ByteBuf>,
}

/// One document in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestEntry {
    /// Which.
    pub document: Id,
    /// Its heads on the server.
    #[serde(with = "hashes")]
    pub heads: Vec<Hash>,
}
