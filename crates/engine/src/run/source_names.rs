//! What the templates of a source find: `export` with where paging stands, `previous_page`, the record of a lookup.

use std::borrow::Cow;

use tombolo_model::{Record, Val};

use super::shared::Shared;
use crate::plan::Source;

pub(super) struct Names<'a, 's> {
    pub(super) shared: &'a Shared<'s>,
    pub(super) source: &'a Source,
    /// The record that a lookup is for.
    pub(super) record: Option<&'a Val>,
    pub(super) export: Cow<'a, Val>,
    pub(super) previous: Option<&'a Val>,
}

impl Names<'_, '_> {
    pub(super) fn find(&self, name: &str) -> Option<&Val> {
        match name {
            "export" => Some(&self.export),
            "record" => self.record,
            "previous_page" => self.previous,
            "timestamp" => Some(&self.shared.started),
            _ => self.source.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
        }
    }
}

/// The export with another value at `http.paging.NAME`.
pub(super) fn with_paging(export: &Val, name: &str, value: Val) -> Val {
    with(export, &["http", "paging", name], value)
}

fn with(outer: &Val, path: &[&str], value: Val) -> Val {
    let Some((first, rest)) = path.split_first() else { return value };
    let mut record = match outer {
        Val::Map(record) => record.clone(),
        _ => Record::default(),
    };
    let inner = with(record.get(first).unwrap_or(&Val::Absent), rest, value);
    record.set(first, inner);
    Val::Map(record)
}
