//! Regular expressions as JavaScript writes and means them (decision 34).
//!
//! Translated to the `regex` crate, which takes time in proportion to the text; what it cannot say (look-around and
//! back-references) goes to `fancy-regex` with a limit on its steps, the lower the longer the text if a step may read all
//! of it. One search is bounded by that, and many searches by what they may have read together: those of one text, and
//! those of one template, filter or path. All ends are typed errors, so no expression that a person writes can hold up
//! a run.

mod fancy;
mod flags;
mod translate;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use fancy::Fancy;
use flags::Flags;
use tombolo_model::excerpt;
use translate::translate;

/// What the searches of one text may read together, where each may read far behind its match: some seconds.
const MOST_READ: u64 = 1 << 30;
/// A compiled expression is no bigger.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Expressions kept by a thread: templates use the same few for every record.
const KEPT: usize = 64;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is not a regular expression.
    #[error("“{pattern}” is not a regular expression: {reason}", pattern = excerpt(.pattern))]
    Invalid {
        /// The expression.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// A flag that JavaScript does not have, or that comes twice.
    #[error("“{text}” are not flags of a regular expression: use g, i, m, s, u or y", text = excerpt(.0))]
    Flags(String),
    /// It takes too long on this text.
    #[error("the regular expression “{pattern}” takes too long on this text: avoid repetitions within repetitions", pattern = excerpt(.pattern))]
    TooSlow {
        /// The expression.
        pattern: String,
    },
}

/// A compiled expression.
#[derive(Debug)]
pub struct Pattern {
    source: String,
    engine: Engine,
    flags: Flags,
    /// A search may read far behind its match.
    reads_far: bool,
}

#[derive(Debug)]
enum Engine {
    Linear(regex::Regex),
    Fancy(Box<Fancy>),
}

/// Where an expression fits and what its groups hold, in bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The whole, then each group.
    pub groups: Vec<Option<(usize, usize)>>,
    /// Where the whole begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

thread_local! {
    static COMPILED: RefCell<Vec<Rc<Pattern>>> = const { RefCell::new(Vec::new()) };
    /// What searches whose steps may read all of a text have read since [`begin_searches`].
    static READ: Cell<u64> = const { Cell::new(0) };
}

/// Begins what searches together: a template, a filter, a path. What they may read in all is limited.
pub fn begin_searches() {
    READ.set(0);
}

impl Pattern {
    /// Compiles an expression, or finds it among those compiled last.
    ///
    /// # Errors
    ///
    /// Returns [`PatternError`] when it is none, or its flags are none.
    pub fn cached(pattern: &str, flags: &str) -> Result<Rc<Self>, PatternError> {
        let parsed = Flags::parse(flags)?;
        let found = COMPILED.with_borrow_mut(|kept| {
            let at = kept.iter().position(|have| have.source == pattern && have.flags == parsed)?;
            // The ones used last stay.
            let found = kept.remove(at);
            kept.push(Rc::clone(&found));
            Some(found)
        });
        if let Some(found) = found {
            return Ok(found);
        }
        let made = Rc::new(Self::new(pattern, flags)?);
        COMPILED.with_borrow_mut(|kept| {
            if kept.len() >= KEPT {
                kept.remove(0);
            }
            kept.push(Rc::clone(&made));
        });
        Ok(made)
    }

    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// Returns [`PatternError`] when it is none, or its flags are none.
    pub fn new(pattern: &str, flags: &str) -> Result<Self, PatternError> {
        let flags = Flags::parse(flags)?;
        let invalid = |reason: String| PatternError::Invalid { pattern: pattern.to_owned(), reason };
        let translated = translate(pattern, flags).map_err(invalid)?;
        let fancy = translated.fancy;
        let engine = if fancy {
            Engine::Fancy(Box::new(Fancy::new(pattern, translated).map_err(invalid)?))
        } else {
            let built = regex::RegexBuilder::new(&translated.text).size_limit(MOST_BYTES).build();
            Engine::Linear(built.map_err(|error| invalid(last_line(&error.to_string())))?)
        };
        let reads_far = fancy || may_read_far(pattern);
        Ok(Self { source: pattern.to_owned(), engine, flags, reads_far })
    }

