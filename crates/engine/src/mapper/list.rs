//! Lists that are built: each entry appends its items, in order.

use std::sync::Arc;

use tombolo_model::Val;
use tombolo_template::{Env, Template};

use super::convert::DataType;
use super::items::{Items, Key, Many, composed};
use super::{Find, MapError, Mapper, Rule, object_on};

/// What appends items to a list.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) over: Over,
    pub(super) build: Build,
    /// What is appended when the source has no value.
    pub(super) default: Option<Val>,
    /// Where the items are, when a template inside has to see them.
    pub(super) seen: Option<Arc<[Key]>>,
}

/// What an entry goes over.
#[derive(Debug, Clone)]
pub(super) enum Over {
    /// Nothing: it appends one item.
    Once,
    Values(Many),
    Template(Template),
    Literal(Val),
}

/// What is made of each value.
#[derive(Debug, Clone)]
pub(super) enum Build {
    /// The value, converted.
    Same(DataType),
    Object(Mapper),
    /// Lists inside the list.
    Lists(Vec<Rule>),
}

/// The list; nothing when no entry found anything.
pub(super) fn made<'l, 'c: 'l>(
    rule: &Rule,
    entries: &[Entry],
    items: &mut Items<'_>,
    find: Find<'l, 'c>,
    env: &Env<'_>,
) -> Result<Option<Val>, MapError> {
    let mut list = Vec::new();
    let mut found = false;
    for entry in entries {
        let before = list.len();
        found |= match &entry.over {
            Over::Once => {
                entry.append(rule, None, items, find, env, &mut list)?;
                false
            }
            Over::Values(many) => many.each(items, &mut |items| {
                let value = items.last();
                entry.append(rule, value, items, find, env, &mut list)
            })?,
            Over::Literal(value) => {
                entry.append(rule, Some(value), items, find, env, &mut list)?;
                false
            }
            Over::Template(template) => {
                let value = rule.rendered(template, find, env)?;
                if !value.is_empty() {
                    entry.append(rule, Some(&value), items, find, env, &mut list)?;
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

impl Entry {
    fn append<'l, 'c: 'l>(
        &self,
        rule: &Rule,
        value: Option<&Val>,
        items: &mut Items<'_>,
        find: Find<'l, 'c>,
        env: &Env<'_>,
        list: &mut Vec<Val>,
    ) -> Result<(), MapError> {
        if !items.spend() {
            return Err(
                rule.error("it would have more than a million items: go through fewer lists at once.".to_owned())
            );
        }
        // Templates see the record with the one item in the place of each list.
        let record = self.seen.as_ref().map(|keys| composed(keys, items));
        let find = |name: &str| record.as_ref().filter(|_| name == "record").or_else(|| find(name));
        let find = &find;
        match &self.build {
            Build::Same(to) => match value {
                None | Some(Val::Absent) => {}
                Some(Val::Null) => list.push(Val::Null),
                Some(value) => list.push(to.convert(value).map_err(|reason| rule.error(reason))?),
            },
            Build::Object(mapper) => list.extend(object_on(None, mapper.fields(items, find, env)?)),
            Build::Lists(rules) => {
                for rule in rules {
                    let inner = rule.value(items, find, env)?;
                    if !matches!(inner, Val::Absent) {
                        list.push(inner);
                    }
                }
            }
        }
        Ok(())
    }
}
