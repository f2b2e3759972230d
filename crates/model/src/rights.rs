//! Who may do what: one table, role × action, asked by sync, REST, runs and screens alike.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Kind;

/// What a member is in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
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
    /// Look at a resource.
    Read,
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
    /// Give the account to somebody else or close it.
    ManageAccount,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Write,
        Self::Run,
        Self::WriteSecret,
        Self::ReadMembers,
        Self::ManageMembers,
        Self::ManageAccount,
    ];
}

/// A name that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a role: owner, administer, manage or monitor")]
pub struct UnknownRole(String);

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 4] = [Self::Monitor, Self::Manage, Self::Administer, Self::Owner];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Manage => "manage",
            Self::Administer => "administer",
            Self::Owner => "owner",
        }
    }

    /// Whether a member with this role may do this to resources of this kind.
    #[must_use]
    pub const fn may(self, action: Action, kind: Kind) -> bool {
        match action {
            Action::Read | Action::Run => true,
            Action::ReadMembers => !matches!(self, Self::Monitor),
            // An agent's token lets a program into a private network: only who answers for members hands it out.
            Action::Write if matches!(kind, Kind::Agent) => {
                matches!(self, Self::Owner | Self::Administer)
            }
            Action::Write | Action::WriteSecret => !matches!(self, Self::Monitor),
            Action::ManageMembers => matches!(self, Self::Owner | Self::Administer),
            Action::ManageAccount => matches!(self, Self::Owner),
        }
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
        }
    }
}
