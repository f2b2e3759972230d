//! Who may do what: one table, role × action × resource × membership, asked by sync, REST, runs and screens alike.
//!
//! A role holds for the whole account. Beside it a member may have levels on single integrations ([`Rights`]), which
//! count for what those integrations own ([`Home`]). A reference between resources grants nothing (decision 22).

mod permission;
mod rights_of;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Kind;

pub use permission::{Permission, Standing, Subject, permission};
pub use rights_of::{Grants, Home, Level, Rights};

/// What a member is in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Nothing in the account as a whole: only what single integrations grant.
    Custom,
    /// Sees and runs, changes nothing.
    Monitor,
    /// Builds and changes resources.
    Manage,
    /// Also invites and removes members.
    Administer,
    /// Also owns the account; exactly one.
    Owner,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Be in the account at all: open its socket, see its name and who owns it.
    Enter,
    /// Know that a resource is there, use it in another and look at what it does.
    Read,
    /// Look into a resource as it is stored. A monitor does not look into what says how and as whom one signs in elsewhere.
    Open,
    /// Create or change a resource, put it in the bin or take it out.
    Write,
    /// Start or cancel a run.
    Run,
    /// Enter or remove a secret.
    WriteSecret,
    /// See who is a member.
    ReadMembers,
    /// Invite, change and remove members.
    ManageMembers,
    /// See who did what in the account.
    ReadAudit,
    /// Hand integrations over to another account, and take them.
    Transfer,
    /// Give the account to somebody else or close it.
    ManageAccount,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 11] = [
        Self::Enter,
        Self::Read,
        Self::Open,
        Self::Write,
        Self::Run,
        Self::WriteSecret,
        Self::ReadMembers,
        Self::ManageMembers,
        Self::ReadAudit,
        Self::Transfer,
        Self::ManageAccount,
    ];

    /// Whether it is done to a resource, so that a level on the resource's integration may allow it.
    #[must_use]
    pub const fn is_about_a_resource(self) -> bool {
        matches!(self, Self::Read | Self::Open | Self::Write | Self::Run | Self::WriteSecret)
    }
}

/// A name that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a role: owner, administer, manage, monitor or custom")]
pub struct UnknownRole(String);

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 5] = [Self::Custom, Self::Monitor, Self::Manage, Self::Administer, Self::Owner];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Monitor => "monitor",
            Self::Manage => "manage",
            Self::Administer => "administer",
            Self::Owner => "owner",
        }
    }

    /// Whether a member with this role may do this to every resource of this kind in the account.
    #[must_use]
    pub const fn may(self, action: Action, kind: Kind) -> bool {
        match action {
            Action::Enter => true,
            Action::Open if matches!(kind, Kind::Connection | Kind::IClient) => {
                !matches!(self, Self::Custom | Self::Monitor)
            }
            Action::Read | Action::Open | Action::Run => !matches!(self, Self::Custom),
            // An agent's token lets a program into a private network: only who answers for members hands it out.
            Action::Write if matches!(kind, Kind::Agent) => self.administers(),
            Action::Write | Action::WriteSecret | Action::ReadMembers => !matches!(self, Self::Custom | Self::Monitor),
            Action::ManageMembers | Action::ReadAudit | Action::Transfer => self.administers(),
            Action::ManageAccount => matches!(self, Self::Owner),
        }
    }

    const fn administers(self) -> bool {
        matches!(self, Self::Owner | Self::Administer)
    }

    /// Whether a member with this role may change resources at all.
    #[must_use]
    pub const fn may_write(self) -> bool {
        self.may(Action::Write, Kind::Flow)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| UnknownRole(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stronger_role_may_all_that_a_weaker_one_may() {
        for pair in Role::ALL.windows(2) {
            for action in Action::ALL {
                for kind in Kind::ALL {
                    assert!(pair[1].may(action, kind) || !pair[0].may(action, kind), "{pair:?} {action:?} {kind}");
                }
            }
        }
    }

    #[test]
    fn a_monitor_changes_nothing() {
        for kind in Kind::ALL {
            assert!(!Role::Monitor.may(Action::Write, kind));
            assert!(!Role::Monitor.may(Action::WriteSecret, kind));
            let signs_in = matches!(kind, Kind::Connection | Kind::IClient);
            assert_eq!(Role::Monitor.may(Action::Open, kind), !signs_in, "{kind}");
        }
    }
}
