//! Applications that take work, say where it stands when asked, and have a result later.

use super::Source;
use crate::path::Path;

#[derive(Debug, Clone)]
pub(crate) struct AsyncHelper {
    /// Where the answer to what was submitted has what the status is asked with; all of it without.
    pub(crate) submitted: Option<Path>,
    /// The answer to what was submitted is a status already.
    pub(crate) same_as_status: bool,
    /// Asked with the answer to what was submitted for its record.
    pub(crate) status: Source,
    pub(crate) status_path: Path,
    /// With none, all that is not done is in progress.
    pub(crate) in_progress: Vec<String>,
    pub(crate) done: Vec<String>,
    /// Before the status is asked for the first time, and between two times.
    pub(crate) first_wait_ms: u32,
    pub(crate) wait_ms: u32,
    /// What came of it; without, the last status says so.
    pub(crate) result: Option<Source>,
}
