//! How long the server keeps what nobody needs any more, and the task that removes it.
//!
//! Removes some rows at a time, so that nobody who writes waits for it. What a stop or an error leaves behind is removed
//! an hour later, or after the next start.
//!
//! Invariant: nothing is removed that a document names, that a device still has to hear of within a month, or that
//! keeps a schedule from starting twice.

use std::time::Duration;

use tombolo_model::Id;

use crate::app::App;
use crate::blobs::{self, Desks};
use crate::store::{Store, StoreError};
use crate::{bin, clock};

const PAUSE: Duration = Duration::from_secs(3_600);
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// After they expired.
const SESSIONS_MS: i64 = 30 * DAY_MS;
/// After they were made: long after they let nobody in any more, so that a late visitor hears why.
const INVITATIONS_MS: i64 = 90 * DAY_MS;
/// After they went by themselves: until then somebody may ask what a token was. Or after they came into the recycle bin, as
/// everything else that lies there.
const TOKENS_MS: i64 = bin::BIN_MS;
/// After they were entered for a connection that has not come, or is gone for good.
const LOOSE_SECRETS_MS: i64 = 30 * DAY_MS;
/// After they were sent or given up: as long as invitations are shown.
const MAILS_MS: i64 = 90 * DAY_MS;
/// After the time that the schedule names.
const TICKS_MS: i64 = 90 * DAY_MS;
/// After they were adopted or dismissed.
const REFUSED_MS: i64 = 90 * DAY_MS;

/// After it came and was read: its sender does not try again any more.
const NAMED_MS: i64 = 7 * DAY_MS;
/// After it came for a flow that was not switched on again.
const RECEIVED_MS: i64 = 30 * DAY_MS;

/// Rows in one transaction.
const MOST: u32 = 500;
/// Rows of each table of an account that goes, in one transaction: a part of a file is a row of a megabyte.
const MOST_OF_ACCOUNT: u32 = 50;
/// How long the runs of an account that goes may take to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// After this long an account that goes gives way to others: what one writes waits no longer than one step.
const BREATH: Duration = Duration::from_millis(20);

/// Removes what is old, now and each hour.
pub(crate) async fn drive(app: App) {
    let mut hours = tokio::time::interval(PAUSE);
    let mut bin_seen_ms = 0;
    loop {
        hours.tick().await;
        sweep(&*app.store, &app.desks, clock::now_ms()).await;
        if let Err(error) = bin::sweep(&app, &mut bin_seen_ms, clock::now_ms()).await {
            tracing::error!(%error, "the recycle bin cannot be emptied of what is old; it is tried again in an hour");
        }
        if let Err(error) = accounts(&app, clock::now_ms()).await {
            tracing::error!(%error, "an account that is to go cannot be removed; it is tried again in an hour");
        }
    }
}

/// Removes accounts whose owner wanted that and had time to think again. One that fails does not keep the others.
async fn accounts(app: &App, now_ms: i64) -> Result<(), StoreError> {
    for account in app.store.closed_accounts(now_ms).await? {
        if let Err(error) = remove(app, account, now_ms).await {
            tracing::error!(%error, %account, "an account that is to go cannot be removed; it is tried again in an hour");
        }
    }
    Ok(())
}

/// Shuts an account, ends what runs in it, and empties it a little at a time. A stop in the middle is taken up again.
async fn remove(app: &App, account: Id, now_ms: i64) -> Result<(), StoreError> {
    // Its owner may have thought again while another one was being removed.
    let Some(removed) = app.store.shut_account(account, now_ms).await? else { return Ok(()) };
    app.rights_changed(account);
    for session in removed.sessions {
        app.hub.session_ended(session);
    }
    if tokio::time::timeout(PATIENCE, app.runner.end_all_of(account)).await.is_err() {
        tracing::warn!(%account, "not everything that runs in an account that goes has ended; what it stores goes as well");
    }
    while !app.store.remove_some_of(account, MOST_OF_ACCOUNT).await? {
        tokio::time::sleep(BREATH).await;
    }
    tracing::info!(%account, "was removed, as its owner wanted");
    Ok(())
}

