//! Mapper 2.0: rules compiled once, run per record.
//!
//! Decides how each destination field gets its value. Where the mapped record goes is left to the destination, and
//! what lookups ask outside to the caller.
//! A value that does not fit its type is an error of that record, naming the rule.

mod around;
mod compile;
pub(crate) mod convert;
pub(crate) mod date;
pub(crate) mod dates;
pub(crate) mod items;
mod list;
pub(crate) mod number;
mod read;

use std::borrow::Cow;
use std::sync::Arc;

use tombolo_model::{Keys, Record, Val, excerpt};
use tombolo_template::Template;

use crate::json_path::JsonPath;
use crate::lookup::{Lookup, Lookups, Question};
use crate::path::Path;
use convert::DataType;
use dates::Dates;
use items::{Items, Key, composed};
use list::Entry;

pub(crate) use around::Around;
pub(crate) use compile::is_active;
pub(crate) use read::Read;

/// Finds what a template names: `record`, `settings`, ….
pub(crate) type Find<'l, 'c> = &'l dyn Fn(&str) -> Option<&'c Val>;

/// Compiled rules of a record.
#[derive(Debug, Clone)]
pub(crate) struct Mapper {
    output: Output,
    /// Whether paths begin at all that templates see, and not at the record.
    envelope: bool,
    lookups: Arc<Lookups>,
}

#[derive(Debug, Clone)]
enum Output {
    Record(Object),
    /// Rows: a list without a name.
    Rows(Box<Rule>),
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mapped {
    Made(Val),
    /// A rule discards records whose source has no value.
    Discarded,
    /// These have to be answered first; then the record is mapped again.
    Asks(Vec<Question>),
}

/// Compiled rules of one object.
#[derive(Debug, Clone)]
struct Object {
    keys: Arc<Keys>,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    /// The destination field with the objects around it, for messages.
    name: Box<str>,
    when: When,
    from: From,
    dates: Option<Dates>,
    lookup: Option<Lookup>,
    to: DataType,
    without: Without,
    /// Other rules for the field, where the condition of this one does not hold.
    others: Vec<Self>,
}

/// When a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// The source has a value: a default does not count then.
    HasValue,
    Created,
    Updated,
}

/// What stands there when the source has no value.
#[derive(Debug, Clone)]
enum Without {
    Nothing,
    Value(Val),
    /// The record, or the item of a list, is not made at all.
    Discard,
}

#[derive(Debug, Clone)]
enum From {
    Path(At),
    /// What paths cannot say, over the record with the one item in the place of each list.
    Query(JsonPath, Arc<[Key]>),
    Template(Template),
    Literal(Val),
    /// An object: the one that is there, with the fields that are mapped.
    Object(Option<At>, Object),
    List(Vec<Entry>),
    Nothing,
}

/// A path, from the record or from one of the items that a list is built of.
#[derive(Debug, Clone)]
struct At {
    item: usize,
    path: Path,
}

impl At {
    fn get<'r>(&self, items: &Items<'r>) -> Option<&'r Val> {
        self.path.get(items.get(self.item)?)
    }
}

/// A record that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The field “{field}” could not be mapped: {reason}", field = excerpt(.field))]
pub(crate) struct MapError {
    pub(crate) field: String,
    pub(crate) reason: String,
}

/// Said of records that would grow without end.
const TOO_MANY: &str =
    "it would have more than a million items, or 64 MB of copies for them: go through fewer lists at once.";

/// Why rules stop before their end.
enum Stop {
    Error(MapError),
    Discard,
}

impl Mapper {
    /// Maps a record.
    pub(crate) fn map(&self, record: &Val, around: &Around<'_, '_>) -> Result<Mapped, MapError> {
        let lookups = |name: &str, key: &Val| self.lookups.value(name, key, around);
        let made = around.env.scoped(&lookups, |env| {
            let find = |name: &str| (around.find)(name);
            let mut around = around.seeing(&find, env);
            around.envelope = self.envelope;
            let envelope = self.envelope.then(|| around.whole());
            self.output.make(&mut Items::of(envelope.as_ref().unwrap_or(record)), &around)
        });
        let open = around.answers.take_open();
        if !open.is_empty() {
            return Ok(Mapped::Asks(open));
        }
        match made {
            Ok(made) => Ok(Mapped::Made(made)),
            Err(Stop::Discard) => Ok(Mapped::Discarded),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    /// These rules, with paths that begin at all that templates see: `$.record.id`, `$.settings.flow.x`.
    pub(crate) fn in_envelope(self, envelope: bool) -> Self {
        Self { envelope, ..self }
    }
}

impl Output {
    fn make(&self, items: &mut Items<'_>, around: &Around<'_, '_>) -> Result<Val, Stop> {
        match self {
            Self::Record(object) => object.make(items, around).map(Val::Map),
            // Without a row there are none.
            Self::Rows(rule) => rule.value(items, around).map(|rows| match rows {
                Val::Absent => Val::List(Vec::new()),
                rows => rows,
            }),
        }
    }
}

impl Object {
    /// The object made of the record and the items around it.
    fn make(&self, items: &mut Items<'_>, around: &Around<'_, '_>) -> Result<Record, Stop> {
        let mut values = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            values.push(rule.value(items, around)?);
        }
        Ok(Record::new(Arc::clone(&self.keys), values))
    }
}

impl Rule {
    /// Whether another rule may be there for the field: this one counts for new records only, or for those that are
    /// there.
    fn leaves_room(&self) -> bool {
        matches!(self.others.last().unwrap_or(self).when, When::Created | When::Updated)
    }

