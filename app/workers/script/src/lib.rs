//! The worker that calls the scripts of a run in the browser.
//!
//! Decides nothing: calls come as frames and go to the interpreter, one after the other. Its own response headers let it
//! load and reach nothing (decision 29), and its owner, the run worker, ends it at a deadline.
//!
//! Invariant: a call is answered, or its owner hears that the worker failed.

mod mailbox;
mod worker;

pub use worker::start;
