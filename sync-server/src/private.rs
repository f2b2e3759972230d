//! Folders and files that only the server's own user can open: they hold what people said and the key to their secrets.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder with all above it. One that is there already keeps its mode: it may hold more than ours.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Makes a file that must not exist.
pub(crate) fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a file with all of its content, or none: it has its name once it is on the disk, and so has its name.
///
/// What a stop leaves behind lies under another name, and the next one writes over it. Only one at a time makes it.
pub(crate) fn whole_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = Path::new(&unfinished);
    match std::fs::remove_file(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = new_file(unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)?;
    sync_folder(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// A name in a folder is safe once the folder is.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened as files here.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a file unless it exists, and closes an existing one to others: an earlier release or a copy may have left it
/// open.
pub(crate) fn file(path: &Path) -> io::Result<()> {
    match new_file(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => close_to_others(path),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = path.metadata()?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o600);
    std::fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().map_or(0, |found| found.permissions().mode() & 0o777)
    }

    #[test]
    fn a_new_folder_and_new_files_are_closed_to_others() {
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("a/b");
        folder(&inner).unwrap();
        folder(&inner).unwrap();
        file(&inner.join("file")).unwrap();
        assert_eq!((mode(&inner), mode(&inner.join("file"))), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_was_half_written_when_the_power_went_is_in_nobodys_way() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("key");
        std::fs::write(place.path().join("key.part"), "half").unwrap();
        whole_file(&path, b"whole").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn an_open_file_is_closed_and_keeps_its_bytes_and_a_folder_that_was_there_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let (inner, path) = (place.path().join("shared"), place.path().join("shared/file"));
        std::fs::create_dir(&inner).unwrap();
        std::fs::set_permissions(&inner, PermissionsExt::from_mode(0o750)).unwrap();
        std::fs::write(&path, "bytes").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        folder(&inner).unwrap();
        file(&path).unwrap();
        assert_eq!((mode(&inner), mode(&path)), (0o750, 0o600));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "bytes");
    }
}
