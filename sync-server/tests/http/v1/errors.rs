//! Errors of a flow's steps: counted, listed, tried again with another record, settled, given to somebody, tagged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Api, owner, personal};
use super::whole_task::ended;
use crate::server::Server;

/// What a sink takes: records with these names. And what it took.
#[derive(Clone, Default)]
struct Sink {
    good: Arc<Mutex<BTreeSet<String>>>,
    took: Arc<Mutex<Vec<Value>>>,
}

async fn take(State(sink): State<Sink>, Json(record): Json<Value>) -> StatusCode {
    let name = record["name"].as_str().unwrap_or_default().to_owned();
    if !sink.good.lock().unwrap().contains(&name) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    sink.took.lock().unwrap().push(record);
    StatusCode::OK
}

/// An application with two orders that takes nothing yet.
async fn application() -> (String, Sink) {
    let sink = Sink::default();
    let router = Router::new()
        .route("/orders", get(async || Json(json!([{ "id": 1, "name": "one" }, { "id": 2, "name": "two" }]))))
        .route("/sink", post(take))
        .with_state(sink.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, sink)
}

/// A flow of an integration from the orders to the sink.
struct Built {
    integration: String,
    flow: String,
    import: String,
}

impl Built {
    /// The address of its step's errors.
    fn errors(&self, end: &str) -> String {
        format!("/v1/flows/{}/{}/{end}", self.flow, self.import)
    }
}

