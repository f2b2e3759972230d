//! Rows to pages: counted, refined, cut to size, sent on when the next step has room.

use futures::channel::mpsc;
use futures::sink::SinkExt;
use tombolo_formats::Row;
use tombolo_model::Val;

use super::refine::{Refined, refine};
use super::shared::{Place, Shared};
use super::source::{Intake, Stopped};
use super::{Item, Page};
use crate::plan::Source;
use crate::units::MAX_PAGE_BYTES;

pub(super) struct Pages<'a, 's> {
    shared: &'a Shared<'s>,
    source: &'a Source,
    pub(super) place: Place,
    out: mpsc::Sender<Page>,
    page: Page,
    /// The records of the page together.
    page_bytes: usize,
    /// Records so far, the failed ones included.
    records: u64,
}

impl Intake for Pages<'_, '_> {
    /// Waits while the queue is full.
    async fn take(&mut self, rows: &mut Vec<Row>) -> Result<(), Stopped> {
        for row in rows.drain(..) {
            let index = self.records;
            self.records += 1;
            self.shared.count(self.place, |count| count.received += 1);
            match row {
                Err(error) => {
                    self.shared.record_failed(self.place, "parse", error.message, index, None);
                }
                Ok(record) => self.record(Val::Map(record), index).await?,
            }
        }
        Ok(())
    }
}

impl<'a, 's> Pages<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, out: mpsc::Sender<Page>) -> Self {
        let source = &shared.plan.sources[place];
        Self { shared, source, place, out, page: Page::new(), page_bytes: 0, records: 0 }
    }

    pub(super) async fn record(&mut self, record: Val, index: u64) -> Result<(), Stopped> {
        match refine(self.shared, self.source, self.place, record, index).await {
            Refined::Passed(value, size) => self.add(Item { index, value }, size).await,
            Refined::Ignored => {
                self.shared.count(self.place, |count| count.ignored += 1);
                Ok(())
            }
            Refined::Failed((code, message), record) => {
                let record = Some(&record).filter(|record| **record != Val::Absent);
                self.shared.record_failed(self.place, &code, message, index, record);
                Ok(())
            }
        }
    }

    /// Puts a record on the page, which goes on when it is full.
    async fn add(&mut self, item: Item, size: usize) -> Result<(), Stopped> {
        if self.page_bytes + size > MAX_PAGE_BYTES && !self.page.is_empty() {
            self.send().await?;
        }
        self.page.push(item);
        self.page_bytes += size;
        if self.page.len() >= self.source.page_size {
            self.send().await?;
        }
        Ok(())
    }

    /// Sends what is left.
    pub(super) async fn finish(&mut self) -> Result<(), Stopped> {
        let sent = if self.page.is_empty() { Ok(()) } else { self.send().await };
        self.shared.say(self.place);
        sent
    }

    async fn send(&mut self) -> Result<(), Stopped> {
        let page = std::mem::take(&mut self.page);
        self.page_bytes = 0;
        let passed = page.len() as u64;
        self.out.send(page).await.map_err(|_| Stopped::Closed)?;
        self.shared.count(self.place, |count| count.success += passed);
        self.shared.page_done(self.place);
        // A test run looks at the first page only.
        if self.shared.plan.test_mode { Err(Stopped::Enough) } else { Ok(()) }
    }
}
