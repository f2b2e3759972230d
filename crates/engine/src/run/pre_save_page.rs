//! The hook that sees each page of a source before it goes on, and may change it in any way.

use std::borrow::Cow;

use tombolo_model::{Record, Val};

use super::hooks::{Hook, Options, problem};
use super::shared::{Place, Shared};
use super::times::Times;
use crate::classify;
use crate::plan::{Function, Source};
use crate::run_contract;
use crate::script::ScriptFailure;

const KIND: &str = "preSavePage";

/// What was wrong with a record of the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PageError {
    pub(super) code: String,
    pub(super) message: String,
    /// The record's place in its source; nothing for an error that the hook made.
    pub(super) index: Option<u64>,
    pub(super) record: Option<Val>,
}

/// A page as the hook leaves it.
pub(super) struct Left {
    pub(super) data: Vec<Val>,
    pub(super) errors: Vec<PageError>,
    /// No page follows.
    pub(super) abort: bool,
}

/// A call of the hook of a source.
pub(super) struct Call<'a> {
    pub(super) place: Place,
    pub(super) source: &'a Source,
    pub(super) function: &'a Function,
    /// The number of the page, from 0.
    pub(super) page_index: u64,
    pub(super) turn: u64,
}

impl Call<'_> {
    pub(super) async fn make(
        &self,
        shared: &Shared<'_>,
        data: impl Iterator<Item = &Val>,
        errors: &[PageError],
    ) -> Result<Left, ScriptFailure> {
        let hook = Hook { place: self.place, kind: KIND, function: self.function };
        let (said, retry_data) = self.said(shared, errors);
        let times = Times::of(shared, self.source);
        let mut options = Options::of(&self.source.named)
            .with_list("data", data)
            .with_list("errors", &said)
            .with("retryData", &retry_data)
            .with("pageIndex", &i64::try_from(self.page_index).map_or(Val::Absent, Val::Int));
        for name in ["lastExportDateTime", "currentExportDateTime"] {
            if let Some(time) = times.find(name) {
                options = options.with(name, time);
            }
        }
        let returned = hook.call(shared, options, self.turn).await?;
        let page = run_contract::page(returned.as_ref());
        let (fields, data) = page.map_err(|message| hook.wrong("script_result", &message))?;
        Ok(left(fields, data, errors))
    }
}

impl Call<'_> {
    /// The errors of a page, and the records that they are about, as the hook is told of them.
    fn said(&self, shared: &Shared<'_>, errors: &[PageError]) -> (Vec<Val>, Val) {
        let mut retry_data = Record::default();
        let said = errors.iter().enumerate().map(|(at, error)| {
            let mut said = Record::default();
            said.set("code", Val::text(&error.code));
            said.set("message", Val::text(&error.message));
            said.set("source", Val::text(classify::source(&error.code, "export", &error.message)));
            let key = (at + 1).to_string();
            said.set("retryDataKey", Val::text(&key));
            let mut retry = Record::default();
            retry.set("data", error.record.clone().unwrap_or(Val::Null));
            retry.set("stage", Val::text(&error.code));
            let key_of_record = error.record.as_ref().and_then(|record| shared.trace_key(self.place, record));
            retry.set("traceKey", key_of_record.map_or(Val::Absent, |key| Val::text(&key)));
            retry_data.set(&key, Val::Map(retry));
            Val::Map(said)
        });
        (said.collect(), Val::Map(retry_data))
    }
}

fn left(fields: &Record, data: &[Val], before: &[PageError]) -> Left {
    let mut errors = match fields.get("errors") {
        Some(Val::List(said)) => said.iter().map(|error| known(error, before)).collect(),
        // A hook that does not speak of errors leaves them as they are.
        _ => before.to_vec(),
    };
    if let Some(Val::List(new)) = fields.get("newErrorsAndRetryData") {
        errors.extend(new.iter().flat_map(new_errors));
    }
    Left { data: data.to_vec(), errors, abort: fields.get("abort") == Some(&Val::Bool(true)) }
}

/// An error that the hook was told of, or one that it made.
fn known(error: &Val, before: &[PageError]) -> PageError {
    let (code, message) = problem(error, KIND);
    let key = match error {
        Val::Map(fields) => fields.get("retryDataKey").map(Val::display),
        _ => None,
    };
    let place = key.and_then(|key: Cow<'_, str>| key.parse::<usize>().ok()).and_then(|key| key.checked_sub(1));
    let old = place.and_then(|at| before.get(at));
    PageError { code, message, index: old.and_then(|old| old.index), record: old.and_then(|old| old.record.clone()) }
}

/// Errors of one record: `{retryData, errors}`.
fn new_errors(one: &Val) -> Vec<PageError> {
    let Val::Map(fields) = one else { return vec![new_error(one, None)] };
    let record = fields.get("retryData").cloned();
    match fields.get("errors") {
        Some(Val::List(errors)) => errors.iter().map(|error| new_error(error, record.clone())).collect(),
        Some(Val::Null) | None => Vec::new(),
        Some(error) => vec![new_error(error, record)],
    }
}

fn new_error(error: &Val, record: Option<Val>) -> PageError {
    let (code, message) = problem(error, KIND);
    PageError { code, message, index: None, record }
}
