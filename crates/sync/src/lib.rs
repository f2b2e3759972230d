//! The synchronising of devices and server as state machines: `(now, event) -> effects`.
//!
//! [`client::Client`] is a device's end, [`server::Peer`] the server's end of one socket, [`gate::judge`] the one
//! place that says whether a change may enter, and [`prescan`] what bytes must pass before Automerge sees
//! them. Sockets, databases, clocks and chance belong to the callers; nothing here does anything by itself.
//!
//! Invariant: a change counts as received or acknowledged only after the event that says it is on disk.

#![forbid(unsafe_code)]

pub mod backoff;
pub mod client;
pub mod gate;
pub mod prescan;
pub mod random;
pub mod server;
#[cfg(any(test, feature = "simulator"))]
pub mod simulator;
