//! Reads CSV that is pushed in piece by piece.

use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};

use super::splitter::{Splitter, TooMuch};
use super::{CsvOptions, distinct};
use crate::bom::Bom;
use crate::error::{FormatError, MAX_COLUMNS, Row, RowError};

/// A push parser.
pub struct CsvReader {
    options: CsvOptions,
    splitter: Splitter,
    /// The beginning of a delimiter whose rest is still to come.
    held: Vec<u8>,
    keys: Option<Arc<Keys>>,
    records: u64,
    bom: Bom,
}

impl CsvReader {
    /// Makes a parser.
    #[must_use]
    pub fn new(options: CsvOptions) -> Self {
        let splitter = Splitter::new(&options);
        Self { options, splitter, held: Vec::new(), keys: None, records: 0, bom: Bom::default() }
    }

    /// Takes the next piece of the file and appends the rows that it completes.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::RecordTooBig`] and [`FormatError::TooManyColumns`] when the row that names the columns does
    /// not end, and [`FormatError::NotUtf8`] when it is no text. Any other row costs only itself.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        let bytes = self.bom.strip(bytes);
        if self.held.is_empty() {
            return self.take(&bytes, false, out);
        }
        let mut joined = std::mem::take(&mut self.held);
        joined.extend_from_slice(&bytes);
        self.take(&joined, false, out)
    }

    /// Says that the file is over and appends the last row.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::UnterminatedQuote`] when it is over inside a quoted field.
    pub fn finish(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        let held = std::mem::take(&mut self.held);
        self.take(&held, true, out)?;
        if self.splitter.end()? {
            self.row(out)?;
        }
        Ok(())
    }

    fn take(&mut self, mut bytes: &[u8], last: bool, out: &mut Vec<Row>) -> Result<(), FormatError> {
        while !bytes.is_empty() {
            let (taken, row) = self.splitter.step(bytes, last)?;
            bytes = &bytes[taken..];
            if row {
                self.row(out)?;
            } else {
                self.held.extend_from_slice(bytes);
                break;
            }
        }
        Ok(())
    }

    fn row(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        if self.splitter.rows > self.options.rows_to_skip {
            self.splitter.counts_empty = false;
            if let Some(why) = self.splitter.passed_over {
                let (index, row) = (self.records, self.splitter.rows);
                self.records += 1;
                let error = match why {
                    TooMuch::Bytes => RowError::too_big(index, &format!("Row {row}")),
                    TooMuch::Columns => {
                        RowError::new(index, FormatError::TooManyColumns { row, most: MAX_COLUMNS }.to_string())
                    }
                };
                out.push(Err(error.in_row(row)));
            } else if !self.splitter.fields.is_empty() {
                self.record(out)?;
            }
        }
        self.splitter.clear();
        Ok(())
    }

    fn record(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        let Some(keys) = &self.keys else {
            self.keys = Some(Arc::new(Keys::new(distinct(self.names()?, 0))));
            self.splitter.passes_over = true;
            return if self.options.has_header_row { Ok(()) } else { self.record(out) };
        };
        let count = self.splitter.fields.len();
        let values = self.values();
        // A line of blanks, as many programs leave one at the end.
        let blank =
            |values: &[Val]| values.iter().all(|value| value.as_str().is_some_and(|text| text.trim().is_empty()));
        if count == 1 && keys.len() > 1 && values.as_deref().is_some_and(blank) {
            return Ok(());
        }
        let (index, row) = (self.records, self.splitter.rows);
        self.records += 1;
        out.push(match values {
            Some(values) if count == keys.len() => Ok(Record::new(Arc::clone(keys), values)),
            Some(values) => {
                let many = |count: usize, one: &str| match count {
                    1 => format!("1 {one}"),
                    count => format!("{count} {one}s"),
                };
                let (have, are) = (many(count, "value"), if keys.len() == 1 { "is" } else { "are" });
                let columns = many(keys.len(), "column");
                let message = format!(
                    "Row {row} has {have} and there {are} {columns}. Check the delimiter and the quotes around it."
                );
                Err(RowError { record: Some(ragged(keys, values)), ..RowError::new(index, message).in_row(row) })
            }
            None => {
                let message = format!("Row {row} is not UTF-8. Save the file as UTF-8, or have the source send UTF-8.");
                Err(RowError::new(index, message).in_row(row))
            }
        });
        Ok(())
    }

    /// The names of the columns, from the row at hand or by number.
    fn names(&self) -> Result<Vec<String>, FormatError> {
        if !self.options.has_header_row {
            return Ok((0..self.splitter.fields.len()).map(|at| format!("Column{at}")).collect());
        }
        let texts = self.texts().ok_or(FormatError::NotUtf8 { row: self.splitter.rows })?;
        Ok(texts.map(|text| self.unquoted(text.trim()).trim().to_owned()).collect())
    }

    fn values(&self) -> Option<Vec<Val>> {
        let trim = |text| self.unquoted(if self.options.trim_spaces { str::trim(text) } else { text });
        Some(self.texts()?.map(|text| Val::text(trim(text))).collect())
    }

    /// Where quotes have no meaning: the value without those around it.
    fn unquoted<'t>(&self, text: &'t str) -> &'t str {
        if !self.options.disable_quote {
            return text;
        }
        let quote = char::from(self.options.quote);
        text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap_or(text)
    }

    /// The fields of the row at hand; nothing when one of them is no UTF-8. Other bytes are never replaced by
    /// question marks: what was read would then be written as if it were right.
    fn texts(&self) -> Option<impl Iterator<Item = &str>> {
        let row = std::str::from_utf8(&self.splitter.bytes).ok()?;
        let fields = &self.splitter.fields;
        // Two halves of a character in neighboring fields are none.
        if !fields.iter().all(|(start, end)| row.is_char_boundary(*start) && row.is_char_boundary(*end)) {
            return None;
        }
        Some(fields.iter().map(|(start, end)| row.get(*start..*end).unwrap_or_default()))
    }
}

