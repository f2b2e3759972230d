//! Reads a source for one record: what an endpoint has about it.

use tombolo_formats::Row;
use tombolo_model::Val;

use super::ask::{MAX_ROUNDS, ask};
use super::refine::{Refined, refine, too_big};
use super::shared::{Place, Shared};
use super::source::{Failure, Intake, Stopped};
use super::source_http::{self, Asked};
use crate::lookup::Answers;
use crate::mapper::{Around, Mapped};
use crate::plan::{Read, Source};
use crate::units::MAX_RECORD_BYTES;

/// What was found for a record.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) data: Vec<Val>,
    /// Of the last answer; nothing where there was none.
    pub(super) status_code: Option<u16>,
    /// Code and message.
    pub(super) errors: Vec<(String, String)>,
}

/// Reads a source for one record. `turn` tells the records apart for scripts, whichever lookup is faster.
pub(super) async fn read(shared: &Shared<'_>, source: &Source, record: &Val, place: Place, turn: u64) -> Answer {
    let first = turn.wrapping_mul(1 << 24);
    let mut found = Found { shared, source, place, turn: first, bytes: 0, answer: Answer::default() };
    let read = match (&source.read, mapped(shared, source, record, place).await) {
        (_, Err(message)) => {
            found.answer.errors.push(("mapping".to_owned(), message));
            return found.answer;
        }
        (Read::Http(http), Ok(mapped)) => {
            let asked = Asked { record, mapped: mapped.as_ref() };
            source_http::read(shared, (place, source), http, Some(asked), &mut found).await
        }
        (Read::File(_), _) => {
            Err(Failure::new("unsupported", "a file cannot be looked up. Choose an export from an endpoint.").into())
        }
    };
    let mut answer = found.answer;
    match read {
        Ok(status) => answer.status_code = Some(status),
        Err(Stopped::Enough | Stopped::Closed) => {}
        Err(Stopped::Failed(failure)) => {
            answer.status_code = failure.status;
            answer.errors.push((failure.code.into_owned(), sentence(&failure.message)));
        }
    }
    answer
}

/// The record as the body of the request has it; nothing without a mapping.
async fn mapped(shared: &Shared<'_>, source: &Source, record: &Val, place: Place) -> Result<Option<Val>, String> {
    let Some(mapper) = &source.mapper else { return Ok(None) };
    let find = |name: &str| match name {
        "record" => Some(record),
        "timestamp" => Some(&shared.started),
        _ => source.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
    };
    let endpoint = match &source.read {
        Read::Http(http) => Some(&http.endpoint),
        Read::File(_) => None,
    };
    let mut answers = Answers::default();
    for _ in 0..MAX_ROUNDS {
        let made = mapper.map(record, &Around::new(&find, &shared.env, &answers));
        match made.map_err(|error| error.to_string())? {
            Mapped::Made(made) => return Ok(Some(made)),
            Mapped::Discarded => {
                return Err("A rule discards the record, which a lookup cannot: change the rule.".to_owned());
            }
            Mapped::Asks(questions) => ask(shared, place, endpoint, questions, &mut answers).await,
        }
    }
    Err(format!("Its lookups asked {MAX_ROUNDS} times, each for what another one found: use fewer."))
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
                Refined::Ignored => {}
                Refined::Failed(fault, _) => self.answer.errors.push(fault),
            }
        }
        Ok(())
    }
}
