//! The four wasm modules and the JavaScript that loads them.
//!
//! The screen is cut into parts: what every page needs is loaded first, the rest with the page that needs it.
//!
//! Development builds all of them with one cargo command, so that they share every dependency. What is shipped is built
//! in two: the screen and the documents small, the flow engine and the interpreter of scripts fast.

mod parts;

pub(crate) use parts::parts_size;

use super::Profile;
use crate::{command, places, say};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

struct Module {
    package: &'static str,
    out_name: &'static str,
    profile: &'static str,
    /// It is cut into parts.
    parts: bool,
}

const MODULES: [Module; 4] = [
    Module { package: "tombolo-app", out_name: "app", profile: "small", parts: true },
    Module { package: "tombolo-store-worker", out_name: "store", profile: "small", parts: false },
    Module { package: "tombolo-run-worker", out_name: "run", profile: "fast", parts: false },
    Module { package: "tombolo-script-worker", out_name: "script", profile: "fast", parts: false },
];

/// Compiles the modules and writes them to `assets`.
///
/// # Errors
///
/// When one does not compile.
pub(super) fn build(profile: Profile, assets: &Path) -> Result<()> {
    match profile {
        Profile::Dev => compile(&MODULES.each_ref().map(|module| module.package), "dev")?,
        Profile::Small => {
            for wanted in ["small", "fast"] {
                let packages: Vec<_> = MODULES.iter().filter(|m| m.profile == wanted).map(|m| m.package).collect();
                compile(&packages, wanted)?;
            }
        }
    }
    for module in &MODULES {
        let folder = if profile == Profile::Dev { "debug" } else { module.profile };
        let folder = places::target().join(TARGET).join(folder);
        let input = folder.join(format!("{}.wasm", module.package));
        bind(profile, module, &input, assets)?;
    }
    Ok(())
}

fn compile(packages: &[&str], profile: &str) -> Result<()> {
    let mut cargo = command::cargo(["build", "--bins", "--target", TARGET, "--profile", profile]);
    for package in packages {
        cargo.args(["-p", package]);
    }
    command::run(&mut cargo)
}

fn bind(profile: Profile, module: &Module, input: &Path, assets: &Path) -> Result<()> {
    let made: PathBuf = assets.join(format!("{}_bg.wasm", module.out_name));
    if is_newer(&made, input) {
        return Ok(());
    }
    let parts = if module.parts { Some(parts::cut(module.out_name, input, assets)?) } else { None };
    let shipped = profile == Profile::Small;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(parts.as_ref().map_or(input, |parts| &parts.first))
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .out_name(module.out_name)
        // By these names the parts reach what is in the first.
        .keep_lld_exports(module.parts)
        .demangle(!module.parts)
        .remove_name_section(shipped)
        .remove_producers_section(true);
    bindgen.generate(assets).with_context(|| format!("binding {}", input.display()))?;
    if let Some(parts) = parts {
        let linked = parts.link(&assets.join(format!("{}.js", module.out_name)));
        if linked.is_err() {
            // The next build would take it for made.
            fs::remove_file(&made)?;
        }
        linked?;
    }
    let size = fs::metadata(&made)?.len();
    say::line(&format!("    {}_bg.wasm {} KiB", module.out_name, size / 1024));
    Ok(())
}

/// Whether `made` exists and was written after `source`.
fn is_newer(made: &Path, source: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    match (time(made), time(source)) {
        (Some(made), Some(source)) => made > source,
        _ => false,
    }
}
