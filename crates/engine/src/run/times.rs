//! The times that an export of changes names: since when it reads, and now.

use tombolo_model::Val;
use tombolo_template::moment::{Zone, format, iso, parse};

use super::shared::Shared;
use crate::plan::{Delta, Source};

/// What templates and hooks are told.
pub(super) struct Times {
    last: Option<Val>,
    last_utc: Option<Val>,
    current: Val,
}

impl Times {
    pub(super) fn of(shared: &Shared<'_>, source: &Source) -> Self {
        let utc = |ms: i64| Val::text(&iso(ms, Zone::UTC));
        let pattern = source.delta.as_ref().and_then(|delta| delta.pattern.as_deref());
        let written = |ms: i64| match pattern {
            Some(pattern) => Val::text(&format(ms, pattern, Zone::UTC)),
            None => utc(ms),
        };
        let since_ms = source.delta.as_ref().map(|delta| delta.since_ms);
        Self { last: since_ms.map(written), last_utc: since_ms.map(utc), current: written(shared.started_ms) }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Val> {
        match name {
            "lastExportDateTime" => self.last.as_ref(),
            "lastExportDateTimeUTC" => self.last_utc.as_ref(),
            "currentExportDateTime" => Some(&self.current),
            _ => None,
        }
    }
}

impl Delta {
    /// Whether a record is new. One whose date cannot be read is: what is read twice does less harm than what is never read.
    pub(super) fn is_new(&self, record: &Val) -> bool {
        if self.fields.is_empty() {
            return true;
        }
        let mut known = false;
        for field in &self.fields {
            let changed = field.get(record).and_then(|value| self.time(&value));
            if changed.is_some_and(|changed| changed >= self.compared_ms) {
                return true;
            }
            known |= changed.is_some();
        }
        !known
    }

    fn time(&self, value: &Val) -> Option<i64> {
        match (value, &self.pattern) {
            (Val::Int(ms), None) => Some(*ms),
            (Val::Str(_) | Val::Int(_), pattern) => parse(&value.display(), pattern.as_deref(), Zone::UTC, 0),
            _ => None,
        }
    }
}
