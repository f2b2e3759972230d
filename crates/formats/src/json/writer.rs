//! Writes records as one JSON list or as JSON Lines; a record a line in both.

use tombolo_model::Record;

/// Writes record after record.
#[derive(Debug, Clone, Default)]
pub struct JsonWriter {
    begun: bool,
}

impl JsonWriter {
    /// Appends one record.
    pub fn write(&mut self, record: &Record, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.begun { b",\n" } else { b"[\n" });
        self.begun = true;
        append(record, out);
    }

    /// Appends the end of the list.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.begun { b"\n]\n" } else { b"[]\n" });
    }
}

/// Writes record after record, with nothing around them.
#[derive(Debug, Clone, Default)]
pub struct JsonLinesWriter;

impl JsonLinesWriter {
    /// Appends one record.
    pub fn write(&self, record: &Record, out: &mut Vec<u8>) {
        append(record, out);
        out.push(b'\n');
    }
}

/// Writing into memory does not fail, and keys are texts.
fn append(record: &Record, out: &mut Vec<u8>) {
    drop(record.write_json(out));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_records_is_a_list() {
        let mut out = Vec::new();
        JsonWriter::default().finish(&mut out);
        assert_eq!(out, b"[]\n");
    }
}
