//! The description of the API, made of the route table: `OpenAPI` 3.1 for programs, a page for people.

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
    let in_pages = is_list(route) && names.is_empty() && !reads_otherwise(&route.path);
    if in_pages {
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
    let mut responses = json!({ "default": { "$ref": "#/components/responses/Errors" } });
    let (status, done) = done(route);
    responses[status] = done;
    if is_list(route) {
        responses["204"] = json!({ "description": "The list is empty" });
    }
    let mut operation = json!({
        "operationId": id, "summary": route.about, "tags": [tag], "parameters": parameters,
    });
    if route.method == "PUT" && route.path.ends_with("/state/{key}") {
        // For a key that was not there.
        responses["201"] = responses["200"].clone();
    }
    if route.path == "/v1/jobs/current" {
        responses["204"] = json!({ "description": "Nothing goes on" });
    }
    if matches!(route.right, Right::Anybody | Right::Proof) {
        operation["security"] = json!([]);
    }
    if route.right != Right::Anybody {
        responses["401"] = json!({ "$ref": "#/components/responses/Unauthorized" });
    }
    if let Some(body) = body(route) {
        operation["requestBody"] = json!({ "content": body, "required": !may_lack_body(route) });
    }
    operation["responses"] = responses;
    operation
}

/// Whether all of what there is comes, a page at a time. Keys of a state come as an object.
fn is_list(route: &RouteInfo) -> bool {
    route.method == "GET" && route.about.starts_with("List") && !route.path.ends_with("/state")
}

/// Lists that say in their summary what they are asked by, or come as a whole.
fn reads_otherwise(path: &str) -> bool {
    matches!(path, "/v1/audit" | "/v1/recycleBinTTL" | "/v1/published")
}

/// Whether an empty request is as good as one with a body.
fn may_lack_body(route: &RouteInfo) -> bool {
    let path = route.path.as_str();
    let ends = ["/clone", "/run", "/disable", "/resolved", "/current", "/cancel", "/getData"];
    ends.iter().any(|end| path.ends_with(end))
        || path.ends_with("/{id}/ping")
        || path.ends_with("/{connection}/register")
        || path.starts_with("/v1/recycleBinTTL/")
        || path.starts_with("/v1/integrations/template/")
        || matches!(route.right, Right::Proof)
}

/// The status of an answer that says yes, and what is in it.
fn done(route: &RouteInfo) -> (&'static str, Value) {
    let is_new =
        route.about.starts_with("Create") || route.about.starts_with("Make") || route.about.starts_with("Copy");
    match route.method.as_str() {
        "DELETE" | "PATCH" => ("204", json!({ "description": "Done" })),
        "POST" if is_new => ("201", answer("Made", "Resource")),
        "GET" if route.path.starts_with("/v1/downloads/") => {
            let file = json!({ "application/zip": { "schema": { "type": "string", "format": "binary" } } });
            ("200", json!({ "description": "The file", "content": file }))
        }
        "GET" if route.path == "/v1/docs" => (
            "200",
            json!({ "description": "The page", "content": { "text/html": { "schema": { "type": "string" } } } }),
        ),
        "GET" if route.path.ends_with("/state") => {
            let keys = json!({ "type": "object", "required": ["keys"], "properties": {
                "keys": { "type": "array", "items": { "type": "string" } } } });
            ("200", json!({ "description": "The keys", "content": { "application/json": { "schema": keys } } }))
        }
        "GET" if route.path.ends_with("/state/{key}") => {
            ("200", json!({ "description": "What was set", "content": { "application/json": { "schema": {} } } }))
        }
        "PUT" if route.path.ends_with("/state/{key}") => {
            ("200", json!({ "description": "Set", "content": { "text/plain": { "schema": { "type": "string" } } } }))
        }
        "GET" if is_list(route) && !route.path.contains("{step}") => {
            let list = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Resource" } });
            ("200", json!({ "description": "A page", "content": { "application/json": { "schema": list } } }))
        }
        _ => ("200", answer("Done", "Resource")),
    }
}

