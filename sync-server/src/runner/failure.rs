//! Why a run ends that has not come to its end.

use std::path::PathBuf;

use thiserror::Error;
use tombolo_model::Id;

use crate::blobs::{self, BlobError};
use crate::resources::ResourceError;
use crate::store::StoreError;
use crate::vault::VaultError;

/// Why a run has no end of its own.
#[derive(Debug, Error)]
pub(crate) enum RunFailure {
    /// Somebody ended it, or the server goes down.
    #[error("canceled")]
    Canceled,
    /// Longer than any run may take.
    #[error("the run took too long")]
    TooLong,
    /// More resources than a flow may have.
    #[error("the flow refers to too many resources")]
    TooManyResources,
    /// A secret was entered for another host.
    #[error("the secret {path} of connection {connection} was entered for another host")]
    OtherHost {
        /// Whose.
        connection: Id,
        /// Which.
        path: String,
    },
    /// No folder to work in.
    #[error("the run has no folder to work in")]
    Folder(#[source] std::io::Error),
    /// The child cannot be started or talked to.
    #[error("the child process failed")]
    Child(#[source] std::io::Error),
    /// The child ended before the run did.
    #[error("the child process ended with {0}")]
    Ended(String),
    /// Somebody told the child to stop who told the server too, or is about to.
    #[error("the child process was told to stop: {0}")]
    Stopped(String),
    /// The child said what is no line.
    #[error("the child process said what is not understood: {0}")]
    Line(String),
    /// What the child calls a file of the run is none.
    #[error("the child process named the file {path}")]
    Path {
        /// What it said.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: std::io::Error,
    },
    /// A document cannot be read.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// A secret does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A file cannot be stored or read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RunFailure {
    /// Whether there is no room on the disk.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Folder(error) => blobs::no_room(error),
            Self::Blob(error) => error.is_full(),
            Self::Store(error) | Self::Resource(ResourceError::Store(error)) => {
                matches!(error, StoreError::Full { .. })
            }
            _ => false,
        }
    }
}
