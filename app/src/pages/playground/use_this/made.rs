//! What the rules of an editor become in a resource: the fields that are written, and what is in them.

#![expect(clippy::unnecessary_wraps, reason = "all of them are of the type that the table of targets has")]

use serde_json::{Map, Value, json};

use super::super::inside::graphql;
use crate::components::editor::{Editor, Saved, header_rows};

/// A field of the resource, and what is written there; nothing takes it away.
pub(super) type Part = (&'static str, Option<Value>);

/// What is made into fields of a resource.
pub(super) struct Made<'a> {
    pub(super) editor: &'static Editor,
    pub(super) saved: &'a Saved,
    /// What the person called it, where the target asks for that.
    pub(super) name: &'a str,
    /// The resource as it is.
    pub(super) now: &'a Value,
}

impl Made<'_> {
    pub(super) fn now(&self, path: &str) -> Value {
        self.now.pointer(path).cloned().unwrap_or_default()
    }

    pub(super) fn text(&self) -> Value {
        self.saved.rules.clone().into()
    }

    pub(super) fn json(&self) -> Result<Value, String> {
        serde_json::from_str(&self.saved.rules).map_err(|_| "The rules are not JSON. Mend them first.".to_owned())
    }

    fn option(&self, name: &str) -> Option<Value> {
        self.saved.options.get(name).filter(|value| !value.is_null() && **value != json!("")).cloned()
    }

    /// The text at a path, or, of a list with a text for each operation, the first.
    pub(super) fn first(&self, path: &str, text: Value) -> Value {
        match self.now(path) {
            Value::Array(mut items) => {
                if items.is_empty() {
                    items.push(text);
                } else {
                    items[0] = text;
                }
                items.into()
            }
            _ => json!([text]),
        }
    }
}

pub(super) fn one(path: &'static str, value: Value) -> Result<Vec<Part>, String> {
    Ok(vec![(path, Some(value))])
}

pub(super) fn mappings(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let rules = made.json()?;
    let rows = rules.get("mappings").unwrap_or(&rules);
    if rows.is_array() {
        one("/mappings", rows.clone())
    } else {
        Err("The rules are no list of mappings. Mend them first.".to_owned())
    }
}

/// The rules themselves, however much of what is around them was written too.
fn inner(rules: &Value, name: &str) -> Value {
    let inner = rules.pointer(&format!("/expression/{name}")).or_else(|| rules.get(name));
    inner.unwrap_or(rules).clone()
}

pub(super) fn filter(made: &Made<'_>) -> Result<Value, String> {
    let rules = inner(&made.json()?, "rules");
    Ok(json!({"type": "expression", "version": "1", "expression": {"version": "1", "rules": rules}, "rules": rules}))
}

pub(super) fn transform(made: &Made<'_>, version: &str, name: &str) -> Result<Value, String> {
    let rules = inner(&made.json()?, name);
    Ok(json!({"type": "expression", "expression": {"version": version, name: rules}}))
}

pub(super) fn settings_form(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let rules = made.json()?;
    one("/settingsForm/form", rules.get("form").unwrap_or(&rules).clone())
}

pub(super) fn schedule(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let mut parts = one("/schedule", made.text())?;
    parts.extend(made.option("timezone").map(|zone| ("/timezone", Some(zone))));
    Ok(parts)
}

pub(super) fn body_of_import(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let media = if made.editor.slug == "xml-body" { "xml" } else { "json" };
    Ok(vec![
        ("/http/body", Some(made.first("/http/body", made.text()))),
        ("/http/requestMediaType", Some(media.into())),
    ])
}

pub(super) fn body_of_export(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let media = if made.editor.slug == "xml-body" { "xml" } else { "json" };
    let mut parts = with_method(made);
    parts.extend([("/http/body", Some(made.text())), ("/http/requestMediaType", Some(media.into()))]);
    Ok(parts)
}

/// A request that has a body is no GET.
fn with_method(made: &Made<'_>) -> Vec<Part> {
    match made.now("/http/method").as_str() {
        None | Some("" | "GET") => vec![("/http/method", Some("POST".into()))],
        Some(_) => Vec::new(),
    }
}

fn graphql_text(made: &Made<'_>) -> Value {
    let option = |name: &str| match made.option(name) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let body = graphql::Body {
        query: made.saved.rules.clone(),
        variables: option("variables"),
        operation: option("operationName"),
    };
    body.written().into()
}

pub(super) fn graphql_of_import(made: &Made<'_>) -> Result<Vec<Part>, String> {
    Ok(vec![
        ("/http/body", Some(made.first("/http/body", graphql_text(made)))),
        ("/http/requestMediaType", Some("json".into())),
        ("/http/formType", Some("graph_ql".into())),
    ])
}

pub(super) fn graphql_of_export(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let mut parts = with_method(made);
    parts.extend([("/http/body", Some(graphql_text(made))), ("/http/requestMediaType", Some("json".into()))]);
    Ok(parts)
}

