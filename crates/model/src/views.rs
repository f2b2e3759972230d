//! Typed reading of the resources' JSON: what is missing or of a wrong type is absent, never a failure.
//!
//! The views borrow; they are for code that runs or shows a resource. Nothing is written through them.

mod connection;
mod export;
mod flow;
mod import;

pub use connection::{Auth, Connection, secret_addresses};
pub use export::{Export, Paging, Source};
pub use flow::{Branch, Flow, NextFlow, PageGenerator, PageProcessor, ProcessorKind, Router};
pub use import::{Destination, Import};

use serde_json::Value;

use crate::Id;

pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

pub(crate) fn id(value: &Value, pointer: &str) -> Option<Id> {
    text(value, pointer)?.parse().ok()
}

pub(crate) fn flag(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field that may be one text or an array of texts: the first one.
pub(crate) fn first_text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(text.as_str()),
        Value::Array(texts) => texts.first()?.as_str(),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

/// Pairs of name and value, as headers are written.
pub(crate) fn pairs<'a>(value: &'a Value, pointer: &str) -> Vec<(&'a str, &'a str)> {
    items(value, pointer)
        .iter()
        .filter_map(|row| Some((text(row, "/name")?, text(row, "/value").unwrap_or_default())))
        .collect()
}
