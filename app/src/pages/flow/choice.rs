//! Which step is chosen, and which of its editors is open.
//!
//! The choice leads and the address follows it a frame later: a form that waited for the address would still stand
//! there, and take what is typed, after its step was left. What the address says by itself, as when the page opens, is
//! chosen too.
//!
//! Invariant: what is chosen already is not chosen anew, so that no form is made twice and loses what has the focus.

use std::collections::VecDeque;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;
use tombolo_model::RowId;

use super::panel::Tool;

/// What is written to the address and was not read from it again.
#[derive(Debug, Default)]
struct Written(VecDeque<Option<RowId>>);

impl Written {
    fn write(&mut self, row: Option<RowId>) {
        self.0.push_back(row);
    }

    /// The address says `row`: whether that is an echo of what was written here.
    fn hear(&mut self, row: Option<&RowId>) -> bool {
        let echo = self.0.iter().position(|written| written.as_ref() == row);
        // Of what was written in one frame the address says only the last.
        self.0.drain(..echo.map_or(self.0.len(), |at| at + 1));
        echo.is_some()
    }
}

/// The choice, for the parts of the page.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    row: RwSignal<Option<RowId>>,
    tool: RwSignal<Option<Tool>>,
    written: StoredValue<Written>,
    write: StoredValue<Box<dyn Fn(Option<RowId>) + Send + Sync>>,
}

impl Choice {
    /// The choice that the address names.
    pub(super) fn here() -> Self {
        let quietly = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        let (address, write) = query_signal_with_options::<RowId>("step", quietly);
        let choice = Self {
            row: RwSignal::new(address.get_untracked()),
            tool: RwSignal::new(None),
            written: StoredValue::new(Written::default()),
            write: StoredValue::new(Box::new(move |row| write.set(row))),
        };
        Effect::new(move |_| {
            let row = address.get();
            if choice.written.try_update_value(|written| written.hear(row.as_ref())) == Some(false) {
                choice.show(row);
            }
        });
        choice
    }

    fn show(self, row: Option<RowId>) {
        change(self.tool, None);
        change(self.row, row);
    }

    /// Chooses a step, or none; an open editor is closed.
    pub(super) fn choose(self, row: Option<RowId>) {
        // Called late, the page may be gone.
        if self.row.try_with_untracked(|now| *now != row) == Some(true) {
            self.written.update_value(|written| written.write(row.clone()));
            self.write.with_value(|write| write(row.clone()));
        }
        self.show(row);
    }

    /// Opens an editor of the chosen step, or closes it.
    pub(super) fn open(self, tool: Option<Tool>) {
        change(self.tool, tool);
    }

    /// The row of the chosen step.
    pub(super) fn row(self) -> Option<RowId> {
        self.row.get()
    }

    /// Whether this step is chosen.
    pub(super) fn is(self, row: &str) -> bool {
        self.row.try_with(|chosen| chosen.as_deref() == Some(row)) == Some(true)
    }

    /// The editor that is open.
    pub(super) fn tool(self) -> Option<Tool> {
        self.tool.get()
    }
}

/// Sets what is another value by that.
fn change<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    signal.try_maybe_update(|now| {
        let news = *now != value;
        *now = value;
        (news, ())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> Option<RowId> {
        Some(name.to_owned())
    }

    #[test]
    fn an_address_that_follows_late_does_not_bring_back_what_was_left() {
        let mut written = Written::default();
        written.write(row("a"));
        written.write(None);
        assert!(written.hear(row("a").as_ref()), "it is an echo, whatever was chosen since");
        assert!(written.hear(None));
        assert!(!written.hear(row("a").as_ref()), "nobody here wrote that");
        written.write(row("b"));
        written.write(row("c"));
        assert!(written.hear(row("c").as_ref()), "both were written in one frame");
        assert!(!written.hear(row("b").as_ref()));
    }

    #[test]
    fn what_is_chosen_already_is_not_chosen_anew() {
        Owner::new().with(|| {
            let signal = RwSignal::new(row("a"));
            let told = Memo::new(move |times: Option<&usize>| {
                signal.track();
                times.copied().unwrap_or_default() + 1
            });
            assert_eq!(told.get_untracked(), 1);
            change(signal, row("a"));
            assert_eq!(told.get_untracked(), 1);
            change(signal, None);
            assert_eq!(told.get_untracked(), 2);
        });
    }
}
