//! Rows to pages: counted, sorted, grouped, refined, cut to size, sent on when the next step has room.

use futures::channel::mpsc;
use futures::sink::SinkExt;
use tombolo_formats::Row;
use tombolo_model::Val;

use super::pre_save_page::{Call, PageError};
use super::receipt::Receipts;
use super::refine::{Refined, asks_scripts, code_of, refine, refine_all, too_big};
use super::shared::{Place, Shared};
use super::source::{Failure, Intake, Stopped};
use super::{Item, Page};
use crate::group::{Group, Grouper};
use crate::plan::{Function, Source};
use crate::size::{Memory, size_bytes};
use crate::units::{MAX_PAGE_BYTES, MAX_PAGE_ERRORS, MAX_RECORD_BYTES, MAX_SORTED_BYTES, MAX_UNMARKED_BYTES};

pub(super) struct Pages<'a, 's> {
    shared: &'a Shared<'s>,
    source: &'a Source,
    pub(super) place: Place,
    out: mpsc::Sender<Page>,
    /// Of a source that marks what was read.
    receipts: Option<Receipts>,
    /// What waits for the end to be sorted.
    unsorted: Vec<Item>,
    unsorted_memory: Memory,
    /// Joins the rows of a file, before they are refined.
    rows: Option<Grouper<'a>>,
    /// Joins refined records.
    groups: Option<Grouper<'a>>,
    /// Records that wait until scripts are asked about all of them, with their places, and how big they are together.
    waiting: Vec<(Val, u64)>,
    waiting_bytes: usize,
    page: Page,
    /// The records of the page together.
    page_bytes: usize,
    /// What was wrong with records since the last page, where its hook has a say in it.
    errors: Vec<PageError>,
    /// The number of the next page for its hook.
    page_index: u64,
    /// It takes no more records than these.
    limit: Option<u64>,
    /// No page follows.
    closed: bool,
    /// The hook wanted no more pages.
    pub(super) aborted: bool,
    /// Rows so far, the failed ones included.
    read: u64,
    /// Records so far; with the rows of a file in groups, these.
    records: u64,
}

/// How reading ended. A group or a sorted file with a part of its rows must not look like a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All is read.
    Whole,
    /// As many records as were wanted are read.
    Enough,
    /// It broke off.
    Broken,
}

impl Intake for Pages<'_, '_> {
    /// Waits while the queue is full.
    async fn take(&mut self, rows: &mut Vec<Row>) -> Result<(), Stopped> {
        if self.shared.sources_end() {
            return Err(Stopped::Closed);
        }
        for row in rows.drain(..) {
            let index = self.read;
            self.read += 1;
            self.shared.count(self.place, |count| count.received += 1);
            match row {
                Err(error) => {
                    // Those before it are told of first.
                    self.ask_scripts().await?;
                    let code = code_of(&error).to_owned();
                    self.failed(code, error.message, index, error.record.map(Val::Map)).await?;
                }
                Ok(record) => self.came(Val::Map(record), index).await?,
            }
        }
        Ok(())
    }
}

