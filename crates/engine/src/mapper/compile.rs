//! Rules as they are written to rules as they run.

use std::sync::Arc;

use serde_json::Value;
use tombolo_model::{Keys, Problem, Val};
use tombolo_template::{Target, Template};

use super::convert::DataType;
use super::{From, Mapper, Rule};
use crate::path::Path;

impl Mapper {
    /// Compiles rules; nothing when there are none, which passes records on as they are.
    pub(crate) fn compile(rows: &[Value], place: &str) -> Result<Option<Self>, Vec<Problem>> {
        if rows.is_empty() {
            return Ok(None);
        }
        let mut problems = Vec::new();
        let mapper = object(rows, place, "", &mut problems);
        if problems.is_empty() { Ok(Some(mapper)) } else { Err(problems) }
    }
}

fn object(rows: &[Value], place: &str, outer: &str, problems: &mut Vec<Problem>) -> Mapper {
    let mut names: Vec<Box<str>> = Vec::new();
    let mut rules = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let here = format!("{place}/{index}");
        let name = text(row, "generate").unwrap_or_default();
        if names.iter().any(|have| **have == *name) {
            let message = format!("The field “{name}” is mapped twice: delete one of the rules.");
            problems.push(Problem::new(format!("{here}/generate"), "duplicate", message));
            continue;
        }
        let full = if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") };
        match rule(row, &here, &full, problems) {
            Ok(rule) => {
                names.push(name.into());
                rules.push(rule);
            }
            Err((field, message)) => {
                let message = format!("The field “{full}” cannot be mapped: {message}");
                problems.push(Problem::new(format!("{here}/{field}"), "invalid_mapping", message));
            }
        }
    }
    Mapper { keys: Arc::new(Keys::new(names)), rules }
}

fn rule(row: &Value, place: &str, name: &str, problems: &mut Vec<Problem>) -> Result<Rule, (&'static str, String)> {
    let kind = text(row, "dataType").unwrap_or("string");
    let to = DataType::named(kind).ok_or_else(|| ("dataType", format!("there is no data type “{kind}”.")))?;
    refuse_what_is_not_run(row)?;
    let below = row.get("mappings").and_then(Value::as_array).filter(|below| !below.is_empty());
    let from = match (below, text(row, "extract")) {
        (Some(below), _) if to == DataType::Object => {
            From::Object(object(below, &format!("{place}/mappings"), name, problems))
        }
        (_, Some(extract)) => source(extract).map_err(|message| ("extract", message))?,
        (_, None) => From::Nothing,
    };
    let default = match row.get("default") {
        None => None,
        Some(Value::Null) => Some(Val::Null),
        // An empty text is a value that a person chose, whatever the type.
        Some(Value::String(text)) if text.is_empty() => Some(Val::text("")),
        Some(value) => {
            let value = to.convert(&Val::from(value));
            Some(value.map_err(|reason| ("default", reason))?)
        }
    };
    let when = row.pointer("/conditional/when").and_then(Value::as_str);
    Ok(Rule { name: name.into(), from, to, default, only_with_value: when == Some("extract_not_empty") })
}

fn source(extract: &str) -> Result<From, String> {
    if extract == "$" || extract.starts_with("$.") || extract.starts_with("$[") {
        return Path::json(extract).map(From::Path).map_err(|error| format!("{error}."));
    }
    if extract.contains("{{") {
        let template = Template::compile(extract, Target::Html);
        return template.map(From::Template).map_err(|error| error.to_string());
    }
    Ok(From::Literal(Val::text(extract)))
}

/// Settings that would change the value and that this version does not run stop the run instead of being passed over.
fn refuse_what_is_not_run(row: &Value) -> Result<(), (&'static str, String)> {
    const FIELDS: [(&str, &str); 5] = [
        ("lookupName", "this version maps without lookups."),
        ("extractDateFormat", "this version maps dates as texts, without formats."),
        ("generateDateFormat", "this version maps dates as texts, without formats."),
        ("extractDateTimezone", "this version maps dates as texts, without time zones."),
        ("generateDateTimezone", "this version maps dates as texts, without time zones."),
    ];
    for (field, message) in FIELDS {
        if text(row, field).is_some() {
            return Err((field, message.to_owned()));
        }
    }
    if row.get("buildArrayHelper").and_then(Value::as_array).is_some_and(|helpers| !helpers.is_empty()) {
        return Err(("buildArrayHelper", "this version copies lists as they are and does not build them.".to_owned()));
    }
    match row.pointer("/conditional/when").and_then(Value::as_str) {
        None | Some("" | "extract_not_empty") => Ok(()),
        Some(other) => Err(("conditional", format!("this version does not know the condition “{other}”."))),
    }
}

fn text<'v>(row: &'v Value, field: &str) -> Option<&'v str> {
    row.get(field)?.as_str().filter(|text| !text.is_empty())
}
