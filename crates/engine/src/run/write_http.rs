//! Sends records to an endpoint, one or a batch a request.

use std::cell::Cell;

use futures::future::FutureExt;
use futures::stream::{self, StreamExt};
use tombolo_model::{Record, Val};

use super::answer::{beginning, whole};
use super::capture;
use super::exchange::{Ask, Exchanged, ask};
use super::reply::{Reading, parse};
use super::request::{accept, body, build};
use super::retry::{did_nothing, is_passing, is_repeatable};
use super::shaped::wrapped;
use super::shared::{Place, Shared};
use super::submit;
use super::write::{Answered, Failure, Outgoing, Submitted};
use super::write_body::{Sent, check_json, of_records, of_text, without_empty};
use crate::http::{Request, sends_records};
use crate::plan::{HttpWrite, Import, Media, Operation, Slot};
use crate::secret::Masked;
use crate::units::MAX_REPLY_BYTES;

pub(super) struct HttpDestination<'a, 's> {
    shared: &'a Shared<'s>,
    write: &'a HttpWrite,
    place: Place,
    name: &'a str,
    reads_answer: bool,
    /// Pages so far.
    pages: u64,
}

/// Records of one request.
struct Batch<'a, 'i> {
    slot: &'a Slot,
    records: Vec<Outgoing<'i>>,
}

