//! Hashes on the wire: one byte string for a whole list, because a list of 32-byte items is mostly framing.

/// The SHA-256 by which Automerge names a change.
pub type Hash = [u8; 32];

/// Serde of `Vec<Hash>` as one byte string; for `#[serde(with = "hashes")]`.
pub mod hashes {
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    use super::Hash;

    /// Writes the hashes one behind the other.
    ///
    /// # Errors
    ///
    /// Returns the serializer's error.
    pub fn serialize<S: Serializer>(list: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(list.as_flattened())
    }

    /// Reads hashes; a length that is no multiple of 32 is an error.
    ///
    /// # Errors
    ///
    /// Returns the deserializer's error, or one that names the length.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Hash>, D::Error> {
        let bytes: Vec<u8> = serde_bytes::deserialize(deserializer)?;
        let (list, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(D::Error::custom(format!("hashes of {} bytes: not a multiple of 32", bytes.len())));
        }
        Ok(list.to_vec())
    }
}
