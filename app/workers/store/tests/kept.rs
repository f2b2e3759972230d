//! State and the data of lookup caches of an account without a server.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use serde_json::{Value, json};
use tombolo_model::kept::{Kept, KeptAsk, KeptReply};
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_wire::store::{CachePage, Call, Created};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn id(number: u32) -> Id {
    Id::from_parts(number, [9; 8])
}

async fn ask(device: &Device, ask: KeptAsk) -> KeptReply {
    device.kept(ask).await.unwrap()
}

async fn put(device: &Device, owner: Option<(Kind, Id)>, key: &str, value: Option<Value>) -> KeptReply {
    ask(device, KeptAsk::PutState { owner, key: key.to_owned(), value: Kept(value) }).await
}

async fn state(device: &Device, owner: Option<(Kind, Id)>, key: &str) -> KeptReply {
    ask(device, KeptAsk::State { owner, key: key.to_owned() }).await
}

async fn put_entries(device: &Device, cache: Id, entries: &[(&str, Option<Value>)]) -> KeptReply {
    let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), Kept(value.clone()))).collect();
    ask(device, KeptAsk::PutCache { cache, entries }).await
}

async fn begins(device: &Device, cache: Id, start: &str, most: u32) -> Vec<String> {
    let asked = KeptAsk::CacheEntries { cache, start: start.to_owned(), most };
    let KeptReply::Entries(entries) = ask(device, asked).await else { return Vec::new() };
    entries.into_iter().map(|(key, _)| key).collect()
}

#[wasm_bindgen_test]
async fn state_stays_on_the_device_apart_for_each_owner() {
    let device = Device::open().await.unwrap();
    let import = Some((Kind::Import, id(1)));
    for (owner, value) in [(None, json!(null)), (import, json!({"a": 1}))] {
        assert_eq!(put(&device, owner, "k", Some(value)).await, KeptReply::Done);
    }
    put(&device, None, "é", Some(json!(1))).await;
    put(&device, None, "gone", Some(json!(1))).await;
    put(&device, None, "gone", None).await;
    device.close();
    let device = Device::open().await.unwrap();
    assert_eq!(state(&device, None, "k").await, KeptReply::State(Kept(Some(Value::Null))), "null is a value");
    assert_eq!(state(&device, import, "k").await, KeptReply::State(Kept(Some(json!({"a": 1})))));
    assert_eq!(state(&device, None, "gone").await, KeptReply::State(Kept(None)));
    let keys = ask(&device, KeptAsk::StateKeys { owner: None }).await;
    assert_eq!(keys, KeptReply::Keys(vec!["k".into(), "é".into()]));
    let long = put(&device, None, &"k".repeat(300), Some(json!(1))).await;
    assert!(matches!(long, KeptReply::No(said) if said.contains("key of state")));
    device.close();
}

#[wasm_bindgen_test]
async fn a_cache_gives_its_entries_in_the_order_of_a_server_and_takes_no_more_than_one() {
    let device = Device::open().await.unwrap();
    let cache = id(2);
    // U+FFFD sorts behind U+1F600 by UTF-16 and before it by bytes.
    let entries = [("x\u{fffd}", json!(1)), ("x\u{1f600}", json!(2)), ("xa", json!(null)), ("y", json!(4))];
    let entries = entries.map(|(key, value)| (key, Some(value)));
    assert_eq!(put_entries(&device, cache, &entries).await, KeptReply::Done);
    assert_eq!(begins(&device, cache, "x", 10).await, ["xa", "x\u{fffd}", "x\u{1f600}"]);
    assert_eq!(begins(&device, cache, "", 2).await, ["xa", "x\u{fffd}"]);
    let keys = ["y", "none", "xa", "y"].map(str::to_owned).to_vec();
    let values = [Some(json!(4)), None, Some(Value::Null), Some(json!(4))].map(Kept).to_vec();
    assert_eq!(ask(&device, KeptAsk::CacheValues { cache, keys }).await, KeptReply::Values(values));
    assert!(begins(&device, id(3), "", 10).await.is_empty(), "of another cache");
    let wide = "x".repeat(30 * 1024 * 1024);
    assert_eq!(put_entries(&device, cache, &[("a", Some(json!(wide)))]).await, KeptReply::Done);
    let over = put_entries(&device, cache, &[("b", Some(json!(wide))), ("c", Some(json!(1)))]).await;
    assert_eq!(over, KeptReply::CacheFull { cache, most_mb: 50 });
    assert!(begins(&device, cache, "c", 10).await.is_empty(), "all or nothing");
    assert_eq!(put_entries(&device, cache, &[("a", None)]).await, KeptReply::Done);
    assert_eq!(put_entries(&device, cache, &[("b", Some(json!(wide)))]).await, KeptReply::Done, "there is room again");
    device.close();
}

#[wasm_bindgen_test]
async fn what_is_deleted_for_good_leaves_neither_state_nor_data() {
    let device = Device::open().await.unwrap();
    let call = async |call: Call| device.call(call).await.unwrap();
    let made = call(Call::Create { kind: Kind::LookupCache, value: json!({"name": "Rates"}) }).await;
    let cache = serde_json::from_value::<Created>(made).unwrap().id;
    let (owner, other) = (Some((Kind::LookupCache, cache)), id(7));
    let import = Some((Kind::Import, id(8)));
    put_entries(&device, cache, &[("EUR", Some(json!(1)))]).await;
    put_entries(&device, other, &[("USD", Some(json!(2)))]).await;
    put(&device, owner, "k", Some(json!(1))).await;
    put(&device, import, "k", Some(json!(2))).await;
    call(Call::Edit { id: cache, intents: vec![Intent::Bin] }).await;
    call(Call::Purge { ids: vec![cache] }).await;
    let page = call(Call::CacheRead { cache, start: String::new(), after: None }).await;
    let page: CachePage = serde_json::from_value(page).unwrap();
    assert_eq!((page.entries.len(), page.size_bytes, page.count), (0, 0, Some(0)));
    assert_eq!(state(&device, owner, "k").await, KeptReply::State(Kept(None)));
    assert_eq!(state(&device, import, "k").await, KeptReply::State(Kept(Some(json!(2)))), "of another resource");
    assert_eq!(begins(&device, other, "", 10).await, ["USD"], "of another cache");
    device.close();
}
