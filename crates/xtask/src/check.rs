//! The fast part of the tests.

use crate::test::{Step, run_steps};
use anyhow::Result;

/// Formatting, lints for both targets, and the tests that need no browser.
///
/// # Errors
///
/// When a tool cannot be started.
pub(crate) fn check() -> Result<bool> {
    let mut steps = Step::lints();
    steps.push(Step::unit());
    run_steps(&steps)
}
