//! What the modules that are built in know beyond the language. Scripts cannot import these.

use boa_engine::module::{Module, SyntheticModuleInitializer};
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string};
use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::instance::Outside;

/// `zoneOffset(zone, milliseconds)`: minutes east of UTC at that time, undefined for a zone that there is not.
pub(crate) fn zones(context: &mut Context) -> Module {
    exporting("zoneOffset", zone_offset, context)
}

/// `randomWords(count)`: whole numbers of 32 bits, from the run's seed.
pub(crate) fn random(context: &mut Context) -> Module {
    exporting("randomWords", random_words, context)
}

type Function = fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

fn exporting(name: &'static str, function: Function, context: &mut Context) -> Module {
    let names: [JsString; 1] = [js_string!(name)];
    let fill = SyntheticModuleInitializer::from_copy_closure(move |module, context| {
        let function = NativeFunction::from_fn_ptr(function).to_js_function(context.realm());
        module.set_export(&js_string!(name), function.into())
    });
    Module::synthetic(&names, fill, None, None, context)
}

fn zone_offset(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let zone = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let time = arguments.get_or_undefined(1).to_number(context)?;
    #[expect(clippy::cast_possible_truncation, reason = "a time beyond what there is has no offset either way")]
    let Some(time) = DateTime::from_timestamp_millis(time as i64) else { return Ok(JsValue::undefined()) };
    Ok(zone.parse::<Tz>().map_or_else(
        |_| JsValue::undefined(),
        |zone| {
            let seconds = zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc();
            JsValue::from(f64::from(seconds) / 60.0)
        },
    ))
}

fn random_words(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    const MOST: u32 = 1_024;
    let count = arguments.get_or_undefined(0).to_u32(context)?.min(MOST);
    let Some(outside) = context.get_data::<Outside>() else { return Ok(JsValue::undefined()) };
    let words: Vec<JsValue> = (0..count)
        .map(|_| {
            let word = (outside.random.bits() >> 32) as u32;
            JsValue::from(word.cast_signed())
        })
        .collect();
    Ok(JsArray::from_iter(words, context).into())
}
