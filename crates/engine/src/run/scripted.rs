//! Filters and transformations, whether rules or a script decide.

use tombolo_model::Val;

use super::ask::{MAX_ROUNDS, ask};
use super::hooks::{Hook, Options};
use super::shared::{Place, Shared};
use crate::lookup::Answers;
use crate::mapper::{Around, Find, Mapped};
use crate::plan::{Endpoint, FilterBy, Function, TransformBy};
use crate::run_contract;
use crate::transform::Transform;

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
    let mut passed = pass(shared, place, filter, &[(record, turn)]).await;
    passed.pop().unwrap_or_else(|| Err(("filter".to_owned(), "The filter gave no answer.".to_owned())))
}

/// Which of several records pass: a script is asked about all of them at once.
pub(super) async fn pass(
    shared: &Shared<'_>,
    place: Place,
    filter: &FilterBy,
    records: &[(&Val, u64)],
) -> Vec<Result<bool, Fault>> {
    let function = match filter {
        FilterBy::Rules(rules) => {
            let judged =
                |(record, _): &(&Val, u64)| rules.passes(record).map_err(|message| ("filter".to_owned(), message));
            return records.iter().map(judged).collect();
        }
        FilterBy::Script(function) => function,
    };
    let hook = Hook { place, kind: "filter", function };
    let decided =
        |returned: Option<Val>| run_contract::decision(returned.as_ref()).map_err(|message| refused(hook, &message));
    asked(shared, hook, records).await.into_iter().map(|returned| decided(returned?)).collect()
}

/// Records as a script makes them anew, all of them at once.
pub(super) async fn scripted(
    shared: &Shared<'_>,
    place: Place,
    function: &Function,
    records: &[(&Val, u64)],
) -> Vec<Result<Option<Val>, Fault>> {
    let hook = Hook { place, kind: "transform", function };
    let made = |returned: Option<Val>| {
        run_contract::record(returned.as_ref()).map_err(|message| refused(hook, &message)).map(|_| returned)
    };
    asked(shared, hook, records).await.into_iter().map(|returned| made(returned?)).collect()
}

async fn asked(shared: &Shared<'_>, hook: Hook<'_>, records: &[(&Val, u64)]) -> Vec<Result<Option<Val>, Fault>> {
    let options = |(record, turn): &(&Val, u64)| (Options::new(shared, hook.place).with("record", record), *turn);
    let returned = hook.call_all(shared, records.iter().map(options)).await;
    returned.into_iter().map(|one| one.map_err(|failure| (failure.code, failure.message))).collect()
}

/// Where a transformation happens.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) place: Place,
    /// Whom its lookups ask; nothing where there is no application.
    pub(super) endpoint: Option<&'a Endpoint>,
    /// Counts the records that came to it.
    pub(super) turn: u64,
}

/// The record as it goes on; nothing where a rule discards it. `find` finds what a template names.
pub(super) async fn transformed<'l, 'c: 'l>(
    shared: &Shared<'_>,
    here: Here<'_>,
    transform: &TransformBy,
    record: &Val,
    find: Find<'l, 'c>,
) -> Result<Option<Val>, Fault> {
    let Here { place, turn, .. } = here;
    let function = match transform {
        TransformBy::Rules(rules) => return by_rules(shared, here, rules, record, find).await,
        TransformBy::Script(function) => function,
    };
    let mut made = scripted(shared, place, function, &[(record, turn)]).await;
    made.pop().unwrap_or(Ok(None))
}

fn refused(hook: Hook<'_>, message: &str) -> Fault {
    let failure = hook.wrong("script_result", message);
    (failure.code, failure.message)
}

async fn by_rules<'l, 'c: 'l>(
    shared: &Shared<'_>,
    here: Here<'_>,
    rules: &Transform,
    record: &Val,
    find: Find<'l, 'c>,
) -> Result<Option<Val>, Fault> {
    let fault = |message: String| ("transform".to_owned(), message);
    let mut answers = Answers::default();
    for _ in 0..MAX_ROUNDS {
        let made = {
            let find = |name: &str| find(name);
            rules.map(record, &Around::new(&find, shared.env(here.place), &answers))
        };
        match made.map_err(|error| fault(error.to_string()))? {
            Mapped::Made(made) => return Ok(Some(made)),
            Mapped::Discarded => return Ok(None),
            Mapped::Asks(questions) => ask(shared, here.place, here.endpoint, questions, &mut answers).await,
        }
    }
    Err(fault(format!("Its lookups asked {MAX_ROUNDS} times, each for what another one found: use fewer.")))
}
