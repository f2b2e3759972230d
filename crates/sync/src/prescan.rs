//! Looks through Automerge chunks before Automerge does, so that no bytes from outside cost more than they weigh.
//!
//! Automerge 0.12 inflates a chunk to its end before it compares the checksum: half a megabyte of deflated
//! zeros costs two gigabytes. Here everything that expands (deflated chunks, deflated columns, run lengths,
//! counts of dependencies and actors, repeated keys) is counted through a small buffer and refused at its cap.
//!
//! Knows the chunk format (<https://automerge.org/automerge-binary-format-spec/>) and nothing of
//! documents or rights; what operations mean is `tombolo_docs::inspect`'s.
//!
//! Invariant: no input panics, and none makes this module hold more than a few buffers of 32 KiB.

mod change;
mod column;
mod document;
mod header;
mod inflate;
mod leb;

use thiserror::Error;
use tombolo_wire::sync::Hash;

pub use inflate::{deflate, inflate};

/// How much a chunk may expand to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Bytes as they travel.
    pub compressed_bytes: usize,
    /// Bytes after inflating, over all columns, repeated keys counted as often as they are meant.
    pub inflated_bytes: usize,
    /// Operations; also their predecessors and each column's items.
    pub ops: u64,
    /// Changes that one builds on, or a document's heads.
    pub deps: u64,
    /// Actors named.
    pub actors: u64,
}

impl Caps {
    /// For a single change that somebody pushes (decision 16).
    pub const CHANGE: Self = Self {
        compressed_bytes: 1024 * 1024,
        inflated_bytes: 16 * 1024 * 1024,
        ops: 100_000,
        deps: 1_000,
        actors: 10_000,
    };

    /// For a saved document, which holds many changes, from our own server.
    pub const SNAPSHOT: Self = Self {
        compressed_bytes: 16 * 1024 * 1024,
        inflated_bytes: 64 * 1024 * 1024,
        ops: 2_000_000,
        deps: 10_000,
        actors: 100_000,
    };
}

/// Why Automerge does not get to see some bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScanError {
    /// More than the cap of something.
    #[error("more than {most} {what}")]
    TooBig {
        /// Of what.
        what: &'static str,
        /// The cap.
        most: u64,
    },
    /// Not in Automerge's format.
    #[error("not an Automerge chunk: {0}")]
    Malformed(&'static str),
    /// The bytes are not those that were written.
    #[error("the checksum does not fit the bytes")]
    Checksum,
    /// A chunk of a kind that does not travel here.
    #[error("a chunk of kind {0} is not accepted")]
    Unsupported(u8),
}

impl ScanError {
    /// A stable code: `too_large` or `malformed`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooBig { .. } => "too_large",
            Self::Malformed(_) | Self::Checksum | Self::Unsupported(_) => "malformed",
        }
    }
}

/// What kind a chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkKind {
    /// A saved document.
    Document,
    /// One change, deflated or not.
    Change,
}

/// What is known of a chunk that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Its kind.
    pub kind: ChunkKind,
    /// Its hash; a change is named by it.
    pub hash: Hash,
    /// A change's actor; empty for a document.
    pub actor: Vec<u8>,
    /// A change's number within its actor, from 1; 0 for a document.
    pub seq: u64,
    /// The counter of a change's first operation; 0 for a document.
    pub start_op: u64,
    /// When a change was made, in milliseconds since 1970 as its author's device said; 0 for a document.
    pub time_ms: i64,
    /// How many operations it holds.
    pub ops: u64,
    /// The changes it builds on; a document's heads.
    pub deps: Vec<Hash>,
    /// Its size after inflating.
    pub inflated_bytes: usize,
}

/// Scans one change, deflated or not, and nothing behind it.
///
/// # Errors
///
/// Returns why Automerge must not see it.
pub fn scan_change(bytes: &[u8], caps: &Caps) -> Result<Scan, ScanError> {
    let mut scans = scan(bytes, caps)?;
    match (scans.pop(), scans.is_empty()) {
        (Some(scan), true) if scan.kind == ChunkKind::Change => Ok(scan),
        _ => Err(ScanError::Malformed("one change was expected")),
    }
}

/// Scans chunks that follow one another; the caps hold for all of them together.
///
/// # Errors
///
/// Returns why Automerge must not see them.
pub fn scan(bytes: &[u8], caps: &Caps) -> Result<Vec<Scan>, ScanError> {
    if bytes.len() > caps.compressed_bytes {
        return Err(too_big("bytes", caps.compressed_bytes));
    }
    let mut budget = Budget::new(caps);
    let mut scans = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (chunk, behind) = header::split(rest)?;
        scans.push(match chunk.kind {
            header::Kind::Document => document::scan(&chunk, &mut budget)?,
            header::Kind::Change => change::scan(&chunk, &mut budget)?,
            header::Kind::Deflated => change::scan_deflated(&chunk, &mut budget)?,
        });
        rest = behind;
    }
    Ok(scans)
}

/// What is left of the caps.
#[derive(Debug)]
struct Budget {
    caps: Caps,
    inflated_bytes: usize,
    ops: u64,
}

impl Budget {
    const fn new(caps: &Caps) -> Self {
        Self { caps: *caps, inflated_bytes: caps.inflated_bytes, ops: caps.ops }
    }

    fn spend_bytes(&mut self, bytes: u64) -> Result<(), ScanError> {
        let left = usize::try_from(bytes).ok().and_then(|bytes| self.inflated_bytes.checked_sub(bytes));
        self.inflated_bytes = left.ok_or_else(|| too_big("bytes", self.caps.inflated_bytes))?;
        Ok(())
    }

    fn spend_ops(&mut self, ops: u64) -> Result<(), ScanError> {
        self.ops = self.ops.checked_sub(ops).ok_or(ScanError::TooBig { what: "operations", most: self.caps.ops })?;
        Ok(())
    }
}

fn too_big(what: &'static str, most: usize) -> ScanError {
    ScanError::TooBig { what, most: u64::try_from(most).unwrap_or(u64::MAX) }
}
