//! Opens a document from stored chunks, each on its own: a damaged one never costs the others.

use automerge::{Automerge, Change, LoadOptions, ROOT, ReadDoc, TextEncoding};
use tombolo_model::{Id, Kind};

use crate::document::{Document, empty};
use crate::{changes, key};

/// Why no document could be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// No chunk was readable, or the first change is missing.
    #[error("the document's first change is missing")]
    NoBeginning,
    /// The document does not say what it is.
    #[error("the document names no kind of resource that this version knows")]
    UnknownKind,
    /// The document does not say which resource it is.
    #[error("the document names no id")]
    NoId,
}

/// A chunk that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Its place among the chunks given.
    pub index: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// What [`Document::load`] found.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The document at the last state that the readable chunks make.
    pub document: Document,
    /// The chunks that could not be read.
    pub damaged: Vec<Damage>,
    /// How many changes wait for others that are missing.
    pub waiting: usize,
}

impl Loaded {
    /// Whether every chunk was read and applied.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damaged.is_empty() && self.waiting == 0
    }
}

impl Document {
    /// Opens a document from its chunks, changes and saved documents in any order.
    ///
    /// # Errors
    ///
    /// Returns [`LoadError`] when the readable chunks make no document.
    pub fn load<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Loaded, LoadError> {
        let mut am = empty();
        let (mut changes, mut damaged) = (Vec::new(), Vec::new());
        for (index, bytes) in chunks.into_iter().enumerate() {
            match read(bytes, &mut am) {
                Ok(more) => changes.extend(more),
                Err(reason) => damaged.push(Damage { index, reason }),
            }
        }
        let count = changes.len();
        if let Err(error) = am.apply_changes(changes.clone()) {
            // One of them is readable and yet wrong (a number used twice): find it by applying one at a time.
            am = one_at_a_time(am, changes);
            damaged.push(Damage { index: usize::MAX, reason: error.to_string() });
        }
        let waiting = am.get_missing_deps(&[]).len().min(count);
        let (kind, id) = identity(&am)?;
        Ok(Loaded { document: Self { am, kind, id }, damaged, waiting })
    }
}

/// Whether a chunk is a saved document and not a single change: its type byte says so.
#[must_use]
pub fn is_saved_document(chunk: &[u8]) -> bool {
    const TYPE_AT: usize = 8;
    const DOCUMENT: u8 = 0;
    chunk.get(TYPE_AT) == Some(&DOCUMENT)
}

/// The changes in one chunk. A saved document that comes first becomes the base: that is the quick way.
fn read(bytes: &[u8], am: &mut Automerge) -> Result<Vec<Change>, String> {
    if !is_saved_document(bytes) {
        return changes::read(bytes).map(|change| vec![change]);
    }
    let options = LoadOptions::new().text_encoding(TextEncoding::Utf16CodeUnit);
    let saved = Automerge::load_with_options(bytes, options).map_err(|error| error.to_string())?;
    if am.is_empty() {
        *am = saved;
        return Ok(Vec::new());
    }
    Ok(saved.get_changes(&[]))
}

fn one_at_a_time(mut am: Automerge, changes: Vec<Change>) -> Automerge {
    for change in changes {
        let mut next = am.clone();
        if next.apply_changes([change]).is_ok() {
            am = next;
        }
    }
    am
}

pub(crate) fn identity(am: &Automerge) -> Result<(Kind, Id), LoadError> {
    let text =
        |key: &str| am.get(ROOT, key).ok().flatten().and_then(|(value, _)| value.as_str().map(ToOwned::to_owned));
    let kind = text(key::KIND).ok_or(LoadError::NoBeginning)?;
    let kind = Kind::from_name(&kind).ok_or(LoadError::UnknownKind)?;
    let id = text(key::ID).and_then(|id| id.parse().ok()).ok_or(LoadError::NoId)?;
    Ok((kind, id))
}
