//! What a template is given beside its source and its context.

use std::cell::Cell;
use std::fmt;

use sha2::{Digest, Sha256};
use tombolo_model::Val;

use crate::Target;

/// How a template is compiled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'o> {
    /// What the text becomes.
    pub target: Target,
    /// Whether a field that is missing is an error.
    pub strict: bool,
    /// The names and sources of partials.
    pub partials: &'o [(&'o str, &'o str)],
}

/// Finds the value of a static lookup: its name and the key; nothing when there is no such lookup.
pub type Lookups<'e> = &'e dyn Fn(&str, &Val) -> Option<Result<Val, String>>;

/// The surroundings of a render: nothing here is read from the machine, so that a run can be repeated.
pub struct Env<'e> {
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
    /// Static lookups.
    pub lookups: Option<Lookups<'e>>,
    seed: u64,
    drawn: Cell<u64>,
}

impl<'e> Env<'e> {
    /// Makes surroundings; the same seed draws the same random values.
    #[must_use]
    pub fn new(now_ms: i64, seed: u64) -> Self {
        Self { now_ms, lookups: None, seed, drawn: Cell::new(0) }
    }

    /// Adds static lookups.
    #[must_use]
    pub fn with_lookups(self, lookups: Lookups<'e>) -> Self {
        Self { lookups: Some(lookups), ..self }
    }

    /// Calls with surroundings that have these lookups; random values go on where they were.
    pub fn scoped<R>(&self, lookups: Lookups<'_>, call: impl FnOnce(&Env<'_>) -> R) -> R {
        let inner =
            Env { now_ms: self.now_ms, lookups: Some(lookups), seed: self.seed, drawn: Cell::new(self.drawn.get()) };
        let made = call(&inner);
        self.drawn.set(inner.drawn.get());
        made
    }

    /// The next random bytes: a hash of the seed and a counter, so that no value tells the next one.
    pub(crate) fn random(&self) -> [u8; 32] {
        let drawn = self.drawn.get();
        self.drawn.set(drawn.wrapping_add(1));
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(drawn.to_le_bytes());
        hash.finalize().into()
    }
}

/// Without a clock, randomness and lookups: 1970, and always the same values.
impl Default for Env<'_> {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("now_ms", &self.now_ms).finish_non_exhaustive()
    }
}
