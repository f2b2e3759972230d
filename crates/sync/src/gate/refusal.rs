//! Why something was not taken, for programs and for people.

use serde::{Deserialize, Serialize};
use tombolo_docs::Hash;
use tombolo_wire::sync::RefusedChanges;

/// The reasons, stable for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Over a cap.
    TooLarge,
    /// No change, or its checksum is wrong.
    Malformed,
    /// The first change does not say what document it makes, or says another.
    Envelope,
    /// A change that writes what only the first change may.
    Immutable,
    /// Something that is no flat leaf, text or row.
    Shape,
    /// A path that only the server writes.
    Derived,
    /// A secret; those go into the vault.
    Secret,
    /// The role does not allow it.
    Rights,
    /// Not, or no longer, a member.
    NotMember,
    /// The actor belongs to somebody else.
    Actor,
    /// The actor has used this number for something else.
    Sequence,
    /// A reference to something this person cannot see.
    Reference,
    /// The document was deleted for good or moved to another account.
    Gone,
    /// Builds on a change that was refused.
    DependsOnRefused,
    /// The document is full.
    Quota,
    /// The document is no longer visible to this person.
    Forgotten,
}

impl Code {
    /// The code as it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Envelope => "envelope",
            Self::Immutable => "immutable",
            Self::Shape => "shape",
            Self::Derived => "derived",
            Self::Secret => "secret",
            Self::Rights => "rights",
            Self::NotMember => "not_member",
            Self::Actor => "actor",
            Self::Sequence => "sequence",
            Self::Reference => "reference",
            Self::Gone => "gone",
            Self::DependsOnRefused => "depends_on_refused",
            Self::Quota => "quota",
            Self::Forgotten => "forgotten",
        }
    }
}

/// A typed "no", with the changes it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// What happened, then what to do.
    pub message: String,
    /// Which changes; empty when the bytes were none.
    pub hashes: Vec<Hash>,
}

impl Refusal {
    /// As it travels.
    #[must_use]
    pub fn to_wire(&self) -> RefusedChanges {
        RefusedChanges {
            code: self.code.as_str().to_owned(),
            message: self.message.clone(),
            hashes: self.hashes.clone(),
        }
    }
}

/// A "no" to one change, before it is known which others share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Denied {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Denied {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
