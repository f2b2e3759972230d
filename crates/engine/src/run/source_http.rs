//! Reads an endpoint page by page.

use futures::future::FutureExt;
use tombolo_formats::{Row, RowError};
use tombolo_model::{KeyPool, Val};
use tombolo_template::TemplateError;

use super::answer::{beginning, refusal};
use super::exchange::exchange;
use super::paging::{Answer, Progress};
use super::request::{accept, body, build};
use super::shared::{Place, Shared};
use super::source::{Failure, Intake, Stopped};
use super::source_body::{Body, Came, unreachable};
use super::source_names::Names;
use super::submit;
use crate::http::{Request, Response, sends_records};
use crate::path::Path;
use crate::plan::{AsyncHelper, Endpoint, Format, HttpRead, Paging, Read, Source};

/// The record that a lookup is for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// As it came, for the address and headers.
    pub(super) record: &'a Val,
    /// As the mapping of the request made it, for the body.
    pub(super) mapped: Option<&'a Val>,
}

/// One reading of an endpoint.
struct Reading<'a, 's> {
    shared: &'a Shared<'s>,
    place: Place,
    source: &'a Source,
    read: &'a HttpRead,
    asked: Option<Asked<'a>>,
}

/// A request, and what the template of its address made where that decides whether there is one.
struct Made {
    request: Request,
    relative: Option<String>,
}

/// Reads all pages.
pub(super) async fn read(
    shared: &Shared<'_>,
    (place, source): (Place, &Source),
    read: &HttpRead,
    asked: Option<Asked<'_>>,
    intake: &mut impl Intake,
) -> Result<(), Stopped> {
    let reading = Reading { shared, place, source, read, asked };
    let mut progress = Progress::new(read);
    loop {
        let made = reading.request(&progress).map_err(|error| Failure::new("template", error.to_string()))?;
        let url = made.request.url.clone();
        if !progress.leads_on(made.relative.as_deref(), &url.to_string())? {
            return Ok(());
        }
        let sent = exchange(shared, place, reading.endpoint(&progress), made.request).await;
        let response = sent.map_err(|error| unreachable(&read.endpoint.scrub, &error))?;
        intake.answered(response.status);
        if let Some(helper) = &read.helper {
            return reading.later(place, helper, response, intake).await;
        }
        let Some(answer) = reading.answer(response, &progress, intake).await? else { return Ok(()) };
        if !progress.goes_on(answer, &url)? {
            return Ok(());
        }
    }
}

