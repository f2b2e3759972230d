//! A disk that takes nothing for a while.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde_json::json;
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_wire::store::{Call, Created, Edited, OpenReply, Overview};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const PATH: &str = "/content";

async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

/// Makes every write fail, or none.
fn full(full: bool) {
    let script = format!(
        "globalThis.realPut ??= IDBObjectStore.prototype.put; globalThis.full = {full}; \
         IDBObjectStore.prototype.put = function (...all) {{ \
           if (globalThis.full) throw new DOMException('no space', 'QuotaExceededError'); \
           return globalThis.realPut.apply(this, all); }};"
    );
    js_sys::eval(&script).unwrap();
}

async fn overview(device: &Device) -> Overview {
    ask(device, Call::Hello).await
}

async fn text(device: &Device, id: Id) -> String {
    let opened: OpenReply = ask(device, Call::Open { id }).await;
    opened.view.value.pointer(PATH).and_then(|text| text.as_str()).unwrap_or_default().to_owned()
}

#[wasm_bindgen_test]
async fn an_edit_that_cannot_be_written_is_answered_when_it_is_and_stands_once() {
    let device = Device::open().await.unwrap();
    let value = json!({"name": "S", "content": "ab"});
    let id = ask::<Created>(&device, Call::Create { kind: Kind::Script, value }).await.id;
    let heads = ask::<OpenReply>(&device, Call::Open { id }).await.view.heads;
    full(true);
    let answered = Cell::new(false);
    let typing = async {
        let intents = vec![Intent::Splice { path: PATH.to_owned(), at: 2, delete: 0, insert: "c".to_owned(), heads }];
        ask::<Edited>(&device, Call::Edit { id, intents }).await;
        answered.set(true);
    };
    let meanwhile = async {
        while overview(&device).await.sync.unsaved == 0 {
            gloo_timers::future::TimeoutFuture::new(1).await;
        }
        // Long enough for the first attempt to have failed.
        gloo_timers::future::TimeoutFuture::new(100).await;
        assert!(!answered.get(), "the editor would send it again");
        assert_eq!(text(&device, id).await, "abc");
        // The account is not left with it.
        let (email, password) = ("somebody@example.com".to_owned(), "a long password".to_owned());
        let call = Call::SignIn { email, password, code: None, trust: false, bring_local: true, invitation: None };
        let refused = device.call(call).await.unwrap_err();
        assert!(refused.message.contains("not saved yet"), "{}", refused.message);
        full(false);
    };
    futures::future::join(typing, meanwhile).await;
    assert!(answered.get());
    assert_eq!(overview(&device).await.sync.unsaved, 0);
    device.close();
    let again = Device::open().await.unwrap();
    assert_eq!(text(&again, id).await, "abc");
    again.close();
}
