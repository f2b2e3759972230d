//! What is seen of what signs in elsewhere by who may not open it (decision 25).

use serde::{Deserialize, Serialize};

use crate::store::CatalogueRow;

/// The answer to `GET /api/accounts/{account}/stubs`: the connections and iClients that the caller sees and may not open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stubs {
    /// Name, kind and application of each; nothing of how it signs in, and no references.
    pub stubs: Vec<CatalogueRow>,
}
