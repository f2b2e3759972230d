//! Tests connections that are offline again by themselves, so that flows go on when the application takes them again.
//!
//! The longer a connection is offline, the rarer: applications lock accounts whose credentials are refused too often.

use std::time::Duration;

use tombolo_model::{Id, Kind};
use tombolo_wire::rest::Outage;

use super::pings::NotGathered;
use super::{outages, pings};
use crate::app::App;
use crate::store::StoreError;
use crate::{clock, resources};

/// No connection is left alone for longer, in milliseconds.
const LONGEST_MS: i64 = 24 * 3_600_000;
/// How often it is looked whose turn it is, at least.
const PAUSE: Duration = Duration::from_secs(300);

/// Tests what is due, for as long as the server runs.
pub(crate) async fn drive(app: App) {
    let first = Duration::from_millis(app.config.retest_after_ms.unsigned_abs());
    let mut turns = tokio::time::interval(first.clamp(Duration::from_millis(100), PAUSE));
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(error) = round(&app).await {
            tracing::error!(%error, "connections that are offline cannot be tested; it is tried again");
        }
    }
}

/// One after the other: nobody waits for them.
async fn round(app: &App) -> Result<(), StoreError> {
    for (account, outage) in app.store.all_outages().await? {
        if !is_due(&outage, clock::now_ms(), app.config.retest_after_ms) {
            continue;
        }
        let connection = outage.connection;
        if let Err(error) = test(app, account, connection).await {
            tracing::warn!(%error, %account, %connection, "a connection that is offline cannot be tested");
        }
        // Whatever came of it: one that cannot be tested is not tested over and over.
        app.store.note_check(account, connection, clock::now_ms()).await?;
    }
    Ok(())
}

/// Whether it was left alone long enough: as long as it had been offline at the last look, within bounds.
fn is_due(outage: &Outage, now_ms: i64, first_ms: i64) -> bool {
    let before_ms = outage.checked_ms.saturating_sub(outage.since_ms);
    now_ms.saturating_sub(outage.checked_ms) >= before_ms.clamp(first_ms, LONGEST_MS.max(first_ms))
}

async fn test(app: &App, account: Id, connection: Id) -> Result<(), NotGathered> {
    let found = resources::read(&*app.store, account, connection).await?;
    let Some(found) = found.filter(|found| found.kind == Kind::Connection && !found.binned) else { return Ok(()) };
    let job = pings::gather(app, account, connection, &found.value).await?;
    let answer = match pings::ask(app, account, &job).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(%error, %account, %connection, "the test of a connection gave no answer");
            return Ok(());
        }
    };
    outages::tested(app, account, &job, &answer).await?;
    pings::keep_renewed(app, account, &job, &answer).await?;
    if answer.status.is_some() {
        tracing::info!(%account, %connection, "a connection is back");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_tested_the_rarer_the_longer_it_is_offline() {
        const HOUR_MS: i64 = 3_600_000;
        let due = |checked_h: i64, now_h: i64| {
            let connection = Id::from_parts(1, [0; 8]);
            let outage = Outage { connection, why: String::new(), since_ms: 0, checked_ms: checked_h * HOUR_MS };
            is_due(&outage, now_h * HOUR_MS, HOUR_MS)
        };
        assert_eq!([due(0, 0), due(0, 1)], [false, true]);
        assert_eq!([due(4, 5), due(4, 7), due(4, 8)], [false, false, true]);
        assert_eq!([due(240, 263), due(240, 264)], [false, true], "once a day at least");
        assert!(!due(4, 3), "a clock that was set back");
    }
}
