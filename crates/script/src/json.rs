//! Values on their way out of a script, as `JSON.stringify` has them, and within limits.

use boa_engine::object::builtins::JsArray;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsError, JsNativeError, JsObject, JsString, JsValue, JsVariant, js_string};
use serde_json::{Map, Number, Value};

use crate::error::ScriptError;
use crate::limits::Limits;

/// Why a value stays inside.
#[derive(Debug)]
pub(crate) enum Stuck {
    /// It has no form as JSON, or is too much: what it is, and where.
    Unfit(String),
    /// The script threw while it was read: in a getter, or in `toJSON`.
    Threw(JsError),
}

impl From<JsError> for Stuck {
    fn from(error: JsError) -> Self {
        Self::Threw(error)
    }
}

impl Stuck {
    /// As an error that the script can catch.
    pub(crate) fn into_script(self) -> JsError {
        match self {
            Self::Unfit(what) => JsNativeError::typ().with_message(format!("{what} cannot be passed on")).into(),
            Self::Threw(error) => error,
        }
    }

    /// As the answer of a call.
    pub(crate) fn into_answer(self, explain: impl FnOnce(JsError) -> ScriptError) -> ScriptError {
        match self {
            Self::Unfit(what) => ScriptError::Result { what },
            Self::Threw(error) => explain(error),
        }
    }
}

/// The value as JSON; nothing for undefined, a function and a symbol.
pub(crate) fn from_script(value: &JsValue, limits: Limits, context: &mut Context) -> Result<Option<Value>, Stuck> {
    Reader { limits, bytes: 0, open: Vec::new(), path: Vec::new() }.value(value, "", context)
}

/// Reads one value and what is in it.
struct Reader {
    limits: Limits,
    bytes: usize,
    /// The objects around the one that is read.
    open: Vec<JsObject>,
    path: Vec<String>,
}

impl Reader {
    fn value(&mut self, value: &JsValue, key: &str, context: &mut Context) -> Result<Option<Value>, Stuck> {
        let value = &self.replaced(value, key, context)?;
        Ok(Some(match value.variant() {
            JsVariant::Null => self.spend(4, Value::Null)?,
            JsVariant::Boolean(on) => self.spend(5, Value::Bool(on))?,
            JsVariant::Integer32(number) => self.spend(4, Value::from(number))?,
            JsVariant::Float64(number) => self.spend(8, json_number(number))?,
            JsVariant::String(text) => self.text(&text)?,
            JsVariant::Undefined | JsVariant::Symbol(_) => return Ok(None),
            JsVariant::BigInt(_) => return Err(self.unfit("a BigInt")),
            JsVariant::Object(object) if object.is_callable() => return Ok(None),
            JsVariant::Object(object) => self.object(&object, context)?,
        }))
    }

    /// What stands for the value: what its `toJSON` says, or the plain value in a wrapper.
    fn replaced(&self, value: &JsValue, key: &str, context: &mut Context) -> Result<JsValue, Stuck> {
        let Some(object) = value.as_object() else { return Ok(value.clone()) };
        let to_json = object.get(js_string!("toJSON"), context)?;
        if let Some(function) = to_json.as_callable() {
            return Ok(function.call(value, &[JsString::from(key).into()], context)?);
        }
        if object.is::<f64>() || object.is::<bool>() || object.is::<JsString>() {
            return Ok(value.to_primitive(context, boa_engine::value::PreferredType::Default)?);
        }
        Ok(value.clone())
    }

    fn object(&mut self, object: &JsObject, context: &mut Context) -> Result<Value, Stuck> {
        if self.open.iter().any(|open| JsObject::equals(open, object)) {
            return Err(self.unfit("an object that contains itself"));
        }
        if self.open.len() >= self.limits.depth {
            return Err(self.unfit(&format!("more than {} levels", self.limits.depth)));
        }
        self.open.push(object.clone());
        let read = if object.is_array() { self.array(object, context) } else { self.map(object, context) };
        self.open.pop();
        read
    }

    fn array(&mut self, object: &JsObject, context: &mut Context) -> Result<Value, Stuck> {
        let array = JsArray::from_object(object.clone())?;
        let length = array.length(context)?;
        // Holes cost as much as values: an array of four thousand million of them is not read.
        let mut items = Vec::new();
        for index in 0..length {
            let item = array.get(index, context)?;
            let key = index.to_string();
            self.path.push(format!("[{key}]"));
            let item = self.value(&item, &key, context)?;
            items.push(match item {
                Some(item) => item,
                None => self.spend(4, Value::Null)?,
            });
            self.path.pop();
        }
        self.spend(2, Value::Array(items))
    }

    fn map(&mut self, object: &JsObject, context: &mut Context) -> Result<Value, Stuck> {
        let mut map = Map::new();
        for key in object.own_property_keys(context)? {
            let name = match &key {
                PropertyKey::String(name) => name.to_std_string_lossy(),
                PropertyKey::Index(index) => index.get().to_string(),
                PropertyKey::Symbol(_) => continue,
            };
            if !is_enumerable(object, &key) {
                continue;
            }
            let value = object.get(key, context)?;
            self.spend(name.len() + 4, ())?;
            self.path.push(format!(".{name}"));
            if let Some(value) = self.value(&value, &name, context)? {
                map.insert(name, value);
            }
            self.path.pop();
        }
        self.spend(2, Value::Object(map))
    }

    fn text(&mut self, text: &JsString) -> Result<Value, Stuck> {
        // Counted before it is copied: a text of one gigabyte costs a script one call.
        self.spend(text.len(), ())?;
        Ok(Value::String(text.to_std_string_lossy()))
    }

    fn spend<T>(&mut self, bytes: usize, value: T) -> Result<T, Stuck> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.result_bytes {
            return Err(self.unfit(&format!("more than {} MB", self.limits.result_bytes / (1024 * 1024))));
        }
        Ok(value)
    }

    fn unfit(&self, what: &str) -> Stuck {
        let path = self.path.concat();
        Stuck::Unfit(if path.is_empty() { what.to_owned() } else { format!("{what} (at ${path})") })
    }
}

/// A proxy has no properties of its own, and shows what its handler lists.
fn is_enumerable(object: &JsObject, key: &PropertyKey) -> bool {
    object.borrow().properties().get(key).is_none_or(|property| property.enumerable() != Some(false))
}

/// Whole numbers are written without a fraction; what JSON has no number for is null.
fn json_number(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        let whole = number as i64;
        return Value::from(whole);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}
