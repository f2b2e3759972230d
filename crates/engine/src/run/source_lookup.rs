//! Reads a source for one record: what an endpoint has about it.

use tombolo_formats::Row;
use tombolo_model::Val;

use super::ask::{MAX_ROUNDS, ask};
use super::pre_save_page::{Call, PageError};
use super::refine::{Refined, code_of, refine, too_big};
use super::shared::{Place, Shared};
use super::source::{Failure, Intake, Stopped};
use super::source_http::{self, Asked};
use crate::group::Grouper;
use crate::lookup::Answers;
use crate::mapper::{Around, Mapped};
use crate::plan::{Read, Source};
use crate::size::size_bytes;
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
    if let Some(mock) = &source.mock_output {
        return Answer { data: mock.clone(), status_code: Some(200), errors: Vec::new() };
    }
    let first = turn.wrapping_mul(1 << 24);
    let mut found = Found::new(shared, source, place, first);
    let read = match (&source.read, mapped(shared, source, record, place).await) {
        (_, Err(message)) => {
            found.answer.errors.push(("mapping".to_owned(), message));
            return found.answer;
        }
        (Read::Http(http), Ok(mapped)) => {
            let asked = Asked { record, mapped: mapped.as_ref() };
            source_http::read(shared, (place, source), http, Some(asked), &mut found).await
        }
        (Read::File(_) | Read::Listener(_), _) => Err(Failure::new(
            "unsupported",
            "neither a file nor a listener can be looked up. Choose an export from an endpoint.",
        )
        .into()),
    };
    if let Err(Stopped::Failed(failure)) = read {
        found.answer.errors.push((failure.code.into_owned(), sentence(&failure.message)));
    }
    found.complete(turn).await;
    found.answer
}

/// The record as the body of the request has it; nothing without a mapping.
async fn mapped(shared: &Shared<'_>, source: &Source, record: &Val, place: Place) -> Result<Option<Val>, String> {
    let Some(mapper) = &source.mapper else { return Ok(None) };
    let find = |name: &str| match name {
        "record" => Some(record),
        "timestamp" => Some(&shared.started),
        _ => source.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
    };
    let endpoint = source.read.endpoint();
    let mut answers = Answers::default();
    for _ in 0..MAX_ROUNDS {
        let made = mapper.map(record, &Around::new(&find, shared.env(place), &answers));
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
    groups: Option<Grouper<'a>>,
    records: u64,
    answer: Answer,
}

impl<'a, 's> Found<'a, 's> {
    fn new(shared: &'a Shared<'s>, source: &'a Source, place: Place, turn: u64) -> Self {
        let groups = source.grouping.as_ref().map(Grouper::new);
        Self { shared, source, place, turn, bytes: 0, groups, records: 0, answer: Answer::default() }
    }

    async fn record(&mut self, record: Val) -> Result<(), Stopped> {
        let turn = self.turn;
        self.turn = self.turn.wrapping_add(1);
        self.records += 1;
        match refine(self.shared, self.source, self.place, record, turn).await {
            Refined::Passed(value, size) => {
                self.bytes += size;
                if self.bytes > MAX_RECORD_BYTES {
                    let (_, message) = too_big("the lookup found", self.bytes);
                    return Err(Failure::new("too_big", message).into());
                }
                match &mut self.groups {
                    None => self.answer.data.push(value),
                    // All of them together are not too big for one record.
                    Some(groups) => {
                        self.answer.data.extend(groups.push(value, turn).and_then(|group| group.into_record().ok()));
                    }
                }
            }
            Refined::Ignored => {}
            Refined::Failed(fault, _) => self.answer.errors.push(fault),
        }
        if self.source.limit.is_some_and(|most| self.records >= most) { Err(Stopped::Enough) } else { Ok(()) }
    }

    /// Completes the last group, and lets the hook change what was found.
    async fn complete(&mut self, turn: u64) {
        let last = self.groups.as_mut().and_then(Grouper::end).and_then(|group| group.into_record().ok());
        self.answer.data.extend(last);
        let Some(function) = &self.source.pre_save_page else { return };
        let call = Call { place: self.place, source: self.source, function, page_index: 0, turn };
        let found = std::mem::take(&mut self.answer.errors);
        let error = |(code, message)| PageError { code, message, index: None, record: None };
        let errors: Vec<PageError> = found.into_iter().map(error).collect();
        let said = |errors: Vec<PageError>| errors.into_iter().map(|error| (error.code, error.message)).collect();
        match call.make(self.shared, self.answer.data.iter(), &errors).await {
            Ok(left) => {
                self.answer.data = left.data;
                self.answer.errors = said(left.errors);
            }
            Err(failure) => {
                self.answer.errors = said(errors);
                self.answer.errors.push((failure.code, failure.message));
            }
        }
        let bytes: usize = self.answer.data.iter().map(size_bytes).sum();
        if bytes > MAX_RECORD_BYTES {
            self.answer.data.clear();
            self.answer.errors.push(too_big("What preSavePage made of the lookup has", bytes));
        }
    }
}

impl Intake for Found<'_, '_> {
    async fn take(&mut self, rows: &mut Vec<Row>) -> Result<(), Stopped> {
        for row in rows.drain(..) {
            match row {
                Ok(record) => self.record(Val::Map(record)).await?,
                Err(error) => self.answer.errors.push((code_of(&error).to_owned(), error.message)),
            }
        }
        Ok(())
    }

    fn answered(&mut self, status: u16) {
        self.answer.status_code = Some(status);
    }
}
