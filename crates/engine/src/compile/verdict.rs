//! Success and fail paths of an export's or import's answers.

use serde_json::Value;
use tombolo_model::Problem;

use super::path_at;
use crate::path::Path;
use crate::plan::{Sign, Verdict};

/// Compiles `http.response`. `slot` is the place among the operations of an import, whose fields are lists then.
pub(super) fn compile(value: &Value, slot: usize) -> Result<Verdict, Vec<Problem>> {
    let sign = |path: &str, values: &str, any_of_list: bool| {
        let found = path_in(value, path, slot)?;
        Ok::<_, Vec<Problem>>(found.map(|path| Sign { path, values: values_in(value, values, slot), any_of_list }))
    };
    let any = value.pointer("/http/response/allowArrayforSuccessPath").and_then(Value::as_bool).unwrap_or(false);
    Ok(Verdict {
        fail: sign("/http/response/failPath", "/http/response/failValues", false)?,
        success: sign("/http/response/successPath", "/http/response/successValues", any)?,
        error_path: path_in(value, "/http/response/errorPath", slot)?,
    })
}

fn path_in(value: &Value, pointer: &str, slot: usize) -> Result<Option<Path>, Vec<Problem>> {
    match value.pointer(pointer) {
        // One for all operations may stand in a list of one.
        Some(Value::Array(paths)) if paths.len() > 1 => path_at(value, &format!("{pointer}/{slot}")),
        _ => path_at(value, pointer),
    }
}

fn values_in(value: &Value, pointer: &str, slot: usize) -> Vec<String> {
    let Some(Value::Array(values)) = value.pointer(pointer) else {
        return value.pointer(pointer).filter(|one| !one.is_null()).map(text).into_iter().collect();
    };
    let own = match values.get(slot).or_else(|| values.first()) {
        Some(Value::Array(own)) => own,
        _ => values,
    };
    own.iter().map(text).collect()
}

/// A value as it is compared: as a text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
