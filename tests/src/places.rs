//! Where the built things are; `cargo xtask` says so in the environment, and development's defaults are taken otherwise.

use std::path::{Path, PathBuf};

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the checkout").to_path_buf()
}

fn named(variable: &str, otherwise: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| root().join(otherwise), PathBuf::from)
}

/// The built page.
pub fn site() -> PathBuf {
    built(named("TOMBOLO_SITE", "target/site"))
}

/// The server program.
pub fn server() -> PathBuf {
    built(named("TOMBOLO_SERVER", "target/debug/tombolo"))
}

/// The real data.
pub fn data() -> PathBuf {
    built(named("TOMBOLO_DATA", "target/test-data/node_modules/vega-datasets/data"))
}

/// The checker of accessibility, which is installed beside the real data.
pub fn axe_core() -> PathBuf {
    let packages = data().join("../..");
    built(packages.join("axe-core/axe.min.js"))
}

/// The folder of the scripts and packages of a server of automerge-repo; for measurements alone.
pub fn automerge_repo() -> PathBuf {
    built(named("TOMBOLO_AUTOMERGE_REPO", "target/automerge-repo"))
}

/// The npm packages, beside the real data.
pub fn node_modules() -> PathBuf {
    let data = data();
    let folder = data.ancestors().nth(2).unwrap_or(&data);
    built(folder.join("oidc-provider")).parent().expect("a folder of packages").to_path_buf()
}

/// The Python that has the mail server, beside the real data.
pub fn python() -> PathBuf {
    let data = data();
    let folder = data.ancestors().nth(3).unwrap_or(&data);
    built(folder.join("python/bin/python3"))
}

fn built(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run `cargo xtask prepare` first", path.display());
    path
}

/// Chromium.
pub fn chromium() -> PathBuf {
    program("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])
}

/// The program that drives Chromium.
pub fn chromedriver() -> PathBuf {
    program("CHROMEDRIVER", &["chromedriver"])
}

fn program(variable: &str, names: &[&str]) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = names
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()));
    found.unwrap_or_else(|| panic!("{} is missing: run `cargo xtask prepare` first", names[0]))
}
