//! Values on their way out of a script, written as `JSON.stringify` writes them, and within limits.

use boa_engine::object::builtins::JsArray;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsError, JsNativeError, JsObject, JsString, JsValue, JsVariant, js_string};

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
pub(crate) fn from_script(value: &JsValue, limits: Limits, context: &mut Context) -> Result<Option<String>, Stuck> {
    let mut writer = Writer { limits, out: String::new(), open: Vec::new(), path: Vec::new() };
    let written = writer.value(value, None, context)?;
    Ok(written.then_some(writer.out))
}

/// A list of values; null stands for what JSON has no form for.
pub(crate) fn list_from_script(values: &[JsValue], limits: Limits, context: &mut Context) -> Result<String, Stuck> {
    let mut writer = Writer { limits, out: "[".to_owned(), open: Vec::new(), path: Vec::new() };
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            writer.plain(",")?;
        }
        if !writer.value(value, None, context)? {
            writer.plain("null")?;
        }
    }
    writer.plain("]")?;
    Ok(writer.out)
}

/// A step on the way to a value.
#[derive(Clone)]
enum Step {
    Name(PropertyKey),
    Index(u64),
}

/// Writes one value and what is in it.
struct Writer {
    limits: Limits,
    out: String,
    /// The objects around the one that is written.
    open: Vec<JsObject>,
    path: Vec<Step>,
}

impl Writer {
    /// Writes a value, and says whether it has a form. The key is what `toJSON` is told.
    fn value(&mut self, value: &JsValue, key: Option<&Step>, context: &mut Context) -> Result<bool, Stuck> {
        let replaced;
        let value = match value.as_object() {
            Some(object) => {
                replaced = self::replaced(value, &object, key, context)?;
                &replaced
            }
            None => value,
        };
        match value.variant() {
            JsVariant::Null => self.plain("null")?,
            JsVariant::Boolean(true) => self.plain("true")?,
            JsVariant::Boolean(false) => self.plain("false")?,
            JsVariant::Integer32(number) => self.plain(&number.to_string())?,
            JsVariant::Float64(number) => self.number(number, context)?,
            JsVariant::String(text) => self.text(&text)?,
            JsVariant::Undefined | JsVariant::Symbol(_) => return Ok(false),
            JsVariant::BigInt(_) => return Err(self.unfit("a BigInt")),
            JsVariant::Object(object) if object.is_callable() => return Ok(false),
            JsVariant::Object(object) => self.object(&object, context)?,
        }
        Ok(true)
    }

    fn object(&mut self, object: &JsObject, context: &mut Context) -> Result<(), Stuck> {
        if self.open.iter().any(|open| JsObject::equals(open, object)) {
            return Err(self.unfit("an object that contains itself"));
        }
        if self.open.len() >= self.limits.depth {
            return Err(self.unfit(&format!("more than {} levels", self.limits.depth)));
        }
        self.open.push(object.clone());
        let written = if object.is_array() { self.array(object, context) } else { self.map(object, context) };
        self.open.pop();
        written
    }

    fn array(&mut self, object: &JsObject, context: &mut Context) -> Result<(), Stuck> {
        let array = JsArray::from_object(object.clone())?;
        let length = array.length(context)?;
        self.plain("[")?;
        // Holes are written as well: an array of four thousand million of them is not.
        for index in 0..length {
            if index > 0 {
                self.plain(",")?;
            }
            let item = array.get(index, context)?;
            self.path.push(Step::Index(index));
            if !self.value(&item, Some(&Step::Index(index)), context)? {
                self.plain("null")?;
            }
            self.path.pop();
        }
        self.plain("]")
    }

    fn map(&mut self, object: &JsObject, context: &mut Context) -> Result<(), Stuck> {
        self.plain("{")?;
        let mut is_first = true;
        for key in object.own_property_keys(context)? {
            if matches!(key, PropertyKey::Symbol(_)) {
                continue;
            }
            let value = match own(object, &key) {
                Own::Hidden => continue,
                Own::Value(value) => value,
                Own::Asked => object.get(key.clone(), context)?,
            };
            let before = self.out.len();
            if !is_first {
                self.plain(",")?;
            }
            match &key {
                PropertyKey::String(name) => self.text(name)?,
                other => self.quoted(&other.to_string())?,
            }
            self.plain(":")?;
            let step = Step::Name(key);
            self.path.push(step.clone());
            if self.value(&value, Some(&step), context)? {
                is_first = false;
            } else {
                self.out.truncate(before);
            }
            self.path.pop();
        }
        self.plain("}")
    }

