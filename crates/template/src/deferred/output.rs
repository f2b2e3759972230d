//! A text in the making, with holes where secrets go.

use tombolo_model::{MASK, Val};

use super::{Deferred, Part, escaped};
use crate::{Target, js};

/// Rendered text with holes where secrets go.
#[derive(Debug, Default)]
pub(crate) struct Output {
    text: String,
    /// Where each stands in the text, in order.
    holes: Vec<(usize, Deferred)>,
}

/// What a hole counts for in bytes.
const HOLE_BYTES: usize = 64;

impl Output {
    pub(crate) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn write(&mut self, value: &Val, target: Target) {
        match value.as_hidden() {
            Some(how) => self.holes.push((self.text.len(), escaped(how, target))),
            None => target.write(&js::text(value), &mut self.text),
        }
    }

    /// Its size for the limit.
    pub(crate) fn len(&self) -> usize {
        self.text.len() + self.holes.len() * HOLE_BYTES
    }

    /// Appends another with something before each of its lines.
    pub(crate) fn push_indented(&mut self, other: Self, indent: &str) {
        let mut holes = other.holes.into_iter().peekable();
        let mut from = 0;
        for line in other.text.split_inclusive('\n') {
            self.text.push_str(indent);
            let end = from + line.len();
            // A hole at the end of the last line belongs to it; one at the end of another opens the next.
            let last = end == other.text.len() && !line.ends_with('\n');
            while let Some((at, hole)) = holes.next_if(|(at, _)| *at < end || (last && *at == end)) {
                self.holes.push((self.text.len() + at - from, hole));
            }
            self.text.push_str(line);
            from = end;
        }
        if holes.peek().is_some() {
            self.text.push_str(indent);
        }
        let end = self.text.len();
        self.holes.extend(holes.map(|(_, hole)| (end, hole)));
    }

    pub(crate) fn masked(self) -> String {
        if self.holes.is_empty() {
            return self.text;
        }
        self.into_parts().iter().map(|part| if let Part::Text(text) = part { text.as_str() } else { MASK }).collect()
    }

    pub(crate) fn into_parts(self) -> Vec<Part> {
        if self.holes.is_empty() {
            return vec![Part::Text(self.text)];
        }
        let mut parts = Vec::with_capacity(self.holes.len() * 2 + 1);
        let mut from = 0;
        for (at, hole) in self.holes {
            if at > from {
                parts.push(Part::Text(self.text[from..at].to_owned()));
            }
            parts.push(Part::Deferred(hole));
            from = at;
        }
        if from < self.text.len() {
            parts.push(Part::Text(self.text[from..].to_owned()));
        }
        parts
    }
}
