//! Response mapping: what a step's answer adds to the record that goes on.
//!
//! The syntax of version 1.0, on both sides dotted paths. A source that is not there changes nothing; what the record
//! has already stays unless a rule writes there.

use std::borrow::Cow;

use serde_json::Value;
use tombolo_model::{Problem, Record, Val, excerpt};

use crate::mapper::MapError;
use crate::path::{Segment, Wide, dotted};
use crate::room::Room;
use crate::rows::Rows;
use crate::target::Target;

/// Compiled rules of a step.
#[derive(Debug, Clone)]
pub(crate) struct ResponseMapping {
    fields: Vec<(Wide, Target)>,
    lists: Vec<List>,
}

#[derive(Debug, Clone)]
struct List {
    target: Target,
    fields: Vec<Target>,
    /// The columns as the answer of a lookup, and as that of an import has them.
    of_lookup: Rows,
    of_import: Rows,
}

/// What the answer of a lookup, and that of an import consists of. In a list other names are fields of its items.
const LOOKUP: [&str; 4] = ["data", "errors", "ignored", "statusCode"];
const IMPORT: [&str; 7] = ["id", "_json", "errors", "ignored", "statusCode", "dataURI", "headers"];

impl ResponseMapping {
    /// Compiles `{fields, lists}`, each a list or `{type: […]}`; nothing when there are no rules.
    pub(crate) fn compile(rules: &Value, place: &str) -> Result<Option<Self>, Vec<Problem>> {
        let mut problems = Vec::new();
        let fields = pairs(rules.get("fields"), &format!("{place}/fields"), &mut problems);
        let mut lists = Vec::new();
        for (here, row) in rows(rules.get("lists"), &format!("{place}/lists")) {
            match list(&here, row, &mut problems) {
                Ok(list) => lists.extend(list),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let fields = fields.into_iter().map(|(path, target)| (Wide::of(&path), target)).collect::<Vec<_>>();
        Ok((!fields.is_empty() || !lists.is_empty()).then_some(Self { fields, lists }))
    }

    /// Adds to the record what the answer has.
    ///
    /// # Errors
    ///
    /// When a value of the record is in the way of what is to be written inside it.
    pub(crate) fn apply(&self, into: &mut Val, from: &Val) -> Result<(), MapError> {
        let room = Room::default();
        for (path, target) in &self.fields {
            if let Some(value) = path.get(from) {
                target.copy(into, value, &room)?;
            }
        }
        self.lists.iter().try_for_each(|list| list.apply(into, from, &room))
    }
}

impl List {
    fn apply(&self, into: &mut Val, from: &Val, room: &Room) -> Result<(), MapError> {
        let is_lookup = matches!(from, Val::Map(answer) if answer.get("data").is_some());
        let rows = if is_lookup { &self.of_lookup } else { &self.of_import };
        let mut made = Vec::new();
        let there = rows.each(from, &mut |_, values| {
            let mut item = Val::Absent;
            for (target, value) in self.fields.iter().zip(values) {
                if let Some(value) = value {
                    target.copy(&mut item, Cow::Borrowed(value), room)?;
                }
            }
            made.push(item);
            Ok(())
        })?;
        if !there || made.iter().all(|item| matches!(item, Val::Absent)) && !made.is_empty() {
            return Ok(());
        }
        join(&self.target, into, made)
    }
}

/// Lays items over those of the list that is there, by their number.
fn join(target: &Target, into: &mut Val, made: Vec<Val>) -> Result<(), MapError> {
    let items = target.list(into)?;
    for (at, item) in made.into_iter().enumerate() {
        match (items.get_mut(at), item) {
            (Some(Val::Map(have)), Val::Map(more)) => lay_over(have, &more),
            (Some(_), Val::Absent) => {}
            (Some(have), item) => *have = item,
            (None, Val::Absent) => items.push(Val::Map(Record::default())),
            (None, item) => items.push(item),
        }
    }
    Ok(())
}

fn lay_over(have: &mut Record, more: &Record) {
    for (name, value) in more.iter() {
        match (have.field_mut(name), value) {
            (Val::Map(have), Val::Map(more)) => lay_over(have, more),
            (have, value) => *have = value.clone(),
        }
    }
}

/// The rows of a list that is written as one, or inside `type`, each with its place.
pub(crate) fn rows<'v>(value: Option<&'v Value>, place: &str) -> Vec<(String, &'v Value)> {
    let (list, place) = match value {
        Some(Value::Object(inside)) => (inside.get("type"), format!("{place}/type")),
        value => (value, place.to_owned()),
    };
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.enumerate().map(|(at, row)| (format!("{place}/{at}"), row)).collect()
}

/// Sources and targets. A row in which nothing was entered yet is none.
fn pairs(value: Option<&Value>, place: &str, problems: &mut Vec<Problem>) -> Vec<(Vec<Segment>, Target)> {
    let mut made = Vec::new();
    for (here, row) in rows(value, place) {
        let (extract, generate) = (text(row, "extract"), text(row, "generate"));
        let wrong = |field: &str, message: String| {
            let message = format!(
                "The response mapping “{extract}” → “{generate}” cannot run: {message}",
                extract = excerpt(&extract),
                generate = excerpt(&generate)
            );
            Problem::new(format!("{here}/{field}"), "invalid_mapping", message)
        };
        if extract.is_empty() && generate.is_empty() {
            continue;
        }
        if extract.contains("{{") {
            problems.push(wrong("extract", "it takes fields of the answer, and no templates.".to_owned()));
            continue;
        }
        match (source(extract), Target::compile(generate)) {
            (Ok(path), Ok(target)) => made.push((path, target)),
            (Err(message), _) => problems.push(wrong("extract", message)),
            (_, Err(message)) => problems.push(wrong("generate", message)),
        }
    }
    made
}

fn source(extract: &str) -> Result<Vec<Segment>, String> {
    if extract.is_empty() {
        return Err("enter the field of the answer.".to_owned());
    }
    dotted(extract).map_err(|error| format!("{error}."))
}

fn list(here: &str, row: &Value, problems: &mut Vec<Problem>) -> Result<Option<List>, Problem> {
    let wrong = |message: String| Problem::new(format!("{here}/generate"), "invalid_mapping", message);
    let name = text(row, "generate");
    let pairs = pairs(row.get("fields"), &format!("{here}/fields"), problems);
    if pairs.is_empty() {
        return Ok(None);
    }
    // `lines[*]` is another way to write that it is a list.
    let plain = name.strip_suffix("[*]").unwrap_or(name);
    let target = Target::compile(plain)
        .map_err(|message| wrong(format!("The list “{name}” cannot be mapped: {message}", name = excerpt(&name))))?;
    let (paths, fields): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let columns = |whole: &[&str], items: &str| {
        let paths: Vec<_> = paths.iter().map(|path| in_list(path, whole, items)).collect();
        Rows::compile(&paths)
            .map_err(|error| wrong(format!("The list “{name}” cannot be mapped: {error}.", name = excerpt(&name))))
    };
    let (of_lookup, of_import) = (columns(&LOOKUP, "data")?, columns(&IMPORT, "_json")?);
    Ok(Some(List { target, fields, of_lookup, of_import }))
}

/// A path that names no part of the answer begins at the items of its list.
fn in_list(path: &[Segment], whole: &[&str], items: &str) -> Vec<Segment> {
    match path.first() {
        Some(Segment::Name(name)) if !whole.contains(&&**name) => {
            let mut made = vec![Segment::Name(items.into()), Segment::Each];
            made.extend_from_slice(path);
            made
        }
        _ => path.to_vec(),
    }
}

fn text<'v>(row: &'v Value, field: &str) -> &'v str {
    row.get(field).and_then(Value::as_str).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mapped(rules: &Value, record: &Value, answer: &Value) -> Result<Value, String> {
        let mapping = ResponseMapping::compile(rules, "/responseMapping");
        let mapping = mapping.map_err(|problems| format!("{} {}", problems[0].path, problems[0].message))?;
        let mut record = Val::from(record);
        if let Some(mapping) = mapping {
            mapping.apply(&mut record, &Val::from(answer)).map_err(|error| error.to_string())?;
        }
        Ok(Value::from(&record))
    }

    #[test]
    fn an_answer_adds_fields_to_the_record() {
        let lookup = json!({"data": [{"id": 5, "tags": [{"t": "a"}, {"t": "b"}]}, {"id": 6, "n": null}], "errors": [], "statusCode": 200});
        for (fields, record, want) in [
            (json!([{"extract": "data[0].id", "generate": "c"}]), json!({"a": 1}), json!({"a": 1, "c": 5})),
            (
                json!([{"extract": "data.0.id", "generate": "a.b[1]"}]),
                json!({"a": {"x": 1}}),
                json!({"a": {"x": 1, "b": [null, 5]}}),
            ),
            (json!([{"extract": "data[*].id", "generate": "ids"}]), json!({}), json!({"ids": [5, 6]})),
            (
                json!([{"extract": "data[*].tags[*].t", "generate": "a.tags"}]),
                json!({}),
                json!({"a": {"tags": ["a", "b"]}}),
            ),
            (
                json!([{"extract": "data[*].id", "generate": "l[*].id"}]),
                json!({"l": [{"q": 1}]}),
                json!({"l": [{"q": 1, "id": 5}, {"id": 6}]}),
            ),
            (json!([{"extract": "data", "generate": "all"}]), json!({}), json!({"all": lookup["data"]})),
            (json!([{"extract": "statusCode", "generate": "a"}]), json!({"a": "old"}), json!({"a": 200})),
            // Nothing there changes nothing; null is there.
            (json!([{"extract": "data[2].id", "generate": "a"}]), json!({"a": 1}), json!({"a": 1})),
            (json!([{"extract": "data[1].n", "generate": "a"}]), json!({"a": 1}), json!({"a": null})),
            (json!([{"extract": "", "generate": ""}]), json!({"a": 1}), json!({"a": 1})),
        ] {
            assert_eq!(mapped(&json!({ "fields": fields }), &record, &lookup), Ok(want.clone()), "{fields}");
            assert_eq!(mapped(&json!({"fields": {"type": fields}}), &record, &lookup), Ok(want), "{fields}");
        }
    }

    #[test]
    fn an_answer_adds_lists_to_the_record() {
        let lookup = json!({"data": [{"id": 1, "sku": "x"}, {"id": 2}], "statusCode": 200});
        let import = json!({"id": "7", "statusCode": 201, "_json": [{"id": 3, "sku": "z"}]});
        let fields =
            json!([{"extract": "data[*].sku", "generate": "sku"}, {"extract": "statusCode", "generate": "is.at"}]);
        let sku = json!([{"extract": "data[*].sku", "generate": "sku"}]);
        let plain = json!([{"extract": "id", "generate": "i"}, {"extract": "sku", "generate": "s"}]);
        for (generate, fields, record, answer, want) in [
            (
                "lines",
                &fields,
                json!({}),
                &lookup,
                json!({"lines": [{"sku": "x", "is": {"at": 200}}, {"is": {"at": 200}}]}),
            ),
            (
                "o.lines[*]",
                &fields,
                json!({"o": {"lines": [{"sku": "old", "q": 1}, {"sku": "y", "is": {"b": 2}}, {"q": 3}]}}),
                &lookup,
                json!({"o": {"lines": [{"sku": "x", "q": 1, "is": {"at": 200}}, {"sku": "y", "is": {"b": 2, "at": 200}}, {"q": 3}]}}),
            ),
            // An item for which there is nothing stays.
            (
                "lines",
                &sku,
                json!({"lines": [{"q": 1}, {"q": 2}]}),
                &lookup,
                json!({"lines": [{"sku": "x", "q": 1}, {"q": 2}]}),
            ),
            ("lines", &plain, json!({}), &lookup, json!({"lines": [{"i": 1, "s": "x"}, {"i": 2}]})),
            // An import has an id of its own.
            ("lines", &plain, json!({}), &import, json!({"lines": [{"i": "7", "s": "z"}]})),
            ("lines", &fields, json!({}), &json!({"data": []}), json!({"lines": []})),
            ("lines", &fields, json!({"a": 1}), &json!({"errors": []}), json!({"a": 1})),
        ] {
            let rules = json!({"lists": [{"generate": generate, "fields": fields}]});
            assert_eq!(mapped(&rules, &record, answer), Ok(want), "{rules}");
        }
    }

    #[test]
    fn response_rules_that_cannot_run_are_named() {
        let field = |extract: &str, generate: &str| json!({"fields": [{"extract": extract, "generate": generate}]});
        for (rules, want) in [
            (field("data[", "a"), "/responseMapping/fields/0/extract"),
            (field("{{data.0.id}}", "a"), "no templates"),
            (field("data", ""), "/responseMapping/fields/0/generate"),
            (field("", "a"), "enter the field"),
            (
                json!({"lists": [{"generate": "", "fields": [{"extract": "a", "generate": "b"}]}]}),
                "/responseMapping/lists/0/generate",
            ),
        ] {
            let error = mapped(&rules, &json!({}), &json!({})).unwrap_err();
            assert!(error.contains(want), "{rules}: {error}");
        }
        let blocked = mapped(&field("data", "a.b"), &json!({"a": "text"}), &json!({"data": 1})).unwrap_err();
        assert!(blocked.contains("“a.b”") && blocked.contains("“a” is a text"), "{blocked}");
    }
}
