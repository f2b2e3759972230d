//! `integrator-api`: each function asks the outside and waits for the answer.

use boa_engine::module::{Module, SyntheticModuleInitializer};
use boa_engine::object::ObjectInitializer;
use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string};

use crate::api::ApiCall;
use crate::instance::Outside;
use crate::json::{self, Stuck};
use crate::reading::into_script;

/// The objects and their functions.
const OBJECTS: [(&str, &[&str]); 10] = [
    ("exports", &["run", "get"]),
    ("imports", &["run", "get"]),
    ("flows", &["run", "get"]),
    ("connections", &["get"]),
    ("integrations", &["get"]),
    ("lookupcaches", &["get", "getData", "upsertData", "deleteData"]),
    ("state", &["get", "put", "set", "delete", "remove", "list"]),
    ("asyncHelpers", &["get"]),
    ("fileDefinitions", &["get"]),
    ("accessTokens", &["get"]),
];
const REQUEST: &str = "request";
/// Another name of `lookupcaches`.
const LOOKUP_CACHES: &str = "lookupCaches";

pub(crate) fn module(context: &mut Context) -> Module {
    let mut names: Vec<JsString> = OBJECTS.iter().map(|(name, _)| js_string!(*name)).collect();
    names.extend([js_string!(REQUEST), js_string!(LOOKUP_CACHES)]);
    let fill = SyntheticModuleInitializer::from_copy_closure(|module, context| {
        for (name, functions) in OBJECTS {
            let object = object(name, functions, context);
            if name.eq_ignore_ascii_case(LOOKUP_CACHES) {
                module.set_export(&js_string!(LOOKUP_CACHES), object.clone().into())?;
            }
            module.set_export(&js_string!(name), object.into())?;
        }
        let request = asking("", REQUEST).to_js_function(context.realm());
        module.set_export(&js_string!(REQUEST), request.into())
    });
    Module::synthetic(&names, fill, None, None, context)
}

fn object(name: &'static str, functions: &[&'static str], context: &mut Context) -> JsObject {
    let mut object = ObjectInitializer::new(context);
    for function in functions {
        object.function(asking(name, function), js_string!(*function), 1);
    }
    object.build()
}

fn asking(object: &'static str, function: &'static str) -> NativeFunction {
    NativeFunction::from_copy_closure(move |_, arguments, context| ask(object, function, arguments, context))
}

fn ask(object: &str, function: &str, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let outside =
        |context: &Context| context.get_data::<Outside>().map(|outside| (outside.api.clone(), outside.limits));
    let Some((api, limits)) = outside(context) else {
        return Err(JsNativeError::error().with_message("the script has no outside").into());
    };
    let arguments = json::list_from_script(arguments, limits, context).map_err(Stuck::into_script)?;
    let call = ApiCall { object: object.to_owned(), function: function.to_owned(), arguments };
    let answer = api.call(call).map_err(|message| JsNativeError::error().with_message(message))?;
    into_script(&answer, context).map_err(|error| JsNativeError::error().with_message(error.to_string()).into())
}
