//! Reads a source for one record.

use tombolo_model::Val;

use super::shared::{Place, Shared};
use crate::plan::Source;

/// What was found for a record.
pub(super) struct Answer {
    pub(super) data: Vec<Val>,
    pub(super) status_code: u16,
    /// Code and message.
    pub(super) errors: Vec<(String, String)>,
}

#[expect(clippy::unused_async, reason = "it will ask endpoints")]
pub(super) async fn read(_: &Shared<'_>, _: &Source, _: &Val, _: Place) -> Answer {
    Answer {
        data: Vec::new(),
        status_code: 0,
        errors: vec![("unsupported".to_owned(), "Lookups are not run.".to_owned())],
    }
}