/// Removes the runs that an account keeps no longer since it keeps them for a shorter time.
pub(crate) async fn shortened(app: App) {
    if let Err(error) = runs(&*app.store, clock::now_ms()).await {
        tracing::error!(%error, "old runs cannot be removed; it is tried again in an hour");
    } else if let Err(error) = files(&*app.store, &app.desks).await {
        tracing::error!(%error, "files of old runs cannot be removed; it is tried again in an hour");
    }
}

/// Removes what is old; one kind that fails does not keep the others.
async fn sweep(store: &dyn Store, desks: &Desks, now_ms: i64) {
    let swept = [
        ("sessions", sessions(store, now_ms).await),
        ("invitations", invitations(store, now_ms).await),
        ("claims on scheduled runs", ticks(store, now_ms).await),
        ("tokens", tokens(store, now_ms).await),
        ("secrets that belong to nothing", loose_secrets(store, now_ms).await),
        ("letters", letters(store, now_ms).await),
        ("changes that were decided on", refused(store, now_ms).await),
        ("what came to listeners", received(store, now_ms).await),
        ("runs", runs(store, now_ms).await),
        ("files of runs", files(store, desks).await),
    ];
    for (what, ended) in swept {
        if let Err(error) = ended {
            tracing::error!(%error, what, "what is old cannot be removed; it is tried again in an hour");
        }
    }
}

async fn sessions(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_sessions(now_ms - SESSIONS_MS, MOST).await?) {}
    Ok(())
}

async fn invitations(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_invitations(now_ms - INVITATIONS_MS, MOST).await?) {}
    Ok(())
}

async fn tokens(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_tokens(now_ms - TOKENS_MS, MOST).await?) {}
    Ok(())
}

async fn loose_secrets(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_loose_secrets(now_ms - LOOSE_SECRETS_MS, MOST).await?) {}
    Ok(())
}

async fn received(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_received(now_ms - NAMED_MS, now_ms - RECEIVED_MS, MOST).await?) {}
    Ok(())
}

async fn letters(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_mails(now_ms - MAILS_MS, MOST).await?) {}
    Ok(())
}

async fn ticks(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_ticks(now_ms - TICKS_MS, MOST).await?) {}
    Ok(())
}

async fn refused(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    while is_full(store.remove_refused(now_ms - REFUSED_MS, MOST).await?) {}
    Ok(())
}

async fn runs(store: &dyn Store, now_ms: i64) -> Result<(), StoreError> {
    loop {
        let old = store.old_runs(now_ms, MOST).await?;
        for (account, run) in &old {
            while is_full(store.remove_run_errors(*account, *run, MOST).await?) {}
            store.remove_run(*account, *run).await?;
        }
        if old.len() < MOST as usize {
            return Ok(());
        }
    }
}

async fn files(store: &dyn Store, desks: &Desks) -> Result<(), StoreError> {
    loop {
        let unused = store.unused_blobs(MOST).await?;
        let mut gone = 0;
        for (account, sha256) in &unused {
            // A run that is just storing this file names it before it leaves its place.
            let _desk = desks.sit(sha256).await;
            if store.forget_blob(*account, sha256).await? {
                blobs::remove_parts(store, *account, sha256).await?;
                gone += 1;
            }
        }
        if gone < MOST as usize {
            return Ok(());
        }
    }
}

const fn is_full(gone: u64) -> bool {
    gone >= MOST as u64
}

#[cfg(test)]
mod tests {
    use tombolo_wire::run::{RunError, RunPlace, RunRow, RunStatus};
    use tombolo_wire::sync::{RunErrorRow, RunRows};

    use super::*;
    use crate::sqlite::Sqlite;
    use crate::store::{
        Accounts, BlobRow, BlobSource, Blobs, Changes, NewInvitation, NewRunFile, NewUser, People, Proofs, Retention,
        Runs, Settings, Sight, TickKey, Ticks,
    };

    const NOW: i64 = 1_000 * DAY_MS;

    fn id(n: u32) -> Id {
        Id::from_parts(n, [1; 8])
    }

