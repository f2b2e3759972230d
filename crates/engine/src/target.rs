//! Where rules of version 1.0 put a value.

use std::borrow::Cow;
use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};

use crate::mapper::MapError;
use crate::path::{PathError, Place};
use crate::room::Room;

/// A place, and its name for messages.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    name: Box<str>,
    place: Place,
}

/// The fields that targets are in: records that are made share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Arc<Keys>);

impl Fields {
    pub(crate) fn of<'t>(targets: impl IntoIterator<Item = &'t Target>) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for name in targets.into_iter().filter_map(|target| target.place.field()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self(Arc::new(Keys::new(names)))
    }

    /// A record in which nothing is written yet.
    pub(crate) fn record(&self) -> Val {
        Val::Map(Record::new(Arc::clone(&self.0), Vec::new()))
    }
}

impl Target {
    /// Compiles a dotted path. A text that is none, such as `Order No.`, is the name of one field.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("enter the field that is written.".to_owned());
        }
        let place = match Place::dotted(text) {
            Err(error @ PathError::Deep(_)) => return Err(format!("{error}.")),
            read => read.or_else(|error| Place::named(text).ok_or_else(|| format!("{error}.")))?,
        };
        Ok(Self { name: text.into(), place })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Puts a value there.
    pub(crate) fn set(&self, into: &mut Val, value: Val, room: &Room) -> Result<(), MapError> {
        self.place.set(into, value, room).map_err(|error| self.error(&error.to_string()))
    }

    /// Puts a value there that others may get too.
    pub(crate) fn copy(&self, into: &mut Val, value: Cow<'_, Val>, room: &Room) -> Result<(), MapError> {
        room.take(&value, 1).map_err(|full| self.error(&full.to_string()))?;
        self.set(into, value.into_owned(), room)
    }

    /// The list there; it is made where nothing is.
    pub(crate) fn list<'v>(&self, into: &'v mut Val) -> Result<&'v mut Vec<Val>, MapError> {
        let there = self.place.reach(into).map_err(|blocked| self.error(&blocked.to_string()))?;
        if let Val::Absent | Val::Null = there {
            *there = Val::List(Vec::new());
        }
        let kind = there.kind();
        match there {
            Val::List(items) => Ok(items),
            _ => Err(self.error(&format!("it is {kind} and not a list"))),
        }
    }

    /// Whether a value is there already.
    pub(crate) fn is_set(&self, record: &Val) -> bool {
        self.place.is_set(record)
    }

    pub(crate) fn error(&self, reason: &str) -> MapError {
        MapError { field: self.name.to_string(), reason: format!("{reason}.") }
    }
}
