//! Cuts CSV into rows and fields; knows nothing of headers or records.
//!
//! Written for itself because delimiters may be longer than one byte and rows may end with anything; the crates
//! for CSV take one byte for either. A quote that opens a field makes delimiters characters until it closes;
//! elsewhere a quote is a character. Empty rows are none.
//!
//! Most rows of most files hold no quote and are wholly in the piece at hand; those are cut in one go.

use memchr::{memchr, memchr2, memchr3};

use super::CsvOptions;
use crate::error::{FormatError, MAX_COLUMNS, MAX_RECORD_BYTES};

/// Cuts rows out of pieces.
pub(super) struct Splitter {
    delimiter: Box<[u8]>,
    /// Nothing: CR, LF or both.
    row_end: Option<Box<[u8]>>,
    quote: Option<u8>,
    /// What may end a field of a plain row or makes it none; nothing where no row is plain.
    marks: Option<Box<[bool; 256]>>,
    /// The bytes of the row at hand, and where each field begins and ends in them.
    pub(super) bytes: Vec<u8>,
    pub(super) fields: Vec<(usize, usize)>,
    /// Where the field in the making begins.
    begun: usize,
    place: Place,
    /// The last byte was a CR that ended a row; a LF behind it belongs to it.
    after_cr: bool,
    /// Rows so far, the one in the making not included.
    pub(super) rows: u64,
    /// Empty rows count too, as when rows are left out at the top.
    pub(super) counts_empty: bool,
    /// A row that is too big is passed over, instead of ending the file.
    pub(super) passes_over: bool,
    /// Why the row at hand is passed over; of its fields nothing is kept then.
    pub(super) passed_over: Option<TooMuch>,
}

/// What a row has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMuch {
    Bytes,
    Columns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    RowStart,
    FieldStart,
    Field,
    Quoted,
    /// Behind a quote inside of quotes: the end, or the first of two.
    QuoteSeen,
}

/// What stands at a place.
enum Mark {
    Column(usize),
    Row(usize),
    /// The beginning of a delimiter; the rest is still to come.
    Undecided,
    Text,
}

impl Splitter {
    pub(super) fn new(options: &CsvOptions) -> Self {
        Self {
            delimiter: options.column_delimiter.as_bytes().into(),
            row_end: options.row_delimiter.as_ref().map(|text| text.as_bytes().into()),
            quote: (!options.disable_quote).then_some(options.quote),
            marks: marks(options),
            bytes: Vec::with_capacity(1024),
            fields: Vec::with_capacity(64),
            begun: 0,
            place: Place::RowStart,
            after_cr: false,
            rows: 0,
            counts_empty: options.rows_to_skip > 0,
            passes_over: !options.has_header_row,
            passed_over: None,
        }
    }

