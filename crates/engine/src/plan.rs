//! A flow, ready to run.

mod endpoint;
mod function;
mod pool;
mod source;
mod step;

use serde_json::Value;
use tombolo_model::run::StepCount;

pub(crate) use endpoint::{Auth, Endpoint};
pub(crate) use function::{FilterBy, Function, TransformBy};
pub(crate) use pool::{Pool, RateLimit};
pub(crate) use source::{FileRead, Format, HttpRead, Paging, Read, Source, Stop};
pub(crate) use step::{FileWrite, HttpWrite, Step, Write};

/// A compiled flow.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) sources: Vec<Source>,
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// The steps in running order with empty counters: sources first.
    #[must_use]
    pub fn steps(&self) -> Vec<StepCount> {
        let count = |named: &Named, kind: &str| StepCount {
            step: named.id.clone(),
            name: named.name.clone(),
            kind: kind.to_owned(),
            ..StepCount::default()
        };
        let sources = self.sources.iter().map(|source| count(&source.named, "export"));
        let steps = self.steps.iter().map(|step| count(&step.named, "import"));
        sources.chain(steps).collect()
    }

    /// The content hashes of the stored files that it reads.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        self.sources
            .iter()
            .filter_map(|source| match &source.read {
                Read::File(file) => Some(file.hash.as_str()),
                Read::Http(_) => None,
            })
            .collect()
    }
}

/// What a step is called.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What its hooks are told beside their data, as the members of a JSON object.
    pub(crate) options: Box<str>,
}

/// A resource's settings as templates and filters read them.
pub(crate) fn settings_of(value: &Value) -> Value {
    value.get("settings").cloned().unwrap_or(Value::Null)
}
