//! The built app: from a folder while developing, from inside the program otherwise.
//!
//! Invariant: a path names a file below the app's root or nothing; no `..`, no dot files, no escapes.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Where the app's files are.
#[derive(Debug)]
pub(crate) enum Assets {
    /// A folder, read anew for each request.
    Folder(PathBuf),
    /// Inside the program, where this finds them.
    #[cfg(any(feature = "embedded", test))]
    Embedded(fn(&str) -> Option<Asset>),
    /// Nowhere: this program was built without the app.
    #[cfg(not(feature = "embedded"))]
    None,
}

/// A file of the app.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its bytes as they are sent.
    pub(crate) bytes: Vec<u8>,
    /// Changes whenever the bytes do.
    pub(crate) tag: String,
}

#[cfg(feature = "embedded")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../target/dist/site"]
struct Site;

impl Assets {
    /// A folder if one is given, else what is in the program.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        match folder {
            Some(folder) => Self::Folder(folder),
            #[cfg(feature = "embedded")]
            None => Self::Embedded(inside::<Site>),
            #[cfg(not(feature = "embedded"))]
            None => Self::None,
        }
    }

    /// Reads a file; absent when there is none or the name could lead out of the app.
    ///
    /// # Errors
    ///
    /// Returns when a file is there and cannot be read.
    pub(crate) async fn read(&self, name: &str) -> std::io::Result<Option<Asset>> {
        if !is_plain(name) {
            return Ok(None);
        }
        match self {
            Self::Folder(folder) => read_file(&folder.join(name)).await,
            #[cfg(any(feature = "embedded", test))]
            Self::Embedded(find) => Ok(find(name)),
            #[cfg(not(feature = "embedded"))]
            Self::None => Ok(None),
        }
    }
}

/// Finds a file among those that were put into the program.
#[cfg(any(feature = "embedded", test))]
fn inside<S: rust_embed::RustEmbed>(name: &str) -> Option<Asset> {
    let file = S::get(name)?;
    Some(Asset { tag: hex::encode(file.metadata.sha256_hash()), bytes: file.data.into_owned() })
}

async fn read_file(path: &Path) -> std::io::Result<Option<Asset>> {
    let absent = |error: &std::io::Error| {
        matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
    };
    let metadata = match tokio::fs::metadata(path).await {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let tag = format!("{:x}-{:x}", metadata.len(), changed.map_or(0, |since| since.as_nanos()));
    let bytes = tokio::fs::read(path).await?;
    Ok(Some(Asset { bytes, tag }))
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@+".contains(c);
    !name.is_empty()
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[derive(rust_embed::RustEmbed)]
    #[folder = "tests/site"]
    struct Small;

    /// A small page inside the program, put there as `cargo xtask dist` puts the real one.
    pub(crate) const EMBEDDED: Assets = Assets::Embedded(inside::<Small>);

    #[test]
    fn a_name_cannot_lead_out_of_the_app() {
        for name in ["index.html", "assets/app_bg.wasm", "icons/icon-192.png"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "../key", "a/../../key", "/etc/passwd", "a//b", ".git/config", "a\\b", "a%2e", "a\0"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
