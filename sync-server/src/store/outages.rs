//! Connections that are offline.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::Outage;

use super::StoreError;

/// Connections whose credentials were refused.
#[async_trait]
pub trait Outages {
    /// Those of an account.
    async fn outages(&self, account: Id) -> Result<Vec<Outage>, StoreError>;

    /// Those of all accounts, each with its account.
    async fn all_outages(&self) -> Result<Vec<(Id, Outage)>, StoreError>;

    /// A connection was looked at, if it is still offline.
    async fn note_check(&self, account: Id, connection: Id, now_ms: i64) -> Result<(), StoreError>;

    /// A connection is offline, or still is; of one that was deleted for good nothing is kept.
    async fn put_outage(&self, account: Id, connection: Id, why: &str, now_ms: i64) -> Result<(), StoreError>;

    /// When one of these resources, or a secret of theirs, was changed last.
    async fn last_changed_ms(&self, account: Id, resources: &[Id]) -> Result<i64, StoreError>;

    /// A connection is back; says whether it was offline.
    async fn end_outage(&self, account: Id, connection: Id) -> Result<bool, StoreError>;
}
