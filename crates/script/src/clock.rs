//! The time that a script sees: the run's, standing still during a call.

use std::cell::Cell;

use boa_engine::context::time::{Clock, JsInstant};

#[derive(Debug, Default)]
pub(crate) struct RunClock(Cell<i64>);

impl RunClock {
    pub(crate) fn set(&self, milliseconds: i64) {
        self.0.set(milliseconds);
    }
}

impl Clock for RunClock {
    fn now(&self) -> JsInstant {
        let milliseconds = u64::try_from(self.0.get()).unwrap_or(0);
        let nanoseconds = u32::try_from(milliseconds % 1_000 * 1_000_000).unwrap_or(0);
        JsInstant::new(milliseconds / 1_000, nanoseconds)
    }

    fn system_time_millis(&self) -> i64 {
        self.0.get()
    }
}