/// What a request brings, by its type.
fn body(route: &RouteInfo) -> Option<Value> {
    let is_zip = route.path.ends_with("/zip")
        || matches!(route.path.as_str(), "/v1/templates/preview" | "/v1/templates/install");
    match route.method.as_str() {
        "POST" | "PUT" if is_zip => {
            Some(json!({ "application/zip": { "schema": { "type": "string", "format": "binary" } } }))
        }
        "PATCH" => Some(json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Patch" } } })),
        "POST" | "PUT" => Some(json!({ "application/json": { "schema": {} } })),
        _ => None,
    }
}

fn html(routes: &[RouteInfo]) -> String {
    // What stands alone comes first, together.
    let tag =
        |route: &RouteInfo| route.path.trim_start_matches("/v1/").split('/').next().unwrap_or_default().to_owned();
    let alone = |name: &str| routes.iter().filter(|route| tag(route) == name).count() == 1;
    let mut sections: Vec<(String, String)> = vec![("general".to_owned(), String::new())];
    for route in routes {
        let name = tag(route);
        let name = if alone(&name) { "general".to_owned() } else { name };
        let row = format!(
            "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>",
            route.method, route.path, route.about
        );
        match sections.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push_str(&row),
            None => sections.push((name, row)),
        }
    }
    let links: String = sections.iter().map(|(name, _)| format!("<li><a href=\"#{name}\">{name}</a></li>")).collect();
    let tables: String = sections
        .iter()
        .map(|(name, rows)| format!("<h2 id=\"{name}\">{name}</h2><table>{COLUMNS}<tbody>{rows}</tbody></table>"))
        .collect();
    format!("{HEAD}<nav aria-label=\"Parts\"><ul>{links}</ul></nav>{tables}</main></body></html>")
}

const COLUMNS: &str = "<thead><tr><th scope=\"col\">Method</th><th scope=\"col\">Path</th><th scope=\"col\">What it does</th></tr></thead>";

const HEAD: &str = concat!(
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Tombolo API</title><style>",
    ":root{color-scheme:light dark;--line:light-dark(oklch(0.9 0.006 85),oklch(0.33 0.014 248))}",
    "body{font:14px/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif;margin:0;",
    "background:light-dark(oklch(0.995 0.0015 85),oklch(0.213 0.013 248));color:light-dark(oklch(0.25 0.02 248),oklch(0.93 0.008 248))}",
    "main{max-width:56rem;margin:0 auto;padding:24px 16px 64px}p{max-width:44rem}",
    "h1{font-size:1.25rem;font-weight:600;margin:0 0 12px}h2{font-size:1rem;font-weight:600;margin:32px 0 8px;scroll-margin-top:16px}",
    "a{color:light-dark(oklch(0.45 0.12 248),oklch(0.78 0.1 240))}",
    "nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;padding:0;margin:16px 0}",
    "table{border-collapse:collapse;width:100%;table-layout:fixed}",
    "th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}",
    "th{font-size:0.75rem;font-weight:500}th:first-child{width:4.5rem}th:nth-child(2){width:46%}",
    "code{font:0.8125rem ui-monospace,\"SF Mono\",Menlo,Consolas,monospace;overflow-wrap:anywhere}",
    "@media(max-width:40rem){thead{display:none}tr{display:grid;grid-template-columns:4.5rem 1fr;padding:8px 0;border-bottom:1px solid var(--line)}",
    "td{border:0;padding:0}td:nth-child(3){grid-column:2}}",
    "</style></head><body><main><h1>Tombolo API</h1>",
    "<p>Send each request with <code>Authorization: Bearer TOKEN</code>; tokens are made on the page ",
    "<a href=\"/tokens\">API tokens</a>. Bodies and answers are JSON. A list comes in pages of up to ",
    "1,000; the <code>Link</code> header of an answer says where the next page is, and an empty list is answered with 204. Secrets ",
    "are shown as <code>******</code>; <code>******</code> sent back keeps them. A PUT replaces the whole resource. An account may ",
    "call 300 times a second, with bursts of 1,000. The same for programs: <a href=\"/v1/openapi.json\">/v1/openapi.json</a>.</p>",
);
