//! Integrations, flows and single resources as files and as copies: what goes along, and what becomes of it where it arrives.
//!
//! Pure: the same functions pack and install in a browser without a network and behind the server's routes. Whoever calls
//! them reads and writes the resources; here is decided which ones, under which ids, and with which references.
//!
//! Invariant: a [`Package`] from a file is closed. Every reference in it names a resource in it, so that what is installed
//! refers to nothing that is not there; a file of which that cannot be said is refused before anything is made.

#![forbid(unsafe_code)]

mod archive;
pub mod bundle;
mod closure;
mod error;
mod fits;
mod layout;
mod plan;
mod references;
mod rewrite;

pub use archive::{MOST_ARCHIVE_BYTES, file_name, read, write};
pub use closure::Closure;
pub use error::PackageError;
pub use plan::{Plan, plan, preview};

use serde_json::Value;
use tombolo_model::{Id, Kind, catalogue};

/// The most resources of one package.
pub const MOST_PARTS: usize = 2_000;

/// What a package is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be carried elsewhere: everything it needs goes along, and what cannot is left out.
    File,
    /// To be copied within its account: connections and what belongs to the machine are used as they are.
    Copy,
}

/// A resource on its way, under the id that it has where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// Its id there.
    pub id: Id,
    /// The resource, without `_id`, secrets and what servers derive.
    pub value: Value,
}

impl Part {
    /// Its name; empty when it has none.
    #[must_use]
    pub fn name(&self) -> String {
        catalogue::describe(self.kind, &self.value).name
    }

    /// Its name for messages.
    pub(crate) fn called(&self) -> String {
        let name = self.name();
        if name.is_empty() {
            format!("the {} {}", self.kind, self.id)
        } else {
            format!("the {} “{name}”", self.kind)
        }
    }
}

/// Resources that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// What it is a package of.
    pub root: Id,
    /// All of it, the root too, by kind and id.
    pub parts: Vec<Part>,
    /// What does not come along and why, in words.
    pub notes: Vec<String>,
}

impl Package {
    fn part(&self, id: Id) -> Option<&Part> {
        self.parts.iter().find(|part| part.id == id)
    }
}

#[cfg(test)]
mod tests;
