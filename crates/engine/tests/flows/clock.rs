//! Time that passes only when everything waits: five minutes of patience take no time here.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// The time and those who wait for another.
#[derive(Clone)]
pub(crate) struct Clock(Rc<Inner>);

struct Inner {
    now_ms: Cell<i64>,
    next: Cell<u64>,
    sleepers: RefCell<BTreeMap<(i64, u64), Waker>>,
}

impl Clock {
    pub(crate) fn at(now_ms: i64) -> Self {
        Self(Rc::new(Inner { now_ms: Cell::new(now_ms), next: Cell::new(0), sleepers: RefCell::default() }))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.0.now_ms.get()
    }

    pub(crate) fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        self.0.next.set(self.0.next.get() + 1);
        Sleep { clock: self.clone(), key: (self.now_ms() + i64::from(ms), self.0.next.get()) }
    }

    /// Drives a future to its end.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return done;
            }
            if !woken.0.swap(false, Ordering::Relaxed) {
                let first = self.0.sleepers.borrow_mut().pop_first();
                let ((until_ms, _), sleeper) = first.expect("nothing is left that could happen");
                self.0.now_ms.set(until_ms.max(self.now_ms()));
                sleeper.wake();
            }
        }
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Sleep {
    clock: Clock,
    key: (i64, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now_ms() >= self.key.0 {
            return Poll::Ready(());
        }
        self.clock.0.sleepers.borrow_mut().insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.0.sleepers.borrow_mut().remove(&self.key);
    }
}
