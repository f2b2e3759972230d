//! Where records come from.

use tombolo_formats::{CsvOptions, FileOptions};
use tombolo_model::Val;
use tombolo_template::Template;

use super::{Endpoint, FilterBy, Named, Paging, TransformBy, Verdict};
use crate::mapping::Mapping;

#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) named: Named,
    pub(crate) read: Read,
    /// Before the filter: it sees what the transformation made.
    pub(crate) transform: Option<TransformBy>,
    pub(crate) filter: Option<FilterBy>,
    /// Makes the body of a lookup's request of the record that it is for.
    pub(crate) mapper: Option<Mapping>,
    /// What templates of the transformation may read beside the record.
    pub(crate) context: Vec<(&'static str, Val)>,
    pub(crate) page_size: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Read {
    File(FileRead),
    Http(Box<HttpRead>),
}

#[derive(Debug, Clone)]
pub(crate) struct FileRead {
    pub(crate) hash: String,
    pub(crate) format: Format,
}

#[derive(Debug, Clone)]
pub(crate) enum Format {
    Csv(CsvOptions),
    Json {
        resource_path: String,
        /// An object in the place of the list is one record.
        one_object: bool,
    },
    /// Whatever else files are, and how they are encoded and compressed.
    File(Box<FileOptions>),
}

#[derive(Debug, Clone)]
pub(crate) struct HttpRead {
    pub(crate) endpoint: Endpoint,
    pub(crate) body: Option<Template>,
    pub(crate) format: Format,
    /// What its `Accept` header says.
    pub(crate) accept: &'static str,
    pub(crate) paging: Option<Paging>,
    pub(crate) verdict: Verdict,
    /// The export's own fields, for templates.
    pub(crate) export: Val,
}

impl Source {
    /// How many requests it may have on the way.
    pub(crate) fn concurrency(&self) -> usize {
        match &self.read {
            Read::File(_) => 1,
            Read::Http(http) => http.endpoint.concurrency,
        }
    }
}
