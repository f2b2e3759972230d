//! The public REST API below its routes: who acts, what a resource looks like from outside, and how it is written.
//!
//! Paths, property names and answers are those of the integrator's public API. A write is an Automerge change like any
//! other: it goes through the same gate and the same push as those of devices, so open browsers show it at once. What a
//! route takes and answers is left to [`crate::routes`].
//!
//! Invariant: whoever acts sees one account, and of it what their rights and their token's scope let them see. What is
//! absent and what is hidden are answered alike.

pub(crate) mod acting;
pub(crate) mod bucket;
pub(crate) mod error;
pub(crate) mod failures;
pub(crate) mod mirror;
pub(crate) mod package;
pub(crate) mod patch;
pub(crate) mod query;
pub(crate) mod references;
pub(crate) mod secrets;
pub(crate) mod shown;
pub(crate) mod tickets;
pub(crate) mod uses;
pub(crate) mod worker;
pub(crate) mod write;

use bucket::Buckets;
use mirror::Mirror;
use tickets::Tickets;
use uses::Uses;
use worker::Workers;

/// What the REST API keeps in memory.
#[derive(Debug)]
pub(crate) struct Rest {
    pub(crate) buckets: Buckets,
    pub(crate) mirror: Mirror,
    pub(crate) uses: Uses,
    pub(crate) tickets: Tickets,
    /// For the playground: each may take a processor and a quarter of a gigabyte.
    pub(crate) evaluations: Workers,
    /// For tests of connections, which mostly wait.
    pub(crate) pings: Workers,
}

impl Rest {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            buckets: Buckets::default(),
            mirror: Mirror::default(),
            uses: Uses::default(),
            tickets: Tickets::default(),
            evaluations: Workers::new(4),
            pings: Workers::new(16),
        }
    }
}
