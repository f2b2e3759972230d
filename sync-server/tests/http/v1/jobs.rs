//! Jobs: listed, narrowed, canceled, and runs of a part of a flow.

use serde_json::json;

use super::client::{Answer, Api, owner};
use super::whole_task::ended;
use crate::runs::endpoint;
use crate::server::Server;

/// A flow from these places to `/sink`; its id and those of its exports.
async fn flow(api: &Api, base: &str, sources: &[&str]) -> (String, Vec<String>) {
    let connection = api.make("connections", json!({ "name": "c", "type": "http", "http": { "baseURI": base } })).await;
    let mut exports = Vec::new();
    for source in sources {
        let body = json!({ "name": source, "_connectionId": connection, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": source } });
        exports.push(api.make("exports", body).await);
    }
    let import = api.make("imports", json!({ "name": "i", "_connectionId": connection, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } })).await;
    let generators: Vec<_> = exports.iter().map(|id| json!({ "_exportId": id })).collect();
    let flow = json!({ "name": "f", "disabled": false, "pageGenerators": generators, "pageProcessors": [{ "type": "import", "_importId": import }] });
    (api.make("flows", flow).await, exports)
}

async fn run(api: &Api, flow: &str, body: serde_json::Value) -> String {
    let started = api.post(&format!("/v1/flows/{flow}/run"), body).await;
    assert_eq!(started.status, 201, "{}", started.text);
    started.json()["_jobId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn jobs_are_found_by_flow_state_and_time_and_their_steps_by_the_job() {
    let (base, _) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let (good, _) = flow(&api, &base, &["/orders"]).await;
    let (bad, _) = flow(&api, &base, &["/nothing-there"]).await;
    assert_eq!(api.get(&format!("/v1/flows/{good}/jobs/latest")).await.status, 204);
    let done = run(&api, &good, json!({})).await;
    ended(&api, &done).await;
    let failed = run(&api, &bad, json!({})).await;
    let error = ended(&api, &failed).await;
    assert_eq!(error["status"], "failed", "{error}");
    let ids = async |query: &str| {
        let answer = api.get(&format!("/v1/jobs?{query}")).await;
        if answer.status == 204 {
            return Vec::new();
        }
        answer.good().as_array().unwrap().iter().map(|job| job["_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&format!("_flowId={good}")).await.join(","), done);
    assert_eq!(ids("status=failed").await.join(","), failed);
    assert_eq!(ids("status=failed,completed").await.len(), 2);
    assert_eq!(ids("createdAt_gte=2099-01-01").await.len(), 0);
    assert_eq!(ids(&format!("_flowId_in={good},{bad}&limit=1")).await.join(","), failed);
    assert_eq!(api.get("/v1/jobs?_flowId=nonsense").await.no(), (400, "invalid_query".to_owned()));
    for wrong in ["retriable=true", "_bulkJobId=1", "numError_gte=many", "skip=null", "limit=x"] {
        assert_eq!(api.get(&format!("/v1/jobs?{wrong}")).await.status, 400, "{wrong}");
    }
    assert_eq!(ids("numSuccess_lte=0").await.join(","), failed);
    assert_eq!(ids("numSuccess_gte=2&type_in=flow,retry").await.join(","), done);
    assert_eq!(ids("type=retry").await.len(), 0);
    let [ok, no] = [&done, &failed].map(|job| format!("/v1/jobs?type=import&_flowJobId={job}"));
    assert_eq!(
        (
            api.get(&format!("{ok}&status=completed")).await.status.as_u16(),
            api.get(&format!("{no}&status=completed")).await.status.as_u16()
        ),
        (200, 204)
    );
    let steps = api.get(&format!("/v1/jobs?_flowJobId={done}&type=import")).await.good();
    // Without the job all of them are asked for, and each is found by what it is a step of.
    let import = steps[0]["_importId"].as_str().unwrap();
    let all = api.get("/v1/jobs?type=import&status=completed").await.good();
    assert_eq!((&all[0]["_id"], all[1].is_null()), (&steps[0]["_id"], true), "{all}");
    assert_eq!(api.get(&format!("/v1/jobs?_importId={import}")).await.good(), steps);
    assert_eq!(api.get(&format!("/v1/jobs/{}", steps[0]["_id"].as_str().unwrap())).await.good(), steps[0]);
    assert_eq!(api.get(&format!("/v1/jobs?_exportId={}", "f".repeat(24))).await.status, 204);
    assert_eq!(
        (steps[0]["_flowJobId"].as_str(), steps[0]["type"].as_str(), steps[1].is_null()),
        (Some(done.as_str()), Some("import"), true)
    );
    assert_eq!(api.get(&format!("/v1/flows/{good}/jobs/latest")).await.good()[0]["_id"], json!(done));
    assert_eq!(api.put(&format!("/v1/jobs/{done}/cancel"), json!({})).await.no(), (409, "not_running".to_owned()));
    assert_eq!(
        api.put(&format!("/v1/jobs/{}/cancel", "f".repeat(24)), json!({})).await.no(),
        (404, "not_found".to_owned())
    );
}

#[tokio::test]
async fn the_header_of_a_page_of_jobs_leads_to_the_next_until_all_are_read() {
    let (base, _) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let (flow, _) = flow(&api, &base, &["/orders"]).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        let job = run(&api, &flow, json!({})).await;
        ended(&api, &job).await;
        made.insert(0, job);
    }
    let next = |answer: &Answer| {
        let link = answer.headers.get("link")?.to_str().unwrap().to_owned();
        let next = link.split(", ").find(|link| link.ends_with("rel=\"next\""))?;
        Some(next.trim_start_matches('<').split('>').next().unwrap().to_owned())
    };
    for (begin, each) in [
        ("/v1/jobs?limit=2".to_owned(), 1),
        (format!("/v1/flows/{flow}/jobs?limit=2&include=status"), 1),
        ("/v1/jobs?limit=4&type_in=flow,export,import".to_owned(), 3),
    ] {
        let (mut at, mut seen) = (Some(begin.clone()), Vec::new());
        while let Some(path) = at {
            let page = api.get(&path).await;
            seen.extend(page.good().as_array().unwrap().clone());
            at = next(&page);
        }
        assert_eq!(seen.len(), 3 * each, "{begin}");
        let runs: Vec<&str> = seen.iter().step_by(each).map(|job| job["_id"].as_str().unwrap()).collect();
        assert_eq!(runs, made, "{begin}");
    }
    assert_eq!(api.get("/v1/jobs?limit=2&skip=2").await.good()[0]["_id"], json!(made[2]));
    assert_eq!(api.get("/v1/jobs?skip=3").await.status, 204);
}

#[tokio::test]
async fn the_errors_of_a_run_and_of_its_step_come_as_a_list_and_as_a_file() {
    let (base, _) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let (flow, _) = flow(&api, &base, &["/orders"]).await;
    let shown = api.get(&format!("/v1/flows/{flow}")).await.good();
    let import = shown["pageProcessors"][0]["_importId"].as_str().unwrap();
    let mut sink = api.get(&format!("/v1/imports/{import}")).await.good();
    sink["http"]["relativeURI"] = json!(["/nothing-there"]);
    api.put(&format!("/v1/imports/{import}"), sink).await.good();
    let job = run(&api, &flow, json!({})).await;
    assert_eq!(ended(&api, &job).await["numError"], 2);
    let steps = api.get(&format!("/v1/jobs?_flowJobId={job}")).await.good();
    let id = |kind: &str| {
        let found = steps.as_array().unwrap().iter().find(|step| step["type"] == kind).unwrap();
        found["_id"].as_str().unwrap().to_owned()
    };
    for of in [job.clone(), id("import")] {
        let errors = api.get(&format!("/v1/jobs/{of}/jobErrors")).await.good();
        assert_eq!(errors.as_array().unwrap().len(), 2, "{errors}");
        assert_eq!((&errors[0]["_jobId"], &errors[0]["resolve"]), (&json!(job), &json!(false)), "{errors}");
        assert!(errors[0]["message"].is_string() && errors[0]["createdAt"].is_string(), "{errors}");
        let file = api.get(&format!("/v1/jobs/{of}/errorFile/signedURL")).await.good();
        // The address is the key.
        let there = Api::new(&server, "none").get(file["signedURL"].as_str().unwrap()).await;
        assert_eq!(there.headers["content-type"], "application/json");
        let listed = api.get(&format!("/v1/jobs/{of}/errors")).await.good();
        assert_eq!(there.good(), listed["errors"]);
    }
    assert_eq!(api.get(&format!("/v1/jobs/{}/joberrors", id("export"))).await.status, 204);
    assert_eq!(api.get(&format!("/v1/jobs/{}/joberrors", "f".repeat(24))).await.status, 404);
}

#[tokio::test]
async fn a_run_is_narrowed_to_some_sources_and_canceled_by_its_job() {
    let (base, _) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let (flow, exports) = flow(&api, &base, &["/orders", "/never"]).await;
    // The other source never answers.
    let narrow = run(&api, &flow, json!({ "exportIds": [exports[0]] })).await;
    let done = ended(&api, &narrow).await;
    assert_eq!((&done["status"], &done["numSuccess"]), (&json!("completed"), &json!(2)), "{done}");
    for (wrong, field) in [
        (json!({ "startDate": "soon" }), "startDate"),
        (json!({ "endDate": "2026-01-01" }), "endDate"),
        (json!({ "exportIds": "x" }), "exportIds"),
    ] {
        let refused = api.post(&format!("/v1/flows/{flow}/run"), wrong).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["field"]), (422, &json!(field)));
    }
    let endless = run(&api, &flow, json!({})).await;
    assert_eq!(api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.no(), (409, "already_running".to_owned()));
    assert_eq!(api.put(&format!("/v1/jobs/{endless}/cancel"), json!({})).await.status, 204);
    assert_eq!(ended(&api, &endless).await["status"], "canceled");
}

#[tokio::test]
async fn errors_are_resolved_when_their_trace_key_comes_to_their_step_again() {
    let (base, _) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let (flow, _) = flow(&api, &base, &["/orders"]).await;
    let mut shown = api.get(&format!("/v1/flows/{flow}")).await.good();
    let import = shown["pageProcessors"][0]["_importId"].as_str().unwrap().to_owned();
    shown["autoResolveMatchingTraceKeys"] = json!(true);
    api.put(&format!("/v1/flows/{flow}"), shown).await.good();
    let sends_to = async |path: &str| {
        let mut shown = api.get(&format!("/v1/imports/{import}")).await.good();
        shown["http"]["relativeURI"] = json!([path]);
        api.put(&format!("/v1/imports/{import}"), shown).await.good();
    };
    let open = async || {
        let shown = api.get(&format!("/v1/flows/{flow}/errors")).await.good();
        shown["flowErrors"].as_array().unwrap().iter().map(|step| step["numError"].clone()).collect::<Vec<_>>()
    };
    let state = async |job: &str| {
        let shown = api.get(&format!("/v1/jobs/{job}/errors")).await.good();
        let errors = shown["errors"].as_array().unwrap().clone();
        errors.into_iter().map(|error| (error["resolved"].clone(), error["_retryJobId"].clone())).collect::<Vec<_>>()
    };
    sends_to("/nothing-there").await;
    let first = run(&api, &flow, json!({})).await;
    let done = ended(&api, &first).await;
    assert_eq!((&done["numError"], &done["numResolved"]), (&json!(2), &json!(0)), "{done}");
    // What fails again when it is tried again is the same error.
    let listed = api.get(&format!("/v1/flows/{flow}/{import}/errors")).await.good();
    let ids: Vec<_> = listed["errors"].as_array().unwrap().iter().map(|error| error["errorId"].clone()).collect();
    let retry = api.post(&format!("/v1/flows/{flow}/{import}/retry"), json!({ "errorIds": ids })).await.good();
    ended(&api, retry["_jobId"].as_str().unwrap()).await;
    assert_eq!(open().await, [json!(2)]);
    let second = run(&api, &flow, json!({})).await;
    ended(&api, &second).await;
    assert_eq!(state(&first).await, vec![(json!(true), json!(second)); 2], "the same errors again are others");
    assert_eq!(state(&second).await, vec![(json!(false), json!(null)); 2]);
    assert_eq!(open().await, [json!(2)]);
    sends_to("/sink").await;
    let third = run(&api, &flow, json!({})).await;
    let done = ended(&api, &third).await;
    assert_eq!((&done["numError"], &done["numAutoResolved"]), (&json!(0), &json!(2)), "{done}");
    assert_eq!(state(&second).await, vec![(json!(true), json!(third)); 2]);
    assert_eq!(api.get(&format!("/v1/jobs/{second}")).await.good()["numResolved"], json!(2));
    assert!(open().await.is_empty());
}

#[tokio::test]
async fn a_run_that_comes_to_no_step_says_why_among_its_errors() {
    let (base, _) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let (flow, _) = flow(&api, &base, &["/orders"]).await;
    let shown = api.get(&format!("/v1/flows/{flow}")).await.good();
    let import = shown["pageProcessors"][0]["_importId"].as_str().unwrap();
    // A damaged document keeps the run from being put together, so no step is there to report anything.
    let damage =
        "UPDATE changes SET bytes = x'00' WHERE sequence = (SELECT max(sequence) FROM changes WHERE document = ?)";
    sqlx::query(damage).bind(import).execute(&mut server.database().await).await.unwrap();
    let job = run(&api, &flow, json!({})).await;
    let done = ended(&api, &job).await;
    assert_eq!(done["status"], "failed", "{done}");
    let errors = api.get(&format!("/v1/jobs/{job}/errors")).await.good();
    let [error] = errors["errors"].as_array().unwrap().as_slice() else { panic!("{errors}") };
    assert_eq!((&error["code"], &error["errorId"]), (&json!("damaged"), &json!(format!("{job}.0"))));
    assert_eq!((&error["message"], &error["_jobId"]), (&done["errors"][0]["message"], &json!(job)));
    assert!(error["occurredAt"].is_string() && error["resolved"] == false, "{error}");
}
