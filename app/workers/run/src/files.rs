//! Files as `Blob`s: read in slices, made of parts that the browser may keep on the disk.

use std::collections::BTreeMap;

use futures::future::{FutureExt, LocalBoxFuture};
use futures::stream::{self, StreamExt};
use js_sys::{Array, Promise, Uint8Array};
use tombolo_engine::{FileError, FileStore, FileWriter, Pieces};
use tombolo_wire::run_worker::FromRun;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::port;

/// Files are read in pieces of this size: asking for one takes a browser about a millisecond, however big it is.
const PIECE_BYTES: f64 = 4.0 * 1024.0 * 1024.0;
/// Written parts of more than this are put into one blob, which leaves this worker's memory.
const PART_BYTES: usize = 8 * 1024 * 1024;

pub(crate) struct Files {
    stored: BTreeMap<String, Blob>,
}

impl Files {
    pub(crate) fn new(stored: BTreeMap<String, Blob>) -> Self {
        Self { stored }
    }
}

impl FileStore for Files {
    fn open(&self, hash: &str) -> LocalBoxFuture<'_, Result<Pieces<FileError>, FileError>> {
        let blob = self.stored.get(hash).cloned();
        async move {
            let blob = blob.ok_or(FileError::Missing)?;
            let first = Piece::ask(&blob, 0.0)?;
            let pieces = stream::try_unfold((blob, first), |(blob, piece)| async move {
                let Some(piece) = piece else {
                    return Ok(None);
                };
                let bytes = JsFuture::from(piece.bytes).await.map_err(|error| refused("read", &error))?;
                // The browser fetches the next one while this one is worked on.
                let next = Piece::ask(&blob, piece.end)?;
                Ok(Some((Uint8Array::new(&bytes).to_vec(), (blob, next))))
            });
            Ok(pieces.boxed_local())
        }
        .boxed_local()
    }

    fn create(&self, step: &str, name: &str) -> LocalBoxFuture<'_, Result<Box<dyn FileWriter>, FileError>> {
        let writer: Box<dyn FileWriter> =
            Box::new(Writer { step: step.to_owned(), name: name.to_owned(), parts: Array::new(), loose_bytes: 0 });
        async move { Ok(writer) }.boxed_local()
    }
}

/// A slice of a file on its way from the browser.
struct Piece {
    bytes: Promise,
    end: f64,
}

impl Piece {
    /// The one that begins here; none at the file's end.
    fn ask(blob: &Blob, start: f64) -> Result<Option<Self>, FileError> {
        if start >= blob.size() {
            return Ok(None);
        }
        let end = (start + PIECE_BYTES).min(blob.size());
        let slice = blob.slice_with_f64_and_f64(start, end).map_err(|error| refused("read", &error))?;
        Ok(Some(Self { bytes: slice.array_buffer().unchecked_into(), end }))
    }
}

struct Writer {
    step: String,
    name: String,
    parts: Array,
    /// Bytes in parts that are not in a blob yet.
    loose_bytes: usize,
}

impl Writer {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.parts.push(&Uint8Array::from(bytes));
        self.loose_bytes += bytes.len();
        if self.loose_bytes > PART_BYTES {
            let blob = self.gather()?;
            self.parts = Array::of1(&blob);
            self.loose_bytes = 0;
        }
        Ok(())
    }

    fn gather(&self) -> Result<Blob, FileError> {
        Blob::new_with_u8_array_sequence(&self.parts).map_err(|error| refused("written", &error))
    }
}

impl FileWriter for Writer {
    fn write(&mut self, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), FileError>> {
        let written = self.append(&bytes);
        async move { written }.boxed_local()
    }

    fn finish(self: Box<Self>) -> LocalBoxFuture<'static, Result<(), FileError>> {
        async move {
            let blob = self.gather()?;
            let frame = FromRun::File { step: self.step, name: self.name };
            port::post(&frame, Some(&blob));
            Ok(())
        }
        .boxed_local()
    }
}

fn refused(action: &'static str, error: &JsValue) -> FileError {
    FileError::Refused { action, reason: words(error) }
}

/// What a thrown value says.
pub(crate) fn words(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}
