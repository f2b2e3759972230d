//! Reads a file by its definition, row by row.
//!
//! Follows the tree of rules with one row at hand: it goes to the rule at hand once more, to a later one beside it,
//! to the row that closes them, or to what is around them. Rules that say they are required may not be passed over.
//! A record is everything that the outermost rules stand for; with a resource path, each item of that list.

use std::collections::HashMap;
use std::sync::Arc;

use tombolo_model::{KeyPool, Record, Val};

use super::cutter::Cutter;
use super::row::Row;
use super::{FileDefinition, Rule};
use crate::error::{FormatError, Row as Made, RowError};

/// A push parser.
pub struct DefinitionReader {
    cutter: Cutter,
    rules: Arc<[Rule]>,
    frames: Vec<Frame>,
    /// The records in the making: the outermost, and an item for each open container.
    records: Vec<Fields>,
    target: Vec<String>,
    /// Items went out for the record in the making.
    streamed: bool,
    partial: bool,
    /// After an error: until a row that begins a record.
    skipping: bool,
    bytes: usize,
    made: u64,
    pool: KeyPool,
}

/// Rules beside one another, and which of them is at hand.
struct Frame {
    rules: Arc<[Rule]>,
    at: usize,
    count: u64,
    close: Option<Arc<Rule>>,
    /// The container whose item this is.
    container: Option<String>,
}

/// The most memory that a record may take: an interchange of many messages is one.
const MAX_TREE_BYTES: usize = 96 * 1024 * 1024;
/// About what a row takes there beside its text: an item of a list, with a value or two.
const ROW_BYTES: usize = 120;

impl DefinitionReader {
    /// Makes a parser. The resource path names, with dots, the list whose items are the records; the empty one is
    /// the whole. With `partial`, what cannot be read costs only its record.
    #[must_use]
    pub fn new(definition: &FileDefinition, resource_path: &str, partial: bool) -> Self {
        let target = resource_path.split('.').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect();
        let mut made = Self {
            cutter: Cutter::new(definition.layout.clone()),
            rules: Arc::clone(&definition.rules),
            frames: Vec::new(),
            records: Vec::new(),
            target,
            streamed: false,
            partial,
            skipping: false,
            bytes: 0,
            made: 0,
            pool: KeyPool::default(),
        };
        made.begin();
        made
    }

