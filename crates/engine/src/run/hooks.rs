//! Hooks: what each of them is given, and what it has to return.
//!
//! A hook that throws, or returns something else than it has to, fails its page; what its author reads then says which
//! hook it was and what it should have returned.

use tombolo_model::{KeyPool, Val};

use super::api::RunApi;
use super::shared::{Place, Shared};
use crate::plan::{Function, Named};
use crate::run_contract;
use crate::script::{ScriptAnswer, ScriptApi, ScriptCall, ScriptFailure};

/// Which function of which hook is called, and where.
#[derive(Clone, Copy)]
pub(super) struct Hook<'a> {
    pub(super) place: Place,
    /// `preMap`, `filter` and so on.
    pub(super) kind: &'static str,
    pub(super) function: &'a Function,
}

/// The options of a call, as JSON in the making.
pub(super) struct Options(Vec<u8>);

impl Options {
    /// The options that every hook has.
    pub(super) fn new(shared: &Shared<'_>, place: Place) -> Self {
        Self(format!("{{{}", shared.hook_options(place)).into_bytes())
    }

    /// Those of an export or import that is called by a script of another step.
    pub(super) fn of(named: &Named) -> Self {
        Self(format!("{{{}", named.options).into_bytes())
    }

    /// One more.
    pub(super) fn with(mut self, name: &str, value: &Val) -> Self {
        self.name(name);
        self.value(value);
        self
    }

    /// A list of values.
    pub(super) fn with_list<'v>(mut self, name: &str, values: impl IntoIterator<Item = &'v Val>) -> Self {
        self.name(name);
        self.0.push(b'[');
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.0.push(b',');
            }
            self.value(value);
        }
        self.0.push(b']');
        self
    }

    fn name(&mut self, name: &str) {
        // Names are ours and need no escapes.
        self.0.extend_from_slice(format!(",\"{name}\":").as_bytes());
    }

    fn value(&mut self, value: &Val) {
        if let Val::Absent = value {
            return self.0.extend_from_slice(b"null");
        }
        let written = value.write_json(&mut self.0);
        debug_assert!(written.is_ok(), "memory takes all that is written to it");
    }

    fn end(mut self) -> String {
        self.0.push(b'}');
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// A record as a hook leaves it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Left {
    /// The record; without it, nothing is done with it.
    pub(super) data: Option<Val>,
    /// What is wrong with it: code and message.
    pub(super) errors: Vec<(String, String)>,
}

