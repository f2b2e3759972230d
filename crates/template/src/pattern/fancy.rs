//! Expressions with look-around and back-references, by an engine that goes back.
//!
//! Its limit counts steps, and a step may read all that is left of the text: `(?=.*z)` does so from each place. Where
//! that may be, long texts get fewer steps, and what the searches may have read is added up. Where these do not do, the
//! text is looked at: a step reads no further than the repetitions can run in it, mostly over a few characters.

use std::sync::OnceLock;

use fancy_regex::{Regex, RegexBuilder};

use super::translate::Translated;
use super::{MOST_BYTES, MOST_READ, READ};

/// About two seconds of going back at most.
const MOST_STEPS: usize = 1_000_000;
/// Texts of up to so many bytes get all steps; each next class is four times as long and gets a quarter.
const SHORT: usize = 1024;
const CLASSES: usize = 8;
/// Expressions of more long repetitions are not looked into.
const MOST_RUNS: usize = 8;
/// What a text that is looked at counts as read for each of its bytes, and beside that.
const LOOKED_AT: (u64, u64) = (16, MOST_READ >> 8);

/// The groups of a match, each with its place in the text.
type Groups = Vec<Option<(usize, usize)>>;

/// It takes too many steps.
pub(super) struct TooSlow;

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Fancy {
    text: String,
    /// For texts of any length, unless a step may read all of one; then for short ones.
    usual: Regex,
    /// A step may read all of a text.
    reads_far: bool,
    /// For longer texts, each made when the first one comes.
    strict: [OnceLock<Option<Regex>>; CLASSES],
    /// What each long repetition runs over, where that is known.
    runs: Option<Vec<regex::Regex>>,
}

impl Fancy {
    /// Compiles what was translated from `pattern`.
    pub(super) fn new(pattern: &str, Translated { text, runs, .. }: Translated) -> Result<Self, String> {
        let usual = build(&text, MOST_STEPS).map_err(|error| error.to_string())?;
        let reads_far = may_read_far(pattern);
        let runs = runs.filter(|runs| reads_far && runs.len() <= MOST_RUNS);
        let runs = runs.and_then(|runs| runs.iter().map(|run| regex::Regex::new(run).ok()).collect());
        Ok(Self { usual, reads_far, strict: Default::default(), text, runs })
    }

    /// The place of a named group.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        self.usual.capture_names().position(|have| have == Some(name))
    }

    /// The groups of the first match at or behind a place, if there is one.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub(super) fn groups_at(&self, text: &str, from: usize) -> Result<Option<Groups>, TooSlow> {
        if !self.reads_far {
            return groups(&self.usual, text, from);
        }
        if READ.get() > MOST_READ {
            return Err(TooSlow);
        }
        let left = text.len() - from.min(text.len());
        let (mut reach, class) = (left, class_of(left));
        let mut found = groups(self.of(class)?, text, from);
        if found.is_err()
            && let Some(run) = self.longest_run(text).filter(|run| class_of(*run) < class)
        {
            READ.set(READ.get().saturating_add(LOOKED_AT.0.saturating_mul(text.len() as u64) + LOOKED_AT.1));
            reach = run;
            found = groups(self.of(class_of(run))?, text, from);
        }
        let passed = match &found {
            Ok(Some(groups)) => {
                groups.first().copied().flatten().map_or(left, |(begin, _)| begin.saturating_sub(from) + 1)
            }
            _ => left,
        };
        READ.set(READ.get().saturating_add((passed as u64).saturating_mul(reach as u64) / 2));
        found
    }

    /// The engine for texts of a class.
    fn of(&self, class: usize) -> Result<&Regex, TooSlow> {
        if class == 0 {
            return Ok(&self.usual);
        }
        let strict = || build(&self.text, MOST_STEPS >> (2 * class)).ok();
        self.strict[class].get_or_init(strict).as_ref().ok_or(TooSlow)
    }

    /// How far a step may read in a text, if that can be seen.
    fn longest_run(&self, text: &str) -> Option<usize> {
        let longest = |run: &regex::Regex| run.find_iter(text).map(|found| found.len()).max().unwrap_or_default();
        Some(SHORT / 2 + self.runs.as_ref()?.iter().map(longest).sum::<usize>())
    }
}

