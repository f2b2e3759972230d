//! The places that children run in: few, and no account takes them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tombolo_model::Id;

/// At most so many children at a time.
const CHILDREN: usize = 4;
/// At most so many of one account, so that another's run never waits for hours.
const CHILDREN_OF_ACCOUNT: usize = 3;

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    accounts: Mutex<HashMap<Id, Arc<Semaphore>>>,
}

/// A place; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    _account: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(CHILDREN)), accounts: Mutex::default() }
    }

    /// Waits for a place; who waits longest comes first.
    ///
    /// # Errors
    ///
    /// Returns that there will be no places any more.
    pub(super) async fn take(&self, account: Id) -> Result<Taken, AcquireError> {
        let own = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(accounts.entry(account).or_insert_with(|| Arc::new(Semaphore::new(CHILDREN_OF_ACCOUNT))))
        };
        let own = own.acquire_owned().await?;
        let all = Arc::clone(&self.all).acquire_owned().await?;
        Ok(Taken { _account: own, _all: all })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_account_leaves_a_place_to_the_others() {
        let places = Places::new();
        let (ann, bob) = (Id::from_parts(1, [0; 8]), Id::from_parts(2, [0; 8]));
        let mut taken = Vec::new();
        for _ in 0..CHILDREN_OF_ACCOUNT {
            taken.push(places.take(ann).await.unwrap());
        }
        let mut waiting = Box::pin(places.take(ann));
        assert!(waiting.as_mut().now_or_never().is_none());
        taken.push(places.take(bob).await.unwrap());
        taken.remove(0);
        assert!(waiting.now_or_never().is_some());
    }
}
