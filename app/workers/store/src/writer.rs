//! Edits on their way to the disk: what arrives while one transaction is written goes together into the next.
//!
//! What could not be written stays here, in order, and is tried again together with whatever comes later. This is the
//! only place that tries again: the caller's answer waits until its edit is on the disk, because a caller who was told
//! of a failure would send the edit again, and the document in memory has it already.
//!
//! Invariant: a job's `after` runs, and its caller is told `Ok`, only when its strict transaction is complete; its
//! caller is told of a failure only when nothing will try again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::storage::{Batch, StorageError};
use crate::{env, untold};

/// How long after a failure the disk is tried again.
const AGAIN_MS: u32 = 1_000;

/// What follows from being stored: telling screens and tabs.
type After = Box<dyn FnOnce(&Rc<Account>)>;

/// One edit.
struct Job {
    batch: Batch,
    /// How many changes it holds, for the count of what is not saved.
    changes: usize,
    after: After,
    done: Option<oneshot::Sender<Result<(), StorageError>>>,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Writer {
    queue: RefCell<Vec<Job>>,
    failed: RefCell<Vec<Job>>,
    changes: Cell<usize>,
    busy: Cell<bool>,
    failure: RefCell<Option<StorageError>>,
    /// The disk has refused and has not taken anything since.
    refusing: Cell<bool>,
}

impl Writer {
    /// Changes that are not on the disk.
    pub(crate) fn unsaved(&self) -> usize {
        self.changes.get()
    }

    /// Changes that the disk did not take. What is merely on its way there is not among them, and while an attempt is
    /// repeated they still are.
    pub(crate) fn refused(&self) -> usize {
        if self.refusing.get() { self.changes.get() } else { 0 }
    }

    /// Why the last attempt failed, while that lasts.
    pub(crate) fn failure(&self) -> Option<StorageError> {
        self.failure.borrow().clone()
    }

    /// Tells those who wait that nothing will be written any more.
    pub(crate) fn close(&self) {
        give_up(&mut self.queue.borrow_mut(), &StorageError::Closed);
        give_up(&mut self.failed.borrow_mut(), &StorageError::Closed);
    }
}

/// Queues an edit; the answer comes when a transaction that holds it is complete, however often that is tried.
pub(crate) async fn write(
    account: &Rc<Account>,
    batch: Batch,
    changes: usize,
    after: impl FnOnce(&Rc<Account>) + 'static,
) -> Result<(), StorageError> {
    let (sender, receiver) = oneshot::channel();
    let writer = &account.writer;
    writer.queue.borrow_mut().push(Job { batch, changes, after: Box::new(after), done: Some(sender) });
    writer.changes.set(writer.changes.get() + changes);
    account.show_status();
    drain(account);
    receiver.await.unwrap_or(Err(StorageError::Closed))
}

/// Waits until nothing of this tab is on its way to the disk.
///
/// # Errors
///
/// Returns why the last attempt failed; what failed is still tried again.
pub(crate) async fn settled(account: &Rc<Account>) -> Result<(), StorageError> {
    const A_MOMENT_MS: u32 = 5;
    while account.writer.unsaved() > 0 {
        if let Some(failure) = account.writer.failure() {
            return Err(failure);
        }
        env::pause(A_MOMENT_MS).await;
    }
    Ok(())
}

fn drain(account: &Rc<Account>) {
    if account.writer.busy.replace(true) {
        return;
    }
    let account = account.clone();
    spawn_local(async move {
        while step(&account).await {}
        account.writer.busy.set(false);
        if !account.writer.failed.borrow().is_empty() {
            try_again(&account);
        }
    });
}

/// Writes everything that waits; whether there may be more.
async fn step(account: &Rc<Account>) -> bool {
    let writer = &account.writer;
    let fresh = writer.queue.take();
    if fresh.is_empty() && (writer.failed.borrow().is_empty() || writer.failure.borrow().is_some()) {
        return false;
    }
    let mut jobs = writer.failed.take();
    jobs.extend(fresh);
    let mut all = Batch::new();
    for job in &jobs {
        all.extend(job.batch.clone());
    }
    let number = untold::count(account, &mut all);
    // Asked for now, the outbox is read as soon as the transaction is complete: a colleague waits a turn less.
    account.outbox_grew();
    match account.storage.write(&all).await {
        Ok(()) => {
            writer.failure.replace(None);
            writer.refusing.set(false);
            for job in jobs {
                writer.changes.set(writer.changes.get().saturating_sub(job.changes));
                (job.after)(account);
                if let Some(done) = job.done {
                    drop(done.send(Ok(())));
                }
            }
            untold::told(account, number);
        }
        Err(error) => {
            if error == StorageError::Closed {
                give_up(&mut jobs, &error);
            }
            writer.failed.replace(jobs);
            writer.refusing.set(true);
            account.storing_failed(&error);
            writer.failure.replace(Some(error));
        }
    }
    account.show_status();
    !writer.queue.borrow().is_empty()
}

fn try_again(account: &Rc<Account>) {
    let account = account.clone();
    spawn_local(async move {
        env::pause(AGAIN_MS).await;
        // A database that was closed stays so until the page is loaded anew.
        if account.is_open() && account.writer.failure() != Some(StorageError::Closed) {
            account.writer.failure.replace(None);
            drain(&account);
        }
    });
}

fn give_up(jobs: &mut [Job], error: &StorageError) {
    for done in jobs.iter_mut().filter_map(|job| job.done.take()) {
        drop(done.send(Err(error.clone())));
    }
}
