//! The worker that keeps the documents of this device: one in each tab, never ended before its tab.
//!
//! Decides what is in memory, what is written when, who of the tabs talks to the server, and what the screen is
//! told. How documents merge is `tombolo-docs`' business, what goes over the socket `tombolo-sync`'s.
//!
//! Invariant: nothing is called saved before a strict transaction that contains it has completed.

mod account;
mod api;
mod bin;
mod blobs;
mod caches;
mod calls;
mod catalogue;
mod compact;
mod create;
mod documents;
mod edit;
mod ended;
mod env;
mod export;
mod fault;
mod history;
mod kept;
mod leader;
mod locks;
mod moving;
mod news;
mod outages;
mod packages;
mod park;
mod pending;
mod port;
mod presence;
mod quarantine;
mod registry;
mod rescue;
mod runs;
mod secrets;
mod session;
mod status;
pub mod storage;
mod stubs;
mod tabs;
mod undo;
mod untold;
mod worker;
mod writer;

pub use worker::{Device, start};
