//! Records that failed in an earlier run, edited or not, come in where they failed.

use futures::channel::mpsc;
use futures::sink::SinkExt;
use tombolo_model::Val;

use super::pages::Pages;
use super::shared::{Place, Shared};
use super::{Item, Page, source};
use crate::units::USUAL_PAGE_SIZE;

/// Sends them on, page by page. At a source they are read already, and are made anew and judged again.
pub(super) async fn all(
    shared: &Shared<'_>,
    records: &[(u64, Val)],
    source: Option<Place>,
    mut out: mpsc::Sender<Page>,
) {
    if let Some(place) = source {
        return at_source(shared, records, place, out).await;
    }
    for some in records.chunks(USUAL_PAGE_SIZE) {
        let page = some.iter().map(|(index, value)| Item::new(*index, value.clone())).collect();
        if out.send(page).await.is_err() {
            return;
        }
    }
}

async fn at_source(shared: &Shared<'_>, records: &[(u64, Val)], place: Place, out: mpsc::Sender<Page>) {
    let mut pages = Pages::again(shared, place, out);
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
