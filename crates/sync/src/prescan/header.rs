//! The frame of every chunk: magic, checksum, kind, length.

use sha2::{Digest, Sha256};
use tombolo_wire::sync::Hash;

use super::ScanError;
use super::leb::Reader;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// The kinds that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Document,
    Change,
    Deflated,
}

/// A chunk without its header.
pub(super) struct Chunk<'a> {
    pub(super) kind: Kind,
    pub(super) checksum: [u8; 4],
    pub(super) data: &'a [u8],
}

/// Splits the first chunk from what follows it.
pub(super) fn split(bytes: &[u8]) -> Result<(Chunk<'_>, &[u8]), ScanError> {
    let total = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut reader = Reader::new(bytes, total);
    let mut magic = [0; 4];
    reader.exact(&mut magic)?;
    if magic != MAGIC {
        return Err(ScanError::Malformed("it does not begin like one"));
    }
    let mut checksum = [0; 4];
    reader.exact(&mut checksum)?;
    let kind = match reader.byte()? {
        0 => Kind::Document,
        1 => Kind::Change,
        2 => Kind::Deflated,
        other => return Err(ScanError::Unsupported(other)),
    };
    let length = reader.unsigned()?;
    let left = reader.left();
    let cut = ScanError::Malformed("it ends too early");
    if length > left {
        return Err(cut);
    }
    let start = usize::try_from(total - left).map_err(|_| cut.clone())?;
    let end = usize::try_from(total - left + length).map_err(|_| cut.clone())?;
    let data = bytes.get(start..end).ok_or_else(|| cut.clone())?;
    let rest = bytes.get(end..).ok_or(cut)?;
    Ok((Chunk { kind, checksum, data }, rest))
}

/// Begins the hash of a chunk: its kind and its length come before its data.
pub(super) fn hasher(kind: Kind, length: u64) -> Sha256 {
    let mut hasher = Sha256::new();
    hasher.update([match kind {
        Kind::Document => 0,
        Kind::Change | Kind::Deflated => 1,
    }]);
    let mut rest = length;
    loop {
        let byte = u8::try_from(rest & 0x7f).unwrap_or(0);
        rest >>= 7;
        if rest == 0 {
            hasher.update([byte]);
            return hasher;
        }
        hasher.update([byte | 0x80]);
    }
}

/// Compares a finished hash with the checksum of the header.
pub(super) fn finish(hasher: Sha256, checksum: [u8; 4]) -> Result<Hash, ScanError> {
    let hash: Hash = hasher.finalize().into();
    if hash[..4] == checksum { Ok(hash) } else { Err(ScanError::Checksum) }
}

/// The checked hash of a chunk whose data lie open.
pub(super) fn verify(chunk: &Chunk<'_>) -> Result<Hash, ScanError> {
    let length = u64::try_from(chunk.data.len()).unwrap_or(u64::MAX);
    let mut hasher = hasher(chunk.kind, length);
    hasher.update(chunk.data);
    finish(hasher, chunk.checksum)
}
