//! Bytes to frames and back, with the limits that hold before a single field is looked at.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::{Down, MAX_DEPTH, MAX_DOWN_BYTES, MAX_UP_BYTES, SnapshotPage, Up};

/// Why bytes are no frame, or a frame has no bytes.
#[derive(Debug, Error)]
pub enum FrameError {
    /// Longer than a frame may be.
    #[error("a frame of {size_bytes} bytes: at most {most} are read")]
    TooLarge {
        /// Its size.
        size_bytes: usize,
        /// The limit.
        most: usize,
    },
    /// No frame of this protocol.
    #[error("not a frame: {0}")]
    Malformed(String),
    /// Bytes follow the frame.
    #[error("{0} bytes follow the frame")]
    Trailing(usize),
    /// It cannot be written.
    #[error("the frame cannot be written: {0}")]
    Unwritable(String),
}

/// Writes a device's frame.
///
/// # Errors
///
/// Returns [`FrameError::TooLarge`] when the server would not read it.
pub fn encode_up(frame: &Up) -> Result<Vec<u8>, FrameError> {
    encode(frame, MAX_UP_BYTES)
}

/// Reads a device's frame.
///
/// # Errors
///
/// Returns why it is none.
pub fn decode_up(bytes: &[u8]) -> Result<Up, FrameError> {
    decode(bytes, MAX_UP_BYTES)
}

/// Writes a server's frame.
///
/// # Errors
///
/// Returns [`FrameError::TooLarge`] when a device would not read it.
pub fn encode_down(frame: &Down) -> Result<Vec<u8>, FrameError> {
    encode(frame, MAX_DOWN_BYTES)
}

/// Reads a server's frame.
///
/// # Errors
///
/// Returns why it is none.
pub fn decode_down(bytes: &[u8]) -> Result<Down, FrameError> {
    decode(bytes, MAX_DOWN_BYTES)
}

/// Writes a page of whole documents, before it is deflated.
///
/// # Errors
///
/// Returns [`FrameError::TooLarge`] when a device would not read it.
pub fn encode_page(page: &SnapshotPage) -> Result<Vec<u8>, FrameError> {
    encode(page, MAX_DOWN_BYTES)
}

/// Reads a page of whole documents, after it was inflated.
///
/// # Errors
///
/// Returns why it is none.
pub fn decode_page(bytes: &[u8]) -> Result<SnapshotPage, FrameError> {
    decode(bytes, MAX_DOWN_BYTES)
}

fn encode<T: Serialize>(frame: &T, most: usize) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(frame, &mut bytes).map_err(|error| FrameError::Unwritable(error.to_string()))?;
    check(&bytes, most)?;
    Ok(bytes)
}

fn decode<T: DeserializeOwned>(bytes: &[u8], most: usize) -> Result<T, FrameError> {
    check(bytes, most)?;
    let mut rest = bytes;
    let frame = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH)
        .map_err(|error| FrameError::Malformed(error.to_string()))?;
    if !rest.is_empty() {
        return Err(FrameError::Trailing(rest.len()));
    }
    Ok(frame)
}

const fn check(bytes: &[u8], most: usize) -> Result<(), FrameError> {
    if bytes.len() > most {
        return Err(FrameError::TooLarge { size_bytes: bytes.len(), most });
    }
    Ok(())
}
