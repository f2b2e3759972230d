//! How an application is called.

use tombolo_model::{Id, Val};
use tombolo_template::Template;

use super::Pool;
use super::auth::{Auth, Refusals};
use crate::scrub::Scrub;
use crate::vault::Vault;

/// How an application is called.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) method: String,
    pub(crate) base: Template,
    pub(crate) uri: Template,
    pub(crate) headers: Vec<(String, Template)>,
    /// Whose credentials it uses.
    pub(crate) connection: Id,
    /// What templates may name.
    pub(crate) vault: Vault,
    /// Whether its own templates sign its requests.
    pub(crate) signs: bool,
    pub(crate) auth: Auth,
    /// Which answers say that the credentials were refused.
    pub(crate) refusals: Refusals,
    /// Takes the connection's secrets out of what the application says.
    pub(crate) scrub: Scrub,
    /// What the `Content-Type` of its bodies says.
    pub(crate) media_type: &'static str,
    /// What templates may read beside the record: `connection`, `settings`, `export` or `import`.
    pub(crate) context: Vec<(&'static str, Val)>,
    /// Until when its requests and answers are said as they go; 0 for never.
    pub(crate) debug_until_ms: i64,
    /// How many of its requests may be under way at once.
    pub(crate) concurrency: usize,
    /// The queue that its requests go through.
    pub(crate) pool: Pool,
}
