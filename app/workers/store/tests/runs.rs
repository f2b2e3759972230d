//! Starting flows: once at a time in a browser, and none that is in the recycle bin.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, number, pair, text};
use tombolo_wire::run::{Decision, ErrorMark, RunError, RunRow};
use tombolo_wire::store::{Call, Created, Edited, FlowErrors, Overview};
use wasm_bindgen::JsValue;
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

#[wasm_bindgen_test]
async fn a_decision_about_errors_is_kept_and_those_of_a_flow_are_listed_over_all_its_runs() {
    let device = Device::open().await.unwrap();
    let flow = create(&device, Kind::Flow, json!({"name": "Errors"})).await;
    let started: Created = ask(&device, run(flow)).await;
    let tag = |tag: &str| Decision::Tag { tag: tag.to_owned() };
    let decide = |run: Id, decision: Decision| Call::Decide { run, errors: vec![1, 2], decision };
    ask::<Value>(&device, decide(started.id, tag("bank"))).await;
    ask::<Value>(&device, decide(started.id, Decision::Resolve)).await;
    let refused = device.call(decide(started.id, tag(" "))).await.unwrap_err();
    assert_eq!((&*refused.code, &*refused.message), ("invalid", "A tag needs a name."));
    let refused = device.call(decide(flow, Decision::Resolve)).await.unwrap_err();
    assert!(refused.message.contains("kept no longer"), "{}", refused.message);
    let marks: Vec<ErrorMark> = ask(&device, Call::Marks).await;
    let mut kept: Vec<Decision> = marks.into_iter().map(|mark| mark.decision).collect();
    kept.sort_by_key(|decision| *decision == Decision::Resolve);
    assert_eq!(kept, [tag("bank"), Decision::Resolve]);
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let mut batch = Batch::new();
    let again: Created = ask(&device, run_when_ended(&device, flow).await).await;
    for run in [started.id, again.id] {
        let key = pair(run.to_string(), &number(1));
        batch.put(
            Store::RunErrors,
            &key,
            text(r#"{"step":"s","code":"c","message":"m","record":null,"index":null,"timeMs":1}"#),
        );
    }
    storage.write(&batch).await.unwrap();
    ended(&device, again.id).await;
    let found: FlowErrors = ask(&device, Call::FlowErrors { flow, limit: 10 }).await;
    assert_eq!(found.errors.iter().map(|row| (row.run, row.n)).collect::<Vec<_>>(), [(again.id, 1), (started.id, 1)]);
    assert_eq!((found.runs.len(), found.more), (2, false));
    let first: FlowErrors = ask(&device, Call::FlowErrors { flow, limit: 1 }).await;
    assert_eq!((first.errors.len(), first.more), (1, true));
    storage.close();
    device.close();
}

#[wasm_bindgen_test]
async fn of_a_step_the_last_error_with_a_record_is_found() {
    let device = Device::open().await.unwrap();
    let storage = Storage::open(&device.database(), Layout::Account, || ()).await.unwrap();
    let id = |n: u32| Id::from_parts(n, [n.try_into().unwrap(); 8]);
    let (step, other, run) = (id(1), id(2), id(3));
    let mut batch = Batch::new();
    let mut put =
        |run: Id, n: u64, error: JsValue| batch.put(Store::RunErrors, &pair(run.to_string(), &number(n)), error);
    let error = |step: &str, record: Value| {
        let error = json!({"step": step, "code": "c", "message": "m", "record": record, "index": null, "timeMs": 1});
        text(error.to_string())
    };
    put(run, 2, error(&step.to_string(), json!({"a": 2})));
    put(run, 9, error(&format!("{step}~2"), json!({"a": 9})));
    put(run, 10, error(&step.to_string(), Value::Null));
    put(run, 11, error(&other.to_string(), json!({"a": 11})));
    put(id(4), 12, error(&step.to_string(), json!({"a": 12})));
    storage.write(&batch).await.unwrap();
    let last = |run: Id, step: Id| ask::<Option<RunError>>(&device, Call::LastError { run, step });
    let found = last(run, step).await.unwrap();
    assert_eq!((found.n, found.record), (9, Some(json!({"a": 9}))));
    assert_eq!(last(run, id(5)).await, None);
    assert_eq!(last(id(6), step).await, None);
    storage.close();
    device.close();
}

/// The call that starts a flow again, once its first run has broken off: there is no worker in these tests.
async fn run_when_ended(device: &Device, flow: Id) -> Call {
    let rows: Vec<RunRow> = ask(device, Call::Runs { flow: Some(flow), limit: 1 }).await;
    ended(device, rows[0].id).await;
    run(flow)
}

async fn ended(device: &Device, run: Id) {
    let mut over = false;
    for _ in 0..500 {
        let rows: Vec<RunRow> = ask(device, Call::Runs { flow: None, limit: 100 }).await;
        over = rows.iter().any(|row| row.id == run && row.ended_ms.is_some());
        if over {
            break;
        }
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
    assert!(over, "the run does not end");
}
