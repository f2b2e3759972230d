//! The interpreter's errors in words, with the place in the author's own text.

use boa_engine::builtins::error::Error;
use boa_engine::builtins::promise::PromiseState;
use boa_engine::error::{EngineError, RuntimeLimitError};
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsError, JsObject, JsResult, JsValue, js_string};
use tombolo_wire::excerpt;

use crate::error::{Place, ScriptError};

/// What a script's own text is called in the frames of an error.
pub(crate) const PATH: &str = "script.js";

/// The longest message about a syntax that stays whole.
const MOST_BYTES: usize = 500;

/// What a value is worth once its promise is settled, if it is one.
pub(crate) fn settled(value: JsValue, context: &mut Context) -> Result<JsValue, ScriptError> {
    let Some(promise) = value.as_object().and_then(|object| JsPromise::from_object(object).ok()) else {
        return Ok(value);
    };
    match promise.state() {
        PromiseState::Fulfilled(value) => Ok(value),
        PromiseState::Rejected(reason) => Err(explain(&JsError::from_opaque(reason), context)),
        PromiseState::Pending => Err(ScriptError::Pending),
    }
}

/// An error that a script threw, or the limit that it reached.
pub(crate) fn explain(error: &JsError, context: &mut Context) -> ScriptError {
    match error.as_engine() {
        Some(EngineError::RuntimeLimit(limit)) => return ScriptError::Limit { what: words(*limit) },
        Some(EngineError::Panic(panic)) => return ScriptError::Interpreter { message: panic.message().to_owned() },
        None => {}
    }
    let stack = stack(error);
    let (name, message) = name_and_message(error, context);
    ScriptError::Thrown { name, message, place: stack.lines().find_map(place_in), stack }
}

/// Text that is no JavaScript.
pub(crate) fn syntax(error: &JsError, source: &str, context: &mut Context) -> ScriptError {
    let (_, message) = name_and_message(error, context);
    if message == "abrupt end" {
        let message = "The script ends in the middle: a bracket, a brace or a quote is not closed.".to_owned();
        return ScriptError::Syntax { message, place: end_of(source) };
    }
    let place = place_at(&message);
    // What was not expected may be a text of any length.
    let message = if message.len() > MOST_BYTES { excerpt(&message).into_owned() } else { message };
    ScriptError::Syntax { place, message }
}

fn end_of(source: &str) -> Option<Place> {
    let last = source.rsplit('\n').next()?;
    let line = source.matches('\n').count() + 1;
    Some(Place { line: u32::try_from(line).ok()?, column: u32::try_from(last.chars().count() + 1).ok()? })
}

fn words(limit: RuntimeLimitError) -> &'static str {
    match limit {
        RuntimeLimitError::LoopIteration => {
            "a loop went round too often, for all loops of a call go round 30 million times at most"
        }
        RuntimeLimitError::Recursion => "functions called each other too deeply",
        RuntimeLimitError::StackSize => "it used too much of the stack",
    }
}

fn name_and_message(error: &JsError, context: &mut Context) -> (String, String) {
    let value = error.clone().into_opaque(context).unwrap_or_default();
    let Some(object) = value.as_object() else { return (String::new(), value.display().to_string()) };
    match (text(&object, "name", context), text(&object, "message", context)) {
        (Ok(name), Ok(message)) if object.is::<Error>() || !message.is_empty() => (name, message),
        // Anything can be thrown, also what refuses to be read.
        _ => (String::new(), value.display().to_string()),
    }
}

fn text(object: &JsObject, key: &str, context: &mut Context) -> JsResult<String> {
    let value = object.get(js_string!(key), context)?;
    Ok(if value.is_undefined() { String::new() } else { value.to_string(context)?.to_std_string_lossy() })
}

/// The frames of an error, a line each.
fn stack(error: &JsError) -> String {
    let text = error.to_string();
    let frames = text.lines().filter_map(|line| line.trim().strip_prefix("at "));
    frames.collect::<Vec<_>>().join("\n")
}

/// The place that a frame of the author's own text ends with: `name (script.js:3:14)`.
fn place_in(frame: &str) -> Option<Place> {
    let (_, place) = frame.trim_end_matches(')').rsplit_once(PATH)?;
    let (line, column) = place.strip_prefix(':')?.split_once(':')?;
    Some(Place { line: line.parse().ok()?, column: column.parse().ok()? })
}

/// The place that the parser's message names: `… at line 3, col 14`.
fn place_at(message: &str) -> Option<Place> {
    let (_, place) = message.rsplit_once("line ")?;
    let (line, rest) = place.split_once(',')?;
    let (_, column) = rest.rsplit_once(' ')?;
    Some(Place { line: line.parse().ok()?, column: column.parse().ok()? })
}
