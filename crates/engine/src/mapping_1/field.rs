//! One rule of version 1.0.

use std::borrow::Cow;

use tombolo_model::Val;
use tombolo_template::Template;

use crate::lookup::{Found, Lookup};
use crate::mapper::convert::DataType;
use crate::mapper::dates::Dates;
use crate::mapper::{Around, MapError, Read};
use crate::path::OldPath;
use crate::room::Room;
use crate::target::Target;

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) target: Target,
    pub(super) from: From,
    pub(super) when: When,
    /// The lookup of the condition.
    pub(super) asked: Option<Lookup>,
    pub(super) lookup: Option<Lookup>,
    pub(super) dates: Option<Dates>,
    /// Without one the value stays as it is.
    pub(super) to: Option<DataType>,
    pub(super) default: Option<Val>,
    pub(super) discard_if_empty: bool,
    /// Written when a record is created, and never changed.
    pub(super) immutable: bool,
}

#[derive(Debug, Clone)]
pub(super) enum From {
    Path(OldPath),
    /// In a list: its column.
    Column,
    Template(Template, Read),
    HardCoded(Val),
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    Created,
    Updated,
    HasValue,
    LookupFound,
    LookupEmpty,
    NotSet,
}

/// What a rule sees.
pub(super) struct Seen<'r> {
    pub(super) record: &'r Val,
    /// Whose fields templates name first.
    pub(super) row: &'r Val,
    pub(super) column: Option<Option<&'r Val>>,
    /// What is left for copies.
    pub(super) room: &'r Room,
}

impl Field {
    /// Writes the field into what is made.
    pub(super) fn write(&self, made: &mut Val, seen: &Seen<'_>, around: &Around<'_, '_>) -> Result<(), MapError> {
        if self.immutable && around.updates {
            return Ok(());
        }
        let found = self.found(seen, around)?;
        let is_empty = found.as_deref().is_none_or(Val::is_empty);
        let holds = match self.when {
            When::Always => true,
            When::Created => !around.updates,
            When::Updated => around.updates,
            When::HasValue => !is_empty,
            When::LookupFound => !self.asked(found.as_deref(), around)?.is_empty(),
            When::LookupEmpty => self.asked(found.as_deref(), around)?.is_empty(),
            When::NotSet => !self.target.is_set(made),
        };
        if !holds || is_empty && self.discard_if_empty {
            return Ok(());
        }
        let value = match found {
            Some(found) if !is_empty || self.default.is_none() => self.finished(&found, around)?,
            None if self.lookup.as_ref().is_some_and(Lookup::is_keyless) => self.finished(&Val::Absent, around)?,
            _ => self.default.clone().unwrap_or_default(),
        };
        let value = match (value, &self.default) {
            (Val::Absent, None) => return Ok(()),
            (Val::Absent, Some(default)) => default.clone(),
            (value, _) => value,
        };
        self.target.copy(made, Cow::Owned(value), seen.room)
    }

    fn found<'r>(&'r self, seen: &Seen<'r>, around: &Around<'_, '_>) -> Result<Option<Cow<'r, Val>>, MapError> {
        Ok(match &self.from {
            From::Path(path) => path.get(seen.record),
            From::Column => seen.column.flatten().map(Cow::Borrowed),
            From::HardCoded(value) => Some(Cow::Borrowed(value)),
            From::Nothing => None,
            From::Template(template, _) => {
                let own = |value: &'r Val, name: &str| match value {
                    Val::Map(record) => record.get(name),
                    _ => None,
                };
                let find =
                    |name: &str| own(seen.row, name).or_else(|| own(seen.record, name)).or_else(|| (around.find)(name));
                let text = around.seeing(&find, around.env).rendered(template);
                let text = text.map_err(|reason| self.error(reason))?;
                Some(Cow::Owned(Val::text(&text)))
            }
        })
    }

    /// What the lookup of the condition has; a key that it does not know is no value. One that failed says nothing about
    /// whether there is one: "create it, it is not there yet" would create it twice.
    fn asked(&self, found: Option<&Val>, around: &Around<'_, '_>) -> Result<Val, MapError> {
        let Some(lookup) = self.asked.as_ref().or(self.lookup.as_ref()) else { return Ok(Val::Absent) };
        match lookup.find(found.unwrap_or(&Val::Absent), around) {
            Ok(Found::Value(value)) => Ok(value),
            Ok(Found::Nothing | Found::Unknown) => Ok(Val::Absent),
            Err(reason) => Err(self.error(format!("{reason}."))),
        }
    }

    /// The value as it is written; of a list each of its values.
    fn finished(&self, found: &Val, around: &Around<'_, '_>) -> Result<Val, MapError> {
        let is_list = self.to.is_some_and(|to| to.item().is_some());
        if let (Val::List(values), false) = (found, is_list)
            && (self.to.is_some() || self.lookup.is_some() || self.dates.is_some())
        {
            return values
                .iter()
                .map(|value| self.one(value, self.to, around))
                .collect::<Result<_, _>>()
                .map(Val::List);
        }
        self.one(found, self.to, around)
    }

    fn one(&self, found: &Val, to: Option<DataType>, around: &Around<'_, '_>) -> Result<Val, MapError> {
        let keyless = self.lookup.as_ref().is_some_and(Lookup::is_keyless);
        if found.is_empty() && !keyless {
            return Ok(found.clone());
        }
        let mut value = Cow::Borrowed(found);
        if let Some(dates) = &self.dates {
            value = Cow::Owned(dates.convert(&value, around.env.now_ms).map_err(|reason| self.error(reason))?);
        }
        if let Some(lookup) = &self.lookup {
            let found = lookup.value(&value, around).map_err(|reason| self.error(format!("{reason}.")))?;
            value = Cow::Owned(found);
        }
        match to {
            Some(to) if !value.is_empty() => to.convert(&value).map_err(|reason| self.error(reason)),
            _ => Ok(value.into_owned()),
        }
    }

    fn error(&self, reason: String) -> MapError {
        MapError { field: self.target.name().to_owned(), reason }
    }
}
