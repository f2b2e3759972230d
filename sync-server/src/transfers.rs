//! Hands integrations over to another account: what goes, what stands in the way, and the step in which it goes.
//!
//! What goes arrives as current values in fresh documents (decision 26); the history, runs, secrets and rights stay with
//! the sender, and the sender's ids become tombstones. Runs that go on are waited for, new ones are refused meanwhile.
//!
//! Invariant: either everything is with the recipient and gone from the sender, or nothing is.

mod contents;
mod values;

use std::time::Duration;

use thiserror::Error;
use tokio::task::JoinError;
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::{AuditAction, TransferContents};

use crate::app::App;
use crate::audit::{self, AuditError};
use crate::clock;
use crate::fresh::NoRandom;
use crate::resources::ResourceError;
use crate::store::{AuditEvent, HandOver, HandedOver, StoreError, TransferRow};

pub(crate) use contents::{All, preview};

/// How often a run is asked whether it has ended.
const LOOK: Duration = Duration::from_millis(300);
/// How often it is asked whether what came to listeners has been taken: a minute. A flow that is switched off takes nothing.
const LOOKS_FOR_RECEIVED: u32 = 200;
/// How often the hand-over is tried with new values because something was changed meanwhile.
const TRIES: usize = 5;

/// Why nothing was handed over.
#[derive(Debug, Error)]
pub(crate) enum TransferError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A document cannot be read.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// The audit log could not be brought up to date.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// There are no ids.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// A resource cannot be written anew.
    #[error("the {0} {1} cannot be written anew")]
    Unwritable(Kind, Id),
    /// Others use something now that was not shared when it was offered.
    #[error("something in it is used by others now")]
    Shared,
    /// It was changed each time that it was tried.
    #[error("it was changed each time that it was tried")]
    Restless,
    /// The thread that opens documents has ended.
    #[error("the thread that opens documents has ended")]
    Ended(#[source] JoinError),
}

/// Goes on with what was accepted when the server stopped, once.
pub(crate) async fn resume(app: &App) -> Result<(), StoreError> {
    for transfer in app.store.accepted_transfers().await? {
        let app = app.clone();
        tokio::spawn(async move { carry_out(&app, transfer).await });
    }
    Ok(())
}

/// Waits for runs and hands over; what comes of it is in the transfer's row.
pub(crate) async fn carry_out(app: &App, transfer: Id) {
    let row = match app.store.transfer(transfer, clock::now_ms()).await {
        Ok(Some(row)) => row,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(%error, %transfer, "a transfer cannot be read; it is tried after the next start");
            return;
        }
    };
    let (Some(to), Some(user)) = (row.to_account, row.to_user) else {
        return;
    };
    wait_for_runs(app, &row).await;
    if let Err(error) = hand_over(app, &row, to, user).await {
        tracing::error!(%error, %transfer, "a transfer failed; the sender has everything");
        let why = match error {
            TransferError::Shared => {
                "Something in it is used by others of the sender now, or was handed over to somebody else. Nothing was handed over: this takes a new offer."
            }
            TransferError::Restless => {
                "It was changed while it was handed over. Nothing was handed over: this takes a new offer."
            }
            _ => "The server could not hand it over. Nothing was handed over: this takes a new offer.",
        };
        if let Err(error) = app.store.fail_transfer(transfer, why, clock::now_ms()).await {
            tracing::error!(%error, %transfer, "the end of a transfer cannot be stored");
        }
    }
}

