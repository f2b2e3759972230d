//! Encodings of files: bytes to UTF-8 and back, piece by piece.
//!
//! Bytes that mean nothing are an error and never a question mark: what was read would then be written as if it
//! were right. UTF-8 passes as it is; the parsers say which row is not UTF-8.

use encoding_rs::{DecoderResult, EncoderResult, GB18030, MACINTOSH, SHIFT_JIS, UTF_16LE, WINDOWS_1252};

use crate::error::FormatError;

/// An encoding; the names are those of `file.encoding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// Windows-1252.
    Win1252,
    /// UTF-16, little end first; written with a byte order mark.
    Utf16Le,
    /// The Chinese national standard.
    Gb18030,
    /// Mac OS Roman.
    MacRoman,
    /// ISO 8859-1, where each byte is the character of that number.
    Iso88591,
    /// Shift JIS.
    ShiftJis,
}

impl Encoding {
    /// All of them by name.
    pub const ALL: [(&'static str, Self); 7] = [
        ("utf8", Self::Utf8),
        ("win1252", Self::Win1252),
        ("utf-16le", Self::Utf16Le),
        ("gb18030", Self::Gb18030),
        ("macroman", Self::MacRoman),
        ("iso88591", Self::Iso88591),
        ("shiftjis", Self::ShiftJis),
    ];

    /// Finds an encoding by its name, also as others write it: `utf-8`, `ISO-8859-1`, `windows-1252`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        Some(match plain.as_str() {
            "utf8" => Self::Utf8,
            "win1252" | "windows1252" | "cp1252" => Self::Win1252,
            "utf16le" | "utf16" => Self::Utf16Le,
            "gb18030" | "gbk" | "gb2312" => Self::Gb18030,
            "macroman" | "macintosh" => Self::MacRoman,
            "iso88591" | "latin1" => Self::Iso88591,
            "shiftjis" | "sjis" => Self::ShiftJis,
            _ => return None,
        })
    }

    fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Win1252 => "Windows-1252",
            Self::Utf16Le => "UTF-16",
            Self::Gb18030 => "GB 18030",
            Self::MacRoman => "Mac Roman",
            Self::Iso88591 => "ISO 8859-1",
            Self::ShiftJis => "Shift JIS",
        }
    }

    /// Its name in the first line of an XML file.
    pub(crate) fn xml_name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Win1252 => "windows-1252",
            Self::Utf16Le => "UTF-16",
            Self::Gb18030 => "GB18030",
            Self::MacRoman => "macintosh",
            Self::Iso88591 => "ISO-8859-1",
            Self::ShiftJis => "Shift_JIS",
        }
    }

    fn table(self) -> Option<&'static encoding_rs::Encoding> {
        match self {
            Self::Utf8 | Self::Iso88591 => None,
            Self::Win1252 => Some(WINDOWS_1252),
            Self::Utf16Le => Some(UTF_16LE),
            Self::Gb18030 => Some(GB18030),
            Self::MacRoman => Some(MACINTOSH),
            Self::ShiftJis => Some(SHIFT_JIS),
        }
    }
}

/// Makes UTF-8 of pieces of a text.
pub struct Decoder {
    encoding: Encoding,
    table: Option<encoding_rs::Decoder>,
    bytes: u64,
}

impl Decoder {
    /// Makes a decoder.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, table: encoding.table().map(encoding_rs::Encoding::new_decoder_with_bom_removal), bytes: 0 }
    }

    /// Whether the bytes go on as they are.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.encoding == Encoding::Utf8
    }

    /// Appends the piece as UTF-8.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::WrongEncoding`] at bytes that mean nothing.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        self.decode(bytes, false, out)
    }

    /// Says that the text is over.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::WrongEncoding`] when it is over in the middle of a character.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), FormatError> {
        self.decode(b"", true, out)
    }

    fn decode(&mut self, mut bytes: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), FormatError> {
        let Some(table) = &mut self.table else {
            match self.encoding {
                Encoding::Iso88591 => latin1(bytes, out),
                _ => out.extend_from_slice(bytes),
            }
            return Ok(());
        };
        loop {
            let from = out.len();
            let room = table.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len() * 4 + 16);
            out.resize(from + room, 0);
            let (result, read, wrote) = table.decode_to_utf8_without_replacement(bytes, &mut out[from..], last);
            out.truncate(from + wrote);
            self.bytes += read as u64;
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => bytes = &bytes[read..],
                DecoderResult::Malformed(wrong, after) => {
                    let byte = self.bytes.saturating_sub(u64::from(wrong) + u64::from(after));
                    return Err(FormatError::WrongEncoding { encoding: self.encoding.label(), byte });
                }
            }
        }
    }
}

