//! What becomes of the records of an export that reads each of them once.
//!
//! Each record has a receipt that goes along every way it takes, and comes back when the last copy of the record is gone:
//! behind the last step, at a branch that ends, or where it failed. A page whose receipts are all back is handed over to be
//! marked, without the records that failed: the next run reads those again.
//!
//! Invariant: a record that is written into a file is held back until the file is complete. Nothing is marked that a run which
//! breaks off takes with it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem::take;
use std::rc::Rc;
use std::task::{Poll, Waker};

use futures::channel::mpsc;

use super::shared::Place;
use super::{Item, Page};
use crate::size::Memory;

/// So many pages may wait to be marked before their source reads on.
const WAITING: usize = 2;

/// Where the pages of sources go once all of their records are through.
#[derive(Debug, Clone)]
pub(super) struct Receipts {
    through: mpsc::UnboundedSender<(Place, Page)>,
    tally: Rc<Tally>,
}

/// The pages to be marked, in the order in which they were done.
pub(super) struct Through {
    pages: mpsc::UnboundedReceiver<(Place, Page)>,
    tally: Rc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    /// Pages that wait to be marked.
    waiting: Cell<usize>,
    /// What the records that are under way take in memory.
    bytes: Cell<usize>,
    /// Whoever waits until fewer pages wait.
    wakers: RefCell<Vec<Waker>>,
}

/// Goes along with a record.
#[derive(Debug, Clone)]
pub(super) struct Receipt(Rc<One>);

#[derive(Debug)]
struct One {
    page: Rc<Sent>,
    /// The record's place in the page.
    at: usize,
    failed: Cell<bool>,
}

/// A page that is under way.
#[derive(Debug)]
struct Sent {
    place: Place,
    /// The records as they were sent; nothing in the place of one that failed.
    records: RefCell<Vec<Option<Item>>>,
    open: Cell<usize>,
    bytes: usize,
    to: Receipts,
}

pub(super) fn receipts() -> (Receipts, Through) {
    let (through, pages) = mpsc::unbounded();
    let tally = Rc::<Tally>::default();
    (Receipts { through, tally: Rc::clone(&tally) }, Through { pages, tally })
}

impl Receipts {
    /// Waits until few pages wait to be marked: what is read faster than it can be marked would pile up.
    pub(super) async fn room(&self) {
        poll_fn(|context| {
            if self.tally.waiting.get() < WAITING {
                return Poll::Ready(());
            }
            self.tally.wakers.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Gives each record of a page its receipt.
    pub(super) fn give(&self, place: Place, page: &mut Page) {
        let mut memory = Memory::default();
        page.iter().for_each(|item| memory.add(&item.value));
        let (tally, bytes) = (&self.tally, memory.bytes());
        tally.bytes.set(tally.bytes.get() + bytes);
        let records = RefCell::new(page.iter().cloned().map(Some).collect());
        let sent = Rc::new(Sent { place, records, open: Cell::new(page.len()), bytes, to: self.clone() });
        for (at, item) in page.iter_mut().enumerate() {
            item.receipt = Some(Receipt(Rc::new(One { page: Rc::clone(&sent), at, failed: Cell::new(false) })));
        }
    }

    /// What the records that are under way take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.tally.bytes.get()
    }
}

impl Through {
    /// The next page whose records are through, and which source it is from; nothing once all of them are.
    pub(super) async fn next(&mut self) -> Option<(Place, Page)> {
        use futures::StreamExt;
        self.pages.next().await
    }

    /// A page is marked.
    pub(super) fn marked(&self) {
        let waiting = &self.tally.waiting;
        waiting.set(waiting.get().saturating_sub(1));
        for waker in take(&mut *self.tally.wakers.borrow_mut()) {
            waker.wake();
        }
    }
}

impl Receipt {
    /// The record failed somewhere: it is not to be marked, however its copies fare.
    pub(super) fn fail(&self) {
        self.0.failed.set(true);
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let Sent { place, records, open, bytes, to } = &*self.page;
        if self.failed.get()
            && let Some(record) = records.borrow_mut().get_mut(self.at)
        {
            *record = None;
        }
        open.set(open.get().saturating_sub(1));
        if open.get() > 0 {
            return;
        }
        let tally = &to.tally;
        tally.bytes.set(tally.bytes.get().saturating_sub(*bytes));
        let page: Page = take(&mut *records.borrow_mut()).into_iter().flatten().collect();
        // Where nobody marks any more the run is over.
        if !page.is_empty() && to.through.unbounded_send((*place, page)).is_ok() {
            tally.waiting.set(tally.waiting.get() + 1);
        }
    }
}

/// Receipts that are kept until a file is complete; of one that does not become so, its records have failed.
#[derive(Default)]
pub(super) struct Held(Vec<Receipt>);

impl Held {
    /// Keeps those of a page.
    pub(super) fn keep(&mut self, page: &[Item]) {
        self.0.extend(page.iter().filter_map(|item| item.receipt.clone()));
    }

    /// The file is complete.
    pub(super) fn release(mut self) {
        self.0.clear();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.iter().for_each(Receipt::fail);
    }
}
