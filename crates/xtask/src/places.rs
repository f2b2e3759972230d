//! Where things are in the checkout and in the target folder.

use std::path::{Path, PathBuf};

/// The checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_path_buf()
}

/// Cargo's target folder, shared by every build.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// This program as it can be started again.
///
/// A step that builds the workspace replaces its file while it runs; the system then calls the old one "deleted".
///
/// # Errors
///
/// When the system does not say where it is.
pub(crate) fn program() -> std::io::Result<PathBuf> {
    let running = std::env::current_exe()?;
    let path = running.to_string_lossy();
    Ok(path.strip_suffix(" (deleted)").map_or_else(|| running.clone(), PathBuf::from))
}

/// The page while developing.
pub(crate) fn site() -> PathBuf {
    target().join("site")
}

/// The optimised page, with compressed copies beside the files.
pub(crate) fn dist_site() -> PathBuf {
    target().join("dist").join("site")
}

/// The server while developing.
pub(crate) fn server() -> PathBuf {
    target().join("debug").join(executable("tombolo"))
}

/// The optimised server.
pub(crate) fn dist_server() -> PathBuf {
    target().join("release").join(executable("tombolo"))
}

/// The folder of the code editor's sources and its `package.json`.
pub(crate) fn editor() -> PathBuf {
    root().join("app").join("editor")
}

/// A program's file name on this system.
pub(crate) fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}
