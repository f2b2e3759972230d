//! What comes from the server and what it refuses, while tabs write; the server is a socket that the test speaks for.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_docs::{Author, Document};
use tombolo_model::{Id, Intent, Kind, Role};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Layout, Storage, Store, bytes_of, document_range};
use tombolo_wire::store::{Call, Created, Edited, OpenReply, Overview, Parked};
use tombolo_wire::sync::{
    ByteBuf, Course, Cursor, Down, Entry, RefusedChanges, Up, VERSION, Welcome, decode_up, encode_down,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const CURSOR: Cursor = Cursor { server_epoch: 1, visibility_epoch: 1, sequence: 0, bootstrap: None };

async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

fn eval(script: &str) -> wasm_bindgen::JsValue {
    js_sys::eval(script).unwrap()
}

/// Signs a person in whose server is the test.
async fn sign_in(device: &Device, person: u8) {
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
    ask::<Overview>(device, Call::SignIn { email, password, bring_local: false, invitation: None }).await;
    until(async || eval("sockets.length").as_f64() > Some(0.0)).await;
    eval("sockets.at(-1).onopen()");
    say(&Down::Welcome(Welcome { version: VERSION, role: Role::Owner, course: Course::Resume, cursor: CURSOR }));
}

/// What the browser does in its own time is waited for.
async fn until(done: impl AsyncFn() -> bool) {
    let mut left = 300;
    while !done().await {
        left -= 1;
        assert!(left > 0, "it did not happen");
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
}

/// A frame of the server, heard at once.
fn say(frame: &Down) {
    let bytes = encode_down(frame).unwrap();
    eval(&format!("sockets.at(-1).onmessage({{ data: Uint8Array.from({bytes:?}).buffer }})"));
}

/// The pushes of the device that were not looked at yet.
fn pushes() -> Vec<(u64, Vec<Vec<u8>>)> {
    let frames = js_sys::Array::from(&eval("sockets.at(-1).sent.splice(0)"));
    let frames = frames.iter().map(|frame| decode_up(&js_sys::Uint8Array::new(&frame).to_vec()).unwrap());
    let push = |frame| match frame {
        Up::Push { push, changes, .. } => Some((push, changes.into_iter().map(ByteBuf::into_vec).collect())),
        _ => None,
    };
    frames.filter_map(push).collect()
}

async fn pushed() -> (u64, Vec<Vec<u8>>) {
    let found = std::cell::RefCell::new(Vec::new());
    until(async || {
        found.borrow_mut().extend(pushes());
        !found.borrow().is_empty()
    })
    .await;
    found.into_inner().remove(0)
}

/// The document as it is stored, for somebody at another device.
async fn stored(device: &Device, id: Id) -> Document {
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let chunks = storage.values(Store::Chunks, document_range(id).as_ref()).await.unwrap();
    storage.close();
    let chunks: Vec<Vec<u8>> = chunks.iter().map(|chunk| bytes_of(chunk).unwrap()).collect();
    Document::load(chunks.iter().map(Vec::as_slice)).unwrap().document
}

fn set(path: &str, value: &str) -> Intent {
    Intent::Set { path: path.to_owned(), value: json!(value) }
}

async fn shown(device: &Device, id: Id) -> Value {
    ask::<OpenReply>(device, Call::Open { id }).await.view.value
}

/// A resource that the server has.
async fn create(device: &Device) -> Id {
    let call = Call::Create { kind: Kind::Flow, value: json!({"name": "Before"}) };
    let id = ask::<Created>(device, call).await.id;
    let (push, _) = pushed().await;
    say(&Down::Accepted { push });
    id
}

#[wasm_bindgen_test]
async fn a_resource_that_is_opened_while_a_colleague_s_edit_is_stored_shows_it() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 1).await;
    let id = create(&device).await;
    let author = Author { actor: [9; 16], time_ms: 1 };
    let mut theirs = stored(&device, id).await;
    let change = theirs.edit(&author, &[set("/name", "Theirs")], &mut String::new).unwrap().unwrap();
    let entry = Entry::Change { document: id, bytes: ByteBuf::from(change.bytes), user: None };
    let cursor = Cursor { sequence: 2, ..CURSOR };
    say(&Down::Changes { entries: vec![entry], cursor, complete: true });
    // It is shown to nobody yet and not on the disk.
    shown(&device, id).await;
    until(async || shown(&device, id).await["name"] == "Theirs").await;
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}

#[wasm_bindgen_test]
async fn what_another_tab_writes_on_top_of_a_refused_change_is_kept_beside_it() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 2).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    shown(&device, id).await;
    until(async || other.call(Call::Open { id }).await.is_ok()).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Refused")] }).await;
    until(async || shown(&other, id).await["name"] == "Refused").await;
    let (push, changes) = pushed().await;
    let hashes = changes.iter().map(|change| tombolo_docs::inspect(change).unwrap().hash).collect();
    let (code, message) = ("rights".to_owned(), "You may not rename it.".to_owned());
    say(&Down::Refused { push, refusals: vec![RefusedChanges { code, message, hashes }] });
    ask::<Edited>(&other, Call::Edit { id, intents: vec![set("/timezone", "Europe/Paris")] }).await;
    let differences = async || -> Vec<String> {
        let parked: Vec<Parked> = ask(&device, Call::ParkedList).await;
        let all = parked.into_iter().flat_map(|row| row.differences);
        all.map(|difference| difference.path).collect()
    };
    until(async || differences().await == ["/name", "/timezone"]).await;
    for tab in [&device, &other] {
        until(async || shown(tab, id).await == json!({"name": "Before"})).await;
    }
    other.close();
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}

#[wasm_bindgen_test]
async fn a_parked_change_that_the_server_has_after_all_is_parked_no_longer() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 3).await;
    let id = create(&device).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Taken")] }).await;
    let (push, changes) = pushed().await;
    let hashes = changes.iter().map(|change| tombolo_docs::inspect(change).unwrap().hash).collect();
    let (code, message) = ("rights".to_owned(), "You are no member any more.".to_owned());
    say(&Down::Refused { push, refusals: vec![RefusedChanges { code, message, hashes }] });
    let parked = async || ask::<Vec<Parked>>(&device, Call::ParkedList).await.len();
    until(async || parked().await == 1).await;
    assert_eq!(shown(&device, id).await["name"], "Before");
    let entry = |bytes| Entry::Change { document: id, bytes: ByteBuf::from(bytes), user: None };
    let cursor = Cursor { sequence: 2, ..CURSOR };
    say(&Down::Changes { entries: changes.into_iter().map(entry).collect(), cursor, complete: true });
    until(async || parked().await == 0).await;
    assert_eq!(shown(&device, id).await["name"], "Taken");
    until(async || ask::<Overview>(&device, Call::Hello).await.sync.not_accepted == 0).await;
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}

#[wasm_bindgen_test]
async fn changes_go_again_after_the_server_asked_for_what_is_nowhere() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 4).await;
    let id = create(&device).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Mine")] }).await;
    let (push, changes) = pushed().await;
    say(&Down::Need { push, hashes: vec![[7; 32]] });
    assert_eq!(pushed().await.1, changes);
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}
