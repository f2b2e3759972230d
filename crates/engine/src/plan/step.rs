//! What records pass through, and where they end.

use tombolo_formats::WriteOptions;
use tombolo_model::Val;
use tombolo_template::Template;

use super::{Endpoint, FilterBy, Named};
use crate::mapper::Mapper;
use crate::path::Path;

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) named: Named,
    pub(crate) filter: Option<FilterBy>,
    pub(crate) mapper: Option<Mapper>,
    /// What mapping templates may read beside the record.
    pub(crate) context: Vec<(&'static str, Val)>,
    pub(crate) proceed_on_failure: bool,
    /// Whether anything behind the destination reads what it answers; answers are parsed only then.
    pub(crate) reads_answer: bool,
    pub(crate) write: Write,
}

#[derive(Debug, Clone)]
pub(crate) enum Write {
    File(FileWrite),
    Http(Box<HttpWrite>),
}

#[derive(Debug, Clone)]
pub(crate) struct FileWrite {
    pub(crate) name: Template,
    pub(crate) options: WriteOptions,
}

#[derive(Debug, Clone)]
pub(crate) struct HttpWrite {
    pub(crate) endpoint: Endpoint,
    pub(crate) body: Option<Template>,
    pub(crate) batch_size: usize,
    /// Without a body template: the mapped record is sent, else the one that came.
    pub(crate) send_mapped: bool,
    pub(crate) error_path: Option<Path>,
}
