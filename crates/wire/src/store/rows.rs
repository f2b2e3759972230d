//! What is shown of an account: people, resources, and where the changes are.
//!
//! Derived, all of it: the documents and the server's tables are the truth.

use serde::{Deserialize, Serialize};
use tombolo_model::{Action, Grants, Home, Id, Kind, Rights, Role};

/// An account as a device knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo {
    /// Made on the device for a local account, by the server otherwise.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Never signed in: everything is on this device alone.
    pub local: bool,
    /// The person, when signed in.
    pub user: Option<UserInfo>,
    /// What the person may do, as last known.
    pub role: Role,
    /// In single integrations, beside that.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
    /// The server has ended the person's access: nothing of the account is on this device but what they had not sent.
    #[serde(default)]
    pub ended: bool,
}

impl AccountInfo {
    /// What the person may do, as last known.
    #[must_use]
    pub fn rights(&self) -> Rights {
        Rights { role: self.role, grants: self.grants.clone() }
    }

    /// Whether the person may do this to a resource of the integration `owner`, as last known.
    #[must_use]
    pub fn may(&self, action: Action, kind: Kind, owner: Option<Id>) -> bool {
        self.rights().may(action, kind, Home { owner, registered: &[] })
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserInfo {
    /// Their id.
    pub id: Id,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// One resource in lists, search and used-by; derived from its document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueRow {
    /// Which.
    pub id: Id,
    /// What kind.
    pub kind: Kind,
    /// Its name; empty when it has none.
    pub name: String,
    /// The integration it belongs to.
    pub integration: Option<Id>,
    /// Switched off.
    pub disabled: bool,
    /// In the recycle bin.
    pub binned: bool,
    /// The resources it refers to.
    pub references: Vec<Id>,
    /// `adaptorType` or `type`, for the icon; of a connection to a well-known application its key.
    pub adaptor: Option<String>,
    /// An export that looks things up for records.
    #[serde(default)]
    pub lookup: bool,
    /// Of a flow: the group of its integration that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Conflicts nobody settled yet.
    pub conflicts: usize,
    /// When it was last changed, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Not all of its changes are on the server.
    pub pending: bool,
    /// Opens only at its last good state: a stored piece is damaged.
    pub damaged: bool,
}

/// Where the changes of this device are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// Whether the socket is up.
    pub link: Link,
    /// Changes written here (strictly) that the server has not yet.
    pub waiting: usize,
    /// Changes that could not be stored on this device; storing them is tried again by itself.
    pub unsaved: usize,
    /// Changes that the server refused.
    pub not_accepted: usize,
    /// When the link is down: what is wrong, in words.
    pub reason: Option<String>,
    /// The other people here.
    pub people: Vec<Person>,
    /// Whether the account has this person.
    #[serde(default)]
    pub access: Access,
}

/// Whether an account has a person, as its server said last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    /// Nothing else was said.
    #[default]
    Open,
    /// The server does not know them there, as one that was restored from an old backup: what is on the device stays.
    Unknown,
    /// They were removed or switched off: what was on the device has left it, but for what they had not sent.
    Ended,
}

/// The state of the link to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Link {
    /// A local account: there is nothing to connect to.
    #[default]
    Local,
    /// Trying.
    Connecting,
    /// Up, and everything that came is stored.
    Online,
    /// Down; tried again by itself.
    Offline,
    /// Down until somebody acts: signed out, removed, or too old a page. The status says which.
    Stopped,
}

/// Somebody else who is here now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their session, unique a tab.
    pub session: String,
    /// Who.
    pub user: UserInfo,
    /// What they have open.
    pub document: Option<Id>,
    /// The field they are in.
    pub field: Option<String>,
    /// Their cursor in a text.
    pub cursor: Option<(usize, usize)>,
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// `quota`, `damaged`, `not_persistent`, `old_version`, `lost_link`.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
    /// The document it is about.
    pub document: Option<Id>,
}
