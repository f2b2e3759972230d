//! Resource ids: twelve bytes in ObjectId layout, written as 24 hexadecimal digits.
//!
//! The same id names the document, the REST resource and the page. Ids are made on devices, so the
//! caller brings the time and the random part; nothing here reads a clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, de};

/// A resource's id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 12]);

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an id: an id has 24 hexadecimal digits")]
pub struct IdError(String);

impl Id {
    /// Makes an id from the time of creation and eight random bytes.
    #[must_use]
    pub fn from_parts(unix_seconds: u32, rest: [u8; 8]) -> Self {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&unix_seconds.to_be_bytes());
        bytes[4..].copy_from_slice(&rest);
        Self(bytes)
    }

    /// Takes the twelve bytes as they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// The twelve bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 12] {
        self.0
    }

    /// When it was made, in seconds since 1970.
    #[must_use]
    pub fn unix_seconds(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError(text.chars().take(40).collect());
        let digits = text.as_bytes();
        if digits.len() != 24 {
            return Err(wrong());
        }
        let mut bytes = [0; 12];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
            let (Some(high), Some(low)) = (nibble(pair[0]), nibble(pair[1])) else {
                return Err(wrong());
            };
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl de::Visitor<'_> for Digits {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id of 24 hexadecimal digits")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_written_and_read() {
        let id = Id::from_parts(0x6741_a0b1, [1, 2, 3, 4, 5, 6, 7, 0xff]);
        assert_eq!(id.to_string(), "6741a0b101020304050607ff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.unix_seconds(), 0x6741_a0b1);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<Id>(&json).unwrap(), id);
    }

    #[test]
    fn a_text_that_is_no_id_is_refused() {
        for text in ["", "6741a0b1", "6741a0b101020304050607fg", "6741a0b101020304050607ff0", "ééééééééé"] {
            assert!(text.parse::<Id>().is_err(), "{text}");
        }
    }
}
