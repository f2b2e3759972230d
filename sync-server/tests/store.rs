//! What every store must do, asked through the trait alone: a store on another database runs the same tests.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not as it should be")]

#[path = "store/fixtures.rs"]
mod fixtures;
#[path = "store/tokens.rs"]
mod tokens;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use fixtures::{id, push, run_error, run_row, user};
use serde_json::json;
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::run::Checkpoint;
use tombolo_model::{Kind, Role};
use tombolo_server::Sqlite;
use tombolo_server::store::{
    Accepted, BlobRow, BlobSource, CacheSize, Invited, KeptState, MemberChange, NewInvitation, NewRefused, NewRunFile,
    NewUser, Proofs, RoleChange, SealedSecret, Sight, SignUp, SsoLinked, Store, TickKey, Upserted,
};
use tombolo_sync::gate::Verdict;
use tombolo_wire::rest::OfferRefused;
use tombolo_wire::run::{MOST_ERRORS, RunError, RunPlace, RunRow, RunStatus, StepCount};
use tombolo_wire::sync::{Entry, RunErrorRow, RunRows, Snapshot};

async fn people_and_sessions(store: &dyn Store) {
    assert_eq!(store.sign_up(&user(1)).await.unwrap(), SignUp::Created { joined: None });
    let again = NewUser { id: id(9), account: id(109), ..user(1) };
    assert_eq!(store.sign_up(&again).await.unwrap(), SignUp::EmailTaken);
    assert!(store.accounts_of(id(9)).await.unwrap().is_empty(), "half a sign-up stayed");
    let found = store.user_by_email("person1@example.com").await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str()), (id(1), "Person 1"));
    assert!(store.user_by_email("nobody@example.com").await.unwrap().is_none());
    store.open_session(&[7; 32], id(1), Proofs::PASSWORD, 10, 100).await.unwrap();
    assert_eq!(store.session(&[7; 32], 99).await.unwrap().unwrap().user, id(1));
    assert!(store.session(&[7; 32], 100).await.unwrap().is_none(), "an expired session is good");
    assert!(store.end_session(&[7; 32]).await.unwrap());
    assert!(!store.end_session(&[7; 32]).await.unwrap());
    store.know_browser(&[8; 32], id(1), 1).await.unwrap();
    assert!(store.knows_browser(&[8; 32], id(1)).await.unwrap());
    assert!(!store.knows_browser(&[8; 32], id(2)).await.unwrap());
}

async fn last_passwords(store: &dyn Store) {
    let last = async || store.last_passwords(id(1)).await.unwrap();
    let first = last().await;
    assert_eq!(first, [user(1).password]);
    assert!(!store.change_password(id(1), "another", "new").await.unwrap(), "it is not the present one any more");
    assert_eq!(last().await, first);
    let mut present = first[0].clone();
    for n in 1..=25 {
        let new = format!("hash {n}");
        assert!(store.change_password(id(1), &present, &new).await.unwrap());
        present = new;
    }
    let expected: Vec<String> = (6..=25).rev().map(|n| format!("hash {n}")).collect();
    assert_eq!(last().await, expected);
    assert_eq!(store.password_of(id(1)).await.unwrap().as_deref(), Some("hash 25"));
    assert!(store.last_passwords(id(77)).await.unwrap().is_empty());
}

