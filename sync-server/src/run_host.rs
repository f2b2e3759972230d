//! The outside of a run on this machine: requests over reqwest, files on the disk, the system's clock.
//!
//! No proxy is used: it would see what only the endpoint may see. Secrets go only to hosts that they were entered for,
//! looked at again after each redirect. On a server, private addresses are out of reach unless the operator
//! opens them.

pub(crate) mod dialer;
mod files;
mod guard;
mod scripts;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{FutureExt, LocalBoxFuture};
use tombolo_engine::{DataStore, FileStore, FlowStarter, Host, HttpClient, Ledger, Outages, ScriptHost};
use tombolo_model::Id;
use tombolo_script_host::Pool;

use crate::clock;
use dialer::Dialer;
use files::Files;
pub use files::{MadeFile, Place};
pub use scripts::{Pipes, Processes, Supervisor};

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
    /// What calls its scripts; nothing for a flow that has none.
    pub scripts: Option<Pool<Processes>>,
}

/// The host.
pub struct NativeHost {
    dialer: Dialer,
    files: Files,
    scripts: Option<Pool<Processes>>,
    data: Option<Rc<dyn DataStore>>,
    flows: Option<Rc<dyn FlowStarter>>,
    outages: Option<Outages>,
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
            scripts: options.scripts,
            data: None,
            flows: None,
            outages: None,
        })
    }

    /// This host, with a place for state and the data of lookup caches.
    #[must_use]
    pub fn with_data(self, data: Rc<dyn DataStore>) -> Self {
        Self { data: Some(data), ..self }
    }

    /// This host, where scripts can start other flows.
    #[must_use]
    pub fn with_flows(self, flows: Rc<dyn FlowStarter>) -> Self {
        Self { flows: Some(flows), ..self }
    }

    /// This host, which knows what is offline and says what goes so.
    #[must_use]
    pub fn with_outages(self, outages: Outages) -> Self {
        Self { outages: Some(outages), ..self }
    }
}

impl Host for NativeHost {
    fn http(&self) -> &dyn HttpClient {
        &self.dialer
    }

    fn files(&self) -> &dyn FileStore {
        &self.files
    }

    fn scripts(&self) -> Option<&dyn ScriptHost> {
        self.scripts.as_ref().map(|scripts| scripts as &dyn ScriptHost)
    }

    fn data(&self) -> Option<&dyn DataStore> {
        self.data.as_deref()
    }

    fn flows(&self) -> Option<&dyn FlowStarter> {
        self.flows.as_deref()
    }

    fn ledger(&self) -> Option<&dyn Ledger> {
        self.outages.as_ref().map(|outages| outages as &dyn Ledger)
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

/// On Linux this stays the running program even after its file was replaced.
pub(crate) fn own_program() -> std::io::Result<OsString> {
    if cfg!(target_os = "linux") {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe().map(PathBuf::into_os_string)
    }
}
