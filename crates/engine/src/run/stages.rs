//! What a test run shows of each stage: input, output, errors.
//!
//! A run that is none pays a branch a stage: values become JSON only where somebody looks at them.

use serde_json::Value;
use tombolo_model::Val;

use super::shared::{Place, Shared};
use crate::event::{RunEvent, Stage, StageError};

/// What came out of a stage: a value, or code and message.
pub(super) type Came<'v> = Result<Option<&'v Val>, (&'v str, &'v str)>;

impl Shared<'_> {
    /// Says what a stage did to a record.
    pub(super) fn stage(&self, place: Place, name: &str, index: u64, input: &Val, came: Came<'_>) {
        if self.plan.test_mode {
            self.say_stage(place, stage(name, Some(index), Value::from(input), came));
        }
    }

    /// Says whether a filter let a record pass.
    pub(super) fn verdict_stage(
        &self,
        place: Place,
        name: &str,
        index: u64,
        record: &Val,
        passed: Result<Option<bool>, (&str, &str)>,
    ) {
        let passed = passed.map(|passed| passed.map(Val::Bool));
        self.stage(place, name, index, record, passed.as_ref().map(Option::as_ref).map_err(|fault| *fault));
    }

    /// Says what a hook did to its options.
    pub(super) fn page_stage(&self, place: Place, name: &str, input: &Val, came: Came<'_>) {
        if self.plan.test_mode {
            self.say_stage(place, stage(name, None, Value::from(input), came));
        }
    }

    fn say_stage(&self, place: Place, stage: Stage) {
        self.say_event(RunEvent::Stage { step: place, stage });
    }
}

fn stage(name: &str, index: Option<u64>, input: Value, came: Came<'_>) -> Stage {
    let (output, errors) = match came {
        Ok(output) => (output.map_or(Value::Null, Value::from), Vec::new()),
        Err((code, message)) => (Value::Null, vec![StageError { code: code.to_owned(), message: message.to_owned() }]),
    };
    Stage { name: name.to_owned(), index, input, output, errors }
}