async fn members_and_invitations(store: &dyn Store) {
    store.sign_up(&user(2)).await.unwrap();
    let invitation = NewInvitation {
        require_factor: false,
        mailed: false,
        account: id(101),
        email: "person2@example.com".to_owned(),
        rights: Role::Manage.into(),
        by: id(1),
        token: [1; 32],
        now_ms: 3,
        expires_ms: 1_000_000_000,
    };
    assert_eq!(store.invite(&invitation).await.unwrap(), Invited::Pending);
    assert!(store.membership(id(101), id(2)).await.unwrap().is_none(), "nobody joins without following the link");
    assert_eq!(store.accept(&[9; 32], id(2), 4).await.unwrap(), Accepted::Unknown);
    assert_eq!(store.accept(&[1; 32], id(1), 4).await.unwrap(), Accepted::OtherAddress);
    let late = 1_000_000_000;
    assert_eq!(store.accept(&[1; 32], id(2), late).await.unwrap(), Accepted::Expired);
    let about = store.invitation(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((about.account.as_str(), about.by.as_str(), about.expires_ms), ("Account 1", "Person 1", late));
    assert_eq!(store.invitation(&[9; 32]).await.unwrap(), None);
    assert_eq!(store.accept(&[1; 32], id(2), 4).await.unwrap(), Accepted::Joined(id(101)));
    assert_eq!(store.invite(&invitation).await.unwrap(), Invited::AlreadyMember(id(2)));
    let before = store.membership(id(101), id(2)).await.unwrap().unwrap();
    assert_eq!(before.rights.role, Role::Manage);
    let monitor = Role::Monitor.into();
    let lower = MemberChange { rights: Some(&monitor), ..MemberChange::default() };
    let asked = MemberChange { enabled: Some(false), require_sso: Some(true), ..lower };
    assert_eq!(store.change_member(id(101), id(2), asked).await.unwrap(), RoleChange::NoSso);
    assert_eq!(store.membership(id(101), id(2)).await.unwrap().unwrap(), before, "some of a refused change was made");
    assert_eq!(store.change_member(id(101), id(2), lower).await.unwrap(), RoleChange::Done);
    assert_eq!(store.change_member(id(101), id(1), lower).await.unwrap(), RoleChange::Owner);
    assert_eq!(store.remove_member(id(101), id(77)).await.unwrap(), RoleChange::Absent);
    assert_eq!(store.remove_member(id(101), id(2)).await.unwrap(), RoleChange::Done);
    assert!(store.membership(id(101), id(2)).await.unwrap().is_none());
    assert!(store.state(id(101), id(2), 1).await.unwrap().is_none());
    assert_eq!(store.invite(&invitation).await.unwrap(), Invited::Pending);
    assert_eq!(store.accept(&[1; 32], id(2), 5).await.unwrap(), Accepted::Joined(id(101)));
    let after = store.membership(id(101), id(2)).await.unwrap().unwrap();
    assert!(after.visibility_epoch > before.visibility_epoch, "a return looks like an earlier stay");
    who_single_sign_on_lets_in(store).await;
    strangers(store, invitation).await;
}

/// Asked in the moment of writing: an account may be given away between a question and what is written then.
async fn who_single_sign_on_lets_in(store: &dyn Store) {
    let (account, issuer) = (id(101), "https://login.example");
    let proofs = Proofs { password: false, sso: Some(account) };
    let open = async |token: u8, user| store.open_session(&[token; 32], user, proofs, 10, 100).await.unwrap();
    let link = async |user, password| store.link_sso(account, issuer, "sub", user, password, 1).await.unwrap();
    assert!(!open(70, id(2)).await, "a session for an identity that is not linked");
    assert_eq!(link(id(1), false).await, SsoLinked::Taken, "the owner without the password");
    assert_eq!(link(id(2), false).await, SsoLinked::Done);
    assert!(open(71, id(2)).await);
    assert!(store.unlink_sso(account, id(2)).await.unwrap());
    assert!(store.session(&[71; 32], 20).await.unwrap().is_none());
    assert!(!open(72, id(2)).await, "a session for an identity that was unlinked");
    assert_eq!(link(id(1), true).await, SsoLinked::Done);
    assert!(open(73, id(1)).await);
}

async fn strangers(store: &dyn Store, invitation: NewInvitation) {
    let stranger = NewInvitation { email: "new@example.com".to_owned(), token: [2; 32], ..invitation };
    assert_eq!(store.invite(&stranger).await.unwrap(), Invited::Pending);
    assert_eq!(store.members(id(101)).await.unwrap().len(), 3);
    let wrong = NewUser { invitation: Some([2; 32]), ..user(3) };
    assert_eq!(store.sign_up(&wrong).await.unwrap(), SignUp::OtherAddress);
    let unknown = NewUser { invitation: Some([9; 32]), ..wrong.clone() };
    assert_eq!(store.sign_up(&unknown).await.unwrap(), SignUp::InvitationUnknown);
    let right = NewUser { email: "new@example.com".to_owned(), ..wrong };
    assert_eq!(store.sign_up(&right).await.unwrap(), SignUp::Created { joined: Some(id(101)) });
    assert!(store.membership(id(101), id(3)).await.unwrap().is_some());
    assert_eq!(store.accept(&[2; 32], id(2), 4).await.unwrap(), Accepted::Unknown, "an invitation was used twice");
}

async fn changes_and_the_sequence(store: &dyn Store) {
    let (flow, chunks) = fixtures::flow(60, 4);
    let pushed = push(store, id(101), id(1), flow, &chunks[..2]).await;
    assert_eq!(pushed.sequence, Some(2));
    let again = push(store, id(101), id(1), flow, &chunks[..2]).await;
    assert!(matches!(again.verdict, Verdict::Accept(_)));
    assert_eq!(again.sequence, None);
    let gap = push(store, id(101), id(1), flow, &chunks[3..4]).await;
    assert_eq!(gap.verdict, Verdict::Need(vec![chunks[2].hash]));
    let rest = push(store, id(101), id(1), flow, &chunks[2..]).await;
    assert_eq!(rest.sequence, Some(5));
    let stretch = store.entries(id(101), &Sight::ALL, 1, usize::MAX).await.unwrap();
    assert_eq!((stretch.entries.len(), stretch.upto, stretch.more), (4, 5, false));
    let little = store.entries(id(101), &Sight::ALL, 0, 1).await.unwrap();
    assert_eq!((little.entries.len(), little.upto, little.more), (1, 1, true));
    let (pages, complete) = store.documents(id(101), &Sight::ALL, None, usize::MAX).await.unwrap();
    assert!(complete && pages[0].chunks.len() == 5);
    let (heads, _) = store.manifest(id(101), &Sight::ALL, None, 10).await.unwrap();
    assert_eq!(heads[0].heads, [chunks[4].hash]);
    assert_eq!(store.document(id(101), flow).await.unwrap().unwrap().changes.len(), 5);
    assert!(store.document(id(102), flow).await.unwrap().is_none(), "seen from another account");
    assert_eq!(store.documents_of(None, Kind::Flow).await.unwrap(), [(id(101), flow)]);
    // Somebody else may not pass these changes off as their own.
    let manage = Role::Manage.into();
    let change = MemberChange { rights: Some(&manage), ..MemberChange::default() };
    store.change_member(id(101), id(2), change).await.unwrap();
    let other = push(store, id(101), id(2), id(60), &chunks).await;
    assert!(matches!(other.verdict, Verdict::Accept(_)), "what is stored is accepted from everybody");
    let (stolen, more) = (flow_of_the_same_actor(), id(61));
    let refused = push(store, id(101), id(2), more, &stolen).await;
    assert!(matches!(refused.verdict, Verdict::Refuse(_)), "{refused:?}");
    let (unknown, chunks) = fixtures::flow(62, 0);
    let stranger = push(store, id(101), id(88), unknown, &chunks).await;
    assert!(matches!(stranger.verdict, Verdict::Refuse(_)));
}

fn flow_of_the_same_actor() -> Vec<Chunk> {
    let author = Author { actor: [60; 16], time_ms: 0 };
    let mut rows = || "row".to_owned();
    let (_, first) = Document::create(Kind::Flow, id(61), &json!({ "name": "x" }), &author, &mut rows).unwrap();
    vec![first]
}

async fn many_pushes_at_once(store: Arc<dyn Store>) {
    let before = store.state(id(101), id(1), 1).await.unwrap().unwrap().sequence;
    let tasks: Vec<_> = (110..160)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (flow, chunks) = fixtures::flow(n, 3);
                push(&*store, id(101), id(1), flow, &chunks).await.sequence.unwrap()
            })
        })
        .collect();
    let mut lasts = BTreeSet::new();
    for task in tasks {
        lasts.insert(task.await.unwrap());
    }
    assert_eq!(lasts.len(), 50, "a number was given twice");
    let stretch = store.entries(id(101), &Sight::ALL, before, usize::MAX).await.unwrap();
    let numbers: Vec<u64> = stretch.entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(numbers, (before + 1..=before + 200).collect::<Vec<_>>(), "the sequence has a hole");
}