/// Too many values or too few, under the names of the columns as far as these go.
fn ragged(keys: &Keys, values: Vec<Val>) -> Record {
    let numbered = (keys.len()..).map(|at| format!("Column{at}"));
    let names = keys.names().map(str::to_owned).chain(numbered).take(values.len()).collect();
    Record::new(Arc::new(Keys::new(distinct(names, 0))), values)
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
        assert!(rows[1].starts_with("! 1 Row 3 has 1 value and there are 2 columns"), "{}", rows[1]);
        assert_eq!(rows[2], r#"{"a":"5","b":"6"}"#);
        assert_eq!(error, None);
        let mut all = Vec::new();
        let mut reader = CsvReader::new(CsvOptions::default());
        reader.push(b"a,b\n3\n4,5,6\n  \n", &mut all).unwrap();
        reader.finish(&mut all).unwrap();
        let kept = all.into_iter().map(|row| Val::Map(row.unwrap_err().record.unwrap()).to_json());
        let want = [r#"{"a":"3"}"#, r#"{"a":"4","b":"5","Column2":"6"}"#];
        assert_eq!(kept.collect::<Vec<_>>(), want, "to be put right, and a line of blanks is none");
    }

    #[test]
    fn a_quote_inside_an_unquoted_value_is_a_character() {
        let (rows, error) = read(CsvOptions::default(), "a,b\n5\" pipe,2\n", 64);
        assert_eq!((rows, error), (vec![r#"{"a":"5\" pipe","b":"2"}"#.into()], None));
    }

    #[test]
    fn without_a_header_columns_are_numbered_and_double_names_are_told_apart() {
        let options = CsvOptions { has_header_row: false, column_delimiter: ";".into(), ..CsvOptions::default() };
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
        assert!(reader.splitter.fields.capacity() <= 2 * MAX_COLUMNS && rows.is_empty());
        assert!(error.to_string().contains("Check the delimiter"), "{error}");
    }

    #[test]
    fn a_row_that_is_too_big_costs_only_itself() {
        let long = "x".repeat(crate::MAX_RECORD_BYTES);
        let wide = ",".repeat(2 * MAX_COLUMNS);
        let (bytes, columns) = ("is bigger than 5 MiB.", "has more than 16384 columns.");
        for (big, what) in [(format!("2,{long}"), bytes), (format!("\"2\n{long}\",\"\""), bytes), (wide, columns)] {
            for (options, name) in [
                (CsvOptions::default(), "a"),
                (CsvOptions { has_header_row: false, ..CsvOptions::default() }, "Column0"),
            ] {
                let header = if options.has_header_row { "a,b\n" } else { "" };
                let row = if options.has_header_row { 3 } else { 2 };
                let (rows, error) = read(options, format!("{header}1,x\n{big}\r\n3,z\n"), 32_768);
                assert_eq!((rows.len(), error), (3, None));
                assert!(rows[0].contains(&format!(r#""{name}":"1""#)) && rows[2].contains(r#":"3""#), "{}", rows[2]);
                assert!(rows[1].starts_with(&format!("! 1 Row {row} {what}")), "{}", rows[1]);
            }
        }
        let (rows, error) = read(CsvOptions::default(), format!("a\n1\n\"{long}{long}"), 32_768);
        assert_eq!((rows.len(), error), (1, Some(FormatError::UnterminatedQuote { row: 3 })));
        let error = CsvReader::new(CsvOptions::default()).push(format!("{long}x").as_bytes(), &mut Vec::new());
        assert_eq!(error, Err(FormatError::RecordTooBig { record: 1, most: crate::MAX_RECORD_BYTES }));
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

    #[test]
    fn delimiters_of_several_characters_part_columns_and_rows() {
        let options =
            CsvOptions { column_delimiter: "||".into(), row_delimiter: Some("<>\n".into()), ..CsvOptions::default() };
        let text = "a||b<>\n1|2||\"x||<>\n\"<>\n<|3||<>x<>\n";
        let whole = read(options.clone(), text, 10_000);
        assert_eq!(whole.0, [r#"{"a":"1|2","b":"x||<>\n"}"#, r#"{"a":"<|3","b":"<>x"}"#]);
        for piece in 1..8 {
            assert_eq!(read(options.clone(), text, piece), whole, "{piece}");
        }
    }

    #[test]
    fn rows_end_with_cr_lf_or_both_unless_it_is_said_what_ends_them() {
        let rows = read(CsvOptions::default(), "a,b\r1,2\n3,4\r\n\r\n5,6\r", 1).0;
        assert_eq!(rows, [r#"{"a":"1","b":"2"}"#, r#"{"a":"3","b":"4"}"#, r#"{"a":"5","b":"6"}"#]);
        let options = CsvOptions { row_delimiter: Some("\r\n".into()), ..CsvOptions::default() };
        assert_eq!(read(options, "a\r\n1\n2\r\n", 3).0, [r#"{"a":"1\n2"}"#]);
    }

    #[test]
    fn a_line_end_that_parts_columns_parts_no_rows() {
        let options = CsvOptions { column_delimiter: "\n".into(), ..CsvOptions::default() };
        assert_eq!(read(options, "a\nb\r1\n2\r", 64).0, [r#"{"a":"1","b":"2"}"#]);
    }

    #[test]
    fn quotes_that_are_switched_off_are_characters_and_those_around_a_value_go() {
        let options = CsvOptions { disable_quote: true, ..CsvOptions::default() };
        let rows = read(options, "\"a\",b\n\"x\",y \"z\"\n\"1,2\"\n", 64).0;
        assert_eq!(rows, [r#"{"a":"x","b":"y \"z\""}"#, r#"{"a":"\"1","b":"2\""}"#]);
    }

    #[test]
    fn rows_left_out_at_the_top_include_empty_ones() {
        let options = CsvOptions { rows_to_skip: 3, ..CsvOptions::default() };
        assert_eq!(read(options, "Report \"Q1\n\nof,today\n\na\n1\n", 2).0, [r#"{"a":"1"}"#]);
    }

    #[test]
    fn another_character_may_be_the_quote() {
        let options = CsvOptions { quote: b'\'', ..CsvOptions::default() };
        assert_eq!(read(options, "a,b\n'1,''2','\"'\n", 5).0, [r#"{"a":"1,'2","b":"\""}"#]);
    }
}