    /// A store with one account, 2, of one person, 1.
    async fn store(folder: &tempfile::TempDir) -> Sqlite {
        let store = Sqlite::open(&folder.path().join("test.db"), 1, 1).await.unwrap();
        let user = NewUser {
            id: id(1),
            email: "ann@example.com".to_owned(),
            name: "Ann".to_owned(),
            password: String::new(),
            account: id(2),
            account_name: "Ann".to_owned(),
            invitation: None,
            now_ms: 1,
        };
        store.sign_up(&user).await.unwrap();
        store
    }

    fn run(n: u32, flow: u32, days_ago: i64, status: RunStatus) -> RunRow {
        RunRow {
            id: id(n),
            flow: id(flow),
            flow_name: "Orders".to_owned(),
            status,
            place: RunPlace::Server,
            offline: false,
            started_ms: NOW - days_ago * DAY_MS,
            ended_ms: None,
            steps: Vec::new(),
            error: None,
            heads: [].into(),
            origin: tombolo_wire::run::RunOrigin::default(),
            n: 1,
        }
    }

    fn error(run: u32, n: u64) -> RunErrorRow {
        let error = RunError {
            step: String::new(),
            code: "c".to_owned(),
            message: "m".to_owned(),
            record: None,
            index: None,
            time_ms: 1,
            ..RunError::default()
        };
        RunErrorRow { run: id(run), n, error }
    }

    async fn keep_file(store: &Sqlite, run: u32, step: &str, content: u8, source: BlobSource) {
        let blob = BlobRow { sha256: [content; 32], size_bytes: 1 };
        store.put_blob_part(id(2), &blob.sha256, 0, &[content]).await.unwrap();
        store.finish_blob(id(2), blob, source, 1).await.unwrap();
        let file = NewRunFile { run: id(run), step: step.to_owned(), name: "a".to_owned(), sha256: blob.sha256 };
        store.keep_run_file(id(2), &file).await.unwrap();
    }

