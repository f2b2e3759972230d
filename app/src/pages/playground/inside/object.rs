//! Rules of several fields as one text that is typed in.

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::Intent;

use super::bind::{composed, heard, parts, pretty};
use super::places::Shown;
use crate::components::{JsonReading, Typed, change, typed_json};
use crate::state::Doc;

/// What makes the fields say something else: only what differs.
fn intents(shown: Shown, here: &str, had: &Value, have: &Value) -> Vec<Intent> {
    let both = parts(shown, here, had).into_iter().zip(parts(shown, here, have));
    both.flat_map(|((path, had), (_, have))| change(&path, had, have)).collect()
}

/// The text.
pub(super) fn object(doc: Doc, shown: Shown, here: StoredValue<String>) -> Typed {
    let at = move || here.try_get_value().unwrap_or_default();
    typed_json(
        doc,
        JsonReading {
            said: Box::new(move || composed(doc, shown, &at()).unwrap_or_else(|| json!({}))),
            hear: Box::new(move |text| heard(shown, text).map(Value::Object)),
            show: Box::new(pretty),
            change: Box::new(move |had, have| intents(shown, &at(), had, have)),
            // Whoever takes all of a text away is about to write another one.
            takes_blank: false,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_of_the_rules_that_differ_are_written() {
        let shown = Shown::Fields(&[("form", "/settingsForm/form"), ("other", "/other")]);
        let had = json!({"form": {"fieldMap": {"a": 1, "b": 2}}, "other": 1});
        let have = json!({"form": {"fieldMap": {"a": 1, "b": 3}}});
        let set = Intent::Set { path: "/settingsForm/form/fieldMap/b".to_owned(), value: json!(3) };
        assert_eq!(intents(shown, "", &had, &have), [set, Intent::Remove { path: "/other".to_owned() }]);
        assert_eq!(intents(shown, "", &json!({}), &json!({})), []);
    }
}
