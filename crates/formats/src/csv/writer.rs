//! Writes records as CSV. The first record names the columns; a later field that it lacks is an error of that record.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::memchr_iter;
use tombolo_model::{Keys, Record, Val};

use super::CsvOptions;

/// Writes record after record.
#[derive(Debug, Clone)]
pub struct CsvWriter {
    options: CsvOptions,
    columns: Option<Arc<Keys>>,
    /// A row was written.
    begun: bool,
}

impl CsvWriter {
    /// Makes a writer.
    #[must_use]
    pub fn new(options: CsvOptions) -> Self {
        Self { options, columns: None, begun: false }
    }

    /// Appends one record.
    ///
    /// # Errors
    ///
    /// Returns a message when the record has a field that is no column of this file; nothing is written then.
    pub fn write(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
        let columns = match &self.columns {
            Some(columns) => Arc::clone(columns),
            None => {
                let columns = Arc::clone(record.keys());
                self.columns = Some(Arc::clone(&columns));
                if self.options.include_header {
                    self.line(columns.names().map(Cow::Borrowed), out);
                }
                columns
            }
        };
        if Arc::ptr_eq(&columns, record.keys()) {
            self.line(record.values().iter().map(Val::display), out);
            return Ok(());
        }
        if let Some((name, _)) = record.iter().find(|(name, _)| columns.find(name).is_none()) {
            return Err(format!(
                "The file has no column “{name}”: its columns are those of the first record. Map the field for every record, or leave it out."
            ));
        }
        self.line(columns.names().map(|name| record.get(name).map(Val::display).unwrap_or_default()), out);
        Ok(())
    }

    fn line<'a>(&mut self, values: impl ExactSizeIterator<Item = Cow<'a, str>>, out: &mut Vec<u8>) {
        let row_end = self.options.row_delimiter.as_deref().unwrap_or("\n").as_bytes();
        if self.options.truncate_last_row_delimiter && self.begun {
            out.extend_from_slice(row_end);
        }
        self.begun = true;
        let alone = values.len() == 1;
        for (at, value) in values.enumerate() {
            if at > 0 {
                out.extend_from_slice(self.options.column_delimiter.as_bytes());
            }
            self.value(&self.cleaned(value), alone, out);
        }
        if !self.options.truncate_last_row_delimiter {
            out.extend_from_slice(row_end);
        }
    }

    fn value(&self, value: &str, alone: bool, out: &mut Vec<u8>) {
        let quote = self.options.quote;
        let delimiter = self.options.column_delimiter.as_bytes()[0];
        let row_end = self.options.row_delimiter.as_deref().unwrap_or("\n").as_bytes()[0];
        let special = |byte: u8| byte == delimiter || byte == quote || byte == row_end || matches!(byte, b'\n' | b'\r');
        let quoted = self.options.wrap_with_quotes
            || value.bytes().any(special)
            || value.starts_with(' ')
            || value.ends_with(' ')
            // A row of nothing at all would be read as no row.
            || (alone && value.is_empty());
        if !quoted {
            out.extend_from_slice(value.as_bytes());
            return;
        }
        out.push(quote);
        let mut from = 0;
        for at in memchr_iter(quote, value.as_bytes()) {
            out.extend_from_slice(&value.as_bytes()[from..=at]);
            from = at;
        }
        out.extend_from_slice(&value.as_bytes()[from..]);
        out.push(quote);
    }

    /// The value without what the settings replace by blanks; CR LF becomes one.
    fn cleaned<'v>(&self, value: Cow<'v, str>) -> Cow<'v, str> {
        let tab = self.options.replace_tab && value.contains('\t');
        let line = self.options.replace_newline && value.contains(['\n', '\r']);
        if !tab && !line {
            return value;
        }
        let mut text = value.into_owned();
        if tab {
            text = text.replace('\t', " ");
        }
        if line {
            text = text.replace("\r\n", " ").replace(['\n', '\r'], " ");
        }
        Cow::Owned(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::KeyPool;

    #[test]
    fn what_is_written_reads_back() {
        let mut pool = KeyPool::default();
        let mut writer = CsvWriter::new(CsvOptions::default());
        let mut out = Vec::new();
        for text in [r#"{"a":"x,\"y\"\n","b":1.5,"c":null}"#, r#"{"b":true,"a":" z"}"#] {
            let Val::Map(record) = Val::parse(text.as_bytes(), &mut pool).unwrap() else { panic!("an object") };
            writer.write(&record, &mut out).unwrap();
        }
        assert_eq!(String::from_utf8(out.clone()).unwrap(), "a,b,c\n\"x,\"\"y\"\"\n\",1.5,\n\" z\",true,\n");
        let Val::Map(record) = Val::parse(br#"{"d":1}"#, &mut pool).unwrap() else { panic!("an object") };
        assert!(writer.write(&record, &mut out).unwrap_err().contains("“d”"));
    }

    fn written(options: CsvOptions, texts: &[&str]) -> String {
        let mut pool = KeyPool::default();
        let mut writer = CsvWriter::new(options);
        let mut out = Vec::new();
        for text in texts {
            let Val::Map(record) = Val::parse(text.as_bytes(), &mut pool).unwrap() else { panic!("an object") };
            writer.write(&record, &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn tabs_and_line_ends_in_values_become_blanks_on_request() {
        let options = CsvOptions { replace_tab: true, replace_newline: true, ..CsvOptions::default() };
        assert_eq!(written(options, &[r#"{"a":"x\ty\r\nz\nw"}"#]), "a\nx y z w\n");
    }

    #[test]
    fn rows_end_with_what_was_chosen_and_the_last_one_with_nothing_on_request() {
        let options = CsvOptions {
            column_delimiter: "||".into(),
            row_delimiter: Some("\r\n".into()),
            truncate_last_row_delimiter: true,
            wrap_with_quotes: true,
            ..CsvOptions::default()
        };
        assert_eq!(
            written(options, &[r#"{"a":1,"b":"|"}"#, r#"{"a":2,"b":""}"#]),
            "\"a\"||\"b\"\r\n\"1\"||\"|\"\r\n\"2\"||\"\""
        );
    }

    #[test]
    fn a_row_of_one_empty_value_is_still_a_row() {
        assert_eq!(written(CsvOptions::default(), &[r#"{"a":""}"#]), "a\n\"\"\n");
    }
}
