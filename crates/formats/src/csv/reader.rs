//! Reads CSV that is pushed in piece by piece.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use tombolo_model::{Keys, Record, Val};

use super::CsvOptions;
use crate::{FormatError, MAX_COLUMNS, MAX_RECORD_BYTES, Row, RowError};

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
    /// Returns [`FormatError::RecordTooBig`] and [`FormatError::TooManyColumns`] when a row does not end, and
    /// [`FormatError::NotUtf8`] when the names of the columns are no text.
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
            ReadRecordResult::OutputEndsFull => {
                if self.ends.len() >= MAX_COLUMNS {
                    return Err(FormatError::TooManyColumns { row: self.rows + 1, most: MAX_COLUMNS });
                }
                self.ends.resize((self.ends.len() * 2).min(MAX_COLUMNS), 0);
            }
            ReadRecordResult::Record => {
                self.rows += 1;
                if self.rows > self.options.rows_to_skip {
                    self.row(out)?;
                }
                (self.used, self.ended) = (0, 0);
            }
        }
        Ok(taken)
    }

    fn row(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        let Some(keys) = &self.keys else {
            self.keys = Some(Arc::new(Keys::new(distinct(self.names()?))));
            return if self.options.has_header_row { Ok(()) } else { self.row(out) };
        };
        let index = self.records;
        self.records += 1;
        let count = self.ended;
        let row = if count == keys.len() {
            self.values().map(|values| Record::new(Arc::clone(keys), values)).ok_or_else(|| {
                format!("Row {} is not UTF-8. Save the file as UTF-8, or have the source send UTF-8.", self.rows)
            })
        } else {
            Err(format!(
                "Row {} has {count} values and there are {} columns. Check the delimiter and the quotes around it.",
                self.rows,
                keys.len()
            ))
        };
        out.push(row.map_err(|message| RowError { index, message }));
        Ok(())
    }

    /// The names of the columns, from the row at hand or by number.
    fn names(&self) -> Result<Vec<String>, FormatError> {
        if !self.options.has_header_row {
            return Ok((0..self.ended).map(|at| format!("Column{at}")).collect());
        }
        let texts = self.texts().ok_or(FormatError::NotUtf8 { row: self.rows })?;
        Ok(texts.into_iter().map(|text| text.trim().to_owned()).collect())
    }

    fn values(&self) -> Option<Vec<Val>> {
        let trim = |text: &str| Val::text(if self.options.trim_spaces { text.trim() } else { text });
        Some(self.texts()?.into_iter().map(trim).collect())
    }

    /// The fields of the row at hand; nothing when one of them is no UTF-8. Other bytes are never replaced by
    /// question marks: what was read would then be written as if it were right.
    fn texts(&self) -> Option<Vec<&str>> {
        let row = std::str::from_utf8(&self.fields[..self.used]).ok()?;
        let mut start = 0;
        self.ends[..self.ended]
            .iter()
            .map(|end| {
                // Two halves of a character in neighboring fields are none.
                let text = row.get(start..*end);
                start = *end;
                text
            })
            .collect()
    }
}

/// Column names, each once: the second `name` becomes `name_2`.
fn distinct(names: Vec<String>) -> Vec<String> {
    let mut made: Vec<String> = Vec::with_capacity(names.len());
    let mut taken: HashSet<String> = HashSet::with_capacity(names.len());
    // How often each name was given; the search for a free number goes on where it ended.
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (at, name) in names.into_iter().enumerate() {
        let name = if name.is_empty() { format!("Column{at}") } else { name };
        let count = counts.entry(name.clone()).or_insert(0);
        let unique = loop {
            *count += 1;
            let unique = if *count == 1 { name.clone() } else { format!("{name}_{count}") };
            if taken.insert(unique.clone()) {
                break unique;
            }
        };
        made.push(unique);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: CsvOptions, text: impl AsRef<[u8]>, piece: usize) -> (Vec<String>, Option<FormatError>) {
        let mut reader = CsvReader::new(options);
        let mut rows = Vec::new();
        let mut error = None;
        for part in text.as_ref().chunks(piece) {
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

    #[test]
    fn a_name_that_a_number_would_make_twice_is_passed_over() {
        let (rows, _) = read(CsvOptions::default(), "a,a_2,a,a,a_2\n1,2,3,4,5\n", 64);
        assert_eq!(rows, [r#"{"a":"1","a_2":"2","a_3":"3","a_4":"4","a_2_2":"5"}"#]);
    }

    #[test]
    fn a_header_of_one_name_over_and_over_is_read_at_once() {
        let header = vec!["a"; MAX_COLUMNS].join(",");
        let (rows, error) = read(CsvOptions::default(), format!("{header}\n{header}\n"), 4096);
        assert_eq!((rows.len(), error), (1, None));
        assert!(rows[0].ends_with(r#""a_16384":"a"}"#));
    }

    #[test]
    fn a_row_of_delimiters_is_ended_by_their_number() {
        let mut reader = CsvReader::new(CsvOptions::default());
        let mut rows = Vec::new();
        let error = reader.push(",".repeat(1_000_000).as_bytes(), &mut rows).unwrap_err();
        assert_eq!(error, FormatError::TooManyColumns { row: 1, most: MAX_COLUMNS });
        assert!(reader.ends.len() <= MAX_COLUMNS && rows.is_empty());
        assert!(error.to_string().contains("Check the delimiter"), "{error}");
    }

    #[test]
    fn a_row_that_is_not_utf8_costs_only_itself() {
        let (rows, error) = read(CsvOptions::default(), b"a,b\nx,y\nM\xfcller,1\n\xc3,\xa9\n\xc3\xa9,2\n", 64);
        assert_eq!((&*rows[0], &*rows[3]), (r#"{"a":"x","b":"y"}"#, r#"{"a":"é","b":"2"}"#));
        assert!(rows[1].starts_with("! 1 Row 3 is not UTF-8. Save the file as UTF-8"), "{}", rows[1]);
        assert!(rows[2].starts_with("! 2 Row 4 is not UTF-8"), "halves of a character: {}", rows[2]);
        assert_eq!((rows.len(), error), (4, None));
    }

    #[test]
    fn a_header_that_is_not_utf8_ends_the_file() {
        let (rows, error) = read(CsvOptions::default(), b"\xff\xfea\0,\0b\0\n\0", 64);
        assert_eq!((rows, error), (vec![], Some(FormatError::NotUtf8 { row: 1 })));
    }
}
