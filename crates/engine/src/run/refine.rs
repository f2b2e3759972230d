//! One record of a source: made anew, judged, and not too big.

use tombolo_formats::RowError;
use tombolo_model::Val;

use super::scripted::{Fault, Here, passes, transformed};
use super::shared::{Place, Shared};
use crate::plan::Source;
use crate::size::size_bytes;
use crate::units::MAX_RECORD_BYTES;

/// What became of a record.
pub(super) enum Refined {
    /// It goes on, with its size.
    Passed(Val, usize),
    /// The filter left it out, or a rule discards it.
    Ignored,
    /// It failed, as it was then.
    Failed(Fault, Val),
}

/// The record as it goes on. `turn` counts the records that came to this source.
pub(super) async fn refine(shared: &Shared<'_>, source: &Source, place: Place, record: Val, turn: u64) -> Refined {
    shared.stage(place, "parse", turn, &Val::Absent, Ok(Some(&record)));
    let value = match &source.transform {
        None => record,
        Some(transform) => {
            let find = |name: &str| match name {
                "rows" => Some(&record).filter(|record| matches!(record, Val::List(_))),
                "record" => Some(&record).filter(|record| !matches!(record, Val::List(_))),
                "timestamp" => Some(&shared.started),
                _ => source.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
            };
            let here = Here { place, endpoint: source.read.endpoint(), turn };
            let made = transformed(shared, here, transform, &record, &find).await;
            let came = made.as_ref().map(Option::as_ref).map_err(|(code, message)| (code.as_str(), message.as_str()));
            shared.stage(place, "transform", turn, &record, came);
            match made {
                Ok(Some(made)) => made,
                Ok(None) => return Refined::Ignored,
                Err(fault) => return Refined::Failed(fault, record),
            }
        }
    };
    if let Some(filter) = &source.filter {
        let passed = passes(shared, place, filter, &value, turn).await;
        let came =
            passed.as_ref().map(|passed| Some(*passed)).map_err(|(code, message)| (code.as_str(), message.as_str()));
        shared.verdict_stage(place, "outputFilter", turn, &value, came);
        match passed {
            Ok(true) => {}
            Ok(false) => return Refined::Ignored,
            Err(fault) => return Refined::Failed(fault, value),
        }
    }
    let size = size_bytes(&value);
    if size > MAX_RECORD_BYTES {
        // Not kept with its error: it is what is too big.
        return Refined::Failed(too_big("The record has", size), Val::Absent);
    }
    Refined::Passed(value, size)
}

/// The code of a row that is no record.
pub(super) fn code_of(error: &RowError) -> &'static str {
    if error.too_big { "too_big" } else { "parse" }
}

/// The fault of a value that is too big for one record.
pub(super) fn too_big(what: &str, size: usize) -> Fault {
    const MEGABYTE: usize = 1024 * 1024;
    let message = format!(
        "{what} {}.{} MB where {} are the most. Read less of it: leave fields out, or fewer of its rows.",
        size / MEGABYTE,
        size % MEGABYTE * 10 / MEGABYTE,
        MAX_RECORD_BYTES / MEGABYTE
    );
    ("too_big".to_owned(), message)
}
