//! Why storage failed, by what a person can do about it.

use indexed_db_futures::error::Error;
use wasm_bindgen::{JsCast, JsValue};

/// Why storage failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The browser gives no more space.
    #[error("this browser has no more space for the page")]
    Quota,
    /// The database was closed: another page needs it in a newer version.
    #[error("the database of this page was closed")]
    Closed,
    /// The database could not be opened.
    #[error("the database could not be opened: {0}")]
    Open(String),
    /// A stored record is not what this version writes.
    #[error("a record of “{store}” cannot be read: {reason}")]
    Record {
        /// Where it is.
        store: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The browser refused for another reason.
    #[error("the browser's database failed: {0}")]
    Failed(String),
}

impl StorageError {
    /// From what JavaScript threw.
    pub(crate) fn of(thrown: &JsValue) -> Self {
        match thrown.dyn_ref::<web_sys::DomException>() {
            Some(error) => Self::named(&error.name(), &error.message()),
            None => Self::Failed(format!("{thrown:?}")),
        }
    }

    /// From a transaction that did not complete: its own error says more than the library's.
    pub(crate) fn after(own: Option<web_sys::DomException>, error: &Error) -> Self {
        match own {
            Some(own) => Self::named(&own.name(), &own.message()),
            None => Self::Failed(error.to_string()),
        }
    }

    fn named(name: &str, message: &str) -> Self {
        match name {
            "QuotaExceededError" => Self::Quota,
            // A full disk shows as an unknown error while the transaction is written out.
            "UnknownError" if message.contains("space") || message.contains("quota") => Self::Quota,
            "InvalidStateError" if message.contains("clos") => Self::Closed,
            _ => Self::Failed(format!("{name}: {message}")),
        }
    }
}

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        match error {
            Error::DomException(error) => {
                let own: web_sys::DomException = error.into();
                Self::named(&own.name(), &own.message())
            }
            other => Self::Failed(other.to_string()),
        }
    }
}
