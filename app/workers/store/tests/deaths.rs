//! Tabs that are killed, and what the others make of it; the server is a socket that the test speaks for.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "common/socket.rs"]
mod socket;

use serde_json::json;
use socket::{CURSOR, ask, create, eval, pushed, say, set, shown, sign_in, stored, until, welcome};
use tombolo_docs::{Author, hash_to_hex};
use tombolo_model::{Id, Intent};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{
    Batch, Layout, Storage, Store, bytes, bytes_of, chunk_key, document_range, number, pair, text,
};
use tombolo_wire::store::{Call, Edited, Link, Overview, SyncStatus};
use tombolo_wire::sync::{Cursor, Down};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Signs the same person in beside a leader: this tab waits in line.
async fn sign_in_too(device: &Device) {
    let (email, password) = ("p@example.com".to_owned(), "a long password".to_owned());
    ask::<Overview>(device, Call::SignIn { email, password, bring_local: false, invitation: None }).await;
}

async fn status(device: &Device) -> SyncStatus {
    ask::<Overview>(device, Call::Hello).await.sync
}

/// What a tab stores with an edit, without a word to anybody: it was killed then.
async fn store_and_die(device: &Device, id: Id, actor: u8, intent: Intent) {
    let author = Author { actor: [actor; 16], time_ms: 1 };
    let mut document = stored(device, id).await;
    let change = document.edit(&author, &[intent], &mut String::new).unwrap().unwrap();
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut batch = Batch::new();
    batch.put(Store::Chunks, &chunk_key(id, &change.hash), bytes(&change.bytes));
    batch.append_json(Store::Outbox, &json!({"document": id, "hash": hash_to_hex(&change.hash)}));
    batch.put(Store::Meta, &pair("written", &text(format!("killed {actor}"))), number(1));
    storage.write(&batch).await.unwrap();
    storage.close();
}

#[wasm_bindgen_test]
async fn an_edit_that_a_killed_tab_had_told_nobody_is_sent_counted_and_shown() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 11).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    for tab in [&device, &other] {
        until(async || tab.call(Call::Open { id }).await.is_ok()).await;
        until(async || status(tab).await.waiting == 0).await;
    }
    // A third tab comes to the front, stores an edit, and its program ends.
    eval("navigator.locks.request('tombolo-tab-third', () => new Promise((die) => { globalThis.die = die; }))");
    until(async || eval("typeof die").as_string().is_some_and(|kind| kind == "function")).await;
    let said = json!({"wouldLead": {"tab": "third"}}).to_string();
    eval(&format!("globalThis.third = new BroadcastChannel('{}'); third.postMessage({said:?});", device.database()));
    store_and_die(&device, id, 9, set("/name", "Third")).await;
    eval("die()");
    let (push, _) = pushed().await;
    for tab in [&device, &other] {
        until(async || shown(tab, id).await["name"] == "Third").await;
        until(async || status(tab).await.waiting == 1).await;
    }
    say(&Down::Accepted { push });
    for tab in [&device, &other] {
        until(async || status(tab).await.waiting == 0).await;
    }
    other.close();
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}

#[wasm_bindgen_test]
async fn the_next_leader_knows_what_the_last_one_had_told_nobody() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 12).await;
    let other = Device::open().await.unwrap();
    sign_in_too(&other).await;
    let (acked, edited) = (create(&device).await, create(&device).await);
    for id in [acked, edited] {
        until(async || other.call(Call::Open { id }).await.is_ok()).await;
    }
    ask::<Edited>(&device, Call::Edit { id: acked, intents: vec![set("/name", "Sent")] }).await;
    until(async || status(&other).await.waiting == 1).await;
    // The leader stores that the server has this, and another edit, and its program ends.
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut batch = Batch::new();
    batch.clear(Store::Outbox);
    storage.write(&batch).await.unwrap();
    storage.close();
    store_and_die(&device, edited, 9, set("/name", "Last")).await;
    eval("sockets.length = 0");
    device.close();

    until(async || eval("sockets.length").as_f64() > Some(0.0)).await;
    welcome();
    let (push, changes) = pushed().await;
    assert_eq!(changes.len(), 1, "only what the server does not have");
    until(async || shown(&other, edited).await["name"] == "Last").await;
    until(async || status(&other).await.waiting == 1).await;
    say(&Down::Accepted { push });
    until(async || status(&other).await.waiting == 0).await;
    assert_eq!(shown(&other, acked).await["name"], "Sent");
    ask::<Overview>(&other, Call::SignOut).await;
    other.close();
}

