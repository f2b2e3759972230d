//! What runs of this tab said for those who look for a fault: kept in memory, of the last few runs.

use std::collections::BTreeMap;

use tombolo_model::Id;
use tombolo_wire::run_worker::LogLine;

/// The runs of which something is kept.
const MOST_RUNS: usize = 5;

/// The lines, by run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Logs(BTreeMap<Id, Vec<LogLine>>);

impl Logs {
    /// A run said something. Ids tell which runs are the newest.
    pub(super) fn take(&mut self, run: Id, line: LogLine) {
        self.0.entry(run).or_default().push(line);
        while self.0.len() > MOST_RUNS {
            self.0.pop_first();
        }
    }

    /// What a run said, in the order in which it did.
    pub(crate) fn of(&self, run: Id) -> &[LogLine] {
        self.0.get(&run).map_or(&[], Vec::as_slice)
    }

    /// Forgets what a run said.
    pub(crate) fn clear(&mut self, run: Id) {
        self.0.remove(&run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_last_few_runs_are_kept() {
        let id = |n: u32| Id::from_parts(n, [0; 8]);
        let line = |text: &str| LogLine { text: text.into(), ..LogLine::default() };
        let mut logs = Logs::default();
        for n in 1..=6 {
            logs.take(id(n), line("a"));
            logs.take(id(n), line("b"));
        }
        assert_eq!((logs.of(id(1)), logs.of(id(2)).len(), logs.of(id(6))[1].text.as_str()), (&[][..], 2, "b"));
        logs.clear(id(6));
        assert!(logs.of(id(6)).is_empty());
    }
}
