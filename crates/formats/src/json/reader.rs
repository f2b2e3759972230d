//! Reads a JSON list piece by piece: finds the list, cuts it into elements, parses each on its own.
//!
//! What stands outside of the list is only walked over, never kept. One element is in memory at a time.

use tombolo_model::{KeyPool, Val};

use crate::{FormatError, MAX_DEPTH, MAX_RECORD_BYTES, Row, RowError};

/// A push parser.
pub struct JsonReader {
    target: Vec<String>,
    stack: Vec<Frame>,
    state: State,
    /// The string, number or element in the making.
    buffer: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// An object in the place of the list is one record.
    object_is_record: bool,
    /// The element in the making is that object.
    alone: bool,
    /// The list of records was there.
    found: bool,
    records: u64,
    pool: KeyPool,
    /// The keys at the top, for the message when there is no list.
    top_keys: Vec<String>,
}

enum Frame {
    /// An object, and the key whose value comes.
    Object(Option<String>),
    Array,
}

#[derive(PartialEq)]
enum State {
    /// Outside of the list.
    Walking,
    /// In the list, between elements.
    Between,
    /// In an element.
    Element,
    /// Behind the list.
    Done,
}

impl JsonReader {
    /// Makes a parser for the list at a dotted path; the empty path is the top.
    #[must_use]
    pub fn new(resource_path: &str) -> Self {
        Self {
            target: resource_path.split('.').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect(),
            stack: Vec::new(),
            state: State::Walking,
            buffer: Vec::new(),
            depth: 0,
            in_string: false,
            escaped: false,
            object_is_record: false,
            alone: false,
            found: false,
            records: 0,
            pool: KeyPool::default(),
            top_keys: Vec::new(),
        }
    }

    /// Reads an object in the place of the list as one record, as answers of endpoints are read.
    #[must_use]
    pub fn or_one_object(mut self) -> Self {
        self.object_is_record = true;
        self
    }

