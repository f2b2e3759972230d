//! Reads XML that is pushed in piece by piece: each element at the path becomes a record.
//!
//! What stands around records is walked over and not kept. An element inside of a record is part of that record,
//! also when the path would find it: records never overlap.

use std::sync::Arc;

use tombolo_model::{KeyPool, Keys, Record, Val};

use super::XmlOptions;
use super::matcher::Matcher;
use super::node::{Node, TEXT};
use super::path::local;
use super::scan::{Handler, Scanner, Token, Wrong};
use super::shape::Shape;
use super::start::Start;
use super::text::{attributes, unescape};
use crate::bom::Bom;
use crate::error::{FormatError, MAX_DEPTH, MAX_RECORD_BYTES, Row, RowError};

/// A push parser.
pub struct XmlReader {
    start: Start,
    bom: Bom,
    scanner: Scanner,
    tree: Tree,
}

impl XmlReader {
    /// Makes a parser.
    #[must_use]
    pub fn new(options: XmlOptions) -> Self {
        Self {
            start: Start::new(options.decoded),
            bom: Bom::default(),
            scanner: Scanner::new(),
            tree: Tree {
                matcher: Matcher::new(options.resource_path.clone()),
                shape: Shape::new(&options),
                options,
                open: Vec::new(),
                nodes: Vec::new(),
                around: 0,
                skipped: 0,
                bytes: 0,
                passed_over: None,
                deeper: 0,
                records: 0,
                pool: KeyPool::default(),
                bare: Arc::new(Keys::new([TEXT])),
                out: Vec::new(),
                root: false,
            },
        }
    }

    /// Takes the next piece of the file and appends the records that it completes.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::NotXml`] with its place, [`FormatError::DeclaresEntities`], and what tells of limits.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        let result = if self.start.is_plain() {
            self.scan(bytes)
        } else {
            // What stands before bytes that mean nothing is read as if they came in the next piece.
            let mut text = Vec::new();
            let decoded = self.start.push(bytes, false, &mut text);
            self.scan(&text).and(decoded)
        };
        out.append(&mut self.tree.out);
        result
    }

    /// Says that the file is over.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::NotXml`] when it is over inside an element, or holds none.
    pub fn finish(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        let mut text = Vec::new();
        let decoded = self.start.push(b"", true, &mut text);
        let result = self.scan(&text).and(decoded);
        out.append(&mut self.tree.out);
        result?;
        if self.tree.root && self.tree.open.is_empty() && !self.scanner.is_complete() {
            return Err(self.scanner.wrong("something stands behind the outermost element"));
        }
        if !self.tree.open.is_empty() || !self.scanner.is_complete() {
            return Err(self.scanner.wrong("the file ends inside an element; it may have been cut off"));
        }
        if !self.tree.root {
            return Err(self.scanner.wrong("there is no element"));
        }
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        let bytes = self.bom.strip(bytes);
        self.scanner.push(&bytes, &mut self.tree)
    }
}

/// Why a record cannot be had.
#[derive(Clone, Copy)]
enum Why {
    Big,
    Deep,
}

/// The elements that are open, and the record in the making.
struct Tree {
    options: XmlOptions,
    matcher: Matcher,
    shape: Shape,
    /// The names of all open elements.
    open: Vec<Box<str>>,
    /// The open elements of the record, itself first.
    nodes: Vec<Node>,
    /// How many elements stand around the record.
    around: usize,
    /// How many open elements of the record are left out.
    skipped: usize,
    /// How much of the file the record took so far.
    bytes: usize,
    /// Why the record is walked to its end, and nothing of it is kept.
    passed_over: Option<Why>,
    /// How many open elements are deeper than a record may be.
    deeper: usize,
    records: u64,
    pool: KeyPool,
    /// The keys of an element that is a text and nothing else.
    bare: Arc<Keys>,
    out: Vec<Row>,
    /// An element was there.
    root: bool,
}

impl Handler for Tree {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        match token {
            Token::Open { name, attributes, empty } => {
                self.opened(name, attributes)?;
                if empty { self.closed(name) } else { Ok(()) }
            }
            Token::Close { name } => self.closed(name),
            Token::Text(text) => {
                if self.open.is_empty() && !text.trim_ascii().is_empty() {
                    return Err(Wrong::Reason("a text stands outside of all elements"));
                }
                self.text(text, true)
            }
            Token::Data(text) => self.text(text, false),
        }
    }

    fn record(&self) -> u64 {
        self.records + 1
    }

    fn passes_over(&mut self) -> bool {
        // Outside of records nothing is kept anyway.
        if !self.nodes.is_empty() {
            self.pass_over(Why::Big);
        }
        !self.open.is_empty()
    }
}

