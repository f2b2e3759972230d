//! Runs that something starts that came to a listener.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tombolo_model::Id;
use tombolo_model::run::Received;
use tombolo_wire::run::{RunOrigin, RunPlace, RunRow, RunType};

use super::child::RunFailure;
use super::{Narrowed, StartError, Wanted, Wish, first_row, run_to_end, runnable};
use crate::app::App;
use crate::fresh;

/// Starts a run with what waits for a flow, if something does.
///
/// What a flow was sent before it was offered to another account it still takes: the hand-over waits for it.
///
/// # Errors
///
/// Returns why it goes on waiting.
pub(crate) async fn start_received(app: &App, account: Id, flow: Id) -> Result<(), StartError> {
    if app.runner.runs_any(account, &[flow]) {
        return Err(StartError::Running(flow));
    }
    let found = match runnable(app, account, flow).await {
        Err(StartError::Leaving(found)) => *found,
        other => other?,
    };
    let run = fresh::id()?;
    // As with those of a schedule: there is one a flow at most, and they wait for their turn.
    let entered = app.runner.lives.enter(account, flow, run, RunPlace::Schedule, None)?;
    let origin = RunOrigin { kind: RunType::Webhook, ..RunOrigin::default() };
    let row = RunRow { origin, ..first_row(Some(&found), flow, run, RunPlace::Server) };
    let Some(taken) = app.store.take_received(account, &row).await? else { return Ok(()) };
    app.committed(account, taken.sequence);
    let narrowed = Narrowed { sources: taken.exports, ..Narrowed::default() };
    tokio::spawn(run_to_end(
        app.clone(),
        account,
        Wanted { flow: found, narrowed, wish: Wish::LISTENER },
        row,
        entered,
    ));
    Ok(())
}

/// Writes what a run was handed into its folder: its places there, by name, and what came to each listener.
pub(super) async fn gather(
    app: &App,
    account: Id,
    row: &RunRow,
    folder: &Path,
) -> Result<(BTreeMap<String, PathBuf>, BTreeMap<Id, Vec<Received>>), RunFailure> {
    let (mut files, mut received) = (BTreeMap::new(), BTreeMap::new());
    if row.origin.kind != RunType::Webhook {
        return Ok((files, received));
    }
    for (export, all) in app.store.received_by(account, row.id).await? {
        let mut listed = Vec::with_capacity(all.len());
        for n in all {
            let Some(one) = app.store.received(account, n).await? else { continue };
            let file = format!("received-{n}");
            let path = folder.join(&file);
            tokio::fs::write(&path, one.body).await.map_err(RunFailure::Folder)?;
            files.insert(file.clone(), path);
            listed.push(Received { file, media_type: one.media_type });
        }
        received.insert(export, listed);
    }
    Ok((files, received))
}
