//! Real data for the tests: the pinned npm package in `tests/data`, installed below the target folder.

use crate::{needs, places, site};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

/// Installs the data and gives the folder of its files.
///
/// # Errors
///
/// When npm is missing or fails.
pub(crate) fn install() -> Result<PathBuf> {
    needs::node()?;
    let source = places::root().join("tests/data");
    let folder = places::target().join("test-data");
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("cannot copy tests/data/{name}"))?;
    }
    site::install(&folder)?;
    Ok(folder.join("node_modules/vega-datasets/data"))
}
