//! The Tombolo server and its command line.
//!
//! Decides who may do what, keeps what devices send, runs what must run while nobody is looking, and
//! serves the app. What a change means is left to `tombolo-docs`, what may enter to `tombolo-sync`, what a flow does to
//! `tombolo-engine`.
//!
//! Invariant: what was acknowledged is on the disk.

#![forbid(unsafe_code)]

mod app;
mod assets;
mod audit;
mod auth;
mod backup;
mod bin;
mod blobs;
mod clock;
mod commands;
mod config;
mod connections;
mod error;
mod fresh;
mod goodbye;
mod hub;
pub mod job;
mod kept;
mod keys;
mod listen;
mod mail;
mod nesting;
mod private;
mod refused;
mod relay;
mod resources;
mod rest;
mod retention;
mod routes;
pub mod run_host;
mod run_rows;
mod runner;
mod scheduler;
mod serve;
mod socket;
mod sqlite;
mod statics;
mod steady;
pub mod store;
mod transfers;
mod vault;
mod web_host;
mod webhooks;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

pub use auth::caller::Right;
pub use routes::{RouteInfo, route_table};
pub use sqlite::Sqlite;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    // Two providers may be linked in; without a choice, the first TLS connection would panic.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider was installed already");
    }
    match commands::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            // One line for a person: what happened and, behind colons, why.
            let written = writeln!(std::io::stderr(), "tombolo: {error:#}");
            ExitCode::from(if written.is_ok() { 1 } else { 74 })
        }
    }
}
