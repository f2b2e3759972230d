//! How records are sent to an endpoint, and how its answers are read.

use tombolo_model::{Record, Val};
use tombolo_template::Template;

use super::{AsyncHelper, Endpoint, Verdict};
use crate::lookup::{Found, Lookup};
use crate::mapper::Around;
use crate::path::Path;

#[derive(Debug, Clone)]
pub(crate) struct HttpWrite {
    /// The lookup that says whether a record is there.
    pub(crate) existing_lookup: Option<Box<str>>,
    /// What may be done with a record: one operation, or one that creates and one that updates.
    pub(crate) slots: Vec<Slot>,
    /// How it is known that a record is there already, where that decides between creating and updating.
    pub(crate) existing: Option<Known>,
    /// Which records are not sent at all.
    pub(crate) ignore: Option<Ignore>,
    pub(crate) batch_size: usize,
    /// Records that lock each other out are sent one behind the other.
    pub(crate) one_at_a_time: bool,
    /// Without a body template: the mapped record is sent, else the one that came.
    pub(crate) send_mapped: bool,
    /// Fields without a value are left out of what is sent.
    pub(crate) drop_empty: bool,
    /// Follows work that the application does in its own time.
    pub(crate) helper: Option<Box<AsyncHelper>>,
    /// The most bytes of a body that the endpoint takes.
    pub(crate) most_bytes: Option<usize>,
}

/// One of the operations.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) updates: bool,
    pub(crate) endpoint: Endpoint,
    pub(crate) body: Option<Template>,
    pub(crate) media: Media,
    pub(crate) reply: Reply,
    /// Whether its templates name the records `data`, as older ones do.
    pub(crate) names_data: bool,
    /// Whether they name all records of a request.
    pub(crate) names_batch: bool,
    /// The lookups whose answers its templates or the mapping name: `lookup.NAME`.
    pub(crate) named: Vec<Lookup>,
}

/// How an answer is read.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) success: AnswerType,
    pub(crate) error: AnswerType,
    /// Where the results of the records are, in the order in which these were sent.
    pub(crate) resource_path: Option<Path>,
    /// Where a result has the id of its record.
    pub(crate) id_path: Option<Path>,
    pub(crate) verdict: Verdict,
}

/// What the body of an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerType {
    Json,
    Xml,
    Csv { has_header_row: bool },
    Text,
}

/// What the body of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Xml,
    Csv,
    UrlEncoded,
    FormData,
    Text,
    Bytes,
}

/// How it is known that a record is there already.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    /// It has a value there.
    Field(Path),
    /// The lookup, which asks the application, finds something.
    Lookup(Box<Lookup>),
}

/// Which records are not sent.
#[derive(Debug, Clone)]
pub(crate) struct Ignore {
    /// Those that are there already; else those that are not.
    pub(crate) existing: bool,
    pub(crate) by: Known,
}

/// What is done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Ignore,
}

impl HttpWrite {
    /// What is done with a record, as it is before it is mapped. Lookups leave open what they have to ask first.
    pub(crate) fn operation(&self, record: &Val, around: &Around<'_, '_>) -> Result<Operation, String> {
        if let Some(ignore) = &self.ignore
            && ignore.by.is_there(record, around)? == ignore.existing
        {
            return Ok(Operation::Ignore);
        }
        let updates = match (&self.existing, &*self.slots) {
            (_, [only]) => only.updates,
            (Some(known), _) => known.is_there(record, around)?,
            (None, _) => false,
        };
        Ok(if updates { Operation::Update } else { Operation::Create })
    }

    /// What templates of an operation call `lookup`: the answers about one record. Lookups leave open what they have to
    /// ask first.
    pub(crate) fn looked_up(&self, operation: Operation, around: &Around<'_, '_>) -> Result<Option<Val>, String> {
        let named = self.slots.get(self.slot(operation)).map(|slot| &*slot.named).unwrap_or_default();
        if operation == Operation::Ignore || named.is_empty() {
            return Ok(None);
        }
        let mut answers = Record::default();
        for lookup in named {
            match lookup.find(&Val::Absent, around)? {
                Found::Value(value) => answers.set(lookup.name(), value),
                Found::Unknown => {}
                // What is not there is created.
                Found::Nothing if self.existing_lookup.as_deref() == Some(lookup.name()) => {}
                Found::Nothing => answers.set(lookup.name(), lookup.value(&Val::Absent, around)?),
            }
        }
        Ok(Some(Val::Map(answers)))
    }

    /// The place of an operation among the slots.
    pub(crate) fn slot(&self, operation: Operation) -> usize {
        let updates = operation == Operation::Update;
        self.slots.iter().position(|slot| slot.updates == updates).unwrap_or(0)
    }
}

impl Known {
    fn is_there(&self, record: &Val, around: &Around<'_, '_>) -> Result<bool, String> {
        match self {
            Self::Field(path) => Ok(has(record, path)),
            Self::Lookup(lookup) => Ok(match lookup.find(&Val::Absent, around)? {
                Found::Value(found) => is_something(&found),
                Found::Nothing | Found::Unknown => false,
            }),
        }
    }
}

impl Media {
    /// What the `Content-Type` of such a body says (RFC 9110, 8.3).
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Csv => "text/csv;charset=utf-8",
            Self::UrlEncoded => "application/x-www-form-urlencoded",
            Self::FormData => "multipart/form-data",
            Self::Text => "text/plain;charset=utf-8",
            Self::Bytes => "application/octet-stream",
        }
    }
}

impl AnswerType {
    /// What the `Accept` of a request for such an answer says.
    pub(crate) fn accept(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Csv { .. } => "text/csv",
            Self::Text => "text/plain",
        }
    }
}

/// Whether a record, or the first row of a group, has a value there. An empty list is none: it is what a lookup gives
/// that found nothing.
fn has(record: &Val, path: &Path) -> bool {
    let record = match record {
        Val::List(rows) => rows.first(),
        one => Some(one),
    };
    record.and_then(|record| path.get(record)).is_some_and(is_something)
}

fn is_something(found: &Val) -> bool {
    match found {
        Val::List(items) => !items.is_empty(),
        Val::Map(fields) => !fields.is_empty(),
        other => !other.is_empty(),
    }
}