async fn build(api: &Api, base: &str) -> Built {
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    let connection = api.make("connections", json!({ "name": "c", "type": "http", "http": { "baseURI": base } })).await;
    let export = json!({ "name": "Get", "_connectionId": connection, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/orders" } });
    let export = api.make("exports", export).await;
    let import = json!({ "name": "Put", "_connectionId": connection, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } });
    let import = api.make("imports", import).await;
    let flow = json!({ "name": "f", "_integrationId": integration, "disabled": false, "pageGenerators": [{ "_exportId": export }],
        "pageProcessors": [{ "type": "import", "_importId": import }] });
    Built { integration, flow: api.make("flows", flow).await, import }
}

async fn run(api: &Api, flow: &str) -> String {
    let started = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await;
    let job = started.good()["_jobId"].as_str().unwrap().to_owned();
    assert_eq!(ended(api, &job).await["numError"], 2);
    job
}

/// The errors of a list.
async fn listed(api: &Api, path: &str) -> Vec<Value> {
    let answer = api.get(path).await.good();
    let list = if answer.get("errors").is_some() { &answer["errors"] } else { &answer["resolved"] };
    list.as_array().unwrap().clone()
}

fn keys(errors: &[Value]) -> Vec<&Value> {
    errors.iter().map(|error| &error["errorId"]).collect()
}

#[tokio::test]
async fn errors_of_a_step_are_counted_listed_and_tried_again_with_the_record_that_is_given() {
    let (base, sink) = application().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (ann, api) = owner(&server, "ann").await;
    let built = build(&api, &base).await;
    let summary = format!("/v1/flows/{}/errors", built.flow);
    assert_eq!(api.get(&summary).await.good(), json!({ "flowErrors": [] }));
    let job = run(&api, &built.flow).await;
    let counted = api.get(&summary).await.good()["flowErrors"][0].clone();
    assert_eq!((&counted["_expOrImpId"], &counted["numError"]), (&json!(built.import), &json!(2)));
    let of_integration = api.get(&format!("/v1/integrations/{}/errors", built.integration)).await.good();
    assert_eq!((&of_integration[0]["_flowId"], &of_integration[0]["numError"]), (&json!(built.flow), &json!(2)));
    let open = listed(&api, &built.errors("errors")).await;
    assert_eq!((open.len(), &open[0]["_flowJobId"], &open[0]["source"]), (2, &json!(job), &json!("application")));
    assert_eq!((&open[0]["retriable"], &open[0]["oIndex"]), (&json!(true), &json!("0")));
    assert!(open[0].get("data").is_none() && !open[0].to_string().contains("\"one\""), "a list has no records");
    // Page by page, and by where and when.
    let first = api.get(&built.errors("errors?limit=1&source=application")).await.good();
    let next = first["nextPageURL"].as_str().unwrap().to_owned();
    let second = api.get(&next).await.good();
    assert_eq!((&second["errors"][0]["errorId"], second.get("nextPageURL")), (&open[1]["errorId"], None));
    assert!(listed(&api, &built.errors("errors?source=mapping")).await.is_empty());
    assert!(listed(&api, &built.errors("errors?occurredAt_lte=2020-01-01")).await.is_empty());
    // Another record for the first; nothing is taken of the second.
    let key = open[0]["retryDataKey"].as_str().unwrap();
    let data = built.errors(&format!("{key}/data"));
    let mut shown = api.get(&data).await.good();
    assert_eq!((&shown["data"], &shown["stage"]), (&json!({ "id": 1, "name": "one" }), &json!("application")));
    shown["data"]["name"] = json!("mended");
    assert_eq!(api.put(&data, shown.clone()).await.status, 204);
    assert_eq!(api.get(&data).await.good()["data"], shown["data"]);
    sink.good.lock().unwrap().insert("mended".to_owned());
    let again = api.post(&built.errors("retry"), json!({ "retryDataKeys": keys(&open) })).await.good();
    let done = ended(&api, again["_jobId"].as_str().unwrap()).await;
    assert_eq!(
        (&done["type"], &done["status"], &done["numError"]),
        (&json!("retry"), &json!("completed"), &json!(1)),
        "{done}"
    );
    assert_eq!(*sink.took.lock().unwrap(), [json!({ "id": 1, "name": "mended" })]);
    let resolved = listed(&api, &built.errors("resolved")).await;
    assert_eq!((keys(&resolved), &resolved[0]["resolvedBy"]), (vec![&open[0]["errorId"]], &json!(ann.user)));
    assert_eq!(keys(&listed(&api, &built.errors("errors")).await), [&open[1]["errorId"]]);
    assert_eq!(api.get(&format!("/v1/jobs/{job}")).await.good()["numOpenError"], 1);
    let twice = api.post(&built.errors("retry"), json!({ "errorIds": keys(&resolved) })).await;
    assert_eq!(twice.no(), (422, "resolved".to_owned()));
}

#[tokio::test]
async fn records_that_failed_in_several_runs_are_tried_again_by_one() {
    let (base, sink) = application().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let built = build(&api, &base).await;
    run(&api, &built.flow).await;
    run(&api, &built.flow).await;
    let open = listed(&api, &built.errors("errors")).await;
    assert_eq!(open.len(), 4);
    sink.good.lock().unwrap().insert("two".to_owned());
    // As clients write it that say of a step what it is.
    let path = format!("/v1/flows/{}/imports/{}/errors/retry", built.flow, built.import);
    let again = api.post(&path, json!({ "retryDataKeys": keys(&open) })).await.good();
    assert_eq!(ended(&api, again["_jobId"].as_str().unwrap()).await["status"], "completed");
    let left = listed(&api, &built.errors("errors")).await;
    assert!(left.len() == 2 && left.iter().all(|error| error["oIndex"] == "0"), "{left:?}");
    assert_eq!(listed(&api, &built.errors("resolved")).await.len(), 2);
    // A flow that keeps no records has nothing to try.
    let off = json!([{ "op": "replace", "path": "/disabled", "value": true }]);
    api.patch(&format!("/v1/flows/{}", built.flow), off).await;
    let disabled = api.post(&built.errors("retry"), json!({ "errorIds": keys(&left) })).await;
    assert_eq!(disabled.no(), (409, "flow_disabled".to_owned()));
    let mut flow = api.get(&format!("/v1/flows/{}", built.flow)).await.good();
    flow["skipRetries"] = json!(true);
    flow["disabled"] = json!(false);
    api.put(&format!("/v1/flows/{}", built.flow), flow).await.good();
    sink.good.lock().unwrap().clear();
    run(&api, &built.flow).await;
    let bare = listed(&api, &built.errors("errors?limit=2")).await;
    assert!(bare.iter().all(|error| error["retriable"] == false && error.get("retryDataKey").is_none()), "{bare:?}");
    let nothing = api.post(&built.errors("retry"), json!({ "errorIds": keys(&bare) })).await;
    assert_eq!(nothing.no(), (422, "not_retriable".to_owned()));
}

#[tokio::test]
async fn errors_are_settled_given_to_members_and_tagged_and_only_those_of_the_step() {
    let (base, _sink) = application().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (mut ann, api) = owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "monitor").await;
    let built = build(&api, &base).await;
    run(&api, &built.flow).await;
    let open = listed(&api, &built.errors("errors")).await;
    let first = json!([open[0]["errorId"]]);
    let bank = api.post("/v1/tags", json!({ "tag": "Bank" })).await.json();
    let late = api.post("/v1/tags", json!({ "tag": "Late" })).await.json();
    assert_eq!(api.post("/v1/tags", json!({ "tag": "bank" })).await.no(), (409, "duplicate".to_owned()));
    let tags = |ids: Value| json!({ "errorIds": first, "tagIds": ids });
    assert_eq!(api.put(&built.errors("tags"), tags(json!([bank["tagId"], late["_id"]]))).await.status, 204);
    assert_eq!(api.put(&built.errors("tags"), tags(json!([bank["tagId"]]))).await.status, 204);
    let give = json!({ "errorIds": first, "email": "Bob@example.com" });
    assert_eq!(api.put(&built.errors("errors/assign"), give).await.status, 204);
    let shown = listed(&api, &built.errors("errors")).await;
    assert_eq!((&shown[0]["tags"], &shown[0]["assignedTo"]), (&json!([bank["tagId"]]), &json!(bob.user)));
    assert_eq!((shown[1].get("tags"), shown[1].get("assignedTo")), (None, None));
    // The tag is called otherwise, and the error has it as before.
    let one = format!("/v1/tags/{}", bank["_id"].as_str().unwrap());
    assert_eq!(
        api.put(&one, json!({ "_id": bank["_id"], "tag": "Banks", "tagId": bank["tagId"] })).await.good()["tag"],
        "Banks"
    );
    assert_eq!(listed(&api, &built.errors("errors")).await[0]["tags"], json!([bank["tagId"]]));
    assert_eq!(api.delete(&one).await.status, 204);
    assert_eq!(listed(&api, &built.errors("errors")).await[0].get("tags"), None);
    assert_eq!(api.get("/v1/tags").await.good().as_array().unwrap().len(), 1);
    // What is no error of the step, no member and no tag is refused, and nothing is done then.
    for (end, body, code) in [
        ("resolved", json!({ "errors": [open[0]["errorId"], format!("{}.1", "f".repeat(24))] }), "invalid_ref"),
        ("resolved", json!({ "errors": "all" }), "invalid_value"),
        ("resolved", json!({ "errorID": first }), "missing_required_field"),
        ("resolved", first.clone(), "missing_required_field"),
        ("errors/assign", json!({ "errorIds": first, "email": "eve@example.com" }), "invalid_ref"),
        ("tags", tags(json!(["none"])), "invalid_ref"),
    ] {
        assert_eq!(api.put(&built.errors(end), body.clone()).await.no(), (422, code.to_owned()), "{body}");
    }
    let elsewhere = format!("/v1/flows/{}/{}/resolved", built.flow, "e".repeat(24));
    assert_eq!(api.put(&elsewhere, json!({ "errors": first })).await.no(), (422, "invalid_ref".to_owned()));
    assert_eq!(listed(&api, &built.errors("errors")).await.len(), 2);
    // Who may run the flow settles its errors, and is named.
    let his = personal(&server, &mut bob, &ann.account.to_string()).await;
    let record = built.errors(&format!("{}/data", open[0]["errorId"].as_str().unwrap()));
    assert_eq!(his.get(&record).await.status, 200);
    assert_eq!(his.put(&record, json!({ "id": 1 })).await.status, 403, "what is sent is for those who change the flow");
    assert_eq!(his.put(&built.errors("resolved"), json!({ "errors": first })).await.status, 204);
    let resolved = listed(&api, &built.errors("resolved")).await;
    assert_eq!((keys(&resolved), &resolved[0]["resolvedBy"]), (vec![&open[0]["errorId"]], &json!(bob.user)));
    let all = api.send(Method::PUT, &built.errors("resolved"), None).await;
    assert_eq!(all.status, 204, "{}", all.text);
    assert!(listed(&api, &built.errors("errors")).await.is_empty());
    let log = api.get(&format!("/v1/flows/{}/audit", built.flow)).await.good();
    assert!(log.to_string().contains("/errors/resolved"), "{log}");
}
