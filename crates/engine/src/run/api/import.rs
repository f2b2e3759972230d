//! An import that a script runs: its records are mapped and sent like those of a step, but counted nowhere.

use std::borrow::Cow;

use serde_json::Value;
use tombolo_model::Val;

use super::RunApi;
use super::arguments::id;
use crate::plan::Write;
use crate::run::import::Importer;
use crate::run::response::Response;
use crate::run::step::Unit;

/// The most records of one call.
const MAX_RECORDS: usize = 1000;

impl RunApi<'_, '_> {
    /// Writes the records of `data`; returns of each, in their order, what `postSubmit` would be told of it.
    pub(super) async fn run_import(&self, asked: &Value, second: Option<&Value>) -> Result<Value, String> {
        let usage = || {
            "imports.run needs the id of the import and its records: imports.run({_id: \"…\", data: [{…}]}).".to_owned()
        };
        let id = id(asked).ok_or_else(usage)?;
        let import = match self.shared.plan.callable.imports.get(id) {
            Some(Ok(import)) => import,
            Some(Err(problems)) => return Err(format!("The import {id} is not ready to run. {problems}")),
            None => return Err(format!("The import {id} is not here: it was deleted, or you may not see it.")),
        };
        if matches!(import.write, Write::File(_)) {
            return Err(format!("The import {id} makes a file, which only a step of a flow does."));
        }
        let data = second.filter(|second| !second.is_null()).or_else(|| asked.get("data")).ok_or_else(usage)?;
        let records: Vec<Val> = match data {
            Value::Array(records) => records.iter().map(Val::from).collect(),
            Value::Object(_) => vec![Val::from(data)],
            _ => return Err(usage()),
        };
        if records.len() > MAX_RECORDS {
            return Err(format!("imports.run takes {MAX_RECORDS} records at once: give it fewer."));
        }
        if let Some(at) = records.iter().position(|record| !matches!(record, Val::Map(_) | Val::List(_))) {
            return Err(format!("Record {} of imports.run is {}: give it objects.", at + 1, records[at].kind()));
        }
        let units: Vec<Unit<'_>> = records
            .iter()
            .enumerate()
            .map(|(at, value)| Unit { item: at, child: None, index: at as u64, value: Cow::Borrowed(value) })
            .collect();
        let mut importer = Importer::called(self.shared, self.place, import);
        let met = importer.work(&units, self.next_turn()).await.map_err(|(_, message)| message)?;
        let answers = met.into_iter().map(|met| met.response.unwrap_or_else(|| Response::ignored().into_val()));
        Ok(answers.map(|answer| Value::from(&answer)).collect())
    }
}
