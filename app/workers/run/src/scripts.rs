//! Scripts in workers of their own, nested in this one.
//!
//! The module is loaded when the first script is called: most runs have none. It is compiled here, once, since a script
//! worker may load nothing (decision 29). Answers of `integrator-api` go through shared memory, at which it waits.

use std::cell::RefCell;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{FutureExt, LocalBoxFuture};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Atomics, Int32Array, Promise, Reflect, SharedArrayBuffer, Uint8Array, WebAssembly};
use tombolo_script_host::{Worker, Workers};
use tombolo_wire::script_worker::{MAILBOX_BYTES, MAILBOX_HEADER_BYTES};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, MessageEvent, WorkerOptions, WorkerType};

use crate::files::words;
use crate::port;

const SCRIPT: &str = "/workers/script.js";
/// A worker does not say whether it computes; what somebody waits for in a browser and takes longer is endless.
const CALL_MS: u32 = 5_000;
const MODULE: &str = "/assets/script_bg.wasm";

/// Starts them.
#[derive(Default)]
pub(crate) struct ScriptWorkers {
    /// The compiled module, or its compilation.
    module: RefCell<Option<Promise>>,
}

impl ScriptWorkers {
    async fn module(&self) -> Result<JsValue, JsValue> {
        let compiling = {
            let mut module = self.module.borrow_mut();
            module.get_or_insert_with(|| WebAssembly::compile_streaming(&port::scope().fetch_with_str(MODULE))).clone()
        };
        let compiled = JsFuture::from(compiling).await;
        if compiled.is_err() {
            // The next call may find the network again.
            self.module.replace(None);
        }
        compiled
    }
}

impl Workers for ScriptWorkers {
    fn start(&self) -> LocalBoxFuture<'_, Result<Box<dyn Worker>, String>> {
        async move {
            let failed = |error: JsValue| format!("the browser says “{}”", words(&error));
            let module = self.module().await.map_err(failed)?;
            let worker: Box<dyn Worker> = Box::new(ScriptWorker::start(&module).map_err(failed)?);
            Ok(worker)
        }
        .boxed_local()
    }

    fn clock_ms(&self) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since the start")]
        port::scope().performance().map_or(0, |performance| performance.now() as u64)
    }

    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()> {
        TimeoutFuture::new(ms).boxed_local()
    }

    fn call_ms(&self) -> u32 {
        CALL_MS
    }
}

struct ScriptWorker {
    worker: web_sys::Worker,
    heard: UnboundedReceiver<Option<String>>,
    mailbox: Option<SharedArrayBuffer>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(Event)>,
}

impl ScriptWorker {
    fn start(module: &JsValue) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = web_sys::Worker::new_with_options(SCRIPT, &options)?;
        let (say, heard) = unbounded();
        let message = Closure::<dyn FnMut(MessageEvent)>::new({
            let say = say.clone();
            move |message: MessageEvent| tell(&say, Some(message.data().as_string().unwrap_or_default()))
        });
        let error = Closure::<dyn FnMut(Event)>::new(move |error: Event| {
            // It is the script's author who is told, and not the one who looks at the browser's console.
            error.prevent_default();
            tell(&say, None);
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        let this = Self { worker, heard, mailbox: mailbox(), _message: message, _error: error };
        let shared = this.mailbox.as_ref().map_or(JsValue::UNDEFINED, JsValue::from);
        this.worker.post_message(&Array::of2(module, &shared))?;
        Ok(this)
    }
}

/// What a worker says after its end was heard is of no interest.
fn tell(say: &UnboundedSender<Option<String>>, frame: Option<String>) {
    drop(say.unbounded_send(frame));
}

/// Memory to share; nothing where the browser or the page's own server does not allow it.
fn mailbox() -> Option<SharedArrayBuffer> {
    let name = JsValue::from_str("SharedArrayBuffer");
    let there = Reflect::get(&js_sys::global(), &name).is_ok_and(|class| class.is_function());
    let bytes = u32::try_from(MAILBOX_HEADER_BYTES + MAILBOX_BYTES).ok()?;
    there.then(|| SharedArrayBuffer::new(bytes))
}

impl Worker for ScriptWorker {
    fn say(&mut self, frame: String) {
        // A message that cannot be sent is one that is never answered, and so ended at the deadline.
        drop(self.worker.post_message(&JsValue::from_str(&frame)));
    }

    fn answer(&mut self, frame: String) {
        let Some(memory) = &self.mailbox else { return };
        let (Ok(length), Ok(header)) = (i32::try_from(frame.len()), u32::try_from(MAILBOX_HEADER_BYTES)) else {
            return;
        };
        let numbers = Int32Array::new_with_byte_offset_and_length(memory, 0, 2);
        let text = Uint8Array::new_with_byte_offset_and_length(memory, header, length.unsigned_abs());
        text.copy_from(frame.as_bytes());
        let put = Atomics::store(&numbers, 1, length)
            .and_then(|_| Atomics::store(&numbers, 0, 1))
            .and_then(|_| Atomics::notify(&numbers, 0));
        // Memory that was just made takes a number.
        drop(put);
    }

    fn hear(&mut self) -> LocalBoxFuture<'_, Option<String>> {
        self.heard.next().map(Option::flatten).boxed_local()
    }
}

impl Drop for ScriptWorker {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