    /// Takes bytes up to the end of a row; says how many, and whether a row is complete.
    ///
    /// Without a row it took all, except for a beginning of a delimiter at the end: that is given again with more
    /// behind it, or as the last bytes of the file.
    pub(super) fn step(&mut self, bytes: &[u8], last: bool) -> Result<(usize, bool), FormatError> {
        let mut at = 0;
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            at = usize::from(bytes[0] == b'\n');
        }
        if self.place == Place::RowStart
            && let Some(length) = self.plain_row(&bytes[at..])
        {
            self.rows += 1;
            return Ok((self.row_ended(bytes, at + length, 1), true));
        }
        self.walk(bytes, at, last)
    }

    /// Takes bytes from a place on, field by field, up to the end of a row.
    fn walk(&mut self, bytes: &[u8], mut at: usize, last: bool) -> Result<(usize, bool), FormatError> {
        while at < bytes.len() {
            match self.place {
                Place::RowStart | Place::FieldStart if Some(bytes[at]) == self.quote => {
                    self.place = Place::Quoted;
                    at += 1;
                }
                Place::RowStart => match self.mark(bytes, at, last) {
                    Mark::Row(length) => {
                        at = self.row_ended(bytes, at, length);
                        if self.counts_empty {
                            self.rows += 1;
                            return Ok((at, true));
                        }
                    }
                    Mark::Undecided => return Ok((at, false)),
                    Mark::Column(_) | Mark::Text => self.place = Place::Field,
                },
                Place::FieldStart => self.place = Place::Field,
                Place::Field => {
                    let next = self.next(bytes, at);
                    self.keep(&bytes[at..next])?;
                    at = next;
                    if at == bytes.len() {
                        break;
                    }
                    match self.mark(bytes, at, last) {
                        Mark::Column(length) => {
                            self.field_ended()?;
                            self.place = Place::FieldStart;
                            at += length;
                        }
                        Mark::Row(length) => {
                            self.field_ended()?;
                            self.rows += 1;
                            return Ok((self.row_ended(bytes, at, length), true));
                        }
                        Mark::Undecided => return Ok((at, false)),
                        Mark::Text => {
                            self.keep(&bytes[at..=at])?;
                            at += 1;
                        }
                    }
                }
                Place::Quoted => at = self.quoted(bytes, at)?,
                Place::QuoteSeen => {
                    if Some(bytes[at]) == self.quote {
                        self.keep(&bytes[at..=at])?;
                        at += 1;
                        self.place = Place::Quoted;
                    } else {
                        self.place = Place::Field;
                    }
                }
            }
        }
        Ok((at, false))
    }

    /// Takes bytes inside of quotes, and the quote behind them when it is there.
    fn quoted(&mut self, bytes: &[u8], at: usize) -> Result<usize, FormatError> {
        let Some(length) = self.quote.and_then(|quote| memchr(quote, &bytes[at..])) else {
            self.keep(&bytes[at..])?;
            return Ok(bytes.len());
        };
        self.keep(&bytes[at..at + length])?;
        self.place = Place::QuoteSeen;
        Ok(at + length + 1)
    }

    /// Ends the file; says whether that completed a row.
    pub(super) fn end(&mut self) -> Result<bool, FormatError> {
        match self.place {
            Place::RowStart => Ok(false),
            Place::Quoted => Err(FormatError::UnterminatedQuote { row: self.rows + 1 }),
            Place::FieldStart | Place::Field | Place::QuoteSeen => {
                self.field_ended()?;
                self.rows += 1;
                self.place = Place::RowStart;
                Ok(true)
            }
        }
    }

    /// Forgets the row at hand.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.fields.clear();
        self.begun = 0;
        self.passed_over = None;
    }

    /// Keeps nothing of the row at hand, now and until it ends.
    fn pass_over(&mut self, why: TooMuch) -> Result<(), FormatError> {
        let row = self.rows + 1;
        match why {
            _ if self.passes_over => {}
            TooMuch::Bytes => return Err(FormatError::RecordTooBig { record: row, most: MAX_RECORD_BYTES }),
            TooMuch::Columns => return Err(FormatError::TooManyColumns { row, most: MAX_COLUMNS }),
        }
        self.clear();
        self.bytes.shrink_to(1024);
        self.passed_over = Some(why);
        Ok(())
    }

    /// Takes a row that is there up to its end and holds no quote; says how long it is. Any other is left alone.
    fn plain_row(&mut self, bytes: &[u8]) -> Option<usize> {
        let marks = self.marks.as_deref()?;
        let most = bytes.len().min(MAX_RECORD_BYTES);
        let mut begun = 0;
        let mut ended = None;
        for (at, byte) in bytes[..most].iter().enumerate().filter(|(_, byte)| marks[usize::from(**byte)]) {
            if Some(*byte) == self.quote || self.fields.len() == MAX_COLUMNS {
                break;
            }
            self.fields.push((begun, at));
            begun = at + 1;
            if matches!(byte, b'\n' | b'\r') {
                ended = Some(at);
                break;
            }
        }
        // Empty rows and those with too many columns have rules of their own.
        let Some(length) = ended.filter(|length| *length > 0) else {
            self.fields.clear();
            return None;
        };
        self.bytes.extend_from_slice(&bytes[..length]);
        Some(length)
    }

    /// The next place where a delimiter may begin.
    fn next(&self, bytes: &[u8], at: usize) -> usize {
        let rest = &bytes[at..];
        let found = match &self.row_end {
            None => memchr3(self.delimiter[0], b'\n', b'\r', rest),
            Some(end) => memchr2(self.delimiter[0], end[0], rest),
        };
        found.map_or(bytes.len(), |found| at + found)
    }

    fn mark(&self, bytes: &[u8], at: usize, last: bool) -> Mark {
        let rest = &bytes[at..];
        if let Some(end) = &self.row_end {
            // The longer one first: it may begin with the other.
            let row = begins(rest, end, last);
            let column = begins(rest, &self.delimiter, last);
            return match (row, column) {
                (Begins::Maybe, _) | (_, Begins::Maybe) => Mark::Undecided,
                (Begins::Yes, Begins::Yes) if self.delimiter.len() > end.len() => Mark::Column(self.delimiter.len()),
                (Begins::Yes, _) => Mark::Row(end.len()),
                (_, Begins::Yes) => Mark::Column(self.delimiter.len()),
                _ => Mark::Text,
            };
        }
        match begins(rest, &self.delimiter, last) {
            Begins::Yes => Mark::Column(self.delimiter.len()),
            Begins::Maybe => Mark::Undecided,
            Begins::No if matches!(rest[0], b'\n' | b'\r') => Mark::Row(1),
            Begins::No => Mark::Text,
        }
    }

    fn row_ended(&mut self, bytes: &[u8], at: usize, length: usize) -> usize {
        self.place = Place::RowStart;
        if self.row_end.is_none() && bytes[at] == b'\r' {
            match bytes.get(at + 1) {
                Some(b'\n') => return at + 2,
                Some(_) => {}
                None => self.after_cr = true,
            }
        }
        at + length
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        if self.passed_over.is_some() {
            return Ok(());
        }
        if self.bytes.len() + bytes.len() > MAX_RECORD_BYTES {
            return self.pass_over(TooMuch::Bytes);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn field_ended(&mut self) -> Result<(), FormatError> {
        if self.passed_over.is_some() {
            return Ok(());
        }
        if self.fields.len() >= MAX_COLUMNS {
            return self.pass_over(TooMuch::Columns);
        }
        self.fields.push((self.begun, self.bytes.len()));
        self.begun = self.bytes.len();
        Ok(())
    }
}

/// Rows are plain where one byte parts columns and a line end parts rows.
fn marks(options: &CsvOptions) -> Option<Box<[bool; 256]>> {
    let [delimiter] = options.column_delimiter.as_bytes() else { return None };
    if options.row_delimiter.is_some() || matches!(delimiter, b'\n' | b'\r') {
        return None;
    }
    let mut marks = Box::new([false; 256]);
    for byte in [*delimiter, b'\n', b'\r'].into_iter().chain((!options.disable_quote).then_some(options.quote)) {
        marks[usize::from(byte)] = true;
    }
    Some(marks)
}

enum Begins {
    Yes,
    No,
    Maybe,
}

fn begins(rest: &[u8], with: &[u8], last: bool) -> Begins {
    if rest.len() >= with.len() {
        return if rest.starts_with(with) { Begins::Yes } else { Begins::No };
    }
    if !last && with.starts_with(rest) { Begins::Maybe } else { Begins::No }
}
