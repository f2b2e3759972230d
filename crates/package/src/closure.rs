//! What goes along with an integration, a flow or a single resource.
//!
//! Asks for one resource after the other ([`Closure::wanted`]) and is told what it is: the store of a browser answers
//! later, that of the server too, and both by the same rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tombolo_model::{Id, Kind, catalogue, shapes};

use crate::references::{self, Reference};
use crate::{MOST_PARTS, Package, PackageError, Part, Purpose};

/// What is copied with what refers to it; everything else is used by the copy as it is.
const COPIED: [Kind; 8] = [
    Kind::Flow,
    Kind::Export,
    Kind::Import,
    Kind::Script,
    Kind::LookupCache,
    Kind::FileDefinition,
    Kind::AsyncHelper,
    Kind::Tool,
];

/// Gathers a package.
#[derive(Debug)]
pub struct Closure {
    purpose: Purpose,
    root: Id,
    /// What goes because it belongs to the root and not because somebody refers to it.
    owned: BTreeSet<Id>,
    open: Vec<Id>,
    asked: BTreeSet<Id>,
    parts: BTreeMap<Id, Part>,
    /// What stays, by id, for the notes.
    stays: BTreeMap<Id, String>,
}

impl Closure {
    /// Begins with a resource; `owned` are those that belong to it when it is an integration.
    pub fn begin(purpose: Purpose, root: Id, owned: impl IntoIterator<Item = Id>) -> Self {
        let owned: BTreeSet<Id> = owned.into_iter().collect();
        let mut open: Vec<Id> = owned.iter().copied().filter(|id| *id != root).collect();
        open.push(root);
        let asked = open.iter().copied().collect();
        Self { purpose, root, owned, open, asked, parts: BTreeMap::new(), stays: BTreeMap::new() }
    }

    /// The next resource to look up; nothing when all are there.
    pub fn wanted(&mut self) -> Option<Id> {
        if self.parts.len() > MOST_PARTS { None } else { self.open.pop() }
    }

    /// Takes one that is there and not in the recycle bin. One that is not there is simply not told.
    pub fn found(&mut self, kind: Kind, id: Id, value: Value) {
        let part = Part { kind, id, value };
        if id != self.root && !self.goes(&part) {
            self.stays.insert(id, part.called());
            return;
        }
        if self.follows(&part) {
            let references = references::of(&part).into_iter().map(|reference| reference.id);
            let mut new: Vec<Id> = references.filter(|id| self.asked.insert(*id)).collect();
            self.open.append(&mut new);
        }
        self.parts.insert(id, part);
    }

    fn goes(&self, part: &Part) -> bool {
        let owned = self.owned.contains(&part.id);
        match (self.purpose, part.kind) {
            // A template is an installing of its own, and a notification is about a person.
            (_, Kind::Template | Kind::Notification | Kind::Integration | Kind::Agent) => false,
            (Purpose::File, Kind::Flow) => owned,
            (Purpose::File, _) | (Purpose::Copy, Kind::Connection) => true,
            (Purpose::Copy, _) if self.is_single() => false,
            (Purpose::Copy, Kind::Stack | Kind::IClient) => false,
            (Purpose::Copy, Kind::Flow | Kind::Api) => owned,
            (Purpose::Copy, kind) => owned || COPIED.contains(&kind),
        }
    }

    /// Whether what it refers to is looked at.
    fn follows(&self, part: &Part) -> bool {
        self.purpose == Purpose::File || part.kind != Kind::Connection
    }

    /// A copy of one step is that step, with all that the other one uses; only its connection may be another.
    fn is_single(&self) -> bool {
        let root = self.parts.get(&self.root);
        root.is_some_and(|root| !matches!(root.kind, Kind::Integration | Kind::Flow | Kind::Api | Kind::Tool))
    }

    /// The package. What leads out of it is taken out when it is for a file, and said.
    ///
    /// # Errors
    ///
    /// Returns [`PackageError::Absent`] when the root is not there, and [`PackageError::TooMuch`].
    pub fn end(mut self) -> Result<Package, PackageError> {
        if self.parts.len() > MOST_PARTS {
            return Err(PackageError::TooMuch { what: "resources", most: MOST_PARTS });
        }
        let Some(root) = self.parts.get(&self.root) else { return Err(PackageError::Absent(self.root)) };
        let home = catalogue::describe(root.kind, &root.value).integration;
        let inside: BTreeSet<Id> = self.parts.keys().copied().collect();
        let mut notes = BTreeSet::new();
        for part in self.parts.values_mut() {
            strip(part);
            if self.purpose == Purpose::File {
                let out = |reference: &Reference| !inside.contains(&reference.id) && Some(reference.id) != home;
                let gone: Vec<Reference> = references::of(part).into_iter().filter(out).collect();
                references::take_out(part, &gone);
                for reference in gone.iter().filter(|reference| reference.kind != Kind::Integration) {
                    let what = self.stays.get(&reference.id);
                    let what =
                        what.map_or_else(|| format!("a {} that is not there any more", reference.kind), Clone::clone);
                    notes.insert(format!(
                        "{} uses {what}, which stays here: choose another where it is installed.",
                        capital(&part.called())
                    ));
                }
                notes.extend(without_data(part));
            }
        }
        let mut parts: Vec<Part> = self.parts.into_values().collect();
        parts.sort_by_key(|part| (part.kind, part.id));
        Ok(Package { root: self.root, parts, notes: notes.into_iter().collect() })
    }
}

/// Takes out what no file and no copy may hold: secrets, and what servers derive.
pub(crate) fn strip(part: &mut Part) {
    let table = shapes(part.kind);
    fn below(value: &mut Value, place: &mut String, protected: &dyn Fn(&str) -> bool) {
        let length = place.len();
        match value {
            Value::Object(fields) => fields.retain(|key, value| {
                place.push('/');
                place.push_str(&tombolo_model::path::escape(key));
                let stays = !protected(place);
                if stays {
                    below(value, place, protected);
                }
                place.truncate(length);
                stays
            }),
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    place.push('/');
                    place.push_str(&index.to_string());
                    below(item, place, protected);
                    place.truncate(length);
                }
            }
            _ => {}
        }
    }
    below(&mut part.value, &mut String::new(), &|place| table.protected(place));
}

/// Takes out what only names data that a file does not hold; what it was, in words.
pub(crate) fn without_data(part: &mut Part) -> Option<String> {
    let called = capital(&part.called());
    let fields = part.value.as_object_mut()?;
    match part.kind {
        Kind::Export => fields.shift_remove("rawData").map(|_| {
            format!("{called} reads a file, which does not come along: choose it again where it is installed.")
        }),
        Kind::LookupCache if fields.get("includeDataInTemplatesAndCloning") == Some(&Value::Bool(true)) => {
            Some(format!("The entries of {} do not come along: add them where it is installed.", part.called()))
        }
        _ => None,
    }
}

pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
