//! Chance whose seed is printed, so that a failing order of events can be had again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A small generator (xorshift): good enough to choose tabs, moments and letters.
pub struct Dice(u64);

impl Dice {
    /// Takes the seed from `TOMBOLO_SEED`, or from the clock, and prints it.
    ///
    /// # Panics
    ///
    /// When the clock is not set.
    pub fn seeded() -> Self {
        let named = std::env::var("TOMBOLO_SEED").ok().and_then(|text| text.parse().ok());
        let seed = named.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set");
            u64::from(now.subsec_nanos()) | 1
        });
        println!("TOMBOLO_SEED={seed}");
        Self(seed)
    }

    /// A number below `most`.
    ///
    /// # Panics
    ///
    /// When `most` is 0.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).expect("smaller than most")
    }

    /// A time up to and with `most`, in whole milliseconds.
    ///
    /// # Panics
    ///
    /// When `most` is longer than a test can be.
    pub fn moment(&mut self, most: Duration) -> Duration {
        let ms = usize::try_from(most.as_millis()).expect("a short time");
        Duration::from_millis(self.below(ms + 1) as u64)
    }
}
