//! Starting flows: once at a time in a browser, and none that is in the recycle bin.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, text};
use tombolo_wire::run::RunRow;
use tombolo_wire::store::{Call, Created, Edited, Overview};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

async fn create(device: &Device, kind: Kind, value: Value) -> Id {
    ask::<Created>(device, Call::Create { kind, value }).await.id
}

async fn edit(device: &Device, id: Id, intent: Intent) {
    ask::<Edited>(device, Call::Edit { id, intents: vec![intent] }).await;
}

fn run(flow: Id) -> Call {
    Call::StartRun { flow, on_server: false, options: Default::default() }
}

#[wasm_bindgen_test]
async fn a_flow_runs_once_at_a_time_in_whichever_tab() {
    let (one, two) = (Device::open().await.unwrap(), Device::open().await.unwrap());
    let flow = create(&one, Kind::Flow, json!({"name": "Once"})).await;
    let (first, second) = futures::future::join(one.call(run(flow)), two.call(run(flow))).await;
    let refused = second.unwrap_err();
    assert!(refused.message.contains("is running in this browser already"), "{}", refused.message);
    let started: Created = serde_json::from_value(first.unwrap()).unwrap();
    // There is no worker in this test, so the run breaks off; then the flow may run again.
    for _ in 0..500 {
        let rows: Vec<RunRow> = ask(&one, Call::Runs { flow: Some(flow), limit: 10 }).await;
        if rows.iter().any(|row| row.id == started.id && row.ended_ms.is_some()) {
            break;
        }
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
    ask::<Created>(&two, run(flow)).await;
    let rows: Vec<RunRow> = ask(&one, Call::Runs { flow: Some(flow), limit: 10 }).await;
    assert_eq!(rows.len(), 2);
    one.close();
    two.close();
}

#[wasm_bindgen_test]
async fn what_is_in_the_recycle_bin_does_not_run() {
    let device = Device::open().await.unwrap();
    let integration = create(&device, Kind::Integration, json!({"name": "I"})).await;
    let flow = create(&device, Kind::Flow, json!({"name": "F", "_integrationId": integration})).await;
    edit(&device, integration, Intent::Bin).await;
    let refused = device.call(run(flow)).await.unwrap_err();
    assert!(refused.message.contains("integration of this flow is in the recycle bin"), "{}", refused.message);
    edit(&device, integration, Intent::Unbin).await;
    edit(&device, flow, Intent::Bin).await;
    let refused = device.call(run(flow)).await.unwrap_err();
    assert!(refused.message.contains("This flow is in the recycle bin"), "{}", refused.message);
    device.close();
}

#[wasm_bindgen_test]
async fn a_damaged_record_of_a_run_hides_no_other_and_is_said() {
    let device = Device::open().await.unwrap();
    let flow = create(&device, Kind::Flow, json!({"name": "Runs"})).await;
    let started: Created = ask(&device, run(flow)).await;
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut batch = Batch::new();
    batch.put(Store::Runs, &text(Id::from_parts(7, [7; 8]).to_string()), text("{\"id\": no row"));
    storage.write(&batch).await.unwrap();
    let rows: Vec<RunRow> = ask(&device, Call::Runs { flow: Some(flow), limit: 10 }).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [started.id]);
    let overview: Overview = ask(&device, Call::Hello).await;
    assert!(overview.notices.iter().any(|notice| notice.code == "damaged"), "{:?}", overview.notices);
    storage.close();
    device.close();
}
