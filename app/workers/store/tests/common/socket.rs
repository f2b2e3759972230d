//! A server that is the test: it hears what the device sends over its socket, and says what the test wants.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_docs::Document;
use tombolo_model::{Grants, Id, Intent, Kind, Role};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Layout, Storage, Store, bytes_of, document_range};
use tombolo_wire::store::{Call, Created, OpenReply, Overview, SyncStatus, WithUnsent};
use tombolo_wire::sync::{ByteBuf, Course, Cursor, Down, Up, VERSION, Welcome, decode_up, encode_down};

/// Where a device is that has everything.
pub(crate) const CURSOR: Cursor = Cursor { server_epoch: 1, visibility_epoch: 1, sequence: 0, bootstrap: None };

/// Asks the device as its screen does.
pub(crate) async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

/// Runs a script in the worker that the test runs in.
pub(crate) fn eval(script: &str) -> wasm_bindgen::JsValue {
    js_sys::eval(script).unwrap()
}

/// A device at which a person is signed in whose server is the test.
pub(crate) async fn signed_in(person: u8) -> Device {
    let device = Device::open().await.unwrap();
    sign_in(&device, person).await;
    device
}

/// Signs a person in whose server is the test.
pub(crate) async fn sign_in(device: &Device, person: u8) {
    let user = json!({"id": Id::from_parts(77, [person; 8]), "name": "P", "email": "p@example.com"});
    let account = json!({"id": Id::from_parts(78, [person; 8]), "name": "A", "role": "owner"});
    let me = json!({"user": user, "accounts": [account], "joined": null});
    eval(&format!(
        "globalThis.fetch = async () => new Response(JSON.stringify({me}));
         globalThis.sockets = [];
         globalThis.WebSocket = class {{
             constructor() {{ this.sent = []; sockets.push(this); }}
             send(frame) {{ this.sent.push(Uint8Array.from(frame)); }}
             close() {{}}
         }};"
    ));
    let (email, password) = ("p@example.com".to_owned(), "a long password".to_owned());
    ask::<Overview>(
        device,
        Call::SignIn { email, password, code: None, trust: false, bring_local: false, invitation: None },
    )
    .await;
    until(async || eval("sockets.length").as_f64() > Some(0.0)).await;
    welcome();
}

/// Signs the person out, so that the next test begins without one.
pub(crate) async fn end(device: Device) {
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    device.close();
}

/// What the screen is told of the link and of what waits.
pub(crate) async fn status(device: &Device) -> SyncStatus {
    ask::<Overview>(device, Call::Hello).await.sync
}

/// Waits until so many changes wait for the server.
#[track_caller]
pub(crate) fn waiting(device: &Device, count: usize) -> impl Future<Output = ()> {
    until(async move || status(device).await.waiting == count)
}

/// Lets the device in over its last socket, at the place where it was.
pub(crate) fn welcome() {
    eval("sockets.at(-1).onopen()");
    say(&Down::Welcome(Welcome {
        version: VERSION,
        role: Role::Owner,
        grants: Grants::new(),
        course: Course::Resume,
        cursor: CURSOR,
    }));
}

/// What the browser does in its own time is waited for.
#[track_caller]
pub(crate) fn until(done: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
    let asked = std::panic::Location::caller();
    async move {
        let mut left = 300;
        while !done().await {
            left -= 1;
            assert!(left > 0, "what is waited for in line {} did not happen", asked.line());
            gloo_timers::future::TimeoutFuture::new(10).await;
        }
    }
}

/// A frame of the server, heard at once.
pub(crate) fn say(frame: &Down) {
    let bytes = encode_down(frame).unwrap();
    eval(&format!("sockets.at(-1).onmessage({{ data: Uint8Array.from({bytes:?}).buffer }})"));
}

/// What the device sent over its last socket and was not looked at yet.
pub(crate) fn sent() -> Vec<Up> {
    let frames = js_sys::Array::from(&eval("sockets.at(-1).sent.splice(0)"));
    frames.iter().map(|frame| decode_up(&js_sys::Uint8Array::new(&frame).to_vec()).unwrap()).collect()
}

/// The pushes among it.
pub(crate) fn pushes() -> Vec<(u64, Vec<Vec<u8>>)> {
    let push = |frame| match frame {
        Up::Push { push, changes, .. } => Some((push, changes.into_iter().map(ByteBuf::into_vec).collect())),
        _ => None,
    };
    sent().into_iter().filter_map(push).collect()
}

/// The next push of the device: its number and its changes.
#[track_caller]
pub(crate) fn pushed() -> impl Future<Output = (u64, Vec<Vec<u8>>)> {
    let found = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let came = found.clone();
    let pushed = until(async move || {
        came.borrow_mut().extend(pushes());
        !came.borrow().is_empty()
    });
    async move {
        pushed.await;
        found.borrow_mut().remove(0)
    }
}

/// The document as it is stored, for somebody at another device.
pub(crate) async fn stored(device: &Device, id: Id) -> Document {
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let chunks = storage.values(Store::Chunks, document_range(id).as_ref()).await.unwrap();
    storage.close();
    let chunks: Vec<Vec<u8>> = chunks.iter().map(|chunk| bytes_of(chunk).unwrap()).collect();
    Document::load(chunks.iter().map(Vec::as_slice)).unwrap().document
}

/// Writes a text at a path.
pub(crate) fn set(path: &str, value: &str) -> Intent {
    Intent::Set { path: path.to_owned(), value: json!(value) }
}

/// What the device shows of a document.
pub(crate) async fn shown(device: &Device, id: Id) -> Value {
    ask::<OpenReply>(device, Call::Open { id }).await.view.value
}

/// A resource that the server has.
pub(crate) async fn create(device: &Device) -> Id {
    let call = Call::Create { kind: Kind::Flow, value: json!({"name": "Before"}) };
    let id = ask::<Created>(device, call).await.id;
    let (push, _) = pushed().await;
    say(&Down::Accepted { push });
    id
}
