//! Answers what scripts of a run ask of `integrator-api`.

use futures::future::{FutureExt, LocalBoxFuture, ready};
use serde_json::Value;

use crate::script::{ApiQuestion, ScriptApi};

/// The run, as scripts can ask it.
#[derive(Debug, Default)]
pub(super) struct RunApi;

impl ScriptApi for RunApi {
    fn answer(&self, question: ApiQuestion) -> LocalBoxFuture<'_, Result<Value, String>> {
        let object = if question.object.is_empty() { "integrator-api" } else { &question.object };
        ready(Err(format!("{object}.{} cannot be called in a flow of this version.", question.function))).boxed_local()
    }
}
