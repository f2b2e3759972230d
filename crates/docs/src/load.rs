//! Opens a document from stored chunks, each on its own: a damaged one never costs the others.

use automerge::{Automerge, Change, LoadOptions, ROOT, ReadDoc, TextEncoding};
use tombolo_model::{Id, Kind};

use crate::document::{Document, empty};
use crate::sift::apply_what_fits;
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
    /// Its place among the chunks given; [`NO_PIECE`] when each can be read and only not all together.
    pub index: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// The place of no chunk. A change that does not fit beside the others may be in a saved document with many that do,
/// so nothing is put aside because of it.
pub const NO_PIECE: usize = usize::MAX;

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
        let (mut am, mut base) = (empty(), None);
        let (mut changes, mut damaged) = (Vec::new(), Vec::new());
        for (index, bytes) in chunks.into_iter().enumerate() {
            match read(bytes) {
                // A saved document that comes first becomes the base: that is the quick way.
                Ok(Piece::Saved(saved)) if am.is_empty() => (am, base) = (saved, Some(bytes)),
                Ok(Piece::Saved(saved)) => changes.extend(saved.get_changes(&[])),
                Ok(Piece::Change(change)) => changes.push(change),
                Err(reason) => damaged.push(Damage { index, reason }),
            }
        }
        let count = changes.len();
        if let Err(error) = am.apply_changes(changes.iter().cloned()) {
            // Some are readable and yet wrong: a number used twice. What failed may have left half of itself behind.
            let again = base.and_then(|bytes| saved(bytes).ok()).unwrap_or_else(empty);
            let (fitting, left_out) = apply_what_fits(again, changes);
            am = fitting;
            damaged.push(Damage { index: NO_PIECE, reason: format!("{left_out} changes do not fit: {error}") });
        }
        let waiting = am.get_missing_deps(&[]).len().min(count);
        let (kind, id) = identity(&am)?;
        Ok(Loaded { document: Self::of(am, kind, id), damaged, waiting })
    }
}

/// Whether a chunk is a saved document and not a single change: its type byte says so.
#[must_use]
pub fn is_saved_document(chunk: &[u8]) -> bool {
    const TYPE_AT: usize = 8;
    const DOCUMENT: u8 = 0;
    chunk.get(TYPE_AT) == Some(&DOCUMENT)
}

/// What one chunk holds.
#[expect(clippy::large_enum_variant, reason = "taken apart as soon as it is made")]
enum Piece {
    Saved(Automerge),
    Change(Change),
}

fn read(bytes: &[u8]) -> Result<Piece, String> {
    if is_saved_document(bytes) { saved(bytes).map(Piece::Saved) } else { changes::read(bytes).map(Piece::Change) }
}

fn saved(bytes: &[u8]) -> Result<Automerge, String> {
    let options = LoadOptions::new().text_encoding(TextEncoding::Utf16CodeUnit);
    Automerge::load_with_options(bytes, options).map_err(|error| error.to_string())
}

pub(crate) fn identity(am: &Automerge) -> Result<(Kind, Id), LoadError> {
    let text =
        |key: &str| am.get(ROOT, key).ok().flatten().and_then(|(value, _)| value.as_str().map(ToOwned::to_owned));
    let kind = text(key::KIND).ok_or(LoadError::NoBeginning)?;
    let kind = Kind::from_name(&kind).ok_or(LoadError::UnknownKind)?;
    let id = text(key::ID).and_then(|id| id.parse().ok()).ok_or(LoadError::NoId)?;
    Ok((kind, id))
}
