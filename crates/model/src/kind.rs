//! The kinds of resource, with their names in JSON, in REST paths and on the screen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A folder of flows with its settings.
    Integration,
    /// Steps that records pass through.
    Flow,
    /// Reads records.
    Export,
    /// Writes records.
    Import,
    /// How an application is reached.
    Connection,
    /// JavaScript hooks.
    Script,
    /// A table that steps look values up in.
    LookupCache,
    /// A program inside a private network.
    Agent,
    /// An OAuth client.
    IClient,
    /// A server or function that runs hooks or wrappers.
    Stack,
    /// An API that a flow or script answers.
    Api,
    /// An integration packed for installing.
    Template,
    /// How an EDI or fixed-width file is laid out.
    FileDefinition,
    /// How a job that is submitted and fetched later is polled.
    AsyncHelper,
    /// What an EDI partner agreed on.
    EdiProfile,
    /// A partner that files are exchanged with.
    TradingPartnerConnector,
    /// Who is told about which errors.
    Notification,
    /// Steps packed as one.
    Tool,
}

/// A name that is no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a kind of resource")]
pub struct UnknownKind(String);

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::Integration,
        Self::Flow,
        Self::Export,
        Self::Import,
        Self::Connection,
        Self::Script,
        Self::LookupCache,
        Self::Agent,
        Self::IClient,
        Self::Stack,
        Self::Api,
        Self::Template,
        Self::FileDefinition,
        Self::AsyncHelper,
        Self::EdiProfile,
        Self::TradingPartnerConnector,
        Self::Notification,
        Self::Tool,
    ];

    /// Its name in documents and messages: `lookupCache`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integration => "integration",
            Self::Flow => "flow",
            Self::Export => "export",
            Self::Import => "import",
            Self::Connection => "connection",
            Self::Script => "script",
            Self::LookupCache => "lookupCache",
            Self::Agent => "agent",
            Self::IClient => "iClient",
            Self::Stack => "stack",
            Self::Api => "api",
            Self::Template => "template",
            Self::FileDefinition => "fileDefinition",
            Self::AsyncHelper => "asyncHelper",
            Self::EdiProfile => "ediProfile",
            Self::TradingPartnerConnector => "tradingPartnerConnector",
            Self::Notification => "notification",
            Self::Tool => "tool",
        }
    }

    /// The name of its collection in the REST API: `lookupcaches`.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Integration => "integrations",
            Self::Flow => "flows",
            Self::Export => "exports",
            Self::Import => "imports",
            Self::Connection => "connections",
            Self::Script => "scripts",
            Self::LookupCache => "lookupcaches",
            Self::Agent => "agents",
            Self::IClient => "iclients",
            Self::Stack => "stacks",
            Self::Api => "apis",
            Self::Template => "templates",
            Self::FileDefinition => "filedefinitions",
            Self::AsyncHelper => "asynchelpers",
            Self::EdiProfile => "ediprofiles",
            Self::TradingPartnerConnector => "tpconnectors",
            Self::Notification => "notifications",
            Self::Tool => "tools",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of a REST collection.
    #[must_use]
    pub fn from_collection(collection: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.collection() == collection)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::from_name(name).ok_or_else(|| UnknownKind(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(Kind::from_collection(kind.collection()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
