//! Values from JSON text and back.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::pool::WIDE;
use super::{KeyPool, Keys, MASK, Record, Val};

impl Val {
    /// Reads one JSON value.
    ///
    /// # Errors
    ///
    /// Returns the parser's error, with line and column, when the text is no JSON value.
    pub fn parse(text: &[u8], pool: &mut KeyPool) -> serde_json::Result<Self> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let value = Seed { pool, depth: 0 }.deserialize(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    /// Writes it as JSON, without spaces.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Writing into memory does not fail, and keys are texts.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Writes it as JSON into a writer.
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub fn write_json(&self, into: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(into, self).map_err(io::Error::from)
    }
}

impl From<&Value> for Val {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::String(text) => Self::text(text),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => Self::Int(number),
                (None, Some(number)) => Self::Uint(number),
                (None, None) => Self::Float(number.as_f64().unwrap_or_default()),
            },
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(fields) => {
                let keys = Keys::new(fields.keys().map(String::as_str));
                Self::Map(Record::new(keys.into(), fields.values().map(Self::from).collect()))
            }
        }
    }
}

impl From<&Val> for Value {
    fn from(value: &Val) -> Self {
        match value {
            Val::Absent | Val::Null => Self::Null,
            Val::Bool(flag) => Self::Bool(*flag),
            Val::Int(number) => Self::from(*number),
            Val::Uint(number) => Self::from(*number),
            Val::Float(number) => Self::from(*number),
            Val::Str(text) => Self::String(text.to_string()),
            Val::List(items) => Self::Array(items.iter().map(Self::from).collect()),
            Val::Map(record) if record.is_hidden() => Self::String(MASK.to_owned()),
            Val::Map(record) => {
                Self::Object(record.iter().map(|(name, below)| (name.to_owned(), Self::from(below))).collect())
            }
        }
    }
}

impl Serialize for Val {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Uint(number) => serializer.serialize_u64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Str(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(record) => record.serialize(serializer),
        }
    }
}

impl Record {
    /// Writes it as JSON, without spaces.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_hidden() {
            return serializer.serialize_str(MASK);
        }
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct Seed<'p> {
    pool: &'p mut KeyPool,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Val, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Val;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Val, E> {
        Ok(Val::Null)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Val, E> {
        Ok(Val::Bool(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Val, E> {
        Ok(Val::Int(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Val, E> {
        Ok(i64::try_from(number).map_or(Val::Uint(number), Val::Int))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Val, E> {
        Ok(Val::Float(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Val, E> {
        Ok(Val::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Val, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Seed { pool: self.pool, depth: self.depth + 1 })? {
            list.push(item);
        }
        Ok(Val::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Val, A::Error> {
        let Self { pool, depth } = self;
        let guess = pool.guess(depth);
        let mut values: Vec<Val> = Vec::with_capacity(guess.as_ref().map_or(0, |keys| keys.len()));
        // As long as the names are those of the guess they are not copied.
        let mut own: Option<Names> = None;
        loop {
            let expected = guess.as_ref().filter(|_| own.is_none()).and_then(|keys| keys.name(values.len()));
            let Some(key) = fields.next_key_seed(KeySeed(expected))? else {
                break;
            };
            let value = Seed { pool, depth: depth + 1 };
            match key {
                Key::Expected => values.push(fields.next_value_seed(value)?),
                Key::Other(name) => {
                    let names = own.get_or_insert_with(|| {
                        let so_far = guess.iter().flat_map(|keys| keys.names()).take(values.len());
                        Names::new(so_far.map(Into::into).collect())
                    });
                    let value = fields.next_value_seed(value)?;
                    match names.place(name) {
                        Some(at) => values[at] = value,
                        None => values.push(value),
                    }
                }
            }
        }
        let keys = match (own, guess) {
            (None, Some(keys)) if keys.len() == values.len() => keys,
            (None, Some(keys)) => pool.keep(depth, keys.names().take(values.len()).map(Into::into).collect()),
            (names, _) => pool.keep(depth, names.map_or_else(Vec::new, |names| names.list)),
        };
        Ok(Val::Map(Record::new(keys, values)))
    }
}

/// The names of an object in the making.
struct Names {
    list: Vec<Box<str>>,
    /// For wide objects: a hostile one has hundreds of thousands of names.
    places: Option<HashMap<Box<str>, usize>>,
}

impl Names {
    fn new(list: Vec<Box<str>>) -> Self {
        let mut made = Self { list, places: None };
        made.index();
        made
    }

    fn index(&mut self) {
        if self.places.is_none() && self.list.len() > WIDE {
            self.places = Some(self.list.iter().cloned().zip(0..).collect());
        }
    }

    /// Where the name stands already; else it comes last.
    fn place(&mut self, name: Box<str>) -> Option<usize> {
        let known = match &self.places {
            Some(places) => places.get(&name).copied(),
            None => self.list.iter().position(|have| *have == name),
        };
        if known.is_none() {
            if let Some(places) = &mut self.places {
                places.insert(name.clone(), self.list.len());
            }
            self.list.push(name);
            self.index();
        }
        known
    }
}

enum Key {
    Expected,
    Other(Box<str>),
}

struct KeySeed<'k>(Option<&'k str>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Key, E> {
        Ok(if self.0 == Some(name) { Key::Expected } else { Key::Other(name.into()) })
    }
}
