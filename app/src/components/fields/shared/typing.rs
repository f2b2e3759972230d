//! The text on a screen and the text in a document, and what goes from one to the other. Knows neither.
//!
//! Invariant: `base` is what the document says once the batch that flies is in it. Whatever it says instead was written
//! elsewhere, and is taken over into what is shown without touching what was typed since.

use crate::components::fields::stretch::{Stretch, merged};

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
pub(super) struct Batch {
    pub(super) number: u64,
    pub(super) stretch: Stretch,
    pub(super) heads: Vec<String>,
}

/// One text. What changes what is shown by itself says so: each change of a document comes to all of its texts.
#[derive(Debug, Clone)]
pub(super) struct Typing {
    reading: Reading,
    base: String,
    heads: Vec<String>,
    pub(super) shown: String,
    /// How the text on the screen changed last because of others, for the caret.
    pub(super) moved: Vec<Stretch>,
    sent: u64,
    pub(super) flying: Option<u64>,
    /// What is shown was taken by somebody else and is not sent from here.
    handed_over: bool,
}

impl Typing {
    pub(super) fn new(reading: Reading, stored: String, heads: Vec<String>) -> Self {
        let shown = (reading.show)(&stored);
        Self { reading, base: stored, heads, shown, moved: Vec::new(), sent: 0, flying: None, handed_over: false }
    }

    pub(super) fn type_in(&mut self, text: String) {
        self.shown = text;
        self.moved.clear();
        self.handed_over = false;
    }

    /// Whether something was typed that is not on its way.
    pub(super) fn waits(&self) -> bool {
        !self.handed_over && (self.reading.store)(&self.shown) != self.base
    }

    /// What was held back until the field is left, once.
    pub(super) fn late(&mut self) -> Option<String> {
        let late = self.waits() && (self.reading.late)(&self.shown);
        self.handed_over |= late;
        late.then(|| self.shown.clone())
    }

    /// What is to go out now: nothing while a batch flies.
    pub(super) fn next(&mut self) -> Option<Batch> {
        self.flying.is_none().then(|| self.rest()).flatten()
    }

    /// All that was typed, whether a batch flies or not: this is the last chance. The heads of a text in which a batch
    /// still flies are not known; then the stretch means the text that follows from it.
    pub(super) fn rest(&mut self) -> Option<Batch> {
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
    pub(super) fn hear(&mut self, stored: &str, heads: &[String], splices: Vec<Stretch>) -> bool {
        if self.flying.is_some() {
            return false;
        }
        heads.clone_into(&mut self.heads);
        if stored == self.base {
            return false;
        }
        let mine = (self.reading.store)(&self.shown);
        let text = if self.handed_over { stored.to_owned() } else { merged(&self.base, &mine, stored) };
        stored.clone_into(&mut self.base);
        // What is stored in other words than were typed stays as typed.
        if text == mine {
            return false;
        }
        self.moved = splices;
        self.show((self.reading.show)(&text))
    }

    /// The document has taken a batch, or did not: it says `stored`.
    pub(super) fn settle(&mut self, number: u64, stored: &str, heads: &[String]) -> bool {
        if self.flying != Some(number) {
            return false;
        }
        self.flying = None;
        self.hear(stored, heads, Vec::new())
    }

    /// The field was left: of a text that is on its way or there, it shows what is stored.
    pub(super) fn leave(&mut self) -> bool {
        !self.handed_over && !self.waits() && self.show_base()
    }

    /// Whoever took the text is done with it, so that the document says what is true.
    pub(super) fn taken(&mut self) -> bool {
        std::mem::take(&mut self.handed_over) && self.show_base()
    }

    fn show_base(&mut self) -> bool {
        self.moved.clear();
        self.show((self.reading.show)(&self.base))
    }

    fn show(&mut self, text: String) -> bool {
        let news = self.shown != text;
        self.shown = text;
        news
    }
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
    fn a_change_elsewhere_in_the_document_is_no_news() {
        let mut typing = typing("old");
        assert!(!typing.hear("old", &heads("1"), Vec::new()));
        typing.type_in("olds".into());
        assert_eq!(typing.next().unwrap().heads, heads("1"), "its heads are known all the same");
        assert!(!typing.leave());
        assert!(!typing.settle(1, "olds", &heads("2")));
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
        assert!(!typing.settle(1, "$.ab", &heads("1")));
        assert_eq!(typing.shown, "ab ");
        assert!(typing.clone().leave(), "to whoever leaves, it shows what is stored");
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
        assert!(!typing.leave(), "whoever took it is still at it");
        assert!(typing.taken() && !typing.clone().taken());
        assert_eq!(typing.shown, "a_place", "nothing came of it");
        typing.type_in("b".into());
        assert_eq!(typing.next().unwrap().stretch.insert, "b");
    }
}
