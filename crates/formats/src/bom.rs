//! The byte order mark at the beginning of UTF-8, which is no part of the text.

use std::borrow::Cow;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Takes the mark off the first pieces of a text, however small they are.
#[derive(Debug, Default)]
pub(crate) struct Bom {
    seen: usize,
    over: bool,
}

impl Bom {
    /// How many bytes were the mark.
    pub(crate) fn taken(&self) -> u64 {
        if self.seen == BOM.len() { self.seen as u64 } else { 0 }
    }

    /// The piece without the mark.
    pub(crate) fn strip<'b>(&mut self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let mut rest = bytes;
        while !self.over {
            match rest.split_first() {
                None => return Cow::Borrowed(rest),
                Some((byte, after)) if *byte == BOM[self.seen] => {
                    self.seen += 1;
                    self.over = self.seen == BOM.len();
                    rest = after;
                }
                Some(_) => {
                    self.over = true;
                    // What looked like the mark was text.
                    let held = &BOM[..self.seen];
                    return if held.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned([held, rest].concat()) };
                }
            }
        }
        Cow::Borrowed(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_mark_at_the_beginning_is_taken_off() {
        for (text, want) in [("\u{feff}a\u{feff}", "a\u{feff}".as_bytes()), ("a", b"a"), ("", b"")] {
            for piece in [1, 2, 9] {
                let mut bom = Bom::default();
                let got: Vec<u8> =
                    text.as_bytes().chunks(piece).flat_map(|part| bom.strip(part).into_owned()).collect();
                assert_eq!(got, want);
            }
        }
        let mut bom = Bom::default();
        assert!(bom.strip(b"\xef").is_empty());
        assert_eq!(&*bom.strip(b"x"), b"\xefx");
    }
}
