//! Lists that are built: each entry appends its items, in order.

use std::borrow::Cow;
use std::sync::Arc;

use tombolo_model::Val;
use tombolo_template::Template;

use super::convert::DataType;
use super::items::{Items, Key, Many, composed};
use super::{Around, Object, Read, Rule, Stop, TOO_MANY, object_on};
use crate::json_path::{JsonPath, JsonPathError};

/// What appends items to a list.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) over: Over,
    pub(super) build: Build,
    /// What is appended when the source has no value.
    pub(super) default: Option<Val>,
    /// What templates inside have to see.
    pub(super) seen: Option<Seen>,
}

/// What templates inside an entry see.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Where the items are.
    pub(super) keys: Arc<[Key]>,
    pub(super) templates: Arc<[Read]>,
}

impl Seen {
    fn record(&self, items: &Items<'_>, around: &Around<'_, '_>) -> Val {
        composed(&self.keys, items, &|name| {
            let read = |template: &Read| {
                if around.envelope { template.reads(&[name]) } else { template.reads(&["record", name]) }
            };
            self.templates.iter().any(read)
        })
    }
}

/// What an entry goes over.
#[derive(Debug, Clone)]
pub(super) enum Over {
    /// Nothing: it appends one item.
    Once,
    Values(Many),
    /// Values of a path that [`Many`] cannot say.
    Query(JsonPath, Arc<[Key]>),
    Template(Template),
    Literal(Val),
}

/// What is made of each value.
#[derive(Debug, Clone)]
pub(super) enum Build {
    /// The value, converted.
    Same(DataType),
    Object(Object),
    /// Lists inside the list.
    Lists(Vec<Rule>),
}

/// The list; nothing when no entry found anything.
pub(super) fn made(
    rule: &Rule,
    entries: &[Entry],
    items: &mut Items<'_>,
    around: &Around<'_, '_>,
) -> Result<Option<Val>, Stop> {
    let mut list = Vec::new();
    let mut found = false;
    for entry in entries {
        let before = list.len();
        found |= match &entry.over {
            Over::Once => {
                entry.append(rule, None, items, around, &mut list)?;
                false
            }
            Over::Values(many) => many.each(items, &mut |items| {
                let value = items.last();
                entry.append(rule, value, items, around, &mut list)
            })?,
            Over::Query(path, keys) => {
                // The items that the path goes through are the last of the keys when fields are made of them.
                queried(rule, entry, path, keys, items, around, &mut list)?
            }
            Over::Literal(value) => {
                entry.append(rule, Some(value), items, around, &mut list)?;
                false
            }
            Over::Template(template) => {
                let value = rule.rendered(template, around)?;
                if !value.is_empty() {
                    entry.append(rule, Some(&value), items, around, &mut list)?;
                }
                false
            }
        };
        if list.len() == before
            && let Some(default) = &entry.default
        {
            list.push(default.clone());
        }
    }
    Ok((found || !list.is_empty()).then_some(Val::List(list)))
}

/// Appends what an entry makes of the values of a path. Whether there was one.
fn queried(
    rule: &Rule,
    entry: &Entry,
    path: &JsonPath,
    keys: &[Key],
    items: &mut Items<'_>,
    around: &Around<'_, '_>,
    list: &mut Vec<Val>,
) -> Result<bool, Stop> {
    let wrong = |error: JsonPathError| rule.error(format!("{error}."));
    if let (Build::Same(_), _) | (_, 2..) = (&entry.build, items.depth()) {
        let record = composed(keys, items, &|_| true);
        let values = path.all(&record).map_err(wrong)?;
        for value in &values {
            entry.append(rule, Some(value), items, around, list)?;
        }
        return Ok(!values.is_empty());
    }
    let Some(record) = items.get(0) else { return Ok(false) };
    let trails = path.trails(record).map_err(wrong)?;
    for trail in &trails {
        items.within(trail, |items| entry.append(rule, trail.last().copied(), items, around, list))?;
    }
    Ok(!trails.is_empty())
}

impl Entry {
    fn append(
        &self,
        rule: &Rule,
        value: Option<&Val>,
        items: &mut Items<'_>,
        around: &Around<'_, '_>,
        list: &mut Vec<Val>,
    ) -> Result<(), Stop> {
        if !items.spend() {
            return Err(rule.error(TOO_MANY.to_owned()));
        }
        // Templates see the record with the one item in the place of each list.
        let record = self.seen.as_ref().map(|seen| seen.record(items, around));
        let find = |name: &str| match &record {
            Some(Val::Map(envelope)) if around.envelope => envelope.get(name).or_else(|| (around.find)(name)),
            Some(record) if name == "record" => Some(record),
            _ => (around.find)(name),
        };
        let around = around.seeing(&find, around.env);
        match self.build.make(rule, value, items, &around, list) {
            Err(Stop::Discard) => Ok(()),
            made => made,
        }
    }
}

impl Build {
    fn make(
        &self,
        rule: &Rule,
        value: Option<&Val>,
        items: &mut Items<'_>,
        around: &Around<'_, '_>,
        list: &mut Vec<Val>,
    ) -> Result<(), Stop> {
        match self {
            Self::Same(to) => match value.map(|value| rule.afford(Some(value), items).map(|()| value)).transpose()? {
                None | Some(Val::Absent) => {}
                Some(Val::Null) => list.push(Val::Null),
                Some(value) if rule.lookup.is_some() || rule.dates.is_some() => {
                    let made = rule.finished(Some(Cow::Borrowed(value)), *to, around)?;
                    if !matches!(made, Val::Absent) {
                        list.push(made);
                    }
                }
                Some(value) => list.push(to.convert(value).map_err(|reason| rule.error(reason))?),
            },
            Self::Object(object) => list.extend(object_on(None, object.make(items, around)?)),
            Self::Lists(rules) => {
                for rule in rules {
                    let inner = rule.value(items, around)?;
                    if !matches!(inner, Val::Absent) {
                        list.push(inner);
                    }
                }
            }
        }
        Ok(())
    }
}
