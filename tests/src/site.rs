//! A build of the page that is newer than the one at hand: the same program with a newer layout of its databases.

use crate::places;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The worker that opens the databases; what is put before its start runs first.
const WORKER: &str = "workers/store.js";
/// The service worker, which tells versions apart.
const SERVICE_WORKER: &str = "sw.js";

/// Every database is opened one version higher than the program asks for.
const NEWER_LAYOUT: &str = "const open = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (name, version) {
  return open.call(this, name, version === undefined ? undefined : version + 1);
};
";

/// Makes it, in a folder of its own.
///
/// # Errors
///
/// When the page was not built.
pub fn newer() -> Result<TempDir> {
    let (from, folder) = (places::site(), TempDir::new()?);
    copy(&from, folder.path())?;
    let worker = fs::read_to_string(from.join(WORKER))?;
    replace(&folder.path().join(WORKER), &worker.replacen("await init", &format!("{NEWER_LAYOUT}await init"), 1))?;
    let program = fs::read_to_string(from.join(SERVICE_WORKER))?;
    let version = program.find("const VERSION = '").context("sw.js names its version")?;
    let (head, rest) = program.split_at(version + "const VERSION = '".len());
    replace(&folder.path().join(SERVICE_WORKER), &format!("{head}newer-{rest}"))?;
    Ok(folder)
}

/// A changed file, without the compressed copies of the old one.
fn replace(file: &Path, text: &str) -> Result<()> {
    for ending in ["", ".br", ".gz"] {
        let name = format!("{}{ending}", file.display());
        if Path::new(&name).exists() {
            fs::remove_file(&name)?;
        }
    }
    Ok(fs::write(file, text)?)
}

/// Files that nobody changes are linked: the modules are large.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?.path();
        let target = to.join(entry.file_name().context("a file has a name")?);
        if entry.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry, &target)?;
        } else if fs::hard_link(&entry, &target).is_err() {
            // The folder for temporary files may be on another disk.
            fs::copy(&entry, &target)?;
        }
    }
    Ok(())
}
