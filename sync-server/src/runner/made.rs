//! Opens what the child of a run says it has made.
//!
//! The child reads hostile data and may have been taken over, and its folder is its own: a path that was looked at may be
//! a link elsewhere when it is opened. So each part of it is opened below the one before, no link is followed, and what is
//! read is copied out of the child's reach before it is hashed and stored.

use std::fs::File;
use std::io;
use std::path::{Component, Path};

use rustix::fs::{Mode, OFlags, open, openat};

/// Opens a file below the folder of a run.
///
/// # Errors
///
/// Returns why there is none: the path leads elsewhere, through a link, or to what is no plain file.
pub(super) fn open_below(folder: &Path, path: &Path) -> io::Result<File> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
    let below = path.strip_prefix(folder).map_err(|_| refused("it is not in the folder of the run"))?;
    let mut parts: Vec<_> = below.components().collect();
    let last = parts.pop().ok_or_else(|| refused("it is the folder of the run"))?;
    let mut place = open(folder, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    for part in parts {
        place = openat(&place, plain(part)?, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    }
    // A pipe would be waited for: without a writer, for ever.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(&place, plain(last)?, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused("it is no plain file")) }
}

fn plain(part: Component<'_>) -> io::Result<&Path> {
    match part {
        Component::Normal(name) => Ok(Path::new(name)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it does not lead straight to a file")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_that_the_child_made_is_read_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let (out, key) = (place.path().join("out"), place.path().join("secrets.key"));
        std::fs::create_dir_all(out.join("step")).unwrap();
        std::fs::write(&key, "secret").unwrap();
        std::fs::write(out.join("step/result.csv"), "a,b").unwrap();
        symlink(&key, out.join("step/link")).unwrap();
        symlink(place.path(), out.join("linked")).unwrap();
        symlink(&out, place.path().join("other")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, out.join("pipe"), rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        let mut text = String::new();
        open_below(&out, &out.join("step/result.csv")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a,b");
        for other in
            ["step/link", "linked/secrets.key", "../secrets.key", "step/../../secrets.key", "step", "pipe", "", "none"]
        {
            assert!(open_below(&out, &out.join(other)).is_err(), "{other}");
        }
        assert!(open_below(&out, &key).is_err());
        let linked = place.path().join("other");
        assert!(open_below(&linked, &linked.join("step/result.csv")).is_err(), "the folder itself is a link");
    }
}
