//! Sends records to an endpoint, one or a batch a request.

use futures::future::FutureExt;
use futures::stream::{self, StreamExt};
use tombolo_model::{Record, Val};
use tombolo_template::TemplateError;

use super::answer::{beginning, refusal};
use super::exchange::exchange;
use super::request::{accept_json, body, build};
use super::shared::Shared;
use super::write::{Failure, Outgoing};
use crate::http::{Request, sends_records};
use crate::plan::HttpWrite;

pub(super) struct HttpDestination<'a, 's> {
    shared: &'a Shared<'s>,
    write: &'a HttpWrite,
}

impl<'a, 's> HttpDestination<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, write: &'a HttpWrite) -> Self {
        Self { shared, write }
    }

    /// Sends a page. Requests begin in the order of the records, several at a time.
    pub(super) async fn write(&self, records: Vec<Outgoing<'_>>) -> Vec<Failure> {
        let batches: Vec<&[Outgoing<'_>]> = records.chunks(self.write.batch_size).collect();
        let sent: Vec<Vec<Failure>> = stream::iter(batches)
            .map(|batch| self.send(batch).boxed_local())
            .buffered(self.write.endpoint.concurrency)
            .collect()
            .await;
        sent.into_iter().flatten().collect()
    }

    async fn send(&self, batch: &[Outgoing<'_>]) -> Vec<Failure> {
        let request = match self.request(batch) {
            Ok(request) => request,
            Err(error) => return fail(batch, "template", &error.to_string()),
        };
        let scrub = &self.write.endpoint.scrub;
        let mut response = match exchange(self.shared, &self.write.endpoint, request).await {
            Ok(response) => response,
            Err(error) => {
                return fail(batch, "http", &format!("The endpoint {}.", scrub.clean(&error.to_string())));
            }
        };
        // Read to its end where it is short, so that the connection can be used again.
        let said = beginning(self.shared.host, &mut response).await;
        if (200..=299).contains(&response.status) {
            return Vec::new();
        }
        let said = refusal(response.status, &said, self.write.error_path.as_ref(), scrub);
        fail(batch, "http_status", &format!("The endpoint {said}"))
    }

    fn request(&self, batch: &[Outgoing<'_>]) -> Result<Request, TemplateError> {
        let single = self.write.batch_size == 1;
        let before = if single { Val::Absent } else { batch_of(batch, |one| &one.item.value) };
        let scope = |name: &str| match name {
            "record" => batch.first().map(|one| &one.item.value),
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
            if self.write.send_mapped { one.mapped.to_json() } else { one.item.value.to_json() }
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

fn fail(batch: &[Outgoing<'_>], code: &'static str, message: &str) -> Vec<Failure> {
    batch.iter().map(|one| Failure { at: one.at, code, message: message.to_owned() }).collect()
}
