//! The writer of changes: everything that waits goes into one transaction, and so shares one fsync.
//!
//! The gate judges inside that transaction, so that a role taken away before it began counts, a number
//! is given only to what is committed with it, and two pushes of one change are seen as one. As one task does
//! all of this, it is also the lock of every account.
//!
//! Invariant: an answer is sent after the commit that it speaks of, never before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite as Db, Transaction};
use tokio::sync::{mpsc, oneshot};
use tombolo_docs::Written;
use tombolo_model::{Id, Kind, Rights};
use tombolo_sync::gate::{Accepted, Context, DocumentRow, Incoming, Verdict, Wanted, judge, wanted};

use super::rights;
use super::row::{db, from_u64, get, hashes, id, kind, maybe_id, number, to_u64};
use crate::store::{Push, Pushed, StoreError};

/// One push and where its answer goes.
pub(super) struct Job {
    /// The push.
    pub(super) push: Push,
    /// Its answer.
    pub(super) reply: oneshot::Sender<Result<Pushed, StoreError>>,
}

/// At most so many pushes share a transaction, so that none waits long.
const BATCH: usize = 64;

/// Writes pushes until the store is dropped.
pub(super) async fn write_all(pool: SqlitePool, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        write_batch(&pool, &mut batch).await;
    }
}

async fn write_batch(pool: &SqlitePool, batch: &mut Vec<Job>) {
    match write_together(pool, batch).await {
        Ok(answers) => {
            for (job, answer) in batch.drain(..).zip(answers) {
                answer_to(job, Ok(answer));
            }
        }
        // Nothing was stored. One by one, only those that are at fault fail.
        Err(error) => {
            tracing::warn!(%error, pushes = batch.len(), "a batch failed; its pushes are tried singly");
            for job in batch.drain(..) {
                let single = std::slice::from_ref(&job);
                let answer = write_together(pool, single).await.map(|mut answers| answers.pop());
                match answer {
                    Ok(Some(answer)) => answer_to(job, Ok(answer)),
                    Ok(None) => drop(job),
                    Err(error) => answer_to(job, Err(error)),
                }
            }
        }
    }
}

/// A peer that has gone wants no answer.
fn answer_to(job: Job, answer: Result<Pushed, StoreError>) {
    if job.reply.send(answer).is_err() {
        tracing::debug!(document = %job.push.document, "nobody waits for the answer to a push");
    }
}

async fn write_together(pool: &SqlitePool, jobs: &[Job]) -> Result<Vec<Pushed>, StoreError> {
    const DOING: &str = "storing changes";
    // IMMEDIATE: what the gate reads must not change before what it allows is written.
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        answers.push(write_one(&mut tx, &job.push).await?);
    }
    tx.commit().await.map_err(db(DOING))?;
    Ok(answers)
}

async fn write_one(tx: &mut Transaction<'_, Db>, push: &Push) -> Result<Pushed, StoreError> {
    let context = look_up(tx, push, &wanted(&push.changes)).await?;
    let verdict = judge(push.document, &push.changes, &context);
    let (mut sequence, mut sight_changed) = (None, false);
    if let Verdict::Accept(accepted @ Accepted { kind: Some(kind), .. }) = &verdict
        && !accepted.fresh.is_empty()
    {
        sequence = Some(append(tx, push, *kind, accepted).await?);
        sight_changed = settle(tx, push, *kind, accepted, context.rights.as_ref()).await?;
        if sight_changed {
            rights::sight_changed(tx, push.account).await?;
        }
    }
    Ok(Pushed { verdict, sequence, sight_changed })
}

/// Writes down where documents belong now; says whether some belong elsewhere than before.
async fn settle(
    tx: &mut Transaction<'_, Db>,
    push: &Push,
    kind: Kind,
    accepted: &Accepted,
    who: Option<&Rights>,
) -> Result<bool, StoreError> {
    let fresh = || accepted.fresh.iter().filter_map(|index| push.changes.get(*index));
    let mut moved = false;
    if accepted.created {
        let registered = fresh().flat_map(registered_with).collect();
        rights::register(tx, push.account, push.document, &registered).await?;
    } else if accepted.moved {
        moved = rights::settle_home(tx, push.account, push.document, kind).await?;
    }
    if let (Kind::Flow, Some(owner), Some(who)) = (kind, accepted.owner, who) {
        let references = fresh().flat_map(Incoming::references).collect();
        moved |= rights::adopt(tx, push.account, who, owner, &references).await?;
    }
    Ok(moved)
}

