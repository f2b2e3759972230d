//! Texts with secrets in them, which only the one who dials may read (decision 23).

use std::fmt;

use tombolo_model::{Id, MASK, Val};
use tombolo_template::{Deferred, DeferredError, Part, joined};

/// A text that may hold secrets; printing it shows `******` in their place.
#[derive(Clone, Default, PartialEq)]
pub struct Masked(Vec<Piece>);

/// A stretch of a text.
#[derive(Clone, PartialEq)]
pub enum Piece {
    /// For everybody.
    Plain(String),
    /// For the one who dials, after the host check.
    Secret(Secret),
    /// As a template names it; it becomes a secret when the credentials go in.
    Deferred(Deferred),
}

/// A secret in the form in which it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The connections and clients whose hosts it is bound to.
    owners: Vec<Id>,
    value: String,
}

/// How templates name a secret: whose it is and its path there.
pub(crate) fn name(owner: Id, path: &str) -> String {
    format!("{owner}{path}")
}

/// Whose the secret of a name is.
fn owner(name: &str) -> Option<Id> {
    name.split_once('/')?.0.parse().ok()
}

/// Where the secret of a name is kept.
pub(crate) fn path(name: &str) -> &str {
    name.find('/').map_or(name, |at| &name[at..])
}

impl Secret {
    /// Wraps a connection's secret.
    #[must_use]
    pub fn new(connection: Id, value: impl Into<String>) -> Self {
        Self { owners: vec![connection], value: value.into() }
    }

    /// Wraps what was made of the secrets of several.
    pub(crate) fn of(owners: Vec<Id>, value: String) -> Self {
        Self { owners, value }
    }

    /// Whose it is.
    pub fn owners(&self) -> impl Iterator<Item = Id> {
        self.owners.iter().copied()
    }

    /// The value. For the one who dials, and for the vault that keeps a renewed one; never for a log or a message.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value with something done to it, such as an encoding.
    #[must_use]
    pub fn map(&self, change: impl FnOnce(&str) -> String) -> Self {
        Self { owners: self.owners.clone(), value: change(&self.value) }
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

    /// Appends another text with its secrets.
    #[must_use]
    pub(crate) fn and_all(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Without the white space and the character that it begins with.
    pub(crate) fn without_first(mut self, character: char) -> Self {
        if let Some(Piece::Plain(text)) = self.0.first_mut() {
            let rest = text.trim_start();
            *text = rest.strip_prefix(character).unwrap_or(rest).to_owned();
        }
        self
    }

    /// Whether a secret of this name is still to be put in.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Deferred(deferred) if deferred.names().contains(&name)))
    }

    /// The secrets in it.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Secret(secret) => Some(secret),
            Piece::Plain(_) | Piece::Deferred(_) => None,
        })
    }

    /// The connections and clients whose secrets are in it.
    pub fn owners(&self) -> impl Iterator<Item = Id> {
        self.0.iter().flat_map(|piece| match piece {
            Piece::Plain(_) => Vec::new(),
            Piece::Secret(secret) => secret.owners.clone(),
            Piece::Deferred(deferred) => owners(deferred),
        })
    }

    /// The text, when all of it is for everybody.
    pub(crate) fn as_plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Plain(text)] => Some(text),
            _ => None,
        }
    }

    /// Its pieces, in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    pub(crate) fn pieces_mut(&mut self) -> &mut Vec<Piece> {
        &mut self.0
    }

    /// Whether secrets are still to be put in.
    pub(crate) fn is_deferred(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Deferred(_)))
    }

    /// Puts the secrets in that templates named; `made` is told of each.
    ///
    /// # Errors
    ///
    /// Returns [`DeferredError`] when one is missing or cannot be worked on.
    pub(crate) fn resolve(
        &mut self,
        find: &dyn Fn(&str) -> Option<String>,
        made: &mut dyn FnMut(&Deferred, &str),
    ) -> Result<(), DeferredError> {
        for piece in &mut self.0 {
            if let Piece::Deferred(deferred) = piece {
                let value = deferred.reveal(find)?;
                made(deferred, &value);
                *piece = Piece::Secret(Secret::of(owners(deferred), value));
            }
        }
        Ok(())
    }

    /// As a value that templates may read: hidden when it has secrets that are still to be put in.
    pub(crate) fn to_val(&self) -> Val {
        let part = |piece: &Piece| match piece {
            Piece::Plain(text) => Part::Text(text.clone()),
            Piece::Secret(_) => Part::Text(MASK.to_owned()),
            Piece::Deferred(deferred) => Part::Deferred(deferred.clone()),
        };
        joined(&self.0.iter().map(part).collect::<Vec<_>>())
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
                Piece::Deferred(_) => MASK,
            })
            .collect()
    }
}

fn owners(deferred: &Deferred) -> Vec<Id> {
    let mut owners: Vec<Id> = deferred.names().into_iter().filter_map(owner).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// What a template rendered.
impl From<Vec<Part>> for Masked {
    fn from(parts: Vec<Part>) -> Self {
        let piece = |part| match part {
            Part::Text(text) => Piece::Plain(text),
            Part::Deferred(deferred) => Piece::Deferred(deferred),
        };
        Self(parts.into_iter().map(piece).collect())
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Plain(text) => f.write_str(text),
            Piece::Secret(_) | Piece::Deferred(_) => f.write_str(MASK),
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
            Self::Secret(_) | Self::Deferred(_) => f.write_str(MASK),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
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

    #[test]
    fn a_secret_is_named_by_whose_it_is_and_where() {
        let id = Id::from_parts(1, [2; 8]);
        let name = name(id, "/http/encrypted/key");
        assert_eq!((owner(&name), path(&name)), (Some(id), "/http/encrypted/key"));
    }
}
