//! What must be on the machine, and the one line that says how to get it.
//!
//! Node, Python and a browser are looked for only when a task needs them.

use crate::{command, say};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const WASM: &str = "wasm32-unknown-unknown";

/// Makes sure that the compiler can build for the browser.
///
/// # Errors
///
/// When the target is missing and rustup cannot add it.
pub(crate) fn wasm_target() -> Result<()> {
    let libraries = command::ask("rustc", &["--print", "target-libdir", "--target", WASM]);
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    say::line(&format!("Adding the {WASM} target"));
    if command::run(Command::new("rustup").args(["target", "add", WASM])).is_err() {
        bail!("the {WASM} target is missing: run `rustup target add {WASM}`");
    }
    Ok(())
}

/// Makes sure that Node 20 or later and npm are there.
///
/// # Errors
///
/// When they are missing or too old.
pub(crate) fn node() -> Result<()> {
    let Some(version) = command::ask("node", &["--version"]) else {
        bail!("Node is missing: install Node 20 or later (Debian: `apt-get install nodejs npm`)");
    };
    let major: u32 = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    if major < 20 {
        bail!("Node {version} is too old: install Node 20 or later");
    }
    if command::find(&["npm"]).is_none() {
        bail!("npm is missing: install it with Node (Debian: `apt-get install npm`)");
    }
    Ok(())
}

/// Makes sure that Python 3.10 or later can make an environment of its own; on Debian as root it installs what is missing.
///
/// # Errors
///
/// When it is missing, too old, or cannot.
pub(crate) fn python() -> Result<()> {
    const ASK: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let there = || command::ask("python3", &["-c", ASK]).is_some();
    if there() {
        return Ok(());
    }
    if is_debian_as_root() {
        say::line("Installing python3 and python3-venv");
        apt(&["python3", "python3-venv"])?;
        if there() {
            return Ok(());
        }
    }
    bail!("Python 3.10 or later with venv and pip is missing (Debian: `apt-get install python3 python3-venv`)")
}

fn is_debian_as_root() -> bool {
    let root = command::ask("id", &["-u"]).as_deref() == Some("0");
    Path::new("/etc/debian_version").exists() && root
}

fn apt(packages: &[&str]) -> Result<()> {
    let quiet = |arguments: &[&str]| {
        command::run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    quiet(&["update", "-qq"])?;
    quiet(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
}

/// A browser and the program that drives it.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Finds Chromium and its driver; on Debian as root it installs them.
///
/// # Errors
///
/// When they are missing and cannot be installed.
pub(crate) fn browser() -> Result<Browser> {
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    if is_debian_as_root() {
        say::line("Installing chromium and chromium-driver");
        apt(&["chromium", "chromium-driver"])?;
        if let Some(found) = find_browser() {
            return Ok(found);
        }
    }
    bail!("Chromium or chromedriver is missing: install both (Debian: `apt-get install chromium chromium-driver`)")
}

fn find_browser() -> Option<Browser> {
    let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|file| file.is_file());
    let chromium = named("CHROMIUM")
        .or_else(|| command::find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]))?;
    let driver = named("CHROMEDRIVER").or_else(|| command::find(&["chromedriver"]))?;
    Some(Browser { chromium, driver })
}

/// One line a tool, for the head of a log.
pub(crate) fn versions() -> Vec<String> {
    let first = |program: &str, arguments: &[&str]| {
        let text = command::ask(program, arguments).unwrap_or_else(|| "not found".to_owned());
        format!("{program}: {}", text.lines().next().unwrap_or_default())
    };
    let mut lines = vec![
        first("rustc", &["--version"]),
        first("cargo", &["--version"]),
        first("node", &["--version"]),
        first("npm", &["--version"]),
        first("python3", &["--version"]),
    ];
    if let Some(browser) = find_browser() {
        for program in [browser.chromium, browser.driver] {
            lines.push(first(&program.to_string_lossy(), &["--version"]));
        }
    }
    lines
}
