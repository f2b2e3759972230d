//! What travels on a first visit; `cargo xtask bench` compresses the modules and hands the sizes over.

use crate::{Row, kib};
use anyhow::{Context, Result};

/// The modules' sizes.
pub(crate) fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let size = |name: &str| -> Result<f64> {
        let variable = format!("TOMBOLO_SIZE_{}", name.to_uppercase());
        let text = std::env::var(&variable).with_context(|| format!("{variable} is not set"))?;
        Ok(text.parse()?)
    };
    let (app, parts, store) = (size("app")?, size("parts")?, size("store")?);
    let (run, script) = (size("run")?, size("script")?);
    rows.extend([
        Row::at_most("UI, what is loaded first, brotli", app, 450.0 * 1024.0, kib),
        Row::new("UI, all parts that are loaded later, brotli", kib(parts)),
        Row::new("store module, brotli", kib(store)),
        Row::at_most("UI + store, brotli", app + store, 850.0 * 1024.0, kib),
        Row::new("run module, brotli", kib(run)),
        Row::new("script module, brotli", kib(script)),
    ]);
    Ok(())
}
