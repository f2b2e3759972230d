//! Measures what is shipped, and prints one table.
//!
//! The page and the server are built as `dist` builds them; the measuring itself is a program of `tests/`, which drives
//! a browser as the end-to-end tests do.

use crate::{command, data, dist, needs, places, say, site};
use anyhow::Result;

/// Builds, measures and prints.
///
/// # Errors
///
/// When a build fails or a measurement cannot be made.
pub(crate) fn bench(filter: Option<&str>) -> Result<bool> {
    let browser = needs::browser()?;
    let (data, automerge_repo) = (data::install()?, data::install_automerge_repo()?);
    let site = site::build(site::Profile::Small)?;
    site::compress(&site)?;
    let server = dist::server(false)?;
    say::title("Measuring");
    let mut cargo = command::cargo(["run", "--release", "--quiet", "-p", "tombolo-tests", "--bin", "bench", "--"]);
    for name in ["app", "store", "run", "script"] {
        let size = site::brotli_size(&site.join(format!("assets/{name}_bg.wasm")))?;
        cargo.env(format!("TOMBOLO_SIZE_{}", name.to_uppercase()), size.to_string());
    }
    cargo.env("TOMBOLO_SIZE_PARTS", site::parts_size(&site.join("assets"))?.to_string());
    cargo
        .args(filter)
        .env("TOMBOLO_SITE", &site)
        .env("TOMBOLO_SERVER", server)
        .env("TOMBOLO_DATA", data)
        .env("TOMBOLO_AUTOMERGE_REPO", automerge_repo)
        .env("CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver)
        .current_dir(places::root());
    command::run(&mut cargo)?;
    Ok(true)
}
