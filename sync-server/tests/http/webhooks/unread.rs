//! Runs that end before they read what came to a listener: it waits for another, a few times.

use serde_json::{Value, json};
use tombolo_wire::run::RunStatus;

use super::{Listening, by_token, records};

/// A listener whose flow cannot be compiled; and the import that is wrong, as it was.
async fn broken() -> (Listening, String, Value) {
    let hook = Listening::start(by_token()).await;
    let flow = hook.api.get(&format!("/v1/flows/{}", hook.flow)).await.good();
    let import = format!("/v1/imports/{}", flow["pageProcessors"][0]["_importId"].as_str().unwrap());
    let good = hook.api.get(&import).await.good();
    let mut wrong = good.clone();
    wrong["http"]["relativeURI"] = json!(["/sink/{{#if"]);
    hook.api.put(&import, wrong).await.good();
    (hook, import, good)
}

async fn send(hook: &Listening) -> u16 {
    let sent = hook.request(reqwest::Method::POST, &hook.address()).header("x-token", "t0p");
    let sent = sent.header("x-github-delivery", "one").json(&json!({ "id": 1 }));
    sent.send().await.unwrap().status().as_u16()
}

/// Changes the flow, so that it is handed what waits at once.
async fn touch(hook: &Listening, name: &str) {
    let path = format!("/v1/flows/{}", hook.flow);
    let mut flow = hook.api.get(&path).await.good();
    flow["name"] = json!(name);
    hook.api.put(&path, flow).await.good();
}

#[tokio::test]
async fn what_a_run_did_not_come_to_read_is_read_by_the_next() {
    let (hook, import, good) = broken().await;
    let mut device = hook.device().await;
    assert_eq!(send(&hook).await, 204);
    assert_eq!(hook.ended(&mut device).await.status, RunStatus::Failed);
    assert_eq!((send(&hook).await, hook.kept().await), (204, 1), "it waits under its name");
    hook.api.put(&import, good).await.good();
    touch(&hook, "Mended").await;
    assert_eq!(hook.ended(&mut device).await.status, RunStatus::Completed);
    assert_eq!(records(&hook.sunk), [json!({ "id": 1 })]);
}

#[tokio::test]
async fn what_three_runs_did_not_come_to_read_is_given_up_in_words_and_taken_when_it_comes_again() {
    let (hook, import, good) = broken().await;
    let mut device = hook.device().await;
    assert_eq!(send(&hook).await, 204);
    for end in 1..=3 {
        let run = hook.ended(&mut device).await;
        assert_eq!((run.status, hook.kept().await), (RunStatus::Failed, i64::from(end < 3)));
        let said = run.error.map(|error| error.message).unwrap_or_default();
        assert_eq!(said.contains("given up"), end == 3, "{said}");
        if end < 3 {
            touch(&hook, &format!("Changed {end}")).await;
        }
    }
    hook.api.put(&import, good).await.good();
    touch(&hook, "Mended").await;
    assert_eq!(send(&hook).await, 204);
    assert_eq!(hook.ended(&mut device).await.status, RunStatus::Completed);
    assert_eq!(records(&hook.sunk), [json!({ "id": 1 })]);
}
