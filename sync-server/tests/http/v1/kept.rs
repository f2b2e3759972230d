//! What scripts of runs on the server keep, read and start.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Api, as_page, owner, personal};
use super::whole_task::ended;
use crate::runs::{Received, endpoint};
use crate::server::Server;

/// Counts its runs, writes what it saw into a cache, starts the other flow and reads what it wrote.
const HOOKS: &str = "import { state, lookupCaches, flows } from 'integrator-api';
export function count(options) {
  const seen = (state.get('runs') || 0) + 1;
  state.put('runs', seen);
  state.put({ type: 'exports', _id: options._exportId, key: 'last', value: { seen } });
  lookupCaches.upsertData('CACHE', [{ key: 'run' + seen, value: seen }, { key: 'gone', value: null }]);
  lookupCaches.deleteData('CACHE', { keys: ['gone'] });
  const kept = lookupCaches.getData('CACHE', { startsWith: 'run' }).length;
  const started = options._flowId === 'FIRST' ? flows.run({ _id: 'SECOND' })._jobId : '';
  return { data: options.data.map((row) => ({ ...row, seen, kept, started })) };
}";

/// Two flows over the same hook and a cache, and what came to the endpoint.
struct Built {
    first: String,
    second: String,
    export: String,
    cache: String,
}

async fn build(api: &Api, base: &str, hooks: &str) -> Built {
    let cache = api.make("lookupcaches", json!({ "name": "c" })).await;
    let script = api.make("scripts", json!({ "name": "s", "content": "" })).await;
    let connection = api.make("connections", json!({ "name": "c", "type": "http", "http": { "baseURI": base } })).await;
    let export = json!({ "name": "e", "_connectionId": connection, "adaptorType": "HTTPExport",
        "http": { "method": "GET", "relativeURI": "/orders" },
        "hooks": { "preSavePage": { "_scriptId": script, "function": "count" } } });
    let export = api.make("exports", export).await;
    // The mapping reads the cache too, after the hook has written it.
    let mapping = |name: &str| json!({ "generate": name, "extract": format!("$.{name}"), "dataType": "string", "status": "Active" });
    let looked = json!({ "generate": "looked", "extract": "run{{record.seen}}", "dataType": "string", "status": "Active", "lookupName": "l" });
    let import = json!({ "name": "i", "_connectionId": connection, "adaptorType": "HTTPImport",
        "http": { "method": ["POST"], "relativeURI": ["/sink"], "lookups": [{ "name": "l", "_lookupCacheId": cache }] },
        "mappings": [mapping("seen"), mapping("kept"), mapping("started"), looked] });
    let import = api.make("imports", import).await;
    let flow = json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] });
    let first = api.make("flows", flow.clone()).await;
    let second = api.make("flows", flow).await;
    let content = hooks.replace("CACHE", &cache).replace("FIRST", &first).replace("SECOND", &second);
    api.put(&format!("/v1/scripts/{script}"), json!({ "name": "s", "content": content })).await.good();
    Built { first, second, export, cache }
}

async fn run(api: &Api, flow: &str) -> Value {
    let job = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good();
    let job = job["_jobId"].as_str().unwrap().to_owned();
    let mut done = ended(api, &job).await;
    done["errors"] = api.get(&format!("/v1/jobs/{job}/errors")).await.text.into();
    done
}

fn bodies(received: &Received) -> Vec<Value> {
    received.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
}

