//! Functions of ours in the place of the interpreter's.

use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string};

/// A function that a script calls.
pub(crate) type Function = fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// Puts a function into an object.
pub(crate) fn put(object: &JsObject, name: &str, function: Function, context: &mut Context) -> JsResult<()> {
    let function = NativeFunction::from_fn_ptr(function).to_js_function(context.realm());
    object.set(JsString::from(name), function, true, context).map(drop)
}

/// A global object.
pub(crate) fn global(name: &str, context: &mut Context) -> JsResult<Option<JsObject>> {
    Ok(context.global_object().get(JsString::from(name), context)?.as_object())
}

/// What the objects of a class have in common.
pub(crate) fn prototype(class: &str, context: &mut Context) -> JsResult<Option<JsObject>> {
    match global(class, context)? {
        Some(class) => Ok(class.get(js_string!("prototype"), context)?.as_object()),
        None => Ok(None),
    }
}
