//! The description of the API, made of the route table: OpenAPI 3.1 for programs, a page for people.

use axum::Json as Answer;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::auth::caller::Right;
use crate::routes::{RouteInfo, route_table};

/// `GET /v1/openapi.json`
pub(super) async fn description() -> Answer<Value> {
    Answer(describe(&described()))
}

/// `GET /v1/docs`
pub(super) async fn page() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], html(&described())).into_response()
}

fn described() -> Vec<RouteInfo> {
    route_table().into_iter().filter(|route| route.path.starts_with("/v1/")).collect()
}

fn describe(routes: &[RouteInfo]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let place = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        place[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Tombolo", "version": env!("CARGO_PKG_VERSION"),
            "description": "Resources, flows and runs of one account. Secrets are shown as ******, and ****** sent back keeps them." },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": {
                "Errors": { "type": "object", "required": ["errors"], "properties": { "errors": { "type": "array", "items": {
                    "type": "object", "required": ["code", "message"], "properties": {
                        "code": { "type": "string" }, "message": { "type": "string" }, "field": { "type": "string" } } } } } },
                "Unauthorized": { "type": "object", "required": ["message"], "properties": { "message": { "type": "string" } } },
                "Resource": { "type": "object", "description": "Fields that are not known are kept.",
                    "properties": {
                        "_id": { "type": "string", "pattern": "^[0-9a-f]{24}$", "readOnly": true },
                        "name": { "type": "string" },
                        "createdAt": { "type": "string", "format": "date-time", "readOnly": true },
                        "lastModified": { "type": "string", "format": "date-time", "readOnly": true },
                        "lastModifiedBy": { "type": "string", "readOnly": true } } },
                "Patch": { "type": "array", "items": { "type": "object", "required": ["op", "path"], "properties": {
                    "op": { "enum": ["add", "remove", "replace", "move", "copy", "test"] },
                    "path": { "type": "string" }, "from": { "type": "string" }, "value": {} } } },
            },
            "responses": {
                "Errors": answer("What is wrong, all of it", "Errors"),
                "Unauthorized": answer("No token, or one that lets nobody in", "Unauthorized"),
            },
        },
        "paths": paths,
    })
}

fn answer(description: &str, schema: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn operation(route: &RouteInfo) -> Value {
    let names: Vec<&str> = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let mut parameters: Vec<Value> = names
        .iter()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let is_list = route.method == "GET" && names.is_empty() && route.about.starts_with("List");
    if is_list {
        let query = |name: &str, kind: &str| json!({ "name": name, "in": "query", "schema": { "type": kind } });
        parameters.extend([
            query("limit", "integer"),
            query("skip", "integer"),
            query("include", "string"),
            query("exclude", "string"),
        ]);
    }
    let tag = route.path.trim_start_matches("/v1/").split('/').next().unwrap_or_default();
    let id = format!("{}{}", route.method.as_str().to_ascii_lowercase(), route.path.replace(['/', '{', '}', '.'], "_"));
    let mut responses =
        json!({ "200": answer("Done", "Resource"), "default": { "$ref": "#/components/responses/Errors" } });
    if is_list {
        responses["204"] = json!({ "description": "The list is empty" });
    }
    let mut operation = json!({
        "operationId": id, "summary": route.about, "tags": [tag], "parameters": parameters,
    });
    if route.right == Right::Anybody {
        operation["security"] = json!([]);
    } else {
        responses["401"] = json!({ "$ref": "#/components/responses/Unauthorized" });
    }
    let schema = match route.method.as_str() {
        "PATCH" => Some(json!({ "$ref": "#/components/schemas/Patch" })),
        "POST" | "PUT" => Some(json!({})),
        _ => None,
    };
    if let Some(schema) = schema {
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    }
    operation["responses"] = responses;
    operation
}

fn html(routes: &[RouteInfo]) -> String {
    let mut tags: Vec<&str> = Vec::new();
    let tag =
        |route: &'_ RouteInfo| route.path.trim_start_matches("/v1/").split('/').next().unwrap_or_default().to_owned();
    let mut sections: Vec<(String, String)> = Vec::new();
    for route in routes {
        let name = tag(route);
        let row = format!(
            "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>",
            route.method, route.path, route.about
        );
        match sections.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push_str(&row),
            None => sections.push((name, row)),
        }
    }
    tags.sort_unstable();
    let body: String = sections
        .iter()
        .map(|(name, rows)| format!("<h2 id=\"{name}\">{name}</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">Method</th><th scope=\"col\">Path</th><th scope=\"col\">What it does</th></tr></thead><tbody>{rows}</tbody></table></div>"))
        .collect();
    format!("{HEAD}{body}</main></body></html>")
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Tombolo API</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}h1{font-size:1.6rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent)}td:nth-child(3){min-width:12rem}code{font:.875em ui-monospace,monospace;overflow-wrap:anywhere}.wide{overflow-x:auto}</style></head><body><main><h1>Tombolo API</h1><p>Send each request with <code>Authorization: Bearer TOKEN</code>. Bodies and answers are JSON. A list comes in pages of up to 1,000; the <code>Link</code> header of an answer says where the next page is, and an empty list is answered with 204. Secrets are shown as <code>******</code>; <code>******</code> sent back keeps them. An account may call 300 times a second, with bursts of 1,000. The same for programs: <a href=\"/v1/openapi.json\">/v1/openapi.json</a>.</p>";
