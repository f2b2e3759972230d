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
        let mapper = object(&placed(rows, place), "", &mut problems);
        if problems.is_empty() { Ok(Some(mapper)) } else { Err(problems) }
    }
}

/// A row and where it stands.
type Placed<'v> = (String, &'v Value);

fn placed<'v>(rows: &'v [Value], place: &str) -> Vec<Placed<'v>> {
    rows.iter().enumerate().map(|(index, row)| (format!("{place}/{index}"), row)).collect()
}

/// Rows of one object, each with the rows inside it.
///
/// Two people who each put a field into an object that was not there made it twice: it is one, with both fields.
fn joined<'v>(rows: &[Placed<'v>]) -> Vec<(Placed<'v>, Vec<Placed<'v>>)> {
    let mut joined: Vec<(Placed<'v>, Vec<Placed<'v>>)> = Vec::new();
    for (place, row) in rows {
        let below = below(row).map_or_else(Vec::new, |below| placed(below, &format!("{place}/mappings")));
        let same = |first: &&mut (Placed<'v>, Vec<Placed<'v>>)| {
            !below.is_empty()
                && !first.1.is_empty()
                && is_plain(first.0.1)
                && is_plain(row)
                && text(first.0.1, "generate") == text(row, "generate")
        };
        match joined.iter_mut().find(same) {
            Some(first) => first.1.extend(below),
            None => joined.push(((place.clone(), row), below)),
        }
    }
    joined
}

/// The rows inside an object's row.
fn below(row: &Value) -> Option<&Vec<Value>> {
    row.get("mappings")?.as_array().filter(|_| text(row, "dataType") == Some("object"))
}

/// An object's row that says nothing but which rows are inside it.
fn is_plain(row: &Value) -> bool {
    row.get("default").is_none() && row.pointer("/conditional/when").is_none_or(|when| when == "")
}

fn object(rows: &[Placed], outer: &str, problems: &mut Vec<Problem>) -> Mapper {
    let mut names: Vec<Box<str>> = Vec::new();
    let mut rules = Vec::new();
    for ((here, row), below) in joined(rows) {
        let name = text(row, "generate").unwrap_or_default();
        if names.iter().any(|have| **have == *name) {
            let message = format!("The field “{name}” is mapped twice: delete one of the rules.");
            problems.push(Problem::new(format!("{here}/generate"), "duplicate", message));
            continue;
        }
        let full = if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") };
        match rule(row, &below, &full, problems) {
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

fn rule(
    row: &Value,
    below: &[Placed],
    name: &str,
    problems: &mut Vec<Problem>,
) -> Result<Rule, (&'static str, String)> {
    let kind = text(row, "dataType").unwrap_or("string");
    let to = DataType::named(kind).ok_or_else(|| ("dataType", format!("there is no data type “{kind}”.")))?;
    refuse_what_is_not_run(row)?;
    let from = match text(row, "extract") {
        _ if !below.is_empty() => From::Object(object(below, name, problems)),
        Some(extract) => source(extract).map_err(|message| ("extract", message))?,
        None => From::Nothing,
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
