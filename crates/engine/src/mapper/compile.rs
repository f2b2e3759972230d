//! Rules as they are written to rules as they run.

use std::sync::Arc;

use serde_json::{Value, json};
use tombolo_model::{Keys, Problem, Val, excerpt};
use tombolo_template::{Target, Template};

use super::convert::DataType;
use super::dates::Dates;
use super::items::{Key, Many, begin};
use super::list::{Build, Entry, Over, Seen};
use super::{At, From, Mapper, Object, Output, Read, Rule, When, Without};
use crate::json_path::JsonPath;
use crate::lookup::{Lookup, Lookups};
use crate::path::{Path, Segment, segments};

impl Mapper {
    /// Compiles rules; nothing when there are none, which passes records on as they are. Where there are some and none is
    /// active, that would send what nobody chose.
    ///
    /// One list without a name makes rows instead of a record.
    pub(crate) fn compile(rows: &[Value], place: &str, lookups: &Lookups) -> Result<Option<Self>, Vec<Problem>> {
        if rows.is_empty() {
            return Ok(None);
        }
        let rows = placed(rows, place);
        if rows.is_empty() {
            let message = "No rule of the mapping is active, and without one all that comes in would go on: switch one on, or delete them all.";
            return Err(vec![Problem::new(place, "no_active_rule", message)]);
        }
        let mut compiler = Compiler { lookups, keys: vec![Key::new()], templates: Vec::new(), problems: Vec::new() };
        let output = match rows.as_slice() {
            [(here, row)] if is_rows(row) => {
                compiler.named_rule(here, row, &[], "rows").map(|rule| Output::Rows(Box::new(rule)))
            }
            rows => Some(Output::Record(compiler.object(rows, ""))),
        };
        let Compiler { problems, .. } = compiler;
        match output {
            Some(output) if problems.is_empty() => {
                let lookups = Arc::new(lookups.clone());
                Ok(Some(Self { output, envelope: false, lookups }))
            }
            _ => Err(problems),
        }
    }
}

/// A list that has no name, where a record has its fields.
fn is_rows(row: &Value) -> bool {
    text(row, "generate").is_none()
        && text(row, "dataType").and_then(DataType::named).is_some_and(|kind| kind.item().is_some())
}

/// Rules that are not active are drafts.
pub(crate) fn is_active(row: &Value) -> bool {
    text(row, "status").is_none_or(|status| status == "Active")
}

/// What is known where a rule stands.
struct Compiler<'l> {
    lookups: &'l Lookups,
    /// Where the items around the rule are; the first is the record.
    keys: Vec<Key>,
    /// The templates so far that see the items around them.
    templates: Vec<Read>,
    problems: Vec<Problem>,
}

/// A field of a rule, and what is wrong with it.
type Wrong = (&'static str, String);

/// A row and where it stands.
type Placed<'v> = (String, &'v Value);

/// The rows that are active, wherever they stand.
fn placed<'v>(rows: &'v [Value], place: &str) -> Vec<Placed<'v>> {
    let rows = rows.iter().enumerate().filter(|(_, row)| is_active(row));
    rows.map(|(index, row)| (format!("{place}/{index}"), row)).collect()
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
    row.get("default").is_none()
        && text(row, "extract").is_none()
        && row.pointer("/conditional/when").is_none_or(|when| when == "")
}

