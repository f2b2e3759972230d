//! Cuts a program into the part that is loaded first and those that are loaded when they are needed.
//!
//! The parts fit one build alone. They lie in a folder that is called after its hash: a page that is older than the
//! server's finds none, and says that it must be loaded anew, instead of taking one that does not fit.

use crate::say;
use crate::site::brotli_size;
use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use wasm_split_cli_support::{Options, transform};

/// What the folders of parts are called, before the hash.
const FOLDER: &str = "parts-";
/// The script that loads them, as the program names it.
const LINK: &str = "./parts.js";

/// A program that was cut.
pub(super) struct Parts {
    /// The part that is loaded first, not bound yet.
    pub(super) first: PathBuf,
    folder: String,
}

/// Cuts `input` and writes its parts below `assets`; those of former builds go.
///
/// # Errors
///
/// When it cannot be cut, or the parts cannot be written.
pub(super) fn cut(out_name: &str, input: &Path, assets: &Path) -> Result<Parts> {
    for folder in folders(assets)? {
        fs::remove_dir_all(folder)?;
    }
    let program = fs::read(input).with_context(|| format!("reading {}", input.display()))?;
    let folder = format!("{FOLDER}{}", &hex::encode(Sha256::digest(&program))[..16]);
    let output = assets.join(&folder);
    let first = input.with_extension("first.wasm");
    let main = format!("../{out_name}.js");
    let mut options = Options::new(&program);
    options.output_dir = &output;
    options.main_out_path = &first;
    options.link_name = LINK;
    options.main_module = &main;
    let cut = transform(options).map_err(|error| anyhow!("cutting {}: {error:#}", input.display()))?;
    say::line(&format!("    {} parts in {folder}", cut.split_modules.len()));
    Ok(Parts { first, folder })
}

impl Parts {
    /// Has the script of the bound program find the parts in their folder.
    ///
    /// # Errors
    ///
    /// When it does not ask for them as expected, or cannot be written.
    pub(super) fn link(&self, script: &Path) -> Result<()> {
        let text = fs::read_to_string(script).with_context(|| format!("reading {}", script.display()))?;
        let asked = format!("from \"{LINK}\"");
        if !text.contains(&asked) {
            bail!("{} does not import {LINK}", script.display());
        }
        let linked = text.replace(&asked, &format!("from \"./{}/parts.js\"", self.folder));
        fs::write(script, linked).with_context(|| format!("writing {}", script.display()))
    }
}

/// How many bytes travel when all parts are sent with brotli.
///
/// # Errors
///
/// When one cannot be read.
pub(crate) fn parts_size(assets: &Path) -> Result<usize> {
    let mut sum = 0;
    for folder in folders(assets)? {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                sum += brotli_size(&path)?;
            }
        }
    }
    Ok(sum)
}

/// The folders of parts below `assets`.
fn folders(assets: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(assets)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(FOLDER) {
            found.push(entry.path());
        }
    }
    Ok(found)
}
