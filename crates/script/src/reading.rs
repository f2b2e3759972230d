//! JSON text on its way into a script, without a tree in between.

use std::fmt;

use boa_engine::builtins::object::OrdinaryObject;
use boa_engine::object::ObjectInitializer;
use boa_engine::object::builtins::JsArray;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsString, JsValue};
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::de::{Deserializer, StrRead};

/// The value that a text stands for. Keys are data, whatever they are called; of one that comes twice the last counts.
pub(crate) fn into_script(text: &str, context: &mut Context) -> serde_json::Result<JsValue> {
    let mut keys = Vec::new();
    let mut from: Deserializer<StrRead<'_>> = Deserializer::from_str(text);
    let value = Reader { context, keys: &mut keys }.deserialize(&mut from)?;
    from.end()?;
    Ok(value)
}

/// Reads one value and what is in it.
struct Reader<'r> {
    context: &'r mut Context,
    /// Keys that were read, at the place where they are expected again: the records of a page have the same.
    keys: &'r mut Vec<(String, PropertyKey)>,
}

/// More keys than this are read anew each time.
const MOST_KEYS: usize = 256;

impl Reader<'_> {
    fn again(&mut self) -> Reader<'_> {
        Reader { context: self.context, keys: self.keys }
    }

    /// A key; `at` is where it was found when the one before it was found at `at - 1`.
    fn key(&mut self, text: &str, at: &mut usize) -> PropertyKey {
        if let Some((known, key)) = self.keys.get(*at)
            && known == text
        {
            *at += 1;
            return key.clone();
        }
        if let Some(place) = self.keys.iter().position(|(known, _)| known == text) {
            *at = place + 1;
            return self.keys[place].1.clone();
        }
        let key = PropertyKey::from(JsString::from(text));
        if self.keys.len() < MOST_KEYS {
            self.keys.push((text.to_owned(), key.clone()));
            *at = self.keys.len();
        }
        key
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = JsValue;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<JsValue, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = JsValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<JsValue, E> {
        Ok(JsValue::null())
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<JsValue, E> {
        Ok(on.into())
    }

    #[expect(clippy::cast_precision_loss, reason = "a script has no other numbers")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<JsValue, E> {
        Ok(whole(i32::try_from(number).ok(), number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a script has no other numbers")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<JsValue, E> {
        Ok(whole(i32::try_from(number).ok(), number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<JsValue, E> {
        Ok(JsValue::from(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<JsValue, E> {
        Ok(JsString::from(text).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<JsValue, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self.again())? {
            values.push(value);
        }
        Ok(JsArray::from_iter(values, self.context).into())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<JsValue, A::Error> {
        // Made this way, records of the same keys have one shape; else each would have a table of its own.
        let object = ObjectInitializer::with_native_data(OrdinaryObject, self.context).build();
        let mut at = 0;
        while let Some(key) = fields.next_key_seed(Key { reader: &mut self, at: &mut at })? {
            let value = fields.next_value_seed(self.again())?;
            let property =
                PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true);
            object.insert_property(key, property);
        }
        Ok(object.into())
    }
}

fn whole(short: Option<i32>, number: f64) -> JsValue {
    short.map_or_else(|| JsValue::from(number), JsValue::from)
}

struct Key<'k, 'r> {
    reader: &'k mut Reader<'r>,
    at: &'k mut usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = PropertyKey;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<PropertyKey, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = PropertyKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PropertyKey, E> {
        Ok(self.reader.key(text, self.at))
    }
}
