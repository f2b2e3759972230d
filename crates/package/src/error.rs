//! Why a package is refused, with the file or resource that is at fault and what to do.

use tombolo_formats::FormatError;
use tombolo_model::{Id, Kind};

/// Why nothing was packed or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// The archive itself.
    #[error(transparent)]
    Zip(#[from] FormatError),
    /// A file of the archive does not open.
    #[error("“{name}” in the zip is damaged: {source}")]
    Damaged {
        /// The file.
        name: String,
        /// What is wrong with it.
        #[source]
        source: FormatError,
    },
    /// A bundle that a password opens.
    #[error("This bundle is closed with a password. Enter it.")]
    Locked,
    /// A wrong password, or a changed file: which of the two cannot be told.
    #[error(
        "The password is wrong, or the file was changed since it was made. Check the password; if it is right, get the file again."
    )]
    Password,
    /// Something in a signed bundle is not what was signed.
    #[error(
        "“{name}” was changed since the bundle was signed. Nothing of it is taken: get the file again from who made it."
    )]
    Changed {
        /// The file in the bundle.
        name: String,
    },
    /// The signature is wrong, and no file tells why.
    #[error("The bundle was changed since it was signed. Nothing of it is taken: get the file again from who made it.")]
    Forged,
    /// More than any integration has.
    #[error("The zip holds more than {most} {what}. Split the integration and download its parts.")]
    TooMuch {
        /// Files, resources or bytes.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// A name that leads out of the archive.
    #[error(
        "The zip holds a file named “{name}”, which leads out of it. Such files are made to attack; get the zip again from where it was made."
    )]
    Escapes {
        /// The name.
        name: String,
    },
    /// Two files of one name.
    #[error("The zip holds “{name}” twice, and which one is meant cannot be known. Take one of them out.")]
    Twice {
        /// The name.
        name: String,
    },
    /// A file that should be JSON.
    #[error("“{name}” is no JSON: {why}. Mend the file, or download the integration again.")]
    NotJson {
        /// The file.
        name: String,
        /// The parser's words.
        why: String,
    },
    /// JSON that is no resource.
    #[error(
        "“{name}” holds no resource: a resource is a JSON object. Take the file out, or download the integration again."
    )]
    NotAResource {
        /// The file.
        name: String,
    },
    /// Nothing says what kind of resource it is.
    #[error(
        "What kind of resource “{name}” is cannot be told. Put it into a folder that says so, for example “exports”."
    )]
    KindUnknown {
        /// The file.
        name: String,
    },
    /// A resource without its id.
    #[error(
        "“{name}” has no _id of 24 hexadecimal digits, and others could not refer to it. Download the integration again."
    )]
    NoId {
        /// The file.
        name: String,
    },
    /// Two resources under one id.
    #[error("“{name}” and “{other}” have the same _id. Take one of them out.")]
    SameId {
        /// The file.
        name: String,
        /// The file before.
        other: String,
    },
    /// A reference that leads nowhere.
    #[error(
        "{from} refers to the {kind} {id} in {place}, which is not in the zip. Download the integration again, with everything that belongs to it."
    )]
    Missing {
        /// Who refers, at the beginning of a sentence.
        from: String,
        /// Where.
        place: String,
        /// To what kind.
        kind: Kind,
        /// To which.
        id: Id,
    },
    /// A reference to another kind of thing.
    #[error("{from} refers in {place} to {id} as a {kind}, and it is a {is}. Download the integration again.")]
    WrongKind {
        /// Who refers, at the beginning of a sentence.
        from: String,
        /// Where.
        place: String,
        /// What it should be.
        kind: Kind,
        /// What it is.
        is: Kind,
        /// Which.
        id: Id,
    },
    /// A value that no document takes.
    #[error("{from} has a value of more than 256 KiB in {place}, and no resource holds such. Shorten it in the file.")]
    LongValue {
        /// Which resource, at the beginning of a sentence.
        from: String,
        /// Where.
        place: String,
    },
    /// Several integrations.
    #[error("The zip holds {0} integrations. Install them one by one, each from a zip of its own.")]
    Several(usize),
    /// Nothing in it.
    #[error("There is no resource in the zip. Choose a zip that was downloaded from an integration or a flow.")]
    Empty,
    /// What was to be packed is not there.
    #[error("There is no resource {0} here. It may have been deleted; look at the list again.")]
    Absent(Id),
    /// A choice for something else.
    #[error("A connection was chosen for {0}, which is no connection of this package. Look at it again.")]
    NoSuchConnection(Id),
    /// Flows belong to an integration.
    #[error("Choose the integration that it goes to.")]
    NeedsIntegration,
}
