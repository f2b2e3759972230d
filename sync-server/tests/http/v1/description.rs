//! The description of the API, for programs and for people.

use serde_json::{Value, json};
use tombolo_server::route_table;

use super::client::{Api, owner};
use crate::server::Server;

#[tokio::test]
async fn the_description_says_of_unusual_routes_what_they_take_and_answer() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let description = api.get("/v1/openapi.json").await.good();
    let operation = |method: &str, path: &str| description["paths"][path][method].clone();
    let answers = |method: &str, path: &str, status: &str| operation(method, path)["responses"][status].clone();
    // Each is asked as well, so that the description cannot be right alone.
    let keys = answers("get", "/v1/state", "200");
    let schema = &keys["content"]["application/json"]["schema"];
    assert_eq!((&schema["type"], &schema["required"]), (&json!("object"), &json!(["keys"])));
    assert_eq!(operation("get", "/v1/state")["parameters"], json!([]));
    assert_eq!(api.get("/v1/state").await.good(), json!({ "keys": [] }));
    for (status, value) in [("201", json!([1])), ("200", json!("x"))] {
        let kept = api.put("/v1/state/a", value).await;
        assert_eq!(kept.status.as_str(), status);
        let kind = kept.headers["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(answers("put", "/v1/state/{key}", status)["content"].get(&kind).is_some(), "{kind}");
    }
    assert_eq!(answers("get", "/v1/state/{key}", "200")["content"]["application/json"]["schema"], json!({}));
    assert_eq!(api.post("/v1/jobs/current", json!({})).await.status, 204);
    assert!(answers("post", "/v1/jobs/current", "204").is_object());
    assert!(answers("get", "/v1/docs", "200")["content"].get("text/html").is_some());
    for (method, path, required) in [
        ("put", "/v1/tags/{id}", true),
        ("post", "/v1/scripts", true),
        ("post", "/v1/flows/{id}/run", false),
        ("post", "/v1/connections/{id}/ping", false),
    ] {
        assert_eq!(operation(method, path)["requestBody"]["required"], required, "{method} {path}");
    }
    let unauthorized = answers("post", "/v1/exports/{id}/data", "401");
    assert_eq!(unauthorized["$ref"], "#/components/responses/Unauthorized");
}

#[tokio::test]
async fn each_route_of_the_api_is_described_for_programs_and_for_people() {
    let server = Server::start();
    let api = Api::new(&server, "none");
    let description = api.get("/v1/openapi.json").await.good();
    assert_eq!(description["openapi"], "3.1.0");
    let page = api.get("/v1/docs").await;
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let (mut count, mut operations) = (0, std::collections::BTreeSet::new());
    for route in route_table().into_iter().filter(|route| route.path.starts_with("/v1/")) {
        let operation = &description["paths"][&route.path][route.method.as_str().to_ascii_lowercase()];
        assert!(!route.about.is_empty() && operation["summary"] == route.about, "{} {}", route.method, route.path);
        assert!(operations.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
        let named =
            operation["parameters"].as_array().unwrap().iter().filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(named, route.path.matches('{').count(), "{}", route.path);
        assert!(page.text.contains(&format!("<code>{}</code>", route.path)), "{}", route.path);
        count += 1;
    }
    assert!(count > 200, "{count}");
    let described: usize =
        description["paths"].as_object().unwrap().values().map(|place| place.as_object().unwrap().len()).sum();
    assert_eq!(described, count);
    let refers = |value: &Value| value["$ref"].as_str().map(|place| place.trim_start_matches('#').to_owned());
    let place = refers(&description["paths"]["/v1/flows"]["get"]["responses"]["401"]).unwrap();
    assert!(description.pointer(&place).is_some());
}
