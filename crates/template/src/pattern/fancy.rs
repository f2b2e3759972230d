//! Expressions with look-around and back-references, by an engine that goes back.
//!
//! Its limit counts steps, and a step may read all that is left of the text: `(?=.*z)` does so from each place. Where
//! that may be, long texts get fewer steps, and what the searches may have read is added up.

use std::sync::OnceLock;

use fancy_regex::{Regex, RegexBuilder};

use super::{MOST_BYTES, MOST_READ, READ};

/// About two seconds of going back at most.
const MOST_STEPS: usize = 1_000_000;
/// Texts of up to so many bytes get all steps; each next class is four times as long and gets a quarter.
const SHORT: usize = 1024;
const CLASSES: usize = 8;

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
}

impl Fancy {
    /// Compiles what was translated from `pattern`.
    pub(super) fn new(pattern: &str, text: String) -> Result<Self, String> {
        let usual = build(&text, MOST_STEPS).map_err(|error| error.to_string())?;
        Ok(Self { usual, reads_far: may_read_far(pattern), strict: Default::default(), text })
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
        let class = (0..CLASSES).find(|class| left <= SHORT << (2 * class)).unwrap_or(CLASSES - 1);
        let strict = || build(&self.text, MOST_STEPS >> (2 * class)).ok();
        let regex =
            if class == 0 { &self.usual } else { self.strict[class].get_or_init(strict).as_ref().ok_or(TooSlow)? };
        let found = groups(regex, text, from);
        let passed = match &found {
            Ok(Some(groups)) => {
                groups.first().copied().flatten().map_or(left, |(begin, _)| begin.saturating_sub(from) + 1)
            }
            _ => left,
        };
        READ.set(READ.get().saturating_add((passed as u64).saturating_mul(left as u64) / 2));
        found
    }
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
    fn many_searches_that_read_far_end_with_an_error_and_those_of_the_next_begin_anew() {
        begin_searches();
        let (pattern, text) = (Pattern::new("(?=(a+)+c)b", "").unwrap(), "a".repeat(10_000));
        let searches = (0..1_000).map(|_| pattern.is_match(&text)).take_while(Result::is_ok).count();
        assert!((2..100).contains(&searches), "{searches}");
        begin_searches();
        assert_eq!(pattern.is_match(&text), Ok(false));
    }
}
