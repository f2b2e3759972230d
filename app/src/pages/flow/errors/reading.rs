//! Reads errors: those of a run as they come in, and those of all runs of a flow.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::run::RunError;
use tombolo_wire::store::{Call, CallError, FlowErrors};

use super::listed::Listed;
use crate::state::App;

/// From how many errors those of a step are chosen.
const KEPT: usize = 2_000;

/// The first errors of a run, read again as they come in.
pub(in crate::pages::flow) fn first_errors(run: Id, count: Memo<u64>, going: Memo<bool>) -> RwSignal<Vec<RunError>> {
    let app = App::here();
    let errors = RwSignal::new(Vec::<RunError>::new());
    Effect::new(move |_| {
        let (many, going) = (count.get(), going.get());
        if many == 0 || (going && errors.with_untracked(Vec::len) >= KEPT) {
            return;
        }
        spawn_local(async move {
            match app.call::<Vec<RunError>>(Call::RunErrors { run }).await {
                // The page may show another run by now.
                Ok(found) => drop(errors.try_set(found.into_iter().take(KEPT).collect())),
                Err(error) => app.toasts.fail(error.message),
            }
        });
    });
    errors
}

/// How many errors the runs of a flow have, those of `without` left aside.
pub(super) fn counted(app: App, flow: Id, without: Option<Id>) -> u64 {
    app.runs.with(|runs| {
        let wanted = runs.values().filter(|run| run.flow == flow && Some(run.id) != without);
        wanted.flat_map(|run| &run.steps).map(|step| step.errors).sum()
    })
}

/// What the list has of all runs, and whether there is more; nothing until it was read.
pub(super) type OfFlow = RwSignal<Option<(Vec<Listed>, bool)>>;

/// The errors of all runs of a flow, asked for while they are wanted: one question at a time, so that no older answer comes
/// last, and after it one for all that came meanwhile.
pub(super) fn of_flow(app: App, flow: Id, over: RwSignal<bool>) -> OfFlow {
    let found: OfFlow = RwSignal::new(None);
    let many = Memo::new(move |_| counted(app, flow, None));
    let (asking, again) = (StoredValue::new(false), StoredValue::new(false));
    Effect::new(move |_| {
        many.track();
        if !over.get() {
            return;
        }
        if asking.get_value() {
            again.set_value(true);
            return;
        }
        asking.set_value(true);
        spawn_local(async move {
            loop {
                again.try_set_value(false);
                match ask_flow(app, flow, KEPT).await {
                    Ok(errors) => drop(found.try_set(Some(errors))),
                    Err(error) => {
                        app.toasts.fail(error.message);
                        // Nothing was read, which is not that there is nothing: back to the run, whose errors are known.
                        if found.try_with_untracked(Option::is_none) == Some(true) {
                            over.try_set(false);
                        }
                    }
                }
                // Nobody may look at it by now.
                if again.try_get_value() != Some(true) || over.try_get_untracked() != Some(true) {
                    break;
                }
            }
            asking.try_set_value(false);
        });
    });
    found
}

pub(super) fn has_more(elsewhere: OfFlow) -> bool {
    elsewhere.with(|found| found.as_ref().is_some_and(|(_, more)| *more))
}

pub(super) async fn ask_flow(app: App, flow: Id, limit: usize) -> Result<(Vec<Listed>, bool), CallError> {
    let found: FlowErrors = app.call(Call::FlowErrors { flow, limit }).await?;
    app.take_runs(found.runs);
    let errors = found.errors.into_iter().map(|row| Listed { run: row.run, error: row.error });
    Ok((errors.collect(), found.more))
}
