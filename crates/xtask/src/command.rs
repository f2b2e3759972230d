//! Runs other programs and reports how they ended.

use crate::{places, say};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The linter by which cargo compiles the packages of the workspace, if it is to.
static LINTER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// A cargo command in the checkout, with the flags that every cargo command shares.
pub(crate) fn cargo<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(places::root());
    // `cargo run` exports these for the program it runs; handed on, they would rebuild what reads them.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if let Some(linter) = LINTER.lock().unwrap_or_else(PoisonError::into_inner).as_deref() {
        lint(&mut command, linter);
    }
    command
}

/// The linter, where the toolchain has one.
///
/// # Errors
///
/// When it has none.
pub(crate) fn linter() -> Result<PathBuf> {
    let toolchain = ask("rustc", &["--print", "sysroot"]).context("rustc does not say where it is")?;
    let linter = Path::new(&toolchain).join("bin").join(places::executable("clippy-driver"));
    if !linter.is_file() {
        bail!("the linter is missing: `rustup component add clippy` installs it");
    }
    Ok(linter)
}

/// Makes the linter stand in for the compiler, warnings being errors: the compiled code comes with it, where `cargo
/// clippy` stops at the check.
pub(crate) fn lint<'a>(command: &'a mut Command, linter: &Path) -> &'a mut Command {
    // The marks are how `cargo clippy` hands its arguments on.
    command.env("RUSTC_WORKSPACE_WRAPPER", linter).env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__")
}

/// Has every cargo command from now on compile the packages of the workspace by this linter, or by the compiler alone.
pub(crate) fn lint_builds(linter: Option<PathBuf>) {
    *LINTER.lock().unwrap_or_else(PoisonError::into_inner) = linter;
}

/// Runs a program in a folder, its output on the terminal.
///
/// # Errors
///
/// When it does not start or ends with a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

/// Runs a program and gives its standard output, trimmed; `None` when it is missing or fails.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program, shows its output as it comes, and hands every line of it to `read`; says whether it succeeded.
///
/// # Errors
///
/// When it does not start.
pub(crate) fn watch(command: &mut Command, mut read: impl FnMut(&str)) -> Result<bool> {
    let shown = show(command);
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {shown}"))?;
    let output = child.stdout.take().context("no output to read")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("reading the output of {shown}"))?;
        let line = String::from_utf8_lossy(&line);
        say::line(&line);
        read(&line);
    }
    std::io::stdout().flush()?;
    Ok(child.wait()?.success())
}

/// A program found on `PATH`, under any of these names.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&path).map(|folder| folder.join(places::executable(name))).find(|file| is_program(file))
    })
}

fn is_program(file: &Path) -> bool {
    file.is_file()
}

fn show(command: &Command) -> String {
    let mut text = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
