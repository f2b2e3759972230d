//! Answers what scripts of a run ask of `integrator-api`.
//!
//! A script sees what came with its flow: connections without their secrets, the exports that it names, lookup caches.

use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::{Map, Value, json};
use tombolo_model::{Kind, Val};

use super::shared::{Place, Shared};
use super::source_lookup;
use crate::script::{ApiQuestion, ScriptApi};

/// The run, as a script of one step can ask it.
pub(super) struct RunApi<'a, 's> {
    pub(super) shared: &'a Shared<'s>,
    pub(super) place: Place,
}

/// The most entries of a cache that one question gets.
const MAX_ENTRIES: usize = 1000;

impl ScriptApi for RunApi<'_, '_> {
    fn answer(&self, question: ApiQuestion) -> LocalBoxFuture<'_, Result<Value, String>> {
        async move {
            let ApiQuestion { object, function, arguments } = question;
            let first = arguments.first().unwrap_or(&Value::Null);
            match (object.as_str(), function.as_str()) {
                ("exports", "run") => self.run_export(first).await,
                ("exports", "get") => Ok(self.get(Kind::Export, first)),
                ("imports", "get") => Ok(self.get(Kind::Import, first)),
                ("connections", "get") => Ok(self.get(Kind::Connection, first)),
                ("integrations", "get") => Ok(self.get(Kind::Integration, first)),
                ("lookupcaches", "get") => Ok(self.get(Kind::LookupCache, first)),
                ("lookupcaches", "getData") => self.cache(first, arguments.get(1)),
                _ => {
                    let object = if object.is_empty() { "integrator-api" } else { &object };
                    Err(format!("{object}.{function} cannot be called in a flow."))
                }
            }
        }
        .boxed_local()
    }
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
        let answer = source_lookup::read(self.shared, source, &record, self.place, 0).await;
        let errors: Vec<_> =
            answer.errors.iter().map(|(code, message)| json!({"code": code, "message": message})).collect();
        let data: Vec<Value> = answer.data.iter().map(Value::from).collect();
        Ok(json!({"data": data, "errors": errors, "statusCode": answer.status_code}))
    }

    /// The entries of a cache as `[{key, value}]`: those of `keys`, or those whose key begins with `startsWith`.
    fn cache(&self, asked: &Value, options: Option<&Value>) -> Result<Value, String> {
        let id = id(asked).ok_or("lookupcaches.getData needs the id of the cache.")?;
        let Some(cache) = self.shared.plan.caches.get(id) else {
            return Err(format!("The data of the lookup cache {id} is not here."));
        };
        let options = options.unwrap_or(asked);
        let entry = |(key, value): (&str, &Val)| json!({"key": key, "value": Value::from(value)});
        if let Some(keys) = options.get("keys").and_then(Value::as_array) {
            let keys = keys.iter().filter_map(Value::as_str).take(MAX_ENTRIES);
            let found = keys.filter_map(|key| Some((key, cache.get(key)?)));
            return Ok(found.map(entry).collect());
        }
        let start = options.get("startsWith").and_then(Value::as_str).unwrap_or_default();
        let mut found: Vec<(&str, &Val)> =
            cache.iter().map(|(key, value)| (key.as_str(), value)).filter(|(key, _)| key.starts_with(start)).collect();
        // A map has no order, and two runs must see the same.
        found.sort_unstable_by_key(|(key, _)| *key);
        Ok(found.into_iter().take(MAX_ENTRIES).map(entry).collect())
    }
}

/// An id that is given as such, or as `{_id}`.
fn id(asked: &Value) -> Option<&str> {
    asked.as_str().or_else(|| asked.as_object().and_then(|fields: &Map<_, _>| fields.get("_id"))?.as_str())
}
