//! Rules of version 1.0 as they are written to rules as they run.

use std::sync::Arc;

use serde_json::Value;
use tombolo_model::{Problem, Val, excerpt};
use tombolo_template::{Target as Escape, Template};

use super::field::{Field, From, When};
use super::{List, OldMapping};
use crate::lookup::{Lookup, Lookups};
use crate::mapper::Read;
use crate::mapper::convert::DataType;
use crate::mapper::dates::Dates;
use crate::path::{OldPath, Segment, dotted};
use crate::response_mapping::rows;
use crate::rows::Rows;
use crate::target::{Fields, Target};

/// A setting of a rule, and what is wrong with it.
type Wrong = (&'static str, String);

const CONDITIONS: [(&str, When); 6] = [
    ("record_created", When::Created),
    ("record_updated", When::Updated),
    ("extract_not_empty", When::HasValue),
    ("lookup_not_empty", When::LookupFound),
    ("lookup_empty", When::LookupEmpty),
    ("ignore_if_set", When::NotSet),
];

impl OldMapping {
    /// Compiles `{fields, lists}`; nothing when there are no rules.
    pub(crate) fn compile(mapping: &Value, place: &str, lookups: &Lookups) -> Result<Option<Self>, Vec<Problem>> {
        let mut compiler = Compiler { lookups, problems: Vec::new() };
        let fields = compiler.fields(mapping.get("fields"), &format!("{place}/fields"));
        let fields: Vec<Field> = fields.into_iter().map(|(field, _)| field).collect();
        let lists: Vec<List> = rows(mapping.get("lists"), &format!("{place}/lists"))
            .iter()
            .filter_map(|(here, row)| compiler.list(here, row))
            .collect();
        let problems = compiler.problems;
        if !problems.is_empty() {
            return Err(problems);
        }
        let lookups = Arc::new(lookups.clone());
        let shape = Fields::of(fields.iter().map(|field| &field.target).chain(lists.iter().map(|list| &list.target)));
        Ok((!fields.is_empty() || !lists.is_empty()).then_some(Self { fields, lists, shape, lookups }))
    }
}

struct Compiler<'l> {
    lookups: &'l Lookups,
    problems: Vec<Problem>,
}

