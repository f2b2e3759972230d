//! The cells of a sheet, row by row.

use tombolo_model::Val;

use super::number::{Shows, show};
use super::parts::Parts;
use crate::error::{FormatError, MAX_COLUMNS, MAX_RECORD_BYTES};
use crate::xml::path::local;
use crate::xml::scan::{Handler, Token, Wrong};
use crate::xml::text::{attributes, unescape};

/// A row: its number and its cells with their columns, from 0.
pub(super) type Cells = (u64, Vec<(usize, Val)>);

pub(super) struct Sheet {
    pub(super) parts: Parts,
    /// The rows that are complete.
    pub(super) rows: Vec<Cells>,
    row: u64,
    cells: Vec<(usize, Val)>,
    bytes: usize,
    cell: Cell,
    /// The text of the cell is being read.
    within: bool,
}

#[derive(Default)]
struct Cell {
    column: usize,
    kind: Kind,
    style: usize,
    text: String,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Kind {
    #[default]
    Number,
    /// The number of a shared text.
    Shared,
    Text,
    Flag,
}

impl Sheet {
    pub(super) fn new(parts: Parts) -> Self {
        Self { parts, rows: Vec::new(), row: 0, cells: Vec::new(), bytes: 0, cell: Cell::default(), within: false }
    }

    fn opened(&mut self, name: &str, tag: &str, empty: bool) -> Result<(), Wrong> {
        match local(name) {
            "row" => {
                self.row += 1;
                attributes(tag, |name, value| {
                    if name == "r" {
                        self.row = value.parse().unwrap_or(self.row);
                    }
                })?;
                self.cells.clear();
                self.bytes = 0;
                self.cell.column = 0;
            }
            "c" => {
                let text = std::mem::take(&mut self.cell.text);
                let mut cell = Cell { column: self.cell.column, text, ..Cell::default() };
                cell.text.clear();
                attributes(tag, |name, value| match name {
                    "r" => cell.column = column(&value).unwrap_or(cell.column),
                    "s" => cell.style = value.parse().unwrap_or_default(),
                    "t" => {
                        cell.kind = match &*value {
                            "s" => Kind::Shared,
                            "b" => Kind::Flag,
                            "str" | "inlineStr" | "e" | "d" => Kind::Text,
                            _ => Kind::Number,
                        };
                    }
                    _ => {}
                })?;
                if cell.column >= MAX_COLUMNS {
                    return Err(Wrong::Error(FormatError::TooManyColumns { row: self.row, most: MAX_COLUMNS }));
                }
                self.cell = cell;
                if empty {
                    self.cell.column += 1;
                }
            }
            "v" | "t" => self.within = !empty,
            // How to pronounce a text, and what computed the value, are no part of it.
            "rPh" | "f" => self.within = false,
            _ => {}
        }
        Ok(())
    }

    fn closed(&mut self, name: &str) -> Result<(), Wrong> {
        match local(name) {
            "v" | "t" => self.within = false,
            "c" => {
                let value = self.value()?;
                self.bytes += value.as_str().map_or(16, str::len);
                self.check(0)?;
                if !value.is_empty() {
                    self.cells.push((self.cell.column, value));
                }
                self.cell.column += 1;
            }
            "row" if !self.cells.is_empty() => self.rows.push((self.row, std::mem::take(&mut self.cells))),
            _ => {}
        }
        Ok(())
    }

    /// Takes text of the cell at hand; counted here, since a cell may never end.
    fn append(&mut self, text: &str) -> Result<(), Wrong> {
        self.cell.text.push_str(text);
        self.check(self.cell.text.len())
    }

    /// Whether the row is no bigger than a record with so many bytes more.
    fn check(&self, more: usize) -> Result<(), Wrong> {
        if self.bytes + more <= MAX_RECORD_BYTES {
            return Ok(());
        }
        Err(Wrong::Error(FormatError::RecordTooBig { record: self.row, most: MAX_RECORD_BYTES }))
    }

    /// The value of the cell at hand.
    fn value(&self) -> Result<Val, Wrong> {
        let text = &*self.cell.text;
        Ok(match self.cell.kind {
            Kind::Text => Val::text(text),
            Kind::Flag => Val::Bool(matches!(text.trim(), "1" | "true")),
            Kind::Shared if text.is_empty() => Val::Absent,
            Kind::Shared => {
                let found = text.trim().parse::<usize>().ok().and_then(|at| self.parts.strings.get(at));
                Val::text(found.ok_or(Wrong::Reason("a cell refers to a text that is not there"))?)
            }
            Kind::Number => self.number(text.trim()),
        })
    }

    fn number(&self, text: &str) -> Val {
        let shows = self.parts.styles.get(self.cell.style).copied().unwrap_or(Shows::Number);
        if text.is_empty() {
            return Val::Absent;
        }
        let Ok(number) = text.parse::<f64>() else { return Val::text(text) };
        match (show(number, shows, self.parts.from_1904), text.parse::<i64>()) {
            (Some(date), _) => Val::text(&date),
            (None, Ok(whole)) => Val::Int(whole),
            (None, Err(_)) if number.is_finite() => Val::Float(number),
            (None, Err(_)) => Val::text(text),
        }
    }
}

/// The column of a reference such as `AB12`, from 0.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let number =
        letters.take(4).fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

impl Handler for Sheet {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        match token {
            Token::Open { name, attributes, empty } => self.opened(name, attributes, empty)?,
            Token::Close { name } => self.closed(name)?,
            Token::Text(text) if self.within => self.append(&unescape(text)?)?,
            Token::Data(text) if self.within => self.append(text)?,
            Token::Text(_) | Token::Data(_) => {}
        }
        Ok(())
    }

    fn record(&self) -> u64 {
        self.row.max(1)
    }
}
