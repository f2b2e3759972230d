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

    fn add(self, text: String, failed: bool, undo: Option<Callback<()>>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.all.update(|all| all.push(Toast { id, text, failed, undo }));
        gloo::timers::callback::Timeout::new(STAY_MS, move || self.close(id)).forget();
    }
}
