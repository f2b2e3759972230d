//! What stands behind a backslash: classes of characters, and the ways of writing one.

use tombolo_model::excerpt;

use super::Translator;

const SPACE: &str = r"\t-\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";
const NOT_SPACE: &str = r"\x00-\x08\x0e-\x1f!-\u{9f}\u{a1}-\u{167f}\u{1681}-\u{1fff}\u{200b}-\u{2027}\u{202a}-\u{202e}\u{2030}-\u{205e}\u{2060}-\u{2fff}\u{3001}-\u{fefe}\u{ff00}-\u{10ffff}";
const WORD: &str = "0-9A-Za-z_";
const NOT_WORD: &str = r"\x00-/:-@\[-\^`\{-\u{10ffff}";
const NOT_DIGIT: &str = r"\x00-/:-\u{10ffff}";

impl Translator<'_> {
    /// A class behind a backslash, as the inside of brackets.
    pub(super) fn set(&mut self) -> Result<Option<String>, String> {
        let Some(next) = self.rest.chars().next() else { return Ok(None) };
        let set = match next {
            'd' => "0-9",
            'D' => NOT_DIGIT,
            'w' => WORD,
            'W' => NOT_WORD,
            's' => SPACE,
            'S' => NOT_SPACE,
            'p' | 'P' if self.flags.unicode => {
                let end = self.rest.find('}').ok_or("a property has no end")?;
                let property = self.rest[..=end].to_owned();
                self.rest = &self.rest[end + 1..];
                return Ok(Some(format!("\\{}", property.replace("Script=", "").replace("General_Category=", ""))));
            }
            _ => return Ok(None),
        };
        self.take();
        Ok(Some(set.to_owned()))
    }

    /// The one character that stands behind a backslash.
    pub(super) fn character(&mut self) -> Result<char, String> {
        let Some(next) = self.take() else { return Err("it ends with a backslash".to_owned()) };
        Ok(match next {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\x0b',
            'f' => '\x0c',
            '0'..='7' => self.octal(next),
            'c' => match self.rest.chars().next() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    self.take();
                    char::from(u8::try_from(u32::from(letter)).unwrap_or_default() & 31)
                }
                _ => 'c',
            },
            'x' => self.hex(2).unwrap_or('x'),
            'u' => {
                if self.rest.starts_with('{') && self.flags.unicode {
                    let (digits, rest) = self.rest[1..].split_once('}').ok_or("a character's number has no end")?;
                    self.rest = rest;
                    let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                    return code
                        .ok_or_else(|| format!("“{digits}” is the number of no character", digits = excerpt(&digits)));
                }
                self.hex(4).unwrap_or('u')
            }
            other => other,
        })
    }

    /// An old escape: up to three digits that make a byte.
    fn octal(&mut self, first: char) -> char {
        let mut code = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            match self.rest.chars().next().and_then(|next| next.to_digit(8)) {
                Some(digit) if code * 8 + digit < 256 => {
                    code = code * 8 + digit;
                    self.take();
                }
                _ => break,
            }
        }
        char::from_u32(code).unwrap_or(first)
    }

    /// So many hexadecimal digits, and for half of a pair the other half.
    fn hex(&mut self, digits: usize) -> Option<char> {
        let code = |text: &str| {
            let text = text.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            u32::from_str_radix(text, 16).ok()
        };
        let first = code(self.rest)?;
        if let Some(character) = char::from_u32(first) {
            self.rest = &self.rest[digits..];
            return Some(character);
        }
        let second = self.rest[digits..].strip_prefix("\\u").and_then(code)?;
        let pair = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
        let character = char::decode_utf16(pair).next()?.ok()?;
        self.rest = &self.rest[digits * 2 + 2..];
        Some(character)
    }
}
