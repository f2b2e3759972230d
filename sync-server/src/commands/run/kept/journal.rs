//! What scripts wrote since the file was: one line a write, so that each costs its own size and not that of the file.
//!
//! A line that was cut off, because the command was killed while it wrote, was never answered and counts as not written.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_engine::{DataChange, MemoryData, StateOwner};
use tombolo_model::Id;

use super::owner;

/// The lines, beside the file.
pub(super) struct Journal {
    path: PathBuf,
    open: RefCell<Option<File>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Line {
    /// The resource whose state it is, as in the file; the account's without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lookupcache: Option<Id>,
    put: BTreeMap<String, Value>,
    take: Vec<String>,
}

impl Journal {
    pub(super) fn beside(file: &Path) -> Self {
        let mut path = file.as_os_str().to_owned();
        path.push(".journal");
        Self { path: path.into(), open: RefCell::default() }
    }

    /// Takes over what a command that did not end well has left; whether there was something.
    pub(super) fn replay(&self, data: &MemoryData) -> anyhow::Result<bool> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", self.path.display())),
        };
        for (at, line) in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).enumerate() {
            let place = || format!("line {} of {} cannot be read", at + 1, self.path.display());
            let line: Line = serde_json::from_slice(line).with_context(place)?;
            line.repeat(data).with_context(place)?;
        }
        Ok(true)
    }

    /// Keeps a write.
    pub(super) fn append(&self, change: &DataChange<'_>) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec(&Line::of(change))?;
        text.push(b'\n');
        let mut open = self.open.borrow_mut();
        let file = match &mut *open {
            Some(file) => file,
            none => none.insert(
                OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(&self.path)
                    .with_context(|| format!("{} cannot be made", self.path.display()))?,
            ),
        };
        file.write_all(&text).with_context(|| format!("{} cannot be written", self.path.display()))
    }

    /// Forgets the lines, which are in the file now.
    pub(super) fn remove(&self) -> anyhow::Result<()> {
        *self.open.borrow_mut() = None;
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}

impl Line {
    fn of(change: &DataChange<'_>) -> Self {
        let mut line = Self::default();
        let mut add = |key: &str, value: Option<&Value>| match value {
            Some(value) => {
                line.put.insert(key.to_owned(), value.clone());
            }
            None => line.take.push(key.to_owned()),
        };
        match change {
            DataChange::State { owner, key, value } => {
                add(key, *value);
                line.resource = match owner {
                    StateOwner::Account => None,
                    StateOwner::Resource(kind, id) => Some(format!("{}/{id}", kind.collection())),
                };
            }
            DataChange::Cache { cache, entries } => {
                // Of one key the last one counts.
                let last: BTreeMap<&str, Option<&Value>> =
                    entries.iter().map(|(key, value)| (key.as_str(), value.as_ref())).collect();
                last.into_iter().for_each(|(key, value)| add(key, value));
                line.lookupcache = Some(*cache);
            }
        }
        line
    }

    fn repeat(self, data: &MemoryData) -> anyhow::Result<()> {
        let put = self.put.into_iter().map(|(key, value)| (key, Some(value)));
        let entries: Vec<(String, Option<Value>)> = put.chain(self.take.into_iter().map(|key| (key, None))).collect();
        if let Some(cache) = self.lookupcache {
            data.repeat(DataChange::Cache { cache, entries: &entries });
            return Ok(());
        }
        let owner = match &self.resource {
            None => StateOwner::Account,
            Some(name) => owner(name).with_context(|| format!("“{name}” is no resource"))?,
        };
        for (key, value) in &entries {
            data.repeat(DataChange::State { owner, key, value: value.as_ref() });
        }
        Ok(())
    }
}
