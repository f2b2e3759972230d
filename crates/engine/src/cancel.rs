//! Stopping a run from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A switch that stops a run at whatever it waits for. Clones are the same switch.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    canceled: bool,
    waiting: Vec<Waker>,
}

impl Cancel {
    /// Stops the run; a second time changes nothing.
    pub fn cancel(&self) {
        let waiting = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.canceled = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether somebody stopped it.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.canceled
    }

    /// Waits until somebody stops it.
    pub fn canceled(&self) -> impl Future<Output = ()> + Unpin + use<> {
        Canceled(self.clone())
    }
}

struct Canceled(Cancel);

impl Future for Canceled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.canceled {
            return Poll::Ready(());
        }
        if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            state.waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}
