//! The code editor: npm packages, bundled into one module.

use super::Profile;
use crate::{command, places, say};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Installs the packages when the lock file changed, and bundles `package.json`'s `main` to `editor.js`.
///
/// # Errors
///
/// When npm or esbuild fails.
pub(super) fn build(profile: Profile, assets: &Path) -> Result<()> {
    let folder = places::editor();
    install(&folder)?;
    let package: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("package.json"))?)?;
    let entry = package["main"].as_str().unwrap_or("index.js");
    // A script or a program, depending on the platform: esbuild's installer puts the program in its place.
    let mut esbuild = Command::new(folder.join("node_modules/.bin/esbuild"));
    esbuild.current_dir(&folder);
    esbuild.args([
        entry,
        "--bundle",
        "--format=esm",
        "--target=es2022",
        "--log-level=warning",
        "--legal-comments=none",
    ]);
    esbuild.arg(format!("--outfile={}", assets.join("editor.js").display()));
    if profile == Profile::Small {
        esbuild.arg("--minify");
    }
    command::run(&mut esbuild)
}

/// Runs `npm ci` in a folder unless its lock file is the one that was installed last.
///
/// # Errors
///
/// When npm fails.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let content = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let hash = hex::encode(Sha256::digest(&content));
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == hash) {
        return Ok(());
    }
    say::line(&format!("    npm ci in {}", folder.display()));
    let mut npm = Command::new(places_npm());
    npm.current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    command::run(&mut npm)?;
    fs::write(&stamp, hash).with_context(|| format!("cannot write {}", stamp.display()))
}

fn places_npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}
