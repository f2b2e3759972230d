//! The description of the API, for programs and for people.

use serde_json::Value;
use tombolo_server::route_table;

use super::client::Api;
use crate::server::Server;

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