/// The integrations that a change registers its document with.
fn registered_with(change: &Incoming) -> Vec<Id> {
    let lists = change.inspected.writes.iter().filter_map(|write| match &write.written {
        Written::Leaf(Value::Array(list)) if write.key == "/_registeredIntegrationIds" => Some(list),
        _ => None,
    });
    lists.flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
}

async fn look_up(tx: &mut Transaction<'_, Db>, push: &Push, wanted: &Wanted) -> Result<Context, StoreError> {
    let rights = rights::of(tx, push.account, push.user).await?;
    let hidden = match &rights {
        Some(rights) => rights::hidden(tx, push.account, rights, &wanted.references).await?,
        None => BTreeSet::new(),
    };
    let document = sqlx::query(
        "SELECT kind, integration, max_op, purged, size_bytes, inflated_bytes FROM documents WHERE account = ? AND id = ?",
    )
    .bind(push.account.to_string())
    .bind(push.document.to_string())
    .fetch_optional(&mut **tx)
    .await
    .map_err(db("looking up a document"))?;
    let document = match document {
        Some(row) => Some(DocumentRow {
            kind: kind(&row, "documents", "kind")?,
            owner: maybe_id(&row, "documents", "integration")?,
            registered: rights::registered(tx, push.account, push.document).await?,
            max_op: number(&row, "documents", "max_op")?,
            purged: get(&row, "documents", "purged")?,
            size_bytes: number(&row, "documents", "size_bytes")?,
            inflated_bytes: number(&row, "documents", "inflated_bytes")?,
        }),
        None => None,
    };
    Ok(Context {
        user: push.user,
        rights,
        document,
        owners: owners(tx, wanted).await?,
        last_seqs: last_seqs(tx, push, wanted).await?,
        known: known(tx, push, wanted).await?,
        hidden,
        recovering: push.recovering,
    })
}

async fn owners(tx: &mut Transaction<'_, Db>, wanted: &Wanted) -> Result<BTreeMap<[u8; 16], Id>, StoreError> {
    let mut found = BTreeMap::new();
    for session in &wanted.sessions {
        let row = sqlx::query("SELECT user FROM actors WHERE session = ?")
            .bind(session.as_slice())
            .fetch_optional(&mut **tx)
            .await
            .map_err(db("looking up an actor"))?;
        if let Some(row) = row {
            found.insert(*session, id(&row, "actors", "user")?);
        }
    }
    Ok(found)
}

async fn last_seqs(
    tx: &mut Transaction<'_, Db>,
    push: &Push,
    wanted: &Wanted,
) -> Result<BTreeMap<Vec<u8>, u64>, StoreError> {
    let mut found = BTreeMap::new();
    for actor in &wanted.actors {
        let last: Option<i64> =
            sqlx::query_scalar("SELECT MAX(actor_seq) FROM changes WHERE account = ? AND document = ? AND actor = ?")
                .bind(push.account.to_string())
                .bind(push.document.to_string())
                .bind(actor.as_slice())
                .fetch_one(&mut **tx)
                .await
                .map_err(db("looking up an actor"))?;
        if let Some(last) = last {
            found.insert(actor.clone(), to_u64(last));
        }
    }
    Ok(found)
}

async fn known(tx: &mut Transaction<'_, Db>, push: &Push, wanted: &Wanted) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let mut found = BTreeSet::new();
    for hash in &wanted.hashes {
        let row: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM changes WHERE account = ? AND document = ? AND hash = ?")
                .bind(push.account.to_string())
                .bind(push.document.to_string())
                .bind(hash.as_slice())
                .fetch_optional(&mut **tx)
                .await
                .map_err(db("looking up a change"))?;
        if row.is_some() {
            found.insert(*hash);
        }
    }
    Ok(found)
}

