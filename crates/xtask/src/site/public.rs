//! Copies the static files.

use crate::places;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// What the pictures of the README begin with: they lie here, and no browser downloads them.
const README_PICTURES: &str = "screenshot";

/// Copies everything below `public/` but the README's pictures to the top of the site; what `public/` no longer has goes
/// from the site too.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(super) fn copy(site: &Path) -> Result<()> {
    let source = places::root().join("public");
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name == "assets") {
            continue;
        }
        if path.is_dir() { fs::remove_dir_all(&path)? } else { fs::remove_file(&path)? }
    }
    copy_folder(&source, site).with_context(|| format!("copying {}", source.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(README_PICTURES) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Every file below a folder, as paths with `/` relative to it, sorted.
///
/// # Errors
///
/// When a folder cannot be read.
pub(super) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    collect(folder, "", &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}
