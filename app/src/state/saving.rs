//! What was entered on this screen and is not stored on this device yet.
//!
//! Invariant: from the key or click that changes something until the store has answered that it is on the disk, at least
//! one [`Saving`] lives; only without any may the screen call everything stored.

use leptos::prelude::*;

/// Something entered that is not stored yet; dropped when it is, or when it was refused.
#[derive(Debug)]
pub(crate) struct Saving(RwSignal<usize>);

impl Saving {
    /// Counts one more.
    pub(super) fn begin(count: RwSignal<usize>) -> Self {
        count.update(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        // With the page its count goes too.
        self.0.try_update(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_long_as_one_change_is_on_its_way_something_is_being_saved() {
        Owner::new().with(|| {
            let count = RwSignal::new(0);
            let (first, second) = (Saving::begin(count), Saving::begin(count));
            drop(first);
            assert_eq!(count.get_untracked(), 1);
            drop(second);
            assert_eq!(count.get_untracked(), 0);
        });
    }
}
