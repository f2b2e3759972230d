//! The outside of a run: requests, files and time come in through these traits.
//!
//! A run lives on one thread, so nothing here has to be `Send`. Dropping a future stops what it began; a file
//! writer that is dropped before it is finished leaves no file.

use futures::future::LocalBoxFuture;
use futures::stream::LocalBoxStream;

use tombolo_model::Id;

use crate::data::DataStore;
use crate::http::HttpClient;
use crate::ledger::Ledger;
use crate::script::ScriptHost;

/// The bytes of a body or file, piece by piece.
pub type Pieces<E> = LocalBoxStream<'static, Result<Vec<u8>, E>>;

/// All that a run needs from outside.
pub trait Host {
    /// Sends requests.
    fn http(&self) -> &dyn HttpClient;
    /// Reads and makes files.
    fn files(&self) -> &dyn FileStore;
    /// The time, in milliseconds since 1970.
    fn now_ms(&self) -> i64;
    /// Where the random values of a run begin. A host that can draw one that nobody guesses does.
    fn seed(&self) -> u64 {
        self.now_ms().cast_unsigned()
    }
    /// Calls scripts; nothing where there is no interpreter.
    fn scripts(&self) -> Option<&dyn ScriptHost> {
        None
    }
    /// State and the data of lookup caches; nothing where none are kept. Lookups then read the data that came with the flow.
    fn data(&self) -> Option<&dyn DataStore> {
        None
    }
    /// Starts other flows; nothing where that cannot be done.
    fn flows(&self) -> Option<&dyn FlowStarter> {
        None
    }
    /// What it knows of earlier runs and learns of this one; nothing where it remembers none.
    fn ledger(&self) -> Option<&dyn Ledger> {
        None
    }
    /// Waits.
    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()>;
}

/// Starts flows that a script asks for, and those that follow another one.
pub trait FlowStarter {
    /// Starts a flow, and returns the id of its run without waiting for its end; or says in a sentence why it did not. Where
    /// `sources` names exports of it, only those are read.
    fn start(&self, flow: Id, sources: Vec<Id>) -> LocalBoxFuture<'_, Result<Id, String>>;
}

/// Reads and makes files.
pub trait FileStore {
    /// Opens a stored file by the SHA-256 of its content (hex).
    fn open(&self, hash: &str) -> LocalBoxFuture<'_, Result<Pieces<FileError>, FileError>>;
    /// Begins the file of a step; `name` is for people.
    fn create(&self, step: &str, name: &str) -> LocalBoxFuture<'_, Result<Box<dyn FileWriter>, FileError>>;
    /// Whether a step may make several files here; where it may not, they go into one archive.
    fn takes_several(&self) -> bool {
        false
    }
}

/// A file in the making.
pub trait FileWriter {
    /// Appends.
    fn write(&mut self, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), FileError>>;
    /// Completes the file.
    fn finish(self: Box<Self>) -> LocalBoxFuture<'static, Result<(), FileError>>;
}

/// Why a file could not be read or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is not here.
    #[error("The file is not here: choose it again, or run the flow where it is.")]
    Missing,
    /// The disk, the browser or the system refused.
    #[error("The file could not be {action}: {reason}.")]
    Refused {
        /// `read` or `written`.
        action: &'static str,
        /// What the system said.
        reason: String,
    },
}
