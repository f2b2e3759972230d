//! Real data and a real mail server for the tests: the pinned packages of npm and `PyPI` in `tests/data`, installed below
//! the target folder.

use crate::{command, needs, places, site};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs the data and gives the folder of its files.
///
/// # Errors
///
/// When npm or Python is missing or fails.
pub(crate) fn install() -> Result<PathBuf> {
    needs::node()?;
    let source = places::root().join("tests/data");
    let folder = places::target().join("test-data");
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("cannot copy tests/data/{name}"))?;
    }
    site::install(&folder)?;
    mail_server(&source, &folder)?;
    Ok(folder.join("node_modules/vega-datasets/data"))
}

/// Installs the server of automerge-repo that ours is measured beside, and gives its folder.
///
/// # Errors
///
/// When npm is missing or fails.
pub(crate) fn install_automerge_repo() -> Result<PathBuf> {
    needs::node()?;
    let source = places::root().join("tests/src/bench/automerge_repo");
    let folder = places::target().join("automerge-repo");
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json", "server.mjs", "client.mjs"] {
        fs::copy(source.join(name), folder.join(name))
            .with_context(|| format!("cannot copy {name} of automerge-repo"))?;
    }
    site::install(&folder)?;
    Ok(folder)
}

/// Installs the mail server into a Python of its own; one that is there and whole stays.
fn mail_server(source: &Path, folder: &Path) -> Result<()> {
    let (wanted, python) = (source.join("requirements.txt"), folder.join("python"));
    let have = python.join("requirements.txt");
    let text = fs::read(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
    if fs::read(&have).is_ok_and(|installed| installed == text) {
        return Ok(());
    }
    needs::python()?;
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&python))?;
    let mut pip = Command::new(python.join("bin/python3"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]).arg(&wanted);
    command::run(&mut pip)?;
    // Written last: what broke in the middle is begun anew.
    fs::write(&have, text).with_context(|| format!("cannot write {}", have.display()))
}
