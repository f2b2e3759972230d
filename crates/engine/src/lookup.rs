//! Lookups: a value for a key, from a table of the resource, from a cache, or from a live request.
//!
//! Nothing is asked here. What a cache or an endpoint has to say is a [`Question`]; the caller asks it, keeps the
//! answer, and maps the record again. So mappings stay pure, and equal questions of a page are one.

mod answers;

use std::collections::HashMap;

use serde_json::Value;
use tombolo_model::{Problem, Val, excerpt};
use tombolo_template::{Target, Template};

use crate::mapper::{Around, Read};
use crate::path::Path;

pub(crate) use answers::{Answers, Question};

/// The lookups of a resource, compiled once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lookups(Vec<Lookup>);

/// A compiled lookup.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    name: Box<str>,
    from: From,
    /// What stands for a key that is not in it.
    default: Option<Val>,
    /// Without a default: whether such a key is no value, and no error.
    allow_failures: bool,
}

/// What a lookup has for a key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// What was found, or the default.
    Value(Val),
    Nothing,
    /// The question has to be answered first.
    Unknown,
}

#[derive(Debug, Clone)]
enum From {
    Table(HashMap<Box<str>, Val>),
    Cache { id: Box<str>, extract: Option<Path> },
    Request(Box<Live>),
}

/// A request whose answer has the value.
#[derive(Debug, Clone)]
struct Live {
    method: Box<str>,
    uri: Template,
    body: Option<Template>,
    extract: Option<Path>,
    reads: Vec<Read>,
}

impl Lookups {
    /// Compiles a list of lookups. One that has no table, cache or address is none: connectors have kinds of their own.
    pub(crate) fn compile(lookups: Option<&Value>, place: &str) -> Result<Self, Vec<Problem>> {
        let mut made = Vec::new();
        let mut problems = Vec::new();
        for (at, lookup) in lookups.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let Some(name) = text(lookup, "name") else { continue };
            match from(lookup) {
                Ok(None) => {}
                Ok(Some(from)) => made.push(Lookup {
                    name: name.into(),
                    from,
                    default: default(lookup),
                    allow_failures: allows_failures(lookup),
                }),
                Err((field, message)) => {
                    let message = format!("The lookup “{name}” cannot be asked: {message}", name = excerpt(&name));
                    problems.push(Problem::new(format!("{place}/{at}/{field}"), "invalid_lookup", message));
                }
            }
        }
        if problems.is_empty() { Ok(Self(made)) } else { Err(problems) }
    }

    /// These, and those of another list whose names are not taken.
    pub(crate) fn and(mut self, others: Self) -> Self {
        for other in others.0 {
            if self.named(&other.name).is_none() {
                self.0.push(other);
            }
        }
        self
    }

    /// What their templates read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &Read> {
        self.0.iter().flat_map(Lookup::reads)
    }

    /// Those that send a request, for `lookup.NAME` in templates.
    pub(crate) fn live(self) -> impl Iterator<Item = Lookup> {
        self.0.into_iter().filter(Lookup::is_keyless)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Lookup> {
        self.0.iter().find(|lookup| *lookup.name == *name)
    }

    /// The value of a lookup for a key; nothing when there is no such lookup.
    pub(crate) fn value(&self, name: &str, key: &Val, around: &Around<'_, '_>) -> Option<Result<Val, String>> {
        self.named(name).map(|lookup| lookup.value(key, around))
    }
}