    /// Takes the next piece of the file and appends the records that it completes.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::UnexpectedRow`], [`FormatError::MissingRow`], [`FormatError::RepeatedRow`] and
    /// [`FormatError::BadRow`] with the row, and what tells of limits.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Made>) -> Result<(), FormatError> {
        self.cutter.push(bytes);
        self.rows(false, out)
    }

    /// Says that the file is over and appends the last record.
    ///
    /// # Errors
    ///
    /// As for [`DefinitionReader::push`].
    pub fn finish(&mut self, out: &mut Vec<Made>) -> Result<(), FormatError> {
        self.rows(true, out)?;
        if self.skipping || self.is_fresh() {
            return Ok(());
        }
        self.cutter.rows += 1;
        let ended = (|| {
            while !self.is_fresh() {
                self.leave(out)?;
            }
            Ok(())
        })();
        self.settle(ended, out)
    }

    fn rows(&mut self, last: bool, out: &mut Vec<Made>) -> Result<(), FormatError> {
        while let Some(text) = self.cutter.next(last)? {
            let row = Row::new(text, &self.cutter.layout);
            if self.skipping {
                self.skipping = !self.rules.first().is_some_and(|rule| row.begins(rule, &self.cutter.layout));
            }
            if !self.skipping {
                let placed = self.place(&row, out);
                self.settle(placed, out)?;
            }
        }
        Ok(())
    }

    /// Where only the record is to be lost, turns an error into that record.
    fn settle(&mut self, result: Result<(), FormatError>, out: &mut Vec<Made>) -> Result<(), FormatError> {
        match result {
            Err(error) if self.partial => {
                out.push(Err(RowError::new(self.made, error.to_string())));
                self.made += 1;
                self.begin();
                self.skipping = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Begins a record.
    fn begin(&mut self) {
        let rules = Arc::clone(&self.rules);
        self.frames = vec![Frame { rules, at: 0, count: 0, close: None, container: None }];
        self.records = vec![Fields::default()];
        (self.streamed, self.bytes) = (false, 0);
    }

    /// Whether no row of the record was there yet.
    fn is_fresh(&self) -> bool {
        matches!(&*self.frames, [frame] if frame.at == 0 && frame.count == 0)
    }

    fn place(&mut self, row: &Row, out: &mut Vec<Made>) -> Result<(), FormatError> {
        self.bytes += row.len() + ROW_BYTES;
        if self.bytes > MAX_TREE_BYTES {
            return Err(FormatError::TooBig { what: "One record of the file", most: MAX_TREE_BYTES });
        }
        while !self.offer(row, out)? {
            if self.is_fresh() {
                return Err(FormatError::UnexpectedRow { row: self.cutter.rows, begins: row.beginning() });
            }
            // The row that follows the last one of a record has to begin the next.
            if self.frames.len() == 1 && !self.rules.first().is_some_and(|rule| row.begins(rule, &self.cutter.layout)) {
                return Err(self.unexpected(row));
            }
            self.leave(out)?;
        }
        Ok(())
    }

    /// Why a row has no place behind the last one of a record.
    fn unexpected(&self, row: &Row) -> FormatError {
        let taken = self.frames.last().filter(|frame| frame.count > 0).and_then(|frame| frame.rules.get(frame.at));
        match taken.filter(|rule| !rule.container && row.begins(rule, &self.cutter.layout)) {
            Some(rule) => FormatError::RepeatedRow { row: self.cutter.rows, rule: rule.label() },
            None => FormatError::UnexpectedRow { row: self.cutter.rows, begins: row.beginning() },
        }
    }

    /// Offers a row to the innermost rules; whether they took it.
    fn offer(&mut self, row: &Row, out: &mut Vec<Made>) -> Result<bool, FormatError> {
        let outermost = self.frames.len() == 1;
        let Some(frame) = self.frames.last() else { return Ok(false) };
        let (rules, at, count) = (Arc::clone(&frame.rules), frame.at, frame.count);
        for (place, rule) in rules.iter().enumerate().skip(at) {
            let count = if place == at { count } else { 0 };
            if !row.begins(rule, &self.cutter.layout) || (is_for_any(rule) && self.is_claimed(row)) {
                continue;
            }
            if rule.most.is_some_and(|most| count >= most) || (outermost && count > 0 && !rule.container) {
                continue;
            }
            if count > 0 && !rule.container {
                return Err(FormatError::RepeatedRow { row: self.cutter.rows, rule: rule.label() });
            }
            self.check_required(place)?;
            if let Some(frame) = self.frames.last_mut() {
                (frame.at, frame.count) = (place, count + 1);
            }
            return self.take(rule, row, out);
        }
        let close = self.frames.last().and_then(|frame| frame.close.clone());
        match close.filter(|close| row.is_for(close, &self.cutter.layout)) {
            None => Ok(false),
            Some(close) => {
                self.check_required(rules.len())?;
                self.read(&close, row)?;
                if let Some(frame) = self.frames.last_mut() {
                    frame.close = None;
                }
                self.leave(out)?;
                Ok(true)
            }
        }
    }

    fn take(&mut self, rule: &Rule, row: &Row, out: &mut Vec<Made>) -> Result<bool, FormatError> {
        let container = rule.container.then(|| rule.name.clone());
        if rule.container {
            self.records.push(Fields::default());
        }
        let own = !rule.elements.is_empty();
        if own {
            self.read(rule, row)?;
        }
        if rule.container || !rule.children.is_empty() || rule.close.is_some() {
            let (rules, close) = (Arc::clone(&rule.children), rule.close.clone());
            self.frames.push(Frame { rules, at: 0, count: 0, close, container });
        }
        if own { Ok(true) } else { self.offer(row, out) }
    }

    fn read(&mut self, rule: &Rule, row: &Row) -> Result<(), FormatError> {
        let Some(fields) = self.records.last_mut() else { return Ok(()) };
        let read = row.read(rule, &self.cutter.layout, |name, value| fields.set(name, value));
        read.map_err(|reason| FormatError::BadRow { row: self.cutter.rows, reason })
    }

    /// Whether a rule around the one at hand is surely meant, which one for any row leaves to it.
    fn is_claimed(&self, row: &Row) -> bool {
        let layout = &self.cutter.layout;
        self.frames.iter().rev().enumerate().any(|(up, frame)| {
            let from = frame.at + usize::from(up == 0);
            frame.close.as_ref().is_some_and(|close| close.identifier.is_some() && row.is_for(close, layout))
                || frame.rules.iter().skip(from).any(|rule| row.surely_begins(rule, layout))
        })
    }

    /// Checks that no required rule is passed over on the way to one.
    fn check_required(&self, to: usize) -> Result<(), FormatError> {
        let Some(frame) = self.frames.last() else { return Ok(()) };
        let passed = frame.rules.iter().enumerate().take(to).skip(frame.at);
        for (place, rule) in passed {
            if rule.required && !(place == frame.at && frame.count > 0) {
                return Err(FormatError::MissingRow { row: self.cutter.rows, rule: rule.label() });
            }
        }
        Ok(())
    }

    /// Leaves the innermost rules; with the outermost the record is complete.
    fn leave(&mut self, out: &mut Vec<Made>) -> Result<(), FormatError> {
        self.check_required(usize::MAX)?;
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        if let Some(close) = frame.close.filter(|close| close.required) {
            return Err(FormatError::MissingRow { row: self.cutter.rows, rule: close.label() });
        }
        if let Some(name) = frame.container {
            let depth = self.records.len() - 1;
            let item = self.records.pop().unwrap_or_default().into_record(depth, &mut self.pool);
            if self.is_target(&name) {
                self.streamed = true;
                self.bytes = 0;
                self.emit(item, out);
            } else if let Some(around) = self.records.last_mut() {
                around.add(&name, Val::Map(item));
            }
        }
        if self.frames.is_empty() {
            let whole = self.records.pop().unwrap_or_default().into_record(0, &mut self.pool);
            if !self.streamed {
                self.emit_target(whole, out);
            }
            self.begin();
        }
        Ok(())
    }

    /// Whether the container of this name, within those that are open, is the resource path.
    fn is_target(&self, name: &str) -> bool {
        let around = self.frames.iter().filter_map(|frame| frame.container.as_deref());
        !self.target.is_empty() && around.chain([name]).eq(self.target.iter().map(String::as_str))
    }

    /// Emits what is at the resource path of a whole record; nothing there is no record.
    fn emit_target(&mut self, whole: Record, out: &mut Vec<Made>) {
        // Taken out of what is dropped behind: there may be hundreds of thousands of items.
        let step = |mut value: Val, name: &String| match &mut value {
            Val::Map(record) => record.get_mut(name).map(std::mem::take).unwrap_or_default(),
            _ => Val::Absent,
        };
        let value = self.target.iter().fold(Val::Map(whole), step);
        match value {
            Val::Map(record) => self.emit(record, out),
            Val::List(items) => {
                for item in items {
                    if let Val::Map(record) = item {
                        self.emit(record, out);
                    }
                }
            }
            _ => {}
        }
    }

    fn emit(&mut self, record: Record, out: &mut Vec<Made>) {
        self.made += 1;
        out.push(Ok(record));
    }
}

fn is_for_any(rule: &Rule) -> bool {
    match rule.elements.is_empty() {
        false => rule.identifier.is_none(),
        true => rule.children.first().is_some_and(is_for_any),
    }
}

/// The fields of a record in the making.
#[derive(Default)]
struct Fields {
    list: Vec<(Box<str>, Val)>,
    places: HashMap<Box<str>, usize>,
}

impl Fields {
    fn set(&mut self, name: &str, value: Val) {
        match self.places.get(name) {
            Some(at) => self.list[*at].1 = value,
            None => {
                self.places.insert(name.into(), self.list.len());
                self.list.push((name.into(), value));
            }
        }
    }

    /// Adds an item to the list of a name.
    fn add(&mut self, name: &str, item: Val) {
        match self.places.get(name).map(|at| &mut self.list[*at].1) {
            Some(Val::List(items)) => items.push(item),
            _ => self.set(name, Val::List(vec![item])),
        }
    }

    fn into_record(self, depth: usize, pool: &mut KeyPool) -> Record {
        let (names, values): (Vec<_>, Vec<_>) = self.list.into_iter().unzip();
        Record::new(pool.keep(depth, names), values)
    }
}

#[cfg(test)]
mod tests;
