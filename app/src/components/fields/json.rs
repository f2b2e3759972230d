//! A JSON of a document that is typed as one text, while others may change parts of it.
//!
//! Only what was changed here is written: what differs from the JSON that the text last was. So what somebody else wrote
//! while the text was no JSON stays, and the text shows it as soon as it can.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::merge::merged;
use tombolo_model::{Intent, difference, path as paths};

use super::{Live, Typed};
use crate::state::Doc;

type Hear = dyn Fn(&str) -> Option<Value> + Send + Sync;
type Change = dyn Fn(&Value, &Value) -> Vec<Intent> + Send + Sync;

/// How a JSON and its text come from each other. Null is that there is none.
pub(crate) struct Reading {
    /// What the document says.
    pub(crate) said: Box<dyn Fn() -> Value + Send + Sync>,
    /// What a text says; nothing while that is nothing that can be kept.
    pub(crate) hear: Box<Hear>,
    /// The text of it.
    pub(crate) show: Box<dyn Fn(&Value) -> String + Send + Sync>,
    /// What makes the document say something else.
    pub(crate) change: Box<Change>,
    /// Whether a text without a letter is written as well.
    pub(crate) takes_blank: bool,
}

/// What has to be done for a place to have another value: the fields in it that differ, and no others.
pub(crate) fn change(path: &str, had: Option<Value>, have: Option<Value>) -> Vec<Intent> {
    match (had, have) {
        (None, None) => Vec::new(),
        (Some(_), None) => vec![Intent::Remove { path: path.to_owned() }],
        (None, Some(value)) => vec![Intent::Set { path: path.to_owned(), value }],
        (Some(had), Some(have)) => difference::intents(&nested(path, had), &nested(path, have)),
    }
}

fn nested(path: &str, value: Value) -> Value {
    paths::split(path).into_iter().rev().fold(value, |inner, name| json!({ name: inner }))
}

/// What the text and the document were when they last were the same, and what is on its way since.
#[derive(Debug, Clone, Default, PartialEq)]
struct Agreed {
    /// What the text said when it last could be read.
    text: Value,
    /// What the document says once all edits are answered.
    there: Value,
}

impl Agreed {
    fn new(there: Value) -> Self {
        Self { text: there.clone(), there }
    }

    /// The text says `typed`, and the document says `now`, or what was written last while that is on its way: what it
    /// said, and what it is to say.
    fn take(&mut self, typed: Value, now: Option<Value>) -> (Value, Value) {
        let now = now.unwrap_or_else(|| std::mem::take(&mut self.there));
        let both = merged(&self.text, &typed, &now);
        self.text = typed;
        self.there.clone_from(&both);
        (now, both)
    }
}

/// Whether others wrote something that the text does not show.
#[derive(Debug, Clone, Default, PartialEq)]
struct Others {
    /// What the document said when it last was looked at, without an edit of ours on its way.
    seen: Value,
    /// Our last edit was answered since: a document may put it in other words, which is nobody's change.
    answered: bool,
    wrote: bool,
}

impl Others {
    /// The document says `now`, and no edit is on its way; of ours it was to say `there`. Gives whether others wrote
    /// something.
    fn hear(&mut self, now: &Value, there: &Value) -> bool {
        let answered = std::mem::take(&mut self.answered);
        self.wrote |= if answered { bare(now) != bare(there) } else { self.seen != *now };
        self.seen.clone_from(now);
        self.wrote
    }
}

/// A JSON without what a document may leave out of it or put in other words.
fn bare(value: &Value) -> Value {
    let is_something = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), bare(value)));
            Value::Object(fields.filter(|(_, value)| is_something(value)).collect())
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        other => other.clone(),
    }
}

/// The parts of one text.
#[derive(Clone, Copy)]
struct JsonText {
    doc: Doc,
    reading: StoredValue<Reading>,
    agreed: StoredValue<Agreed>,
    /// The text that was written last.
    written: RwSignal<Option<String>>,
    others: StoredValue<Others>,
    /// Edits that are not answered yet: until they are, the document says less than was written.
    away: RwSignal<usize>,
}

impl JsonText {
    fn now(self) -> Value {
        self.reading.try_with_value(|reading| (reading.said)()).unwrap_or_default()
    }

    fn hear(self, text: &str) -> Option<Value> {
        self.reading.try_with_value(|reading| (reading.hear)(text)).flatten()
    }

    fn show(self, value: &Value) -> String {
        self.reading.try_with_value(|reading| (reading.show)(value)).unwrap_or_default()
    }

    /// What the document shows for a text: what it has, where that is the same in other words; else what was typed.
    fn again(self, text: &str, now: &str) -> String {
        let typed = self.hear(text);
        if typed.is_some() && typed == self.hear(now) { now.to_owned() } else { text.to_owned() }
    }

