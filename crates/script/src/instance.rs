//! The scripts of one run, loaded once and called for every page.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use boa_engine::context::{ContextBuilder, HostHooks};
use boa_engine::object::builtins::JsFunction;
use boa_engine::realm::Realm;
use boa_engine::{
    Context, JsError, JsNativeError, JsResult, JsString, JsValue, Module, NativeFunction, Script, Source, js_string,
};
use serde_json::Value;

use crate::api::Api;
use crate::clock::RunClock;
use crate::console::{self, Console, Line};
use crate::error::ScriptError;
use crate::explain::{PATH, explain, settled, syntax};
use crate::json;
use crate::limits::Limits;
use crate::modules::BuiltIn;
use crate::random::Random;

/// What native functions find of the instance they are called in.
pub(crate) struct Outside {
    pub(crate) api: Rc<dyn Api>,
    pub(crate) console: Console,
    pub(crate) limits: Limits,
    pub(crate) random: Random,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the function returned; nothing for undefined.
    pub result: Result<Option<Value>, ScriptError>,
    /// What was written to the console meanwhile.
    pub console: Vec<Line>,
}

/// Text that is made into code at run time would hide from whoever reads the script.
struct NoCodeFromText;

impl HostHooks for NoCodeFromText {
    fn ensure_can_compile_strings(
        &self,
        _realm: Realm,
        _parameters: &[JsString],
        _body: &JsString,
        _direct: bool,
        _context: &mut Context,
    ) -> JsResult<()> {
        Err(JsNativeError::eval().with_message("eval and new Function are not available in a script").into())
    }
}

/// One script, each in an interpreter of its own: what one leaves behind no other sees.
struct Loaded {
    context: Context,
    /// There is none for a script without imports and exports.
    module: Option<Module>,
    functions: HashMap<String, JsFunction>,
}

/// The scripts of a run.
pub struct Instance {
    limits: Limits,
    api: Rc<dyn Api>,
    clock: Rc<RunClock>,
    seed: u64,
    scripts: HashMap<String, Loaded>,
}

impl Instance {
    /// An instance without scripts. `Math.random` follows `seed`.
    #[must_use]
    pub fn new(api: Rc<dyn Api>, limits: Limits, seed: u64) -> Self {
        Self { limits, api, clock: Rc::default(), seed, scripts: HashMap::new() }
    }

    /// Sets the time that scripts see until it is set again, in milliseconds since 1970.
    pub fn set_time(&mut self, now_ms: i64) {
        self.clock.set(now_ms);
    }

    /// Loads a script and runs what stands outside its functions. `functions` are those that will be called: a module
    /// need not export them.
    ///
    /// # Errors
    ///
    /// When it is no JavaScript, or throws.
    pub fn load(&mut self, id: &str, source: &str, functions: &[&str]) -> Result<(), ScriptError> {
        let mut context = self.context().map_err(|error| interpreter(&error))?;
        let module = match parse_script(source, &mut context) {
            Ok(script) => {
                script.evaluate(&mut context).map_err(|error| explain(&error, &mut context))?;
                None
            }
            Err(_) => Some(evaluate_module(source, functions, &mut context)?),
        };
        context.run_jobs().map_err(|error| explain(&error, &mut context))?;
        self.scripts.insert(id.to_owned(), Loaded { context, module, functions: HashMap::new() });
        Ok(())
    }

    /// Calls a function of a script.
    pub fn call(&mut self, id: &str, function: &str, argument: &Value) -> Answer {
        let limits = self.limits;
        let Some(loaded) = self.scripts.get_mut(id) else {
            return Answer { result: Err(ScriptError::NoScript { id: id.to_owned() }), console: Vec::new() };
        };
        let result = loaded.call(function, argument, limits);
        let console = loaded.context.get_data::<Outside>().map(|outside| outside.console.take()).unwrap_or_default();
        Answer { result, console }
    }

