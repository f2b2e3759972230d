//! Compressed copies beside the files of the page, so that the server never compresses while it serves.

use super::public;
use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Writes `.br` and `.gz` beside every file that gets smaller by it.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(crate) fn compress(site: &Path) -> Result<()> {
    for name in public::files(site)? {
        let path = site.join(&name);
        if is_copy(&name) {
            continue;
        }
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        keep(&site.join(format!("{name}.br")), &brotli(&bytes)?, bytes.len())?;
        keep(&site.join(format!("{name}.gz")), &gzip(&bytes)?, bytes.len())?;
    }
    Ok(())
}

/// Removes all compressed copies: those of the last build would be served in the place of what is built now.
///
/// # Errors
///
/// When a copy cannot be removed.
pub(super) fn clear(site: &Path) -> Result<()> {
    for name in public::files(site)? {
        if is_copy(&name) {
            let path = site.join(&name);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Whether a file of the site is a compressed copy of another.
pub(super) fn is_copy(name: &str) -> bool {
    name.ends_with(".br") || name.ends_with(".gz")
}

/// How many bytes travel when the file at `path` is sent with brotli.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn brotli_size(path: &Path) -> Result<usize> {
    Ok(brotli(&fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)?.len())
}

fn keep(path: &Path, compressed: &[u8], plain: usize) -> Result<()> {
    // Pictures are compressed already; a copy that saves less than a twentieth is not worth its place.
    if compressed.len() < plain - plain / 20 {
        fs::write(path, compressed)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let parameters = BrotliEncoderParams { quality: 11, lgwin: 22, ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_the_last_build_are_gone_and_files_stay() {
        let site = std::env::temp_dir().join(format!("tombolo-xtask-copies-{}", std::process::id()));
        let assets = site.join("assets");
        fs::create_dir_all(&assets).unwrap();
        fs::write(assets.join("run_bg.wasm"), "wasm ".repeat(1000)).unwrap();
        fs::write(site.join("index.html"), "short").unwrap();
        compress(&site).unwrap();
        assert_eq!(
            public::files(&site).unwrap(),
            ["assets/run_bg.wasm", "assets/run_bg.wasm.br", "assets/run_bg.wasm.gz", "index.html"]
        );
        clear(&site).unwrap();
        assert_eq!(public::files(&site).unwrap(), ["assets/run_bg.wasm", "index.html"]);
        fs::remove_dir_all(&site).unwrap();
    }
}
