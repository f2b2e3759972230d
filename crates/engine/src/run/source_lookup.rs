//! A source that is asked for each record: what an endpoint has about it.

use tombolo_formats::Row;
use tombolo_model::Val;

use super::refine::{Refined, refine, too_big};
use super::shared::{Place, Shared};
use super::source::{Failure, Intake, Stopped};
use super::source_http::{self, Asked};
use crate::plan::{Read, Source};
use crate::units::MAX_RECORD_BYTES;

/// What a lookup found.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) data: Vec<Val>,
    /// Of the last answer; nothing where there was none.
    pub(super) status_code: Option<u16>,
    /// Code and message; the first ones are of records that were found, the last one may be of the whole.
    pub(super) errors: Vec<(String, String)>,
    /// How many of the records that were found the output filter left out.
    pub(super) ignored: u64,
}

/// Asks for one record. `index` is its place in its source.
pub(super) async fn read(shared: &Shared<'_>, source: &Source, asked: Asked<'_>, place: Place, index: u64) -> Answer {
    // Scripts are told records apart by their turn, whichever lookup is faster.
    let first = index.wrapping_mul(1 << 24);
    let mut found = Found { shared, source, place, turn: first, bytes: 0, answer: Answer::default() };
    let read = match &source.read {
        Read::Http(http) => source_http::read(shared, source, http, Some(asked), &mut found).await,
        Read::File(_) => Err(Failure::new("unsupported", "a file cannot be looked up. Choose an endpoint.").into()),
    };
    let mut answer = found.answer;
    match read {
        Ok(status) => answer.status_code = Some(status),
        Err(Stopped::Enough | Stopped::Closed) => {}
        Err(Stopped::Failed(failure)) => {
            answer.status_code = failure.status;
            answer.errors.push((failure.code.to_owned(), sentence(&failure.message)));
        }
    }
    answer
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

struct Found<'a, 's> {
    shared: &'a Shared<'s>,
    source: &'a Source,
    place: Place,
    turn: u64,
    bytes: usize,
    answer: Answer,
}

impl Intake for Found<'_, '_> {
    fn place(&self) -> Place {
        self.place
    }

    async fn take(&mut self, rows: &mut Vec<Row>) -> Result<(), Stopped> {
        for row in rows.drain(..) {
            let turn = self.turn;
            self.turn = self.turn.wrapping_add(1);
            let record = match row {
                Ok(record) => Val::Map(record),
                Err(error) => {
                    self.answer.errors.push(("parse".to_owned(), error.message));
                    continue;
                }
            };
            match refine(self.shared, self.source, self.place, record, turn).await {
                Refined::Passed(value, size) => {
                    self.bytes += size;
                    if self.bytes > MAX_RECORD_BYTES {
                        let (_, message) = too_big("the lookup found", self.bytes);
                        return Err(Failure::new("too_big", message).into());
                    }
                    self.answer.data.push(value);
                }
                Refined::Ignored => self.answer.ignored += 1,
                Refined::Failed(fault, _) => self.answer.errors.push(fault),
            }
        }
        Ok(())
    }
}
