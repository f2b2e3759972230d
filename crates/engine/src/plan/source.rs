//! Where records come from.

use tombolo_formats::{CsvOptions, FileFormat, FileOptions};
use tombolo_model::run::Received;
use tombolo_model::{Id, Val};
use tombolo_template::Template;

use super::{AsyncHelper, Endpoint, FilterBy, Function, Named, Paging, TransformBy, Verdict};
use crate::group::{Grouping, Sorting};
use crate::mapping::Mapping;
use crate::path::{OldPath, Path};

#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) named: Named,
    pub(crate) read: Read,
    /// Of the rows of a file.
    pub(crate) sorting: Option<Sorting>,
    /// Of the rows of a file, before they are transformed.
    pub(crate) row_grouping: Option<Grouping>,
    /// Of records, behind the filter.
    pub(crate) grouping: Option<Grouping>,
    /// It reads no more records than these.
    pub(crate) limit: Option<u64>,
    pub(crate) delta: Option<Delta>,
    pub(crate) once: Option<Box<Once>>,
    /// Before the filter: it sees what the transformation made.
    pub(crate) transform: Option<TransformBy>,
    pub(crate) filter: Option<FilterBy>,
    /// Makes the body of a lookup's request of the record that it is for.
    pub(crate) mapper: Option<Mapping>,
    /// Called for each page before it goes on.
    pub(crate) pre_save_page: Option<Function>,
    /// What templates of the transformation may read beside the record.
    pub(crate) context: Vec<(&'static str, Val)>,
    pub(crate) page_size: usize,
    /// What a test run takes for its page.
    pub(crate) mock_output: Option<Vec<Val>>,
}

/// Since when records are new.
#[derive(Debug, Clone)]
pub(crate) struct Delta {
    pub(crate) export: Id,
    /// The beginning of the last run that completed; nothing before the first.
    pub(crate) last_ms: Option<i64>,
    /// What `lastExportDateTime` says.
    pub(crate) since_ms: i64,
    /// The same, as exact as its format.
    pub(crate) compared_ms: i64,
    /// A format of moment; without one times are in ISO 8601.
    pub(crate) pattern: Option<Box<str>>,
    /// The fields of records that say when they changed, where records and not the endpoint are asked.
    pub(crate) fields: Vec<OldPath>,
}

/// How an endpoint is told which records were read.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    pub(crate) endpoint: Endpoint,
    pub(crate) body: Option<Template>,
    /// Else once for each page.
    pub(crate) for_each_record: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Read {
    File(FileRead),
    Http(Box<HttpRead>),
    Listener(ListenerRead),
}

/// What came to a listener, and how it is taken apart.
#[derive(Debug, Clone)]
pub(crate) struct ListenerRead {
    pub(crate) received: Vec<Received>,
    /// What the bodies are, whatever their senders say.
    pub(crate) media: Option<BodyKind>,
    /// Where the records are in one.
    pub(crate) path: Path,
    /// Records carry what stands around their list.
    pub(crate) parent: bool,
    pub(crate) csv: Format,
    /// What is wrong with the path, where bodies of XML come.
    pub(crate) xml: Result<Format, String>,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Json,
    Xml,
    Csv,
    Form,
    Text,
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
        /// Records are lists of cells; whether the first names the columns.
        table: Option<bool>,
    },
    /// One text, which is one record.
    Text,
    /// Whatever else files are, and how they are encoded and compressed.
    File(Box<FileOptions>),
}

impl Format {
    /// Whether it is JSON, a fault anywhere in which is the fault of all of it. Of JSON Lines a fault is its line's.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Json { .. } => true,
            Self::File(options) => matches!(options.format, FileFormat::Json { .. }),
            Self::Csv(_) | Self::Text => false,
        }
    }
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
    /// Follows work that the application does in its own time: the first answer is about that, and records come later.
    pub(crate) helper: Option<Box<AsyncHelper>>,
    /// The export's own fields, for templates.
    pub(crate) export: Val,
}

impl Read {
    /// The endpoint that is read; nothing where it is a file.
    pub(crate) fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Http(http) => Some(&http.endpoint),
            Self::File(_) | Self::Listener(_) => None,
        }
    }
}

impl Source {
    /// Whether it is a listener to which nothing came: a run has nothing to read.
    pub(crate) fn waits(&self) -> bool {
        matches!(&self.read, Read::Listener(listener) if listener.received.is_empty()) && self.mock_output.is_none()
    }

    /// How many requests it may have on the way.
    pub(crate) fn concurrency(&self) -> usize {
        self.read.endpoint().map_or(1, |endpoint| endpoint.concurrency)
    }
}
