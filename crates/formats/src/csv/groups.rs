//! Rows that share the values of key columns, one after the other, are one record: a list of rows.
//!
//! Files of orders repeat the order on every line item. Only neighbors are joined, so one group is in memory at
//! a time; files that are not in order are sorted first.

use tombolo_model::{Record, Val};

use crate::error::{FormatError, MAX_RECORD_BYTES, Row, RowError, RowGroup};

/// Joins neighboring rows.
#[derive(Debug)]
pub struct KeyColumns {
    columns: Vec<String>,
    key: Vec<Val>,
    rows: Vec<Val>,
    bytes: usize,
    groups: u64,
}

impl KeyColumns {
    /// Makes a joiner over columns; without columns every row is its own record.
    #[must_use]
    pub fn new(columns: Vec<String>) -> Self {
        Self { columns, key: Vec::new(), rows: Vec::new(), bytes: 0, groups: 0 }
    }

    /// Takes rows and appends the records that they complete. A row that could not be read stays an error of its
    /// own and parts no group.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::RecordTooBig`] when a group does not end.
    pub fn push(&mut self, rows: &mut Vec<Row>, out: &mut Vec<RowGroup>) -> Result<(), FormatError> {
        for row in rows.drain(..) {
            match row {
                Err(error) => out.push(Err(error)),
                Ok(record) if self.columns.is_empty() => out.push(Ok(Val::Map(record))),
                Ok(record) => self.row(record, out)?,
            }
        }
        Ok(())
    }

    /// Appends the last record.
    pub fn finish(&mut self, out: &mut Vec<RowGroup>) {
        if !self.rows.is_empty() {
            self.groups += 1;
            self.bytes = 0;
            out.push(Ok(Val::List(std::mem::take(&mut self.rows))));
        }
    }

    fn row(&mut self, record: Record, out: &mut Vec<RowGroup>) -> Result<(), FormatError> {
        if let Some(missing) = self.columns.iter().find(|name| record.keys().find(name).is_none()) {
            let message =
                format!("The file has no column “{missing}”, which should join rows. Change the key columns.");
            out.push(Err(RowError::new(self.groups, message)));
            return Ok(());
        }
        let same = self.columns.iter().zip(&self.key).all(|(name, value)| record.get(name) == Some(value));
        if !same || self.rows.is_empty() {
            self.finish(out);
            self.key = self.columns.iter().map(|name| record.get(name).cloned().unwrap_or_default()).collect();
        }
        self.bytes += record.values().iter().map(|value| value.as_str().map_or(8, str::len)).sum::<usize>();
        if self.bytes > MAX_RECORD_BYTES {
            return Err(FormatError::RecordTooBig { record: self.groups + 1, most: MAX_RECORD_BYTES });
        }
        self.rows.push(Val::Map(record));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CsvOptions, CsvReader};

    #[test]
    fn neighboring_rows_of_one_key_are_one_record() {
        let mut reader = CsvReader::new(CsvOptions::default());
        let mut rows = Vec::new();
        reader.push(b"id,line\n1,a\n1,b\nx\n2,c\n1,d\n", &mut rows).unwrap();
        reader.finish(&mut rows).unwrap();
        let mut joiner = KeyColumns::new(vec!["id".to_owned()]);
        let mut out = Vec::new();
        joiner.push(&mut rows, &mut out).unwrap();
        joiner.finish(&mut out);
        let shown: Vec<String> = out.into_iter().flatten().map(|value| value.to_json()).collect();
        assert_eq!(
            shown,
            [
                r#"[{"id":"1","line":"a"},{"id":"1","line":"b"}]"#,
                r#"[{"id":"2","line":"c"}]"#,
                r#"[{"id":"1","line":"d"}]"#
            ]
        );
    }

    #[test]
    fn a_key_column_that_is_not_there_is_said() {
        let keys = std::sync::Arc::new(tombolo_model::Keys::new(["a"]));
        let mut out = Vec::new();
        let mut joiner = KeyColumns::new(vec!["b".to_owned()]);
        joiner.push(&mut vec![Ok(Record::new(keys, vec![Val::text("1")]))], &mut out).unwrap();
        assert!(out[0].as_ref().unwrap_err().message.contains("“b”"));
    }
}
