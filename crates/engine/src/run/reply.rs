//! What an endpoint's answer says of each record that was sent.
//!
//! One answer may be about many records: their results are a list, in the order in which the records were sent. A record
//! without a result has failed: nobody knows what became of it. Where nothing says where the results are, an answer that is a
//! list itself is them; any other answer is about all records alike.

use std::cell::Cell;
use std::rc::Rc;

use tombolo_formats::{CsvOptions, CsvReader, XmlOptions, XmlPath, XmlReader};
use tombolo_model::{KeyPool, Val};

use super::answer::{message, refused, said_in, short};
use super::write::{Answered, Failure};
use crate::path::Path;
use crate::plan::{AnswerType, Slot};
use crate::size::memory_bytes;
use crate::units::MAX_FOUND_BYTES;

/// An answer that is read.
pub(super) struct Reading<'a> {
    pub(super) slot: &'a Slot,
    /// Something behind the destination reads answers.
    pub(super) reads_answer: bool,
    /// Records are sent several at a time, whether or not there were several this time.
    pub(super) batched: bool,
    /// How many were sent.
    pub(super) records: usize,
    /// It is the endpoint's answer to the records, and not what came of work behind that.
    pub(super) direct: bool,
    /// Set where the answer may say of each record what became of it, and nothing says where.
    pub(super) unclear: Cell<bool>,
}

type Outcome = Result<Answered, Failure>;

impl Reading<'_> {
    /// Whether all of a body is needed when the status is that of a success.
    pub(super) fn reads_body(&self) -> bool {
        let reply = &self.slot.reply;
        self.reads_answer || reply.verdict.reads_answer() || (self.batched && reply.resource_path.is_some())
    }

    /// Whether a body may have results although nothing says where they are.
    pub(super) fn may_have_results(&self) -> bool {
        let reply = &self.slot.reply;
        // Of CSV any text is a list of rows.
        let is_read = matches!(reply.success, AnswerType::Json | AnswerType::Xml);
        self.batched && self.direct && reply.resource_path.is_none() && is_read
    }

    /// The results where the status is that of a success. Without [`Self::reads_body`] the body may be empty.
    pub(super) fn taken(&self, status_code: u16, headers: Vec<(String, String)>, body: &[u8]) -> Vec<Outcome> {
        let taken = Answered { status_code, ..Answered::default() };
        if !self.reads_body() {
            return match parse(body, self.slot.reply.success) {
                Ok(whole) if self.may_have_results() => self.of(status_code, headers, &whole),
                // Nobody reads it: the status has said what there is to know.
                _ => self.for_all(&Ok(taken)),
            };
        }
        let failed = |code, message: String| self.for_all(&Err(self.failure(code, message, status_code, None)));
        match parse(body, self.slot.reply.success) {
            Ok(whole) => self.of(status_code, headers, &whole),
            Err(reason) => {
                let reason = short(&reason, &self.slot.endpoint.scrub);
                failed("parse", format!("The endpoint took what was sent, but {reason}."))
            }
        }
    }

    /// The results that an answer has.
    pub(super) fn of(&self, status_code: u16, headers: Vec<(String, String)>, whole: &Val) -> Vec<Outcome> {
        let taken = Answered { status_code, ..Answered::default() };
        let answered = Answered { headers: self.reads_answer.then(|| Rc::new(headers)), ..taken };
        let path = self.slot.reply.resource_path.as_ref();
        self.unclear.set(self.may_have_results() && self.records > 1 && matches!(whole, Val::Map(_)));
        match (path.filter(|_| self.batched), whole) {
            (Some(path), _) => self.each(whole, path, &answered),
            (None, Val::List(results)) if self.may_have_results() => self.listed(whole, results, &answered),
            (None, _) if self.reads_answer && memory_bytes(whole).saturating_mul(self.records) > MAX_FOUND_BYTES => {
                let message = "The endpoint took what was sent, but its answer is too big to go with each of the records. Enter the path to their results, or send fewer records at once.";
                self.for_all(&Err(self.failure("too_big", message.to_owned(), status_code, None)))
            }
            (None, _) => self.for_all(&self.judged(whole, path.and_then(|path| path.get(whole)), &answered)),
        }
    }

    /// The results where the status is that of a refusal.
    pub(super) fn refused(&self, status_code: u16, body: &[u8], more: &str) -> Vec<Outcome> {
        let (reply, scrub) = (&self.slot.reply, &self.slot.endpoint.scrub);
        let error_path = reply.verdict.error_path.as_ref();
        let parsed = (reply.error != AnswerType::Json).then(|| parse(body, reply.error).ok()).flatten();
        let said = parsed.as_ref().map(|parsed| said_in(parsed, error_path, scrub)).filter(|said| !said.is_empty());
        let said = said.unwrap_or_else(|| message(body, error_path, scrub));
        let message = format!("The endpoint {}{more}", refused(status_code, &said));
        let json = match parsed {
            _ if !self.reads_answer => None,
            Some(parsed) => Some(parsed),
            None => Val::parse(body, &mut KeyPool::default()).ok(),
        };
        self.for_all(&Err(self.failure("http_status", message, status_code, json)))
    }

    fn each(&self, whole: &Val, path: &Path, answered: &Answered) -> Vec<Outcome> {
        let results = match path.get(whole) {
            Some(Val::List(results)) => results.as_slice(),
            // XML has a single result without a list around it.
            Some(one @ Val::Map(_)) => std::slice::from_ref(one),
            _ => {
                // Why there are none is said by the whole, when it says something.
                if let Err(failure) = self.judged(whole, None, answered) {
                    return self.for_all(&Err(failure));
                }
                let message = "The endpoint answered without the results of the records. Check the path to the results; whether the records were taken is not known.";
                return self.for_all(&Err(self.failure("no_result", message.to_owned(), answered.status_code, None)));
            }
        };
        let one = |at: usize| match results.get(at) {
            Some(result) => self.judged(whole, Some(result), answered),
            None => {
                let message = format!(
                    "The endpoint answered with {} results for {} records, and none for this one: whether it was taken is not known.",
                    results.len(),
                    self.records
                );
                Err(self.failure("no_result", message, answered.status_code, None))
            }
        };
        (0..self.records).map(one).collect()
    }

    /// The results are the whole answer. A list of another length is none of results, or not of all of them.
    fn listed(&self, whole: &Val, results: &[Val], answered: &Answered) -> Vec<Outcome> {
        if results.len() == self.records {
            return results.iter().map(|result| self.judged(whole, Some(result), answered)).collect();
        }
        let sent = if self.records == 1 { "1 record was".to_owned() } else { format!("{} records were", self.records) };
        let message = format!(
            "The endpoint answered with a list of {} where {sent} sent: what became of each is not known. Enter the path to the results (response.resourcePath), or send the records one by one.",
            results.len()
        );
        self.for_all(&Err(self.failure("no_result", message, answered.status_code, None)))
    }

    /// Judges the result of a record, or the whole answer where it has nothing of its own.
    fn judged(&self, whole: &Val, own: Option<&Val>, answered: &Answered) -> Outcome {
        let reply = &self.slot.reply;
        let own_part = own.unwrap_or(whole);
        let signs = [&reply.verdict.fail, &reply.verdict.success];
        let is_in = |value: &Val| signs.into_iter().flatten().any(|sign| sign.path.get(value).is_some());
        let judged = if !is_in(own_part) && is_in(whole) { whole } else { own_part };
        let json = || {
            let shown = if self.batched { own_part } else { whole };
            Some(shown).filter(|shown| self.reads_answer && **shown != Val::Absent).cloned()
        };
        match reply.verdict.failure(judged, &self.slot.endpoint.scrub) {
            Some(said) => Err(self.failure("rejected", format!("The endpoint {said}"), answered.status_code, json())),
            None => {
                let id = if self.reads_answer { self.id(own_part).or_else(|| self.id(whole)) } else { None };
                Ok(Answered { id, json: json(), ..answered.clone() })
            }
        }
    }

    fn id(&self, value: &Val) -> Option<Val> {
        let found = match (&self.slot.reply.id_path, value) {
            (Some(path), _) => path.get(value),
            (None, Val::Map(fields)) => fields.get("id").or_else(|| fields.get("_id")),
            (None, _) => None,
        };
        found.filter(|found| !found.is_empty()).cloned()
    }

    fn failure(&self, code: &'static str, message: String, status: u16, json: Option<Val>) -> Failure {
        let json = json.filter(|_| self.reads_answer);
        Failure { status_code: Some(status), json, ..Failure::new(code, message) }
    }

    fn for_all(&self, outcome: &Outcome) -> Vec<Outcome> {
        vec![outcome.clone(); self.records]
    }
}

