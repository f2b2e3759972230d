//! Answers the calls of a run, one after the other: the same in a process and in a browser's worker.

use std::rc::Rc;

use tombolo_wire::script_worker::{Call, ConsoleLine, Done, Failure, More};

use crate::api::Api;
use crate::console::{Level, Line};
use crate::error::ScriptError;
use crate::instance::{Instance, Moment};
use crate::limits::Limits;

/// The scripts that were called, each with what it remembers for each step that calls it.
pub struct Desk {
    instance: Instance,
}

impl Desk {
    /// Nothing is called yet.
    #[must_use]
    pub fn new(api: Rc<dyn Api>) -> Self {
        Self { instance: Instance::new(api, Limits::default()) }
    }

    /// Makes a call, and all that come with it; `done` hears of each as it ends.
    pub fn call_all(&mut self, call: &Call, mut done: impl FnMut(Done)) {
        done(self.call(call));
        for More { argument, seed } in &call.more {
            // A script that could not be loaded fails each of its calls alike.
            let content = call.content.as_deref().filter(|_| !self.instance.has(&id_of(call)));
            done(self.call_once(call, content, argument, *seed));
        }
    }

    /// Makes one call, the first where more come with it.
    pub fn call(&mut self, call: &Call) -> Done {
        self.call_once(call, call.content.as_deref(), &call.argument, call.seed)
    }

    fn call_once(&mut self, call: &Call, content: Option<&str>, argument: &str, seed: u64) -> Done {
        let at = Moment { now_ms: call.now_ms, seed };
        let id = id_of(call);
        if let Some(content) = content
            && let Err((error, console)) = self.instance.load(&id, content, at)
        {
            return Done { result: Err(failure(&error)), console: lines(console), loaded: false };
        }
        let answer = self.instance.call(&id, &call.function, argument, at);
        if call.step.is_none() {
            self.instance.forget(&id);
        }
        let loaded = self.instance.has(&id);
        Done { result: answer.result.map_err(|error| failure(&error)), console: lines(answer.console), loaded }
    }
}

fn id_of(call: &Call) -> String {
    call.step.map_or_else(String::new, |step| format!("{step} {}", call.script))
}

fn failure(error: &ScriptError) -> Failure {
    let (code, place) = match error {
        ScriptError::Syntax { place, .. } => ("script_syntax", *place),
        ScriptError::NoScript { .. } | ScriptError::NoFunction { .. } => ("script_function", None),
        ScriptError::Thrown { place, .. } => ("script_error", *place),
        ScriptError::Limit { .. } => ("script_limit", None),
        ScriptError::Argument { .. } => ("script_argument", None),
        ScriptError::Result { .. } | ScriptError::Pending => ("script_result", None),
        ScriptError::Interpreter { .. } => ("script_interpreter", None),
    };
    let message = match error {
        ScriptError::Thrown { name, message, .. } if !name.is_empty() => format!("{name}: {message}"),
        other => other.to_string(),
    };
    Failure { code: code.to_owned(), message, place: place.map(|place| (place.line, place.column)) }
}

fn lines(console: Vec<Line>) -> Vec<ConsoleLine> {
    console.into_iter().map(|line| ConsoleLine { level: level(line.level).to_owned(), text: line.text }).collect()
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}
