//! Values from JSON text and back.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::ser::{CompactFormatter, PrettyFormatter};

use super::number::{JsNumbers, whole};
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
        let value = ValSeed::new(pool).deserialize(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    /// Writes it as JSON, without spaces and with numbers as JavaScript writes them.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_js_json(self)
    }

    /// Writes it as JSON into a writer.
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub fn write_json(&self, into: impl Write) -> io::Result<()> {
        write_js_json(self, into)
    }

    /// Writes it as JSON for people, two spaces a level.
    #[must_use]
    pub fn to_pretty_json(&self) -> String {
        let mut text = Vec::new();
        let formatter = JsNumbers(PrettyFormatter::new());
        // Writing into memory does not fail, and keys are texts.
        if self.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter)).is_err() {
            return String::new();
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Writes what may hold values as JSON, without spaces and with numbers as JavaScript writes them.
#[must_use]
pub fn to_js_json(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    // Writing into memory does not fail, and keys are texts.
    if write_js_json(value, &mut text).is_err() {
        return String::new();
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Writes what may hold values as JSON into a writer, with numbers as JavaScript writes them.
///
/// # Errors
///
/// Returns the writer's error.
pub fn write_js_json(value: &impl Serialize, into: impl Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(into, JsNumbers(CompactFormatter));
    value.serialize(&mut serializer).map_err(io::Error::from)
}

impl<'de> Deserialize<'de> for Val {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValSeed::new(&mut KeyPool::default()).deserialize(deserializer)
    }
}

/// Equal as values: a missing field is null.
impl PartialEq<Value> for Val {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Self::Absent | Self::Null, Value::Null) => true,
            (Self::Bool(one), Value::Bool(other)) => one == other,
            (Self::Str(one), Value::String(other)) => **one == **other,
            (Self::List(one), Value::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one == other)
            }
            (Self::Map(one), Value::Object(other)) => {
                one.iter().count() == other.len()
                    && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| value == other))
            }
            (one, Value::Number(_)) => {
                let other = Self::from(other);
                *one == other
            }
            _ => false,
        }
    }
}

impl From<Value> for Val {
    fn from(value: Value) -> Self {
        Self::from(&value)
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
            Val::Float(number) => whole(*number).map_or_else(|| Self::from(*number), Self::from),
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
            Self::Float(number) => match whole(*number) {
                Some(whole) => serializer.serialize_i64(whole),
                None => serializer.serialize_f64(*number),
            },
            Self::Str(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(record) => record.serialize(serializer),
        }
    }
}

impl Record {
    /// Writes it as JSON, without spaces and with numbers as JavaScript writes them.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_js_json(self)
    }

    /// Writes it as JSON into a writer.
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub fn write_json(&self, into: impl Write) -> io::Result<()> {
        write_js_json(self, into)
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

/// Reads a value out of a text that has more in it, with the shapes and within the room of a pool.
#[derive(Debug)]
pub struct ValSeed<'p> {
    pool: &'p mut KeyPool,
    depth: usize,
}

impl<'p> ValSeed<'p> {
    /// For a value that stands by itself.
    pub fn new(pool: &'p mut KeyPool) -> Self {
        Self { pool, depth: 0 }
    }

    fn takes<E: de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.pool.take(VALUE_BYTES + bytes).map_err(E::custom)
    }
}

/// What a value takes beside what it holds: its own place, and some of what lists keep free.
const VALUE_BYTES: usize = 40;
/// What a list or an object takes beside its values.
const BLOCK_BYTES: usize = 24;
/// Texts up to this length stand in the place of the value.
const INLINE_BYTES: usize = size_of::<compact_str::CompactString>();

impl<'de> DeserializeSeed<'de> for ValSeed<'_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Val, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValSeed<'_> {
    type Value = Val;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(mut self) -> Result<Val, E> {
        self.takes(0)?;
        Ok(Val::Null)
    }

    fn visit_bool<E: de::Error>(mut self, flag: bool) -> Result<Val, E> {
        self.takes(0)?;
        Ok(Val::Bool(flag))
    }

    fn visit_i64<E: de::Error>(mut self, number: i64) -> Result<Val, E> {
        self.takes(0)?;
        Ok(Val::Int(number))
    }

    fn visit_u64<E: de::Error>(mut self, number: u64) -> Result<Val, E> {
        self.takes(0)?;
        Ok(i64::try_from(number).map_or(Val::Uint(number), Val::Int))
    }

    fn visit_f64<E: de::Error>(mut self, number: f64) -> Result<Val, E> {
        self.takes(0)?;
        Ok(Val::Float(number))
    }

    fn visit_str<E: de::Error>(mut self, text: &str) -> Result<Val, E> {
        self.takes(if text.len() > INLINE_BYTES { text.len() } else { 0 })?;
        Ok(Val::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Val, A::Error> {
        self.takes(BLOCK_BYTES)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(ValSeed { pool: &mut *self.pool, depth: self.depth + 1 })? {
            list.push(item);
        }
        // Most lists are short, and room for four values is made for one.
        list.shrink_to_fit();
        Ok(Val::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Val, A::Error> {
        self.takes(BLOCK_BYTES)?;
        let Self { pool, depth } = self;
        let guess = pool.guess(depth);
        let mut values: Vec<Val> = Vec::with_capacity(guess.as_ref().map_or(0, |keys| keys.len()));
        // As long as the names are those of the guess they are not copied.
        let mut own: Option<Names> = None;
        let mut lent = 0;
        loop {
            let expected = guess.as_ref().filter(|_| own.is_none()).and_then(|keys| keys.name(values.len()));
            let Some(key) = fields.next_key_seed(KeySeed(expected))? else {
                break;
            };
            let value = ValSeed { pool: &mut *pool, depth: depth + 1 };
            match key {
                Key::Expected => values.push(fields.next_value_seed(value)?),
                Key::Other(name) => {
                    let names = own.get_or_insert_with(|| {
                        let so_far = guess.iter().flat_map(|keys| keys.names()).take(values.len());
                        Names::new(so_far.map(Into::into).collect())
                    });
                    let value = fields.next_value_seed(value)?;
                    let bytes = Names::BYTES + name.len();
                    match names.place(name) {
                        Some(at) => values[at] = value,
                        None => {
                            pool.take(bytes).map_err(de::Error::custom)?;
                            lent += bytes;
                            values.push(value);
                        }
                    }
                }
            }
        }
        values.shrink_to_fit();
        pool.give(lent);
        let keys = match (own, guess) {
            (None, Some(keys)) if keys.len() == values.len() => keys,
            (None, Some(keys)) => pool.keep(depth, keys.names().take(values.len()).map(Into::into).collect()),
            (names, _) => pool.keep(depth, names.map_or_else(Vec::new, |names| names.list)),
        };
        pool.within().map_err(de::Error::custom)?;
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
    /// What a name takes here beside its letters, also by its hash.
    const BYTES: usize = 120;

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
