//! Short messages that come and go; the last ones stay readable for eight seconds.

use leptos::prelude::*;

/// One message.
#[derive(Clone)]
pub(crate) struct Toast {
    /// Its number.
    pub(crate) id: u64,
    /// What happened, then what to do.
    pub(crate) text: String,
    /// Something failed.
    pub(crate) failed: bool,
    /// Takes back what happened.
    pub(crate) undo: Option<Callback<()>>,
}

/// All messages on the screen.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    /// Oldest first.
    pub(crate) all: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
}

const STAY_MS: u32 = 8_000;

impl Toasts {
    pub(crate) fn new() -> Self {
        Self { all: RwSignal::new(Vec::new()), next: StoredValue::new(1) }
    }

    /// Says that something went well.
    pub(crate) fn say(self, text: impl Into<String>) {
        self.add(text.into(), false, None);
    }

    /// Says that something failed.
    pub(crate) fn fail(self, text: impl Into<String>) {
        self.add(text.into(), true, None);
    }

    /// Says what happened and offers to take it back.
    pub(crate) fn offer_undo(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.add(text.into(), false, Some(Callback::new(move |()| undo())));
    }

    /// Takes a message away.
    pub(crate) fn close(self, id: u64) {
        self.all.update(|all| all.retain(|toast| toast.id != id));
    }

    /// Takes all away.
    pub(crate) fn clear(self) {
        self.all.update(Vec::clear);
    }

    /// The same thing said again takes the place of what was said before.
    fn add(self, text: String, failed: bool, undo: Option<Callback<()>>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.all.update(|all| put(all, Toast { id, text, failed, undo }));
        gloo::timers::callback::Timeout::new(STAY_MS, move || self.close(id)).forget();
    }
}

fn put(all: &mut Vec<Toast>, toast: Toast) {
    // Each undo takes back another thing, however equal the words are.
    all.retain(|have| {
        have.undo.is_some() || toast.undo.is_some() || have.failed != toast.failed || have.text != toast.text
    });
    all.push(toast);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_shown_once_but_each_undo_stays() {
        let toast = |id, text: &str, undo: bool| Toast {
            id,
            text: text.into(),
            failed: false,
            undo: undo.then(|| Callback::new(|()| ())),
        };
        let mut all = Vec::new();
        for one in [toast(1, "Gone", true), toast(2, "Gone", true), toast(3, "Kept", false), toast(4, "Kept", false)] {
            put(&mut all, one);
        }
        assert_eq!(all.iter().map(|toast| toast.id).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
