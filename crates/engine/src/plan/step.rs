//! What records pass through, and where they end.

use tombolo_formats::WriteOptions;
use tombolo_model::Val;
use tombolo_template::Template;

use super::{FilterBy, Function, HttpWrite, Named, Source, TransformBy};
use crate::mapping::Mapping;
use crate::path::Path;
use crate::response_mapping::ResponseMapping;

/// A step of the flow: what it does, and what the flow adds to that.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Its place among all that counts records.
    pub(crate) place: usize,
    /// What it leaves out goes on as it is.
    pub(crate) filter: Option<FilterBy>,
    /// The list of each record whose elements are records of their own here.
    pub(crate) one_to_many: Option<OneToMany>,
    pub(crate) work: Work,
    /// What the answers add to the records that go on.
    pub(crate) response_mapping: Option<ResponseMapping>,
    pub(crate) post_response_map: Option<Function>,
    pub(crate) proceed_on_failure: bool,
}

impl Step {
    pub(crate) fn named(&self) -> &Named {
        match &self.work {
            Work::Import(import) => &import.named,
            Work::Lookup(source) => &source.named,
        }
    }

    /// Whether what it writes is there only once all of it is.
    pub(crate) fn writes_file(&self) -> bool {
        matches!(&self.work, Work::Import(import) if matches!(import.write, Write::File(_)))
    }
}

/// Which list of a record has the records of a step.
#[derive(Debug, Clone)]
pub(crate) struct OneToMany {
    pub(crate) path: Path,
    /// As it is written, for hooks.
    pub(crate) written: Box<str>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Writes the records.
    Import(Box<Import>),
    /// Reads more about each of them.
    Lookup(Box<Source>),
}

/// How records are written.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) named: Named,
    pub(crate) pre_map: Option<Function>,
    pub(crate) mapper: Option<Mapping>,
    pub(crate) post_map: Option<Function>,
    /// What mapping templates may read beside the record.
    pub(crate) context: Vec<(&'static str, Val)>,
    /// Whether anything behind the destination reads what it answers; answers are parsed only then.
    pub(crate) reads_answer: bool,
    pub(crate) write: Write,
    /// What a test run takes for the answers.
    pub(crate) mock_response: Option<Val>,
    /// Makes the answer to a record anew.
    pub(crate) response_transform: Option<TransformBy>,
    pub(crate) post_submit: Option<Function>,
    /// Hears of the file when it is complete, or of why it is not.
    pub(crate) post_aggregate: Option<Function>,
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
    pub(crate) parts: Parts,
    /// Writes a file from its records, in place of the format.
    pub(crate) body: Option<Template>,
}

/// Which records go into one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parts {
    /// All of the run.
    All,
    /// Those of a page; the files stand in an archive of this name, because a step makes one file.
    Page(String),
    /// Each by itself, in such an archive too.
    Record(String),
}
