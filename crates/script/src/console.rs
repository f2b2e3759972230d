//! What a script writes to `console`.

use std::cell::RefCell;

use boa_engine::builtins::error::Error;
use boa_engine::object::ObjectInitializer;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsArgs, JsResult, JsValue, NativeFunction, js_string};

use crate::instance::Outside;
use crate::json;
use crate::limits::Limits;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Kept only while debugging is on.
    Debug,
    /// `console.log` and `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`.
    Error,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub text: String,
}

/// The lines of one call, up to its limits.
#[derive(Debug, Default)]
pub(crate) struct Console {
    lines: RefCell<Vec<Line>>,
    bytes: RefCell<usize>,
}

impl Console {
    /// What was written since the last time.
    pub(crate) fn take(&self) -> Vec<Line> {
        self.bytes.replace(0);
        self.lines.take()
    }

    fn write(&self, level: Level, text: String, limits: Limits) {
        let mut lines = self.lines.borrow_mut();
        let mut bytes = self.bytes.borrow_mut();
        if lines.len() > limits.console_lines || *bytes > limits.console_bytes {
            return;
        }
        *bytes += text.len();
        if lines.len() == limits.console_lines || *bytes > limits.console_bytes {
            let text = "The script wrote more to the console than is kept; the rest is missing.".to_owned();
            lines.push(Line { level: Level::Warn, text });
            *bytes = limits.console_bytes + 1;
        } else {
            lines.push(Line { level, text });
        }
    }
}

/// Puts `console` among the globals.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let console = ObjectInitializer::new(context)
        .function(NativeFunction::from_fn_ptr(write::<{ Level::Debug as u8 }>), js_string!("debug"), 0)
        .function(NativeFunction::from_fn_ptr(write::<{ Level::Info as u8 }>), js_string!("log"), 0)
        .function(NativeFunction::from_fn_ptr(write::<{ Level::Info as u8 }>), js_string!("info"), 0)
        .function(NativeFunction::from_fn_ptr(write::<{ Level::Warn as u8 }>), js_string!("warn"), 0)
        .function(NativeFunction::from_fn_ptr(write::<{ Level::Error as u8 }>), js_string!("error"), 0)
        .build();
    context.register_global_property(js_string!("console"), console, Attribute::all())
}

fn write<const LEVEL: u8>(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let level = [Level::Debug, Level::Info, Level::Warn, Level::Error][usize::from(LEVEL)];
    let mut text = String::new();
    for (index, _) in args.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(&shown(args.get_or_undefined(index), context)?);
    }
    if let Some(outside) = context.get_data::<Outside>() {
        outside.console.write(level, text, outside.limits);
    }
    Ok(JsValue::undefined())
}

/// A text as it is, an error with its name, anything else as JSON where it has that form.
fn shown(value: &JsValue, context: &mut Context) -> JsResult<String> {
    let Some(object) = value.as_object() else {
        let plain = || value.display().to_string();
        return Ok(value.as_string().map_or_else(plain, |text| text.to_std_string_lossy()));
    };
    if object.is_callable() || object.is::<Error>() {
        return Ok(value.to_string(context)?.to_std_string_lossy());
    }
    match json::from_script(value, Limits::default(), context) {
        Ok(json) => Ok(json.unwrap_or_else(|| "undefined".to_owned())),
        Err(_) => Ok(value.to_string(context)?.to_std_string_lossy()),
    }
}
