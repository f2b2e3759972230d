//! Makes the pictures of the README anew, of the product as it is.

use crate::test::{browser_environment, prepare};
use crate::{command, places, say};
use anyhow::Result;

/// Builds what the end-to-end tests need, and takes the pictures into `public`.
///
/// # Errors
///
/// When a build fails or a screen does not come up.
pub(crate) fn screenshots() -> Result<bool> {
    prepare()?;
    say::title("Taking the pictures");
    let mut cargo = command::cargo(["run", "--quiet", "-p", "tombolo-tests", "--bin", "screenshots", "--"]);
    cargo.arg(places::root().join("public")).current_dir(places::root());
    browser_environment(&mut cargo)?;
    command::run(&mut cargo)?;
    Ok(true)
}
