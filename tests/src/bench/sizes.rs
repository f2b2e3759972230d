//! What travels on a first visit; `cargo xtask bench` compresses the modules and hands the sizes over.

use crate::Row;
use anyhow::{Context, Result};

/// The modules' sizes.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let size = |name: &str| -> Result<usize> {
        let variable = format!("TOMBOLO_SIZE_{}", name.to_uppercase());
        let text = std::env::var(&variable).with_context(|| format!("{variable} is not set"))?;
        Ok(text.parse()?)
    };
    let (app, store, run) = (size("app")?, size("store")?, size("run")?);
    let kib = |bytes: usize| format!("{} KiB", bytes.div_ceil(1024));
    Ok(vec![
        Row::new("UI module, brotli", kib(app), ""),
        Row::new("store module, brotli", kib(store), ""),
        Row::new("UI + store, brotli", kib(app + store), "<= 600 KiB"),
        Row::new("run module, brotli", kib(run), ""),
    ])
}
