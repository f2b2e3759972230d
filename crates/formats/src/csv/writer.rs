//! Writes records as CSV. The first record names the columns; a later field that it lacks is an error of that record.

use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};

use super::CsvOptions;

/// Writes record after record.
#[derive(Debug)]
pub struct CsvWriter {
    options: CsvOptions,
    columns: Option<Arc<Keys>>,
}

impl CsvWriter {
    /// Makes a writer.
    #[must_use]
    pub fn new(options: CsvOptions) -> Self {
        Self { options, columns: None }
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
                    self.line(columns.names().map(std::borrow::Cow::Borrowed), out);
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

    fn line<'a>(&self, values: impl Iterator<Item = std::borrow::Cow<'a, str>>, out: &mut Vec<u8>) {
        let delimiter = self.options.column_delimiter;
        for (at, value) in values.enumerate() {
            if at > 0 {
                out.push(delimiter);
            }
            let special = |byte: u8| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
            let quoted = self.options.wrap_with_quotes
                || value.bytes().any(special)
                || value.starts_with(' ')
                || value.ends_with(' ');
            if quoted {
                out.push(b'"');
                for byte in value.bytes() {
                    if byte == b'"' {
                        out.push(b'"');
                    }
                    out.push(byte);
                }
                out.push(b'"');
            } else {
                out.extend_from_slice(value.as_bytes());
            }
        }
        out.push(b'\n');
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
}