#[tokio::test]
async fn what_scripts_keep_on_the_server_is_there_in_the_next_run_and_over_rest() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let built = build(&api, &base, HOOKS).await;
    let done = run(&api, &built.first).await;
    assert_eq!(done["status"], "completed", "{done}");
    let first = bodies(&received).remove(0).to_string();
    assert!(first.contains(r#""seen":"1""#) && first.contains(r#""kept":"1""#), "{first}");
    // The flow that it started runs as well, with what was kept by then.
    let second = bodies(&received).into_iter().find_map(|body| {
        let body = body.to_string();
        let at = body.find(r#""started":""#)? + r#""started":""#.len();
        Some(body[at..at + 24].to_owned())
    });
    let done = ended(&api, &second.unwrap()).await;
    assert_eq!((done["status"].as_str(), done["_flowId"].as_str()), (Some("completed"), Some(built.second.as_str())));
    assert_eq!(api.get("/v1/state/runs").await.good(), json!(2));
    assert_eq!(api.get(&format!("/v1/exports/{}/state/last", built.export)).await.good(), json!({ "seen": 2 }));
    let kept = api.post(&format!("/v1/lookupcaches/{}/getData", built.cache), json!({})).await.good();
    assert_eq!(kept["data"], json!([{ "key": "run1", "value": 1 }, { "key": "run2", "value": 2 }]));
    let done = run(&api, &built.second).await;
    assert_eq!(done["status"], "completed", "{done}");
    let last = bodies(&received).pop().unwrap().to_string();
    assert!(last.contains(r#""seen":"3""#) && last.contains(r#""kept":"3""#), "{last}");
}

#[tokio::test]
async fn a_script_reaches_no_cache_and_no_state_that_did_not_come_with_its_flow() {
    let (base, _received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let other = api.make("lookupcaches", json!({ "name": "other" })).await;
    let import = api.make("imports", json!({ "name": "other" })).await;
    let hooks = format!(
        "import {{ state, lookupCaches }} from 'integrator-api';
        const id = (text) => text.split('-').join('');
        export function count(options) {{
          const said = [];
          const tried = [() => lookupCaches.getData(id('{}'), {{ keys: ['a'] }}), () => lookupCaches.upsertData(id('{}'), {{ a: 1 }}),
            () => state.put({{ type: 'imports', _id: id('{}'), key: 'a', value: 1 }})];
          for (const one of tried) {{ try {{ one(); said.push('done'); }} catch (error) {{ said.push(String(error.message || error)); }} }}
          state.put('said', said);
          return {{ data: [] }};
        }}",
        apart(&other),
        apart(&other),
        apart(&import)
    );
    let built = build(&api, &base, &hooks).await;
    let done = run(&api, &built.first).await;
    assert_eq!(done["status"], "completed", "{done}");
    let said = api.get("/v1/state/said").await.text;
    assert!(!said.contains("done") && said.matches("is not here").count() == 3, "{said}");
    assert_eq!(api.get(&format!("/v1/imports/{import}/state")).await.good(), json!({ "keys": [] }));
}

#[tokio::test]
async fn a_member_of_one_integration_does_not_reach_the_accounts_state_by_a_script() {
    let (base, _received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (mut ann, api) = owner(&server, "ann").await;
    let hooks = "import { state } from 'integrator-api';
        export function count(options) {
          state.put('taken', 1);
          return { data: [] };
        }";
    let built = build(&api, &base, hooks).await;
    let shop = api.make("integrations", json!({ "name": "Shop" })).await;
    let flow = api.get(&format!("/v1/flows/{}", built.first)).await.good();
    let steps = (&flow["pageGenerators"], &flow["pageProcessors"]);
    let flow = json!({ "name": "Orders", "disabled": false, "_integrationId": shop, "pageGenerators": steps.0, "pageProcessors": steps.1 });
    let flow = api.make("flows", flow).await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "custom").await;
    let (account, members) = (ann.account.to_string(), format!("/api/accounts/{}/members/{}", ann.account, bob.user));
    let granted = json!({ "role": "custom", "grants": { shop: "manage" } });
    assert!(ann.browser.send(Method::PATCH, &members, Some(granted)).await.status().is_success());
    let bobs = personal(&server, &mut bob, &account).await;
    let done = run(&bobs, &flow).await;
    assert!(done.to_string().contains("not yours to use"), "{done}");
    assert_eq!(api.get("/v1/state").await.good(), json!({ "keys": [] }));
    let done = run(&api, &flow).await;
    assert_eq!((done["status"].as_str(), api.get("/v1/state/taken").await.good()), (Some("completed"), json!(1)));
}

/// An id that a script does not name in one piece.
fn apart(id: &str) -> String {
    format!("{}-{}", &id[..12], &id[12..])
}

#[tokio::test]
async fn flows_that_start_each_other_come_to_an_end() {
    let (base, _received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let hooks = "import { flows, state } from 'integrator-api';
        export function count(options) {
          state.put('runs', (state.get('runs') || 0) + 1);
          let said = '';
          try { flows.run(options._flowId === 'FIRST' ? 'SECOND' : 'FIRST'); }
          catch (error) { said = String(error.message || error); state.put('said', said); }
          return { data: [] };
        }";
    let built = build(&api, &base, hooks).await;
    run(&api, &built.first).await;
    let mut again = tokio::time::interval(std::time::Duration::from_millis(100));
    let said = loop {
        again.tick().await;
        let said = api.get("/v1/state/said").await;
        if said.status.is_success() {
            break said.text;
        }
    };
    assert!(said.contains("too often in a row") || said.contains("is running"), "{said}");
    assert!(api.get("/v1/state/runs").await.good().as_u64().unwrap() <= 11);
}

#[tokio::test]
async fn a_flow_that_has_run_on_the_server_starts_one_source_of_another_flow() {
    let (base, _received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let hooks = "import { state } from 'integrator-api';
        export function count(options) {
          state.put('read-' + options._flowId + '-' + options._exportId, 1);
          return { data: [] };
        }";
    let built = build(&api, &base, hooks).await;
    let mut export = api.get(&format!("/v1/exports/{}", built.export)).await.good();
    export.as_object_mut().unwrap().remove("_id");
    let other = api.make("exports", export).await;
    let mut second = api.get(&format!("/v1/flows/{}", built.second)).await.good();
    second["pageGenerators"] = json!([{ "_exportId": built.export }, { "_exportId": other }]);
    api.put(&format!("/v1/flows/{}", built.second), second).await.good();
    let mut first = api.get(&format!("/v1/flows/{}", built.first)).await.good();
    first["_runNextExportIds"] = json!([{ "_flowId": built.second, "_exportId": other }]);
    api.put(&format!("/v1/flows/{}", built.first), first).await.good();
    let done = run(&api, &built.first).await;
    assert_eq!(done["status"], "completed", "{done}");
    let mut again = tokio::time::interval(std::time::Duration::from_millis(100));
    let job = loop {
        again.tick().await;
        let jobs = api.get(&format!("/v1/flows/{}/jobs/latest", built.second)).await;
        if jobs.status == 200
            && let Some(job) = jobs.good().pointer("/0/_id").and_then(Value::as_str)
        {
            break job.to_owned();
        }
    };
    assert_eq!(ended(&api, &job).await["status"], "completed");
    let kept = api.get("/v1/state").await.good();
    let mut keys = [format!("read-{}-{}", built.first, built.export), format!("read-{}-{other}", built.second)];
    keys.sort();
    assert_eq!(kept, json!({ "keys": keys }), "the other source of the second flow is not read");
}

#[tokio::test]
async fn a_device_keeps_data_of_a_run_on_the_server_with_the_rights_of_the_person_at_it() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let cache = api.make("lookupcaches", json!({ "name": "c" })).await;
    let (mut bob, mut eve) = (server.person("bob").await, server.person("eve").await);
    ann.let_in(&mut bob, "bob", "monitor").await;
    let account = ann.account.to_string();
    let path = format!("/api/accounts/{account}/kept");
    let put = json!({ "putCache": { "cache": cache, "entries": [["a", [1]], ["b", [null]]] } });
    let read = json!({ "cacheValues": { "cache": cache, "keys": ["a", "b", "c", "a"] } });
    let say = json!({ "putState": { "owner": null, "key": "k", "value": [{ "v": 1 }] } });
    for (person, status) in [(&mut eve, 404), (&mut bob, 403), (&mut ann, 200)] {
        for body in [&put, &say] {
            let answer = as_page(person, &account, Method::POST, &path, Some(body.clone())).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
    }
    for person in [&mut bob, &mut ann] {
        let answer = as_page(person, &account, Method::POST, &path, Some(read.clone())).await;
        assert_eq!(answer.good(), json!({ "values": [[1], [null], [], [1]] }));
    }
    assert_eq!(api.get("/v1/state/k").await.good(), json!({ "v": 1 }));
    let wrong = [
        (json!({ "putState": { "owner": null, "key": "k".repeat(300), "value": [1] } }), "key of state"),
        (json!({ "putCache": { "cache": cache, "entries": [["a", []], ["b", [1]]] } }), "not both"),
        (json!({ "start": { "flow": cache } }), "is not here"),
        (json!({ "cacheValues": { "cache": account, "keys": [] } }), "noCache"),
    ];
    for (body, said) in wrong {
        let answer = as_page(&mut ann, &account, Method::POST, &path, Some(body)).await;
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    let strange = as_page(&mut ann, &account, Method::POST, &path, Some(json!({ "putState": { "more": 1 } }))).await;
    assert!(strange.status.is_client_error(), "{}", strange.text);
}