/// How often this worker has read the whole list since the last time.
fn readings_of_the_list() -> f64 {
    let count = eval(
        "if (!globalThis.whole) {
             globalThis.whole = [];
             for (const name of ['getAll', 'getAllKeys']) {
                 const real = IDBObjectStore.prototype[name];
                 IDBObjectStore.prototype[name] = function (...all) {
                     if (this.name === 'catalogue') whole.push(name);
                     return real.apply(this, all);
                 };
             }
         }
         whole.splice(0).length",
    );
    count.as_f64().unwrap()
}

#[wasm_bindgen_test]
async fn what_a_killed_leader_took_away_leaves_the_other_tabs_and_one_that_is_closed_costs_no_reading() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 15).await;
    let other = Device::open().await.unwrap();
    sign_in_too(&other).await;
    let third = Device::open().await.unwrap();
    sign_in_too(&third).await;
    let (gone, kept) = (create(&device).await, create(&device).await);
    for tab in [&other, &third] {
        for id in [gone, kept] {
            until(async || tab.call(Call::Open { id }).await.is_ok()).await;
        }
        until(async || status(tab).await.waiting == 0).await;
    }
    // The server takes a resource away, the leader stores that, and its program ends.
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut batch = Batch::new();
    batch.delete(Store::Chunks, &document_range(gone).unwrap());
    batch.delete(Store::Catalogue, &text(gone.to_string()));
    batch.put(Store::Meta, &pair("written", &text("killed")), number(7));
    storage.write(&batch).await.unwrap();
    readings_of_the_list();
    eval("sockets.length = 0");
    device.close();
    let listed = async |tab: &Device, id: Id| -> bool {
        ask::<Overview>(tab, Call::Hello).await.catalogue.iter().any(|row| row.id == id)
    };
    for tab in [&other, &third] {
        until(async || !listed(tab, gone).await).await;
        assert!(listed(tab, kept).await);
        assert_eq!(tab.call(Call::Open { id: gone }).await.unwrap_err().code, "not_found");
    }
    assert!(readings_of_the_list() > 0.0);

    // The next one edits, is closed, and leaves nothing to be looked for.
    until(async || eval("sockets.length").as_f64() > Some(0.0)).await;
    welcome();
    ask::<Edited>(&other, Call::Edit { id: kept, intents: vec![set("/name", "Told")] }).await;
    until(async || shown(&third, kept).await["name"] == "Told").await;
    readings_of_the_list();
    eval("sockets.length = 0");
    other.close();
    until(async || eval("sockets.length").as_f64() > Some(0.0)).await;
    welcome();
    pushed().await;
    assert!(readings_of_the_list() < 1.0, "the list was read");
    storage.close();
    ask::<Overview>(&third, Call::SignOut).await;
    third.close();
}

#[wasm_bindgen_test]
async fn a_tab_beside_the_leader_knows_how_the_link_is() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 13).await;
    say(&Down::Changes { entries: Vec::new(), cursor: Cursor { sequence: 1, ..CURSOR }, complete: true });
    until(async || status(&device).await.link == Link::Online).await;
    let other = Device::open().await.unwrap();
    sign_in_too(&other).await;
    until(async || status(&other).await.link == Link::Online).await;
    other.close();
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}

#[wasm_bindgen_test]
async fn a_damaged_change_that_the_server_does_not_have_waits_no_longer_and_is_said() {
    let device = Device::open().await.unwrap();
    sign_in(&device, 14).await;
    let id = create(&device).await;
    until(async || status(&device).await.waiting == 0).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Damaged")] }).await;
    assert_eq!(status(&device).await.waiting, 1);
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut batch = Batch::new();
    for (key, value) in storage.entries(&[(Store::Chunks, document_range(id))]).await.unwrap().pop().unwrap() {
        let mut content = bytes_of(&value).unwrap();
        if content.windows(7).any(|window| window == b"Damaged") {
            let last = content.len() - 3;
            content[last] ^= 0xff;
            batch.put(Store::Chunks, &key, bytes(&content));
        }
    }
    storage.write(&batch).await.unwrap();
    assert_eq!(shown(&device, id).await["name"], "Before");
    until(async || status(&device).await.waiting == 0).await;
    assert!(storage.values(Store::Outbox, None).await.unwrap().is_empty());
    storage.close();
    let notices = ask::<Overview>(&device, Call::Hello).await.notices;
    let mut said = notices.iter().filter(|notice| notice.document == Some(id));
    assert!(said.any(|notice| notice.message.contains("make your last changes once more")), "{notices:?}");
    ask::<Overview>(&device, Call::SignOut).await;
    device.close();
}
