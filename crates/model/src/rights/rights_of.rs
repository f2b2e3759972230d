//! One member's rights: a role in the account, and levels on single integrations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Action, Role};
use crate::{Id, Kind};

/// What a member may do in one integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Sees and runs what the integration owns.
    Monitor,
    /// Also changes it.
    Manage,
}

/// Levels by integration.
pub type Grants = BTreeMap<Id, Level>;

impl Level {
    /// The role that allows the same in a whole account.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Monitor => Role::Monitor,
            Self::Manage => Role::Manage,
        }
    }
}

/// Where a resource belongs, as the server's tables have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Home<'a> {
    /// The integration that owns it; an integration owns itself. Nobody's below the account when absent.
    pub owner: Option<Id>,
    /// Integrations that it is registered with: their members see it and use it, and change nothing.
    pub registered: &'a [Id],
}

impl Home<'_> {
    /// What one integration owns.
    #[must_use]
    pub const fn of(integration: Id) -> Self {
        Self { owner: Some(integration), registered: &[] }
    }
}

/// What a member may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// In the account as a whole.
    pub role: Role,
    /// In single integrations, beside that.
    #[serde(default)]
    pub grants: Grants,
}

impl From<Role> for Rights {
    fn from(role: Role) -> Self {
        Self { role, grants: Grants::new() }
    }
}

impl Rights {
    /// Whether this is allowed to a resource of a kind that lives there.
    #[must_use]
    pub fn may(&self, action: Action, kind: Kind, home: Home<'_>) -> bool {
        self.role.may(action, kind)
            || (action.is_about_a_resource() && self.level(home).is_some_and(|level| level.role().may(action, kind)))
    }

    /// Whether a resource that is written may name this one, so that runs use it. What signs in elsewhere does so as
    /// somebody: it serves those who may look into it, and those who manage an integration that it is registered with.
    /// An export or import brings its connection along: one that an integration owns serves those who may change it there.
    #[must_use]
    pub fn may_use(&self, kind: Kind, home: Home<'_>) -> bool {
        match kind {
            Kind::Connection | Kind::IClient => {
                let managed = |integration: &Id| self.grants.get(integration) == Some(&Level::Manage);
                self.may(Action::Open, kind, home) || home.registered.iter().any(managed)
            }
            Kind::Export | Kind::Import if home.owner.is_some() => self.may(Action::Write, kind, home),
            _ => self.may(Action::Read, kind, home),
        }
    }

    /// Whether [`may_use`](Self::may_use) is true of everything in the account.
    #[must_use]
    pub fn may_use_all(&self) -> bool {
        self.role.may(Action::Open, Kind::Connection)
    }

    /// Whether this is allowed somewhere in the account; for lists, and for buttons that make something new. A level on
    /// single integrations makes no integrations.
    #[must_use]
    pub fn may_somewhere(&self, action: Action, kind: Kind) -> bool {
        self.role.may(action, kind)
            || (action.is_about_a_resource()
                && (kind != Kind::Integration || action != Action::Write)
                && self.grants.values().any(|level| level.role().may(action, kind)))
    }

    /// The integrations that bound what is seen; absent when everything in the account is.
    #[must_use]
    pub fn sight(&self) -> Option<Vec<Id>> {
        (!self.role.may(Action::Read, Kind::Flow)).then(|| self.grants.keys().copied().collect())
    }

    /// The integrations that bound which connections and iClients are opened: of others only a stub is seen, with name and
    /// application (decision 25). Absent when all are opened.
    #[must_use]
    pub fn opens(&self) -> Option<Vec<Id>> {
        let opened = |level: &Level| level.role().may(Action::Open, Kind::Connection);
        let within = self.grants.iter().filter(|(_, level)| opened(level)).map(|(integration, _)| *integration);
        (!self.role.may(Action::Open, Kind::Connection)).then(|| within.collect())
    }