async fn runs_and_files(store: &dyn Store) {
    let keep = async |runs: Vec<RunRow>, errors: Vec<RunErrorRow>, by| {
        store.keep_runs(id(101), &RunRows { runs, errors, ..RunRows::default() }, by).await.unwrap().unwrap()
    };
    let first = keep(vec![run_row(2)], vec![run_error(1), run_error(2)], None).await;
    assert_eq!(keep(vec![run_row(2)], vec![run_error(1)], None).await, first, "a repetition was numbered");
    keep(vec![run_row(1)], vec![], None).await;
    let forged = RunRow { flow_name: "forged".to_owned(), ..run_row(9) };
    keep(vec![forged], vec![], Some(id(2))).await;
    assert_eq!(store.run(id(101), id(50)).await.unwrap(), Some(run_row(2)));
    assert_eq!(store.unfinished_runs().await.unwrap(), [(id(101), run_row(2))]);
    let ended = RunRow { status: RunStatus::Completed, ended_ms: Some(9), ..run_row(3) };
    let last = keep(vec![ended.clone()], vec![], None).await;
    let stretch = store.entries(id(101), &Sight::ALL, first, usize::MAX).await.unwrap();
    assert_eq!(stretch.upto, last);
    assert_eq!(stretch.entries.iter().map(|entry| &entry.entry).collect::<Vec<_>>(), [&Entry::Run(ended)]);
    let newest = store.newest_runs(id(101), &Sight::ALL, 10, usize::MAX).await.unwrap();
    assert_eq!(newest.errors, [run_error(1), run_error(2)]);
    let blob = BlobRow { sha256: [3; 32], size_bytes: 5 };
    store.put_blob_part(id(101), &blob.sha256, 0, b"hello").await.unwrap();
    assert!(store.blob(id(101), &blob.sha256).await.unwrap().is_none(), "half a file is seen");
    store.finish_blob(id(101), blob, BlobSource::Run, 1).await.unwrap();
    store.put_blob_part(id(101), &[4; 32], 0, b"hal").await.unwrap();
    store.sweep_parts().await.unwrap();
    assert_eq!(store.blob_part(id(101), &[4; 32], 0).await.unwrap(), None, "half a file is kept for ever");
    assert_eq!(store.blob_part(id(101), &blob.sha256, 0).await.unwrap().as_deref(), Some(b"hello".as_slice()));
    assert_eq!(store.blob(id(101), &blob.sha256).await.unwrap(), Some(blob));
    assert!(store.blob(id(102), &blob.sha256).await.unwrap().is_none(), "seen from another account");
    let file = NewRunFile { run: id(50), step: "s".to_owned(), name: "a.csv".to_owned(), sha256: blob.sha256 };
    store.keep_run_file(id(101), &file).await.unwrap();
    let found = store.run_file(id(101), id(50), "s").await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.size_bytes), ("a.csv", 5));
    assert!(!store.forget_blob(id(101), &blob.sha256).await.unwrap(), "a run lost its file");
    assert!(!store.remove_parts(id(101), &blob.sha256, 16).await.unwrap());
    assert_eq!(store.blob_part(id(101), &blob.sha256, 0).await.unwrap().as_deref(), Some(b"hello".as_slice()));
}

