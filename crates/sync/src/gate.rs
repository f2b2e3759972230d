//! Says whether changes may enter: the one function for sync, bundles, zip files, REST and adoption (decision 13).
//!
//! Pure: the caller looks up a [`Context`] (what to look up: [`wanted`]) and calls [`judge`] inside the transaction
//! that stores the changes, so that a role taken away a moment ago counts. It refuses on envelope, caps,
//! kind and id, protected paths, rights, actor and references; never on what a merge would mean.
//!
//! Invariant: a message is taken whole or not at all, and a change that is stored already is never refused.

mod context;
mod incoming;
mod judge;
mod refusal;
mod rules;

pub use context::{Context, DocumentRow, Wanted, session_of, wanted};
pub use incoming::Incoming;
pub use judge::{Accepted, Verdict, judge};
pub use refusal::{Code, Refusal};