impl Tree {
    fn opened(&mut self, name: &str, tag: &str) -> Result<(), Wrong> {
        if self.open.is_empty() && self.root {
            return Err(Wrong::Reason("there is more than one outermost element"));
        }
        if name.is_empty() || name.starts_with(|c: char| !c.is_alphabetic() && c != '_') {
            return Err(Wrong::Reason("a tag has no name"));
        }
        if self.open.len() >= MAX_DEPTH {
            return self.too_deep();
        }
        self.root = true;
        self.open.push(name.into());
        if self.passed_over.is_some() {
            return Ok(());
        }
        if self.skipped > 0 {
            self.skipped += 1;
            self.charge(BRACKETS + name.len() + tag.len());
            return Ok(());
        }
        if self.nodes.is_empty() {
            let whole = self.matcher.is_whole_document();
            if !self.matcher.enter(name, tag)? && !whole {
                // Nobody reads these attributes, but they are XML or the file is none.
                return attributes(tag, |_, _| {}).map_err(Wrong::Reason);
            }
            self.around = self.open.len() - 1;
            self.bytes = 0;
        } else if !self.shape.is_plain() && self.shape.leaves_out(&self.open, self.around) {
            self.skipped = 1;
            self.charge(BRACKETS + name.len() + tag.len());
            return Ok(());
        }
        let mut node = Node::default();
        attributes(tag, |name, value| node.attribute(name, &value, &self.options))?;
        self.nodes.push(node);
        self.charge(BRACKETS + name.len() + tag.len());
        Ok(())
    }

    /// A record that is too deep costs only itself; around records nobody knows what is meant.
    fn too_deep(&mut self) -> Result<(), Wrong> {
        if self.passed_over.is_none() {
            if self.nodes.is_empty() {
                return Err(Wrong::Error(FormatError::TooDeep { most: MAX_DEPTH }));
            }
            self.pass_over(Why::Deep);
        }
        self.deeper += 1;
        Ok(())
    }

    fn closed(&mut self, name: &str) -> Result<(), Wrong> {
        if self.deeper > 0 {
            self.deeper -= 1;
            return Ok(());
        }
        if self.open.last().is_none_or(|open| **open != *name) {
            return Err(Wrong::Reason("a tag closes an element that is not the innermost open one"));
        }
        let list = self.options.automatic || (!self.shape.is_plain() && self.shape.is_list(&self.open, self.around));
        let name = self.open.pop().unwrap_or_default();
        if let Some(why) = self.passed_over {
            if self.open.len() == self.around {
                self.left_behind(why);
            }
            return Ok(());
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped == 0
                && let Some(parent) = self.nodes.last_mut()
            {
                parent.left_out();
            }
        } else if let Some(node) = self.nodes.pop() {
            self.completed(name, node, list);
        }
        if self.nodes.is_empty() && self.skipped == 0 {
            self.matcher.leave();
        }
        Ok(())
    }

    fn completed(&mut self, name: Box<str>, node: Node, list: bool) {
        let depth = self.nodes.len();
        if let Some(parent) = self.nodes.last_mut() {
            let value = node.into_value(&self.options, &self.bare, &mut self.pool, depth);
            parent.child(name, value, list);
            return;
        }
        let record = if self.matcher.is_whole_document() {
            let value = node.into_value(&self.options, &self.bare, &mut self.pool, depth + 1);
            let value = if self.options.automatic { Val::List(vec![value]) } else { value };
            Record::new(self.pool.keep(0, vec![name]), vec![value])
        } else {
            node.into_record(&self.options, &mut self.pool, depth)
        };
        if self.matcher.child_tests().all(|(name, want)| has(&record, name, want)) {
            self.records += 1;
            self.out.push(Ok(record));
        }
    }

    fn text(&mut self, text: &str, references: bool) -> Result<(), Wrong> {
        let Some(node) = self.nodes.last_mut().filter(|_| self.skipped == 0) else { return Ok(()) };
        if references {
            node.text(&unescape(text)?);
        } else {
            node.text(text);
        }
        self.charge(text.len());
        Ok(())
    }

    fn charge(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > MAX_RECORD_BYTES {
            self.pass_over(Why::Big);
        }
    }

    /// Keeps nothing of the record at hand, now and until it ends.
    fn pass_over(&mut self, why: Why) {
        self.passed_over = Some(why);
        self.nodes = Vec::new();
        self.skipped = 0;
    }

    /// The record that was passed over has ended.
    fn left_behind(&mut self, why: Why) {
        self.passed_over = None;
        self.matcher.leave();
        let (index, record) = (self.records, format!("Record {}", self.records + 1));
        self.records += 1;
        self.out.push(Err(match why {
            Why::Big => RowError::too_big(index, &record),
            Why::Deep => RowError::new(
                index,
                format!("{record} is nested more than {MAX_DEPTH} levels deep. Have the source nest less."),
            ),
        }));
    }
}

/// What stands around a tag: five million elements of one letter are no small record.
const BRACKETS: usize = "</>".len();

/// Whether a record has such a child, and with this text.
fn has(record: &Record, name: &str, want: Option<&str>) -> bool {
    let Some((_, value)) = record.iter().find(|(have, _)| local(have) == name) else { return false };
    let Some(want) = want else { return true };
    let is = |value: &Val| match value {
        Val::Map(record) => record.iter().any(|(name, value)| {
            matches!(name, "_" | "&txt") && value.as_str().is_some_and(|text| text.trim() == want)
        }),
        other => other.as_str().is_some_and(|text| text.trim() == want),
    };
    match value {
        Val::List(values) => values.iter().any(is),
        one => is(one),
    }
}

#[cfg(test)]
mod tests;
