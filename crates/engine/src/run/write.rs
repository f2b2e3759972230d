//! Destinations: what every kind of them can do.

use std::borrow::Cow;
use std::rc::Rc;

use tombolo_model::Val;
use tombolo_model::run::RunFile;

use super::shared::{Place, Shared};
use super::write_file::FileDestination;
use super::write_http::HttpDestination;
use super::write_mock::MockDestination;
use crate::plan::{Import, Operation, Write};

/// A record to be written.
pub(super) struct Outgoing<'i> {
    /// Its place in the page.
    pub(super) at: usize,
    /// The place in its source.
    pub(super) index: u64,
    /// As it came to the step, or as preMap left it.
    pub(super) record: &'i Val,
    /// As the mapping made it.
    pub(super) mapped: Cow<'i, Val>,
    /// What an endpoint is to do with it.
    pub(super) operation: Operation,
    /// What templates call `lookup`.
    pub(super) looked_up: Option<&'i Val>,
}

/// What became of a record that was to be written; there is one for each, in their order.
pub(super) struct Submitted {
    /// Its place in the page.
    pub(super) at: usize,
    pub(super) result: Result<Answered, Failure>,
}

/// What the destination said to a record that it took.
#[derive(Debug, Clone, Default)]
pub(super) struct Answered {
    pub(super) status_code: u16,
    /// It was not sent, because it is there already or because it is not there yet.
    pub(super) ignored: bool,
    /// The id that the application gave it; read only when the step [reads answers](Import::reads_answer).
    pub(super) id: Option<Val>,
    /// The answer, or this record's part of it; read only when the step reads answers.
    pub(super) json: Option<Val>,
    /// The answer's headers, names in lower case, when the step reads answers; one list for a whole batch.
    pub(super) headers: Option<Headers>,
}

/// Headers that the records of a batch share.
pub(super) type Headers = Rc<Vec<(String, String)>>;

/// A record that was not written.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// What the application answered, when it did.
    pub(super) status_code: Option<u16>,
    /// Its answer, or this record's part of it, when the step reads answers.
    pub(super) json: Option<Val>,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status_code: None, json: None }
    }
}

/// Why a destination takes no more records: code and message.
pub(super) type Fatal = (&'static str, String);

pub(super) enum Writer<'a, 's> {
    File(FileDestination<'a, 's>),
    Http(HttpDestination<'a, 's>),
    /// Takes everything and sends nothing.
    Mock(MockDestination<'a, 's>),
}

impl<'a, 's> Writer<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, step: &'a Import) -> Self {
        if shared.plan.test_mode {
            let unsent = match &step.write {
                Write::File(_) => None,
                Write::Http(http) => Some(HttpDestination::new(shared, place, step, http)),
            };
            return Self::Mock(MockDestination::new(step.mock_response.as_ref(), unsent));
        }
        match &step.write {
            Write::File(file) => Self::File(FileDestination::new(shared, place, step, file)),
            Write::Http(http) => Self::Http(HttpDestination::new(shared, place, step, http)),
        }
    }

    /// Writes the records of a page and says of each what became of it.
    pub(super) async fn write(&mut self, records: Vec<Outgoing<'_>>) -> Result<Vec<Submitted>, Fatal> {
        match self {
            Self::File(file) => file.write(records).await,
            Self::Http(http) => Ok(http.write(records).await),
            Self::Mock(mock) => Ok(mock.write(records)),
        }
    }

    /// Whether what is written is there only once all of it is.
    pub(super) fn writes_to_end(&self) -> bool {
        matches!(self, Self::File(file) if !file.makes_several())
    }

    /// Completes what was written.
    pub(super) async fn finish(self) -> Result<Option<RunFile>, Fatal> {
        match self {
            Self::File(file) => file.finish().await,
            Self::Http(_) | Self::Mock(_) => Ok(None),
        }
    }
}
