//! Tabs that are killed, and what the others make of it; the server is a socket that the test speaks for.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "common/disk.rs"]
mod disk;
#[path = "common/failing.rs"]
mod failing;
#[path = "common/socket.rs"]
mod socket;

use disk::{count, damage, storage};
use failing::{allow, refuse, refused};
use serde_json::json;
use socket::{
    CURSOR, ask, create, end, eval, pushed, say, set, shown, sign_in, signed_in, status, stored, until, waiting,
    welcome,
};
use tombolo_docs::{Author, hash_to_hex};
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Store, bytes, chunk_key, document_range, number, pair, range, text};
use tombolo_wire::store::{Call, Created, Edited, Link, Overview, Parked, WithUnsent};
use tombolo_wire::sync::{Cursor, Down, RefusedChanges};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Signs the same person in beside a leader: this tab waits in line.
async fn sign_in_too(device: &Device) {
    let (email, password) = ("p@example.com".to_owned(), "a long password".to_owned());
    ask::<Overview>(
        device,
        Call::SignIn { email, password, code: None, trust: false, bring_local: false, invitation: None },
    )
    .await;
}

/// A third tab, as far as its lock says: it lives until `die()`.
async fn third_tab() {
    eval(
        "globalThis.die = null;
         navigator.locks.request('tombolo-tab-third', () => new Promise((die) => { globalThis.die = die; }))",
    );
    until(async || eval("die !== null").is_truthy()).await;
}

/// What a tab stores with an edit, without a word to anybody: it was killed then.
async fn store_and_die(device: &Device, id: Id, actor: u8, intent: Intent) {
    let author = Author { actor: [actor; 16], time_ms: 1 };
    let mut document = stored(device, id).await;
    let change = document.edit(&author, &[intent], &mut String::new).unwrap().unwrap();
    let disk = storage(device).await;
    let mut batch = Batch::new();
    batch.put(Store::Chunks, &chunk_key(id, &change.hash), bytes(&change.bytes));
    batch.append_json(Store::Outbox, &json!({"document": id, "hash": hash_to_hex(&change.hash)}));
    batch.put(Store::Meta, &pair("written", &text(format!("killed {actor}"))), number(1));
    disk.write(&batch).await.unwrap();
    disk.close();
}