    fn value(&self, items: &mut Items<'_>, around: &Around<'_, '_>) -> Result<Val, Stop> {
        let holds = match self.when {
            When::Created => !around.updates,
            When::Updated => around.updates,
            When::Always | When::HasValue => true,
        };
        let mut value = if holds { self.own(items, around)? } else { Val::Absent };
        for other in &self.others {
            if matches!(value, Val::Absent) {
                value = other.value(items, around)?;
            }
        }
        Ok(value)
    }

    fn own(&self, items: &mut Items<'_>, around: &Around<'_, '_>) -> Result<Val, Stop> {
        let found = match &self.from {
            From::Path(at) => {
                let found = at.get(items);
                self.afford(found, items)?;
                found.map(Cow::Borrowed)
            }
            From::Query(path, keys) => self.queried(path, keys, items)?.map(Cow::Owned),
            From::Literal(value) => Some(Cow::Borrowed(value)),
            From::Nothing => None,
            From::Template(template) => {
                let text = self.rendered(template, around)?;
                self.afford(Some(&text), items)?;
                Some(Cow::Owned(text))
            }
            From::Object(base, object) => {
                let made = object.make(items, around)?;
                let base = base.as_ref().and_then(|base| base.get(items));
                self.afford(base, items)?;
                // An object in which nothing was mapped is no value.
                return object_on(base, made).map_or_else(|| self.without(), Ok);
            }
            From::List(entries) => {
                let made = list::made(self, entries, items, around)?;
                return made.map_or_else(|| self.without(), Ok);
            }
        };
        let value = match (found.as_deref(), self.to.item()) {
            (Some(Val::List(values)), Some(item)) if self.lookup.is_some() => {
                let each = values.iter().map(|value| self.finished(Some(Cow::Borrowed(value)), item, around));
                Val::List(each.collect::<Result<_, _>>()?)
            }
            _ => self.finished(found, self.to, around)?,
        };
        match value {
            Val::Absent => self.without(),
            value => Ok(value),
        }
    }

    /// Counts what is copied.
    fn afford(&self, value: Option<&Val>, items: &mut Items<'_>) -> Result<(), Stop> {
        value.map_or(Ok(()), |value| items.afford(value)).map_err(|reason| self.error(reason))
    }

    /// The value of a path that may name many: for a list all of them.
    fn queried(&self, path: &JsonPath, keys: &[Key], items: &mut Items<'_>) -> Result<Option<Val>, Stop> {
        let whole;
        let record = match items.get(0) {
            Some(record) if keys.len() == 1 => record,
            _ => {
                whole = composed(keys, items, &|_| true);
                &whole
            }
        };
        let values = path.all(record).map_err(|error| self.error(format!("{error}.")))?;
        values.iter().try_for_each(|value| self.afford(Some(value), items))?;
        match values.as_slice() {
            [] => Ok(None),
            values if self.to.item().is_some() => match values {
                // A path to one list is that list.
                [one @ Val::List(_)] if self.to != DataType::Lists => Ok(Some((*one).clone())),
                values => Ok(Some(Val::List(values.iter().map(|value| (*value).clone()).collect()))),
            },
            [one] => Ok(Some((*one).clone())),
            values => Err(self.error(format!("its source has {} values where one is wanted.", values.len()))),
        }
    }

    /// A value as it is written: looked up, and converted to the type.
    fn finished(&self, found: Option<Cow<'_, Val>>, to: DataType, around: &Around<'_, '_>) -> Result<Val, Stop> {
        let found = found.filter(|value| !value.is_empty());
        let keyless = self.lookup.as_ref().is_some_and(Lookup::is_keyless);
        let found = match found {
            None if keyless => Cow::Owned(Val::Absent),
            None => return Ok(Val::Absent),
            Some(found) => found,
        };
        let value = self.looked_up(found, around)?;
        if value.is_empty() {
            // Null and the empty text may be what stands for a missing key.
            let chosen = self.lookup.as_ref().and_then(Lookup::default).filter(|default| **default == *value);
            return Ok(chosen.cloned().unwrap_or_default());
        }
        to.convert(&value).map_err(|reason| self.error(reason))
    }

    /// What stands there when there is no value.
    fn without(&self) -> Result<Val, Stop> {
        match &self.without {
            Without::Discard => Err(Stop::Discard),
            Without::Value(value) if self.when != When::HasValue => Ok(value.clone()),
            Without::Value(_) | Without::Nothing => Ok(Val::Absent),
        }
    }

    /// The value as a date in the wanted format, or as the lookup has it.
    fn looked_up<'v>(&self, value: Cow<'v, Val>, around: &Around<'_, '_>) -> Result<Cow<'v, Val>, Stop> {
        let value = match &self.dates {
            Some(dates) => Cow::Owned(dates.convert(&value, around.env.now_ms).map_err(|reason| self.error(reason))?),
            None => value,
        };
        match &self.lookup {
            Some(lookup) => {
                let found = lookup.value(&value, around);
                found.map(Cow::Owned).map_err(|reason| self.error(format!("{reason}.")))
            }
            None => Ok(value),
        }
    }

    fn rendered(&self, template: &Template, around: &Around<'_, '_>) -> Result<Val, Stop> {
        let text = around.rendered(template).map_err(|reason| self.error(reason))?;
        Ok(Val::text(&text))
    }

    fn error(&self, reason: String) -> Stop {
        Stop::Error(MapError { field: self.name.to_string(), reason })
    }
}

/// What was mapped, laid over the object that was there; nothing when neither has a field.
fn object_on(base: Option<&Val>, made: Record) -> Option<Val> {
    let Some(Val::Map(base)) = base else {
        return (!made.is_empty()).then_some(Val::Map(made));
    };
    let mut object = base.clone();
    for (name, value) in made.iter() {
        object.set(name, value.clone());
    }
    Some(Val::Map(object))
}

#[cfg(test)]
mod tests;
