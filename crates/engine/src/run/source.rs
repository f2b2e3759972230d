//! The sources of a flow, one after the other.

use futures::channel::mpsc;

use super::pages::Pages;
use super::shared::Shared;
use super::{Page, source_file, source_http};
use crate::plan::Read;

/// Why a source stopped early.
pub(super) enum Stopped {
    /// It cannot be read on: code and message.
    Failed(&'static str, String),
    /// Nobody takes pages any more.
    Closed,
}

impl From<super::pages::Closed> for Stopped {
    fn from(_: super::pages::Closed) -> Self {
        Self::Closed
    }
}

/// Reads all sources. The first that fails ends them; what they have read still arrives.
pub(super) async fn all(shared: &Shared<'_>, out: mpsc::Sender<Page>) {
    for (place, source) in shared.plan.sources.iter().enumerate() {
        let mut pages = Pages::new(shared, place, out.clone());
        let read = match &source.read {
            Read::File(file) => source_file::read(shared, file, &mut pages).await,
            Read::Http(http) => source_http::read(shared, http, &mut pages).await,
        };
        let stopped = match read {
            Ok(()) => pages.finish().await.err().map(Stopped::from),
            Err(stopped) => {
                // The records in front of the error are good.
                let sent = pages.finish().await;
                Some(sent.err().map_or(stopped, Stopped::from))
            }
        };
        match stopped {
            None => {}
            Some(Stopped::Closed) => return,
            Some(Stopped::Failed(code, message)) => {
                let message = format!("“{}”: {message}", source.named.name);
                shared.fail_source(shared.step_failed(place, code, message));
                return;
            }
        }
    }
}
