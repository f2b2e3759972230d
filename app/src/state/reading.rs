//! Reads a signal from wherever that is asked.
//!
//! What a row or a document says is asked by views and effects, which follow it, and by handlers, by what goes on after an
//! answer, and by the body of a component, which read it once. Leptos takes the second for a mistake and says so in the
//! console, where it hides those that are one.

use leptos::prelude::*;
use leptos::reactive::graph::Observer;

/// What `with` makes of the value; it is followed where something can follow it.
pub(super) fn read<T, R>(signal: RwSignal<T>, with: impl FnOnce(&T) -> R) -> R
where
    T: Send + Sync + 'static,
{
    if Observer::get().is_some() { signal.with(with) } else { signal.with_untracked(with) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_a_memo_is_followed_and_anywhere_else_only_read() {
        Owner::new().with(|| {
            let signal = RwSignal::new(1);
            let twice = Memo::new(move |_| read(signal, |one| one * 2));
            assert_eq!((read(signal, |one| *one), twice.get_untracked()), (1, 2));
            signal.set(4);
            assert_eq!((read(signal, |one| *one), twice.get_untracked()), (4, 8));
        });
    }
}