impl<'a, 's> Pages<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, out: mpsc::Sender<Page>, receipts: Receipts) -> Self {
        let source = &shared.plan.sources[place];
        let marks = source.once.is_some() && !shared.plan.test_mode;
        Self {
            shared,
            source,
            place,
            out,
            receipts: marks.then_some(receipts),
            unsorted: Vec::new(),
            unsorted_memory: Memory::default(),
            rows: source.row_grouping.as_ref().map(Grouper::new),
            groups: source.grouping.as_ref().map(Grouper::new),
            waiting: Vec::new(),
            waiting_bytes: 0,
            page: Page::new(),
            page_bytes: 0,
            errors: Vec::new(),
            page_index: 0,
            limit: source.limit,
            closed: false,
            aborted: false,
            read: 0,
            records: 0,
        }
    }

    /// For records that were read by an earlier run, however many it may read.
    pub(super) fn again(shared: &'a Shared<'s>, place: Place, out: mpsc::Sender<Page>, receipts: Receipts) -> Self {
        Self { limit: None, ..Self::new(shared, place, out, receipts) }
    }

    /// Passes on what stands for the page of the source in a test run.
    pub(super) async fn mocked(&mut self, mock: &[Val]) -> Result<(), Stopped> {
        let mut page = Page::with_capacity(mock.len());
        for (value, index) in mock.iter().zip(0..) {
            self.shared.count(self.place, |count| count.received += 1);
            self.shared.stage(self.place, "mockOutput", index, &Val::Absent, Ok(Some(value)));
            page.push(Item::new(index, value.clone()));
        }
        let passed = if page.is_empty() { Ok(()) } else { self.pass(page).await };
        self.shared.say(self.place);
        passed
    }

    async fn came(&mut self, record: Val, index: u64) -> Result<(), Stopped> {
        if self.source.delta.as_ref().is_some_and(|delta| !delta.is_new(&record)) {
            self.shared.count(self.place, |count| count.ignored += 1);
            return Ok(());
        }
        if self.source.sorting.is_some() { self.keep(record, index) } else { self.row(record, index).await }
    }

    /// A record failed; the hook of the page may have a say in it.
    async fn failed(&mut self, code: String, message: String, index: u64, record: Option<Val>) -> Result<(), Stopped> {
        if self.source.pre_save_page.is_none() {
            self.shared.record_failed(self.place, &code, message, index, record.as_ref());
            return Ok(());
        }
        self.errors.push(PageError { code, message, index: Some(index), record });
        if self.errors.len() >= MAX_PAGE_ERRORS { self.send().await } else { Ok(()) }
    }

    /// Keeps a row until all are there.
    fn keep(&mut self, value: Val, index: u64) -> Result<(), Stopped> {
        self.unsorted_memory.add(&value);
        if self.unsorted_memory.bytes() > MAX_SORTED_BYTES {
            let most = MAX_SORTED_BYTES / (1024 * 1024);
            let message = format!(
                "the records take more than {most} MB of memory, and sorting needs all of them there. Sort them before, or read them without sorting."
            );
            return Err(Failure::new("too_big", message).into());
        }
        self.unsorted.push(Item::new(index, value));
        Ok(())
    }

    /// A row in its order.
    async fn row(&mut self, value: Val, index: u64) -> Result<(), Stopped> {
        let Some(rows) = &mut self.rows else { return self.record(value, index).await };
        if let Some(message) = self.source.row_grouping.as_ref().and_then(|keys| keys.refuses(&value)) {
            return self.failed("parse".to_owned(), message, index, Some(value)).await;
        }
        let Some(group) = rows.push(value, index) else { return Ok(()) };
        self.group_of_rows(group).await
    }

    async fn group_of_rows(&mut self, group: Group) -> Result<(), Stopped> {
        let index = group.index;
        match group.into_record() {
            Ok(value) => self.record(value, index).await,
            Err(size) => self.group_failed(index, size).await,
        }
    }

    pub(super) async fn record(&mut self, record: Val, index: u64) -> Result<(), Stopped> {
        self.records += 1;
        if asks_scripts(self.source) {
            self.waiting_bytes += size_bytes(&record);
            self.waiting.push((record, index));
            let most = if self.shared.plan.test_mode { 1 } else { self.source.page_size };
            if self.waiting.len() >= most || self.waiting_bytes > MAX_PAGE_BYTES {
                self.ask_scripts().await?;
            }
        } else {
            let refined = refine(self.shared, self.source, self.place, record, index).await;
            self.refined(refined, index).await?;
        }
        if self.limit.is_some_and(|most| self.records >= most) { Err(Stopped::Enough) } else { Ok(()) }
    }

    /// Asks scripts about the records that wait.
    async fn ask_scripts(&mut self) -> Result<(), Stopped> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.waiting_bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let places: Vec<u64> = waiting.iter().map(|(_, index)| *index).collect();
        let refined = refine_all(self.shared, self.source, self.place, waiting).await;
        for (refined, index) in refined.into_iter().zip(places) {
            self.refined(refined, index).await?;
        }
        Ok(())
    }

    /// What became of a record.
    async fn refined(&mut self, refined: Refined, index: u64) -> Result<(), Stopped> {
        match refined {
            Refined::Passed(value, size) => match &mut self.groups {
                // What is a list is a group already.
                Some(groups) if !matches!(value, Val::List(_)) => {
                    if let Some(group) = groups.push(value, index) {
                        self.group(group).await?;
                    }
                }
                _ => self.add(Item::new(index, value), size).await?,
            },
            Refined::Ignored => self.shared.count(self.place, |count| count.ignored += 1),
            Refined::Failed((code, message), record) => {
                let record = Some(record).filter(|record| *record != Val::Absent);
                self.failed(code, message, index, record).await?;
            }
        }
        Ok(())
    }

    async fn group(&mut self, group: Group) -> Result<(), Stopped> {
        let index = group.index;
        match group.into_record() {
            Ok(value) => {
                let size = size_bytes(&value);
                self.add(Item::new(index, value), size).await
            }
            Err(size) => self.group_failed(index, size).await,
        }
    }

    async fn group_failed(&mut self, index: u64, size: usize) -> Result<(), Stopped> {
        let (code, message) = too_big("The group that begins here has", size);
        self.failed(code, message, index, None).await
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
    pub(super) async fn finish(&mut self, end: End) -> Result<(), Stopped> {
        let filled = if end == End::Whole { self.fill().await } else { Ok(()) };
        let filled = if self.closed { filled } else { filled.and(self.ask_scripts().await) };
        let sent = if self.closed { Ok(()) } else { self.rest(end).await };
        self.shared.say(self.place);
        filled.and(sent)
    }

    async fn rest(&mut self, end: End) -> Result<(), Stopped> {
        if end != End::Broken
            && let Some(group) = self.groups.as_mut().and_then(Grouper::end)
        {
            self.group(group).await?;
        }
        if self.page.is_empty() && self.errors.is_empty() { Ok(()) } else { self.send().await }
    }

    /// Sorts, and completes the last group of rows.
    async fn fill(&mut self) -> Result<(), Stopped> {
        if let Some(sorting) = &self.source.sorting {
            let mut unsorted = std::mem::take(&mut self.unsorted);
            sorting.sort(&mut unsorted, |item| &item.value);
            for Item { index, value, .. } in unsorted {
                self.row(value, index).await?;
            }
        }
        match self.rows.as_mut().and_then(Grouper::end) {
            Some(group) => self.group_of_rows(group).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self) -> Result<(), Stopped> {
        let mut page = std::mem::take(&mut self.page);
        self.page_bytes = 0;
        let mut aborted = false;
        if let Some(function) = &self.source.pre_save_page {
            (page, aborted) = self.hooked(function, page).await?;
        }
        if !page.is_empty() {
            self.pass(page).await?;
        }
        // A test run looks at the first page only.
        self.closed = aborted || self.shared.plan.test_mode || self.shared.sources_end() || self.holds_too_much();
        self.aborted |= aborted;
        if self.closed { Err(Stopped::Enough) } else { Ok(()) }
    }

    async fn pass(&mut self, mut page: Page) -> Result<(), Stopped> {
        let passed = page.len() as u64;
        if let Some(receipts) = &self.receipts {
            receipts.room().await;
            receipts.give(self.place, &mut page);
        }
        self.out.send(page).await.map_err(|_| Stopped::Closed)?;
        self.shared.count(self.place, |count| count.success += passed);
        self.shared.page_done(self.place);
        Ok(())
    }

    /// Whether so much waits for a file to be complete that the next run has to read the rest. What waits in the queues of
    /// steps is bounded anyhow.
    fn holds_too_much(&self) -> bool {
        let held = self.receipts.as_ref().is_some_and(|receipts| receipts.bytes() > MAX_UNMARKED_BYTES);
        if !held || !self.shared.plan.writes_files() {
            return false;
        }
        let most = MAX_UNMARKED_BYTES / (1024 * 1024);
        let message = format!(
            "It stopped reading when what it had read took {most} MB of memory: records are marked as read when the file that they are written to is complete, and wait until then. The next run reads the rest."
        );
        self.shared.warn(self.place, message);
        true
    }

    /// The page as its hook leaves it, and whether it is the last one.
    async fn hooked(&mut self, function: &Function, page: Page) -> Result<(Page, bool), Stopped> {
        let page_index = self.page_index;
        self.page_index += 1;
        let errors = std::mem::take(&mut self.errors);
        let call = Call { place: self.place, source: self.source, function, page_index, turn: page_index };
        let data = page.iter().map(|item| &item.value);
        let left = call.make(self.shared, data, &errors).await;
        // A hook may make more or fewer records than there were; theirs are the places of those that it got.
        let first = page.first().map_or(self.read.saturating_sub(1), |item| item.index);
        let place = |at: usize| page.get(at).or(page.last()).map_or(first, |item| item.index);
        let failed = |errors: Vec<PageError>| {
            for PageError { code, message, index, record } in errors {
                match index {
                    Some(index) => self.shared.record_failed(self.place, &code, message, index, record.as_ref()),
                    None => {
                        let fault = ("pre_save_page_hook", code.as_str(), message);
                        self.shared.hook_failed(self.place, fault, first, record.as_ref());
                    }
                }
            }
        };
        let left = left.map_err(|failure| {
            // What was wrong before it is known nowhere else.
            failed(errors);
            Failure::new(failure.code, failure.message)
        })?;
        failed(left.errors);
        let mut made = Page::with_capacity(left.data.len());
        for (at, value) in left.data.into_iter().enumerate() {
            let (index, size) = (place(at), size_bytes(&value));
            let nth = at.saturating_sub(page.len().saturating_sub(1));
            if size > MAX_RECORD_BYTES {
                let (code, message) = too_big("The record that preSavePage made has", size);
                self.shared.record_failed(self.place, &code, message, index, None);
            } else {
                made.push(Item { nth, ..Item::new(index, value) });
            }
        }
        Ok((made, left.abort))
    }
}