/// Waits until nothing runs of what is handed over, and for a while until its flows have taken what came to their listeners.
async fn wait_for_runs(app: &App, row: &TransferRow) {
    let flows: Vec<Id> = row.shown.contents.items.iter().map(|item| item.id).collect();
    let mut stopping = app.hub.stopping();
    let mut patience = LOOKS_FOR_RECEIVED;
    loop {
        let waits = patience > 0 && waits_for_any(app, row.account, &flows).await;
        if !waits && !app.runner.runs_any(row.account, &flows) {
            return;
        }
        patience = patience.saturating_sub(u32::from(waits));
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Whether something that came to a listener waits for one of these flows. What cannot be looked up is not waited for.
async fn waits_for_any(app: &App, account: Id, flows: &[Id]) -> bool {
    match app.store.waiting().await {
        Ok(waiting) => waiting.iter().any(|(of, flow)| *of == account && flows.contains(flow)),
        Err(error) => {
            tracing::error!(%error, "what came to listeners cannot be looked up");
            false
        }
    }
}

async fn hand_over(app: &App, row: &TransferRow, to: Id, user: Id) -> Result<(), TransferError> {
    let offered = &row.shown.contents;
    for _ in 0..TRIES {
        let arrivals = values::gather(app, row.account, to, offered).await?;
        // Whatever was accepted up to these heads is in the log before its history goes.
        audit::catch_up(&*app.store, row.account, clock::now_ms()).await?;
        still_alone(app, row.account, offered).await?;
        let afterwards = afterwards(app, row.account, offered).await?;
        let step = HandOver {
            transfer: row.shown.id,
            from: row.account,
            to,
            user,
            arrivals,
            afterwards,
            now_ms: clock::now_ms(),
        };
        match app.store.hand_over(&step).await? {
            HandedOver::Changed => {}
            HandedOver::NotAccepted => return Ok(()),
            HandedOver::Done { from: sender, to: recipient } => {
                told(app, row, to, user, sender, recipient).await;
                return Ok(());
            }
        }
    }
    Err(TransferError::Restless)
}

/// What nobody else used when it was offered, nobody else may use now.
async fn still_alone(app: &App, account: Id, offered: &TransferContents) -> Result<(), TransferError> {
    let chosen: Vec<Id> =
        offered.items.iter().filter(|item| item.kind == Kind::Integration).map(|item| item.id).collect();
    let all = All::read(app, account).await?;
    let now = preview(&all, &chosen);
    let moved = |id: Id| offered.items.iter().any(|item| item.id == id && !item.copied);
    if now.shared.iter().any(|shared| moved(shared.id)) { Err(TransferError::Shared) } else { Ok(()) }
}

/// The connections whose credentials stay with the sender, and what was left behind.
async fn afterwards(app: &App, account: Id, contents: &TransferContents) -> Result<Vec<String>, TransferError> {
    let ids: Vec<Id> = contents.items.iter().map(|item| item.id).collect();
    let secrets = app.store.secrets(account, &ids).await?;
    let mut words: Vec<String> = contents
        .items
        .iter()
        .filter(|item| secrets.iter().any(|secret| secret.connection == item.id))
        .map(|item| format!("Enter the credentials of “{}”.", item.name))
        .collect();
    if contents.items.iter().any(|item| item.kind == Kind::Flow) {
        words.push("Switch the flows on: they arrive switched off.".to_owned());
    }
    words.extend(
        contents.left_behind.iter().map(|name| format!("“{name}” stayed behind: choose another in its place.")),
    );
    let waiting = app.store.waiting().await?;
    let unread = contents.items.iter().filter(|item| !item.copied && waiting.contains(&(account, item.id)));
    words.extend(unread.map(|item| {
        format!("What came to the listeners of “{}” and no run had read is dropped: have it sent again.", item.name)
    }));
    Ok(words)
}

/// Tells both accounts.
async fn told(app: &App, row: &TransferRow, to: Id, user: Id, sender: u64, recipient: u64) {
    app.committed(row.account, sender);
    app.committed(to, recipient);
    app.rights_changed(row.account);
    app.rights_changed(to);
    let names: Vec<&str> = row
        .shown
        .contents
        .items
        .iter()
        .filter(|item| item.kind == Kind::Integration)
        .map(|item| item.name.as_str())
        .collect();
    for account in [row.account, to] {
        let event = audit::told(user, "transfer", Some(row.shown.id), &names.join(", "), AuditAction::Transfer);
        let fields = vec![
            audit::field("/status", Some("offered".into()), Some("done".into())),
            audit::field("/from", None, Some(row.account.to_string().into())),
            audit::field("/to", None, Some(to.to_string().into())),
        ];
        audit::note(app, account, AuditEvent { fields, ..event }).await;
    }
    for flow in row.shown.contents.items.iter().filter(|item| item.kind == Kind::Flow) {
        app.hub.flow_changed(row.account, flow.id);
        app.hub.flow_changed(to, flow.id);
    }
}
