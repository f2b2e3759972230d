//! The scripts of one run, loaded once and called for every page.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::rc::Rc;

use boa_engine::ast::operations::{lexically_declared_names, var_declared_names};
use boa_engine::ast::scope::Scope;
use boa_engine::context::{ContextBuilder, HostHooks};
use boa_engine::interner::Interner;
use boa_engine::object::builtins::JsFunction;
use boa_engine::parser::Parser;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsError, JsNativeError, JsResult, JsString, JsValue, Module, Script, Source, js_string};

use crate::api::Api;
use crate::clock::RunClock;
use crate::console::{self, Console, Line};
use crate::dates;
use crate::error::ScriptError;
use crate::explain::{PATH, explain, settled, syntax};
use crate::json;
use crate::limits::Limits;
use crate::locale;
use crate::math;
use crate::modules::BuiltIn;
use crate::own::{global, put};
use crate::random::Random;
use crate::reading::into_script;
use crate::sort;

/// What native functions find of the instance they are called in.
pub(crate) struct Outside {
    pub(crate) api: Rc<dyn Api>,
    pub(crate) console: Console,
    pub(crate) limits: Limits,
    pub(crate) random: Random,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the function returned, as JSON; nothing for undefined.
    pub result: Result<Option<String>, ScriptError>,
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

/// One script in an interpreter of its own: what one leaves behind no other sees.
struct Loaded {
    context: Context,
    /// There is none for a script without imports and exports.
    module: Option<Module>,
    functions: HashMap<String, JsFunction>,
}

/// When a call happens, for the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// The time that `Date` has, in milliseconds since 1970. It stands still.
    pub now_ms: i64,
    /// Where `Math.random` begins.
    pub seed: u64,
}

/// The scripts of a run.
pub struct Instance {
    limits: Limits,
    api: Rc<dyn Api>,
    clock: Rc<RunClock>,
    scripts: HashMap<String, Loaded>,
    /// Bytes that went in and out since what nobody uses any more was collected.
    passed: usize,
}

/// What passes in and out between two collections. The interpreter counts its objects, and not the texts in them.
const COLLECT_BYTES: usize = 8 * 1024 * 1024;

impl Instance {
    /// An instance without scripts.
    #[must_use]
    pub fn new(api: Rc<dyn Api>, limits: Limits) -> Self {
        Self { limits, api, clock: Rc::default(), scripts: HashMap::new(), passed: 0 }
    }

    /// Loads a script and runs what stands outside its functions. All its functions can be called then, also those of a
    /// module that it does not export. What it wrote to the console meanwhile comes with its first call.
    ///
    /// # Errors
    ///
    /// When it is no JavaScript, or throws; with what it wrote to the console.
    pub fn load(&mut self, id: &str, source: &str, at: Moment) -> Result<(), (ScriptError, Vec<Line>)> {
        self.clock.set(at.now_ms);
        let mut context = self.context(at.seed).map_err(|error| (interpreter(&error), Vec::new()))?;
        match evaluate(source, &mut context) {
            Ok(module) => {
                self.scripts.insert(id.to_owned(), Loaded { context, module, functions: HashMap::new() });
                Ok(())
            }
            Err(error) => Err((error, written(&context))),
        }
    }

    /// Whether a script is loaded.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.scripts.contains_key(id)
    }

    /// Forgets a script and all that it remembers.
    pub fn forget(&mut self, id: &str) {
        self.scripts.remove(id);
    }

    /// Calls a function of a script. Argument and result are JSON.
    pub fn call(&mut self, id: &str, function: &str, argument: &str, at: Moment) -> Answer {
        let Some(loaded) = self.scripts.get_mut(id) else {
            return Answer { result: Err(ScriptError::NoScript { id: id.to_owned() }), console: Vec::new() };
        };
        self.clock.set(at.now_ms);
        if let Some(outside) = loaded.context.get_data::<Outside>() {
            outside.random.begin(at.seed);
        }
        let result = loaded.call(function, argument, self.limits);
        let console = written(&loaded.context);
        self.passed += argument.len() + result.as_ref().map_or(0, |text| text.as_ref().map_or(0, String::len));
        if self.passed > COLLECT_BYTES {
            self.passed = 0;
            boa_engine::gc::force_collect();
        }
        Answer { result, console }
    }

    fn context(&self, seed: u64) -> JsResult<Context> {
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
            // Not where the first call begins, or the two would draw the same numbers.
            random: Random::new(!seed),
        });
        console::install(&mut context)?;
        dates::install(&mut context)?;
        locale::install(&mut context)?;
        math::install(&mut context)?;
        sort::install(&mut context)?;
        if let Some(math) = global("Math", &mut context)? {
            put(&math, "random", random, &mut context)?;
        }
        Ok(context)
    }
}

fn written(context: &Context) -> Vec<Line> {
    context.get_data::<Outside>().map(|outside| outside.console.take()).unwrap_or_default()
}

impl Loaded {
    fn call(&mut self, function: &str, argument: &str, limits: Limits) -> Result<Option<String>, ScriptError> {
        let target = self.function(function)?;
        let context = &mut self.context;
        let argument =
            into_script(argument, context).map_err(|error| ScriptError::Argument { message: error.to_string() })?;
        let returned = target.call(&JsValue::undefined(), &[argument], context);
        // Also after it threw: what is left to do must not be done in the next call.
        let done = context.run_jobs();
        let returned = returned.and_then(|value| done.map(|()| value)).map_err(|error| explain(&error, context))?;
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

/// Runs a script; gives the module that it is, if it imports or exports something.
fn evaluate(source: &str, context: &mut Context) -> Result<Option<Module>, ScriptError> {
    let module = match parse_script(source, context) {
        Ok(script) => {
            script.evaluate(context).map_err(|error| explain(&error, context))?;
            None
        }
        Err(_) => Some(evaluate_module(source, context)?),
    };
    context.run_jobs().map_err(|error| explain(&error, context))?;
    Ok(module)
}

/// Runs a module. What it declares it also exports under a name that no author writes: which of its functions will be
/// called is known only later.
fn evaluate_module(source: &str, context: &mut Context) -> Result<Module, ScriptError> {
    let mut module = parse_module(source, context).map_err(|error| syntax(&error, source, context))?;
    let hidden: String =
        declared(source).iter().map(|name| format!("\n;export {{ {name} as \"{}\" }};", hidden(name))).collect();
    // The text was read once, and reads the same with its exports.
    if let Ok(with) = parse_module(&format!("{source}{hidden}"), context) {
        module = with;
    }
    let promise = module.load_link_evaluate(context);
    context.run_jobs().map_err(|error| explain(&error, context))?;
    settled(promise.into(), context)?;
    Ok(module)
}

/// The names that a module declares at its top.
fn declared(source: &str) -> BTreeSet<String> {
    let mut interner = Interner::default();
    let parsed = Parser::new(Source::from_bytes(source)).parse_module(&Scope::new_global(), &mut interner);
    let Ok(module) = parsed else { return BTreeSet::new() };
    let lexical = lexically_declared_names(module.items());
    let names = lexical.into_iter().chain(var_declared_names(module.items()));
    names.filter_map(|name| Some(interner.resolve(name)?.to_string())).filter(|name| is_identifier(name)).collect()
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
