//! Changes as bytes: what is stored, sent and judged, one at a time.

use automerge::{Change, ChangeHash};

/// The SHA-256 of a change.
pub type Hash = [u8; 32];

/// One change as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its hash.
    pub hash: Hash,
    /// Its bytes, deflated by Automerge when that pays.
    pub bytes: Vec<u8>,
}

impl Chunk {
    pub(crate) fn of(mut change: Change) -> Self {
        Self { hash: change.hash().0, bytes: change.bytes().into_owned() }
    }
}

/// Reads one change and checks its checksum: Automerge's own reader leaves that to the caller, and a damaged
/// change that is applied panics.
pub(crate) fn read(bytes: &[u8]) -> Result<Change, String> {
    let change = Change::from_bytes(bytes.to_vec()).map_err(|error| error.to_string())?;
    if bytes.get(4..8) == Some(&change.hash().0[..4]) {
        Ok(change)
    } else {
        Err(String::from("its checksum does not fit its content"))
    }
}

/// Writes a hash as 64 hexadecimal digits.
#[must_use]
pub fn hash_to_hex(hash: &Hash) -> String {
    ChangeHash(*hash).to_string()
}

/// Reads a hash from 64 hexadecimal digits.
#[must_use]
pub fn hash_from_hex(text: &str) -> Option<Hash> {
    text.parse::<ChangeHash>().ok().map(|hash| hash.0)
}
