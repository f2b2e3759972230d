//! The sources of a flow, one after the other.

use std::borrow::Cow;

use futures::channel::mpsc;
use tombolo_formats::Row;

use super::pages::Pages;
use super::shared::Shared;
use super::{Page, source_file, source_http};
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
    pub(super) code: &'static str,
    /// A clause about the endpoint or the file, and what to do.
    pub(super) message: Cow<'static, str>,
    /// The status of the answer that it is about.
    pub(super) status: Option<u16>,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), status: None }
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
}

/// Reads all sources. The first that fails ends them; what they have read still arrives.
pub(super) async fn all(shared: &Shared<'_>, out: mpsc::Sender<Page>) {
    for (place, source) in shared.plan.sources.iter().enumerate() {
        let mut pages = Pages::new(shared, place, out.clone());
        let read = match &source.read {
            Read::File(file) => source_file::read(shared, file, &mut pages).await,
            Read::Http(http) => source_http::read(shared, (place, source), http, None, &mut pages).await.map(drop),
        };
        // The records in front of an error are good.
        let sent = pages.finish().await;
        match read.and(sent) {
            Ok(()) | Err(Stopped::Enough) => {}
            Err(Stopped::Closed) => return,
            Err(Stopped::Failed(failure)) => {
                let message = format!("“{}”: {}", source.named.name, failure.message);
                shared.fail_source(shared.step_failed(place, failure.code, message));
                return;
            }
        }
    }
}
