//! Calls that public clients of the integrator's API make, with only the base address changed: command lines in JavaScript
//! and Python, an MCP server, and a connector that reads members. Written from what they send and read of the answers.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Answer, Api, owner};
use super::packages::shop;
use super::whole_task::ended;
use crate::runs::endpoint;
use crate::server::Server;

/// A list as these clients take it: nothing at all is an empty one.
fn list(answer: &Answer) -> Vec<Value> {
    if answer.status == 204 {
        return Vec::new();
    }
    answer.good().as_array().unwrap().clone()
}

#[tokio::test]
async fn a_command_line_reads_lists_with_a_slash_behind_them_and_along_their_links() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let made = api.post("/v1/integrations/", json!({ "name": "Shop" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let integration = shop(&api).await;
    assert_eq!(list(&api.get("/v1/integrations/").await).len(), 2);
    assert_eq!(api.get(&format!("/v1/integrations/{integration}")).await.good()["name"], "Shop");
    for path in ["flows/", "exports/", "imports/", &format!("integrations/{integration}/flows")] {
        let answer = api.get(&format!("/v1/{path}")).await;
        // It reads the header before it asks whether there is one.
        let link = answer.headers["link"].to_str().unwrap();
        assert!(link.contains("rel=\"first\"") && !link.contains("rel=\"next\""), "{path}: {link}");
        assert_eq!(list(&answer).len(), 1, "{path}");
    }
    for path in ["connections/", "scripts/", "ashares/", "jobs?createdAt_gte=2026-01-01&createdAt_lte=2099-01-01&"] {
        assert!(api.get(&format!("/v1/{path}")).await.status.is_success(), "{path}");
    }
    assert_eq!(api.get(&format!("/v1/integrations/{integration}/errors")).await.good(), json!([]));
}

#[tokio::test]
async fn a_command_line_counts_pages_runs_parts_of_flows_and_fetches_zips_by_their_addresses() {
    let (base, _received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let connection = api.make("connections", json!({ "name": "c", "type": "http", "http": { "baseURI": base } })).await;
    let export = json!({ "name": "Get", "_connectionId": connection, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/orders" } });
    let export = api.make("exports", export).await;
    let import = json!({ "name": "Put", "_connectionId": connection, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } });
    let import = api.make("imports", import).await;
    let integration = api.make("integrations", json!({ "name": "Shop", "sandbox": false })).await;
    let flow = json!({ "name": "f", "_integrationId": integration, "disabled": false, "pageGenerators": [{ "_exportId": export }],
        "pageProcessors": [{ "type": "import", "_importId": import }] });
    let flow = api.make("flows", flow).await;
    let of = |path: &str| format!("/v1/flows/{flow}/{path}");
    for path in [
        "/v1/flows?page=1&pageSize=100",
        "/v1/exports?page=1&pageSize=100",
        "/v1/integrations?sandbox=false",
        &format!("/v1/flows?_integrationId={integration}&disabled=false&page=1&pageSize=100"),
        &format!("/v1/integrations/{integration}/exports"),
        &format!("/v1/integrations/{integration}/audit?page=1&pageSize=100"),
    ] {
        assert_eq!(list(&api.get(path).await).len(), 1, "{path}");
    }
    assert_eq!(list(&api.get("/v1/flows?page=2&pageSize=100").await).len(), 0);
    let started = api.post(&of("run"), json!({ "_exportIds": [export] })).await.good();
    let job = started["_jobId"].as_str().unwrap();
    ended(&api, job).await;
    let latest = list(&api.get(&of("jobs/latest?limit=5")).await);
    assert_eq!((&latest[0]["type"], &latest[0]["numSuccess"]), (&json!("flow"), &json!(2)));
    for path in [
        of("jobs"),
        format!("/v1/integrations/{integration}/jobs"),
        format!("/v1/integrations/{integration}/jobs/latest"),
    ] {
        assert_eq!(list(&api.get(&path).await)[0]["_id"], json!(job), "{path}");
    }
    assert_eq!(list(&api.post("/v1/jobs/current", json!({ "_flowId": flow })).await).len(), 0);
    assert_eq!(api.delete(&format!("/v1/jobs/{job}")).await.no(), (409, "not_running".to_owned()));
    let below = api.get(&of("descendants")).await.good();
    assert_eq!((&below["exports"][0]["_id"], &below["imports"][0]["_id"]), (&json!(export), &json!(import)));
    assert_eq!(api.get(&of("lastExportDateTime")).await.good(), json!({ "lastExportDateTime": null }));
    let zip = api.get(&of("template")).await.good();
    assert!(zip["signedURL"].as_str().unwrap().starts_with("http"), "{zip}");
    for path in ["errors", "resolved"] {
        let none = api.get(&of(&format!("exports/{export}/{path}?source=application"))).await.good();
        assert_eq!(none[if path == "errors" { "errors" } else { "resolved" }], json!([]));
    }
    let tag = api.post("/v1/tags", json!({ "tag": "Bank" })).await.json();
    let one = format!("/v1/tags/{}", tag["_id"].as_str().unwrap());
    assert_eq!(api.put(&one, json!({ "tag": "Banks" })).await.good()["tagId"], tag["tagId"]);
    assert_eq!(list(&api.get("/v1/audit?resourceType=tag&startDate=2026-01-01&endDate=2099-01-01").await).len(), 2);
}

#[tokio::test]
async fn connections_are_registered_with_integrations_one_or_many() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    let made = |name: &str| json!({ "name": name, "type": "http", "http": { "baseURI": "https://a.example.com" } });
    let (first, second) = (api.make("connections", made("a")).await, api.make("connections", made("b")).await);
    let there = async |api: &Api| list(&api.get(&format!("/v1/integrations/{integration}/connections")).await).len();
    assert_eq!(there(&api).await, 0);
    let many = format!("/v1/integrations/{integration}/connections/register");
    assert_eq!(api.put(&many, json!([first, second])).await.good(), json!([first, second]));
    assert_eq!(api.put(&many, json!([first])).await.status, 200, "once more is no more");
    assert_eq!(there(&api).await, 2);
    let one = format!("/v1/integrations/{integration}/connections/{first}/register");
    assert_eq!(api.delete(&one).await.status, 204);
    assert_eq!(there(&api).await, 1);
    assert_eq!(api.send(Method::PUT, &one, None).await.status, 200);
    assert_eq!(there(&api).await, 2);
    let absent = api.put(&many, json!([first, "f".repeat(24)])).await;
    assert_eq!(absent.no(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_connector_reads_members_and_sends_back_all_of_its_fields() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "monitor").await;
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    for path in ["/v1/ashares", "/v1/integrations"] {
        // It takes the whole header for the address of the next page.
        assert!(api.get(path).await.headers.get("link").is_none(), "{path}");
    }
    let share = list(&api.get("/v1/ashares").await)[0].clone();
    assert_eq!((&share["accessLevel"], &share["accountSSORequired"]), (&json!("monitor"), &json!(false)));
    assert_eq!(list(&api.get(&format!("/v1/integrations/{integration}/ashares")).await)[0]["_id"], share["_id"]);
    let one = format!("/v1/ashares/{}", share["_id"].as_str().unwrap());
    let wish = json!({ "_id": "", "accessLevel": "manage", "integrationAccessLevel": null, "accountSSORequired": false,
        "sharedWithUser": { "email": "", "allowedToResetMFA": false, "accountSSOLinked": "" } });
    assert_eq!(api.put(&one, wish).await.good()["accessLevel"], "manage");
    let sso = json!({ "accessLevel": "manage", "accountSSORequired": true });
    assert_eq!(api.put(&one, sso).await.no(), (409, "no_sso".to_owned()));
    assert_eq!(api.send(Method::PUT, &format!("{one}/disable"), None).await.good()["disabled"], true);
    assert_eq!(api.put(&format!("{one}/disable"), json!({ "disabled": false })).await.good()["disabled"], false);
    let new = json!({ "email": "zoe@example.com", "accessLevel": "monitor", "accountSSORequired": true });
    assert_eq!(api.post("/v1/invite", new).await.no(), (422, "invalid_value".to_owned()));
}