async fn records_of_errors(store: &dyn Store) {
    let keep = async |errors: Vec<RunErrorRow>| {
        let runs = vec![RunRow { id: id(58), status: RunStatus::Completed, ..run_row(1) }];
        store.keep_runs(id(101), &RunRows { runs, errors, ..RunRows::default() }, None).await.unwrap().unwrap();
        let kept = store.run_errors(id(101), id(58)).await.unwrap();
        kept.iter().map(|row| (row.n, row.error.record.is_some())).collect::<Vec<_>>()
    };
    let error = |n, forgets| {
        let row = run_error(n);
        RunErrorRow { run: id(58), error: RunError { forgets, ..row.error }, ..row }
    };
    assert_eq!(keep(vec![error(1, None), error(2, None)]).await, [(1, true), (2, true)]);
    assert_eq!(keep(vec![error(3, Some(1)), error(4, Some(3))]).await, [(1, false), (2, true), (3, false), (4, true)]);
    keep(vec![error(1, None)]).await;
    let found = store.failure(id(101), id(58), 1).await.unwrap().unwrap();
    assert_eq!((found.record, found.message), (None, run_error(1).error.message), "what is sent again has no record");
    let last = MOST_ERRORS;
    let late = vec![error(last, None), error(last + 1, Some(last)), error(last + 2, Some(last + 1))];
    for again in ["", ", sent again"] {
        let kept = keep(late.clone()).await.split_off(4);
        assert_eq!(kept, [(last, false), (last + 2, true)], "a late one goes with its record{again}");
    }
}

