//! Tells the service worker what to keep for offline use.
//!
//! `public/sw.js` carries two tokens: `__PRECACHE__` becomes a JSON array of addresses, `__VERSION__` a string that
//! changes when any of the files does. A browser sees a new worker, and with it a new version, exactly then.

use super::{compress, public};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// Fills in the tokens and says how many files are listed.
///
/// # Errors
///
/// When a file cannot be read or the worker cannot be written.
pub(super) fn write(site: &Path) -> Result<usize> {
    let mut addresses = vec!["/".to_owned()];
    let mut hash = Sha256::new();
    for name in public::files(site)? {
        if name == "sw.js" || compress::is_copy(&name) {
            continue;
        }
        hash.update(name.as_bytes());
        hash.update(Sha256::digest(fs::read(site.join(&name))?));
        if name != "index.html" {
            addresses.push(format!("/{name}"));
        }
    }
    let worker = site.join("sw.js");
    let Ok(source) = fs::read_to_string(&worker) else {
        return Ok(addresses.len());
    };
    hash.update(source.as_bytes());
    let version = &hex::encode(hash.finalize())[..16];
    let list = serde_json::to_string(&addresses)?;
    let filled = source.replace("__PRECACHE__", &list).replace("__VERSION__", version);
    fs::write(&worker, filled).context("cannot write sw.js")?;
    Ok(addresses.len())
}
