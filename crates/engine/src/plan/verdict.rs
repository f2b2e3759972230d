//! What an answer says of its success, beside its status.

use crate::path::Path;

#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict {
    pub(crate) fail: Option<Sign>,
    pub(crate) success: Option<Sign>,
    /// Where a refusal says why.
    pub(crate) error_path: Option<Path>,
}

/// A value in an answer that means something.
#[derive(Debug, Clone)]
pub(crate) struct Sign {
    pub(crate) path: Path,
    /// The values that mean it; with none, any value but null, false and an empty text does.
    pub(crate) values: Vec<String>,
    /// One of a list is enough.
    pub(crate) any_of_list: bool,
}

impl Verdict {
    /// Whether it reads answers that were not refused.
    pub(crate) fn reads_answer(&self) -> bool {
        self.fail.is_some() || self.success.is_some()
    }
}
