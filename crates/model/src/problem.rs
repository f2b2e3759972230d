//! What is wrong with a resource, said in a way that a screen can put beside the field.

use serde::{Deserialize, Serialize};

/// One thing that is wrong. Problems block runs, never edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where, as a JSON Pointer; empty for the resource as a whole.
    pub path: String,
    /// Stable, for programs.
    pub code: String,
    /// What is wrong, then what would be right.
    pub message: String,
}

impl Problem {
    /// Makes a problem.
    pub fn new(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.into(), message: message.into() }
    }
}
