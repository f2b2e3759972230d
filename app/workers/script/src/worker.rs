//! Takes calls, makes them, says what came of them.

use std::panic;
use std::rc::Rc;

use js_sys::global;
use tombolo_script::{Api, ApiCall, Desk};
use tombolo_wire::script_worker::{FromScript, Question, ToScript};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsError, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::mailbox::Mailbox;

/// Listens for calls and says that it does.
pub fn start() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // Not where in this program: the author of a script has nothing of that.
        let reason = info.payload_as_str().unwrap_or("the interpreter panicked").to_owned();
        post(&FromScript::Broke { reason });
    }));
    let mut desk = Desk::new(Rc::new(Asking(Mailbox::find())));
    let listen = Closure::<dyn FnMut(MessageEvent) -> Result<(), JsError>>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        let Ok(ToScript::Call { call }) = serde_json::from_str(&text) else {
            return Err(JsError::new("the frame is no call"));
        };
        desk.call_all(&call, |done| post(&FromScript::Done { done }));
        Ok(())
    });
    scope().set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listen.forget();
    // The browser holds every page to what this one gives up.
    post(&FromScript::Ready { caged: true });
}

fn scope() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}

/// Sends a frame. An owner that is gone takes nothing, and that is no fault.
fn post(frame: &FromScript) {
    if let Ok(text) = serde_json::to_string(frame)
        && let Err(gone) = scope().post_message(&JsValue::from_str(&text))
    {
        drop(gone);
    }
}

/// Asks the run, and stands still until it has answered.
struct Asking(Option<Mailbox>);

impl Api for Asking {
    fn call(&self, call: ApiCall) -> Result<String, String> {
        let Some(mailbox) = &self.0 else {
            return Err("integrator-api cannot be called in this browser, which shares no memory between workers. Run the flow on the server.".to_owned());
        };
        let question = Question { object: call.object, function: call.function, arguments: call.arguments };
        post(&FromScript::Api { question });
        mailbox.wait()
    }
}
