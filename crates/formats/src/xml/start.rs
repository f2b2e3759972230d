//! The first bytes of an XML file, which say how the others are encoded.

use crate::encoding::{Decoder, Encoding};
use crate::error::FormatError;

/// Makes UTF-8 of a file whose first line may name its encoding.
pub(super) struct Start {
    /// The bytes so far, until the encoding is known.
    held: Vec<u8>,
    decoder: Option<Decoder>,
}

/// A declaration is never longer.
const MOST: usize = 512;

impl Start {
    pub(super) fn new(decoded: bool) -> Self {
        Self { held: Vec::new(), decoder: decoded.then(|| Decoder::new(Encoding::Utf8)) }
    }

    /// Appends the piece as UTF-8.
    pub(super) fn push(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), FormatError> {
        if self.decoder.is_none() {
            self.held.extend_from_slice(bytes);
            let undecided = self.held.len() < 5
                || (self.held.starts_with(b"<?xml") && self.held.len() < MOST && !self.held.contains(&b'>'));
            if undecided && !last {
                return Ok(());
            }
            let mut decoder = Decoder::new(encoding(&self.held)?);
            let held = std::mem::take(&mut self.held);
            decoder.push(&held, out)?;
            if last {
                decoder.finish(out)?;
            }
            self.decoder = Some(decoder);
            return Ok(());
        }
        match &mut self.decoder {
            Some(decoder) if last => decoder.finish(out),
            Some(decoder) => decoder.push(bytes, out),
            None => Ok(()),
        }
    }

    /// Whether pieces go on as they are.
    pub(super) fn is_plain(&self) -> bool {
        self.decoder.as_ref().is_some_and(Decoder::is_plain)
    }
}

fn encoding(first: &[u8]) -> Result<Encoding, FormatError> {
    if first.starts_with(&[0xff, 0xfe]) || first.starts_with(b"<\0?\0") {
        return Ok(Encoding::Utf16Le);
    }
    // Behind the mark of UTF-8 the text is UTF-8, whatever it says. No more is looked at than pieces of one byte show.
    let first = &first[..first.len().min(MOST)];
    let Some(declaration) = first.strip_prefix(b"<?xml") else { return Ok(Encoding::Utf8) };
    let end = declaration.iter().position(|byte| *byte == b'>').unwrap_or(declaration.len());
    let text = String::from_utf8_lossy(&declaration[..end]);
    let Some((_, name)) = text.split_once("encoding") else { return Ok(Encoding::Utf8) };
    let name = name.trim_start().trim_start_matches('=').trim_start();
    let name = name.trim_start_matches(['"', '\'']).split(['"', '\'']).next().unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        // ASCII is UTF-8; and what says UTF-16 in single bytes was made UTF-8 by somebody who left the line alone.
        "us-ascii" | "ascii" | "utf-16" => Ok(Encoding::Utf8),
        name => Encoding::named(name).ok_or(FormatError::NotXml {
            line: 1,
            column: 1,
            reason: "the first line names an encoding that is not known; choose the encoding of the file",
        }),
    }
}
