//! The worker that runs one flow in the browser.
//!
//! Decides how the engine's outside looks in a browser: requests by `fetch`, files as `Blob`s, scripts in
//! workers of their own. Which flow runs with
//! what is its owner's business, the store worker's; so is what becomes of rows, errors and files.
//!
//! Invariant: every run that was started ends with a row whose status is an end, after a panic too. A job that cannot
//! be read has no row; it is thrown, which the owner hears as an error of the worker.

mod fetch;
mod files;
mod host;
mod port;
mod scripts;
mod worker;

pub use worker::start;