impl<'a> Reading<'a, '_> {
    fn endpoint(&self, progress: &Progress<'_>) -> &'a Endpoint {
        let later = self.read.paging.as_ref().and_then(|paging| paging.later.endpoint.as_deref());
        later.filter(|_| progress.is_later()).unwrap_or(&self.read.endpoint)
    }

    fn format(&self, progress: &Progress<'_>) -> &'a Format {
        let later = self.read.paging.as_ref().and_then(|paging| paging.later.format.as_ref());
        later.filter(|_| progress.is_later()).unwrap_or(&self.read.format)
    }

    fn request(&self, progress: &Progress<'_>) -> Result<Made, TemplateError> {
        let env = self.shared.env(self.place);
        let record = self.asked.map(|asked| asked.record);
        let names = Names::new(self.shared, self.source, record, progress.export(), progress.previous.as_ref());
        let scope = |name: &str| names.find(name);
        let endpoint = self.endpoint(progress);
        let relative = match &self.read.paging {
            Some(paging) if progress.is_later() && paging.makes_addresses() => {
                Some(endpoint.uri.render_in(&tombolo_template::Named(&scope), env)?)
            }
            _ => None,
        };
        let mapped = self.asked.and_then(|asked| asked.mapped);
        let after = |name: &str| match (name, mapped) {
            ("record", Some(mapped)) => Some(mapped),
            _ => names.find(name),
        };
        let later = self.read.paging.as_ref().and_then(|paging| paging.later.body.as_ref());
        let sent = match (later.filter(|_| progress.is_later()).or(self.read.body.as_ref()), mapped) {
            (Some(template), _) => Some(body(template, &after, env)?),
            (None, Some(mapped)) if sends_records(&endpoint.method) => Some(mapped.to_json().into_bytes().into()),
            (None, _) => None,
        };
        let next = progress.next_url.clone();
        let request = build(endpoint, &scope, env, next, sent)?;
        Ok(Made { request: accept(request, self.read.accept), relative })
    }

    /// Waits for what the application does in its own time, and reads what came of it. What was sent is work, and is not
    /// sent again for another page.
    async fn later(
        &self,
        place: Place,
        helper: &AsyncHelper,
        mut response: Response,
        intake: &mut impl Intake,
    ) -> Result<(), Stopped> {
        let scrub = &self.read.endpoint.scrub;
        if !(200..=299).contains(&response.status) {
            let said = beginning(self.shared.host, &mut response).await;
            let said = refusal(response.status, &said, self.read.verdict.error_path.as_ref(), scrub);
            return Err(Failure::new("http_status", format!("the endpoint {said}")).into());
        }
        let body = Body { shared: self.shared, format: &self.read.format, scrub, keep_last: false };
        let bytes = body.whole(response).await?;
        let answer = body.value(&bytes)?;
        if let Some(why) = self.read.verdict.failure(&answer, scrub) {
            return Err(Failure::new("rejected", format!("the endpoint {why}")).into());
        }
        let done = submit::done(self.shared, place, helper, answer, 0).await;
        let done = done.map_err(|failure| Failure::new(failure.code, failure.message))?;
        match helper.result.as_ref().map(|source| (source, &source.read)) {
            None => {
                let mut rows = records_of(&done.status, self.read);
                intake.take(&mut rows).await
            }
            Some((source, Read::Http(http))) => {
                let record = done.record();
                let asked = Asked { record: &record, mapped: None };
                // The result's own export has no helper, so this ends.
                read(self.shared, (place, source), http, Some(asked), intake).boxed_local().await
            }
            Some((_, Read::File(_) | Read::Listener(_))) => {
                Err(Failure::new("unsupported", "the result of work is read from an endpoint, and from nothing else.")
                    .into())
            }
        }
    }

    /// Hands the records of an answer on; nothing when the answer says that there are no more pages.
    async fn answer(
        &self,
        mut response: Response,
        progress: &Progress<'_>,
        intake: &mut impl Intake,
    ) -> Result<Option<Answer>, Stopped> {
        let read = self.read;
        let stop = read.paging.as_ref().map(|paging| &paging.stop);
        let scrub = &read.endpoint.scrub;
        match (response.status, stop.and_then(|stop| stop.last_page_status)) {
            (204, _) => return Ok(None),
            (status, Some(last)) if status == last => return Ok(None),
            (404, None) if progress.is_later() => return Ok(None),
            (404, None) if read.paging.as_ref().is_some_and(Paging::counts) => {
                // It is how paging that counts ends, also before it began; a wrong address looks the same.
                let name = &self.source.named.name;
                self.shared.warn(
                    self.place,
                    format!("“{name}” was answered 404 when it asked for its first page, which says that there are no records. Where there should be some, check the address."),
                );
                return Ok(None);
            }
            (200..=299, _) => {}
            (status, _) => {
                let said = beginning(self.shared.host, &mut response).await;
                let value = Val::parse(&said, &mut KeyPool::default());
                if progress.is_later() && value.is_ok_and(|value| stop.is_some_and(|stop| stop.is_last_page(&value))) {
                    return Ok(None);
                }
                let said = refusal(status, &said, read.verdict.error_path.as_ref(), scrub);
                return Err(Failure::new("http_status", format!("the endpoint {said}")).into());
            }
        }
        let keep_last = read.paging.as_ref().is_some_and(|paging| paging.previous.record);
        let body = Body { shared: self.shared, format: self.format(progress), scrub, keep_last };
        let headers = response.headers.clone();
        let headers_may_be_hidden = response.headers_may_be_hidden;
        let reads_answer = read.paging.as_ref().is_some_and(|paging| paging.reads_answer());
        let (came, value) = if read.verdict.reads_answer() {
            let bytes = body.whole(response).await?;
            let value = body.value(&bytes)?;
            let last = progress.is_later() && stop.is_some_and(|stop| stop.is_last_page(&value));
            match read.verdict.failure(&value, scrub) {
                // The sign of the last page may be what is no success.
                Some(_) if last => return Ok(None),
                Some(why) => return Err(Failure::new("rejected", format!("the endpoint {why}")).into()),
                None => (body.parse(bytes, intake).await?, Some(value)),
            }
        } else {
            let came = body.stream(response, reads_answer, intake).await?;
            let value = reads_answer.then(|| body.value(&came.bytes)).transpose()?;
            (came, value)
        };
        let Came { records, print, last: last_record, .. } = came;
        Ok(Some(Answer { records, print, value, last_record, headers, headers_may_be_hidden }))
    }
}

/// The records in the last status of work whose result is not asked for.
fn records_of(status: &Val, read: &HttpRead) -> Vec<Row> {
    let path = match &read.format {
        Format::Json { resource_path, .. } => Path::dotted(resource_path).ok(),
        Format::Csv(_) | Format::File(_) | Format::Text => None,
    };
    let found = path.map_or(Some(status), |path| path.get(status));
    let one = |(value, index): (&Val, u64)| match value {
        Val::Map(record) => Ok(record.clone()),
        other => Err(RowError::new(index, format!("Record {} is {} and no object.", index + 1, other.kind()))),
    };
    match found {
        Some(Val::List(all)) => all.iter().zip(0..).map(one).collect(),
        Some(value @ Val::Map(_)) => vec![one((value, 0))],
        _ => Vec::new(),
    }
}
