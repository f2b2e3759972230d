//! Tells an endpoint which records were read, once all of a page are through ([`super::receipt`]).
//!
//! A mark that could not be made is an error of its records and stops nothing: they are read again by the next run,
//! which does less harm than records that nobody reads.

use std::borrow::Cow;

use tombolo_model::Val;
use tombolo_template::TemplateError;

use super::Item;
use super::answer::{beginning, refusal};
use super::exchange::exchange;
use super::receipt::Through;
use super::request::{accept_json, body, build};
use super::shaped::wrapped;
use super::shared::{Place, Shared};
use super::source_names::Names;
use crate::http::Request;
use crate::plan::{Once, Read, Source};

/// A source whose records are marked.
struct Marks<'a, 's> {
    shared: &'a Shared<'s>,
    place: Place,
    source: &'a Source,
    once: &'a Once,
}

/// Marks the pages of all sources as their records are through. The order of requests is that of the pages.
pub(super) async fn mark(shared: &Shared<'_>, mut through: Through) {
    while let Some((place, page)) = through.next().await {
        let source = &shared.plan.sources[place];
        if let Some(once) = &source.once {
            Marks { shared, place, source, once }.page(&page).await;
            shared.say(place);
        }
        through.marked();
    }
}

impl Marks<'_, '_> {
    /// Marks the records of a page.
    async fn page(&self, page: &[Item]) {
        if self.once.for_each_record {
            for item in page {
                self.mark(std::slice::from_ref(item)).await;
            }
        } else if !page.is_empty() {
            self.mark(page).await;
        }
    }

    async fn mark(&self, items: &[Item]) {
        let Err((code, message)) = self.call(items).await else { return };
        for item in items {
            let message = format!("The record was read but could not be marked as read: {message}");
            self.shared.record_failed(self.place, code, message, item.index, Some(&item.value));
        }
    }

    async fn call(&self, items: &[Item]) -> Result<(), (&'static str, String)> {
        let endpoint = &self.once.endpoint;
        let request = self.request(items).map_err(|error| ("template", error.to_string()))?;
        let sent = exchange(self.shared, self.place, endpoint, request).await;
        let mut response =
            sent.map_err(|error| ("http", format!("the endpoint {}.", endpoint.scrub.clean(&error.to_string()))))?;
        // Read to its end where it is short, so that the connection can be used again.
        let said = beginning(self.shared.host, &mut response).await;
        if (200..=299).contains(&response.status) {
            return Ok(());
        }
        Err(("http_status", format!("the endpoint {}", refusal(response.status, &said, None, &endpoint.scrub))))
    }

    fn request(&self, items: &[Item]) -> Result<Request, TemplateError> {
        let page = if self.once.for_each_record { Val::Absent } else { page_of(items) };
        let export = match &self.source.read {
            Read::Http(http) => &http.export,
            Read::File(_) | Read::Listener(_) => &Val::Absent,
        };
        let record = items.first().map(|item| &item.value).filter(|_| self.once.for_each_record);
        let names = Names::new(self.shared, self.source, record, Cow::Borrowed(export), None);
        let scope = |name: &str| match name {
            "page_of_records" | "batch_of_records" => Some(&page),
            _ => names.find(name),
        };
        let env = self.shared.env(self.place);
        let sent = self.once.body.as_ref().map(|template| body(template, &scope, env)).transpose()?;
        Ok(accept_json(build(&self.once.endpoint, &scope, env, None, sent)?))
    }
}

/// The records of a page, each under the name `record`, or `rows` for a group.
fn page_of(items: &[Item]) -> Val {
    Val::List(items.iter().map(|item| wrapped(&item.value)).collect())
}
