//! Finds the list of records in a JSON text and cuts it into elements, each parsed on its own.
//!
//! What stands outside of the list is only walked over, never kept. One element is in memory at a time.

use super::element::Element;
use super::maker::Maker;
use crate::error::{FormatError, MAX_DEPTH, MAX_RECORD_BYTES, Row};

/// A push parser.
pub(super) struct ListReader {
    target: Vec<String>,
    stack: Vec<Frame>,
    state: State,
    /// The string in the making, outside of the list.
    buffer: Vec<u8>,
    in_string: bool,
    escaped: bool,
    element: Element,
    /// An object in the place of the list is one record.
    object_is_record: bool,
    /// The element in the making is that object.
    alone: bool,
    /// The list of records was there.
    found: bool,
    maker: Maker,
    /// The keys at the top, for the message when there is no list.
    top_keys: Vec<String>,
    /// There is a list somewhere that is not that of the records.
    other_lists: bool,
    /// Behind the list: how many objects and lists are open around it.
    around: usize,
    /// Where the pieces so far begin and end in the file.
    bytes: (u64, u64),
    /// The byte that is looked at.
    here: u64,
    /// The byte at which the element in the making begins.
    begins: u64,
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
    /// In the list, before its first element.
    Between,
    /// In the list, behind a comma.
    Comma,
    /// In an element.
    Within,
    /// In the list, behind an element.
    Behind,
    /// Behind the list.
    Done,
}

impl ListReader {
    /// Makes a parser for what comes behind so many bytes.
    pub(super) fn new(target: Vec<String>, object_is_record: bool, maker: Maker, bytes: u64) -> Self {
        Self {
            target,
            stack: Vec::new(),
            state: State::Walking,
            buffer: Vec::new(),
            in_string: false,
            escaped: false,
            element: Element::default(),
            object_is_record,
            alone: false,
            found: false,
            maker,
            top_keys: Vec::new(),
            other_lists: false,
            around: 0,
            bytes: (bytes, bytes),
            here: bytes,
            begins: bytes,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        let before = self.bytes.1;
        self.bytes.1 += bytes.len() as u64;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            self.here = before + at as u64;
            match self.state {
                State::Walking => self.walk(*byte)?,
                State::Between => self.between(*byte, out),
                State::Comma => self.comma(*byte, out),
                State::Behind => self.behind(*byte, out),
                State::Within => {
                    at += self.within(&bytes[at..], out);
                    continue;
                }
                State::Done => return self.follow(&bytes[at..]),
            }
            // The byte that begins an element is part of it.
            at += usize::from(self.state != State::Within);
        }
        Ok(())
    }

