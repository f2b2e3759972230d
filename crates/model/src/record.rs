//! Records as they flow: small values over shared keys.
//!
//! A million records of one shape share one list of keys. `serde_json::Value` gives every record a map of
//! its own and costs twelve times the parsing; it appears only at the edges.
//! Integers and floats stay apart, and the order of fields is the order they came in.

mod hidden;
mod json;
mod number;
mod pool;
mod stopped;

pub use hidden::MASK;
pub use json::{ValSeed, to_js_json, write_js_json};
pub use pool::{KeyPool, Keys, NoRoom};
pub use stopped::stopped_at;

use compact_str::CompactString;
use number::float_text;
use std::sync::{Arc, LazyLock};

/// A value of a record.
#[derive(Debug, Clone, Default)]
pub enum Val {
    /// No value at all: the field is not written. Keeps the shape of records with optional fields.
    #[default]
    Absent,
    /// JSON's null.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond the range of [`Val::Int`].
    Uint(u64),
    /// Any other number; never infinite, never NaN.
    Float(f64),
    /// A text.
    Str(CompactString),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Map(Record),
}

/// An object: shared keys, own values.
#[derive(Debug, Clone)]
pub struct Record {
    keys: Arc<Keys>,
    values: Vec<Val>,
}

/// The keys of every record that has none.
static NO_KEYS: LazyLock<Arc<Keys>> = LazyLock::new(Arc::default);

/// Shapes of more names are compared no more: that would take longer than it saves.
const MOST_SHARED: usize = 32;

impl Default for Record {
    fn default() -> Self {
        Self { keys: Arc::clone(&NO_KEYS), values: Vec::new() }
    }
}

impl Record {
    /// Puts values under keys; missing values are absent, surplus ones are dropped.
    #[must_use]
    pub fn new(keys: Arc<Keys>, mut values: Vec<Val>) -> Self {
        values.resize(keys.len(), Val::Absent);
        Self { keys, values }
    }

    /// The keys, absent fields among them.
    #[must_use]
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The values in the order of the keys, absent ones among them.
    #[must_use]
    pub fn values(&self) -> &[Val] {
        &self.values
    }

    /// A field's value; nothing when it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Val> {
        self.values.get(self.keys.find(name)?).filter(|value| !matches!(value, Val::Absent))
    }

    /// A field's value, to be changed; nothing when it is absent.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Val> {
        let at = self.keys.find(name)?;
        self.values.get_mut(at).filter(|value| !matches!(value, Val::Absent))
    }

    /// The fields that are there.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Val)> {
        self.keys.names().zip(&self.values).filter(|(_, value)| !matches!(value, Val::Absent))
    }

    /// Whether no field is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The place of a field's value; a new field comes last, and is absent.
    pub fn field_mut(&mut self, name: &str) -> &mut Val {
        let at = match self.keys.find(name) {
            Some(at) => at,
            None => {
                // A record that is built field by field has its keys for itself: copied for each field, they would take time
                // in proportion to the square of their number.
                match Arc::get_mut(&mut self.keys) {
                    Some(own) => own.push(name),
                    None => self.keys = Arc::new(self.keys.with(name)),
                }
                self.values.push(Val::Absent);
                self.values.len() - 1
            }
        };
        &mut self.values[at]
    }

    /// Uses the keys of another record where they are the same names in the same order; whether it does.
    pub fn share_keys(&mut self, keys: &Arc<Keys>) -> bool {
        if Arc::ptr_eq(&self.keys, keys) {
            return true;
        }
        let same = keys.len() == self.keys.len() && keys.len() <= MOST_SHARED && !self.is_hidden();
        let same = same && self.keys.names().eq(keys.names());
        if same {
            self.keys = Arc::clone(keys);
        }
        same
    }

    /// Sets a field; a new one comes last.
    pub fn set(&mut self, name: &str, value: Val) {
        *self.field_mut(name) = value;
    }
}

/// Two records are equal when the same fields hold the same values, in whatever order.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.iter().count() == other.iter().count() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

/// Numbers are equal when JavaScript says so: one is one, be it whole or a float.
impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) | (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Uint(one), Self::Uint(other)) => one == other,
            (Self::Str(one), Self::Str(other)) => one == other,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => one == other,
            // Whole numbers of both kinds are exact: those of one kind are none of the other.
            (Self::Int(_), Self::Uint(_)) | (Self::Uint(_), Self::Int(_)) => false,
            (one, other) => one.as_f64().is_some_and(|one| other.as_f64() == Some(one)),
        }
    }
}