#[wasm_bindgen_test]
async fn an_edit_that_a_killed_tab_had_told_nobody_is_sent_counted_and_shown() {
    let device = signed_in(11).await;
    let other = Device::open().await.unwrap();
    let id = create(&device).await;
    for tab in [&device, &other] {
        until(async || tab.call(Call::Open { id }).await.is_ok()).await;
        waiting(tab, 0).await;
    }
    // A third tab comes to the front, stores an edit, and its program ends.
    third_tab().await;
    let said = json!({"wouldLead": {"tab": "third"}}).to_string();
    eval(&format!("globalThis.third = new BroadcastChannel('{}'); third.postMessage({said:?});", device.database()));
    store_and_die(&device, id, 9, set("/name", "Third")).await;
    eval("die()");
    let (push, _) = pushed().await;
    for tab in [&device, &other] {
        until(async || shown(tab, id).await["name"] == "Third").await;
        waiting(tab, 1).await;
    }
    say(&Down::Accepted { push });
    for tab in [&device, &other] {
        waiting(tab, 0).await;
    }
    other.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn the_next_leader_knows_what_the_last_one_had_told_nobody() {
    let device = signed_in(12).await;
    let other = Device::open().await.unwrap();
    sign_in_too(&other).await;
    let (acked, edited) = (create(&device).await, create(&device).await);
    for id in [acked, edited] {
        until(async || other.call(Call::Open { id }).await.is_ok()).await;
    }
    ask::<Edited>(&device, Call::Edit { id: acked, intents: vec![set("/name", "Sent")] }).await;
    waiting(&other, 1).await;
    // The leader stores that the server has this, and another edit, and its program ends.
    let disk = storage(&device).await;
    let mut batch = Batch::new();
    batch.clear(Store::Outbox);
    disk.write(&batch).await.unwrap();
    disk.close();
    store_and_die(&device, edited, 9, set("/name", "Last")).await;
    eval("sockets.length = 0");
    device.close();

    until(async || eval("sockets.length").as_f64() > Some(0.0)).await;
    welcome();
    let (push, changes) = pushed().await;
    assert_eq!(changes.len(), 1, "only what the server does not have");
    until(async || shown(&other, edited).await["name"] == "Last").await;
    waiting(&other, 1).await;
    say(&Down::Accepted { push });
    waiting(&other, 0).await;
    assert_eq!(shown(&other, acked).await["name"], "Sent");
    end(other).await;
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
    let device = signed_in(15).await;
    let other = Device::open().await.unwrap();
    sign_in_too(&other).await;
    let third = Device::open().await.unwrap();
    sign_in_too(&third).await;
    let (gone, kept) = (create(&device).await, create(&device).await);
    for tab in [&other, &third] {
        for id in [gone, kept] {
            until(async || tab.call(Call::Open { id }).await.is_ok()).await;
        }
        waiting(tab, 0).await;
    }
    // The server takes a resource away, the leader stores that, and its program ends.
    let disk = storage(&device).await;
    let mut batch = Batch::new();
    batch.delete(Store::Chunks, &document_range(gone).unwrap());
    batch.delete(Store::Catalogue, &text(gone.to_string()));
    batch.put(Store::Meta, &pair("written", &text("killed")), number(7));
    disk.write(&batch).await.unwrap();
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
    disk.close();
    end(third).await;
}

#[wasm_bindgen_test]
async fn a_tab_beside_the_leader_knows_how_the_link_is() {
    let device = signed_in(13).await;
    say(&Down::Changes { entries: Vec::new(), cursor: Cursor { sequence: 1, ..CURSOR }, complete: true });
    until(async || status(&device).await.link == Link::Online).await;
    let other = Device::open().await.unwrap();
    sign_in_too(&other).await;
    until(async || status(&other).await.link == Link::Online).await;
    other.close();
    end(device).await;
}

#[wasm_bindgen_test]
async fn a_damaged_change_that_the_server_does_not_have_waits_no_longer_and_is_said() {
    let device = signed_in(14).await;
    let id = create(&device).await;
    waiting(&device, 0).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Damaged")] }).await;
    assert_eq!(status(&device).await.waiting, 1);
    let disk = storage(&device).await;
    damage(&disk, id, "Damaged").await;
    assert_eq!(shown(&device, id).await["name"], "Before");
    waiting(&device, 0).await;
    assert!(disk.values(Store::Outbox, None).await.unwrap().is_empty());
    assert_eq!(count(&disk, Store::Quarantine, id).await, 1);
    disk.close();
    let notices = ask::<Overview>(&device, Call::Hello).await.notices;
    let mut said = notices.iter().filter(|notice| notice.document == Some(id));
    assert!(said.any(|notice| notice.message.contains("make your last changes once more")), "{notices:?}");
    end(device).await;
}

#[wasm_bindgen_test]
async fn an_edit_of_a_killed_tab_that_had_never_spoken_to_the_leader_is_sent_too() {
    third_tab().await;
    let device = signed_in(16).await;
    let id = create(&device).await;
    waiting(&device, 0).await;
    store_and_die(&device, id, 9, set("/name", "Silent")).await;
    eval("die()");
    let (push, _) = pushed().await;
    until(async || shown(&device, id).await["name"] == "Silent").await;
    say(&Down::Accepted { push });
    waiting(&device, 0).await;
    end(device).await;
}

#[wasm_bindgen_test]
async fn what_a_killed_tab_stored_is_looked_for_until_the_disk_can_be_read() {
    let device = signed_in(17).await;
    let other = Device::open().await.unwrap();
    sign_in_too(&other).await;
    let id = create(&device).await;
    until(async || other.call(Call::Open { id }).await.is_ok()).await;
    waiting(&other, 0).await;
    store_and_die(&device, id, 9, set("/name", "Last")).await;
    refuse("getAllKeys", "chunks");
    eval("sockets.length = 0");
    device.close();
    refused().await;
    assert_eq!(shown(&other, id).await["name"], "Before");
    allow();
    until(async || shown(&other, id).await["name"] == "Last").await;
    end(other).await;
}

#[wasm_bindgen_test]
async fn a_tab_that_comes_back_to_an_account_goes_on_counting_where_it_stopped() {
    let device = signed_in(18).await;
    let id = create(&device).await;
    // What nobody answers keeps the database when the person signs out.
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Unsent")] }).await;
    let disk = storage(&device).await;
    let counted = async || -> f64 {
        let numbers = disk.values(Store::Meta, range("written").as_ref()).await.unwrap();
        numbers.iter().filter_map(|number| number.as_f64()).fold(0.0, f64::max)
    };
    let before = counted().await;
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    sign_in(&device, 18).await;
    let call = Call::Create { kind: Kind::Flow, value: json!({"name": "After"}) };
    ask::<Created>(&device, call).await;
    assert!(before > 1.0 && counted().await > before, "{before}, then {}", counted().await);
    disk.close();
    end(device).await;
}

/// Notes the numbers that tabs tell, and once something is parked keeps that store from being read while `hold` is true.
fn listen_and_hold() {
    eval(
        "globalThis.numbers = []; globalThis.hold = undefined;
         globalThis.realSay ??= BroadcastChannel.prototype.postMessage;
         BroadcastChannel.prototype.postMessage = function (said) {
             const told = JSON.parse(said).told;
             if (told) numbers.push(told.number);
             return realSay.call(this, said);
         };
         globalThis.realTransaction ??= IDBDatabase.prototype.transaction;
         IDBDatabase.prototype.transaction = function (names, mode, ...rest) {
             const made = realTransaction.call(this, names, mode, ...rest);
             if (hold === undefined && mode === 'readwrite' && [].concat(names).includes('parked')) {
                 hold = true;
                 const parked = realTransaction.call(this, 'parked', 'readwrite').objectStore('parked');
                 const on = () => { if (hold) parked.get('none').onsuccess = on; };
                 on();
             }
             return made;
         };",
    );
}

#[wasm_bindgen_test]
async fn what_a_tab_parks_is_told_before_anything_that_it_stores_later() {
    let device = signed_in(19).await;
    let (id, other) = (create(&device).await, create(&device).await);
    waiting(&device, 0).await;
    ask::<Edited>(&device, Call::Edit { id, intents: vec![set("/name", "Refused")] }).await;
    let (push, changes) = pushed().await;
    let hashes = changes.iter().map(|change| tombolo_docs::inspect(change).unwrap().hash).collect();
    listen_and_hold();
    let (code, message) = ("rights".to_owned(), "You may not rename it.".to_owned());
    say(&Down::Refused { push, refusals: vec![RefusedChanges { code, message, hashes }] });
    until(async || eval("hold === true").is_truthy()).await;
    // The tab counts what is parked; meanwhile it stores an edit.
    ask::<Edited>(&device, Call::Edit { id: other, intents: vec![set("/name", "Later")] }).await;
    eval("hold = false");
    until(async || ask::<Vec<Parked>>(&device, Call::ParkedList).await.len() == 1).await;
    until(async || eval("numbers.length >= 2").is_truthy()).await;
    let numbers = js_sys::Array::from(&eval("numbers")).iter().filter_map(|number| number.as_f64()).collect::<Vec<_>>();
    assert!(numbers.is_sorted(), "{numbers:?}");
    eval("BroadcastChannel.prototype.postMessage = realSay; IDBDatabase.prototype.transaction = realTransaction");
    end(device).await;
}