/// A body as one value; absent when there is none.
pub(super) fn parse(body: &[u8], kind: AnswerType) -> Result<Val, String> {
    if body.trim_ascii().is_empty() {
        return Ok(Val::Absent);
    }
    match kind {
        AnswerType::Text => Ok(Val::text(&String::from_utf8_lossy(body))),
        AnswerType::Json => {
            Val::parse(body, &mut KeyPool::default()).map_err(|error| format!("its answer is not valid JSON: {error}"))
        }
        AnswerType::Xml => {
            let mut reader = XmlReader::new(XmlOptions { automatic: false, ..XmlOptions::new(XmlPath::default()) });
            let mut rows = Vec::new();
            let read = reader.push(body, &mut rows).and_then(|()| reader.finish(&mut rows));
            read.map_err(|error| format!("its answer cannot be read as XML: {error}"))?;
            let document = rows.into_iter().next().transpose();
            let document = document.map_err(|error| format!("its answer cannot be read as XML: {error}"))?;
            Ok(document.map_or(Val::Absent, Val::Map))
        }
        AnswerType::Csv { has_header_row } => {
            let mut reader = CsvReader::new(CsvOptions { has_header_row, ..CsvOptions::default() });
            let mut rows = Vec::new();
            let read = reader.push(body, &mut rows).and_then(|()| reader.finish(&mut rows));
            read.map_err(|error| format!("its answer cannot be read as CSV: {error}"))?;
            // Results stand in the place of their records: none may be left out.
            let rows: Result<Vec<_>, _> = rows.into_iter().map(|row| row.map(Val::Map)).collect();
            rows.map(Val::List).map_err(|error| format!("its answer cannot be read as CSV: {error}"))
        }
    }
}
