//! Why a call failed, by cause; put into words for the person at the one place where replies are made.

use tombolo_docs::{EditError, LoadError};
use tombolo_model::Id;
use tombolo_wire::store::CallError;

use crate::storage::StorageError;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// There is no such resource here.
    #[error("there is nothing with the id {0} on this device")]
    NotFound(Id),
    /// Its first piece is damaged.
    #[error("the stored pieces of {id} make no document: {reason}")]
    Damaged {
        /// Which.
        id: Id,
        /// Why.
        reason: LoadError,
    },
    /// It cannot be written like this.
    #[error("{0}")]
    Edit(#[from] EditError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The server could not be reached.
    #[error("the server cannot be reached: {0}")]
    Offline(String),
    /// The server said no.
    #[error("{message}")]
    Refused {
        /// The server's code.
        code: String,
        /// The server's words.
        message: String,
    },
    /// The server cannot do it now, and may later.
    #[error("{message}")]
    NotNow {
        /// The server's code.
        code: String,
        /// The server's words.
        message: String,
    },
    /// The server has not everything of so many accounts, and nobody has said what shall become of that.
    #[error("something of {0} accounts is on this device alone")]
    Unsent(usize),
    /// There is no space for a file.
    #[error("there is no space for the file")]
    NoRoom,
    /// The call makes no sense as it is.
    #[error("{0}")]
    Invalid(String),
    /// The browser did not do what it always does.
    #[error("{0}")]
    Browser(String),
}

impl Fault {
    /// For the screen.
    pub(crate) fn to_wire(&self) -> CallError {
        let (code, message) = match self {
            Self::NotFound(_) => ("not_found", "This resource is not on this device. It may have been removed, or not have arrived yet.".to_owned()),
            Self::Damaged { .. } => ("damaged", "The stored pieces of this resource are damaged. The readable ones are kept; sign in on a device that has it to get it back.".to_owned()),
            Self::Edit(error @ EditError::TooLong { .. }) => ("invalid", format!("{error}. Leave some of it out.")),
            Self::Edit(error) => ("invalid", format!("This could not be changed: {error}.")),
            Self::Storage(StorageError::Quota) => ("quota", "There is no more space for this page, so this was not done. Free some space on this computer and try again. Exporting still works.".to_owned()),
            Self::Unsent(_) => ("unsent", "Not everything on this device has reached the server. Choose what becomes of it, then sign out.".to_owned()),
            Self::NoRoom => ("quota", "There is no space for this file, so it is not kept. Free some space on this computer and choose the file again.".to_owned()),
            Self::Storage(StorageError::Closed) => ("closed", "This page was opened in a newer version elsewhere. Reload it.".to_owned()),
            Self::Storage(error) => ("internal", format!("Storing failed, so this is not saved: {error}.")),
            Self::Offline(_) => ("offline", "The server cannot be reached. Check the connection and try again.".to_owned()),
            Self::Refused { code, message } | Self::NotNow { code, message } => (code.as_str(), message.clone()),
            Self::Invalid(message) => ("invalid", message.clone()),
            Self::Browser(message) => ("internal", message.clone()),
        };
        CallError { code: code.to_owned(), message }
    }
}
