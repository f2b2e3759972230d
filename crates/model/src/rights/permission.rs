//! The one answer to "may they?", for every door: what somebody is to the account, and what they want with what.
//!
//! Invariant: what somebody may not see and what does not exist have the same answer, [`Permission::Absent`].

use super::{Action, Home, Rights};
use crate::Kind;

/// What somebody is to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Nothing.
    Stranger,
    /// Invited, and has not come.
    Invited,
    /// A member.
    Accepted,
    /// A member who is switched off.
    Disabled,
    /// Was one.
    Removed,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 5] = [Self::Stranger, Self::Invited, Self::Accepted, Self::Disabled, Self::Removed];
}

/// What something is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The account, or all resources of a kind in it.
    Account(Kind),
    /// One resource.
    Resource(Kind, Home<'a>),
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Yes.
    Granted,
    /// It may be seen, but this may not be done to it.
    Forbidden,
    /// As if it did not exist.
    Absent,
}

/// Whether somebody may do this.
#[must_use]
pub fn permission(standing: Standing, rights: &Rights, action: Action, subject: Subject<'_>) -> Permission {
    if standing != Standing::Accepted {
        return Permission::Absent;
    }
    match subject {
        Subject::Account(kind) if rights.role.may(action, kind) => Permission::Granted,
        Subject::Account(_) => Permission::Forbidden,
        Subject::Resource(kind, home) if !rights.may(Action::Read, kind, home) => Permission::Absent,
        Subject::Resource(kind, home) if rights.may(action, kind, home) => Permission::Granted,
        Subject::Resource(..) => Permission::Forbidden,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::{Level, Role};
    use crate::{Id, Rights as Of};

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    #[test]
    fn who_is_no_member_now_is_told_the_same_as_about_nothing() {
        for standing in Standing::ALL.into_iter().filter(|standing| *standing != Standing::Accepted) {
            for role in Role::ALL {
                for action in Action::ALL {
                    for kind in Kind::ALL {
                        for subject in [Subject::Account(kind), Subject::Resource(kind, Home::of(id(1)))] {
                            let said = permission(standing, &Of::from(role), action, subject);
                            assert_eq!(said, Permission::Absent, "{standing:?} {role} {action:?} {kind}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_seen_is_absent_and_what_is_seen_is_forbidden() {
        let rights = Of { role: Role::Custom, grants: [(id(1), Level::Monitor)].into() };
        let ask = |action, integration| {
            let subject = Subject::Resource(Kind::Flow, Home::of(integration));
            permission(Standing::Accepted, &rights, action, subject)
        };
        assert_eq!(ask(Action::Run, id(1)), Permission::Granted);
        assert_eq!(ask(Action::Write, id(1)), Permission::Forbidden);
        assert_eq!(ask(Action::Write, id(2)), Permission::Absent);
        assert_eq!(ask(Action::Read, id(2)), Permission::Absent);
    }
}
