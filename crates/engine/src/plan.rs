//! A flow, ready to run.

use serde_json::Value;
use tombolo_formats::{CsvOptions, FileOptions, WriteOptions};
use tombolo_model::Val;
use tombolo_model::run::StepCount;
use tombolo_template::Template;

use crate::filter::Filter;
use crate::mapper::Mapper;
use crate::path::Path;
use crate::scrub::Scrub;
use crate::secret::{Masked, Secret};
use crate::transform::Transform;

/// A compiled flow.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) sources: Vec<Source>,
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// The steps in running order with empty counters: sources first.
    #[must_use]
    pub fn steps(&self) -> Vec<StepCount> {
        let count = |named: &Named, kind: &str| StepCount {
            step: named.id.clone(),
            name: named.name.clone(),
            kind: kind.to_owned(),
            ..StepCount::default()
        };
        let sources = self.sources.iter().map(|source| count(&source.named, "export"));
        let steps = self.steps.iter().map(|step| count(&step.named, "import"));
        sources.chain(steps).collect()
    }

    /// The content hashes of the stored files that it reads.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        self.sources
            .iter()
            .filter_map(|source| match &source.read {
                Read::File(file) => Some(file.hash.as_str()),
                Read::Http(_) => None,
            })
            .collect()
    }
}

/// What a step is called.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) named: Named,
    pub(crate) read: Read,
    /// Before the filter: it sees what the transformation made.
    pub(crate) transform: Option<Transform>,
    pub(crate) filter: Option<Filter>,
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
    pub(crate) paging: Paging,
    /// Where a refusal says why.
    pub(crate) error_path: Option<Path>,
}

#[derive(Debug, Clone)]
pub(crate) enum Paging {
    None,
    Page { first: i64, stop: Stop },
    LinkHeader { relation: String, stop: Stop },
}

/// When paging ends, beside an empty page and a missing link.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) last_page_status: u16,
    pub(crate) max_page: Option<Path>,
    pub(crate) max_count: Option<Path>,
    pub(crate) last_page: Option<(Path, Vec<String>)>,
}

impl Stop {
    /// Whether it reads anything in the answer beside its records.
    pub(crate) fn reads_answer(&self) -> bool {
        self.max_page.is_some() || self.max_count.is_some() || self.last_page.is_some()
    }
}

/// How an application is called.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) method: String,
    pub(crate) base: Template,
    pub(crate) uri: Template,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) auth: Auth,
    /// Takes the connection's secrets out of what the application says.
    pub(crate) scrub: Scrub,
    /// What the `Content-Type` of its bodies says.
    pub(crate) media_type: &'static str,
    /// What templates may read beside the record: `connection`, `settings`, `export` or `import`.
    pub(crate) context: Vec<(&'static str, Val)>,
    pub(crate) concurrency: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Auth {
    None,
    Header { name: String, value: Masked },
    Parameter { name: String, value: Secret },
}

impl Auth {
    /// The secrets as they are sent.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::None => Vec::new(),
            Self::Header { value, .. } => value.secrets().map(Secret::value).collect(),
            Self::Parameter { value, .. } => vec![value.value()],
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) named: Named,
    pub(crate) filter: Option<Filter>,
    pub(crate) mapper: Option<Mapper>,
    /// What mapping templates may read beside the record.
    pub(crate) context: Vec<(&'static str, Val)>,
    pub(crate) proceed_on_failure: bool,
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

/// A resource's settings as templates and filters read them.
pub(crate) fn settings_of(value: &Value) -> Value {
    value.get("settings").cloned().unwrap_or(Value::Null)
}