async fn checkpoints(store: &dyn Store) {
    let (flow, export) = (id(70), id(71));
    let mut number = 180;
    let mut run = async |status, from_ms, to_ms, ended_ms| {
        number += 1;
        let steps = vec![StepCount { checkpoint: Some(Checkpoint { export, from_ms, to_ms }), ..StepCount::default() }];
        let row = RunRow { id: id(number), flow, status, steps, ended_ms: Some(ended_ms), ..run_row(1) };
        store.keep_runs(id(101), &RunRows { runs: vec![row], ..RunRows::default() }, None).await.unwrap();
        store.checkpoints(id(101), flow).await.unwrap().get(&export).copied()
    };
    assert_eq!(run(RunStatus::Completed, Some(5), 10, 0).await, None, "what was read before is not known here");
    assert_eq!(run(RunStatus::Failed, None, 10, 0).await, None);
    assert_eq!(run(RunStatus::Completed, None, 10, 0).await, Some(10));
    assert_eq!(run(RunStatus::Running, Some(10), 20, 0).await, Some(10));
    assert_eq!(run(RunStatus::Completed, Some(11), 20, 0).await, Some(10), "nobody read what lies between");
    assert_eq!(run(RunStatus::Completed, Some(10), 20, 0).await, Some(20));
    assert_eq!(run(RunStatus::Completed, Some(10), 15, 0).await, Some(20), "it never goes back");
    let hour_ms = 3_600_000;
    let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let moved = run(RunStatus::Completed, None, now_ms + hour_ms - 1_000, now_ms + hour_ms).await.unwrap();
    assert!(moved <= now_ms + 60_000, "a device whose clock is fast leaves nothing out: {}", moved - now_ms);
    assert!(store.checkpoints(id(102), flow).await.unwrap().is_empty(), "seen from another account");
}

async fn whose_runs_they_are(store: &dyn Store) {
    let keep = async |runs: Vec<RunRow>, errors: Vec<RunErrorRow>, by| {
        store.keep_runs(id(101), &RunRows { runs, errors, ..RunRows::default() }, by).await.unwrap().unwrap()
    };
    let own = RunRow { id: id(52), place: RunPlace::Browser, ..run_row(1) };
    let error = |n| RunErrorRow { run: id(52), ..run_error(n) };
    let before = keep(vec![], vec![error(1)], Some(id(1))).await;
    assert_eq!(keep(vec![own.clone()], vec![error(2)], Some(id(1))).await, before + 2);
    let others = vec![run_error(7), error(3)];
    assert_eq!(keep(vec![], others.clone(), Some(id(2))).await, before + 2, "errors were put into another's runs");
    assert_eq!(
        keep(vec![], others, None).await,
        before + 3,
        "the server's run has its error, and the device's has not"
    );
    for place in [RunPlace::Server, RunPlace::Schedule] {
        let forged = RunRow { id: id(53), place, ..own.clone() };
        keep(vec![forged], vec![], Some(id(1))).await;
        assert_eq!(store.run(id(101), id(53)).await.unwrap(), None, "a device says that the server ran something");
    }
    assert_eq!(store.run_errors(id(101), id(52)).await.unwrap(), [error(2)]);
    let strange =
        RunRows { runs: vec![RunRow { id: id(54), ..own.clone() }], errors: vec![error(4)], ..RunRows::default() };
    assert_eq!(
        store.keep_runs(id(101), &strange, Some(id(77))).await.unwrap(),
        None,
        "no member is told that it is kept"
    );
    assert_eq!(store.run(id(101), id(54)).await.unwrap(), None);
}

