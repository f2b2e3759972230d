//! Ids replaced wherever they are written: in references, and in settings, mappings, templates and scripts, which no table
//! knows. An id is 24 hexadecimal digits of which eight bytes are random, so nothing else reads like one by chance.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use tombolo_model::Id;

/// The digits of an id.
const DIGITS: usize = 24;

/// Replaces ids in every text and every key of a value.
pub(crate) fn ids(value: &mut Value, names: &BTreeMap<Id, Id>) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(new) = words(text, names) {
                *text = new;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| ids(item, names)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|item| ids(item, names));
            if fields.keys().any(|key| matches!(words(key, names), Cow::Owned(_))) {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(key, item)| (words(&key, names).into_owned(), item))
                    .collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text with new ids in the place of old ones, as long as they stand for themselves and not inside a longer word.
fn words<'t>(text: &'t str, names: &BTreeMap<Id, Id>) -> Cow<'t, str> {
    let bytes = text.as_bytes();
    let mut made = String::new();
    let (mut copied, mut at) = (0, 0);
    while at + DIGITS <= bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let word = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        // The bytes of a word are all ASCII, so it begins and ends between characters.
        if word == DIGITS
            && let Some(new) = text[at..at + word].parse::<Id>().ok().and_then(|old| names.get(&old))
        {
            made.push_str(&text[copied..at]);
            made.push_str(&new.to_string());
            copied = at + word;
        }
        at += word;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    made.push_str(&text[copied..]);
    Cow::Owned(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_replaced_wherever_they_stand_and_nowhere_inside_of_words() {
        let (old, new) = (Id::from_parts(0xabcd, [7; 8]), Id::from_parts(9, [9; 8]));
        let names = BTreeMap::from([(old, new)]);
        let upper = old.to_string().to_uppercase();
        let mut value = json!({
            "content": format!("// ж{old}ж\nrun('{old}'); x{old}; {old}0; `/v1/flows/{upper}`"),
            "settings": {(old.to_string()): [{"a": old}], "other": 24},
            "template": format!("{{{{settings.flow_{old}}}}}"),
        });
        ids(&mut value, &names);
        assert_eq!(
            value,
            json!({
                "content": format!("// ж{new}ж\nrun('{new}'); x{old}; {old}0; `/v1/flows/{new}`"),
                "settings": {(new.to_string()): [{"a": new}], "other": 24},
                "template": format!("{{{{settings.flow_{new}}}}}"),
            })
        );
    }
}
