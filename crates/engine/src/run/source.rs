//! The sources of a flow, one after the other or at the same time.

use std::borrow::Cow;

use futures::channel::mpsc;
use futures::stream::{FuturesUnordered, StreamExt};
use tombolo_formats::Row;

use super::pages::{End, Pages};
use super::receipt::Receipts;
use super::shared::{Place, Shared};
use super::{Page, source_file, source_http, source_listener};
use crate::plan::Read;

/// Why a source stopped early.
pub(super) enum Stopped {
    /// It cannot be read on.
    Failed(Failure),
    /// It was asked for no more than it gave.
    Enough,
    /// Nobody takes pages any more.
    Closed,
}

/// Why a source cannot be read on.
pub(super) struct Failure {
    /// Stable, for programs.
    pub(super) code: Cow<'static, str>,
    /// A clause about the endpoint or the file, and what to do.
    pub(super) message: Cow<'static, str>,
}

impl Failure {
    pub(super) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Takes what a source reads.
pub(super) trait Intake {
    /// Takes rows, all of them; may wait.
    async fn take(&mut self, rows: &mut Vec<Row>) -> Result<(), Stopped>;

    /// Hears the status of an answer before its rows come.
    fn answered(&mut self, _status: u16) {}
}

/// Reads all sources, one after the other or all at the same time. The first that fails ends them: others read at the
/// same time end with the page that they are at, which arrives like all that was read before.
pub(super) async fn all(shared: &Shared<'_>, out: mpsc::Sender<Page>, receipts: Receipts) {
    let reads = (0..shared.plan.sources.len()).map(|place| one(shared, place, out.clone(), receipts.clone()));
    if shared.plan.parallel {
        let mut reads: FuturesUnordered<_> = reads.collect();
        while let Some(read) = reads.next().await {
            if read.is_err() {
                shared.end_sources();
            }
        }
    } else {
        for read in reads {
            if read.await.is_err() {
                return;
            }
        }
    }
}

/// No other source is to be read.
pub(super) struct Over;

async fn one(shared: &Shared<'_>, place: Place, out: mpsc::Sender<Page>, receipts: Receipts) -> Result<(), Over> {
    let source = &shared.plan.sources[place];
    shared.begins(place);
    let mut pages = Pages::new(shared, place, out, receipts);
    if let Some(mock) = &source.mock_output {
        return match pages.mocked(mock).await {
            Ok(()) | Err(Stopped::Enough | Stopped::Failed(_)) => Ok(()),
            Err(Stopped::Closed) => Err(Over),
        };
    }
    let read = match &source.read {
        Read::File(file) => {
            let whole = source.limit.is_none() && !shared.plan.test_mode;
            source_file::read(shared, file, whole, &mut pages).await
        }
        Read::Http(http) => source_http::read(shared, (place, source), http, None, &mut pages).await,
        Read::Listener(listener) => source_listener::read(shared, listener, &mut pages).await,
    };
    ended(shared, place, &mut pages, read).await?;
    if !pages.aborted {
        shared.read_through(place);
    }
    Ok(())
}

/// Sends what is left of a source that was read, and says what stopped it.
pub(super) async fn ended(
    shared: &Shared<'_>,
    place: Place,
    pages: &mut Pages<'_, '_>,
    read: Result<(), Stopped>,
) -> Result<(), Over> {
    let end = match &read {
        Ok(()) => End::Whole,
        Err(Stopped::Enough) => End::Enough,
        Err(_) => End::Broken,
    };
    // The records in front of an error are good.
    let sent = pages.finish(end).await;
    match sent.err().or(read.err()) {
        None | Some(Stopped::Enough) => Ok(()),
        Some(Stopped::Closed) => Err(Over),
        Some(Stopped::Failed(failure)) => {
            let message = format!("“{}”: {}", shared.plan.sources[place].named.name, failure.message);
            shared.fail_source(shared.step_failed(place, &failure.code, message));
            Err(Over)
        }
    }
}
