//! `Date` with the texts that scripts give it: the interpreter's own reads ISO 8601 alone, and of what it does not read it
//! makes an invalid date, without a word.

use boa_engine::object::builtins::{JsArray, JsDate, JsProxyBuilder};
use boa_engine::value::PreferredType;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string};

use crate::date_text;

/// Puts it in the place of the interpreter's.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let Some(own) = global.get(js_string!("Date"), context)?.as_object() else { return Ok(()) };
    let reads = NativeFunction::from_fn_ptr(parse).to_js_function(context.realm());
    own.set(js_string!("parse"), reads, true, context)?;
    let date: JsValue = JsProxyBuilder::new(own.clone()).construct(construct).build(context)?.into();
    if let Some(prototype) = own.get(js_string!("prototype"), context)?.as_object() {
        prototype.set(js_string!("constructor"), date.clone(), true, context)?;
    }
    global.set(js_string!("Date"), date, true, context)?;
    Ok(())
}

fn read(text: &JsString) -> JsValue {
    date_text::parse(&text.to_std_string_lossy()).unwrap_or(f64::NAN).into()
}

fn parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(read(&arguments.get_or_undefined(0).to_string(context)?))
}

/// `new Date(…)`: a text is read here, everything else by the interpreter's own.
fn construct(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let [own, list, target] = [0, 1, 2].map(|at| arguments.get_or_undefined(at).as_object());
    let (Some(own), Some(list)) = (own, list) else { return Ok(JsValue::undefined()) };
    let list = JsArray::from_object(list)?;
    let mut given = Vec::new();
    for at in 0..list.length(context)? {
        given.push(list.get(at, context)?);
    }
    if let [one] = given.as_mut_slice() {
        let is_date = one.as_object().is_some_and(|object| JsDate::from_object(object).is_ok());
        if !is_date {
            let plain = one.to_primitive(context, PreferredType::Default)?;
            *one = plain.as_string().map_or_else(|| plain.clone(), |text| read(&text));
        }
    }
    own.construct(&given, target.as_ref(), context).map(JsValue::from)
}
