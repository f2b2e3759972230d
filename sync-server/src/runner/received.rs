//! Runs that something starts that came to a listener.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tombolo_model::Id;
use tombolo_model::run::Received;
use tombolo_model::views::Flow;
use tombolo_wire::run::{RunOrigin, RunPlace, RunRow, RunStatus, RunType};

use super::failure::RunFailure;
use super::report::Report;
use super::{AGAIN, Narrowed, StartError, Wanted, Wish, first_row, run_error, run_to_end, runnable};
use crate::app::App;
use crate::{fresh, run_rows};

/// What has ended so many runs before they read it is given up: with it none may ever come to its sources.
const MOST_ENDS: u32 = 3;

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
    let mut row = RunRow { origin, ..first_row(Some(&found), flow, run, RunPlace::Server) };
    let reads: Vec<Id> = Flow(&found.value).generators().iter().filter_map(|one| one.export()).collect();
    let Some(taken) = app.store.take_received(account, &row, &reads).await? else { return Ok(()) };
    if taken.dropped > 0 {
        let message = format!(
            "{} that came to listeners were dropped: the flow does not read these listeners any more.",
            taken.dropped
        );
        row.error = Some(run_error("dropped", message));
    }
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

/// Takes back what a run was handed that was stopped, or failed before it came to its sources; another one reads it.
///
/// Says whether that is stored. It is tried until it is, or the server stops.
pub(super) async fn take_back(app: &App, account: Id, report: &mut Report, stopped: bool) -> bool {
    let (run, flow) = (report.row().id, report.row().flow);
    let unread = report.row().status == RunStatus::Failed && !run_rows::has_read(report.row());
    if !stopped && !unread {
        return true;
    }
    let mut stopping = app.hub.stopping();
    // That it was stopped says nothing against what it was handed.
    let most_ends = (!stopped).then_some(MOST_ENDS);
    let given_up = loop {
        match app.store.release_received(account, run, most_ends).await {
            Ok(given_up) => break given_up,
            Err(error) => tracing::error!(%error, %run, "what came to a listener cannot be taken back"),
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stopping.wait_for(|stop| *stop) => return false,
        }
    };
    if !stopped {
        app.webhooks.pause(account, flow);
    }
    if given_up > 0 {
        let message = format!(
            "{given_up} that came to listeners are given up: {MOST_ENDS} runs ended before they read them. Mend the flow and have them sent again."
        );
        report.say("given_up", &message);
    }
    true
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