impl Compiler<'_> {
    fn object(&mut self, rows: &[Placed], outer: &str) -> Object {
        let mut names: Vec<Box<str>> = Vec::new();
        let mut rules: Vec<Rule> = Vec::new();
        for ((here, row), below) in joined(rows) {
            let name = text(row, "generate").unwrap_or_default();
            if name.is_empty() {
                let message = "A rule has no name: enter the field that it makes.";
                self.problems.push(Problem::new(format!("{here}/generate"), "invalid_mapping", message));
                continue;
            }
            let same = names.iter().position(|have| **have == *name);
            if same.is_some_and(|at| !rules[at].leaves_room()) {
                let message =
                    format!("The field “{name}” is mapped twice: delete one of the rules.", name = excerpt(&name));
                self.problems.push(Problem::new(format!("{here}/generate"), "duplicate", message));
                continue;
            }
            let Some(rule) = self.named_rule(&here, row, &below, &inside(outer, name)) else { continue };
            match same {
                Some(at) => rules[at].others.push(rule),
                None => {
                    names.push(name.into());
                    rules.push(rule);
                }
            }
        }
        Object { keys: Arc::new(Keys::new(names)), rules }
    }

    /// A rule; what is wrong with it is noted.
    fn named_rule(&mut self, here: &str, row: &Value, below: &[Placed], name: &str) -> Option<Rule> {
        match self.rule(here, row, below, name) {
            Ok(rule) => Some(rule),
            Err((field, message)) => {
                let message = format!("The field “{name}” cannot be mapped: {message}", name = excerpt(&name));
                self.problems.push(Problem::new(format!("{here}/{field}"), "invalid_mapping", message));
                None
            }
        }
    }

    fn rule(&mut self, here: &str, row: &Value, below: &[Placed], name: &str) -> Result<Rule, Wrong> {
        let kind = text(row, "dataType").unwrap_or("string");
        let to = DataType::named(kind)
            .ok_or_else(|| ("dataType", format!("there is no data type “{kind}”.", kind = excerpt(&kind))))?;
        let when = condition(row)?;
        let dates = Dates::compile(row)?;
        if dates.is_some() && !matches!(to, DataType::Text | DataType::Texts) {
            return Err(("dataType", "a date is a text: choose the type string.".to_owned()));
        }
        let lookup = text(row, "lookupName").map(|wanted| self.lookup(wanted)).transpose()?;
        let keys = self.keys.len();
        if row.get("buildArrayHelper").is_some_and(|helpers| !helpers.is_array() && !helpers.is_null()) {
            return Err(("buildArrayHelper", "its entries are no list.".to_owned()));
        }
        let helpers = row.get("buildArrayHelper").and_then(Value::as_array).filter(|helpers| !helpers.is_empty());
        let from = match (helpers, to.item(), text(row, "extract")) {
            (Some(_), None, _) => {
                let message = format!("only a list is built of entries, and “{kind}” is none.", kind = excerpt(&kind));
                return Err(("buildArrayHelper", message));
            }
            (Some(helpers), Some(item), _) => self.list(&format!("{here}/buildArrayHelper"), helpers, item, name),
            (None, _, extract) if !below.is_empty() => {
                let base =
                    extract.map(|extract| self.at(extract)).transpose().map_err(|message| ("extract", message))?;
                From::Object(base, self.object(below, name))
            }
            // `$.items[*].sku` is a list that is built of one entry.
            (None, Some(item), Some(extract)) if is_path(extract) && is_many(extract) => {
                let helper = json!({ "extract": extract });
                let entry = self.entry(here, &helper, item, name)?;
                self.keys.truncate(keys);
                From::List(vec![entry])
            }
            (None, _, Some(extract)) => self.source(extract).map_err(|message| ("extract", message))?,
            (None, _, None) => From::Nothing,
        };
        let without = self.without(row, to)?;
        Ok(Rule { name: name.into(), when, from, dates, lookup, to, without, others: Vec::new() })
    }

    fn lookup(&mut self, wanted: &str) -> Result<Lookup, Wrong> {
        let found = self.lookups.named(wanted);
        let lookup = found
            .ok_or_else(|| ("lookupName", format!("there is no lookup “{wanted}”.", wanted = excerpt(&wanted))))?;
        self.templates.extend_from_slice(lookup.reads());
        Ok(lookup.clone())
    }

    fn without(&mut self, row: &Value, to: DataType) -> Result<Without, Wrong> {
        if row.get("discardIfEmpty").and_then(Value::as_bool) == Some(true) {
            // Inside a list it is the item that is left out.
            return Ok(Without::Discard);
        }
        Ok(default(row, to)?.map_or(Without::Nothing, Without::Value))
    }

    fn list(&mut self, here: &str, helpers: &[Value], item: DataType, name: &str) -> From {
        let mut entries = Vec::new();
        for (at, helper) in helpers.iter().enumerate() {
            let here = format!("{here}/{at}");
            let (keys, templates) = (self.keys.len(), std::mem::take(&mut self.templates));
            match self.entry(&here, helper, item, name) {
                Ok(entry) => entries.push(entry),
                Err((field, message)) => {
                    let message = format!("The list “{name}” cannot be built: {message}", name = excerpt(&name));
                    self.problems.push(Problem::new(format!("{here}/{field}"), "invalid_mapping", message));
                }
            }
            self.keys.truncate(keys);
            let inside = std::mem::replace(&mut self.templates, templates);
            self.templates.extend(inside);
        }
        From::List(entries)
    }

    fn entry(&mut self, here: &str, helper: &Value, item: DataType, name: &str) -> Result<Entry, Wrong> {
        let when = condition(helper)?;
        if !matches!(when, When::Always | When::HasValue) {
            return Err(("conditional", "this condition is one of fields, not of the entries of a list.".to_owned()));
        }
        let over = match text(helper, "extract") {
            None => Over::Once,
            Some(extract) if is_path(extract) && segments(extract).is_err() => {
                self.query(extract, helper).map_err(|message| ("extract", message))?
            }
            Some(extract) if is_path(extract) => {
                let path = segments(extract).and_then(|path| Many::compile(extract, path, &mut self.keys));
                Over::Values(path.map_err(|error| ("extract", format!("{error}.")))?)
            }
            Some(extract) => match self.source(extract).map_err(|message| ("extract", message))? {
                From::Template(template) => Over::Template(template),
                _ => Over::Literal(Val::text(extract)),
            },
        };
        let outside = std::mem::take(&mut self.templates);
        let rows = helper.get("mappings").and_then(Value::as_array).filter(|rows| !rows.is_empty());
        let build = match (rows, item) {
            (None, _) if matches!(over, Over::Once) => {
                return Err(("extract", "the entry has neither a source nor fields.".to_owned()));
            }
            (None, item) => Build::Same(item),
            (Some(rows), DataType::Object) => {
                Build::Object(self.object(&placed(rows, &format!("{here}/mappings")), name))
            }
            (Some(rows), DataType::List) => Build::Lists(self.lists(&placed(rows, &format!("{here}/mappings")), name)),
            (Some(_), _) => return Err(("mappings", "only lists of objects and of lists have fields.".to_owned())),
        };
        let inside = std::mem::replace(&mut self.templates, outside);
        // Around everything there is the record alone, which templates see as it is.
        let seen = if self.keys.len() > 1 && !inside.is_empty() {
            Some(Seen { keys: self.keys.clone().into(), templates: inside.into() })
        } else {
            self.templates.extend(inside);
            None
        };
        let default = default(helper, item)?.filter(|_| when != When::HasValue);
        Ok(Entry { over, build, default, seen })
    }

    /// The lists inside a list; they have no names.
    fn lists(&mut self, rows: &[Placed], name: &str) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (here, row) in rows {
            if text(row, "dataType").and_then(DataType::named).is_none_or(|kind| kind.item().is_none()) {
                let message = format!(
                    "The list “{name}” cannot be built: what is in it has to be a list.",
                    name = excerpt(&name)
                );
                self.problems.push(Problem::new(format!("{here}/dataType"), "invalid_mapping", message));
                continue;
            }
            rules.extend(self.named_rule(here, row, &[], name));
        }
        rules
    }

    fn source(&mut self, extract: &str) -> Result<From, String> {
        if is_path(extract) {
            // What is not a path of ours may be one of RFC 9535.
            return match (segments(extract), JsonPath::compile(extract)) {
                (Err(_), Ok(path)) => Ok(From::Query(path, self.keys.clone().into())),
                (Err(_), Err(error)) => Err(format!("{error}.")),
                _ => self.at(extract).map(From::Path),
            };
        }
        if extract.contains("{{") {
            let template = Template::compile(extract, Target::Html);
            // A template may name any of them.
            let template = template.map_err(|error| error.to_string())?;
            self.templates.push(Read::new(&template, extract));
            if template.calls("lookup") {
                self.templates.extend(self.lookups.reads().cloned());
            }
            return Ok(From::Template(template));
        }
        Ok(From::Literal(Val::text(extract)))
    }

    /// A path that an entry of a list goes over. For its fields the items on the way are known by their names.
    fn query(&mut self, extract: &str, helper: &Value) -> Result<Over, String> {
        let path = JsonPath::compile(extract).map_err(|error| format!("{error}."))?;
        let keys = self.keys.clone().into();
        if helper.get("mappings").and_then(Value::as_array).is_some_and(|rows| !rows.is_empty()) {
            if self.keys.len() > 1 {
                return Err("inside a list go through another one by [*], not by a filter.".to_owned());
            }
            let names = path.names();
            self.keys.extend(names.ok_or("fields are made of one list: name it, and filter it by [?…].".to_owned())?);
        }
        Ok(Over::Query(path, keys))
    }

    fn at(&self, extract: &str) -> Result<At, String> {
        let path = segments(extract).map_err(|error| format!("{error}."))?;
        let (item, rest) = begin(&self.keys, path);
        let path = Path::one(rest, extract).map_err(|error| format!("{error}."))?;
        Ok(At { item, path })
    }
}