    /// Whether all matches are meant and not only the first.
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.flags.global
    }

    /// The place of a named group.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<usize> {
        match &self.engine {
            Engine::Linear(regex) => regex.capture_names().position(|have| have == Some(name)),
            Engine::Fancy(regex) => regex.group(name),
        }
    }

    /// The first match at or behind a place of the text.
    ///
    /// # Errors
    ///
    /// Returns [`PatternError::TooSlow`] when the expression takes too many steps.
    pub fn find_at(&self, text: &str, from: usize) -> Result<Option<Match>, PatternError> {
        let found = match &self.engine {
            Engine::Linear(regex) => regex.captures_at(text, from).map(|groups| {
                groups.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect::<Vec<_>>()
            }),
            Engine::Fancy(regex) => regex.groups_at(text, from).map_err(|_| self.too_slow())?,
        };
        Ok(found.and_then(|groups: Vec<Option<(usize, usize)>>| {
            let (from, to) = groups.first().copied().flatten()?;
            Some(Match { groups, from, to })
        }))
    }

    fn too_slow(&self) -> PatternError {
        PatternError::TooSlow { pattern: self.source.clone() }
    }

    /// Whether it fits anywhere in a text.
    ///
    /// # Errors
    ///
    /// Returns [`PatternError::TooSlow`] when the expression takes too many steps.
    pub fn is_match(&self, text: &str) -> Result<bool, PatternError> {
        // Without groups the linear engine need not say where they are.
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(text)),
            Engine::Fancy(regex) => Ok(regex.groups_at(text, 0).map_err(|_| self.too_slow())?.is_some()),
        }
    }

    /// The matches, one behind the other, each found when it is asked for.
    #[must_use]
    pub fn matches<'p>(&'p self, text: &'p str) -> Matches<'p> {
        Matches { pattern: self, text, from: Some(0), read: 0 }
    }
}

/// The matches of an expression in a text; after an error there are no more.
#[derive(Debug)]
pub struct Matches<'p> {
    pattern: &'p Pattern,
    text: &'p str,
    /// Where the next search begins.
    from: Option<usize>,
    /// What the searches so far may have read.
    read: u64,
}

impl Iterator for Matches<'_> {
    type Item = Result<Match, PatternError>;

    fn next(&mut self) -> Option<Self::Item> {
        let from = self.from.take().filter(|from| *from <= self.text.len())?;
        if self.pattern.reads_far {
            self.read += (self.text.len() - from) as u64;
        }
        if self.read > MOST_READ {
            return Some(Err(self.pattern.too_slow()));
        }
        let found = self.pattern.find_at(self.text, from).transpose()?;
        if let Ok(found) = &found {
            // An empty match would be found again and again.
            let skipped = if found.to > found.from { 0 } else { next_length(&self.text[found.to..]) };
            self.from = Some(found.to + skipped);
        }
        Some(found)
    }
}

fn next_length(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}

/// Whether a search may read far behind what it matches, as `.*z|x` looks for a z to the end of the text for each x. Said of
/// all expressions with a choice and a repetition without end: where these follow one another without a choice, a match
/// takes in what was read.
fn may_read_far(pattern: &str) -> bool {
    let chooses = pattern.contains(['|', '?']) || [")*", "){"].iter().any(|part| pattern.contains(part));
    chooses && pattern.contains(['*', '+', ','])
}

