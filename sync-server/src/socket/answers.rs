//! The store's answers to a peer's questions.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinError;
use tombolo_model::{Id, Kind};
use tombolo_sync::gate::Verdict;
use tombolo_sync::server::{Effect, Event, Judged, Request};
use tombolo_wire::rest::AuditAction;
use tombolo_wire::sync::{RunRows, Snapshot, SnapshotPage};

use crate::app::App;
use crate::runner::outages;
use crate::store::{AuditEvent, Push, Road, Sight, StoreError};
use crate::{audit, clock, run_rows};

/// How many runs a device that starts empty is given.
const RUNS: u32 = 500;
/// How many bytes of JSON they and their errors may have together.
const RUN_BYTES: usize = 2 * 1024 * 1024;

/// Who asks.
pub(super) struct Asked {
    pub(super) app: App,
    pub(super) account: Id,
    pub(super) user: Id,
}

/// Answers one question.
///
/// The work begins at once and goes on when the device hangs up meanwhile: what was committed must be told
/// to the others.
/// A failure is said without anything internal, and logged here.
pub(super) fn answer(asked: Asked, question: Effect) -> BoxFuture<'static, Event> {
    let request = request_of(&question);
    let is_commit = matches!(question, Effect::Commit { .. });
    let account = asked.account;
    let work = tokio::spawn(async move { ask(&asked, question).await });
    async move { settled(work.await, request, is_commit, account) }.boxed()
}

fn settled(
    ended: Result<Result<Event, StoreError>, JoinError>,
    request: Request,
    is_commit: bool,
    account: Id,
) -> Event {
    match ended {
        Ok(Ok(event)) => event,
        Ok(Err(error)) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, source, %account, "the store failed");
            let message = match error {
                StoreError::Full { .. } => FULL,
                StoreError::Database { .. }
                | StoreError::Damaged { .. }
                | StoreError::Unwritable { .. }
                | StoreError::Newer { .. }
                | StoreError::Closed => FAILED,
            };
            failed(request, is_commit, message)
        }
        Err(error) => {
            tracing::error!(%error, %account, "a question to the store ended badly");
            failed(request, is_commit, FAILED)
        }
    }
}

const FAILED: &str = "The server could not store or read this. It will be tried again.";
const FULL: &str = "The server's disk is full. Ask its operator for room; everything is safe on this device and is tried again by itself.";

fn failed(request: Request, is_commit: bool, message: &str) -> Event {
    let message = message.to_owned();
    if is_commit {
        Event::Judged { request, judged: Judged::Failed(message) }
    } else {
        Event::Failed { request, message }
    }
}

const fn request_of(question: &Effect) -> Request {
    match question {
        Effect::Begin { request }
        | Effect::Commit { request, .. }
        | Effect::KeepRuns { request, .. }
        | Effect::Read { request, .. }
        | Effect::Documents { request, .. }
        | Effect::Fetch { request, .. }
        | Effect::Runs { request }
        | Effect::Manifest { request, .. } => *request,
        Effect::Send(_) | Effect::Announce(_) | Effect::Leave { .. } | Effect::WakeAt(_) | Effect::Close => 0,
    }
}

async fn ask(asked: &Asked, question: Effect) -> Result<Event, StoreError> {
    match question {
        Effect::Begin { request } => {
            let state = asked.app.store.state(asked.account, asked.user, clock::now_ms()).await?;
            Ok(Event::Begun { request, state })
        }
        Effect::Commit { request, document, changes, recovering } => {
            let push = Push {
                account: asked.account,
                user: asked.user,
                document,
                changes,
                road: Road::app(),
                recovering,
                now_ms: clock::now_ms(),
            };
            commit(asked, request, push).await
        }
        Effect::KeepRuns { request, rows } => keep_runs(asked, request, rows).await,
        // Not questions; the caller has dealt with them.
        Effect::Send(_) | Effect::Announce(_) | Effect::Leave { .. } | Effect::WakeAt(_) | Effect::Close => {
            Ok(Event::Wake)
        }
        reading => read(asked, reading).await,
    }
}

async fn commit(asked: &Asked, request: Request, push: Push) -> Result<Event, StoreError> {
    let document = push.document;
    let pushed = asked.app.store.push(push).await?;
    if let Some(sequence) = pushed.sequence {
        asked.app.committed(asked.account, sequence);
        if pushed.sight_changed {
            asked.app.rights_changed(asked.account);
        }
        let is_flow = matches!(
            &pushed.verdict,
            Verdict::Accept(accepted) if accepted.kind == Some(Kind::Flow)
        );
        if is_flow {
            asked.app.hub.flow_changed(asked.account, document);
        }
    }
    outages::pushed(&asked.app, asked.account, document, &pushed).await;
    Ok(Event::Judged { request, judged: Judged::Verdict(pushed.verdict) })
}