/// Each byte is the character of its number.
fn latin1(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len());
    for byte in bytes {
        if byte.is_ascii() {
            out.push(*byte);
        } else {
            out.extend_from_slice(&[0xc0 | (byte >> 6), 0x80 | (byte & 0x3f)]);
        }
    }
}

/// Makes bytes of an encoding out of UTF-8.
#[derive(Debug)]
pub struct Encoder {
    encoding: Encoding,
    begun: bool,
}

impl Encoder {
    /// Makes an encoder.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, begun: false }
    }

    /// Whether the bytes go on as they are.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.encoding == Encoding::Utf8
    }

    /// Appends a text.
    ///
    /// # Errors
    ///
    /// Returns a message that names the first character that the encoding does not have; nothing is appended then.
    pub fn push(&mut self, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
        let from = out.len();
        let missing = match self.encoding {
            Encoding::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                None
            }
            Encoding::Utf16Le => {
                if !self.begun {
                    out.extend_from_slice(&[0xff, 0xfe]);
                }
                out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                None
            }
            Encoding::Iso88591 => {
                out.extend(text.chars().map_while(|character| u8::try_from(u32::from(character)).ok()));
                text.chars().find(|character| u32::from(*character) > 0xff)
            }
            other => other.table().and_then(|table| encode(table, text, out)),
        };
        if let Some(character) = missing {
            out.truncate(from);
            return Err(format!(
                "“{character}” cannot be written in {}. Write the file in UTF-8, or leave the character out.",
                self.encoding.label()
            ));
        }
        self.begun = true;
        Ok(())
    }
}

/// Encodes with a table; returns the first character that it does not have.
fn encode(table: &'static encoding_rs::Encoding, mut text: &str, out: &mut Vec<u8>) -> Option<char> {
    let mut encoder = table.new_encoder();
    loop {
        let from = out.len();
        let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len()).unwrap_or(text.len() * 4 + 16);
        out.resize(from + room, 0);
        let (result, read, wrote) = encoder.encode_from_utf8_without_replacement(text, &mut out[from..], true);
        out.truncate(from + wrote);
        match result {
            EncoderResult::InputEmpty => return None,
            EncoderResult::OutputFull => text = &text[read..],
            EncoderResult::Unmappable(character) => return Some(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: Encoding, bytes: &[u8], piece: usize) -> Result<String, FormatError> {
        let mut decoder = Decoder::new(encoding);
        let mut out = Vec::new();
        for part in bytes.chunks(piece) {
            decoder.push(part, &mut out)?;
        }
        decoder.finish(&mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn texts_read_as_they_were_written_in_each_encoding() {
        let texts = [
            (Encoding::Utf8, "Zoë 😀 日本"),
            (Encoding::Win1252, "Zoë €“x”"),
            (Encoding::Utf16Le, "Zoë 😀 日本"),
            (Encoding::Gb18030, "Zoë 😀 日本 中文"),
            (Encoding::MacRoman, "Zoë ™ Ω"),
            (Encoding::Iso88591, "Zoë ÿ\u{85}"),
            (Encoding::ShiftJis, "ｶﾅ 日本 x"),
        ];
        for (encoding, text) in texts {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(encoding);
            let (left, right) = text.split_at(3.min(text.len() - 1).min(text.char_indices().nth(1).unwrap().0));
            encoder.push(left, &mut bytes).unwrap();
            encoder.push(right, &mut bytes).unwrap();
            for piece in [1, 3, 64] {
                assert_eq!(decoded(encoding, &bytes, piece).unwrap(), text, "{encoding:?}");
            }
        }
    }

    #[test]
    fn bytes_that_mean_nothing_are_named_and_never_replaced() {
        let error = decoded(Encoding::ShiftJis, b"abc\x81\x20", 2).unwrap_err();
        assert_eq!(error, FormatError::WrongEncoding { encoding: "Shift JIS", byte: 3 });
        assert!(decoded(Encoding::Utf16Le, b"a\0\0\xd8b\0", 1).is_err(), "half a pair");
        assert!(decoded(Encoding::Utf16Le, b"a\0b", 1).is_err(), "half a unit");
    }

    #[test]
    fn a_character_that_an_encoding_lacks_is_named() {
        for encoding in [Encoding::Iso88591, Encoding::Win1252, Encoding::MacRoman] {
            let mut out = b"x".to_vec();
            assert!(Encoder::new(encoding).push("a日", &mut out).unwrap_err().contains("“日”"));
            assert_eq!(out, b"x");
        }
    }

    #[test]
    fn every_encoding_is_found_by_its_names() {
        for (name, encoding) in Encoding::ALL {
            assert_eq!(Encoding::named(name), Some(encoding));
        }
        assert_eq!(Encoding::named("ISO-8859-1"), Some(Encoding::Iso88591));
        assert_eq!(Encoding::named("ebcdic"), None);
    }
}
