//! How often somebody may send what proves nothing.
//!
//! Counted for a network, never for a listener: whoever guesses must not keep the real sender out. What proves itself is not
//! counted here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::auth::attempts::Network;

/// So many at once.
const BURST: i64 = 60;
/// One comes back after so long.
const BACK_MS: i64 = 1_000;
/// Beyond so many networks those that may do all again are forgotten.
const MOST: usize = 50_000;

/// What networks have missed: how many, and when that was reckoned.
#[derive(Debug, Default)]
pub(super) struct Misses(Mutex<HashMap<Network, (i64, i64)>>);

impl Misses {
    /// Whether a network may send.
    ///
    /// # Errors
    ///
    /// Returns the seconds to wait.
    pub(super) fn check(&self, network: Network, now_ms: i64) -> Result<(), u64> {
        let misses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = misses.get(&network).map_or(0, |counted| left(*counted, now_ms).0);
        if missed < BURST { Ok(()) } else { Err(1) }
    }

    /// Counts one that proved nothing.
    pub(super) fn count(&self, network: Network, now_ms: i64) {
        let mut misses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if misses.len() >= MOST {
            misses.retain(|_, counted| left(*counted, now_ms).0 > 0);
        }
        let (missed, since) = left(misses.get(&network).copied().unwrap_or((0, now_ms)), now_ms);
        misses.insert(network, ((missed + 1).min(BURST), since));
    }
}

/// What is left of misses. A clock that was set back forgives nothing.
fn left((missed, since_ms): (i64, i64), now_ms: i64) -> (i64, i64) {
    let back = now_ms.saturating_sub(since_ms).max(0) / BACK_MS;
    if back >= missed { (0, now_ms) } else { (missed - back, since_ms + back * BACK_MS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_proves_nothing_waits_and_keeps_nobody_else_out() {
        let misses = Misses::default();
        let network = |address: &str| Network::of(address.parse().unwrap());
        let (theirs, other) = (network("203.0.113.9"), network("198.51.100.1"));
        for _ in 0..BURST {
            assert_eq!(misses.check(theirs, 5_000), Ok(()));
            misses.count(theirs, 5_000);
        }
        assert_eq!(misses.check(theirs, 5_500), Err(1));
        assert_eq!(misses.check(other, 5_500), Ok(()));
        assert_eq!(misses.check(theirs, 1_000), Err(1), "a clock that was set back");
        assert_eq!(misses.check(theirs, 6_000), Ok(()), "one has come back");
        misses.count(theirs, 6_000);
        assert_eq!(misses.check(theirs, 6_500), Err(1));
        assert_eq!(misses.check(theirs, 5_000 + 2 * BURST * BACK_MS), Ok(()));
    }
}
