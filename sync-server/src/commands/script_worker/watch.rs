//! Ends this process when one call has computed for too long.
//!
//! The interpreter counts loops and calls, and nothing within a function of its own: an expression that tries all ways, or a
//! search through a list that says that it has 2⁵³ items, comes to no end and cannot be stopped. The time that the processor
//! has spent tells such a call from one that waits for `integrator-api`, or for a machine that has much to do.
//!
//! Where the machine does not tell that time, whoever asks ends the process at its own deadline.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tombolo_wire::script_worker::FromScript;

/// What a call may compute, in milliseconds.
const COMPUTES_MS: u64 = 4_000;
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// What the kernel counts in: `USER_HZ` is 100 on every machine that runs this.
const TICK_MS: u64 = 10;

/// Watches over the calls of this process.
pub(super) struct Watch {
    now: Mutex<Now>,
    begun: Condvar,
}

struct Now {
    stat: Option<File>,
    /// What the process had computed when the call began; nothing where there is none.
    began_ms: Option<u64>,
}

impl Watch {
    /// Opens what tells the time.
    pub(super) fn open() -> Self {
        Self {
            now: Mutex::new(Now { stat: File::open("/proc/self/stat").ok(), began_ms: None }),
            begun: Condvar::new(),
        }
    }

    /// A call begins.
    pub(super) fn begin(&self) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.began_ms = now.computed_ms();
        self.begun.notify_all();
    }

    /// It has ended: what it says is said by nobody else.
    pub(super) fn rest(&self) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).began_ms = None;
    }

    /// Looks at the calls from now on, on a thread of its own that ends with the process.
    pub(super) fn guard(self: &Arc<Self>) -> io::Result<()> {
        let watch = Arc::clone(self);
        thread::Builder::new().name("watch".to_owned()).stack_size(128 * 1024).spawn(move || watch.look())?;
        Ok(())
    }

    fn look(&self) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Some(began_ms) = now.began_ms else {
                now = self.begun.wait(now).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if now.computed_ms().is_some_and(|computed_ms| computed_ms.saturating_sub(began_ms) > COMPUTES_MS) {
                // While this holds what is now, the call cannot end after all and say so.
                let message = format!(
                    "The script was stopped: it computed for more than {} seconds. Look for an expression that can match in very many ways, or for lists that grow; or have fewer records in a page.",
                    COMPUTES_MS / 1_000
                );
                let said = super::say(&FromScript::Stopped { message });
                std::process::exit(if said.is_ok() { 75 } else { 74 });
            }
            (now, _) = self.begun.wait_timeout(now, LOOK).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Now {
    /// What the process has computed so far; nothing where the machine does not tell.
    fn computed_ms(&mut self) -> Option<u64> {
        let mut text = String::new();
        let stat = self.stat.as_mut()?;
        stat.seek(SeekFrom::Start(0)).ok()?;
        stat.read_to_string(&mut text).ok()?;
        computed_ms(&text)
    }
}

/// Reads it off `/proc/self/stat` (proc(5)): the fields 14 and 15. The second may have blanks and brackets in it.
fn computed_ms(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(ticks()?.saturating_add(ticks()?).saturating_mul(TICK_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_has_computed_is_read_whatever_it_is_called() {
        let stat = "7 (a) b (c) R 1 7 7 0 -1 4194304 90 0 0 0 123 45 0 0 20 0 3 0 100 1 2";
        assert_eq!(computed_ms(stat), Some(1_680));
        assert_eq!(computed_ms("7 (a) R 1 7"), None);
        assert_eq!(computed_ms(""), None);
    }
}