async fn append(tx: &mut Transaction<'_, Db>, push: &Push, kind: Kind, accepted: &Accepted) -> Result<u64, StoreError> {
    let fresh: Vec<&Incoming> = accepted.fresh.iter().filter_map(|index| push.changes.get(*index)).collect();
    keep_document(tx, push, kind, accepted, &fresh).await?;
    for session in &accepted.bind {
        bind_session(tx, push, session).await?;
    }
    let count = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
    let last = take_numbers(tx, push.account, count).await?;
    for (change, sequence) in fresh.iter().zip(last - count + 1..=last) {
        insert(tx, push, change, sequence).await?;
    }
    Ok(last)
}

/// Takes numbers of the account's sequence and returns the last of them.
pub(super) async fn take_numbers(tx: &mut Transaction<'_, Db>, account: Id, count: u64) -> Result<u64, StoreError> {
    let last: i64 = sqlx::query_scalar("UPDATE accounts SET sequence = sequence + ? WHERE id = ? RETURNING sequence")
        .bind(from_u64(count))
        .bind(account.to_string())
        .fetch_one(&mut **tx)
        .await
        .map_err(db("numbering changes"))?;
    Ok(to_u64(last))
}

async fn keep_document(
    tx: &mut Transaction<'_, Db>,
    push: &Push,
    kind: Kind,
    accepted: &Accepted,
    fresh: &[&Incoming],
) -> Result<(), StoreError> {
    const DOING: &str = "keeping a document's row";
    let size: usize = fresh.iter().map(|change| change.bytes.len()).sum();
    let inflated: usize = fresh.iter().map(|change| change.scan.inflated_bytes).sum();
    let before = sqlx::query("SELECT heads FROM documents WHERE account = ? AND id = ?")
        .bind(push.account.to_string())
        .bind(push.document.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(DOING))?;
    let mut heads: BTreeSet<[u8; 32]> = match &before {
        Some(row) => hashes(row, "documents", "heads")?.into_iter().collect(),
        None => BTreeSet::new(),
    };
    for change in fresh {
        for dep in &change.scan.deps {
            heads.remove(dep);
        }
        heads.insert(change.scan.hash);
    }
    let heads: Vec<u8> = heads.into_iter().flatten().collect();
    sqlx::query(
        "INSERT INTO documents (account, id, kind, integration, heads, max_op, size_bytes, inflated_bytes, created_by, created_ms, modified_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (account, id) DO UPDATE SET heads = excluded.heads, max_op = excluded.max_op,
         size_bytes = size_bytes + excluded.size_bytes, inflated_bytes = inflated_bytes + excluded.inflated_bytes,
         modified_ms = excluded.modified_ms",
    )
    .bind(push.account.to_string())
    .bind(push.document.to_string())
    .bind(kind.name())
    .bind(accepted.owner.map(|owner| owner.to_string()))
    .bind(heads)
    .bind(from_u64(accepted.max_op))
    .bind(i64::try_from(size).unwrap_or(i64::MAX))
    .bind(i64::try_from(inflated).unwrap_or(i64::MAX))
    .bind(push.user.to_string())
    .bind(push.now_ms)
    .bind(push.now_ms)
    .execute(&mut **tx)
    .await
    .map_err(db(DOING))?;
    Ok(())
}

async fn bind_session(tx: &mut Transaction<'_, Db>, push: &Push, session: &[u8; 16]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO actors (session, user, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(session.as_slice())
        .bind(push.user.to_string())
        .bind(push.now_ms)
        .execute(&mut **tx)
        .await
        .map_err(db("binding an actor"))?;
    Ok(())
}

async fn insert(tx: &mut Transaction<'_, Db>, push: &Push, change: &Incoming, sequence: u64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO changes (account, sequence, document, hash, actor, actor_seq, user, time_ms, bytes, source, token)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(push.account.to_string())
    .bind(from_u64(sequence))
    .bind(push.document.to_string())
    .bind(change.scan.hash.as_slice())
    .bind(change.scan.actor.as_slice())
    .bind(from_u64(change.scan.seq))
    .bind(push.user.to_string())
    .bind(push.now_ms)
    .bind(change.bytes.as_slice())
    .bind(push.road.source.name())
    .bind(&push.road.token)
    .execute(&mut **tx)
    .await
    .map_err(db("storing a change"))?;
    Ok(())
}
