//! What a host knows of earlier runs and learns of this one: which connections are offline, and which errors are over.
//!
//! A connection goes offline when its credentials are refused and cannot be renewed: nothing more is sent through it, or a
//! run of many records would have an account locked. It comes back when a [`ping`](crate::ping) of it went well.

use std::collections::BTreeMap;

use tombolo_model::Id;

use crate::run::PingError;

/// Remembers such things for a host; one that has none knows each run alone.
pub trait Ledger {
    /// Why nothing is sent through a connection; nothing where it is online.
    fn offline(&self, connection: Id) -> Option<String>;
    /// The credentials of a connection were refused; said once a run. No secret is in `why`.
    fn went_offline(&self, connection: Id, why: &str);
    /// The trace keys of the errors of a step that are open; asked once, where the flow resolves errors by them.
    fn open_errors(&self, step: &str) -> Vec<String>;
    /// What has this trace key went through the step, or failed there anew: its errors so far are over.
    fn resolved(&self, step: &str, trace_key: &str);
}

/// The ledger of a run that is told at its start which connections are offline and which errors are open, and tells its owner
/// which go offline and which are over.
pub struct Outages {
    known: BTreeMap<Id, String>,
    say: Box<dyn Fn(Id, String)>,
    open: BTreeMap<String, Vec<String>>,
    say_over: Box<dyn Fn(String, String)>,
}

impl Outages {
    /// The connections that are offline, each with why; `say` hears of those that go so.
    pub fn new(known: BTreeMap<Id, String>, say: impl Fn(Id, String) + 'static) -> Self {
        Self { known, say: Box::new(say), open: BTreeMap::new(), say_over: Box::new(|_, _| {}) }
    }

    /// With the trace keys of the errors that are open, by their steps; `say` hears of the step and key of those that are
    /// over.
    #[must_use]
    pub fn with_errors(self, open: BTreeMap<String, Vec<String>>, say: impl Fn(String, String) + 'static) -> Self {
        Self { open, say_over: Box::new(say), ..self }
    }
}

impl Ledger for Outages {
    fn offline(&self, connection: Id) -> Option<String> {
        self.known.get(&connection).cloned()
    }

    fn went_offline(&self, connection: Id, why: &str) {
        (self.say)(connection, why.to_owned());
    }

    fn open_errors(&self, step: &str) -> Vec<String> {
        self.open.get(step).cloned().unwrap_or_default()
    }

    fn resolved(&self, step: &str, trace_key: &str) {
        (self.say_over)(step.to_owned(), trace_key.to_owned());
    }
}

/// What the test of a connection says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Requests may go through it again.
    Online,
    /// Its credentials are refused.
    Offline {
        /// What comes behind “its connection is offline:”, without secrets.
        why: String,
    },
    /// It is as it was: what is out of reach or incomplete says nothing of credentials.
    Unknown,
}

impl Standing {
    /// Reads it off the outcome of a [`ping`](crate::ping).
    #[must_use]
    pub fn of(pinged: &Result<u16, PingError>) -> Self {
        match pinged {
            Ok(_) => Self::Online,
            Err(PingError::Refused { status: 401, .. }) => {
                Self::Offline { why: "it answered 401 to its test".to_owned() }
            }
            Err(PingError::Credentials(said)) => Self::Offline { why: format!("it {}", said.trim_end_matches('.')) },
            Err(_) => Self::Unknown,
        }
    }

    /// Why it is offline; nothing where it is online or nobody knows.
    #[must_use]
    pub fn offline(self) -> Option<String> {
        match self {
            Self::Offline { why } => Some(why),
            Self::Online | Self::Unknown => None,
        }
    }
}