fn class_of(length: usize) -> usize {
    (0..CLASSES).find(|class| length <= SHORT << (2 * class)).unwrap_or(CLASSES - 1)
}

fn build(text: &str, steps: usize) -> Result<Regex, Box<fancy_regex::Error>> {
    RegexBuilder::new(text).backtrack_limit(steps).delegate_size_limit(MOST_BYTES).build().map_err(Box::new)
}

fn groups(regex: &Regex, text: &str, from: usize) -> Result<Option<Groups>, TooSlow> {
    let found = regex.captures_from_pos(text, from).map_err(|_| TooSlow)?;
    Ok(found.map(|found| found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect()))
}

/// Whether a step may read far: said of all expressions in which something follows a repetition, or stands around it.
fn may_read_far(pattern: &str) -> bool {
    let last = pattern.trim_end_matches('?').len().saturating_sub(1);
    pattern.find(['*', '+', '{']).is_some_and(|first| first < last)
}

#[cfg(test)]
mod tests {
    use crate::pattern::{Pattern, PatternError, begin_searches};

    fn is_match(pattern: &str, text: &str) -> Result<bool, PatternError> {
        Pattern::new(pattern, "").unwrap().is_match(text)
    }

    #[test]
    fn look_around_that_reads_all_of_a_long_text_from_each_place_ends_with_an_error() {
        let long = "a".repeat(200_000);
        for pattern in ["(?=(a+)+c)b", "(?!b)a*c"] {
            begin_searches();
            assert!(matches!(is_match(pattern, &long), Err(PatternError::TooSlow { .. })), "{pattern}");
            begin_searches();
            assert_eq!(is_match(pattern, &long[..2_000]), Ok(false), "{pattern}");
        }
    }

    #[test]
    fn look_around_that_reads_little_is_for_long_texts_too() {
        let long = format!("{}$12", "x".repeat(500_000));
        assert_eq!(is_match(r"(?<=\$)\d+", &long), Ok(true));
        assert_eq!(is_match(r"(?<=\$)\d\d(?!\d)", &long), Ok(true));
        assert_eq!(is_match(r"foo(?!.*bar)", &"foo ".repeat(100_000)), Ok(true));
    }

    #[test]
    fn look_around_with_repetitions_that_the_text_ends_soon_is_for_long_texts_too() {
        let (without, with) = ("1 line. ".repeat(60_000), format!("{} 2026-11 $12.50 7 EUR", "x-1 ".repeat(120_000)));
        for pattern in [r"(?<=\$)\d+\.\d\d", r"(?<!\d)\d{4}-\d\d", r"(?=\d+ EUR)\d+", "(?=[A-Z]+r)eu"] {
            let found = |text: &str| {
                begin_searches();
                Pattern::new(pattern, "i").unwrap().is_match(text)
            };
            assert_eq!((found(&without), found(&with)), (Ok(false), Ok(true)), "{pattern}");
        }
        begin_searches();
        let digits = format!("{} ", "1".repeat(5_000)).repeat(100);
        assert!(matches!(is_match(r"(?=\d+ EUR)\d+", &digits), Err(PatternError::TooSlow { .. })));
    }

    #[test]
    fn many_searches_that_read_far_end_with_an_error_and_those_of_the_next_begin_anew() {
        begin_searches();
        let (pattern, text) = (Pattern::new("(?=(a+)+c)b", "").unwrap(), "a".repeat(10_000));
        let searches = (0..1_000).map(|_| pattern.is_match(&text)).take_while(Result::is_ok).count();
        assert!((2..100).contains(&searches), "{searches}");
        begin_searches();
        assert_eq!(pattern.is_match(&text), Ok(false));
    }
}
