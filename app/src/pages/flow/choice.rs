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

use super::panel::{self, Tool};
use crate::browser::page;

/// What can be chosen: a step, and one of its editors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Chosen {
    row: Option<RowId>,
    tool: Option<Tool>,
}

impl Chosen {
    /// An editor is one of a step.
    fn of(row: Option<RowId>, tool: Option<Tool>) -> Self {
        Self { tool: tool.filter(|_| row.is_some()), row }
    }
}

/// What is written to the address and was not read from it again.
#[derive(Debug, Default)]
struct Written(VecDeque<Chosen>);

impl Written {
    fn write(&mut self, chosen: Chosen) {
        self.0.push_back(chosen);
    }

    /// The address says `chosen`: whether that is an echo of what was written here.
    fn hear(&mut self, chosen: &Chosen) -> bool {
        let echo = self.0.iter().position(|written| written == chosen);
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
    write: StoredValue<Box<dyn Fn(Chosen) + Send + Sync>>,
}

impl Choice {
    /// The choice that the address names.
    pub(super) fn here() -> Self {
        // Each choice is a page of its own for the browser's buttons.
        let quietly = NavigateOptions { scroll: false, ..NavigateOptions::default() };
        let (row, write_row) = query_signal_with_options::<RowId>("step", quietly.clone());
        let (tool, write_tool) = query_signal_with_options::<Tool>("tool", quietly);
        let address = Memo::new(move |_| Chosen::of(row.get(), tool.get()));
        let first = address.get_untracked();
        let choice = Self {
            row: RwSignal::new(first.row),
            tool: RwSignal::new(first.tool),
            written: StoredValue::new(Written::default()),
            // Both are written to the address at once, in the next frame.
            write: StoredValue::new(Box::new(move |chosen| {
                write_row.set(chosen.row);
                write_tool.set(chosen.tool);
            })),
        };
        Effect::new(move |_| {
            let chosen = address.get();
            if choice.written.try_update_value(|written| written.hear(&chosen)) == Some(false) {
                choice.follow(chosen);
            }
        });
        choice
    }

    /// What is chosen now; nothing when the page is gone.
    fn now(self) -> Option<Chosen> {
        Some(Chosen { row: self.row.try_get_untracked()?, tool: self.tool.try_get_untracked()? })
    }

    /// Shows what the address says by itself. What had the focus may go with that: it goes to what opens, or back to the
    /// step whose form is left.
    fn follow(self, chosen: Chosen) {
        let Some(before) = self.now().filter(|before| *before != chosen) else { return };
        match (&chosen, before.row) {
            (Chosen { tool: Some(_), .. }, _) => page::focus_soon(vec![panel::EDITOR.to_owned()]),
            (Chosen { row: Some(_), .. }, _) => page::focus_soon(vec![panel::PANEL.to_owned()]),
            (_, Some(row)) => super::focus_step(&row),
            (_, None) => {}
        }
        self.show(chosen);
    }

    fn show(self, chosen: Chosen) {
        change(self.tool, chosen.tool);
        change(self.row, chosen.row);
    }

    fn go(self, chosen: Chosen) {
        // Called late, the page may be gone.
        if self.now().is_some_and(|now| now != chosen) {
            self.written.update_value(|written| written.write(chosen.clone()));
            self.write.with_value(|write| write(chosen.clone()));
            self.show(chosen);
        }
    }

    /// Chooses a step, or none; an open editor is closed.
    pub(super) fn choose(self, row: Option<RowId>) {
        self.go(Chosen::of(row, None));
    }

    /// Opens an editor of the chosen step, or closes it.
    pub(super) fn open(self, tool: Option<Tool>) {
        self.go(Chosen::of(self.row.try_get_untracked().flatten(), tool));
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

    fn step(name: &str) -> Chosen {
        Chosen::of(row(name), None)
    }

    #[test]
    fn an_address_that_follows_late_does_not_bring_back_what_was_left() {
        let mut written = Written::default();
        written.write(step("a"));
        written.write(Chosen::default());
        assert!(written.hear(&step("a")), "it is an echo, whatever was chosen since");
        assert!(written.hear(&Chosen::default()));
        assert!(!written.hear(&step("a")), "nobody here wrote that");
        written.write(step("b"));
        written.write(step("c"));
        assert!(written.hear(&step("c")), "both were written in one frame");
        assert!(!written.hear(&step("b")));
    }

    #[test]
    fn an_editor_is_one_of_a_step_and_has_an_address_of_its_own() {
        assert_eq!(Chosen::of(None, Some(Tool::Filter)), Chosen::default());
        let mut written = Written::default();
        written.write(Chosen::of(row("a"), Some(Tool::Mapping)));
        assert!(!written.hear(&step("a")), "the step without its editor is another place");
        for tool in [Tool::Filter, Tool::InputFilter, Tool::Mapping, Tool::Transform, Tool::Templates, Tool::Branch(3)]
        {
            assert_eq!(tool.to_string().parse(), Ok(tool));
        }
        assert_eq!("scripts".parse::<Tool>(), Err(()));
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
