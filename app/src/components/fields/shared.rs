//! A text of a document in a plain field, typed in by one or by several people at once.
//!
//! What is typed goes out as the stretch that changed, with the heads at which the screen saw the text, so that nobody's
//! letters are written over. One batch is on its way at a time; what is typed meanwhile goes with the next.
//!
//! Invariant: `base` is what the document says once the batch that flies is in it. Whatever it says instead was written
//! elsewhere, and is taken over into what is shown without touching what was typed since.

use leptos::prelude::*;
use tombolo_model::{Intent, View};
use tombolo_wire::store::TextSplice;
use wasm_bindgen_futures::spawn_local;

use super::stretch::{Stretch, merged};
use crate::state::{Doc, Saving, text_at};

/// How a text is shown: as it is stored, unless something else is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// What is shown for what is stored.
    pub(crate) show: fn(&str) -> String,
    /// What is stored for what is typed.
    pub(crate) store: fn(&str) -> String,
    /// Which texts go out on leaving only: half of them would mean something else.
    pub(crate) late: fn(&str) -> bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { show: str::to_owned, store: str::to_owned, late: |_| false }
    }
}

/// A stretch on its way, with the heads of the text it was typed in.
#[derive(Debug, PartialEq, Eq)]
struct Batch {
    number: u64,
    stretch: Stretch,
    heads: Vec<String>,
}

/// The text on the screen and the text in the document. Knows neither.
#[derive(Debug, Clone)]
struct Typing {
    reading: Reading,
    base: String,
    heads: Vec<String>,
    shown: String,
    /// How the text on the screen changed last because of others, for the caret.
    moved: Vec<Stretch>,
    sent: u64,
    flying: Option<u64>,
    /// What is shown was taken by somebody else and is not sent from here.
    handed_over: bool,
}

impl Typing {
    fn new(reading: Reading, stored: String, heads: Vec<String>) -> Self {
        let shown = (reading.show)(&stored);
        Self { reading, base: stored, heads, shown, moved: Vec::new(), sent: 0, flying: None, handed_over: false }
    }

    fn type_in(&mut self, text: String) {
        self.shown = text;
        self.moved.clear();
        self.handed_over = false;
    }

    /// Whether something was typed that is not on its way.
    fn waits(&self) -> bool {
        !self.handed_over && (self.reading.store)(&self.shown) != self.base
    }

    /// What was held back until the field is left, once.
    fn late(&mut self) -> Option<String> {
        let late = self.waits() && (self.reading.late)(&self.shown);
        self.handed_over |= late;
        late.then(|| self.shown.clone())
    }

    /// What is to go out now: nothing while a batch flies.
    fn next(&mut self) -> Option<Batch> {
        self.flying.is_none().then(|| self.rest()).flatten()
    }

    /// All that was typed, whether a batch flies or not: this is the last chance. The heads of a text in which a batch
    /// still flies are not known; then the stretch means the text that follows from it.
    fn rest(&mut self) -> Option<Batch> {
        if !self.waits() || (self.reading.late)(&self.shown) {
            return None;
        }
        let wanted = (self.reading.store)(&self.shown);
        let stretch = Stretch::between(&self.base, &wanted)?;
        let heads = if self.flying.is_none() { self.heads.clone() } else { Vec::new() };
        self.base = wanted;
        self.sent += 1;
        self.flying = Some(self.sent);
        Some(Batch { number: self.sent, stretch, heads })
    }

    /// The document says `stored`; `splices` are how it came to. While a batch flies its answer says it again.
    fn hear(&mut self, stored: &str, heads: &[String], splices: Vec<Stretch>) {
        if self.flying.is_some() {
            return;
        }
        self.heads = heads.to_vec();
        if stored == self.base {
            return;
        }
        let mine = (self.reading.store)(&self.shown);
        let text = if self.handed_over { stored.to_owned() } else { merged(&self.base, &mine, stored) };
        stored.clone_into(&mut self.base);
        // What is stored in other words than were typed stays as typed.
        if text != mine {
            self.shown = (self.reading.show)(&text);
            self.moved = splices;
        }
    }

    /// The document has taken a batch, or did not: it says `stored`.
    fn settle(&mut self, number: u64, stored: &str, heads: &[String]) {
        if self.flying == Some(number) {
            self.flying = None;
            self.hear(stored, heads, Vec::new());
        }
    }
}

/// A field whose text several people may type in.
#[derive(Clone, Copy)]
pub(crate) struct Shared {
    doc: Doc,
    path: StoredValue<String>,
    typing: RwSignal<Typing>,
    /// There is as long as something typed is not on its way.
    saving: StoredValue<Option<Saving>>,
    /// The field was left with a text that goes out then only.
    on_late: StoredValue<Option<Callback<String>>>,
}

impl Shared {
    /// The field of the text at `path`; `on_late` takes what [`Reading::late`] held back.
    pub(crate) fn new(doc: Doc, path: String, reading: Reading, on_late: Option<Callback<String>>) -> Self {
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
    }

    fn hand_over(self) {
        let late = self.typing.try_update_untracked(Typing::late).flatten();
        if let (Some(text), Some(Some(on_late))) = (late, self.on_late.try_get_value()) {
            on_late.try_run(text);
        }
    }

