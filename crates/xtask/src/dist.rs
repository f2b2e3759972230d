//! What is handed out: the optimised page inside one `tombolo` binary.

use crate::{command, places, say, site};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

/// Builds the page small, compresses it, and builds the server with the page inside; gives the binary's path.
///
/// # Errors
///
/// When a build fails.
pub(crate) fn dist() -> Result<PathBuf> {
    let site = site::build(site::Profile::Small)?;
    say::title("Compressed copies");
    site::compress(&site)?;
    let built = server(true)?;
    let folder = places::root().join("dist");
    fs::create_dir_all(&folder)?;
    let binary = folder.join(places::executable("tombolo"));
    fs::copy(&built, &binary).with_context(|| format!("cannot write {}", binary.display()))?;
    let size = fs::metadata(&binary)?.len() / 1024 / 1024;
    say::line(&format!("    {} ({size} MiB)", binary.display()));
    Ok(binary)
}

/// Builds the optimised server, with or without the page inside, and gives its path.
///
/// # Errors
///
/// When it does not compile.
pub(crate) fn server(embedded: bool) -> Result<PathBuf> {
    say::title("Server");
    let mut cargo = command::cargo(["build", "-p", "tombolo-server", "--release"]);
    if embedded {
        cargo.args(["--features", "embedded"]);
    }
    command::run(&mut cargo)?;
    Ok(places::dist_server())
}
