//! Files on the disk: read by key, made under a temporary name and renamed when complete.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::{self, StreamExt};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tombolo_engine::{FileError, FileStore, FileWriter, Pieces};

const PIECE_BYTES: usize = 256 * 1024;

/// Where made files go.
#[derive(Debug, Clone)]
pub enum Place {
    /// Into one folder under their names; a name that is taken in this run gets a number.
    Folder(PathBuf),
    /// The same beside what lies there: a name that is taken by anything gets a number.
    Beside(PathBuf),
    /// Into a folder a step, for programs that ask by step.
    FolderAStep(PathBuf),
}

/// A completed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFile {
    /// The step that made it.
    pub step: String,
    /// Its name for people.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
}

pub(super) struct Files {
    stored: BTreeMap<String, PathBuf>,
    out: Place,
    taken: Arc<Mutex<BTreeSet<PathBuf>>>,
    on_file: Rc<dyn Fn(MadeFile)>,
}

impl Files {
    pub(super) fn new(stored: BTreeMap<String, PathBuf>, out: Place, on_file: Box<dyn Fn(MadeFile)>) -> Self {
        Self { stored, out, taken: Arc::default(), on_file: on_file.into() }
    }

    /// Where a file of this name goes.
    fn path(&self, step: &str, name: &str) -> PathBuf {
        let folder = match &self.out {
            Place::Folder(folder) | Place::Beside(folder) => folder.clone(),
            Place::FolderAStep(folder) => folder.join(step),
        };
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
            _ => (name, String::new()),
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut path = folder.join(name);
        let mut count = 1;
        let beside = matches!(self.out, Place::Beside(_));
        while !taken.insert(path.clone()) || (beside && path.exists()) {
            count += 1;
            path = folder.join(format!("{stem} ({count}){ending}"));
        }
        path
    }
}

impl FileStore for Files {
    fn takes_several(&self) -> bool {
        matches!(self.out, Place::Folder(_) | Place::Beside(_))
    }

    fn open(&self, hash: &str) -> LocalBoxFuture<'_, Result<Pieces<FileError>, FileError>> {
        let path = self.stored.get(hash).cloned();
        async move {
            let path = path.ok_or(FileError::Missing)?;
            let file = File::open(path).await.map_err(|error| refused("read", &error))?;
            let pieces = stream::unfold(Some(file), |file| async {
                let mut file = file?;
                let mut piece = vec![0; PIECE_BYTES];
                match file.read(&mut piece).await {
                    Ok(0) => None,
                    Ok(count) => {
                        piece.truncate(count);
                        Some((Ok(piece), Some(file)))
                    }
                    Err(error) => Some((Err(refused("read", &error)), None)),
                }
            });
            Ok(pieces.boxed_local())
        }
        .boxed_local()
    }

    fn create(&self, step: &str, name: &str) -> LocalBoxFuture<'_, Result<Box<dyn FileWriter>, FileError>> {
        let path = self.path(step, name);
        let made = MadeFile { step: step.to_owned(), name: name.to_owned(), path: path.clone() };
        let on_file = Rc::clone(&self.on_file);
        async move {
            let failed = |error: io::Error| refused("written", &error);
            if let Some(folder) = path.parent() {
                tokio::fs::create_dir_all(folder).await.map_err(failed)?;
            }
            let mut temporary = path.into_os_string();
            temporary.push(".part");
            let temporary = PathBuf::from(temporary);
            let file = File::create(&temporary).await.map_err(failed)?;
            let writer = Writer { file: Some(file), temporary, made, on_file };
            Ok(Box::new(writer) as Box<dyn FileWriter>)
        }
        .boxed_local()
    }
}

struct Writer {
    file: Option<File>,
    temporary: PathBuf,
    made: MadeFile,
    on_file: Rc<dyn Fn(MadeFile)>,
}

impl FileWriter for Writer {
    fn write(&mut self, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), FileError>> {
        async move {
            let file = self.file.as_mut().ok_or(FileError::Missing)?;
            file.write_all(&bytes).await.map_err(|error| refused("written", &error))
        }
        .boxed_local()
    }

    fn finish(mut self: Box<Self>) -> LocalBoxFuture<'static, Result<(), FileError>> {
        async move {
            let failed = |error: io::Error| refused("written", &error);
            let mut file = self.file.take().ok_or(FileError::Missing)?;
            file.flush().await.map_err(failed)?;
            file.sync_all().await.map_err(failed)?;
            drop(file);
            tokio::fs::rename(&self.temporary, &self.made.path).await.map_err(failed)?;
            (self.on_file)(self.made.clone());
            Ok(())
        }
        .boxed_local()
    }
}

/// A file that was not completed leaves nothing behind.
impl Drop for Writer {
    fn drop(&mut self) {
        self.file = None;
        if let Err(error) = std::fs::remove_file(&self.temporary)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.temporary.display(), %error, "an unfinished file could not be removed");
        }
    }
}

fn refused(action: &'static str, error: &io::Error) -> FileError {
    FileError::Refused { action, reason: error.to_string() }
}
