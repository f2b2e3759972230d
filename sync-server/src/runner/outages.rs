//! Connections that are offline: what runs and tests find out, and what later runs are told.
//!
//! A connection is offline because of the credentials that were refused. Invariant: where somebody has entered others
//! meanwhile, or changed the connection or its client, what is said of the ones before is not kept.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_model::{Id, Kind};
use tombolo_sync::gate::Verdict;

use super::failure::RunFailure;
use super::pings::NotGathered;
use crate::app::App;
use crate::clock;
use crate::job::{PingAnswer, PingJob, Secrets};
use crate::rest::error::RestError;
use crate::rest::mirror;
use crate::store::{CLIENT_HOSTS, Pushed, StoreError};
use crate::vault::VaultError;

/// The longest reason, in characters; the rest of a longer one is left out.
const LONGEST: usize = 500;

/// Those of a job's connections that are offline, each with why.
pub(super) async fn of(app: &App, account: Id, has: impl Fn(Id) -> bool) -> Result<BTreeMap<Id, String>, StoreError> {
    let all = app.store.outages(account).await?;
    Ok(all.into_iter().filter(|outage| has(outage.connection)).map(|outage| (outage.connection, outage.why)).collect())
}

/// Keeps that the credentials which a run has for a connection were refused.
pub(super) async fn refused(
    app: &App,
    account: Id,
    secrets: &Secrets,
    (connection, why): (Id, &str),
) -> Result<(), RunFailure> {
    if are_the_same::<RunFailure>(app, account, connection, secrets).await? {
        put(app, account, connection, why).await?;
    }
    Ok(())
}

/// Keeps what the test of a saved connection says of it.
///
/// # Errors
///
/// Returns why that is not kept.
pub(crate) async fn tested(app: &App, account: Id, job: &PingJob, answer: &PingAnswer) -> Result<(), NotGathered> {
    if answer.status.is_some() {
        app.store.end_outage(account, job.connection).await?;
        return Ok(());
    }
    let Some(why) = &answer.offline else { return Ok(()) };
    if are_the_same::<NotGathered>(app, account, job.connection, &job.secrets).await? {
        put(app, account, job.connection, why).await?;
    }
    Ok(())
}

/// A push was answered: what it changed may be a connection, or a client that connections go by.
pub(crate) async fn pushed(app: &App, account: Id, document: Id, pushed: &Pushed) {
    let holds = |kind| matches!(kind, Some(Kind::Connection | Kind::IClient));
    let is_one = matches!(&pushed.verdict, Verdict::Accept(accepted) if holds(accepted.kind));
    if is_one && pushed.sequence.is_some() {
        changed(app, account, document).await;
    }
}

/// A connection or client, or a secret of theirs, is another one than before: nobody knows whether the connections that go
/// by it are still refused. What fails here leaves them to their next test.
pub(crate) async fn changed(app: &App, account: Id, what: Id) {
    if let Err(error) = end_those_by(app, account, what).await {
        tracing::warn!(?error, %account, %what, "connections that were changed stay offline until their next test");
    }
}

async fn end_those_by(app: &App, account: Id, what: Id) -> Result<(), RestError> {
    for outage in app.store.outages(account).await? {
        if goes_by(app, account, outage.connection).await?.contains(&what) {
            app.store.end_outage(account, outage.connection).await?;
        }
    }
    Ok(())
}

/// Keeps what a device found out, perhaps long ago; not where the connection, or what it goes by, was changed since.
///
/// # Errors
///
/// Returns why that is not known.
pub(crate) async fn heard(
    app: &App,
    account: Id,
    (connection, why): (Id, &str),
    found_ms: Option<i64>,
) -> Result<(), RestError> {
    if let Some(found_ms) = found_ms {
        let basis: Vec<Id> = goes_by(app, account, connection).await?.into_iter().collect();
        if app.store.last_changed_ms(account, &basis).await? > found_ms {
            return Ok(());
        }
    }
    Ok(put(app, account, connection, why).await?)
}

/// Keeps that a connection is offline.
async fn put(app: &App, account: Id, connection: Id, why: &str) -> Result<(), StoreError> {
    let why: String = why.chars().take(LONGEST).collect();
    tracing::info!(%account, %connection, why, "a connection is offline");
    app.store.put_outage(account, connection, &why, clock::now_ms()).await
}

/// A connection with its client, and with the connections that it refers to and theirs.
async fn goes_by(app: &App, account: Id, connection: Id) -> Result<BTreeSet<Id>, RestError> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![connection]);
    while let Some(id) = open.pop() {
        let found = mirror::one(app, account, id).await?;
        let found = found.filter(|found| matches!(found.row.kind, Kind::Connection | Kind::IClient));
        if let Some(found) = found
            && seen.insert(id)
        {
            open.extend(&found.seen.references);
        }
    }
    Ok(seen)
}

/// Whether the secrets of a connection are those that somebody has who began earlier.
async fn are_the_same<E>(app: &App, account: Id, connection: Id, then: &Secrets) -> Result<bool, E>
where
    E: From<VaultError> + From<StoreError>,
{
    let mut now = BTreeMap::new();
    for sealed in app.store.secrets(account, &[connection]).await? {
        if sealed.path != CLIENT_HOSTS {
            let secret = app.vault.open_secret(account, &sealed)?;
            now.insert(sealed.path, secret);
        }
    }
    Ok(then.0.get(&connection).cloned().unwrap_or_default() == now)
}