    #[tokio::test]
    async fn sessions_invitations_and_claims_stay_as_long_as_their_rules_say() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        for (token, days) in [(1, 31), (2, 29)] {
            let expired = NOW - days * DAY_MS;
            store.open_session(&[token; 32], id(1), Proofs::PASSWORD, 1, expired).await.unwrap();
        }
        for (token, days) in [(1, 91), (2, 89)] {
            let invitation = NewInvitation {
                require_factor: false,
                mailed: false,
                account: id(2),
                email: format!("{days}@example.com"),
                rights: tombolo_model::Role::Manage.into(),
                by: id(1),
                token: [token; 32],
                now_ms: NOW - days * DAY_MS,
                expires_ms: NOW,
            };
            store.invite(&invitation).await.unwrap();
        }
        let claim = async |flow: u32, days: i64, run_number: u32| {
            let tick = TickKey { account: id(2), flow: id(flow), source: None, nominal_ms: NOW - days * DAY_MS };
            let row = run(run_number, flow, days, RunStatus::Completed);
            store.claim_ticks(&[tick], &row, 1).await.unwrap().is_some()
        };
        for (flow, days) in [(10, 92), (10, 91), (10, 89), (11, 400)] {
            assert!(claim(flow, days, 1_000 + u32::try_from(days).unwrap()).await);
        }
        sweep(&store, &Desks::default(), NOW).await;
        assert!(!store.end_session(&[1; 32]).await.unwrap() && store.end_session(&[2; 32]).await.unwrap());
        let members = store.members(id(2)).await.unwrap();
        assert_eq!(
            members.iter().map(|row| row.email.as_str()).collect::<Vec<_>>(),
            ["ann@example.com", "89@example.com"]
        );
        assert_eq!(
            store.last_tick(id(2), id(11), None).await.unwrap(),
            Some(NOW - 400 * DAY_MS),
            "the last one of a flow"
        );
        assert!(!claim(10, 89, 2_000).await, "a young claim was removed");
        for days in [91, 92] {
            assert!(claim(10, days, 2_000).await, "a claim of {days} days was kept");
        }
    }

    #[tokio::test]
    async fn runs_go_with_their_errors_and_files_when_their_account_keeps_them_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        // One that is old, one that never ended, one that may still end, and 250 of this month.
        let mut runs = vec![run(100, 10, 31, RunStatus::Completed), run(101, 10, 31, RunStatus::Running)];
        runs.extend((200..450).map(|n| run(n, 10, 29, RunStatus::Failed)));
        let errors = (1..=u64::from(MOST) + 1).map(|n| error(100, n)).chain([error(200, 1)]).collect();
        let last =
            store.keep_runs(id(2), &RunRows { runs, errors, ..RunRows::default() }, None).await.unwrap().unwrap();
        keep_file(&store, 100, "alone", 1, BlobSource::Run).await;
        for (content, source) in [(2, BlobSource::Run), (3, BlobSource::Upload)] {
            keep_file(&store, 100, &format!("shared {content}"), content, source).await;
        }
        keep_file(&store, 200, "shared", 2, BlobSource::Run).await;
        let preview = store.before(id(2), NOW - 30 * DAY_MS, NOW).await.unwrap();
        assert_eq!((preview.runs, preview.errors, preview.files, preview.file_bytes), (2, u64::from(MOST) + 1, 1, 1));
        store.keep_retention(id(2), 60).await.unwrap();
        sweep(&store, &Desks::default(), NOW).await;
        assert!(store.run(id(2), id(100)).await.unwrap().is_some(), "its account keeps it for 60 days");
        store.keep_retention(id(2), 30).await.unwrap();
        sweep(&store, &Desks::default(), NOW).await;
        assert_eq!(store.run(id(2), id(100)).await.unwrap(), None);
        assert!(store.run_errors(id(2), id(100)).await.unwrap().is_empty());
        assert_eq!(store.run_errors(id(2), id(200)).await.unwrap(), [error(200, 1)]);
        let left = store.newest_runs(id(2), &Sight::ALL, 1_000, usize::MAX).await.unwrap().runs.len();
        assert_eq!(left, 250, "those of this month");
        for (content, stays) in [(1, false), (2, true), (3, true)] {
            assert_eq!(store.blob(id(2), &[content; 32]).await.unwrap().is_some(), stays, "{content}");
            assert_eq!(store.blob_part(id(2), &[content; 32], 0).await.unwrap().is_some(), stays, "{content}");
        }
        assert_eq!(heard(&store).await, (251, last), "the runs of this month and an error");
        let next = RunRows { runs: vec![run(900, 10, 0, RunStatus::Completed)], ..RunRows::default() };
        assert_eq!(store.keep_runs(id(2), &next, None).await.unwrap(), Some(last + 1));
        store.keep_retention(id(2), 1).await.unwrap();
        sweep(&store, &Desks::default(), NOW).await;
        let left = store.newest_runs(id(2), &Sight::ALL, 1_000, usize::MAX).await.unwrap();
        assert_eq!((left.runs.len(), left.errors.len()), (1, 0), "that of today");
    }

    /// What a device that has read nothing hears, and up to where: it gets past the gaps.
    async fn heard(store: &Sqlite) -> (usize, u64) {
        let (mut after, mut heard) = (0, 0);
        loop {
            let stretch = store.entries(id(2), &Sight::ALL, after, 4_096).await.unwrap();
            heard += stretch.entries.len();
            assert!(stretch.upto > after || !stretch.more, "a device waits for what was removed");
            after = stretch.upto;
            if !stretch.more {
                return (heard, after);
            }
        }
    }

    #[tokio::test]
    async fn a_run_that_has_not_ended_stays_until_it_cannot_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        store.keep_retention(id(2), 1).await.unwrap();
        let mut runs: Vec<_> = [6, 8].map(|days| run(100 + days, 10, days.into(), RunStatus::Running)).into();
        // A device that comes back after a month still says how its runs ended.
        let there =
            |days: u32| RunRow { place: RunPlace::Browser, ..run(200 + days, 11, days.into(), RunStatus::Running) };
        runs.extend([8, 29, 31].map(there));
        store.keep_runs(id(2), &RunRows { runs, ..RunRows::default() }, None).await.unwrap();
        assert_eq!(store.before(id(2), NOW - DAY_MS, NOW).await.unwrap().runs, 2);
        sweep(&store, &Desks::default(), NOW).await;
        for (run, stays) in [(106, true), (108, false), (208, true), (229, true), (231, false)] {
            assert_eq!(store.run(id(2), id(run)).await.unwrap().is_some(), stays, "{run}");
        }
    }
}