impl Lookup {
    /// What its templates read.
    pub(crate) fn reads(&self) -> &[Read] {
        match &self.from {
            From::Request(live) => &live.reads,
            From::Table(_) | From::Cache { .. } => &[],
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What stands for a key that is not in it.
    pub(crate) fn default(&self) -> Option<&Val> {
        self.default.as_ref()
    }

    /// Whether what it is asked does not depend on a key.
    pub(crate) fn is_keyless(&self) -> bool {
        matches!(self.from, From::Request(_))
    }

    /// The value for a key; absent where there may be none, and where the answer is not known yet.
    pub(crate) fn value(&self, key: &Val, around: &Around<'_, '_>) -> Result<Val, String> {
        match self.find(key, around)? {
            Found::Value(value) => Ok(value),
            Found::Unknown => Ok(Val::Absent),
            Found::Nothing if self.allow_failures => Ok(Val::Absent),
            Found::Nothing if self.is_keyless() => {
                Err(format!("the lookup “{}” found nothing: add a default", excerpt(&self.name)))
            }
            Found::Nothing => {
                let key = key.display();
                Err(format!(
                    "the lookup “{}” has nothing for “{}”: add it, or a default",
                    excerpt(&self.name),
                    excerpt(&key)
                ))
            }
        }
    }

    /// What it has for a key. A question that failed is an error, and not nothing.
    pub(crate) fn find(&self, key: &Val, around: &Around<'_, '_>) -> Result<Found, String> {
        let found = match &self.from {
            From::Table(table) => table.get(&*key.display()).cloned(),
            From::Cache { id, extract } => {
                let question = Question::Cache { id: id.clone(), key: key.display().into() };
                match around.answers.get(&question) {
                    None => return Ok(Found::Unknown),
                    Some(answer) => self.taken(answer, extract.as_ref())?,
                }
            }
            From::Request(live) => {
                let question = live
                    .question(around)
                    .map_err(|reason| format!("the lookup “{}”: {reason}", excerpt(&self.name)))?;
                match around.answers.get(&question) {
                    None => return Ok(Found::Unknown),
                    Some(answer) => self.taken(answer, live.extract.as_ref())?,
                }
            }
        };
        Ok(found.or_else(|| self.default.clone()).map_or(Found::Nothing, Found::Value))
    }

    /// What of an answer is wanted.
    fn taken(&self, answer: &Result<Val, String>, extract: Option<&Path>) -> Result<Option<Val>, String> {
        match answer {
            Ok(value) => {
                let value = extract.map_or(Some(value), |path| path.get(value));
                Ok(value.filter(|value| !value.is_empty()).cloned())
            }
            Err(_) if self.allow_failures => Ok(None),
            Err(message) => Err(format!("the lookup “{}” failed: {message}", excerpt(&self.name))),
        }
    }
}

impl Live {
    fn question(&self, around: &Around<'_, '_>) -> Result<Question, String> {
        let rendered = |template: &Template| around.rendered(template).map(String::into_boxed_str);
        Ok(Question::Request {
            method: self.method.clone(),
            uri: rendered(&self.uri)?,
            body: self.body.as_ref().map(rendered).transpose()?,
        })
    }
}

fn from(lookup: &Value) -> Result<Option<From>, (&'static str, String)> {
    if let Some(map) = lookup.get("map").and_then(Value::as_object) {
        let table = map.iter().map(|(key, value)| (key.as_str().into(), Val::from(value))).collect();
        return Ok(Some(From::Table(table)));
    }
    let extract =
        || text(lookup, "extract").map(Path::dotted).transpose().map_err(|error| ("extract", format!("{error}.")));
    if let Some(id) = text(lookup, "_lookupCacheId") {
        return Ok(Some(From::Cache { id: id.into(), extract: extract()? }));
    }
    let Some(uri) = text(lookup, "relativeURI") else { return Ok(None) };
    let template = |field: &'static str, source: &str, target| {
        Template::compile(source, target).map_err(|error| (field, format!("{error}.")))
    };
    // The second is what older lookups call it.
    let body = ["body", "postBody"].into_iter().find_map(|field| Some((field, text(lookup, field)?)));
    let compiled = template("relativeURI", uri, Target::Uri)?;
    let mut reads = vec![Read::new(&compiled, uri)];
    let body = body.map(|(field, source)| {
        let compiled = template(field, source, Target::Plain)?;
        reads.push(Read::new(&compiled, source));
        Ok(compiled)
    });
    Ok(Some(From::Request(Box::new(Live {
        method: text(lookup, "method").unwrap_or("GET").into(),
        uri: compiled,
        body: body.transpose()?,
        extract: extract()?,
        reads,
    }))))
}

fn allows_failures(lookup: &Value) -> bool {
    lookup.get("allowFailures").and_then(Value::as_bool) == Some(true)
}

/// Null and the empty text stand for a missing key only where keys may be missing: forms leave them behind elsewhere.
fn default(lookup: &Value) -> Option<Val> {
    let default = lookup.get("default").map(Val::from)?;
    (allows_failures(lookup) || !default.is_empty()).then_some(default)
}

fn text<'v>(lookup: &'v Value, field: &str) -> Option<&'v str> {
    lookup.get(field)?.as_str().filter(|text| !text.is_empty())
}