    /// What stands behind the list in the object around it is passed over; behind that nothing may stand, or a second
    /// list would be lost.
    fn follow(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        let begins = self.here;
        for (byte, at) in bytes.iter().zip(begins..) {
            match byte {
                _ if self.in_string => self.string(*byte),
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ if self.around == 0 => {
                    self.here = at;
                    return Err(FormatError::BehindTheList { record: self.maker.made() });
                }
                b'"' => self.in_string = true,
                b'{' | b'[' => self.around += 1,
                b'}' | b']' => self.around -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    fn done(&mut self) {
        self.around = self.stack.len();
        self.state = State::Done;
    }

    pub(super) fn finish(&mut self) -> Result<(), FormatError> {
        self.here = match self.state {
            State::Walking => self.bytes.0,
            State::Within => self.begins,
            _ => self.bytes.1,
        };
        match self.state {
            State::Done => Ok(()),
            State::Between | State::Comma | State::Within | State::Behind => {
                Err(FormatError::Truncated { record: self.maker.made() + 1 })
            }
            State::Walking if !self.stack.is_empty() || self.in_string => Err(FormatError::Truncated { record: 1 }),
            State::Walking if self.found || !self.target.is_empty() || self.top_keys.is_empty() => Ok(()),
            State::Walking => Err(not_a_list(&self.top_keys)),
        }
    }

    /// Where it stopped: at the byte that was wrong, or at the beginning of what is cut off.
    pub(super) fn stopped_at(&self) -> u64 {
        self.here
    }

    /// The keys of the object at the top that were seen, where a list is somewhere in it.
    pub(super) fn into_keys_around_lists(self) -> Vec<String> {
        if self.other_lists { self.top_keys } else { Vec::new() }
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
            b'"' if self.stack.is_empty() => {
                return Err(FormatError::NotAList(
                    "The file is one text and not a list of records. Check its address, or what the source sends."
                        .to_owned(),
                ));
            }
            b'"' => {
                self.refuse_in_place_of_the_list(byte)?;
                self.in_string = true;
                self.buffer.clear();
            }
            b'[' if self.at_target() => {
                self.found = true;
                self.state = State::Between;
            }
            b'[' => {
                self.other_lists = true;
                self.enter(Frame::Array)?;
            }
            b'{' if self.object_is_record && self.at_target() => {
                self.found = true;
                self.alone = true;
                self.state = State::Within;
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
            _ => self.refuse_in_place_of_the_list(byte)?,
        }
        Ok(())
    }

    /// A value that is neither list nor object begins. In the place of the list only null may stand, which is how some
    /// applications write that there are no records.
    fn refuse_in_place_of_the_list(&self, byte: u8) -> Result<(), FormatError> {
        if self.target.is_empty() || !self.at_target() {
            return Ok(());
        }
        match byte {
            b'"' => Err(self.is_no_list("a text")),
            b't' | b'f' => Err(self.is_no_list("true or false")),
            b'-' | b'0'..=b'9' => Err(self.is_no_list("a number")),
            _ => Ok(()),
        }
    }

    fn is_no_list(&self, kind: &str) -> FormatError {
        let path = self.target.join(".");
        FormatError::NotAList(format!(
            "“{path}” is {kind} and not a list of records. Write the path to the list into “Records are at”."
        ))
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

    fn between(&mut self, byte: u8, out: &mut Vec<Row>) {
        match byte {
            b']' => self.done(),
            b',' => self.nothing_before_comma(out),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => self.state = State::Within,
        }
    }

    fn comma(&mut self, byte: u8, out: &mut Vec<Row>) {
        match byte {
            b']' => {
                let index = self.maker.made();
                let message =
                    format!("Behind record {index} stands a comma, and no record behind it. Have the source mend it.");
                out.push(self.maker.wrong(message, self.here));
                self.done();
            }
            b',' => self.nothing_before_comma(out),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => self.state = State::Within,
        }
    }

    fn nothing_before_comma(&mut self, out: &mut Vec<Row>) {
        let missing = self.maker.made() + 1;
        let message = format!("Record {missing} is missing: a comma stands in its place. Have the source mend it.");
        out.push(self.maker.wrong(message, self.here));
        self.state = State::Comma;
    }

    fn behind(&mut self, byte: u8, out: &mut Vec<Row>) {
        match byte {
            b']' => self.done(),
            b',' => self.state = State::Comma,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => {
                let index = self.maker.made();
                let message =
                    format!("Between records {index} and {} there is no comma. Have the source mend it.", index + 1);
                out.push(self.maker.wrong(message, self.here));
                self.state = State::Within;
            }
        }
    }

    /// Takes bytes of an element; returns how many. One that is too big costs itself and no other.
    fn within(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> usize {
        if self.element.is_new() {
            self.begins = self.here;
        }
        let (taken, complete) = self.element.take(bytes);
        if self.element.len() + taken > MAX_RECORD_BYTES {
            self.element.forget();
        }
        if complete {
            let row = self.element.complete(&bytes[..taken], |text| self.maker.row(text, self.begins));
            out.extend(row.unwrap_or_else(|| Some(self.maker.too_big(self.begins))));
            if self.alone {
                self.done();
            } else {
                self.state = State::Behind;
            }
        } else {
            self.element.keep(&bytes[..taken]);
        }
        taken
    }
}

pub(super) fn not_a_list(top_keys: &[String]) -> FormatError {
    let keys = top_keys.join(", ");
    FormatError::NotAList(format!(
        "The file is one JSON object that is too big for a record. Write the path to the list in it into “Records are at”; its keys are: {keys}."
    ))
}
