//! How long to wait before the next try: doubling, capped, and jittered so that a thousand devices do not return at once.
//!
//! For the first minute the cap is two seconds: most absences are a restart or a short hole in the network, and
//! people watch the screen. Then it is half a minute.

use crate::random::Random;

const FIRST_MS: u64 = 250;
const EARLY_LAST_MS: u64 = 2_000;
const LAST_MS: u64 = 30_000;
/// So many tries at the early cap take about a minute.
const EARLY_TRIES: u32 = 40;

/// Counts failed tries.
#[derive(Debug, Clone)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Starts without a failure.
    #[must_use]
    pub const fn new() -> Self {
        Self { failures: 0 }
    }

    /// Forgets the failures: a link stood long enough to be called working.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Counts a failure and says how long to wait: between half of the step and the step.
    pub fn next_ms(&mut self, random: &mut Random) -> u64 {
        let cap = if self.failures < EARLY_TRIES { EARLY_LAST_MS } else { LAST_MS };
        let step = FIRST_MS.checked_shl(self.failures.min(16)).unwrap_or(cap).min(cap);
        self.failures = self.failures.saturating_add(1);
        step / 2 + random.below(step / 2 + 1)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_never_exceed_it() {
        let mut random = Random::new(7);
        let mut backoff = Backoff::new();
        let waits: Vec<u64> = (0..60).map(|_| backoff.next_ms(&mut random)).collect();
        assert!((125..=250).contains(&waits[0]));
        assert!((500..=1_000).contains(&waits[2]));
        assert!(waits[10..40].iter().all(|wait| (1_000..=2_000).contains(wait)));
        assert!((40_000..80_000).contains(&waits[..40].iter().sum::<u64>()), "the early tries take about a minute");
        assert!(waits[40..].iter().all(|wait| (15_000..=30_000).contains(wait)));
    }
}