    fn hear(self, view: &View, splices: &[TextSplice], own: bool) {
        let stretches: Vec<Stretch> = self
            .path
            .try_with_value(|path| splices.iter().filter(|splice| splice.path == *path).map(Stretch::from).collect())
            .unwrap_or_default();
        let Some(stored) = self.path.try_with_value(|path| text_at(view, path)) else { return };
        let answer = own && !stretches.is_empty();
        self.typing.try_update(|typing| match typing.flying.filter(|_| answer) {
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
            self.typing.try_update(|typing| typing.settle(number, &stored, &heads));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn typing(stored: &str) -> Typing {
        Typing::new(Reading::default(), stored.into(), heads("0"))
    }

    fn heads(head: &str) -> Vec<String> {
        vec![head.to_owned()]
    }

    #[test]
    fn one_batch_flies_and_what_is_typed_meanwhile_goes_with_the_next() {
        let mut typing = typing("");
        typing.type_in("c".into());
        let first = typing.next().unwrap();
        assert_eq!((first.stretch, first.heads), (Stretch { at: 0, delete: 0, insert: "c".into() }, heads("0")));
        typing.type_in("ci".into());
        typing.type_in("cit".into());
        assert_eq!(typing.next(), None);
        typing.settle(1, "c", &heads("1"));
        let second = typing.next().unwrap();
        assert_eq!((second.stretch, second.heads), (Stretch { at: 1, delete: 0, insert: "it".into() }, heads("1")));
        assert!(!typing.waits());
    }

    #[test]
    fn what_a_colleague_typed_meanwhile_stands_beside_what_was_typed_here() {
        let mut typing = typing("city");
        typing.type_in("city_name".into());
        typing.next().unwrap();
        typing.hear("my_city", &heads("theirs"), Vec::new());
        assert_eq!(typing.shown, "city_name", "the answer of the batch says it");
        typing.type_in("city_names".into());
        typing.settle(1, "my_city_name", &heads("both"));
        assert_eq!(typing.shown, "my_city_names");
        let next = typing.next().unwrap();
        assert_eq!((next.stretch.at, next.stretch.insert.as_str(), next.heads), (12, "s", heads("both")));
    }

    #[test]
    fn a_batch_that_was_not_taken_leaves_the_screen_and_what_was_typed_since_stays() {
        let mut typing = typing("ab");
        typing.type_in("abX".into());
        typing.next().unwrap();
        typing.type_in("YabX".into());
        typing.settle(1, "ab", &heads("0"));
        assert_eq!(typing.shown, "Yab");
        typing.settle(1, "zz", &heads("0"));
        assert_eq!(typing.shown, "Yab", "an answer counts once");
    }

    #[test]
    fn a_field_without_typing_follows_the_document_and_sends_nothing() {
        let mut typing = typing("old");
        let splices = vec![Stretch { at: 0, delete: 3, insert: "new".into() }];
        typing.hear("new", &heads("1"), splices.clone());
        assert_eq!((typing.shown.as_str(), &typing.moved), ("new", &splices));
        assert_eq!(typing.next(), None);
        assert_eq!(typing.rest(), None);
    }

    #[test]
    fn leaving_sends_also_what_was_typed_behind_a_batch() {
        let mut typing = typing("");
        typing.type_in("a".into());
        typing.next().unwrap();
        typing.type_in("ab".into());
        let rest = typing.rest().unwrap();
        assert_eq!((rest.number, rest.stretch.at, rest.heads), (2, 1, Vec::new()));
        typing.settle(1, "a", &heads("1"));
        assert_eq!(typing.shown, "ab", "the second one is on its way");
    }

    #[test]
    fn a_text_that_is_shown_in_other_words_is_sent_as_stored_and_stays_as_typed() {
        fn show(stored: &str) -> String {
            stored.trim_start_matches("$.").to_owned()
        }
        fn store(typed: &str) -> String {
            format!("$.{}", typed.trim())
        }
        let reading = Reading { show, store, late: |_| false };
        let mut typing = Typing::new(reading, "$.a".into(), heads("0"));
        assert_eq!(typing.shown, "a");
        typing.type_in("ab ".into());
        assert_eq!(typing.next().unwrap().stretch, Stretch { at: 3, delete: 0, insert: "b".into() });
        typing.settle(1, "$.ab", &heads("1"));
        assert_eq!(typing.shown, "ab ");
        typing.hear("$.xab", &heads("2"), Vec::new());
        assert_eq!(typing.shown, "xab");
    }

    #[test]
    fn a_text_that_means_something_else_by_half_waits_for_the_end_of_typing() {
        let reading = Reading { late: |text| text.contains('.'), ..Reading::default() };
        let mut typing = Typing::new(reading, "place".into(), heads("0"));
        typing.type_in("place.".into());
        assert_eq!(typing.next(), None);
        assert!(typing.waits());
        typing.hear("a_place", &heads("1"), Vec::new());
        assert_eq!(typing.shown, "a_place.");
        assert_eq!(typing.late().as_deref(), Some("a_place."));
        assert_eq!((typing.late(), typing.rest()), (None, None), "it was taken");
        typing.type_in("b".into());
        assert_eq!(typing.next().unwrap().stretch.insert, "b");
    }
}