/// The reason without the drawing above it.
fn last_line(message: &str) -> String {
    let last = message.lines().last().unwrap_or(message);
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(pattern: &str, flags: &str, text: &str) -> Option<String> {
        let found = Pattern::new(pattern, flags).unwrap().find_at(text, 0).unwrap();
        found.map(|found| text[found.from..found.to].to_owned())
    }

    #[test]
    fn expressions_mean_what_they_mean_in_javascript() {
        for (pattern, flags, text, want) in [
            (r"\d+", "", "٣ 12", Some("12")),
            (r"\w+", "", "é_a9", Some("_a9")),
            (r"a.c", "", "a\nc abc", Some("abc")),
            (r"a.c", "s", "a\nc abc", Some("a\nc")),
            (r"^b$", "", "a\nb", None),
            (r"^b$", "m", "a\nb", Some("b")),
            (r"a$", "", "a\n", None),
            (r"HELLO", "i", "say hello", Some("hello")),
            (r"\bé", "", "é", None),
            (r"[^]", "", "\n", Some("\n")),
            (r"[]", "", "a", None),
            (r"[[&&a-c\-]+", "", "xb&-[", Some("b&-[")),
            (r"a{,2}", "", "aa a{,2}", Some("a{,2}")),
            (r"{x}", "", "{x}", Some("{x}")),
            (r"\u0041\x42\cJ?\/", "", "AB/", Some("AB/")),
            (r"(?<=\$)\d+", "", "€1 $25", Some("25")),
            (r"(a)(b)?\2c", "", "ac", Some("ac")),
            (r"(\w)\1", "", "abccd", Some("cc")),
            (r"(?<l>\w)\k<l>", "", "abccd", Some("cc")),
            (r"foo(?!bar)", "", "foobar foobaz", Some("foo")),
            (r"[\d-x]+", "", "a1-x", Some("1-x")),
            (r"\p{Lu}", "u", "aÉ", Some("É")),
            (r"\S+", "", "\u{feff} x", Some("x")),
            (r"a|ab", "", "ab", Some("a")),
            (r"(?!b)*(?=a){2}a", "", "ba", Some("a")),
            (r"\b\w+(?=!)", "", "é one two!", Some("two")),
            (r"\Bo", "", "on to", Some("o")),
            (r"\101\7?\9", "", "1 A9", Some("A9")),
            (r"(?=b)*{*x", "", "a{{x", Some("{{x")),
        ] {
            assert_eq!(first(pattern, flags, text).as_deref(), want, "/{pattern}/{flags} on {text:?}");
        }
    }

    #[test]
    fn many_searches_of_a_text_end_with_an_error_and_long_texts_are_searched() {
        let count = |pattern: &str, text: &str| {
            let pattern = Pattern::new(pattern, "g").unwrap();
            pattern.matches(text).try_fold(0, |count, found| found.map(|_| count + 1))
        };
        let long = "x".repeat(1_000_000);
        for pattern in [".*z|x", "x(.*z)?", "x(?!.*z)", "x(y.*z)*"] {
            assert!(matches!(count(pattern, &long), Err(PatternError::TooSlow { .. })), "{pattern}");
        }
        let words = "word, ".repeat(500_000);
        assert_eq!((count(r"\w+", &words), count("o", &words)), (Ok(500_000), Ok(500_000)));
        assert_eq!(count(r"\s+|,", &words[..60_000]), Ok(20_000));
        assert_eq!(count("", "aé"), Ok(3));
    }

    #[test]
    fn what_is_no_expression_is_refused_with_a_reason() {
        for pattern in ["(", "(?<=a)*", "a**", "[b-a]", "(?<n>a)(?<n>b)", "*", "a{2,1}", "\\", ")"] {
            let error = Pattern::new(pattern, "").unwrap_err();
            assert!(matches!(error, PatternError::Invalid { .. }), "{pattern}: {error}");
        }
        for flags in ["x", "gg"] {
            assert_eq!(Pattern::new("a", flags).unwrap_err(), PatternError::Flags(flags.to_owned()));
        }
        assert!(matches!(Pattern::new("((a{1000}){1000}){1000}", "").unwrap_err(), PatternError::Invalid { .. }));
    }

    #[test]
    fn an_expression_that_goes_back_for_ever_ends_with_an_error() {
        let text = format!("{}b", "a".repeat(50_000));
        assert_eq!(Pattern::new("(a+)+$", "").unwrap().is_match(&text), Ok(false));
        let slow = Pattern::new(r"^(a|aa)+\1$", "").unwrap().is_match(&text);
        assert!(matches!(slow, Err(PatternError::TooSlow { .. })), "{slow:?}");
    }
}
