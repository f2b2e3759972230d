//! What is kept from run to run: the state of scripts, the data of lookup caches, and up to when exports of changes were
//! read, in a file of JSON beside the bundle.
//!
//! `{"state": {key: value}, "resources": {"imports/ID": {key: value}}, "lookupcaches": {ID: {key: value}}, "checkpoints":
//! {export ID: milliseconds since 1970}}`. Of a cache that runs wrote to, the file has all: what came with the flow is no
//! longer asked. It is written behind each run, all of it or nothing; what scripts write meanwhile is beside it at once, in
//! a [`Journal`], so that a run that is killed has kept what it said it kept.

mod journal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_engine::{MemoryData, StateOwner};
use tombolo_model::run::RunRow;
use tombolo_model::{Id, Kind};

use crate::job::JobResource;
use journal::Journal;

type Entries = BTreeMap<String, Value>;

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    state: Entries,
    resources: BTreeMap<String, Entries>,
    lookupcaches: BTreeMap<Id, Entries>,
    checkpoints: BTreeMap<Id, i64>,
}

/// What is kept, and where.
pub(super) struct Kept {
    pub(super) data: Rc<MemoryData>,
    checkpoints: BTreeMap<Id, i64>,
    /// A checkpoint moved.
    moved: bool,
    file: Option<(PathBuf, Rc<Journal>)>,
}

impl Kept {
    /// Reads what earlier runs kept; a file that is not there yet is empty.
    pub(super) fn open(resources: &BTreeMap<Id, JobResource>, file: Option<&Path>) -> anyhow::Result<Self> {
        let mut checkpoints = BTreeMap::new();
        let data = MemoryData::of(resources.iter().map(|(id, found)| (*id, found.kind, &found.value)));
        if let Some(path) = file {
            let read = read(path).with_context(|| format!("{} cannot be read", path.display()))?;
            for (key, value) in read.state {
                data.remember(StateOwner::Account, key, value);
            }
            for (name, entries) in read.resources {
                let owner = owner(&name).with_context(|| format!("“{name}” in {} is no resource", path.display()))?;
                for (key, value) in entries {
                    data.remember(owner, key, value);
                }
            }
            for (id, entries) in read.lookupcaches {
                data.replace(id, entries.into_iter());
            }
            checkpoints = read.checkpoints;
        }
        let file = file.map(|path| (path.to_owned(), Rc::new(Journal::beside(path))));
        let kept = Self { data: Rc::new(data), checkpoints, moved: false, file };
        if let Some((_, journal)) = &kept.file {
            if journal.replay(&kept.data)? {
                kept.save()?;
            }
            let journal = Rc::clone(journal);
            kept.data.kept_by(move |change| journal.append(change).map_err(|error| format!("{error:#}")));
        }
        Ok(kept)
    }

    /// Up to when exports of changes were read.
    pub(super) fn checkpoints(&self) -> BTreeMap<Id, i64> {
        self.checkpoints.clone()
    }

    /// Moves the checkpoints of a run that completed; without a file for them they are nobody's.
    pub(super) fn read_up_to(&mut self, last: &RunRow) {
        for checkpoint in last.steps.iter().filter_map(|step| step.checkpoint.as_ref()) {
            self.checkpoints.insert(checkpoint.export, checkpoint.to_ms);
            self.moved |= self.file.is_some();
        }
    }

    /// Writes what the runs kept so far.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        let Some((path, journal)) = self.file.as_ref().filter(|_| self.data.is_changed() || self.moved) else {
            return Ok(());
        };
        self.write(path).with_context(|| format!("{} cannot be written", path.display()))?;
        journal.remove()
    }

    /// Says what is lost where there is no file for it.
    pub(super) fn close(&self) {
        if self.file.is_none() && self.data.is_changed() {
            eprintln!("What scripts kept is gone now: --state FILE keeps it for the next run.");
        }
    }

    fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut file =
            File { lookupcaches: self.data.written_caches(), checkpoints: self.checkpoints.clone(), ..File::default() };
        for (owner, key, value) in self.data.whole_state() {
            let entries = match owner {
                StateOwner::Account => &mut file.state,
                StateOwner::Resource(kind, id) => {
                    file.resources.entry(format!("{}/{id}", kind.collection())).or_default()
                }
            };
            entries.insert(key, value);
        }
        let text = serde_json::to_vec_pretty(&file)?;
        // Half a file must not take the place of a whole one.
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        std::fs::write(&beside, text)?;
        std::fs::rename(&beside, path)?;
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<File> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(File::default()),
        Err(error) => bail!(error),
    }
}

pub(super) fn owner(name: &str) -> Option<StateOwner> {
    let (collection, id) = name.split_once('/')?;
    Some(StateOwner::Resource(Kind::from_collection(collection)?, id.parse().ok()?))
}
