//! Records of a source: made anew, judged, and not too big.

use tombolo_formats::RowError;
use tombolo_model::Val;

use super::scripted::{Fault, Here, pass, passes, scripted, transformed};
use super::shared::{Place, Shared};
use crate::plan::{FilterBy, Source, TransformBy};
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

/// Whether scripts have a say in each record of a source: they are asked about many at once.
pub(super) fn asks_scripts(source: &Source) -> bool {
    matches!(source.transform, Some(TransformBy::Script(_))) || matches!(source.filter, Some(FilterBy::Script(_)))
}

/// The record as it goes on. `turn` counts the records that came to this source.
pub(super) async fn refine(shared: &Shared<'_>, source: &Source, place: Place, record: Val, turn: u64) -> Refined {
    shared.stage(place, "parse", turn, &Val::Absent, Ok(Some(&record)));
    let value = match &source.transform {
        None => record,
        Some(transform) => {
            let made = anew(shared, source, transform, place, &record, turn).await;
            match made_anew(shared, place, turn, record, made) {
                Ok(value) => value,
                Err(refined) => return refined,
            }
        }
    };
    match &source.filter {
        None => sized(value),
        Some(filter) => {
            let passed = passes(shared, place, filter, &value, turn).await;
            judged(shared, place, turn, value, passed)
        }
    }
}

/// The same of several records, each with its turn.
pub(super) async fn refine_all(
    shared: &Shared<'_>,
    source: &Source,
    place: Place,
    records: Vec<(Val, u64)>,
) -> Vec<Refined> {
    for (record, turn) in &records {
        shared.stage(place, "parse", *turn, &Val::Absent, Ok(Some(record)));
    }
    let turns: Vec<u64> = records.iter().map(|(_, turn)| *turn).collect();
    let mut open: Vec<Result<Val, Refined>> = Vec::with_capacity(records.len());
    match &source.transform {
        None => open.extend(records.into_iter().map(|(record, _)| Ok(record))),
        Some(TransformBy::Script(function)) => {
            let asked: Vec<(&Val, u64)> = records.iter().map(|(record, turn)| (record, *turn)).collect();
            let made = scripted(shared, place, function, &asked).await;
            let all = records.into_iter().zip(made);
            open.extend(all.map(|((record, turn), made)| made_anew(shared, place, turn, record, made)));
        }
        Some(transform) => {
            for (record, turn) in records {
                let made = anew(shared, source, transform, place, &record, turn).await;
                open.push(made_anew(shared, place, turn, record, made));
            }
        }
    }
    let Some(filter) = &source.filter else {
        return open.into_iter().map(|one| one.map_or_else(|refined| refined, sized)).collect();
    };
    let values = open.iter().zip(&turns).filter_map(|(one, turn)| one.as_ref().ok().map(|value| (value, *turn)));
    let values: Vec<(&Val, u64)> = values.collect();
    // There are as many verdicts as values.
    let mut passed = pass(shared, place, filter, &values).await.into_iter();
    let one = |(one, turn): (Result<Val, Refined>, u64)| match one {
        Ok(value) => judged(shared, place, turn, value, passed.next().unwrap_or(Ok(false))),
        Err(refined) => refined,
    };
    open.into_iter().zip(turns).map(one).collect()
}

async fn anew(
    shared: &Shared<'_>,
    source: &Source,
    transform: &TransformBy,
    place: Place,
    record: &Val,
    turn: u64,
) -> Result<Option<Val>, Fault> {
    let find = |name: &str| match name {
        "rows" => Some(record).filter(|record| matches!(record, Val::List(_))),
        "record" => Some(record).filter(|record| !matches!(record, Val::List(_))),
        "timestamp" => Some(&shared.started),
        _ => source.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
    };
    let here = Here { place, endpoint: source.read.endpoint(), turn };
    transformed(shared, here, transform, record, &find).await
}

/// What a transformation made of a record, shown; or what became of it instead.
fn made_anew(
    shared: &Shared<'_>,
    place: Place,
    turn: u64,
    record: Val,
    made: Result<Option<Val>, Fault>,
) -> Result<Val, Refined> {
    let came = made.as_ref().map(Option::as_ref).map_err(|(code, message)| (code.as_str(), message.as_str()));
    shared.stage(place, "transform", turn, &record, came);
    match made {
        Ok(made) => made.ok_or(Refined::Ignored),
        Err(fault) => Err(Refined::Failed(fault, record)),
    }
}

/// What a filter said of a record, shown.
fn judged(shared: &Shared<'_>, place: Place, turn: u64, value: Val, passed: Result<bool, Fault>) -> Refined {
    let came = passed.as_ref().map(|passed| Some(*passed)).map_err(|(code, message)| (code.as_str(), message.as_str()));
    shared.verdict_stage(place, "outputFilter", turn, &value, came);
    match passed {
        Ok(true) => sized(value),
        Ok(false) => Refined::Ignored,
        Err(fault) => Refined::Failed(fault, value),
    }
}

fn sized(value: Val) -> Refined {
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
