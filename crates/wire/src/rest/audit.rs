//! The audit log: who did what in an account.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::Id;

use crate::store::UserInfo;

/// By what road something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditSource {
    /// By a person in the app.
    Ui,
    /// By a program over the REST API.
    Api,
    /// By the server itself: a schedule, a limit of time.
    System,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AuditAction {
    /// Made.
    Create,
    /// Changed.
    Update,
    /// Put in the bin, removed or withdrawn.
    Delete,
    /// Taken out of the bin.
    Restore,
    /// Somebody signed in.
    SignIn,
    /// Somebody tried to sign in and was refused.
    SignInFailed,
    /// Somebody signed out, or ended a session of theirs.
    SignOut,
    /// An API token was used, for the first time on a day.
    Use,
    /// A run was started.
    Run,
    /// A connection was tested.
    Ping,
    /// Handed over to another account, or taken from one.
    Transfer,
}

impl AuditSource {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Ui, Self::Api, Self::System];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::Api => "api",
            Self::System => "system",
        }
    }

    /// The source of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 11] = [
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Restore,
        Self::SignIn,
        Self::SignInFailed,
        Self::SignOut,
        Self::Use,
        Self::Run,
        Self::Ping,
        Self::Transfer,
    ];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::SignIn => "signIn",
            Self::SignInFailed => "signInFailed",
            Self::SignOut => "signOut",
            Self::Use => "use",
            Self::Run => "run",
            Self::Ping => "ping",
            Self::Transfer => "transfer",
        }
    }

    /// The action of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// One field that was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Which, rows by id; empty for the whole resource.
    pub field_path: String,
    /// What was there; secrets as `******`.
    #[serde(default)]
    pub old_value: Option<Value>,
    /// What is there now.
    #[serde(default)]
    pub new_value: Option<Value>,
}

/// An entry: when, who, by what road, what kind of thing, which, what was done, and field by field from what to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its number in the account's log, from 1.
    pub n: u64,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// Who; absent for the server itself.
    pub by_user: Option<UserInfo>,
    /// By what road.
    pub source: AuditSource,
    /// The name of the API token with which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A kind of resource, or `member`, `user`, `account`, `transfer`, `accesstoken`; `damaged` for a row that cannot be read.
    pub resource_type: String,
    /// Which.
    pub resource: Option<Id>,
    /// Its name then.
    pub resource_name: String,
    /// What was done.
    pub action: AuditAction,
    /// The fields.
    pub field_changes: Vec<FieldChange>,
}

/// The answer to `GET /api/accounts/{account}/audit`, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Asks for what is older: the `before` of the next question. Absent when that is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The query of the same route and of `audit.csv`; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditQuery {
    /// The resource's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Id>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Id>,
    /// By what road.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AuditSource>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<AuditAction>,
    /// Not before this, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Only entries with a lower number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Without so many of the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