    fn write(self, text: String) {
        let takes = self.reading.try_with_value(|reading| reading.takes_blank || !text.trim().is_empty());
        let Some(typed) = self.hear(&text).filter(|_| takes == Some(true)) else { return };
        let now = (self.away.try_get_untracked() == Some(0)).then(|| untrack(|| self.now()));
        let Some(before) = self.agreed.try_get_value() else { return };
        let Some((had, have)) = self.agreed.try_update_value(|agreed| agreed.take(typed, now)) else { return };
        self.written.try_set(Some(text));
        let intents = self.reading.try_with_value(|reading| (reading.change)(&had, &have)).unwrap_or_default();
        if intents.is_empty() {
            return;
        }
        self.away.try_update(|away| *away += 1);
        let saving = self.doc.app.saving();
        spawn_local(async move {
            if let Err(error) = self.doc.try_edit(intents).await {
                self.doc.app.toasts.fail(error.message);
                // What was not taken is written with what is typed next.
                self.agreed.try_set_value(before);
                self.written.try_set(None);
            }
            self.others.try_update_value(|others| others.answered = true);
            self.away.try_update(|away| *away -= 1);
            drop(saving);
        });
    }

    /// Shows the document in place of a text that is in it together with what others wrote.
    fn follow(self, typed: Typed) {
        let (now, text) = (self.now(), typed.shown().0);
        let (waits, is_written) = (self.away.get() > 0, self.written.get().as_ref() == Some(&text));
        if !typed.is_typed() {
            self.others.set_value(Others { seen: now.clone(), ..Others::default() });
            self.agreed.set_value(Agreed::new(now));
            return;
        }
        let there = self.agreed.try_with_value(|agreed| agreed.there.clone()).unwrap_or_default();
        let news = !waits && self.others.try_update_value(|others| others.hear(&now, &there)) == Some(true);
        if news && is_written {
            typed.forget();
        }
    }
}

/// The text of a JSON that is typed in. What cannot be kept stays on the screen, whoever leaves it.
pub(crate) fn typed_json(doc: Doc, reading: Reading) -> Typed {
    let text = JsonText {
        doc,
        agreed: StoredValue::new(Agreed::new(untrack(|| (reading.said)()))),
        reading: StoredValue::new(reading),
        written: RwSignal::new(None),
        others: StoredValue::default(),
        away: RwSignal::new(0),
    };
    let value = Signal::derive(move || text.show(&text.now()));
    let write = Callback::new(move |typed: String| text.write(typed));
    let live = Live::new(value, write, |_| false, move |typed| text.again(typed, &value.get_untracked()));
    let typed = Typed::Value(live.staying(Callback::new(move |typed: String| text.hear(&typed).is_none())));
    Effect::new(move |_| text.follow(typed));
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_colleague_wrote_while_a_text_was_no_json_is_not_written_over() {
        let mut agreed = Agreed::new(json!({"form": {"a": 1}}));
        // A colleague wrote 2 while `{"form": {"a": 1}, "other":` was typed here.
        let (had, have) = agreed.take(json!({"form": {"a": 1}, "other": 3}), Some(json!({"form": {"a": 2}})));
        assert_eq!(have, json!({"form": {"a": 2}, "other": 3}));
        let other = |value: i64| [Intent::Set { path: "/settings/other".to_owned(), value: value.into() }];
        assert_eq!(change("/settings", Some(had), Some(have)), other(3));
        // The text does not show it yet.
        let (had, have) = agreed.take(json!({"form": {"a": 1}, "other": 4}), None);
        assert_eq!(change("/settings", Some(had), Some(have)), other(4));
    }

    #[test]
    fn what_is_typed_back_before_its_edit_is_answered_is_written_all_the_same() {
        let mut agreed = Agreed::new(json!({"other": 1}));
        agreed.take(json!({"other": 2}), Some(json!({"other": 1})));
        assert_eq!(agreed.take(json!({"other": 1}), None), (json!({"other": 2}), json!({"other": 1})));
    }

    #[test]
    fn what_a_document_puts_in_other_words_is_nobodys_change() {
        let mut others = Others { seen: json!({"a": 1}), ..Others::default() };
        // What was written here, without the empty text in it.
        let there = json!({"a": 2, "b": ""});
        others.answered = true;
        assert!(!others.hear(&json!({"a": 2}), &there) && !others.hear(&json!({"a": 2}), &there));
        assert!(others.hear(&json!({"a": 3}), &there));
        // It counts until the text shows it.
        others.answered = true;
        assert!(others.hear(&json!({"a": 4}), &json!({"a": 4})));
    }

    #[test]
    fn what_a_colleague_wrote_while_an_edit_was_on_its_way_is_news() {
        let mut others = Others { seen: json!({"a": 1}), answered: true, wrote: false };
        assert!(others.hear(&json!({"a": 2, "b": 5}), &json!({"a": 2})));
    }

    #[test]
    fn a_place_gets_another_value_by_the_fields_in_it_that_differ() {
        let set = |path: &str, value: Value| Intent::Set { path: path.to_owned(), value };
        assert_eq!(
            change("/a/b", Some(json!({"x": 1, "y": 2})), Some(json!({"x": 1, "y": 3}))),
            [set("/a/b/y", json!(3))]
        );
        assert_eq!(change("/a", Some(json!(1)), None), [Intent::Remove { path: "/a".to_owned() }]);
        assert_eq!(
            (change("/a", None, Some(json!([1]))), change("/a", None, None)),
            (vec![set("/a", json!([1]))], Vec::new())
        );
    }
}
