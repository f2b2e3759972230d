//! Runs a wasm test file in a browser, in the place of the `wasm-bindgen-test-runner` program.

use anyhow::Result;
use std::ffi::OsString;

/// Runs the file that cargo names in `arguments`.
///
/// # Errors
///
/// When a test fails or the browser does not start.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<()> {
    let all = std::iter::once(OsString::from("wasm-bindgen-test-runner")).chain(arguments);
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(all)
}
