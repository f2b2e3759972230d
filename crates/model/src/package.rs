//! What a screen is told of resources that arrive as a file or are copied, and what a person chooses for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Id, Kind};

/// One resource of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageItem {
    /// Its id where it comes from; it gets another one.
    pub id: Id,
    /// What it is.
    pub kind: Kind,
    /// Its name; empty when it has none.
    pub name: String,
    /// `adaptorType` or `type`; of a connection to a well-known application its key.
    pub adaptor: Option<String>,
}

/// Everything that would be made, before anything is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackagePreview {
    /// What the package is of: an integration, a flow or a single resource.
    pub root: PackageItem,
    /// The integration that the root belongs to where it comes from.
    pub home: Option<Id>,
    /// An integration has to be chosen for it.
    pub needs_integration: bool,
    /// All resources, the root too, in the order of their kinds.
    pub items: Vec<PackageItem>,
    /// The connections among them: each is made anew, or another takes its place.
    pub connections: Vec<PackageItem>,
    /// What does not come along and why, in words.
    pub notes: Vec<String>,
    /// Who signed it; nothing for a zip and for a copy.
    pub signed: Option<PackageSigned>,
}

/// Who signed a bundle. Only the key is proven; the names are what its maker wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageSigned {
    /// The account it comes from.
    pub account: String,
    /// The person.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub made_ms: i64,
    /// The fingerprint of the key, as people compare it.
    pub key: String,
}

/// What happens with a connection of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionChoice {
    /// It is made, without its secrets.
    Create,
    /// This one takes its place.
    Use(Id),
}

/// What a person chose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PackageChoices {
    /// The root's name; as it comes when absent.
    pub name: Option<String>,
    /// The integration that it goes to.
    pub integration: Option<Id>,
    /// Connections by their id in the package. One that is not here is made from a file, and used as it is by a copy.
    pub connections: BTreeMap<Id, ConnectionChoice>,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageInstalled {
    /// The root's new id.
    pub id: Id,
    /// What it is.
    pub kind: Kind,
    /// The integration it is in.
    pub integration: Option<Id>,
    /// How many resources were made.
    pub made: usize,
    /// What is left to do, in words: credentials to enter.
    pub needs: Vec<String>,
}
