//! The bytes of a request, which may hold secrets; copying them costs nothing, so that a request can be sent again.

use std::fmt;
use std::sync::Arc;

use tombolo_model::Id;

use crate::secret::Masked;

/// The body of a request.
#[derive(Clone, PartialEq)]
pub struct Body(Content);

#[derive(Clone, PartialEq)]
enum Content {
    Bytes(Arc<Vec<u8>>),
    Masked(Arc<Masked>),
}

impl Body {
    /// The bytes with their secrets. For the one who dials alone, after [`crate::check_secret_hosts`].
    #[must_use]
    pub fn reveal(&self) -> Vec<u8> {
        match &self.0 {
            Content::Bytes(bytes) => bytes.to_vec(),
            Content::Masked(text) => text.reveal().into_bytes(),
        }
    }

    /// How many bytes it has, secrets included.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether a body is empty")]
    pub fn len(&self) -> usize {
        match &self.0 {
            Content::Bytes(bytes) => bytes.len(),
            Content::Masked(text) => text.reveal().len(),
        }
    }

    /// The connections whose secrets are in it.
    pub fn owners(&self) -> impl Iterator<Item = Id> {
        self.masked().into_iter().flat_map(Masked::owners)
    }

    /// The text with its secrets apart, when it has any.
    pub(crate) fn masked(&self) -> Option<&Masked> {
        match &self.0 {
            Content::Bytes(_) => None,
            Content::Masked(text) => Some(text),
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Content::Bytes(Arc::new(bytes)))
    }
}

/// A text without secrets becomes plain bytes.
impl From<Masked> for Body {
    fn from(text: Masked) -> Self {
        if let Some(plain) = text.as_plain() {
            return plain.as_bytes().to_vec().into();
        }
        Self(Content::Masked(Arc::new(text)))
    }
}

/// As text, with `******` in the place of secrets.
impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Content::Masked(text) => text.fmt(f),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{self}”")
    }
}