impl Compiler<'_> {
    /// The rules of a record or of a list, each with the path that it takes.
    fn fields(&mut self, value: Option<&Value>, place: &str) -> Vec<(Field, Vec<Segment>)> {
        let mut fields = Vec::new();
        for (here, row) in rows(value, place) {
            let is_blank = ["extract", "generate", "hardCodedValue"].iter().all(|field| text(row, field).is_none());
            if is_blank {
                continue;
            }
            match self.field(row) {
                Ok(field) => fields.push(field),
                Err((setting, message)) => {
                    let name = text(row, "generate").unwrap_or_default();
                    let message = format!("The field “{name}” cannot be mapped: {message}", name = excerpt(&name));
                    self.problems.push(Problem::new(format!("{here}/{setting}"), "invalid_mapping", message));
                }
            }
        }
        fields
    }

    fn field(&self, row: &Value) -> Result<(Field, Vec<Segment>), Wrong> {
        if row.get("subRecordMapping").is_some_and(|value| value.as_object().is_some_and(|fields| !fields.is_empty())) {
            return Err(("subRecordMapping", "records inside fields are not for this destination.".to_owned()));
        }
        let target = Target::compile(text(row, "generate").unwrap_or_default());
        let target = target.map_err(|message| ("generate", message))?;
        let (from, path) = Self::source(row)?;
        let dates = Dates::compile(row)?;
        let kind = text(row, "dataType");
        let to = match kind {
            None | Some("date") => dates.is_some().then_some(DataType::Text),
            Some(kind) => Some(
                DataType::named(kind)
                    .ok_or_else(|| ("dataType", format!("there is no data type “{kind}”.", kind = excerpt(&kind))))?,
            ),
        };
        if dates.is_some() && to != Some(DataType::Text) {
            return Err(("dataType", "a date is a text: choose the type string.".to_owned()));
        }
        let when = match row.pointer("/conditional/when").and_then(Value::as_str) {
            None | Some("") => When::Always,
            Some(wanted) => {
                let found = CONDITIONS.iter().find(|(name, _)| *name == wanted).map(|(_, when)| *when);
                let unknown = || {
                    (
                        "conditional",
                        format!("this version does not know the condition “{wanted}”.", wanted = excerpt(&wanted)),
                    )
                };
                found.ok_or_else(unknown)?
            }
        };
        let lookup = self.lookup(text(row, "lookupName"), "lookupName")?;
        let asked = row.pointer("/conditional/lookupName").and_then(Value::as_str).filter(|name| !name.is_empty());
        let asked = self.lookup(asked, "conditional/lookupName")?;
        let flag = |field: &str| row.get(field).and_then(Value::as_bool) == Some(true);
        let field = Field {
            target,
            from,
            when,
            asked,
            lookup,
            dates,
            to,
            default: default(row, to)?,
            discard_if_empty: flag("discardIfEmpty"),
            immutable: flag("immutable"),
        };
        Ok((field, path))
    }

    fn source(row: &Value) -> Result<(From, Vec<Segment>), Wrong> {
        if let Some(value) = row.get("hardCodedValue") {
            return Ok((From::HardCoded(Val::from(value)), Vec::new()));
        }
        let Some(extract) = text(row, "extract") else { return Ok((From::Nothing, Vec::new())) };
        if extract.contains("{{") {
            let template = Template::compile(extract, Escape::Html).map_err(|error| ("extract", error.to_string()))?;
            let read = Read::new(&template, extract);
            return Ok((From::Template(template, read), Vec::new()));
        }
        let path = OldPath::compile(extract).map_err(|error| ("extract", format!("{error}.")))?;
        let segments = path.segments().to_vec();
        Ok((From::Path(path), segments))
    }

    fn lookup(&self, wanted: Option<&str>, place: &'static str) -> Result<Option<Lookup>, Wrong> {
        let Some(wanted) = wanted else { return Ok(None) };
        let found = self
            .lookups
            .named(wanted)
            .ok_or_else(|| (place, format!("there is no lookup “{wanted}”.", wanted = excerpt(&wanted))))?;
        Ok(Some(found.clone()))
    }

    fn list(&mut self, here: &str, row: &Value) -> Option<List> {
        let fields = self.fields(row.get("fields"), &format!("{here}/fields"));
        if fields.is_empty() {
            return None;
        }
        let name = text(row, "generate").unwrap_or_default();
        let made = || -> Result<(Target, Rows), Wrong> {
            let target = Target::compile(name.strip_suffix("[*]").unwrap_or(name));
            let target = target.map_err(|message| ("generate", message))?;
            let over = text(row, "jsonPath").map(list_path).transpose()?;
            let paths: Vec<_> = fields.iter().map(|(_, path)| in_list(path, over.as_deref())).collect();
            let rows = match &over {
                Some(over) => Rows::over(Some(over), &paths),
                None => Rows::compile(&paths),
            };
            Ok((target, rows.map_err(|error| ("jsonPath", format!("{error}.")))?))
        };
        match made() {
            Ok((target, rows)) => {
                let column = |(field, _): (Field, _)| match field.from {
                    From::Path(_) => Field { from: From::Column, ..field },
                    _ => field,
                };
                let fields: Vec<Field> = fields.into_iter().map(column).collect();
                let template = |field: &Field| match &field.from {
                    From::Template(_, read) => Some(read.clone()),
                    _ => None,
                };
                let templates = fields.iter().filter_map(template).collect();
                let shape = Fields::of(fields.iter().map(|field| &field.target));
                Some(List { target, rows, fields, templates, shape })
            }
            Err((setting, message)) => {
                let message = format!("The list “{name}” cannot be mapped: {message}", name = excerpt(&name));
                self.problems.push(Problem::new(format!("{here}/{setting}"), "invalid_mapping", message));
                None
            }
        }
    }
}

/// The list that is gone through; it need not end with `[*]`.
fn list_path(text: &str) -> Result<Vec<Segment>, Wrong> {
    let mut path = dotted(text).map_err(|error| ("jsonPath", format!("{error}.")))?;
    if path.last() != Some(&Segment::Each) {
        path.push(Segment::Each);
    }
    Ok(path)
}

/// A path that does not begin at the list that is named is one of its items.
fn in_list(path: &[Segment], over: Option<&[Segment]>) -> Vec<Segment> {
    let Some(over) = over else { return path.to_vec() };
    let names =
        |path: &[Segment]| path.iter().filter(|segment| **segment != Segment::Each).cloned().collect::<Vec<_>>();
    if path.is_empty() || names(path).starts_with(&names(over)) || path.contains(&Segment::Each) {
        return path.to_vec();
    }
    over.iter().chain(path).cloned().collect()
}

fn default(row: &Value, to: Option<DataType>) -> Result<Option<Val>, Wrong> {
    match row.get("default") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(Val::Null)),
        Some(Value::String(text)) if text.is_empty() => Ok(Some(Val::text(""))),
        Some(value) => {
            let value = Val::from(value);
            to.map_or(Ok(value.clone()), |to| to.convert(&value)).map(Some).map_err(|reason| ("default", reason))
        }
    }
}

fn text<'v>(row: &'v Value, field: &str) -> Option<&'v str> {
    row.get(field)?.as_str().filter(|text| !text.is_empty())
}
