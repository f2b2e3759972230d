//! Deflated bytes made longer again, up to a limit.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::error::FormatError;

/// This much may come out of anything.
const ALWAYS: u64 = 32 * 1024 * 1024;
/// Beyond it, this many bytes for each that came in: texts become 3 to 20 times as long, rows of a machine that says the
/// same all day up to 400 times, and a bomb 1,032 times, which is the most that there is.
const RATIO: u64 = 800;

/// Inflates one stream.
pub(super) struct Inflater {
    state: Box<InflateState>,
    room: Vec<u8>,
    came_in: u64,
    came_out: u64,
    /// The same of the streams before it in the file: many small bombs are a big one.
    before: (u64, u64),
    crc: crc32fast::Hasher,
    kind: &'static str,
}

impl Inflater {
    pub(super) fn new(kind: &'static str) -> Self {
        Self {
            state: InflateState::new_boxed(DataFormat::Raw),
            room: vec![0; 32 * 1024],
            came_in: 0,
            came_out: 0,
            before: (0, 0),
            crc: crc32fast::Hasher::new(),
            kind,
        }
    }

    /// One for the next stream of the same file.
    pub(super) fn following(&self) -> Self {
        let before = (self.before.0 + self.came_in, self.before.1 + self.came_out);
        Self { before, ..Self::new(self.kind) }
    }

    /// Takes bytes and hands on what they become; returns how many were taken and whether the stream is over.
    /// `at` is the place of the bytes in the file.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        at: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), FormatError>,
    ) -> Result<(usize, bool), FormatError> {
        let mut taken = 0;
        loop {
            let result = inflate(&mut self.state, &bytes[taken..], &mut self.room, MZFlush::None);
            taken += result.bytes_consumed;
            self.came_in += result.bytes_consumed as u64;
            self.came_out += result.bytes_written as u64;
            let made = &self.room[..result.bytes_written];
            self.crc.update(made);
            let most = ALWAYS.max(self.before.0.saturating_add(self.came_in).saturating_mul(RATIO));
            if self.before.1.saturating_add(self.came_out) > most {
                return Err(FormatError::InflatesTooMuch { most });
            }
            if !made.is_empty() {
                sink(made)?;
            }
            match result.status {
                Ok(MZStatus::StreamEnd) => return Ok((taken, true)),
                Ok(_) if result.bytes_written == self.room.len() || taken < bytes.len() => {}
                Ok(_) | Err(MZError::Buf) => return Ok((taken, false)),
                Err(_) => {
                    let byte = at + taken as u64;
                    return Err(FormatError::BadCompression { kind: self.kind, byte, reason: "the data is damaged" });
                }
            }
        }
    }

    pub(super) fn crc(&self) -> u32 {
        self.crc.clone().finalize()
    }

    /// How many bytes went in and came out.
    pub(super) fn sizes(&self) -> (u64, u64) {
        (self.came_in, self.came_out)
    }
}
