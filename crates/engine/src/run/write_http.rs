//! Sends records to an endpoint, one or a batch a request.

use std::rc::Rc;

use futures::future::FutureExt;
use futures::stream::{self, StreamExt};
use tombolo_model::{KeyPool, Record, Val};
use tombolo_template::TemplateError;

use super::answer::{beginning, refusal, whole};
use super::exchange::{Ask, Exchanged, ask};
use super::request::{accept_json, body, build};
use super::shared::{Place, Shared};
use super::write::{Answered, Failure, Outgoing, Submitted};
use crate::http::{Request, Response, sends_records};
use crate::plan::{HttpWrite, Import};
use crate::units::MAX_REPLY_BYTES;

pub(super) struct HttpDestination<'a, 's> {
    shared: &'a Shared<'s>,
    write: &'a HttpWrite,
    place: Place,
    reads_answer: bool,
}

impl<'a, 's> HttpDestination<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, step: &Import, write: &'a HttpWrite) -> Self {
        Self { shared, write, place, reads_answer: step.reads_answer }
    }

    /// Sends a page. Requests begin in the order of the records, several at a time.
    pub(super) async fn write(&self, records: Vec<Outgoing<'_>>) -> Vec<Submitted> {
        let batches: Vec<&[Outgoing<'_>]> = records.chunks(self.write.batch_size).collect();
        let sent: Vec<Vec<Submitted>> = stream::iter(batches)
            .map(|batch| self.send(batch).boxed_local())
            .buffer_unordered(self.write.endpoint.concurrency)
            .collect()
            .await;
        let mut all: Vec<Submitted> = sent.into_iter().flatten().collect();
        all.sort_unstable_by_key(|one| one.at);
        all
    }

    async fn send(&self, batch: &[Outgoing<'_>]) -> Vec<Submitted> {
        let result = match self.request(batch) {
            Ok(request) => self.ask(request, batch.len()).await,
            Err(error) => Err(Failure::new("template", error.to_string())),
        };
        batch.iter().map(|one| Submitted { at: one.at, result: result.clone() }).collect()
    }

    async fn ask(&self, request: Request, records: usize) -> Result<Answered, Failure> {
        let scrub = &self.write.endpoint.scrub;
        let asked = Ask { place: self.place, endpoint: &self.write.endpoint, records: records as u64, reads: false };
        let Exchanged { result, tries } = ask(self.shared, &asked, request).await;
        let tried = if tries > 1 { format!(" It was tried {tries} times.") } else { String::new() };
        let mut response = result.map_err(|error| {
            Failure::new("http", format!("The endpoint {}.{tried}", scrub.clean(&error.to_string())))
        })?;
        let status = response.status;
        let taken = (200..=299).contains(&status);
        if taken && self.reads_answer {
            return self.read(response).await;
        }
        // Read to its end where it is short, so that the connection can be used again.
        let said = beginning(self.shared.host, &mut response).await;
        if taken {
            return Ok(Answered { status_code: status, ..Answered::default() });
        }
        let message = refusal(status, &said, self.write.error_path.as_ref(), scrub);
        let json = self.reads_answer.then(|| Val::parse(&said, &mut KeyPool::default()).ok()).flatten();
        Err(Failure {
            status_code: Some(status),
            json,
            ..Failure::new("http_status", format!("The endpoint {message}{tried}"))
        })
    }

    async fn read(&self, mut response: Response) -> Result<Answered, Failure> {
        let status_code = response.status;
        let failed = |code, said: &str| {
            let message = format!("The endpoint took the record and {said}.");
            Failure { status_code: Some(status_code), ..Failure::new(code, message) }
        };
        let read = whole(self.shared.host, &mut response, MAX_REPLY_BYTES).await;
        let body = read.map_err(|said| failed("http", &self.write.endpoint.scrub.clean(&said)))?;
        let json = if body.trim_ascii().is_empty() {
            None
        } else {
            let parsed = Val::parse(&body, &mut KeyPool::default());
            Some(parsed.map_err(|_| failed("parse", "answered with something that is not JSON"))?)
        };
        let id = json.as_ref().and_then(|json| match json {
            Val::Map(fields) => fields.get("id").or_else(|| fields.get("_id")).cloned(),
            _ => None,
        });
        let headers = Some(Rc::new(response.headers));
        Ok(Answered { status_code, ignored: false, id, json, headers })
    }

    fn request(&self, batch: &[Outgoing<'_>]) -> Result<Request, TemplateError> {
        let single = self.write.batch_size == 1;
        let before = if single { Val::Absent } else { batch_of(batch, |one| one.record) };
        let scope = |name: &str| match name {
            "record" => batch.first().map(|one| one.record),
            "batch_of_records" => Some(&before),
            other => self.shared_scope(other),
        };
        let sent = match (&self.write.body, sends_records(&self.write.endpoint.method)) {
            (Some(template), _) => {
                let after = if single { Val::Absent } else { batch_of(batch, |one| &one.mapped) };
                let scope = |name: &str| match name {
                    "record" => batch.first().map(|one| &*one.mapped),
                    "batch_of_records" => Some(&after),
                    other => self.shared_scope(other),
                };
                Some(body(template, &scope, &self.shared.env)?)
            }
            (None, false) => None,
            (None, true) => Some(self.json(batch, single).into()),
        };
        Ok(accept_json(build(&self.write.endpoint, &scope, &self.shared.env, None, sent)?))
    }

    fn json(&self, batch: &[Outgoing<'_>], single: bool) -> Vec<u8> {
        let value = |one: &Outgoing<'_>| {
            if self.write.send_mapped { one.mapped.to_json() } else { one.record.to_json() }
        };
        let texts: Vec<String> = batch.iter().map(value).collect();
        let joined = texts.join(",");
        if single { joined.into_bytes() } else { format!("[{joined}]").into_bytes() }
    }

    fn shared_scope(&self, name: &str) -> Option<&Val> {
        if name == "timestamp" {
            return Some(&self.shared.started);
        }
        let context = &self.write.endpoint.context;
        context.iter().find(|(have, _)| *have == name).map(|(_, value)| value)
    }
}

/// `batch_of_records`: each record under the name `record`.
fn batch_of<'o>(batch: &'o [Outgoing<'_>], value: impl Fn(&'o Outgoing<'o>) -> &'o Val) -> Val {
    let wrap = |one: &'o Outgoing<'_>| {
        let mut record = Record::default();
        record.set("record", value(one).clone());
        Val::Map(record)
    };
    Val::List(batch.iter().map(wrap).collect())
}