    /// Takes the next piece of the file and appends the records that it completes.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError`] when the file is no JSON, what stands at the path is no list, or what stands
    /// around the list is nested too deep.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        let fresh = self.stack.is_empty() && self.state == State::Walking && self.buffer.is_empty();
        let bytes = if fresh { bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes) } else { bytes };
        for byte in bytes {
            match self.state {
                State::Walking => self.walk(*byte)?,
                State::Between => self.between(*byte),
                State::Element => self.element(*byte, out)?,
                State::Done => return Ok(()),
            }
        }
        Ok(())
    }

    /// Says that the file is over. A file without anything at the path has no records; that is no error.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::Truncated`] when it is over inside the list.
    pub fn finish(&mut self) -> Result<(), FormatError> {
        match self.state {
            State::Done => Ok(()),
            State::Between | State::Element => Err(FormatError::Truncated { record: self.records + 1 }),
            State::Walking if !self.stack.is_empty() || self.in_string => Err(FormatError::Truncated { record: 1 }),
            State::Walking if self.found || !self.target.is_empty() || self.top_keys.is_empty() => Ok(()),
            State::Walking => Err(self.not_a_list()),
        }
    }

    fn walk(&mut self, byte: u8) -> Result<(), FormatError> {
        if self.in_string {
            self.string(byte);
            if !self.in_string {
                self.string_ended();
            }
            return Ok(());
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.buffer.clear();
            }
            b'[' if self.at_target() => {
                self.found = true;
                self.state = State::Between;
            }
            b'[' => self.enter(Frame::Array)?,
            b'{' if self.object_is_record && self.at_target() => {
                self.found = true;
                self.alone = true;
                self.between(byte);
            }
            b'{' if self.at_target() && !self.target.is_empty() => {
                let path = self.target.join(".");
                return Err(FormatError::NotAList(format!(
                    "“{path}” is an object and not a list of records. Set the resource path to the list."
                )));
            }
            b'{' => self.enter(Frame::Object(None))?,
            b'}' | b']' => {
                self.stack.pop();
                self.value_ended();
            }
            b',' => self.value_ended(),
            b':' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if self.stack.is_empty() => {
                let beginning = String::from_utf8_lossy(&[byte]).into_owned();
                return Err(FormatError::NotJson(beginning));
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, frame: Frame) -> Result<(), FormatError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(FormatError::TooDeep { most: MAX_DEPTH });
        }
        self.stack.push(frame);
        Ok(())
    }

    /// Whether the value that begins here is the one at the path.
    fn at_target(&self) -> bool {
        self.stack.len() == self.target.len()
            && self
                .stack
                .iter()
                .zip(&self.target)
                .all(|(frame, want)| matches!(frame, Frame::Object(Some(key)) if key == want))
    }

    fn string(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                return;
            }
            _ => {}
        }
        // Only keys are read, and no key that matters is longer.
        if self.buffer.len() < 4096 {
            self.buffer.push(byte);
        }
    }

    fn string_ended(&mut self) {
        let top = self.stack.len() == 1;
        if let Some(Frame::Object(key @ None)) = self.stack.last_mut() {
            let quoted = [b"\"", self.buffer.as_slice(), b"\""].concat();
            let name: String = serde_json::from_slice(&quoted).unwrap_or_default();
            if top && self.top_keys.len() < 12 {
                self.top_keys.push(name.clone());
            }
            *key = Some(name);
        }
    }

    fn value_ended(&mut self) {
        if let Some(Frame::Object(key)) = self.stack.last_mut() {
            *key = None;
        }
    }

    fn between(&mut self, byte: u8) {
        match byte {
            b']' => self.state = State::Done,
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => {
                self.buffer.clear();
                self.buffer.push(byte);
                self.depth = usize::from(matches!(byte, b'{' | b'['));
                self.in_string = byte == b'"';
                self.state = State::Element;
            }
        }
    }

    fn element(&mut self, byte: u8, out: &mut Vec<Row>) -> Result<(), FormatError> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return self.keep(byte);
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b']' | b',' if self.depth == 0 => {
                self.emit(out);
                self.state = if byte == b']' { State::Done } else { State::Between };
                return Ok(());
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.keep(byte)?;
        if self.alone && self.depth == 0 {
            self.emit(out);
            self.state = State::Done;
        }
        Ok(())
    }

    fn keep(&mut self, byte: u8) -> Result<(), FormatError> {
        if self.buffer.len() >= MAX_RECORD_BYTES {
            return Err(FormatError::RecordTooBig { record: self.records + 1, most: MAX_RECORD_BYTES });
        }
        self.buffer.push(byte);
        Ok(())
    }

    fn emit(&mut self, out: &mut Vec<Row>) {
        let index = self.records;
        self.records += 1;
        let row = match Val::parse(&self.buffer, &mut self.pool) {
            Ok(Val::Map(record)) => Ok(record),
            Ok(other) => Err(format!("Record {} is {} and not an object.", index + 1, other.kind())),
            Err(error) => Err(format!("Record {} is not valid JSON: {error}.", index + 1)),
        };
        out.push(row.map_err(|message| RowError { index, message }));
    }

    fn not_a_list(&self) -> FormatError {
        let keys = self.top_keys.join(", ");
        FormatError::NotAList(format!(
            "The file is one JSON object and not a list of records. Set the resource path to the list in it; its keys are: {keys}."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str, piece: usize) -> (Vec<String>, Option<FormatError>) {
        let mut reader = JsonReader::new(path);
        let mut rows = Vec::new();
        let mut error = None;
        for part in text.as_bytes().chunks(piece) {
            error = error.or(reader.push(part, &mut rows).err());
        }
        error = error.or_else(|| reader.finish().err());
        let shown = rows.into_iter().map(|row| match row {
            Ok(record) => Val::Map(record).to_json(),
            Err(error) => format!("! {}", error.message),
        });
        (shown.collect(), error)
    }

    #[test]
    fn pieces_of_any_size_give_the_same_records() {
        let text =
            r#" {"meta":{"items":[1]},"data":{"x":"]","items":[ {"a":"}\"]"} ,{"b":[{"c":1}]},7 , "s"]},"after":"#;
        let whole = read("data.items", text, 10_000);
        assert_eq!(whole.0[..2], [r#"{"a":"}\"]"}"#, r#"{"b":[{"c":1}]}"#]);
        assert_eq!(
            whole.0[2..],
            ["! Record 3 is a number and not an object.", "! Record 4 is a text and not an object."]
        );
        assert_eq!(whole.1, None, "what comes behind the list is nobody's business");
        for piece in [1, 2, 3, 5, 9] {
            assert_eq!(read("data.items", text, piece), whole, "{piece}");
        }
    }

    #[test]
    fn an_object_at_the_top_is_said_to_be_one_and_its_keys_are_named() {
        let (_, error) = read("", r#"{"movies":[{}],"count":1}"#, 64);
        let Some(FormatError::NotAList(message)) = error else { panic!("{error:?}") };
        assert!(message.ends_with("movies, count."), "{message}");
    }

    #[test]
    fn an_answer_that_is_one_object_may_be_one_record() {
        for piece in [1, 64] {
            let mut reader = JsonReader::new("a").or_one_object();
            let mut rows = Vec::new();
            for part in br#"{"x":1,"a":{"b":[1,{"c":"}"}]},"y":2}"#.chunks(piece) {
                reader.push(part, &mut rows).unwrap();
            }
            reader.finish().unwrap();
            assert_eq!(rows.len(), 1);
            let record = Val::Map(rows.remove(0).unwrap());
            assert_eq!(record.to_json(), r#"{"b":[1,{"c":"}"}]}"#);
        }
    }

    #[test]
    fn nothing_at_the_path_is_no_records_and_no_error() {
        assert_eq!(read("a.b", r#"{"a":{"c":[{}]}}"#, 64), (vec![], None));
        assert_eq!(read("", "[]", 64), (vec![], None));
        assert_eq!(read("", "", 64), (vec![], None));
    }

    #[test]
    fn what_is_nested_without_end_is_not_followed() {
        let deep = |levels: usize| format!(r#"{{"x":{}{},"a":[{{}}]}}"#, "[".repeat(levels), "]".repeat(levels));
        assert_eq!(read("a", &deep(MAX_DEPTH - 1), 64), (vec!["{}".into()], None));
        let endless = read("a", &deep(1_000_000), 4096);
        assert_eq!(endless, (vec![], Some(FormatError::TooDeep { most: MAX_DEPTH })));
        let (rows, error) = read("", &format!("[{}{}]", "[".repeat(1_000_000), "]".repeat(1_000_000)), 4096);
        assert!(rows[0].contains("not valid JSON") && error.is_none(), "{rows:?}");
    }

    #[test]
    fn a_file_cut_off_is_said_to_be() {
        assert_eq!(
            read("", r#"[{"a":1},{"a":"#, 64),
            (vec![r#"{"a":1}"#.into()], Some(FormatError::Truncated { record: 2 }))
        );
        assert_eq!(read("", "<html>", 64).1, Some(FormatError::NotJson("<".into())));
    }
}
