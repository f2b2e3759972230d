//! Resources as Automerge documents: intents in, changes out, a view for the screen.
//!
//! A document is **one flat map**. Its keys are JSON Pointers in which rows are addressed by row id
//! (`/pageProcessors/r4k2/_importId`); its values are scalars, or arrays and empty objects as JSON bytes.
//! Two devices that create the same nested map offline would lose one side's fields, and a list would
//! duplicate a row that is moved twice; a flat map has neither fault, and a change can be judged by its
//! keys without its document. Texts are the only objects, made in the document's first change.
//!
//! Knows nothing of storage, sockets or running flows. Reads no clock: authors bring the time.

#![forbid(unsafe_code)]

mod align;
mod apply;
mod changes;
mod conflicts;
mod differences;
mod document;
mod edit;
mod flatten;
mod history;
mod inspect;
pub mod key;
mod load;
mod matching;
mod parts;
mod position;
mod rows;
mod scalar;
mod sift;
mod texts;
mod typing;
mod undo;
mod view;

pub use apply::{Applied, ApplyError, Splice};
pub use changes::{Chunk, Hash, hash_from_hex, hash_to_hex};
pub use differences::Difference;
pub use document::{Actor, Author, Document};
pub use edit::EditError;
pub use history::Entry;
pub use inspect::{InspectError, Inspected, KeyWrite, Written, inspect};
pub use load::{Damage, LoadError, Loaded, NO_PIECE, is_saved_document};
pub use undo::{Inverse, Undone};
