//! How much one record may become where rules copy values.
//!
//! A text of a megabyte beside a list of a thousand small items is a small record, and a gigabyte when each item gets
//! the text, or when a thousand rules do. What rules copy is counted here, in bytes, and what branches do of a page.

use std::cell::Cell;

use tombolo_model::Val;

use crate::size::memory_bytes;
use crate::units::MAX_PARENTS_BYTES;

/// What is left for the copies of a record, or of a page's records.
#[derive(Debug)]
pub(crate) struct Room(Cell<usize>);

impl Default for Room {
    fn default() -> Self {
        Self::of(MAX_PARENTS_BYTES)
    }
}

/// There is no room for a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is copied would have more than {} MB together: leave out what is the same many times", MAX_PARENTS_BYTES >> 20)]
pub(crate) struct Full;

impl Room {
    /// Room for so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Self(Cell::new(bytes))
    }

    /// Counts so many copies of a value.
    ///
    /// # Errors
    ///
    /// Returns [`Full`] where there is no room for them.
    pub(crate) fn take(&self, value: &Val, times: usize) -> Result<(), Full> {
        let bytes = memory_bytes(value).saturating_mul(times);
        self.0.set(self.0.get().checked_sub(bytes).ok_or(Full)?);
        Ok(())
    }
}