impl Val {
    /// The value of a text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Str(text.into())
    }

    /// The text, when it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number nearest to a JavaScript one, when it is a number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers lose the same digits")]
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Uint(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of a field, when it is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(record) => record.get(name),
            _ => None,
        }
    }

    /// The value that a JSON pointer (RFC 6901) leads to.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        let mut steps = pointer.strip_prefix('/').into_iter().flat_map(|steps| steps.split('/'));
        steps.try_fold(self, |value, step| match value {
            Self::Map(record) => record.get(&step.replace("~1", "/").replace("~0", "~")),
            Self::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Absent or null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// Absent, null, or a text without a character.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Absent | Self::Null => true,
            Self::Str(text) => text.is_empty(),
            _ => false,
        }
    }

    /// As it is printed into a text: texts as they are, numbers and flags in JSON, nothing for no value.
    #[must_use]
    pub fn display(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Absent | Self::Null => "".into(),
            Self::Str(text) => (&**text).into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Float(float) => float_text(*float).into(),
            Self::Map(record) if record.is_hidden() => MASK.into(),
            other => other.to_json().into(),
        }
    }

    /// What kind of value it is, in words for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "no value",
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "a number",
            Self::Str(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

impl From<Record> for Val {
    fn from(record: Record) -> Self {
        Self::Map(record)
    }
}

impl From<bool> for Val {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_one_shape_share_their_keys() {
        let mut pool = KeyPool::default();
        let first = Val::parse(br#"{"a":1,"b":{"c":2}}"#, &mut pool).unwrap();
        let second = Val::parse(br#"{"a":3,"b":{"c":4}}"#, &mut pool).unwrap();
        let (Val::Map(first), Val::Map(second)) = (first, second) else { panic!("objects") };
        assert!(Arc::ptr_eq(first.keys(), second.keys()));
        let (Some(Val::Map(first)), Some(Val::Map(second))) = (first.get("b"), second.get("b")) else {
            panic!("objects")
        };
        assert!(Arc::ptr_eq(first.keys(), second.keys()));
    }

    #[test]
    fn json_comes_out_as_it_went_in() {
        let text =
            r#"{"z":1,"a":1.5,"u":18446744073709551615,"n":null,"l":[true,"é\n",{"x":-3}],"e":{},"__proto__":"data"}"#;
        let mut pool = KeyPool::default();
        assert_eq!(Val::parse(text.as_bytes(), &mut pool).unwrap().to_json(), text);
    }

    #[test]
    fn floats_print_into_texts_as_in_javascript() {
        for (number, want) in
            [(1.0, "1"), (-0.0, "0"), (0.1, "0.1"), (1e21, "1e+21"), (1.5e-7, "1.5e-7"), (123_456_789.5, "123456789.5")]
        {
            assert_eq!(Val::Float(number).display(), want);
        }
    }

    #[test]
    fn an_absent_field_is_not_written_and_not_found() {
        let keys = Arc::new(Keys::new(["a", "b"]));
        let record = Record::new(keys, vec![Val::Int(1)]);
        assert_eq!(record.get("b"), None);
        assert_eq!(Val::Map(record).to_json(), r#"{"a":1}"#);
    }

    #[test]
    fn a_key_that_comes_twice_keeps_its_last_value() {
        let mut pool = KeyPool::default();
        assert_eq!(Val::parse(br#"{"a":1,"a":2}"#, &mut pool).unwrap().to_json(), r#"{"a":2}"#);
    }

    #[test]
    fn an_object_of_a_hundred_thousand_keys_is_read_at_once() {
        let fields: Vec<String> = (0..100_000).chain([7, 99_999]).map(|n| format!("\"{n}\":{n}")).collect();
        let text = format!("{{{}}}", fields.join(","));
        let read = Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap();
        let Val::Map(record) = &read else { panic!("an object") };
        assert_eq!((record.keys().len(), record.get("99999")), (100_000, Some(&Val::Int(99_999))));
        let value = serde_json::Value::from(&read);
        assert_eq!(Val::from(&value), read);
    }

    #[test]
    fn a_record_of_a_hundred_thousand_fields_is_built_at_once() {
        let mut record = Record::default();
        for number in 0..100_000 {
            record.set(&number.to_string(), Val::Int(number));
        }
        let copy = record.clone();
        record.set("more", Val::Null);
        assert_eq!((record.keys().len(), copy.keys().len()), (100_001, 100_000));
        assert_eq!((record.get("7"), record.get("99999")), (Some(&Val::Int(7)), Some(&Val::Int(99_999))));
    }

    #[test]
    fn a_new_field_leaves_other_records_of_the_shape_alone() {
        let keys = Arc::new(Keys::new(["a"]));
        let mut left = Record::new(Arc::clone(&keys), vec![Val::Int(1)]);
        let right = Record::new(keys, vec![Val::Int(2)]);
        left.set("b", Val::Int(3));
        assert_eq!(Val::Map(left).to_json(), r#"{"a":1,"b":3}"#);
        assert_eq!(Val::Map(right).to_json(), r#"{"a":2}"#);
    }
}
