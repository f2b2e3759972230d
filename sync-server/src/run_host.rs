//! The outside of a run on this machine: requests over reqwest, files on the disk, the system's clock.
//!
//! No proxy is used: it would see what only the endpoint may see. Secrets go only to hosts that they were entered for,
//! looked at again after each redirect. On a server, private addresses are out of reach unless the operator
//! opens them.

mod dialer;
mod files;
mod guard;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::{FutureExt, LocalBoxFuture};
use tombolo_engine::{FileStore, Host, HttpClient};
use tombolo_model::Id;

use crate::clock;
use dialer::Dialer;
use files::Files;
pub use files::{MadeFile, Place};

/// What a run may read, write and reach.
pub struct HostOptions {
    /// Stored files: SHA-256 (hex) or another key, then where they lie.
    pub files: BTreeMap<String, PathBuf>,
    /// Where made files go.
    pub out: Place,
    /// The hosts that each connection's secrets may go to.
    pub hosts: BTreeMap<Id, Vec<String>>,
    /// Whether private and loopback addresses may be reached.
    pub allow_private_network: bool,
    /// Hears of each completed file.
    pub on_file: Box<dyn Fn(MadeFile)>,
}

/// The host.
pub struct NativeHost {
    dialer: Dialer,
    files: Files,
}

impl NativeHost {
    /// Makes a host.
    ///
    /// # Errors
    ///
    /// Returns reqwest's error when TLS cannot be set up.
    pub fn new(options: HostOptions) -> reqwest::Result<Self> {
        Ok(Self {
            dialer: Dialer::new(options.hosts, options.allow_private_network)?,
            files: Files::new(options.files, options.out, options.on_file),
        })
    }
}

impl Host for NativeHost {
    fn http(&self) -> &dyn HttpClient {
        &self.dialer
    }

    fn files(&self) -> &dyn FileStore {
        &self.files
    }

    fn now_ms(&self) -> i64 {
        clock::now_ms()
    }

    fn seed(&self) -> u64 {
        getrandom::u64().unwrap_or_else(|_| self.now_ms().cast_unsigned())
    }

    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()> {
        tokio::time::sleep(Duration::from_millis(u64::from(ms))).boxed_local()
    }
}