    fn context(&self) -> JsResult<Context> {
        let mut context = ContextBuilder::new()
            .host_hooks(Rc::new(NoCodeFromText))
            .clock(self.clock.clone())
            .module_loader(Rc::new(BuiltIn))
            .build()?;
        context.set_runtime_limits(self.limits.of_the_interpreter());
        context.insert_data(Outside {
            api: self.api.clone(),
            console: Console::default(),
            limits: self.limits,
            random: Random::new(self.seed),
        });
        console::install(&mut context)?;
        let random = NativeFunction::from_fn_ptr(random).to_js_function(context.realm());
        let math = context.global_object().get(js_string!("Math"), &mut context)?;
        if let Some(math) = math.as_object() {
            math.set(js_string!("random"), random, true, &mut context)?;
        }
        Ok(context)
    }
}

impl Loaded {
    fn call(&mut self, function: &str, argument: &Value, limits: Limits) -> Result<Option<Value>, ScriptError> {
        let target = self.function(function)?;
        let context = &mut self.context;
        let argument = JsValue::from_json(argument, context).map_err(|error| interpreter(&error))?;
        let returned = target
            .call(&JsValue::undefined(), &[argument], context)
            .and_then(|value| context.run_jobs().map(|()| value))
            .map_err(|error| explain(&error, context))?;
        let settled = settled(returned, context)?;
        json::from_script(&settled, limits, context)
            .map_err(|stuck| stuck.into_answer(|error| explain(&error, context)))
    }

    fn function(&mut self, name: &str) -> Result<JsFunction, ScriptError> {
        if let Some(function) = self.functions.get(name) {
            return Ok(function.clone());
        }
        let value = match &self.module {
            Some(module) => {
                let namespace = module.namespace(&mut self.context);
                let exported = namespace.get(js_string!(name), &mut self.context);
                match exported {
                    Ok(value) if !value.is_undefined() => Ok(value),
                    _ => namespace.get(JsString::from(hidden(name)), &mut self.context),
                }
            }
            None if is_identifier(name) => {
                let source = format!("typeof {name} === 'undefined' ? undefined : {name}");
                self.context.eval(Source::from_bytes(&source))
            }
            None => Ok(JsValue::undefined()),
        };
        let function = value
            .ok()
            .and_then(|value| value.as_object())
            .and_then(JsFunction::from_object)
            .ok_or_else(|| ScriptError::NoFunction { function: name.to_owned() })?;
        self.functions.insert(name.to_owned(), function.clone());
        Ok(function)
    }
}

fn random(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(context.get_data::<Outside>().map_or(0.0, |outside| outside.random.fraction()).into())
}

fn interpreter(error: &JsError) -> ScriptError {
    ScriptError::Interpreter { message: error.to_string() }
}

fn parse_script(source: &str, context: &mut Context) -> JsResult<Script> {
    Script::parse(Source::from_bytes(source).with_path(Path::new(PATH)), None, context)
}

fn parse_module(source: &str, context: &mut Context) -> JsResult<Module> {
    Module::parse(Source::from_bytes(source).with_path(Path::new(PATH)), None, context)
}

/// Runs a module. Functions that it does not export are exported under a name that no author writes.
fn evaluate_module(source: &str, functions: &[&str], context: &mut Context) -> Result<Module, ScriptError> {
    let mut module = parse_module(source, context).map_err(|error| syntax(&error, source, context))?;
    let mut text = source.to_owned();
    for function in functions.iter().filter(|function| is_identifier(function)) {
        let with = format!("{text}\n;export {{ {function} as \"{}\" }};", hidden(function));
        // Fails where the module has no such function: the call will say so.
        if let Ok(parsed) = parse_module(&with, context) {
            (module, text) = (parsed, with);
        }
    }
    let promise = module.load_link_evaluate(context);
    context.run_jobs().map_err(|error| explain(&error, context))?;
    settled(promise.into(), context)?;
    Ok(module)
}

/// The name under which a function that a module keeps to itself is found.
fn hidden(function: &str) -> String {
    format!("tombolo: {function}")
}

/// Whether a name can stand in a program as it is.
fn is_identifier(name: &str) -> bool {
    let letter = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_numeric())
}