fn inside(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

fn is_path(extract: &str) -> bool {
    extract == "$" || extract.starts_with("$.") || extract.starts_with("$[")
}

/// Whether a path of ours goes through a list.
fn is_many(extract: &str) -> bool {
    segments(extract).is_ok_and(|path| path.contains(&Segment::Each))
}

fn default(row: &Value, to: DataType) -> Result<Option<Val>, Wrong> {
    match row.get("default") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(Val::Null)),
        // An empty text is a value that a person chose, whatever the type.
        Some(Value::String(text)) if text.is_empty() => Ok(Some(Val::text(""))),
        Some(value) => to.convert(&Val::from(value)).map(Some).map_err(|reason| ("default", reason)),
    }
}

/// When a rule counts. Conditions that this version does not know stop the run instead of being passed over.
fn condition(row: &Value) -> Result<When, Wrong> {
    match row.pointer("/conditional/when").and_then(Value::as_str) {
        None | Some("") => Ok(When::Always),
        Some("extract_not_empty") => Ok(When::HasValue),
        Some("record_created") => Ok(When::Created),
        Some("record_updated") => Ok(When::Updated),
        Some(other) => Err((
            "conditional",
            format!("this version does not know the condition “{other}”.", other = excerpt(&other)),
        )),
    }
}

fn text<'v>(row: &'v Value, field: &str) -> Option<&'v str> {
    row.get(field)?.as_str().filter(|text| !text.is_empty())
}
