//! A text of a document in a plain field, typed in by one or by several people at once.
//!
//! What is typed goes out as the stretch that changed, with the heads at which the screen saw the text, so that nobody's
//! letters are written over. One batch is on its way at a time; what is typed meanwhile goes with the next.

mod typing;

use leptos::prelude::*;
use tombolo_model::{Intent, View};
use tombolo_wire::store::TextSplice;
use wasm_bindgen_futures::spawn_local;

use super::stretch::Stretch;
use crate::state::{Doc, Saving, text_at};
pub(crate) use typing::Reading;
use typing::{Batch, Typing};

/// A field whose text several people may type in.
#[derive(Clone, Copy)]
pub(crate) struct Shared {
    doc: Doc,
    path: StoredValue<String>,
    typing: RwSignal<Typing>,
    /// There is as long as something typed is not on its way.
    saving: StoredValue<Option<Saving>>,
    /// The field was left with a text that goes out then only.
    on_late: StoredValue<Option<OnLate>>,
}

/// Takes a text that was held back, and says by [`Shared::taken`] when it is done.
pub(crate) type OnLate = Callback<(Shared, String)>;

impl Shared {
    /// The field of the text at `path`; `on_late` takes what [`Reading::late`] held back.
    pub(crate) fn new(doc: Doc, path: String, reading: Reading, on_late: Option<OnLate>) -> Self {
        let (stored, heads) = said(doc, &path).unwrap_or_default();
        let typing = RwSignal::new(Typing::new(reading, stored, heads));
        let (saving, on_late) = (StoredValue::new(None), StoredValue::new(on_late));
        let shared = Self { doc, path: StoredValue::new(path), typing, saving, on_late };
        doc.on_splices(move |view, splices, own| shared.hear(view, splices, own));
        // The view comes anew without splices as well: when the document opens, or another account's does.
        Effect::new(move |_| {
            doc.view.with(|view| {
                if let Some(view) = view {
                    shared.hear(view, &[], false);
                }
            });
        });
        let leaving = window_event_listener(leptos::ev::pagehide, move |_| shared.send_rest());
        on_cleanup(move || {
            leaving.remove();
            // The signals go after this.
            shared.send_rest();
        });
        shared
    }

    /// What the field shows, and how it last changed because of others.
    pub(crate) fn shown(self) -> (String, Vec<Stretch>) {
        self.typing.with(|typing| (typing.shown.clone(), typing.moved.clone()))
    }

    /// Takes what was typed.
    pub(crate) fn type_in(self, text: String) {
        self.typing.try_update(|typing| typing.type_in(text));
        self.send();
    }

    /// The field was left, or Enter was pressed in it.
    pub(crate) fn leave(self) {
        self.hand_over();
        self.send();
        self.update(Typing::leave);
    }

    /// Whoever took the text that was held back is done, whatever came of it.
    pub(crate) fn taken(self) {
        self.update(Typing::taken);
    }

    /// Draws the field anew where what it shows changed.
    fn update(self, change: impl FnOnce(&mut Typing) -> bool) {
        self.typing.try_maybe_update(|typing| (change(typing), ()));
    }

    fn hand_over(self) {
        let late = self.typing.try_update_untracked(Typing::late).flatten();
        if let (Some(text), Some(Some(on_late))) = (late, self.on_late.try_get_value()) {
            on_late.try_run((self, text));
        }
    }

    fn hear(self, view: &View, splices: &[TextSplice], own: bool) {
        let read = |path: &String| {
            let here = splices.iter().filter(|splice| splice.path == *path);
            (text_at(view, path), here.map(Stretch::from).collect::<Vec<_>>())
        };
        let Some((stored, stretches)) = self.path.try_with_value(read) else { return };
        let answer = own && !stretches.is_empty();
        self.update(|typing| match typing.flying.filter(|_| answer) {
            Some(number) => typing.settle(number, &stored, &view.heads),
            None => typing.hear(&stored, &view.heads, stretches),
        });
        if answer {
            self.send();
        }
    }

    fn send(self) {
        let batch = self.typing.try_update_untracked(Typing::next).flatten();
        self.dispatch(batch);
    }

    fn send_rest(self) {
        self.hand_over();
        let batch = self.typing.try_update_untracked(Typing::rest).flatten();
        self.dispatch(batch);
    }

    fn dispatch(self, batch: Option<Batch>) {
        if let (Some(Batch { number, stretch, heads }), Some(path)) = (batch, self.path.try_get_value()) {
            let Stretch { at, delete, insert } = stretch;
            let (doc, saving) = (self.doc, self.doc.app.saving());
            spawn_local(async move {
                let edited = doc.try_edit(vec![Intent::Splice { path, at, delete, insert, heads }]).await;
                if let Err(error) = edited {
                    doc.app.toasts.fail(error.message);
                }
                // A batch that changed nothing has no event of its own.
                self.answered(number);
                drop(saving);
            });
        }
        self.count();
    }

    fn answered(self, number: u64) {
        let Some(path) = self.path.try_get_value() else { return };
        if let Some((stored, heads)) = said(self.doc, &path) {
            self.update(|typing| typing.settle(number, &stored, &heads));
        }
        self.send();
    }

    /// Counts what is typed as not stored until it is on its way, and from then on the edit counts.
    fn count(self) {
        let waits = self.typing.try_with_untracked(Typing::waits) == Some(true);
        self.saving.try_update_value(|saving| match saving {
            None if waits => *saving = Some(self.doc.app.saving()),
            Some(_) if !waits => *saving = None,
            _ => {}
        });
    }
}

/// The text and the heads of the document as this screen has heard of them.
fn said(doc: Doc, path: &str) -> Option<(String, Vec<String>)> {
    let read = |view: &View| (text_at(view, path), view.heads.clone());
    doc.view.try_with_untracked(|view| view.as_ref().map(|view| read(view))).flatten()
}
