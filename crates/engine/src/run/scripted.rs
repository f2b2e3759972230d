//! Filters and transformations, whether rules or a script decide.

use tombolo_model::Val;

use super::hooks::{Hook, Options};
use super::shared::{Place, Shared};
use crate::mapper::Find;
use crate::plan::{FilterBy, TransformBy};

/// Why a record cannot be judged or made anew: code and message.
pub(super) type Fault = (String, String);

/// Whether a record passes. `turn` counts the records that came to this filter.
pub(super) async fn passes(
    shared: &Shared<'_>,
    place: Place,
    filter: &FilterBy,
    record: &Val,
    turn: u64,
) -> Result<bool, Fault> {
    let function = match filter {
        FilterBy::Rules(rules) => return rules.passes(record).map_err(|message| ("filter".to_owned(), message)),
        FilterBy::Script(function) => function,
    };
    let hook = Hook { place, kind: "filter", function };
    let options = Options::new(shared, place).with("record", record);
    let returned = hook.call(shared, options, turn).await.map_err(|failure| (failure.code, failure.message))?;
    match returned {
        Some(Val::Bool(passes)) => Ok(passes),
        other => {
            let kind = other.as_ref().map_or("nothing", Val::kind);
            let failure = hook.wrong("script_result", &format!("It returned {kind}; return true or false."));
            Err((failure.code, failure.message))
        }
    }
}

/// The record as it goes on. `find` finds what a template names.
pub(super) async fn transformed<'l, 'c: 'l>(
    shared: &Shared<'_>,
    place: Place,
    transform: &TransformBy,
    record: &Val,
    find: Find<'l, 'c>,
    turn: u64,
) -> Result<Val, Fault> {
    let function = match transform {
        TransformBy::Rules(rules) => {
            return rules.apply(record, find, &shared.env).map_err(|error| ("transform".to_owned(), error.to_string()));
        }
        TransformBy::Script(function) => function,
    };
    let hook = Hook { place, kind: "transform", function };
    let options = Options::new(shared, place).with("record", record);
    let returned = hook.call(shared, options, turn).await.map_err(|failure| (failure.code, failure.message))?;
    match returned {
        Some(record @ (Val::Map(_) | Val::List(_))) => Ok(record),
        other => {
            let kind = other.as_ref().map_or("nothing", Val::kind);
            let failure = hook.wrong("script_result", &format!("It returned {kind}; return the record."));
            Err((failure.code, failure.message))
        }
    }
}
