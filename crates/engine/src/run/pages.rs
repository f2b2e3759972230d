//! Rows to pages: counted, filtered, cut to size, sent on when the next step has room.

use futures::channel::mpsc;
use futures::sink::SinkExt;
use tombolo_formats::Row;
use tombolo_model::Val;

use super::scripted::{passes, transformed};
use super::shared::{Place, Shared};
use super::{Item, Page};
use crate::plan::Source;

pub(super) struct Pages<'a, 's> {
    shared: &'a Shared<'s>,
    source: &'a Source,
    pub(super) place: Place,
    out: mpsc::Sender<Page>,
    page: Page,
    /// Records so far, the failed ones included.
    pub(super) records: u64,
}

/// Nobody takes pages any more: the run is ending.
pub(super) struct Closed;

impl<'a, 's> Pages<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, out: mpsc::Sender<Page>) -> Self {
        Self { shared, source: &shared.plan.sources[place], place, out, page: Page::new(), records: 0 }
    }

    /// Takes rows; waits while the queue is full.
    pub(super) async fn take(&mut self, rows: &mut Vec<Row>) -> Result<(), Closed> {
        for row in rows.drain(..) {
            let index = self.records;
            self.records += 1;
            self.shared.count(self.place, |count| count.received += 1);
            match row {
                Err(error) => {
                    self.shared.record_failed(self.place, "parse", error.message, index, None);
                }
                Ok(record) => {
                    let Some(value) = self.transformed(Val::Map(record), index).await else { continue };
                    let passed = match &self.source.filter {
                        None => Ok(true),
                        Some(filter) => passes(self.shared, self.place, filter, &value, index).await,
                    };
                    match passed {
                        Ok(true) => self.page.push(Item { index, value }),
                        Ok(false) => self.shared.count(self.place, |count| count.ignored += 1),
                        Err((code, message)) => {
                            self.shared.record_failed(self.place, &code, message, index, Some(&value));
                        }
                    }
                }
            }
            if self.page.len() >= self.source.page_size {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// The record as it goes on; nothing when it failed.
    async fn transformed(&self, record: Val, index: u64) -> Option<Val> {
        let Some(transform) = &self.source.transform else { return Some(record) };
        let find = |name: &str| match name {
            "record" => Some(&record),
            "timestamp" => Some(&self.shared.started),
            _ => self.source.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
        };
        match transformed(self.shared, self.place, transform, &record, &find, index).await {
            Ok(made) => Some(made),
            Err((code, message)) => {
                self.shared.record_failed(self.place, &code, message, index, Some(&record));
                None
            }
        }
    }

    /// Sends what is left.
    pub(super) async fn finish(&mut self) -> Result<(), Closed> {
        if !self.page.is_empty() {
            self.send().await?;
        }
        self.shared.say(self.place);
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Closed> {
        let page = std::mem::take(&mut self.page);
        let passed = page.len() as u64;
        self.out.send(page).await.map_err(|_| Closed)?;
        self.shared.count(self.place, |count| count.success += passed);
        self.shared.page_done(self.place);
        Ok(())
    }
}
