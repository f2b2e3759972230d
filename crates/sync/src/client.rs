//! A device's end: the session of the tab that leads (decision 17).
//!
//! Holds the outbox's rows in memory, keeps at most one Store effect open, and says what the device knows of
//! the link. The device's storage, its documents and the socket are the caller's.
//!
//! Invariant: the cursor it says `hello` with is one that [`Event::Stored`] confirmed, so that a crash at any point
//! repeats something and never skips anything.

mod compare;
mod core;
mod effect;
mod event;
mod frames;
mod intake;
mod link;
mod outbox;
mod runs;

pub use compare::{Local, Plan, plan};
pub use core::{Client, Options};
pub use effect::{Effect, Park, Received, Status, Store, Token};
pub use event::{Event, Outgoing};
