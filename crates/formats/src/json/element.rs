//! One JSON value in the making: finds its end without looking at what it means.

use memchr::memchr2;

/// A value whose end is to come; the bytes so far.
#[derive(Debug, Default)]
pub(super) struct Element {
    buffer: Vec<u8>,
    begun: bool,
    /// Its first byte opened a list, an object or a string; it ends with the one that closes that.
    closes: bool,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// It is too big; only its end is looked for.
    forgotten: bool,
}

impl Element {
    /// Whether nothing of it has come.
    pub(super) fn is_new(&self) -> bool {
        !self.begun
    }

    /// How many bytes of it are kept.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// What is kept of it, with these bytes behind.
    pub(super) fn text(&mut self, bytes: &[u8]) -> &[u8] {
        self.keep(bytes);
        &self.buffer
    }

    /// Keeps nothing of it, now and until it ends.
    pub(super) fn forget(&mut self) {
        self.buffer = Vec::new();
        self.forgotten = true;
    }

    /// Finds the end: returns how many of the bytes belong to the value and whether it ends with them.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                at += self.string(&bytes[at..]);
                if !self.in_string && self.depth == 0 {
                    return (at, true);
                }
                continue;
            }
            let byte = bytes[at];
            // The first byte is taken whatever it is: something that is no value must not be looked at for ever.
            let first = !std::mem::replace(&mut self.begun, true);
            if first {
                self.closes = matches!(byte, b'{' | b'[' | b'"');
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.closes => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if !self.closes && !first => {
                    return (at, true);
                }
                _ => {}
            }
            at += 1;
        }
        (at, false)
    }

    fn string(&mut self, bytes: &[u8]) -> usize {
        if self.escaped {
            self.escaped = false;
            return 1;
        }
        match memchr2(b'"', b'\\', bytes) {
            None => bytes.len(),
            Some(at) => {
                self.escaped = bytes[at] == b'\\';
                self.in_string = self.escaped;
                at + 1
            }
        }
    }

    /// Keeps bytes of a value that goes on.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        if !self.forgotten {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Hands over the whole value, of which these are the last bytes, and begins anew. Nothing when it is forgotten.
    pub(super) fn complete<T>(&mut self, bytes: &[u8], take: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let made = if self.forgotten {
            None
        } else if self.buffer.is_empty() {
            Some(take(bytes))
        } else {
            self.buffer.extend_from_slice(bytes);
            Some(take(&self.buffer))
        };
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        *self = Self { buffer, ..Self::default() };
        made
    }
}