async fn keep_runs(asked: &Asked, request: Request, mut rows: RunRows) -> Result<Event, StoreError> {
    run_rows::fit(&mut rows);
    run_rows::fit_marks(&mut rows.marks, clock::now_ms());
    let mut begun = Vec::new();
    for row in &rows.runs {
        if asked.app.store.run(asked.account, row.id).await?.is_none() {
            begun.push(row.clone());
        }
    }
    let Some(sequence) = asked.app.store.keep_runs(asked.account, &rows, Some(asked.user)).await? else {
        return Ok(Event::RightsChanged { rights: None });
    };
    asked.app.committed(asked.account, sequence);
    // When they say they began is theirs to say; the time of an entry is ours.
    let events = begun.into_iter().map(|run| {
        let event = audit::told(asked.user, Kind::Flow.name(), Some(run.flow), &run.flow_name, AuditAction::Run);
        let began = crate::rest::shown::time(run.started_ms);
        AuditEvent { fields: vec![audit::field("/startedAt", None, Some(began.into()))], ..event }
    });
    audit::note_all(&asked.app, asked.account, &events.collect::<Vec<_>>()).await;
    Ok(Event::RunsKept { request })
}

async fn read(asked: &Asked, question: Effect) -> Result<Event, StoreError> {
    let (store, account) = (&asked.app.store, asked.account);
    // Looked up for each question: what was taken away a moment ago is not read any more.
    let Some(rights) = store.rights(account, asked.user).await? else {
        return Ok(Event::RightsChanged { rights: None });
    };
    let sight = &Sight::from(&rights);
    Ok(match question {
        Effect::Read { request, after, most_bytes } => {
            let stretch = store.entries(account, sight, after, most_bytes).await?;
            Event::Read { request, entries: stretch.entries, upto: stretch.upto, more: stretch.more }
        }
        Effect::Documents { request, after, most_bytes } => {
            let (documents, all) = store.documents(account, sight, after, most_bytes).await?;
            // Beside a document that fills a frame there is no room for runs; they come with an empty page then.
            let complete = all && size(&documents) <= most_bytes;
            let runs = if complete { newest_runs(asked, sight).await? } else { RunRows::default() };
            documents_event(request, documents, runs, complete)
        }
        Effect::Fetch { request, documents, most_bytes } => {
            let (documents, complete) = store.fetch(account, sight, &documents, most_bytes).await?;
            documents_event(request, documents, RunRows::default(), complete)
        }
        Effect::Runs { request } => documents_event(request, Vec::new(), newest_runs(asked, sight).await?, true),
        Effect::Manifest { request, after, limit } => {
            let (entries, complete) = store.manifest(account, sight, after, limit).await?;
            Event::Manifest { request, entries, complete }
        }
        _ => Event::Wake,
    })
}

fn size(documents: &[Snapshot]) -> usize {
    documents.iter().flat_map(|document| &document.chunks).map(|chunk| chunk.len()).sum()
}

fn documents_event(request: Request, documents: Vec<Snapshot>, runs: RunRows, complete: bool) -> Event {
    Event::Documents { request, page: SnapshotPage { documents, runs }, complete }
}

async fn newest_runs(asked: &Asked, sight: &Sight) -> Result<RunRows, StoreError> {
    asked.app.store.newest_runs(asked.account, sight, RUNS, RUN_BYTES).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_hears_that_the_disk_is_full_who_can_help_and_that_nothing_is_lost() {
        let full = || StoreError::Full { doing: "keeping a run", source: "no space".into() };
        let settle = |is_commit| settled(Ok(Err(full())), 7, is_commit, Id::from_parts(1, [0; 8]));
        let said = match (settle(true), settle(false)) {
            (
                Event::Judged { request: 7, judged: Judged::Failed(pushing) },
                Event::Failed { request: 7, message: reading },
            ) => [pushing, reading],
            other => panic!("{other:?}"),
        };
        for sentence in said {
            for part in ["disk is full", "Ask its operator for room", "safe on this device"] {
                assert!(sentence.contains(part), "{sentence}");
            }
        }
    }
}