pub(super) fn header(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let name = made.name.trim();
    if name.is_empty() {
        return Err("Enter the name of the header that has this value.".to_owned());
    }
    let mut headers = made.now("/http/headers").as_array().cloned().unwrap_or_default();
    let new = json!({"name": name, "value": made.text()});
    let same = |have: &Value| have["name"].as_str().is_some_and(|have| have.eq_ignore_ascii_case(name));
    match headers.iter_mut().find(|have| same(have)) {
        Some(have) => have["value"] = made.text(),
        None => headers.push(new),
    }
    one("/http/headers", headers.into())
}

fn headers(made: &Made<'_>) -> Option<Value> {
    made.option("headers").map(|lines| header_rows(&lines))
}

pub(super) fn request_of_export(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let body = Some(made.text()).filter(|text| *text != json!(""));
    Ok(vec![
        ("/http/method", Some(made.option("method").unwrap_or_else(|| "GET".into()))),
        ("/http/relativeURI", Some(made.option("relativeURI").unwrap_or_else(|| "".into()))),
        ("/http/headers", headers(made)),
        ("/http/body", body),
    ])
}

pub(super) fn request_of_import(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let text = |name: &str, usual: &str| made.option(name).unwrap_or_else(|| usual.into());
    let of = |path: &'static str, value: Value| (path, Some(made.first(path, value)));
    Ok(vec![
        of("/http/method", text("method", "GET")),
        of("/http/relativeURI", text("relativeURI", "")),
        ("/http/headers", headers(made)),
        of("/http/body", made.text()),
    ])
}

/// Where a resource of this application has its statement.
pub(super) fn database(made: &Made<'_>, rdbms: &'static str, jdbc: &'static str) -> &'static str {
    let is_jdbc = made.now("/adaptorType").as_str().is_some_and(|adaptor| adaptor.starts_with("JDBC"));
    if is_jdbc { jdbc } else { rdbms }
}

pub(super) fn statement_of_import(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let path = database(made, "/rdbms/query", "/jdbc/query");
    one(path, made.first(path, made.text()))
}

/// Tables take the place of those of the same name; the others stay.
pub(super) fn lookups(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let rules = made.json()?;
    let new = rules.get("lookups").and_then(Value::as_array).filter(|new| !new.is_empty());
    let Some(new) = new else { return Err("The rules have no tables (“lookups”). Write one first.".to_owned()) };
    let mut all = made.now("/lookups").as_array().cloned().unwrap_or_default();
    all.retain(|have| !new.iter().any(|new| new["name"] == have["name"]));
    all.extend(new.iter().cloned());
    one("/lookups", all.into())
}

pub(super) fn sorted(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let rules = made.json()?;
    let of = |name: &str| rules.get(name).filter(|value| !value.is_null()).cloned();
    Ok(vec![("/file/sortByFields", of("sortByFields")), ("/file/groupByFields", of("groupByFields"))])
}

/// How a file is read or written: its type, and the options that it has a place for.
pub(super) fn file(made: &Made<'_>, kind: &'static str) -> Result<Vec<Part>, String> {
    let path = match kind {
        "csv" => "/file/csv",
        "json" => "/file/json",
        "xml" => "/file/xml",
        _ => "/file/xlsx",
    };
    let mut options = made.now(path).as_object().cloned().unwrap_or_else(Map::new);
    for name in made.editor.options.iter().map(|field| field.name) {
        match made.option(name) {
            Some(value) => drop(options.insert(name.to_owned(), value)),
            None => drop(options.shift_remove(name)),
        }
    }
    Ok(vec![("/file/type", Some(kind.into())), (path, Some(options.into()))])
}

/// What an API asks and answers; one that a script answered is built of rules from then on.
pub(super) fn builder(made: &Made<'_>) -> Result<Vec<Part>, String> {
    let rules = made.json()?;
    let builder = rules.get("builder").unwrap_or(&rules);
    let of = |name: &str| builder.get(name).filter(|value| !value.is_null()).cloned();
    match (of("request"), of("responses")) {
        (Some(request), Some(responses)) => Ok(vec![
            ("/type", Some("builder".into())),
            ("/builder/request", Some(request)),
            ("/builder/responses", Some(responses)),
        ]),
        _ => Err("The rules have no “request” or no “responses”. Write them first.".to_owned()),
    }
}

pub(super) fn definition(made: &Made<'_>) -> Result<Vec<Part>, String> {
    const FIELDS: [(&str, &str); 5] = [
        ("version", "/version"),
        ("format", "/format"),
        ("delimited", "/delimited"),
        ("fixed", "/fixed"),
        ("rules", "/rules"),
    ];
    let rules = made.json()?;
    if !rules.get("rules").is_some_and(Value::is_array) {
        return Err("The file definition has no rules. Write them first.".to_owned());
    }
    let of = |name: &str| rules.get(name).filter(|value| !value.is_null()).cloned();
    Ok(FIELDS.iter().map(|(name, path)| (*path, of(name))).collect())
}