    /// Whether everything in the account is seen whole.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.sight().is_none() && self.opens().is_none()
    }

    /// Whether somebody with these rights may give those to another: nobody grants more than they have.
    #[must_use]
    pub fn may_give(&self, other: &Self) -> bool {
        other.role <= self.role && other.role != Role::Owner && self.role.may(Action::ManageMembers, Kind::Integration)
    }

    /// Whether somebody with these rights may invite another with those, in an account whose managers invite or do not.
    #[must_use]
    pub fn may_invite(&self, other: &Self, managers_invite: bool) -> bool {
        self.may_give(other) || (managers_invite && self.role == Role::Manage && other.role <= Role::Manage)
    }

    fn level(&self, home: Home<'_>) -> Option<Level> {
        let owned = home.owner.and_then(|owner| self.grants.get(&owner).copied());
        let registered = home.registered.iter().any(|integration| self.grants.contains_key(integration));
        owned.max(registered.then_some(Level::Monitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn custom(grants: &[(u8, Level)]) -> Rights {
        Rights { role: Role::Custom, grants: grants.iter().map(|(n, level)| (id(*n), *level)).collect() }
    }

    #[test]
    fn a_connection_serves_those_who_manage_where_it_is_registered() {
        let hybrid = Rights { role: Role::Monitor, ..custom(&[(1, Level::Manage), (2, Level::Monitor)]) };
        for kind in [Kind::Connection, Kind::IClient] {
            let (mine, watched) = ([id(1)], [id(2)]);
            assert!(hybrid.may_use(kind, Home { owner: None, registered: &mine }), "{kind}");
            assert!(hybrid.may_use(kind, Home::of(id(1))), "{kind}");
            for foreign in [Home { owner: None, registered: &watched }, Home::of(id(2)), Home::default()] {
                assert!(hybrid.may(Action::Read, kind, foreign) && !hybrid.may_use(kind, foreign), "{kind}");
            }
            assert!(Rights::from(Role::Manage).may_use(kind, Home::default()));
        }
        assert!(hybrid.may_use(Kind::Script, Home::default()) && !hybrid.may_use_all());
        assert!(Rights::from(Role::Manage).may_use_all());
    }

    #[test]
    fn an_export_or_import_of_an_integration_serves_those_who_change_it_there() {
        let hybrid = Rights { role: Role::Monitor, ..custom(&[(1, Level::Manage), (2, Level::Monitor)]) };
        for kind in [Kind::Export, Kind::Import] {
            assert!(hybrid.may_use(kind, Home::of(id(1))) && hybrid.may_use(kind, Home::default()), "{kind}");
            for foreign in [Home::of(id(2)), Home::of(id(3))] {
                assert!(hybrid.may(Action::Read, kind, foreign) && !hybrid.may_use(kind, foreign), "{kind}");
            }
            assert!(Rights::from(Role::Manage).may_use(kind, Home::of(id(3))));
        }
    }

    #[test]
    fn a_level_holds_in_its_integration_and_nowhere_else() {
        let rights = custom(&[(1, Level::Manage), (2, Level::Monitor)]);
        for kind in Kind::ALL {
            assert_eq!(rights.may(Action::Write, kind, Home::of(id(1))), kind != Kind::Agent, "{kind}");
            assert!(rights.may(Action::Run, kind, Home::of(id(2))));
            assert!(!rights.may(Action::Write, kind, Home::of(id(2))), "{kind}");
            for elsewhere in [Home::of(id(3)), Home::default()] {
                for action in Action::ALL.into_iter().filter(|action| *action != Action::Enter) {
                    assert!(!rights.may(action, kind, elsewhere), "{action:?} {kind}");
                }
            }
        }
    }

    #[test]
    fn what_is_registered_is_used_and_not_changed() {
        let rights = custom(&[(1, Level::Manage)]);
        let shared = [id(1)];
        let home = Home { owner: Some(id(9)), registered: &shared };
        assert!(rights.may(Action::Read, Kind::Connection, home));
        assert!(!rights.may(Action::Write, Kind::Connection, home));
        assert!(!rights.may(Action::WriteSecret, Kind::Connection, home));
    }

    #[test]
    fn a_monitor_of_the_account_changes_what_they_manage() {
        let rights = Rights { role: Role::Monitor, ..custom(&[(1, Level::Manage)]) };
        assert!(rights.may(Action::Write, Kind::Flow, Home::of(id(1))));
        assert!(!rights.may(Action::Write, Kind::Flow, Home::of(id(2))));
        assert!(rights.may(Action::Read, Kind::Flow, Home::default()));
        assert_eq!(rights.sight(), None);
        assert_eq!(custom(&[(1, Level::Manage)]).sight(), Some(vec![id(1)]));
    }

    #[test]
    fn what_signs_in_is_opened_by_who_manages_it() {
        let hybrid = Rights { role: Role::Monitor, ..custom(&[(1, Level::Manage), (2, Level::Monitor)]) };
        assert_eq!((hybrid.opens(), hybrid.sees_all()), (Some(vec![id(1)]), false));
        assert_eq!(custom(&[(2, Level::Monitor)]).opens(), Some(vec![]));
        for role in [Role::Manage, Role::Administer, Role::Owner] {
            assert!(Rights::from(role).sees_all(), "{role}");
        }
        for owner in [1, 2, 3] {
            for kind in [Kind::Connection, Kind::IClient] {
                let opened = hybrid.opens().unwrap_or_default().contains(&id(owner));
                assert_eq!(opened, hybrid.may(Action::Open, kind, Home::of(id(owner))), "{owner} {kind}");
            }
        }
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        let of = |role: Role| Rights::from(role);
        assert!(of(Role::Administer).may_give(&of(Role::Administer)));
        assert!(!of(Role::Administer).may_give(&of(Role::Owner)));
        assert!(!of(Role::Owner).may_give(&of(Role::Owner)), "ownership is handed over, never given");
        assert!(!of(Role::Manage).may_give(&of(Role::Monitor)));
        assert!(!of(Role::Manage).may_invite(&of(Role::Monitor), false));
        assert!(of(Role::Manage).may_invite(&of(Role::Manage), true));
        assert!(!of(Role::Manage).may_invite(&of(Role::Administer), true), "above their own level");
        assert!(
            !of(Role::Monitor).may_invite(&of(Role::Custom), true)
                && of(Role::Administer).may_invite(&of(Role::Administer), false)
        );
    }
}
