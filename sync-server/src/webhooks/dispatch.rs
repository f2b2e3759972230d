//! Hands what came to listeners to runs: one run of a flow at a time, and what comes meanwhile goes into the next together.
//!
//! Invariant: what waits is taken by a run in the transaction that keeps its first row, and is gone in the one that keeps its end
//! if the run came to read it; else it waits again, for a few runs. A server that is killed between takes it back at its next
//! start, so nothing is lost; what a run had delivered by then is delivered again.

use std::time::Duration;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tombolo_model::Id;

use crate::app::App;
use crate::runner::{self, StartError};
use crate::store::StoreError;

/// The longest sleep.
const LOOK: Duration = Duration::from_secs(30);
/// After a failure.
const RETRY: Duration = Duration::from_secs(5);
/// What comes at the same time goes into one run.
const SETTLE: Duration = Duration::from_millis(50);

/// Runs until it is aborted.
pub(crate) async fn drive(app: App) {
    let mut changes = app.hub.flows();
    loop {
        let wait = match round(&app).await {
            Ok(()) => LOOK,
            Err(error) => {
                tracing::error!(%error, "what came to listeners cannot be handed on; it is tried again");
                RETRY
            }
        };
        tokio::select! {
            () = app.webhooks.came.notified() => {}
            // A flow may have been switched on.
            changed = changes.recv() => match changed {
                Ok(flow) => app.webhooks.resume(Some(flow)),
                Err(RecvError::Lagged(_)) => app.webhooks.resume(None),
                Err(RecvError::Closed) => return,
            },
            () = tokio::time::sleep(wait) => {}
        }
        tokio::time::sleep(SETTLE).await;
        // What was said meanwhile is looked at now.
        loop {
            match changes.try_recv() {
                Ok(flow) => app.webhooks.resume(Some(flow)),
                Err(TryRecvError::Lagged(_)) => app.webhooks.resume(None),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
    }
}

async fn round(app: &App) -> Result<(), StoreError> {
    let mut failed = None;
    for (account, flow) in app.store.waiting().await? {
        if app.webhooks.is_paused(account, flow) {
            continue;
        }
        if let Err(error) = start(app, account, flow).await {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn start(app: &App, account: Id, flow: Id) -> Result<(), StoreError> {
    match runner::start_received(app, account, flow).await {
        // Its end wakes this task.
        Ok(()) | Err(StartError::Running(_)) => Ok(()),
        // Whoever switches it on changes it; until then its documents are not opened again at each round.
        Err(StartError::Disabled(_) | StartError::Binned(_)) => {
            app.webhooks.pause(account, flow);
            Ok(())
        }
        Err(StartError::NoFlow(_)) => {
            tracing::info!(%flow, "what came to a listener is dropped: its flow is gone");
            app.store.drop_received(account, flow).await
        }
        Err(StartError::Store(error)) => Err(error),
        Err(error) => {
            tracing::error!(%error, %flow, "a flow cannot take what came to its listener; it is tried again");
            Ok(())
        }
    }
}
