//! What the templates of a source find: `export` with where paging stands, `previous_page`, the record of a lookup.

use std::borrow::Cow;

use tombolo_model::{Record, Val};

use super::shared::Shared;
use super::times::Times;
use crate::plan::Source;

pub(super) struct Names<'a, 's> {
    shared: &'a Shared<'s>,
    source: &'a Source,
    record: Option<&'a Val>,
    export: Cow<'a, Val>,
    previous: Option<&'a Val>,
    times: Times,
    test_mode: Val,
}

impl<'a, 's> Names<'a, 's> {
    /// `record` is the one that a lookup is for, or that is marked; `previous` the answer before.
    pub(super) fn new(
        shared: &'a Shared<'s>,
        source: &'a Source,
        record: Option<&'a Val>,
        export: Cow<'a, Val>,
        previous: Option<&'a Val>,
    ) -> Self {
        let times = Times::of(shared, source);
        Self { shared, source, record, export, previous, times, test_mode: Val::Bool(shared.plan.test_mode) }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Val> {
        match name {
            "export" => Some(&self.export),
            "record" => self.record.filter(|record| !matches!(record, Val::List(_))),
            "rows" => self.record.filter(|record| matches!(record, Val::List(_))),
            "testMode" => Some(&self.test_mode),
            "previous_page" => self.previous,
            "timestamp" => Some(&self.shared.started),
            _ => {
                let context = self.source.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value);
                context.or_else(|| self.times.find(name))
            }
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
