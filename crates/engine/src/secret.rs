//! Texts with secrets in them, which only the one who dials may read (decision 23).

use std::fmt;

use tombolo_model::Id;

/// A text that may hold secrets; printing it shows `******` in their place.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Masked(Vec<Piece>);

/// A stretch of a text.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// For everybody.
    Plain(String),
    /// For the one who dials, after the host check.
    Secret(Secret),
}

/// A secret in the form in which it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    connection: Id,
    value: String,
}

impl Secret {
    /// Wraps a connection's secret.
    #[must_use]
    pub fn new(connection: Id, value: impl Into<String>) -> Self {
        Self { connection, value: value.into() }
    }

    /// Whose it is.
    #[must_use]
    pub fn connection(&self) -> Id {
        self.connection
    }

    /// The value, for [`crate::scrub`] to know it again.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// The value with something done to it, such as an encoding.
    #[must_use]
    pub fn map(&self, change: impl FnOnce(&str) -> String) -> Self {
        Self::new(self.connection, change(&self.value))
    }
}

impl Masked {
    /// A text without secrets.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Piece::Plain(text.into())])
    }

    /// Appends a text.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Plain(text.into()));
        self
    }

    /// Appends a secret.
    #[must_use]
    pub fn and_secret(mut self, secret: Secret) -> Self {
        self.0.push(Piece::Secret(secret));
        self
    }

    /// Appends another text with its secrets.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// The secrets in it.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Plain(_) => None,
            Piece::Secret(secret) => Some(secret),
        })
    }

    /// The connections whose secrets are in it.
    pub fn owners(&self) -> impl Iterator<Item = Id> {
        self.secrets().map(Secret::connection)
    }

    /// The text with its secrets. For the one who dials alone, after
    /// [`crate::check_secret_hosts`]; never for a log or a message.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) => text.as_str(),
                Piece::Secret(secret) => secret.value.as_str(),
            })
            .collect()
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Plain(text) => f.write_str(text),
            Piece::Secret(_) => f.write_str("******"),
        })
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{self}”")
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => write!(f, "“{text}”"),
            Self::Secret(secret) => secret.fmt(f),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_sent_but_never_printed() {
        let secret = Secret::new(Id::from_parts(1, [0; 8]), "hush");
        let text = Masked::plain("Bearer ").and_secret(secret.clone());
        assert_eq!(text.reveal(), "Bearer hush");
        let printed = format!("{text} {text:?} {secret:?} {:?}", Piece::Secret(secret.clone()));
        assert!(!printed.contains("hush"), "{printed}");
    }
}
