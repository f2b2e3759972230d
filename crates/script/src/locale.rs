//! `toLocaleString` and its kind, and `localeCompare`: the interpreter has no data of languages, and answers with texts for
//! machines. What is not known here is an error and never a plausible text.

mod compare;
mod date;
mod number;
mod tag;

use boa_engine::object::builtins::{JsArray, JsDate};
use boa_engine::{Context, JsArgs, JsNativeError, JsObject, JsResult, JsString, JsValue, js_string};

use compare::Order;
use date::Parts;
use tag::Locale;

use crate::own::{Function, prototype, put};

const ALL: [(&str, &str, Function); 5] = [
    ("Date", "toLocaleString", |this, arguments, context| date(this, arguments, Parts::Both, context)),
    ("Date", "toLocaleDateString", |this, arguments, context| date(this, arguments, Parts::Date, context)),
    ("Date", "toLocaleTimeString", |this, arguments, context| date(this, arguments, Parts::Time, context)),
    ("Number", "toLocaleString", number),
    ("String", "localeCompare", compared),
];

/// Puts them in the place of the interpreter's.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    for (class, name, function) in ALL {
        if let Some(prototype) = prototype(class, context)? {
            put(&prototype, name, function, context)?;
        }
    }
    Ok(())
}

fn date(this: &JsValue, arguments: &[JsValue], parts: Parts, context: &mut Context) -> JsResult<JsValue> {
    let date = this.as_object().and_then(|object| JsDate::from_object(object).ok());
    let date = date.ok_or_else(|| JsNativeError::typ().with_message("this is not a Date object."))?;
    let time = date.get_time(context)?.to_number(context)?;
    let (locale, options) = asked(arguments, 0, context)?;
    if time.is_nan() {
        return Ok(js_string!("Invalid Date").into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "a date's time is whole and far below 2^63")]
    let text = date::text(time as i64, locale, parts, &|name| find(&options, name));
    text.map(|text| JsString::from(text).into()).map_err(range)
}

fn number(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = this.to_number(context)?;
    let (locale, options) = asked(arguments, 0, context)?;
    number::text(number, locale, &|name| find(&options, name)).map(|text| JsString::from(text).into()).map_err(range)
}

fn compared(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let left = this.require_object_coercible()?.to_string(context)?.to_std_string_lossy();
    let right = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let (_, options) = asked(arguments, 1, context)?;
    let sensitivity = find(&options, "sensitivity");
    let order = Order {
        no_accents: matches!(sensitivity.as_deref(), Some("base" | "case")),
        no_case: matches!(sensitivity.as_deref(), Some("base" | "accent")),
        numeric: find(&options, "numeric").as_deref() == Some("true"),
    };
    Ok(JsValue::from(compare::compare(&left, &right, order) as i32))
}

fn range(message: String) -> boa_engine::JsError {
    JsNativeError::range().with_message(message).into()
}

/// Options that anybody reads.
const NAMES: [&str; 38] = [
    "weekday",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "hour12",
    "hourCycle",
    "timeZone",
    "timeZoneName",
    "dateStyle",
    "timeStyle",
    "fractionalSecondDigits",
    "era",
    "dayPeriod",
    "calendar",
    "numberingSystem",
    "notation",
    "compactDisplay",
    "unit",
    "unitDisplay",
    "minimumSignificantDigits",
    "maximumSignificantDigits",
    "signDisplay",
    "currencyDisplay",
    "currencySign",
    "roundingIncrement",
    "style",
    "currency",
    "minimumFractionDigits",
    "maximumFractionDigits",
    "minimumIntegerDigits",
    "useGrouping",
    "sensitivity",
    "numeric",
    "caseFirst",
    "ignorePunctuation",
];

type Given = Vec<(&'static str, String)>;

/// The locale and the options, behind so many arguments.
fn asked(arguments: &[JsValue], skip: usize, context: &mut Context) -> JsResult<(Locale, Given)> {
    let tag = match arguments.get_or_undefined(skip) {
        list if list.as_object().is_some_and(|object| object.is_array()) => {
            let list = list.as_object().map(JsArray::from_object).transpose()?;
            list.map_or(Ok(JsValue::undefined()), |list| list.get(0, context))?
        }
        one => one.clone(),
    };
    let tag = if tag.is_undefined() { String::new() } else { tag.to_string(context)?.to_std_string_lossy() };
    let locale = Locale::named(&tag).map_err(range)?;
    let mut given = Vec::new();
    if let Some(options) = arguments.get_or_undefined(skip + 1).as_object() {
        given = read(&options, context)?;
    }
    Ok((locale, given))
}

fn read(options: &JsObject, context: &mut Context) -> JsResult<Given> {
    let mut given = Vec::new();
    for name in NAMES {
        let value = options.get(JsString::from(name), context)?;
        if !value.is_undefined() {
            given.push((name, value.to_string(context)?.to_std_string_lossy()));
        }
    }
    Ok(given)
}

fn find(given: &Given, name: &str) -> Option<String> {
    given.iter().find(|(have, _)| *have == name).map(|(_, value)| value.clone())
}
