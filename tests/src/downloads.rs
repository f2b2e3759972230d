//! The folder that a browser saves files to.

use crate::wait;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Waits for a complete file whose name ends so, and reads it. A file without content never is complete.
///
/// # Errors
///
/// When none comes within `patience`.
pub async fn finished(folder: &Path, ending: &str, patience: Duration) -> Result<(PathBuf, Vec<u8>)> {
    wait::until(&format!("a download that ends in {ending}"), patience, || async {
        let mut there = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            // A download in progress has a name of its own and is renamed when it is complete; the browser takes the
            // final name before with an empty file.
            if path.to_string_lossy().ends_with(ending) {
                let bytes = std::fs::read(&path)?;
                if !bytes.is_empty() {
                    return Ok(Some((path, bytes)));
                }
            }
            there.push(path);
        }
        anyhow::bail!("there is {there:?}")
    })
    .await
}
