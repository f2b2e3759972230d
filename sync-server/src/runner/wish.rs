//! Who wants a run, and how much of a flow.

use tombolo_model::Id;
use tombolo_wire::run::{RunBy, RunOrigin, RunType};

use super::Again;
use crate::app::App;
use crate::store::{MemberRow, StoreError};

/// What of a flow is run, and since when; all of it, since the last time, when nothing is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Narrowed {
    /// The exports that are read.
    pub(crate) sources: Vec<Id>,
    /// Since when exports of changes are read this once.
    pub(crate) start_ms: Option<i64>,
    /// Records that failed, in place of what the exports would read.
    pub(crate) again: Option<Again>,
}

/// Who wants a run, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    /// What starts it.
    pub(crate) kind: RunType,
    /// The person; nobody for what a schedule began.
    pub(crate) by: Option<Id>,
    /// How many flows started each other before this one.
    pub(super) started: u32,
}

impl Wish {
    /// A person wants it, on a screen or by a program.
    pub(crate) const fn of(person: Id, kind: RunType) -> Self {
        Self { kind, by: Some(person), started: 0 }
    }

    /// Its schedule wants it.
    pub(super) const SCHEDULE: Self = Self { kind: RunType::Schedule, by: None, started: 0 };

    /// Something wants it that came to its listener.
    pub(super) const LISTENER: Self = Self { kind: RunType::Webhook, by: None, started: 0 };

    /// A run of this one wants it.
    pub(super) const fn next(self) -> Self {
        Self { kind: RunType::Flow, by: self.by, started: self.started + 1 }
    }

    pub(super) async fn origin(self, app: &App, account: Id) -> Result<RunOrigin, StoreError> {
        let name = |user: Id, members: Vec<MemberRow>| {
            members.into_iter().find(|member| member.user == Some(user)).map_or_else(String::new, |member| member.name)
        };
        let by = match self.by {
            Some(user) => Some(Box::new(RunBy { user, name: name(user, app.store.members(account).await?) })),
            None => None,
        };
        Ok(RunOrigin { kind: self.kind, by, ..RunOrigin::default() })
    }
}
