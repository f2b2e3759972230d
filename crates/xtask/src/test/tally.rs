//! Counts what test programs report, and keeps what they say of failures.

use std::fmt;

/// A log that is read by its end shall hold at least the reasons of the first failures.
const KEPT: usize = 120;

/// How many tests passed and failed.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// One thing that is not a test, such as a build.
    pub(crate) fn one(good: bool) -> Self {
        Self { passed: u64::from(good), failed: u64::from(!good) }
    }

    /// Counts a line such as `test result: ok. 3 passed; 0 failed; …`; any other line counts nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result:") else {
            return;
        };
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(word)) = (words.next(), words.next()) else {
                continue;
            };
            let number = number.parse().unwrap_or(0);
            match word {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                _ => {}
            }
        }
    }

    /// Adds another count to this one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// What the test programs of a step say of the tests that failed: the part of their output that names each with its
/// reason.
#[derive(Default)]
pub(crate) struct Failures {
    lines: Vec<String>,
    inside: bool,
}

impl Failures {
    /// Keeps a line if it belongs to what is said of a failed test.
    pub(crate) fn read(&mut self, line: &str) {
        let text = line.trim_end();
        if text.starts_with("---- ") {
            self.inside = true;
        } else if text == "failures:" || text.contains("test result:") {
            self.inside = false;
        }
        if self.inside && !text.is_empty() && self.lines.len() < KEPT {
            self.lines.push(text.to_owned());
        }
    }

    /// The lines, in the order they came.
    pub(crate) fn lines(self) -> Vec<String> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_failed_test_is_kept_without_what_is_around_it() {
        let mut failures = Failures::default();
        let said = "running 2 tests\ntest good ... ok\ntest bad ... FAILED\n\nfailures:\n\n---- bad stdout ----\n\
                    Error: the field is not there\n\n\nfailures:\n    bad\n\ntest result: FAILED. 1 passed; 1 failed";
        for line in said.lines() {
            failures.read(line);
        }
        assert_eq!(failures.lines(), ["---- bad stdout ----", "Error: the field is not there"]);
    }

    #[test]
    fn lines_of_both_test_programs_are_counted() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s");
        tally.read("\u{1b}[0mtest result: \u{1b}[31mFAILED\u{1b}[0m. 3 passed; 2 failed; 0 ignored; finished in 1s");
        tally.read("running 14 tests");
        assert_eq!(tally, Tally { passed: 15, failed: 2 });
    }
}
