//! The four wasm modules and the JavaScript that loads them.
//!
//! Development builds all of them with one cargo command, so that they share every dependency. What is shipped is built
//! in two: the screen and the documents small, the flow engine and the interpreter of scripts fast.

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
}

const MODULES: [Module; 4] = [
    Module { package: "tombolo-app", out_name: "app", profile: "small" },
    Module { package: "tombolo-store-worker", out_name: "store", profile: "small" },
    Module { package: "tombolo-run-worker", out_name: "run", profile: "fast" },
    Module { package: "tombolo-script-worker", out_name: "script", profile: "fast" },
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
        let input = places::target().join(TARGET).join(folder).join(format!("{}.wasm", module.package));
        bind(profile, &input, module.out_name, assets)?;
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

fn bind(profile: Profile, input: &Path, out_name: &str, assets: &Path) -> Result<()> {
    let module: PathBuf = assets.join(format!("{out_name}_bg.wasm"));
    if is_newer(&module, input) {
        return Ok(());
    }
    let shipped = profile == Profile::Small;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .out_name(out_name)
        .remove_name_section(shipped)
        .remove_producers_section(true);
    bindgen.generate(assets).with_context(|| format!("binding {}", input.display()))?;
    let size = fs::metadata(&module)?.len();
    say::line(&format!("    {out_name}_bg.wasm {} KiB", size / 1024));
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
