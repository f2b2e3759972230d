//! A whole archive in memory, file by file and by name: for packages, which are small and are read as a whole.

use super::ZipIndex;
use crate::error::FormatError;

/// An archive whose files are read by their names.
pub struct ZipArchive(ZipIndex);

impl ZipArchive {
    /// Reads the directory.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::BadCompression`] when it is no archive, is cut off or damaged.
    pub fn open(bytes: Vec<u8>) -> Result<Self, FormatError> {
        ZipIndex::new(bytes, "zip").map(Self)
    }

    /// The names in the directory, in their order, with `/` between folders. One that stands there twice is here twice:
    /// what is read under it is then not known, and the caller has to refuse it.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.0.names()
    }

    /// The bytes of a file; nothing when there is none of that name.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::TooBig`] when it has more than `most` bytes, [`FormatError::InflatesTooMuch`] and
    /// [`FormatError::BadCompression`].
    pub fn read(&self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FormatError> {
        let Some(mut entry) = self.0.open(name, "zip")? else { return Ok(None) };
        let mut bytes = Vec::new();
        let mut take = |piece: &[u8]| {
            if bytes.len() + piece.len() > most {
                return Err(FormatError::TooBig { what: "A file of the archive", most });
            }
            bytes.extend_from_slice(piece);
            Ok(())
        };
        while entry.next(&self.0, &mut take)? {}
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ZipWriter;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut writer, mut out) = (ZipWriter::default(), Vec::new());
        for (name, bytes) in files {
            writer.begin(name, &mut out);
            writer.push(bytes, &mut out);
        }
        writer.finish(&mut out);
        out
    }

    #[test]
    fn files_of_an_archive_are_read_by_name_and_doubles_are_seen() {
        let zip = ZipArchive::open(archive(&[("a/b.json", b"{}"), ("c", b""), ("c", b"x")])).unwrap();
        assert_eq!(zip.names(), ["a/b.json", "c", "c"]);
        assert_eq!(zip.read("a/b.json", 2).unwrap().as_deref(), Some(&b"{}"[..]));
        assert_eq!(zip.read("none", 2).unwrap(), None);
    }

    #[test]
    fn a_file_of_an_archive_that_is_bigger_than_allowed_is_refused() {
        let zip = ZipArchive::open(archive(&[("a", &[0; 100_000])])).unwrap();
        assert!(matches!(zip.read("a", 99_999), Err(FormatError::TooBig { .. })));
        assert_eq!(zip.read("a", 100_000).unwrap().unwrap().len(), 100_000);
    }
}
