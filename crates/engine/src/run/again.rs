//! Records that failed in an earlier run, edited or not, come in where they failed.

use futures::channel::mpsc;
use futures::sink::SinkExt;
use tombolo_model::Val;

use super::pages::Pages;
use super::receipt::Receipts;
use super::shared::{Place, Shared};
use super::{Item, Page, source};
use crate::units::USUAL_PAGE_SIZE;

/// Sends them on, page by page. At a source they are read already, and are made anew and judged again.
pub(super) async fn all(
    shared: &Shared<'_>,
    records: &[(u64, Val)],
    source: Option<Place>,
    (mut out, receipts): (mpsc::Sender<Page>, Receipts),
) {
    if let Some(place) = source {
        return at_source(shared, records, place, (out, receipts)).await;
    }
    let marked = marked(shared);
    for some in records.chunks(USUAL_PAGE_SIZE) {
        let mut page: Page = some.iter().map(|(index, value)| Item::new(*index, value.clone())).collect();
        if let Some(place) = marked {
            receipts.room().await;
            receipts.give(place, &mut page);
        }
        if out.send(page).await.is_err() {
            return;
        }
    }
}

/// The source whose records these are, if it marks what went through: the next run would read them again. Of several sources
/// nobody knows which.
fn marked(shared: &Shared<'_>) -> Option<Place> {
    match shared.plan.sources.as_slice() {
        [only] if only.once.is_some() && !shared.plan.test_mode => Some(0),
        _ => None,
    }
}

async fn at_source(
    shared: &Shared<'_>,
    records: &[(u64, Val)],
    place: Place,
    (out, receipts): (mpsc::Sender<Page>, Receipts),
) {
    let mut pages = Pages::again(shared, place, out, receipts);
    let mut read = Ok(());
    for (index, record) in records {
        shared.count(place, |count| count.received += 1);
        read = pages.record(record.clone(), *index).await;
        if read.is_err() {
            break;
        }
    }
    // Of the whole source nothing is said: these are some of its records.
    drop(source::ended(shared, place, &mut pages, read).await);
}
