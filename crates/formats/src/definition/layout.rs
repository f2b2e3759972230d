//! What parts rows, columns and components in a file.

use std::borrow::Cow;

/// The marks of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) standard: Standard,
    /// Columns have lengths instead of marks between them.
    pub(super) fixed: bool,
    pub(super) row_suffix: String,
    pub(super) row_delimiter: String,
    pub(super) column: String,
    pub(super) component: String,
    /// Makes a mark behind it a character; EDIFACT only.
    pub(super) release: Option<char>,
    /// Released characters are read without the release and written with it.
    pub(super) escapes: bool,
    pub(super) padding: char,
    /// Empty columns at the end of a row are not written.
    pub(super) skip_empty_end: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    None,
    /// The header says what the marks are; a file without one is read by the definition.
    X12,
    Edifact,
}

impl Layout {
    /// Parts a text at a mark, but not where the mark is released.
    pub(super) fn split<'t>(&self, text: &'t str, mark: &str) -> Vec<&'t str> {
        if mark.is_empty() {
            return vec![text];
        }
        let Some(release) = self.release else { return text.split(mark).collect() };
        let mut parts = Vec::new();
        let (mut start, mut at) = (0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(behind) = rest.strip_prefix(release) {
                at += release.len_utf8() + behind.chars().next().map_or(0, char::len_utf8);
            } else if rest.starts_with(mark) {
                parts.push(&text[start..at]);
                at += mark.len();
                start = at;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        parts.push(&text[start..]);
        parts
    }

    /// A value as it is meant, blanks around it dropped.
    pub(super) fn read<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = text.trim();
        match self.release.filter(|release| self.escapes && text.contains(*release)) {
            None => Cow::Borrowed(text),
            Some(release) => {
                let mut made = String::with_capacity(text.len());
                let mut characters = text.chars();
                while let Some(character) = characters.next() {
                    made.push(if character == release { characters.next().unwrap_or(release) } else { character });
                }
                Cow::Owned(made)
            }
        }
    }

    /// A value as it is written, or why it cannot be.
    pub(super) fn write<'t>(&self, text: &'t str, component: &str) -> Result<Cow<'t, str>, String> {
        let marks = [&*self.column, &*self.row_suffix, &*self.row_delimiter, component];
        let marked = |rest: &str| marks.iter().any(|mark| !mark.is_empty() && rest.starts_with(mark));
        let special = |rest: &str| marked(rest) || self.release.is_some_and(|release| rest.starts_with(release));
        if !text.char_indices().any(|(at, _)| special(&text[at..])) {
            return Ok(Cow::Borrowed(text));
        }
        let Some(release) = self.release else {
            return Err(format!("“{text}” holds a mark that parts columns or rows: replace it in the mapping"));
        };
        let mut made = String::with_capacity(text.len() + 4);
        let mut released = false;
        for (at, character) in text.char_indices() {
            if self.escapes && special(&text[at..]) {
                made.push(release);
            } else if !self.escapes && !released && marked(&text[at..]) {
                return Err(format!(
                    "“{text}” holds a mark that parts columns or rows: set escapeReleaseChar in the file definition"
                ));
            }
            released = character == release && !released;
            made.push(character);
        }
        Ok(Cow::Owned(made))
    }
}
