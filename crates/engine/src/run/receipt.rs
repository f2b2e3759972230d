//! What becomes of the records of an export that reads each of them once.
//!
//! Each record has a receipt that goes along every way it takes, and comes back when the last copy of the record is gone:
//! behind the last step, at a branch that ends, or where it failed. A page whose receipts are all back is handed over to be
//! marked, without the records that failed: the next run reads those again.
//!
//! What is under way is counted as the memory that it takes, a shape that pages share once.
//!
//! Invariant: a record that is written into a file is held back until the file is complete. Nothing is marked that a run which
//! breaks off takes with it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use futures::channel::mpsc;
use tombolo_model::Keys;

use super::shared::Place;
use super::{Item, Page};
use crate::size::memory_beside_shapes;

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
    /// The shapes that they have, and how many pages have each.
    shapes: RefCell<Shapes>,
    /// Whoever waits until fewer pages wait.
    wakers: RefCell<Vec<Waker>>,
}

/// By their place in memory: they are held here, so no other one gets it.
#[derive(Debug, Default)]
struct Shapes(HashMap<*const Keys, (Arc<Keys>, usize)>);

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
    /// What they take beside their shapes.
    bytes: usize,
    shapes: Vec<Arc<Keys>>,
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
        let (mut bytes, mut shapes) = (0_usize, HashMap::new());
        for item in &*page {
            let taken = memory_beside_shapes(&item.value, &mut |keys| {
                shapes.entry(Arc::as_ptr(keys)).or_insert_with(|| Arc::clone(keys));
            });
            bytes = bytes.saturating_add(taken);
        }
        let shapes: Vec<Arc<Keys>> = shapes.into_values().collect();
        let tally = &self.tally;
        let more = bytes.saturating_add(tally.shapes.borrow_mut().hold(&shapes));
        tally.bytes.set(tally.bytes.get().saturating_add(more));
        let records = RefCell::new(page.iter().cloned().map(Some).collect());
        let sent = Rc::new(Sent { place, records, open: Cell::new(page.len()), bytes, shapes, to: self.clone() });
        for (at, item) in page.iter_mut().enumerate() {
            item.receipt = Some(Receipt(Rc::new(One { page: Rc::clone(&sent), at, failed: Cell::new(false) })));
        }
    }

    /// What the records that are under way take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.tally.bytes.get()
    }
}

impl Shapes {
    /// Takes those of a page; what they take that were not here.
    fn hold(&mut self, shapes: &[Arc<Keys>]) -> usize {
        let mut bytes: usize = 0;
        for keys in shapes {
            let (_, pages) = self.0.entry(Arc::as_ptr(keys)).or_insert_with(|| (Arc::clone(keys), 0));
            if *pages == 0 {
                bytes = bytes.saturating_add(keys.memory_bytes());
            }
            *pages += 1;
        }
        bytes
    }

    /// Gives back those of a page; what they took that no other page has.
    fn release(&mut self, shapes: &[Arc<Keys>]) -> usize {
        let mut bytes: usize = 0;
        for keys in shapes {
            let Some((_, pages)) = self.0.get_mut(&Arc::as_ptr(keys)) else { continue };
            *pages = pages.saturating_sub(1);
            if *pages == 0 {
                self.0.remove(&Arc::as_ptr(keys));
                bytes = bytes.saturating_add(keys.memory_bytes());
            }
        }
        bytes
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
        let Sent { place, records, open, bytes, shapes, to } = &*self.page;
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
        let less = bytes.saturating_add(tally.shapes.borrow_mut().release(shapes));
        tally.bytes.set(tally.bytes.get().saturating_sub(less));
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

#[cfg(test)]
mod tests {
    use tombolo_model::{Record, Val};

    use super::*;

    #[test]
    fn a_shape_is_counted_once_however_many_pages_have_it() {
        const COLUMNS: usize = 200;
        let (receipts, _through) = receipts();
        let shape = |name: &str| Arc::new(Keys::new((0..COLUMNS).map(|at| format!("{name}{at}"))));
        let give = |keys: &Arc<Keys>| {
            let mut page = vec![Item::new(0, Val::Map(Record::new(Arc::clone(keys), vec![Val::Null; COLUMNS])))];
            receipts.give(0, &mut page);
            page
        };
        let one_page = (COLUMNS + 1) * size_of::<Val>();
        let (orders, lines) = (shape("order"), shape("line of an order"));
        let mut pages: Vec<Page> = (0..100).map(|_| give(&orders)).collect();
        assert_eq!(receipts.bytes(), 100 * one_page + orders.memory_bytes());
        let other = give(&lines);
        assert_eq!(receipts.bytes(), 101 * one_page + orders.memory_bytes() + lines.memory_bytes());
        pages.truncate(1);
        assert_eq!(receipts.bytes(), 2 * one_page + orders.memory_bytes() + lines.memory_bytes());
        drop(other);
        assert_eq!(receipts.bytes(), one_page + orders.memory_bytes());
        drop(pages);
        assert_eq!(receipts.bytes(), 0);
    }
}
