//! Inflating that counts, and stops where it was told to.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{ScanError, too_big};

/// How much is held at once while something is only counted.
pub(super) const BUFFER_BYTES: usize = 32 * 1024;

/// Counts what a deflated stream would become without keeping it.
///
/// The stream must end exactly with `deflated`: bytes behind it would make two chunks with one name.
pub(super) fn count(deflated: &[u8], most: usize) -> Result<usize, ScanError> {
    let mut decoder = DeflateDecoder::new(deflated);
    let mut buffer = [0; 4096];
    let mut total = 0_usize;
    loop {
        let step = decoder.read(&mut buffer).map_err(|_| ScanError::Malformed("it does not inflate"))?;
        if step == 0 {
            break;
        }
        total = total.saturating_add(step);
        if total > most {
            return Err(too_big("bytes", most));
        }
    }
    ends(&decoder, deflated)?;
    Ok(total)
}

/// Inflates a frame's body, at most to `most` bytes.
///
/// # Errors
///
/// Returns [`ScanError::TooBig`] without having read more than `most`.
pub fn inflate(deflated: &[u8], most: usize) -> Result<Vec<u8>, ScanError> {
    let mut decoder = DeflateDecoder::new(deflated);
    let mut inflated = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    (&mut decoder).take(limit).read_to_end(&mut inflated).map_err(|_| ScanError::Malformed("it does not inflate"))?;
    if inflated.len() > most {
        return Err(too_big("bytes", most));
    }
    ends(&decoder, deflated)?;
    Ok(inflated)
}

fn ends(decoder: &DeflateDecoder<&[u8]>, deflated: &[u8]) -> Result<(), ScanError> {
    if decoder.total_in() == u64::try_from(deflated.len()).unwrap_or(u64::MAX) {
        Ok(())
    } else {
        Err(ScanError::Malformed("bytes follow its deflated stream"))
    }
}

/// Deflates a frame's body, quickly rather than tightly.
///
/// # Errors
///
/// Returns the encoder's error; writing into memory has none of its own.
pub fn deflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