/// Why a request cannot be made: code and message.
type Unmade = (&'static str, String);

impl<'a, 's> HttpDestination<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, step: &'a Import, write: &'a HttpWrite) -> Self {
        Self { shared, write, place, name: &step.named.name, reads_answer: step.reads_answer, pages: 0 }
    }

    /// Sends a page. Requests begin in the order of the records, several at a time.
    pub(super) async fn write(&mut self, records: Vec<Outgoing<'_>>) -> Vec<Submitted> {
        self.pages += 1;
        let (batches, mut all) = self.batches(records);
        let most = self.write.slots.iter().map(|slot| slot.endpoint.concurrency).max().unwrap_or(1);
        let most = if self.write.one_at_a_time { 1 } else { most };
        let this = &*self;
        let sent: Vec<Vec<Submitted>> =
            stream::iter(batches).map(|batch| this.send(batch).boxed_local()).buffer_unordered(most).collect().await;
        all.extend(sent.into_iter().flatten());
        all.sort_unstable_by_key(|one| one.at);
        all
    }

    /// Shows the requests that would be sent, each as a stage of its first record; gives the records that none can be made
    /// for.
    pub(super) fn show(&self, records: Vec<Outgoing<'_>>) -> Vec<(usize, Failure)> {
        let mut failed = Vec::new();
        for Batch { slot, records } in self.batches(records).0 {
            let Some(first) = records.first() else { continue };
            match self.request(slot, &records) {
                Ok(request) => {
                    let first = (first.index, &*first.mapped);
                    capture::unsent(self.shared, self.place, &slot.endpoint, &request, first);
                }
                Err((code, message)) => {
                    let came = Err((code, message.as_str()));
                    self.shared.stage(self.place, "request", first.index, &first.mapped, came);
                    failed.extend(records.iter().map(|one| (one.at, Failure::new(code, message.clone()))));
                }
            }
        }
        failed
    }

    /// Parts records by their operation, and those of each into batches. A batch stands where its first record does.
    fn batches<'i>(&self, records: Vec<Outgoing<'i>>) -> (Vec<Batch<'a, 'i>>, Vec<Submitted>) {
        let mut batches: Vec<Batch<'a, 'i>> = Vec::new();
        let mut open: Vec<Option<usize>> = vec![None; self.write.slots.len()];
        let mut ignored = Vec::new();
        for one in records {
            let operation = one.operation;
            if operation == Operation::Ignore {
                let result = Ok(Answered { status_code: 200, ignored: true, ..Answered::default() });
                ignored.push(Submitted { at: one.at, result });
                continue;
            }
            let slot = self.write.slot(operation);
            match open[slot].filter(|at| batches[*at].records.len() < self.write.batch_size) {
                Some(at) => batches[at].records.push(one),
                None => {
                    open[slot] = Some(batches.len());
                    batches.push(Batch { slot: &self.write.slots[slot], records: vec![one] });
                }
            }
        }
        (batches, ignored)
    }

    /// Sends a batch. One that is too big, or that a template cannot be made for, is sent in halves: what is wrong with
    /// one record is not the fault of the others.
    async fn send(&self, batch: Batch<'a, '_>) -> Vec<Submitted> {
        let mut done = Vec::with_capacity(batch.records.len());
        let mut left = vec![batch.records];
        while let Some(mut records) = left.pop() {
            let results = match self.request(batch.slot, &records) {
                Ok(request) => self.ask(batch.slot, request, &records).await,
                Err(_) if records.len() > 1 => {
                    let second = records.split_off(records.len() / 2);
                    left.extend([second, records]);
                    continue;
                }
                Err((code, message)) => vec![Err(Failure::new(code, message))],
            };
            done.extend(records.iter().zip(results).map(|(one, result)| Submitted { at: one.at, result }));
        }
        done
    }

    async fn ask(&self, slot: &Slot, request: Request, sent: &[Outgoing<'_>]) -> Vec<Result<Answered, Failure>> {
        let records = sent.len();
        let scrub = &slot.endpoint.scrub;
        let reading = Reading {
            slot,
            reads_answer: self.reads_answer,
            batched: self.write.batch_size > 1,
            records,
            direct: self.write.helper.is_none(),
            unclear: Cell::new(false),
        };
        let asked = Ask { place: self.place, endpoint: &slot.endpoint, records: records as u64, reads: false };
        let repeatable = is_repeatable(&request);
        let Exchanged { result, tries } = ask(self.shared, &asked, request).await;
        let tried = if tries > 1 { format!(" It was tried {tries} times.") } else { String::new() };
        let failed = |code, message: String, status_code| {
            vec![Err(Failure { status_code, ..Failure::new(code, message) }); records]
        };
        let mut response = match result {
            Ok(response) => response,
            Err(error) => {
                return failed("http", format!("The endpoint {}.{tried}", scrub.clean(&error.to_string())), None);
            }
        };
        let status = response.status;
        if !(200..=299).contains(&status) {
            let said = beginning(self.shared.host, &mut response).await;
            if tries == 1 && !repeatable && is_passing(status) && !did_nothing(status) {
                let more = " It was not sent again: what was sent may have been taken, and would be there twice.";
                return reading.refused(status, &said, more);
            }
            return reading.refused(status, &said, &tried);
        }
        let body = if reading.reads_body() || self.write.helper.is_some() {
            match whole(self.shared.host, &mut response, MAX_REPLY_BYTES).await {
                Ok(body) => body,
                Err(said) => {
                    let message = format!("The endpoint took what was sent, but {}.", scrub.clean(&said));
                    return failed("http", message, Some(status));
                }
            }
        } else if reading.may_have_results() {
            // One that breaks off has none, and its status counts.
            whole(self.shared.host, &mut response, MAX_REPLY_BYTES).await.unwrap_or_default()
        } else {
            // Read to its end where it is short, so that the connection can be used again.
            beginning(self.shared.host, &mut response).await
        };
        let Some(helper) = &self.write.helper else {
            let results = reading.taken(status, response.headers, &body);
            if reading.unclear.get() {
                self.shared.warn(self.place, self.unclear());
            }
            return results;
        };
        let submitted = match parse(&body, slot.reply.success) {
            Ok(submitted) => submitted,
            Err(reason) => {
                let message = format!("The endpoint took the work, but {reason}.");
                return failed("parse", scrub.clean(&message).into_owned(), Some(status));
            }
        };
        // Scripts are told requests apart by this, whichever is faster.
        let turn = (self.pages << 32) ^ sent.first().map_or(0, |one| one.at as u64);
        match submit::result(self.shared, self.place, helper, submitted, turn).await {
            Ok(whole) => reading.of(status, response.headers, &whole),
            Err(failure) => {
                // The answer to what was submitted may be what it is about.
                let message = scrub.clean(&failure.message).into_owned();
                vec![Err(Failure { message, ..failure }); records]
            }
        }
    }

    fn unclear(&self) -> String {
        format!(
            "“{}” sends several records at once and is answered with one object, so each record counts as the whole answer says. Enter the path to the results of the records in it (response.resourcePath), or send the records one by one.",
            self.name
        )
    }

    fn request(&self, slot: &Slot, records: &[Outgoing<'_>]) -> Result<Request, Unmade> {
        let template = |error: tombolo_template::TemplateError| ("template", error.to_string());
        let before = self.names(slot, records, |one| one.record);
        let scope = |name: &str| before.find(name).or_else(|| self.shared_scope(slot, name));
        let (sent, content_type) = match &slot.body {
            Some(text) => {
                let after = self.names(slot, records, |one| &one.mapped);
                let scope = |name: &str| after.find(name).or_else(|| self.shared_scope(slot, name));
                let made = body(text, &scope, self.shared.env(self.place)).map_err(template)?;
                let plain = matches!(slot.media, Media::UrlEncoded | Media::FormData)
                    || (slot.media == Media::Json && self.write.drop_empty);
                if plain && made.masked().is_none() {
                    let Sent { bytes, content_type } =
                        of_text(slot.media, made.reveal(), self.write.drop_empty).map_err(|said| ("body", said))?;
                    (Some(bytes.into()), content_type)
                } else {
                    (Some(made), None)
                }
            }
            None if sends_records(&slot.endpoint.method) => {
                let Sent { bytes, content_type } = self.records(slot, records).map_err(|said| ("body", said))?;
                (Some(bytes.into()), content_type)
            }
            None => (None, None),
        };
        if let (Some(most), Some(body)) = (self.write.most_bytes, &sent)
            && body.len() > most
        {
            let message = format!(
                "What is to be sent has {} bytes, and the endpoint takes {most} at most: send less in this record.",
                body.len()
            );
            return Err(("too_big", message));
        }
        let mut request = build(&slot.endpoint, &scope, self.shared.env(self.place), None, sent).map_err(template)?;
        if let Some(content_type) = content_type {
            for (name, value) in &mut request.headers {
                if name.eq_ignore_ascii_case("content-type") {
                    *value = Masked::plain(content_type.clone());
                }
            }
        }
        if slot.body.is_some() {
            check_json(&request).map_err(|said| ("body", said))?;
        }
        Ok(accept(request, slot.reply.success.accept()))
    }

    /// The records themselves as the body.
    fn records(&self, slot: &Slot, records: &[Outgoing<'_>]) -> Result<Sent, String> {
        let value = |one: &'_ Outgoing<'_>| {
            let value = if self.write.send_mapped { &*one.mapped } else { one.record };
            if self.write.drop_empty {
                without_empty(value).or_else(|| Some(Val::Map(Record::default())))
            } else {
                None
            }
        };
        let left: Vec<Option<Val>> = records.iter().map(value).collect();
        let values: Vec<&Val> = records
            .iter()
            .zip(&left)
            .map(|(one, left)| match left {
                Some(left) => left,
                None if self.write.send_mapped => &*one.mapped,
                None => one.record,
            })
            .collect();
        of_records(slot.media, &values, self.write.batch_size > 1)
    }

    fn names<'o>(
        &self,
        slot: &Slot,
        records: &'o [Outgoing<'o>],
        value: impl Fn(&'o Outgoing<'o>) -> &'o Val,
    ) -> Names<'o> {
        let batch = (self.write.batch_size > 1 && slot.names_batch)
            .then(|| Val::List(records.iter().map(|one| wrapped(value(one))).collect()));
        let data = slot.names_data.then(|| Val::List(records.iter().map(|one| value(one).clone()).collect()));
        let looked_up = records.first().and_then(|one| one.looked_up);
        Names { first: records.first().map(value), batch, data, looked_up }
    }

    fn shared_scope<'c>(&'c self, slot: &'c Slot, name: &str) -> Option<&'c Val> {
        if name == "timestamp" {
            return Some(&self.shared.started);
        }
        slot.endpoint.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value)
    }
}

/// What templates call the records of a request.
struct Names<'o> {
    first: Option<&'o Val>,
    /// `batch_of_records`, where records are sent several at a time.
    batch: Option<Val>,
    /// `data`, for templates that name it.
    data: Option<Val>,
    /// What lookups found for the first record.
    looked_up: Option<&'o Val>,
}

impl Names<'_> {
    fn find(&self, name: &str) -> Option<&Val> {
        match (name, self.first) {
            ("rows", Some(rows @ Val::List(_))) => Some(rows),
            ("record", first) => first,
            ("batch_of_records", _) => self.batch.as_ref(),
            ("data", _) => self.data.as_ref(),
            ("lookup", _) => self.looked_up,
            _ => None,
        }
    }
}
