//! Reads CSV that is pushed in piece by piece.

use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use tombolo_model::{Keys, Record, Val};

use super::CsvOptions;
use crate::{FormatError, MAX_RECORD_BYTES, Row, RowError};

/// A push parser.
pub struct CsvReader {
    options: CsvOptions,
    reader: Reader,
    /// The fields of the row in the making, one after the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    used: usize,
    ended: usize,
    keys: Option<Arc<Keys>>,
    rows: u64,
    records: u64,
    started: bool,
}

impl CsvReader {
    /// Makes a parser.
    #[must_use]
    pub fn new(options: CsvOptions) -> Self {
        let reader = ReaderBuilder::new().delimiter(options.column_delimiter).quoting(!options.disable_quote).build();
        Self {
            options,
            reader,
            fields: vec![0; 1024],
            ends: vec![0; 64],
            used: 0,
            ended: 0,
            keys: None,
            rows: 0,
            records: 0,
            started: false,
        }
    }

    /// Takes the next piece of the file and appends the rows that it completes.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::RecordTooBig`] when a row does not end.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        if !self.started {
            self.started = true;
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        }
        while !bytes.is_empty() {
            let taken = self.step(bytes, out)?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Says that the file is over and appends the last row.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::UnterminatedQuote`] when it is over inside a quoted field.
    pub fn finish(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        // Outside of quotes a line end closes the row; inside it is one more character of the field.
        let before = self.rows;
        self.push(b"\n", out)?;
        if self.rows == before && (self.used > 0 || self.ended > 0) {
            return Err(FormatError::UnterminatedQuote { row: self.rows + 1 });
        }
        Ok(())
    }

    fn step(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<usize, FormatError> {
        let (result, taken, wrote, ended) =
            self.reader.read_record(bytes, &mut self.fields[self.used..], &mut self.ends[self.ended..]);
        self.used += wrote;
        self.ended += ended;
        match result {
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
            ReadRecordResult::OutputFull => {
                if self.fields.len() > MAX_RECORD_BYTES {
                    return Err(FormatError::RecordTooBig { record: self.rows + 1, most: MAX_RECORD_BYTES });
                }
                self.fields.resize(self.fields.len() * 2, 0);
            }
            ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            ReadRecordResult::Record => {
                self.rows += 1;
                if self.rows > self.options.rows_to_skip {
                    self.row(out);
                }
                (self.used, self.ended) = (0, 0);
            }
        }
        Ok(taken)
    }

    fn row(&mut self, out: &mut Vec<Row>) {
        let ends = &self.ends[..self.ended];
        let text = |at: usize| {
            let start = at.checked_sub(1).map_or(0, |before| ends[before]);
            String::from_utf8_lossy(&self.fields[start..ends[at]])
        };
        let count = ends.len();
        let Some(keys) = &self.keys else {
            let names: Vec<String> = (0..count)
                .map(|at| if self.options.has_header_row { text(at).trim().to_owned() } else { format!("Column{at}") })
                .collect();
            self.keys = Some(Arc::new(Keys::new(distinct(names))));
            if !self.options.has_header_row {
                self.row(out);
            }
            return;
        };
        let index = self.records;
        self.records += 1;
        if count != keys.len() {
            let message = format!(
                "Row {} has {count} values and there are {} columns. Check the delimiter and the quotes around it.",
                self.rows,
                keys.len()
            );
            out.push(Err(RowError { index, message }));
            return;
        }
        let value = |at| {
            let text = text(at);
            Val::text(if self.options.trim_spaces { text.trim() } else { &text })
        };
        out.push(Ok(Record::new(Arc::clone(keys), (0..count).map(value).collect())));
    }
}

/// Column names, each once: the second `name` becomes `name_2`.
fn distinct(names: Vec<String>) -> Vec<String> {
    let mut made: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names.into_iter().enumerate() {
        let name = if name.is_empty() { format!("Column{at}") } else { name };
        let mut unique = name.clone();
        let mut count = 1;
        while made.contains(&unique) {
            count += 1;
            unique = format!("{name}_{count}");
        }
        made.push(unique);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: CsvOptions, text: &str, piece: usize) -> (Vec<String>, Option<FormatError>) {
        let mut reader = CsvReader::new(options);
        let mut rows = Vec::new();
        let mut error = None;
        for part in text.as_bytes().chunks(piece) {
            error = error.or(reader.push(part, &mut rows).err());
        }
        error = error.or(reader.finish(&mut rows).err());
        let shown = rows.into_iter().map(|row| match row {
            Ok(record) => Val::Map(record).to_json(),
            Err(error) => format!("! {} {}", error.index, error.message),
        });
        (shown.collect(), error)
    }

    #[test]
    fn pieces_of_any_size_give_the_same_rows() {
        let text = "\u{feff}a, b ,c\r\n1,\"x,\n\"\"y\"\"\",é\n\n2,,\"\"\r\n3,z,😀";
        let whole = read(CsvOptions::default(), text, 10_000);
        assert_eq!(
            whole.0,
            [r#"{"a":"1","b":"x,\n\"y\"","c":"é"}"#, r#"{"a":"2","b":"","c":""}"#, r#"{"a":"3","b":"z","c":"😀"}"#]
        );
        assert_eq!(whole.1, None);
        for piece in [3, 4, 5, 7, 11] {
            assert_eq!(read(CsvOptions::default(), text, piece), whole, "{piece}");
        }
    }

    #[test]
    fn a_file_cut_off_inside_quotes_is_said_to_be() {
        let (rows, error) = read(CsvOptions::default(), "a,b\n1,2\n3,\"four", 64);
        assert_eq!(rows, [r#"{"a":"1","b":"2"}"#]);
        assert_eq!(error, Some(FormatError::UnterminatedQuote { row: 3 }));
    }

    #[test]
    fn a_row_with_too_few_values_costs_only_itself() {
        let (rows, error) = read(CsvOptions::default(), "a,b\n1,2\n3\n5,6\n", 64);
        assert_eq!(rows[0], r#"{"a":"1","b":"2"}"#);
        assert!(rows[1].starts_with("! 1 Row 3 has 1 values and there are 2 columns"), "{}", rows[1]);
        assert_eq!(rows[2], r#"{"a":"5","b":"6"}"#);
        assert_eq!(error, None);
    }

    #[test]
    fn a_quote_inside_an_unquoted_value_is_a_character() {
        let (rows, error) = read(CsvOptions::default(), "a,b\n5\" pipe,2\n", 64);
        assert_eq!((rows, error), (vec![r#"{"a":"5\" pipe","b":"2"}"#.into()], None));
    }

    #[test]
    fn without_a_header_columns_are_numbered_and_double_names_are_told_apart() {
        let options = CsvOptions { has_header_row: false, column_delimiter: b';', ..CsvOptions::default() };
        assert_eq!(read(options, "1;2\n", 64).0, [r#"{"Column0":"1","Column1":"2"}"#]);
        assert_eq!(read(CsvOptions::default(), "a,a,\n1,2,3\n", 64).0, [r#"{"a":"1","a_2":"2","Column2":"3"}"#]);
    }
}
