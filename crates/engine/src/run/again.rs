//! Records that failed in an earlier run, edited or not, come in where they failed.

use futures::channel::mpsc;
use futures::sink::SinkExt;
use tombolo_model::Val;

use super::pages::{End, Pages};
use super::shared::{Place, Shared};
use super::{Item, Page};
use crate::units::USUAL_PAGE_SIZE;

/// Sends them on, page by page. At a source they are read already, and are made anew and judged again.
pub(super) async fn all(
    shared: &Shared<'_>,
    records: &[(u64, Val)],
    source: Option<Place>,
    mut out: mpsc::Sender<Page>,
) {
    if let Some(place) = source {
        let mut pages = Pages::new(shared, place, out);
        for (index, record) in records {
            shared.count(place, |count| count.received += 1);
            // Nobody takes pages any more: the run is ending.
            if pages.record(record.clone(), *index).await.is_err() {
                return;
            }
        }
        drop(pages.finish(End::Whole).await);
        return;
    }
    for some in records.chunks(USUAL_PAGE_SIZE) {
        let page = some.iter().map(|(index, value)| Item { index: *index, value: value.clone() }).collect();
        if out.send(page).await.is_err() {
            return;
        }
    }
}
