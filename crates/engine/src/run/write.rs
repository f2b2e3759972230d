//! Destinations: what every kind of them can do.

use std::borrow::Cow;

use tombolo_model::Val;
use tombolo_model::run::RunFile;

use super::Item;
use super::shared::Shared;
use super::write_file::FileDestination;
use super::write_http::HttpDestination;
use crate::plan::{Step, Write};

/// A record to be written.
pub(super) struct Outgoing<'i> {
    /// Its place in the page.
    pub(super) at: usize,
    /// As it came to the step.
    pub(super) item: &'i Item,
    /// As the mapping made it.
    pub(super) mapped: Cow<'i, Val>,
}

/// A record that was not written.
pub(super) struct Failure {
    pub(super) at: usize,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// Why a destination takes no more records: code and message.
pub(super) type Fatal = (&'static str, String);

pub(super) enum Writer<'a, 's> {
    File(FileDestination<'a>),
    Http(HttpDestination<'a, 's>),
}

impl<'a, 's> Writer<'a, 's> {
    pub(super) async fn open(shared: &'a Shared<'s>, step: &'a Step) -> Result<Self, Fatal> {
        match &step.write {
            Write::File(file) => FileDestination::open(shared, step, file).await.map(Self::File),
            Write::Http(http) => Ok(Self::Http(HttpDestination::new(shared, http))),
        }
    }

    /// Writes the records of a page; returns those that failed.
    pub(super) async fn write(&mut self, records: Vec<Outgoing<'_>>) -> Result<Vec<Failure>, Fatal> {
        match self {
            Self::File(file) => file.write(records).await,
            Self::Http(http) => Ok(http.write(records).await),
        }
    }

    /// Completes what was written.
    pub(super) async fn finish(self) -> Result<Option<RunFile>, Fatal> {
        match self {
            Self::File(file) => file.finish().await.map(Some),
            Self::Http(_) => Ok(None),
        }
    }
}