    fn number(&mut self, number: f64, context: &mut Context) -> Result<(), Stuck> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if number.fract() == 0.0 && number.abs() < EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            let whole = number as i64;
            return self.plain(&whole.to_string());
        }
        if !number.is_finite() {
            return self.plain("null");
        }
        let text = JsValue::from(number).to_string(context)?;
        self.plain(&text.to_std_string_lossy())
    }

    fn text(&mut self, text: &JsString) -> Result<(), Stuck> {
        // Counted before it is copied: a text of one gigabyte costs a script one call.
        self.room_for(text.len())?;
        let text = text.as_str();
        // Most texts are ASCII, and need not be made another one letter by letter.
        match text.as_latin1().filter(|bytes| bytes.is_ascii()).map(std::str::from_utf8) {
            Some(Ok(plain)) => self.quoted(plain),
            _ => self.quoted(&text.to_std_string_lossy()),
        }
    }

    fn quoted(&mut self, text: &str) -> Result<(), Stuck> {
        self.out.push('"');
        let mut begin = 0;
        for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| *byte < b' ' || matches!(byte, b'"' | b'\\')) {
            self.out.push_str(&text[begin..at]);
            match byte {
                b'"' => self.out.push_str("\\\""),
                b'\\' => self.out.push_str("\\\\"),
                b'\n' => self.out.push_str("\\n"),
                b'\r' => self.out.push_str("\\r"),
                b'\t' => self.out.push_str("\\t"),
                other => self.out.push_str(&format!("\\u{other:04x}")),
            }
            begin = at + 1;
        }
        self.out.push_str(&text[begin..]);
        self.plain("\"")
    }

    fn plain(&mut self, text: &str) -> Result<(), Stuck> {
        self.room_for(text.len())?;
        self.out.push_str(text);
        Ok(())
    }

    fn room_for(&self, bytes: usize) -> Result<(), Stuck> {
        if self.out.len().saturating_add(bytes) > self.limits.result_bytes {
            return Err(self.unfit(&format!("more than {} MB", self.limits.result_bytes / (1024 * 1024))));
        }
        Ok(())
    }

    fn unfit(&self, what: &str) -> Stuck {
        let path: String = self.path.iter().map(Step::shown).collect();
        Stuck::Unfit(if path.is_empty() { what.to_owned() } else { format!("{what} (at ${path})") })
    }
}

impl Step {
    fn shown(&self) -> String {
        match self {
            Self::Name(PropertyKey::String(name)) => format!(".{}", name.to_std_string_lossy()),
            Self::Name(key) => format!(".{key}"),
            Self::Index(index) => format!("[{index}]"),
        }
    }

    fn told(&self) -> JsString {
        match self {
            Self::Name(PropertyKey::String(name)) => name.clone(),
            Self::Name(key) => JsString::from(key.to_string().as_str()),
            Self::Index(index) => JsString::from(index.to_string().as_str()),
        }
    }
}

/// What stands for the value: what its `toJSON` says, or the plain value in a wrapper.
fn replaced(value: &JsValue, object: &JsObject, key: Option<&Step>, context: &mut Context) -> Result<JsValue, Stuck> {
    let to_json = object.get(js_string!("toJSON"), context)?;
    if let Some(function) = to_json.as_callable() {
        let told = key.map_or_else(|| js_string!(), Step::told);
        return Ok(function.call(value, &[told.into()], context)?);
    }
    if object.is::<f64>() || object.is::<bool>() || object.is::<JsString>() {
        return Ok(value.to_primitive(context, boa_engine::value::PreferredType::Default)?);
    }
    Ok(value.clone())
}

/// What an object has under a key that it lists.
enum Own {
    /// A property that is not written.
    Hidden,
    Value(JsValue),
    /// Its getter or its handler says.
    Asked,
}

/// Looks once, and not for whether it shows and again for its value. A proxy has no properties of its own, and shows what
/// its handler lists; those with numbers may stand for something else.
fn own(object: &JsObject, key: &PropertyKey) -> Own {
    let object = object.borrow();
    match object.properties().get(key) {
        None => Own::Asked,
        Some(property) if property.enumerable() == Some(false) => Own::Hidden,
        Some(property) => match (key, property.value()) {
            (PropertyKey::String(_), Some(value)) => Own::Value(value.clone()),
            _ => Own::Asked,
        },
    }
}
