//! Answers what scripts of a run ask of `integrator-api`.
//!
//! A script sees what came with its flow: connections without their secrets, the exports and imports that it names, lookup
//! caches and state. Resources are read and not changed.

mod arguments;
mod cache;
mod import;
mod request;
mod state;

use std::cell::Cell;

use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};
use tombolo_model::{Kind, Val, excerpt};

use super::shared::{Place, Shared};
use super::source_lookup;
use crate::script::{ApiQuestion, ScriptApi};
use arguments::{id, with_ids};

/// The run, as a script of one step can ask it.
pub(super) struct RunApi<'a, 's> {
    shared: &'a Shared<'s>,
    place: Place,
    /// Tells the calls of the step's scripts apart.
    turn: u64,
    /// How many exports and imports this call has run.
    runs: Cell<u64>,
}

impl<'a, 's> RunApi<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, turn: u64) -> Self {
        Self { shared, place, turn, runs: Cell::new(0) }
    }
}

impl ScriptApi for RunApi<'_, '_> {
    fn answer(&self, question: ApiQuestion) -> LocalBoxFuture<'_, Result<Value, String>> {
        async move {
            let ApiQuestion { object, function, arguments } = question;
            let arguments = with_ids(&object, arguments, &self.shared.plan.callable.aliases);
            let first = arguments.first().unwrap_or(&Value::Null);
            let second = arguments.get(1);
            match (object.as_str(), function.as_str()) {
                ("exports", "run") => self.run_export(first).await,
                ("imports", "run") => self.run_import(first, second).await,
                ("flows", "run") => self.run_flow(first).await,
                ("lookupcaches", "getData") => self.cache(first, second).await,
                ("lookupcaches", "upsertData") => self.upsert(first, second).await,
                ("lookupcaches", "deleteData") => self.delete(first, second).await,
                ("state", function) => self.state(function, &arguments).await,
                ("", "request") => self.request(first).await,
                (object, "get") => match kind(object) {
                    Some(kind) => Ok(self.get(kind, first)),
                    None => Err(unknown(object, "get")),
                },
                (object, function) => Err(unknown(object, function)),
            }
        }
        .boxed_local()
    }
}

/// The kind of resource that an object of `integrator-api` reads.
fn kind(object: &str) -> Option<Kind> {
    Some(match object {
        "exports" => Kind::Export,
        "imports" => Kind::Import,
        "flows" => Kind::Flow,
        "connections" => Kind::Connection,
        "integrations" => Kind::Integration,
        "lookupcaches" => Kind::LookupCache,
        "asyncHelpers" => Kind::AsyncHelper,
        "fileDefinitions" => Kind::FileDefinition,
        _ => return None,
    })
}

fn unknown(object: &str, function: &str) -> String {
    let object = if object.is_empty() { "integrator-api" } else { object };
    format!("{object}.{function} cannot be called in a flow.")
}

impl RunApi<'_, '_> {
    /// A resource by its id, given as such or as `{_id}`; null when it did not come with the flow.
    fn get(&self, kind: Kind, asked: &Value) -> Value {
        let found = id(asked).and_then(|id| self.shared.plan.callable.resources.get(id));
        found.filter(|(have, _)| *have == kind).map_or(Value::Null, |(_, value)| value.clone())
    }

    async fn run_export(&self, asked: &Value) -> Result<Value, String> {
        let id = id(asked).ok_or("exports.run needs the id of the export: exports.run({_id: \"…\"}).")?;
        let source = match self.shared.plan.callable.exports.get(id) {
            Some(Ok(source)) => source,
            Some(Err(problems)) => return Err(format!("The export {id} is not ready to run. {problems}")),
            None => {
                return Err(format!("The export {id} is not here: it was deleted, or you may not see it."));
            }
        };
        let record = Val::Map(tombolo_model::Record::default());
        let answer = source_lookup::read(self.shared, source, &record, self.place, self.next_turn()).await;
        let errors: Vec<_> =
            answer.errors.iter().map(|(code, message)| json!({"code": code, "message": message})).collect();
        let data: Vec<Value> = answer.data.iter().map(Value::from).collect();
        Ok(json!({"data": data, "errors": errors, "statusCode": answer.status_code}))
    }

    /// Starts another flow; it is not waited for.
    async fn run_flow(&self, asked: &Value) -> Result<Value, String> {
        let id = id(asked).ok_or("flows.run needs the id of the flow: flows.run({_id: \"…\"}).")?;
        let flow = id.parse().map_err(|_| format!("“{id}” is no id of a flow.", id = excerpt(&id)))?;
        if self.shared.plan.test_mode {
            return Err("A test run starts no other flow.".to_owned());
        }
        let Some(flows) = self.shared.host.flows() else {
            return Err("Scripts cannot start flows where this one runs.".to_owned());
        };
        flows.start(flow, Vec::new()).await.map(|run| json!({"_jobId": run}))
    }

    /// Randomness of a hook that is called meanwhile must not depend on what other steps did.
    fn next_turn(&self) -> u64 {
        self.runs.set(self.runs.get() + 1);
        (self.turn << 20) ^ self.runs.get()
    }
}
