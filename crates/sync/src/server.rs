//! The server's end of one socket.
//!
//! Reads a device's frames, scans and inspects what is pushed, asks the storage to judge and commit it, and
//! sends on what the account's other devices did, from its own position in the sequence, so that a slow or
//! broken notice loses nothing. Storage answers later and in any order; each question carries a number.
//!
//! Invariant: `accepted` is sent only after the storage said that the changes are on disk.

mod effect;
mod event;
mod feed;
mod frames;
mod peer;
mod pushes;

pub use effect::{Effect, Request};
pub use event::{AccountState, Event, Judged, Numbered};
pub use peer::{ENDED, Peer, Session};