async fn pages_of_runs_and_documents(store: &dyn Store) {
    let text = "x".repeat(100 * 1024);
    let big = |n: u8| RunRow { id: id(n), flow_name: text.clone(), started_ms: 1_000 + i64::from(n), ..run_row(1) };
    let error = |n: u64| {
        let mut row = RunErrorRow { run: id(189), ..run_error(n) };
        row.error.message = text.clone();
        row
    };
    let rows =
        RunRows { runs: (170..190).map(big).collect(), errors: (0..20).map(error).collect(), ..RunRows::default() };
    store.keep_runs(id(101), &rows, None).await.unwrap();
    let most = 1024 * 1024;
    let newest = store.newest_runs(id(101), &Sight::ALL, 500, most).await.unwrap();
    let size = serde_json::to_vec(&newest).unwrap().len();
    assert!(size <= most + most / 100, "{size} bytes");
    assert!(newest.runs.len() > 2 && newest.errors.len() > 2, "{} and {}", newest.runs.len(), newest.errors.len());
    assert_eq!(newest.runs[0].id, id(189));
    let whole = |page: &Snapshot| page.chunks.iter().map(|chunk| chunk.len()).sum::<usize>();
    let (all, _) = store.documents(id(101), &Sight::ALL, None, usize::MAX).await.unwrap();
    let ids: Vec<_> = all.iter().map(|page| page.document).collect();
    let most = whole(&all[0]) + whole(&all[1]) - 1;
    let (first, complete) = store.documents(id(101), &Sight::ALL, None, most).await.unwrap();
    assert_eq!((first.len(), complete), (1, false), "a page is larger than asked for");
    let (first, complete) = store.documents(id(101), &Sight::ALL, None, most + 1).await.unwrap();
    assert_eq!((first.len(), complete), (2, false));
    assert_eq!(
        store.fetch(id(101), &Sight::ALL, &ids, most).await.unwrap().0.len(),
        1,
        "an answer is larger than asked for"
    );
    let (one, complete) = store.fetch(id(101), &Sight::ALL, &ids, 1).await.unwrap();
    assert_eq!((one.len(), complete), (1, false), "nothing comes at all");
}

async fn secrets_and_ticks(store: &dyn Store) {
    let secret = SealedSecret {
        connection: id(70),
        path: "/http/auth/token/token".to_owned(),
        sealed: vec![1, 2, 3],
        hosts: vec!["a.example".to_owned()],
    };
    store.put_secret(id(101), &secret, id(1), 1).await.unwrap();
    let newer = SealedSecret { sealed: vec![4], ..secret };
    store.put_secret(id(101), &newer, id(1), 2).await.unwrap();
    assert_eq!(store.secrets(id(101), &[id(70)]).await.unwrap(), std::slice::from_ref(&newer));
    assert!(store.secrets(id(102), &[id(70)]).await.unwrap().is_empty());
    assert!(store.delete_secret(id(101), id(70), &newer.path).await.unwrap());
    assert!(!store.delete_secret(id(101), id(70), &newer.path).await.unwrap());
    let tick = TickKey { account: id(101), flow: id(60), source: None, nominal_ms: 900_000 };
    let last_tick = async |source| store.last_tick(id(101), id(60), source).await.unwrap();
    assert_eq!(last_tick(None).await, None);
    let run = |n| RunRow { id: id(n), flow: id(60), place: RunPlace::Schedule, ..run_row(1) };
    let sequence = store.claim_ticks(&[tick], &run(80), 1).await.unwrap().unwrap().sequence;
    assert!(store.claim_ticks(&[tick], &run(81), 1).await.unwrap().is_none(), "a tick was claimed twice");
    assert_eq!(store.run(id(101), id(80)).await.unwrap(), Some(run(80)));
    assert_eq!(store.run(id(101), id(81)).await.unwrap(), None);
    let last = store.entries(id(101), &Sight::ALL, sequence - 1, 1_000).await.unwrap();
    assert_eq!((last.entries.len(), last.upto), (1, sequence));
    assert_eq!(last_tick(None).await, Some(900_000));
    // A source with a schedule of its own has claims of its own; of several, those that are taken are left out.
    let own = TickKey { source: Some(id(61)), ..tick };
    let claimed = store.claim_ticks(&[tick, own], &run(82), 1).await.unwrap().unwrap();
    assert_eq!((claimed.ticks, last_tick(own.source).await), (vec![own], Some(900_000)));
}

