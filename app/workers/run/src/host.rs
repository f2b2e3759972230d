//! The outside of a run in a browser.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use gloo_timers::future::TimeoutFuture;
use tombolo_engine::{Asked, DataStore, FileStore, FlowStarter, Host, HttpClient, Ledger, Outages, ScriptHost};
use tombolo_script_host::Pool;
use wasm_bindgen::JsCast;
use web_sys::Blob;

use crate::fetch::Fetch;
use crate::files::Files;
use crate::scripts::ScriptWorkers;

pub(crate) struct BrowserHost {
    http: Fetch,
    files: Files,
    scripts: Pool<ScriptWorkers>,
    asked: Option<Rc<Asked>>,
    outages: Option<Outages>,
}

impl BrowserHost {
    /// Stored files by their hash, and who sends requests.
    pub(crate) fn new(files: BTreeMap<String, Blob>, http: Fetch) -> Self {
        Self {
            http,
            files: Files::new(files),
            scripts: Pool::new(ScriptWorkers::default()),
            asked: None,
            outages: None,
        }
    }

    /// This host, where the owner keeps state and lookup caches and starts other flows.
    pub(crate) fn with_owner(self, asked: Rc<Asked>) -> Self {
        Self { asked: Some(asked), ..self }
    }

    /// This host, which knows what is offline and says what goes so.
    pub(crate) fn with_outages(self, outages: Outages) -> Self {
        Self { outages: Some(outages), ..self }
    }
}

impl Host for BrowserHost {
    fn http(&self) -> &dyn HttpClient {
        &self.http
    }

    fn files(&self) -> &dyn FileStore {
        &self.files
    }

    fn scripts(&self) -> Option<&dyn ScriptHost> {
        Some(&self.scripts)
    }

    fn data(&self) -> Option<&dyn DataStore> {
        self.asked.as_deref().map(|asked| asked as &dyn DataStore)
    }

    fn flows(&self) -> Option<&dyn FlowStarter> {
        self.asked.as_deref().map(|asked| asked as &dyn FlowStarter)
    }

    fn ledger(&self) -> Option<&dyn Ledger> {
        self.outages.as_ref().map(|outages| outages as &dyn Ledger)
    }

    fn now_ms(&self) -> i64 {
        now_ms()
    }

    fn seed(&self) -> u64 {
        seed().unwrap_or_else(|| now_ms().cast_unsigned())
    }

    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()> {
        TimeoutFuture::new(ms).boxed_local()
    }
}

/// A number that nobody guesses.
pub(crate) fn seed() -> Option<u64> {
    let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().dyn_into().ok()?;
    let mut bytes = [0; 8];
    scope.crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// The time, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds within 53 bits")]
    let now_ms = js_sys::Date::now() as i64;
    now_ms
}