impl Hook<'_> {
    /// Calls the function. `turn` counts the calls of this hook at this step: randomness must not depend on what other
    /// steps did meanwhile.
    pub(super) async fn call(
        self,
        shared: &Shared<'_>,
        options: Options,
        turn: u64,
    ) -> Result<Option<Val>, ScriptFailure> {
        let Some(scripts) = shared.host.scripts() else { return Err(self.nowhere()) };
        let call = self.of(shared, options, turn);
        let given = shared.plan.test_mode.then(|| call.argument.clone());
        let answer = scripts.call(call, &RunApi::new(shared, self.place, turn)).await;
        self.answered(shared, given.as_deref(), answer)
    }

    /// Calls the function once for each of several records, all of them at once; as many answers come.
    pub(super) async fn call_all(
        self,
        shared: &Shared<'_>,
        records: impl IntoIterator<Item = (Options, u64)>,
    ) -> Vec<Result<Option<Val>, ScriptFailure>> {
        let records = records.into_iter();
        let Some(scripts) = shared.host.scripts() else { return records.map(|_| Err(self.nowhere())).collect() };
        let (calls, apis): (Vec<_>, Vec<_>) = records
            .map(|(options, turn)| (self.of(shared, options, turn), RunApi::new(shared, self.place, turn)))
            .unzip();
        let given: Vec<_> = calls.iter().map(|call| shared.plan.test_mode.then(|| call.argument.clone())).collect();
        let apis = apis.iter().map(|api| api as &dyn ScriptApi);
        let answers = scripts.call_all(calls.into_iter().zip(apis).collect()).await;
        given.into_iter().zip(answers).map(|(given, answer)| self.answered(shared, given.as_deref(), answer)).collect()
    }

    fn of(self, shared: &Shared<'_>, options: Options, turn: u64) -> ScriptCall {
        ScriptCall {
            script: self.function.script.clone(),
            step: self.place,
            function: self.function.name.clone(),
            argument: options.end(),
            now_ms: shared.started_ms,
            seed: seed(shared.seed, self.place, self.kind, turn),
        }
    }

    /// What came of a call; `given` is what went in, where that is shown.
    fn answered(
        self,
        shared: &Shared<'_>,
        given: Option<&str>,
        answer: ScriptAnswer,
    ) -> Result<Option<Val>, ScriptFailure> {
        if let Some(given) = given {
            let parsed = |text: &str| Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap_or(Val::Absent);
            let returned = answer.result.as_ref().map(|text| text.as_deref().map(parsed));
            let came = returned.as_ref().map(Option::as_ref);
            let came = came.map_err(|failure| (failure.code.as_str(), failure.message.as_str()));
            shared.page_stage(self.place, &self.function.name, &parsed(given), came);
        }
        shared.console(self.place, self.function, answer.console);
        let Some(text) = answer.result.map_err(|failure| self.explained(failure))? else { return Ok(None) };
        let value = Val::parse(text.as_bytes(), &mut KeyPool::default());
        value.map(Some).map_err(|error| self.wrong("script_result", &error.to_string()))
    }

    fn nowhere(self) -> ScriptFailure {
        self.wrong("script_host", "Scripts cannot be called here. Run the flow elsewhere.")
    }

    /// Calls a hook that returns a list of `count` values.
    pub(super) async fn call_list(
        self,
        shared: &Shared<'_>,
        options: Options,
        turn: u64,
        count: usize,
    ) -> Result<Vec<Val>, ScriptFailure> {
        let returned = self.call(shared, options, turn).await?;
        run_contract::list(returned.as_ref(), Some(count)).map_err(|message| self.wrong("script_result", &message))?;
        match returned {
            Some(Val::List(values)) => Ok(values),
            _ => Ok(Vec::new()),
        }
    }

    /// Calls a hook that returns `{data, errors}` for each of `count` records.
    pub(super) async fn call_records(
        self,
        shared: &Shared<'_>,
        options: Options,
        turn: u64,
        count: usize,
    ) -> Result<Vec<Left>, ScriptFailure> {
        let values = self.call_list(shared, options, turn, count).await?;
        values.into_iter().enumerate().map(|(at, value)| self.left(at, &value)).collect()
    }

    fn left(self, at: usize, value: &Val) -> Result<Left, ScriptFailure> {
        let fields = run_contract::changed(at, value).map_err(|message| self.wrong("script_result", &message))?;
        let data = fields.get("data").filter(|data| !matches!(data, Val::Null)).cloned();
        let errors = match fields.get("errors") {
            Some(Val::List(errors)) => errors.iter().map(|error| problem(error, self.kind)).collect(),
            Some(Val::Null) | None => Vec::new(),
            Some(one) => vec![problem(one, self.kind)],
        };
        Ok(Left { data, errors })
    }

    pub(super) fn wrong(self, code: &str, message: &str) -> ScriptFailure {
        self.explained(ScriptFailure { code: code.to_owned(), message: message.to_owned(), place: None })
    }

    fn explained(self, failure: ScriptFailure) -> ScriptFailure {
        let place = failure.place.map(|(line, column)| format!(" (line {line}, column {column})")).unwrap_or_default();
        let message = format!(
            "{} “{}” of the script “{}”{place}: {}",
            self.kind, self.function.name, self.function.script.name, failure.message
        );
        ScriptFailure { message, ..failure }
    }
}

/// Code and message of an error that a script returned.
pub(super) fn problem(error: &Val, kind: &str) -> (String, String) {
    let field = |name: &str| match error {
        Val::Map(fields) => fields.get(name).map(|value| value.display().into_owned()),
        _ => None,
    };
    let code = field("code").filter(|code| !code.is_empty()).unwrap_or_else(|| kind.to_owned());
    (code, field("message").unwrap_or_else(|| error.display().into_owned()))
}

/// A number of its own for each call (FNV-1a over what tells the calls apart).
pub(super) fn seed(run: u64, place: Place, kind: &str, turn: u64) -> u64 {
    let parts = [run, place as u64, turn].into_iter().flat_map(u64::to_le_bytes).chain(kind.bytes());
    parts.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_begins_its_random_values_elsewhere() {
        let seeds =
            [seed(1, 2, "preMap", 0), seed(1, 2, "preMap", 1), seed(1, 2, "postMap", 0), seed(1, 3, "preMap", 0)];
        for (at, one) in seeds.iter().enumerate() {
            assert!(!seeds[at + 1..].contains(one), "{seeds:?}");
        }
    }
}