async fn lists_of_documents(store: &dyn Store) {
    let (flow, chunks) = fixtures::flow(90, 1);
    push(store, id(101), id(1), flow, &chunks).await;
    let row = store.listed(id(101), flow).await.unwrap().unwrap();
    assert_eq!((row.id, row.kind, row.modified_by), (flow, Kind::Flow, Some(id(1))));
    assert!(store.list(id(101), Some(Kind::Flow)).await.unwrap().contains(&row));
    assert!(!store.list(id(101), Some(Kind::Export)).await.unwrap().contains(&row));
    assert!(store.list(id(101), None).await.unwrap().contains(&row));
    assert!(store.listed(id(102), flow).await.unwrap().is_none(), "seen from another account");
    assert!(store.list(id(102), None).await.unwrap().is_empty());
}

async fn state_and_caches(store: &dyn Store) {
    let (account, other, owner) = (id(101), id(102), Some(id(60)));
    let put = |key: &'static str, most| async move {
        store.put_state(account, owner, key, &json!({ "n": 1 }), most, 1).await.unwrap()
    };
    assert_eq!(put("a", 2).await, KeptState::Created);
    assert_eq!(put("a", 1).await, KeptState::Replaced);
    assert_eq!(put("b", 1).await, KeptState::Full);
    assert_eq!(store.state_value(account, owner, "a").await.unwrap(), Some(json!({ "n": 1 })));
    for (account, owner) in [(account, None), (other, owner)] {
        assert_eq!(store.state_value(account, owner, "a").await.unwrap(), None);
        assert!(store.state_keys(account, owner).await.unwrap().is_empty());
        assert_eq!(store.delete_state(account, owner, None).await.unwrap(), 0);
    }
    assert_eq!(store.delete_state(account, owner, Some("a")).await.unwrap(), 1);
    let cache = id(61);
    let entries =
        |n: usize| -> Vec<(String, serde_json::Value)> { (0..n).map(|n| (format!("k{n}"), json!(n))).collect() };
    // A key of two letters and a number of one.
    assert_eq!(
        store.upsert_cache(account, cache, &entries(3), (9, 9), 1).await.unwrap(),
        Upserted::Kept(CacheSize { size_bytes: 9, entries: 3 })
    );
    assert_eq!(store.upsert_cache(account, cache, &entries(4), (9, 99), 1).await.unwrap(), Upserted::CacheFull(12));
    assert_eq!(store.upsert_cache(account, id(62), &entries(1), (9, 9), 1).await.unwrap(), Upserted::AccountFull(12));
    // A key that is asked for again and again is there once.
    let often = vec!["k1".to_owned(); 1_000];
    assert_eq!(store.cache_values(account, cache, &often, 3).await.unwrap(), Some(vec![("k1".to_owned(), json!(1))]));
    assert_eq!(store.cache_values(account, cache, &["k0".to_owned(), "k1".to_owned()], 5).await.unwrap(), None);
    let read = store.cache_entries(account, cache, "k", Some("k0"), (1, 100)).await.unwrap();
    assert_eq!(read, (vec![("k1".to_owned(), json!(1))], true));
    assert!(store.cache_entries(other, cache, "", None, (10, 100)).await.unwrap().0.is_empty());
    assert_eq!(store.cache_sizes(account).await.unwrap(), [(cache, CacheSize { size_bytes: 9, entries: 3 })]);
    assert_eq!(store.delete_cache(other, cache, None, 1).await.unwrap(), 0);
    assert_eq!(store.delete_cache(account, cache, Some(&["k0".to_owned(), "x".to_owned()]), 1).await.unwrap(), 1);
    assert_eq!(store.delete_cache(account, cache, None, 1).await.unwrap(), 2);
}

