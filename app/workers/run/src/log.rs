//! Lines for those who look for a fault: to the browser's console all of them, to the page the first of each run.

use std::cell::RefCell;

use tombolo_engine::{ConsoleLine, Exchange};
use tombolo_wire::run_worker::{FromRun, LogLine};
use web_sys::console;

use crate::host::now_ms;
use crate::port;

/// The most lines that a page gets of a run, and the most bytes.
const MOST_LINES: usize = 1_000;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What became of a line.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Whole,
    /// It is the first for which there is no room.
    Full,
    Not,
}

/// How much more a page gets.
#[derive(Debug, Default)]
struct Room {
    lines: usize,
    bytes: usize,
    full: bool,
}

impl Room {
    fn take(&mut self, bytes: usize) -> Taken {
        if self.full {
            return Taken::Not;
        }
        self.full = self.lines == MOST_LINES || self.bytes + bytes > MOST_BYTES;
        if self.full {
            return Taken::Full;
        }
        self.lines += 1;
        self.bytes += bytes;
        Taken::Whole
    }
}

/// The lines of a run.
#[derive(Default)]
pub(crate) struct Log(RefCell<Room>);

impl Log {
    /// A function of a script wrote lines.
    pub(crate) fn wrote(&self, step: &str, function: &str, lines: Vec<ConsoleLine>) {
        for ConsoleLine { level, text } in lines {
            console::log_3(&function.into(), &level.as_str().into(), &text.as_str().into());
            self.say(LogLine { time_ms: now_ms(), step: step.to_owned(), level, from: function.to_owned(), text });
        }
    }

    /// A request that somebody looks at was answered, or not.
    pub(crate) fn went(&self, step: String, exchange: &Exchange) {
        let Ok(text) = serde_json::to_string(exchange) else { return };
        console::log_1(&text.as_str().into());
        let from = format!("{} {}", exchange.method, exchange.url);
        self.say(LogLine { time_ms: exchange.time_ms, step, level: "request".to_owned(), from, text });
    }

    fn say(&self, line: LogLine) {
        let taken = self.0.borrow_mut().take(line.from.len() + line.text.len());
        match taken {
            Taken::Whole => port::post(&FromRun::Log { line }, None),
            Taken::Full => {
                let text =
                    "The run says more than is shown here. All of it is in the browser’s own console.".to_owned();
                let line = LogLine { level: "warn".to_owned(), from: String::new(), text, ..line };
                port::post(&FromRun::Log { line }, None);
            }
            Taken::Not => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gets_the_first_lines_of_a_run_and_hears_once_that_there_are_more() {
        let mut room = Room::default();
        let taken: Vec<_> = (0..MOST_LINES).map(|_| room.take(10)).collect();
        assert!(taken.iter().all(|taken| *taken == Taken::Whole));
        assert_eq!((room.take(10), room.take(10)), (Taken::Full, Taken::Not));
        let mut room = Room::default();
        assert_eq!((room.take(MOST_BYTES), room.take(1), room.take(1)), (Taken::Whole, Taken::Full, Taken::Not));
    }
}
