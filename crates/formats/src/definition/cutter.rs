//! Cuts a file into rows. In X12 and EDIFACT the beginning of the file says what its marks are.

use super::layout::{Layout, Standard};
use crate::bom::Bom;
use crate::error::{FormatError, MAX_RECORD_BYTES};

pub(super) struct Cutter {
    pub(super) layout: Layout,
    held: Vec<u8>,
    /// Where the next row begins in what is held.
    at: usize,
    /// Up to where the row at hand was searched for its end.
    from: usize,
    /// What ends a row; nothing until the beginning of the file was seen.
    end: Option<Vec<u8>>,
    bom: Bom,
    pub(super) rows: u64,
}

/// The header of X12 has 106 bytes; others put more blanks into it.
const LONGEST_HEADER: usize = 512;
/// How long the marks of EDIFACT are.
const UNA_BYTES: usize = 9;

impl Cutter {
    pub(super) fn new(layout: Layout) -> Self {
        Self { layout, held: Vec::new(), at: 0, from: 0, end: None, bom: Bom::default(), rows: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = self.bom.strip(bytes);
        self.held.drain(..self.at);
        self.from = self.from.saturating_sub(self.at);
        self.at = 0;
        self.held.extend_from_slice(&bytes);
    }

    /// The next complete row; empty ones are none.
    pub(super) fn next(&mut self, last: bool) -> Result<Option<String>, FormatError> {
        if self.end.is_none() && !self.begin(last) {
            return Ok(None);
        }
        while let Some((end, behind)) = self.row_end(last) {
            let row = self.text(self.at, end)?;
            self.at = behind;
            if row.is_some() {
                return Ok(row);
            }
        }
        if self.held.len() - self.at > MAX_RECORD_BYTES {
            return Err(FormatError::RecordTooBig { record: self.rows + 1, most: MAX_RECORD_BYTES });
        }
        Ok(None)
    }

    /// Finds out the marks; false while too little of the file is there.
    fn begin(&mut self, last: bool) -> bool {
        let blank = self.held.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.held.drain(..blank);
        let end = match self.layout.standard {
            Standard::None => None,
            Standard::X12 => match x12(&self.held) {
                Marks::Unknown if !last && self.held.len() < LONGEST_HEADER => return false,
                Marks::Unknown | Marks::None => None,
                Marks::Some { column, component, end } => {
                    self.layout.column = char::from(column).to_string();
                    self.layout.component = char::from(component).to_string();
                    Some(vec![end])
                }
            },
            Standard::Edifact => match una(&self.held) {
                Marks::Unknown if !last => return false,
                Marks::Unknown | Marks::None => None,
                Marks::Some { column, component, end } => {
                    self.layout.column = char::from(column).to_string();
                    self.layout.component = char::from(component).to_string();
                    self.layout.release = self.held.get(6).map(|byte| char::from(*byte)).filter(|c| *c != ' ');
                    self.held.drain(..UNA_BYTES);
                    Some(vec![end])
                }
            },
        };
        let suffix = !self.layout.row_suffix.is_empty()
            && (self.layout.standard == Standard::Edifact || self.layout.row_delimiter.is_empty());
        self.end = Some(end.unwrap_or_else(|| {
            let mark = if suffix { &self.layout.row_suffix } else { &self.layout.row_delimiter };
            mark.trim_start_matches('\r').as_bytes().to_vec()
        }));
        true
    }

    /// Where the row at hand ends, and where the next one begins.
    fn row_end(&mut self, last: bool) -> Option<(usize, usize)> {
        let start = self.at;
        let end = self.end.clone().filter(|end| !end.is_empty())?;
        let mut from = start.max(self.from);
        while let Some(found) = memchr::memmem::find(&self.held[from..], &end) {
            let at = from + found;
            if !self.is_released(start, at) {
                return Some((at, at + end.len()));
            }
            from = at + 1;
        }
        self.from = self.held.len().saturating_sub(end.len());
        (last && start < self.held.len()).then_some((self.held.len(), self.held.len()))
    }

    /// Whether the mark at a place is made a character by what stands before it.
    fn is_released(&self, start: usize, at: usize) -> bool {
        let Some(release) = self.layout.release.and_then(|release| u8::try_from(release).ok()) else { return false };
        let before = self.held[start..at].iter().rev().take_while(|byte| **byte == release).count();
        before % 2 == 1
    }

    fn text(&mut self, start: usize, end: usize) -> Result<Option<String>, FormatError> {
        let bytes = &self.held[start..end];
        if bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        self.rows += 1;
        let text = std::str::from_utf8(bytes).map_err(|_| FormatError::BadRow {
            row: self.rows,
            reason: "it is not UTF-8; choose the encoding that the file was saved in".to_owned(),
        })?;
        let lines = self.end.as_deref() == Some(b"\n");
        let text = if self.layout.fixed {
            text.trim_matches(['\r', '\n']).to_owned()
        } else if lines {
            text.trim_matches('\r').to_owned()
        } else {
            // Programs break long files into lines where nothing ends.
            text.replace(['\r', '\n'], "").trim_start().to_owned()
        };
        let suffix = &self.layout.row_suffix;
        let cut = suffix.is_empty() || self.end.as_deref() == Some(suffix.as_bytes());
        let bare = if cut { None } else { text.strip_suffix(suffix.as_str()) };
        Ok(Some(bare.map_or_else(|| text.clone(), ToOwned::to_owned)).filter(|text| !text.is_empty()))
    }
}

enum Marks {
    /// Too little is there to tell.
    Unknown,
    /// The file does not say.
    None,
    Some {
        column: u8,
        component: u8,
        end: u8,
    },
}

/// The marks in the header of an X12 file: behind `ISA` the first, behind the sixteenth column the others.
fn x12(bytes: &[u8]) -> Marks {
    if !bytes.starts_with(b"ISA") {
        return if b"ISA".starts_with(bytes) { Marks::Unknown } else { Marks::None };
    }
    let Some(column) = bytes.get(3) else { return Marks::Unknown };
    if column.is_ascii_alphanumeric() || !column.is_ascii() {
        return Marks::None;
    }
    let Some((at, _)) = bytes.iter().enumerate().filter(|(_, byte)| *byte == column).nth(15) else {
        return Marks::Unknown;
    };
    match bytes.get(at + 1..at + 3) {
        Some([component, end]) if component.is_ascii() && end.is_ascii() && !end.is_ascii_alphanumeric() => {
            // CR LF ends with the LF.
            let end = if *end == b'\r' { b'\n' } else { *end };
            Marks::Some { column: *column, component: *component, end }
        }
        Some(_) => Marks::None,
        None => Marks::Unknown,
    }
}

/// The marks that an EDIFACT file may begin with: `UNA:+.? '`.
fn una(bytes: &[u8]) -> Marks {
    if !bytes.starts_with(b"UNA") {
        return if b"UNA".starts_with(bytes) { Marks::Unknown } else { Marks::None };
    }
    match bytes.get(3..9) {
        Some([component, column, _, _, _, end]) => Marks::Some { column: *column, component: *component, end: *end },
        _ => Marks::Unknown,
    }
}