async fn an_account_goes_when_its_time_has_come_and_not_before(store: &dyn Store) {
    store.sign_up(&user(70)).await.unwrap();
    let account = id(170);
    assert!(store.set_closing(account, Some(10)).await.unwrap());
    assert!(store.shut_account(account, 9).await.unwrap().is_none(), "its time has not come");
    assert!(store.set_closing(account, None).await.unwrap());
    assert!(store.shut_account(account, 99).await.unwrap().is_none(), "its owner thought again");
    assert!(store.set_closing(account, Some(10)).await.unwrap());
    for key in ["a", "b", "c"] {
        store.put_state(account, None, key, &json!(1), 100, 1).await.unwrap();
    }
    assert!(store.shut_account(account, 10).await.unwrap().is_some());
    assert!(store.user_by_email("person70@example.com").await.unwrap().is_none(), "its owner was in no other");
    assert!(!store.set_closing(account, None).await.unwrap(), "half gone is not kept");
    assert_eq!(store.closed_accounts(10).await.unwrap(), [account], "what a stop leaves is found again");
    assert!(!store.remove_some_of(account, 2).await.unwrap());
    assert!(store.accounts().await.unwrap().contains(&account), "some of it is left");
    assert!(store.remove_some_of(account, 2).await.unwrap());
    assert!(store.accounts().await.unwrap().iter().all(|left| *left != account));
    // What a run or a request still wants to write then would stay for ever.
    assert!(store.put_state(account, None, "late", &json!(1), 100, 1).await.is_err());
    let late = [("late".to_owned(), json!(1))];
    assert!(store.upsert_cache(account, id(60), &late, (99, 99), 1).await.is_err());
    assert!(store.delete_cache(account, id(60), None, 1).await.is_err());
    let offer = OfferRefused {
        parked: "p".to_owned(),
        document: id(61),
        kind: Kind::Flow,
        name: String::new(),
        reason: String::new(),
        time_ms: 1,
        intents: Vec::new(),
        create: Some(json!({})),
    };
    let new = NewRefused { id: id(62), account, by: id(70), offer, now_ms: 1, most_of_member: 9, most: 9 };
    assert!(store.offer_refused(&new).await.is_err());
    assert!(store.state_keys(account, None).await.unwrap().is_empty());
    assert!(store.cache_sizes(account).await.unwrap().is_empty());
    assert!(store.refused(account, id(70), true, 9).await.unwrap().is_empty());
}

/// The whole suite, on an empty store.
async fn every_store(store: Arc<dyn Store>) {
    people_and_sessions(&*store).await;
    last_passwords(&*store).await;
    members_and_invitations(&*store).await;
    changes_and_the_sequence(&*store).await;
    many_pushes_at_once(Arc::clone(&store)).await;
    runs_and_files(&*store).await;
    records_of_errors(&*store).await;
    whose_runs_they_are(&*store).await;
    checkpoints(&*store).await;
    pages_of_runs_and_documents(&*store).await;
    secrets_and_ticks(&*store).await;
    lists_of_documents(&*store).await;
    tokens::made_used_and_deleted(&*store).await;
    tokens::gone_after_a_time_in_the_bin(&*store).await;
    state_and_caches(&*store).await;
    store.check().await.unwrap();
    an_account_goes_when_its_time_has_come_and_not_before(&*store).await;
}

#[tokio::test]
async fn the_store_on_sqlite_does_what_every_store_must() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&path, 42, 1).await.unwrap());
    every_store(Arc::clone(&store)).await;
    let last = store.state(id(101), id(1), 1).await.unwrap();
    store.close().await;
    let again = Sqlite::open(&path, 43, 2).await.unwrap();
    assert_eq!(tombolo_server::store::Store::epoch(&again).await.unwrap(), 42);
    assert_eq!(tombolo_server::store::Changes::state(&again, id(101), id(1), 1).await.unwrap(), last);
}
