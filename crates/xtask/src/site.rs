//! Builds the page: what a browser downloads.
//!
//! Everything ends in one folder that the server serves as it is: static files at the top, what is built in
//! `assets/`. Names carry no hash; the service worker's version does.
//!
//! Invariant: the precache list names every file of the folder but the service worker itself, and no compressed copy
//! is older than its file.

mod compress;
mod editor;
mod icons;
mod precache;
mod public;
mod wasm;

use crate::{needs, places, say};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

pub(crate) use compress::{brotli_size, compress};
pub(crate) use editor::install;
pub(crate) use wasm::parts_size;

/// How the page is built.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// Fast to build.
    Dev,
    /// What is shipped.
    Small,
}

/// Builds the page and gives its folder.
///
/// # Errors
///
/// When a tool is missing or fails.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    let start = Instant::now();
    needs::wasm_target()?;
    let site = match profile {
        Profile::Dev => places::site(),
        Profile::Small => places::dist_site(),
    };
    let assets = site.join("assets");
    fs::create_dir_all(&assets).with_context(|| format!("cannot make {}", assets.display()))?;
    compress::clear(&site)?;
    say::title("Wasm modules");
    wasm::build(profile, &assets)?;
    say::title("Code editor and icons");
    if places::editor().join("package.json").exists() {
        needs::node()?;
        editor::build(profile, &assets)?;
        icons::build(&assets)?;
    }
    say::title("Static files");
    public::copy(&site)?;
    let count = precache::write(&site)?;
    say::line(&format!("    {count} files in {}, {}", site.display(), say::seconds(start.elapsed())));
    Ok(site)
}
