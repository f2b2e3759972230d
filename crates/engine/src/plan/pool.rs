//! How many requests an application takes at once, and how it says that they are too many.

use tombolo_model::Id;

use crate::path::Path;

/// The queue that a connection's requests go through, with others' where it borrows theirs.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    /// The connection whose queue it is.
    pub(crate) id: Id,
    /// Requests at the same time, to begin with.
    pub(crate) level: usize,
    /// Requests at the same time, at most, when all goes well.
    pub(crate) target: usize,
    /// The least time between the beginnings of two requests; 0 where there is none.
    pub(crate) gap_ms: u32,
    /// Fewer requests are sent at the same time, and none for a while, once the application says that they are too many.
    pub(crate) recovers: bool,
    /// The header that says how long to wait, in lower case.
    pub(crate) retry_header: String,
    pub(crate) limit: RateLimit,
}

/// How an application says that requests are too many. Status 429 always does.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimit {
    pub(crate) status: Option<u16>,
    /// Where its body says so, and by which of these values; any, when there are none.
    pub(crate) body: Option<(Path, Vec<String>)>,
}
