//! How often an account may call: a bucket of a thousand requests that fills by three hundred a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tombolo_model::Id;

/// What a bucket holds, in thousandths of a request.
const FULL: i64 = 1_000 * 1_000;
/// What comes back each millisecond, in the same.
const REFILL: i64 = 300;
/// What a request takes.
const REQUEST: i64 = 1_000;
/// Beyond so many buckets those that are full again are forgotten.
const MOST: usize = 10_000;

/// The buckets of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashMap<Id, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: i64,
    at_ms: i64,
}

impl Bucket {
    /// A clock that was set back fills nothing and takes nothing.
    fn filled(self, now_ms: i64) -> Self {
        let came = now_ms.saturating_sub(self.at_ms).max(0).saturating_mul(REFILL);
        Self { level: self.level.saturating_add(came).min(FULL), at_ms: now_ms }
    }
}

impl Buckets {
    /// Takes a request out of an account's bucket.
    ///
    /// # Errors
    ///
    /// Returns the whole seconds to wait when the bucket is empty.
    pub(crate) fn take(&self, account: Id, now_ms: i64) -> Result<(), u64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MOST {
            buckets.retain(|_, bucket| bucket.filled(now_ms).level < FULL);
        }
        let bucket = buckets.entry(account).or_insert(Bucket { level: FULL, at_ms: now_ms });
        *bucket = bucket.filled(now_ms);
        if bucket.level < REQUEST {
            return Err(1);
        }
        bucket.level -= REQUEST;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_a_thousand_is_taken_and_then_three_hundred_a_second() {
        let buckets = Buckets::default();
        let account = |n| Id::from_parts(n, [0; 8]);
        let taken = |now_ms| (0..2_000).filter(|_| buckets.take(account(1), now_ms).is_ok()).count();
        assert_eq!(taken(5_000), 1_000);
        assert_eq!(buckets.take(account(1), 5_000), Err(1));
        assert_eq!(taken(6_000), 300);
        assert_eq!(taken(1_000), 0, "a clock that was set back");
        assert!(buckets.take(account(2), 6_000).is_ok(), "another account has its own");
    }
}
