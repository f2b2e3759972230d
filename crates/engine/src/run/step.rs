//! One step: filter, mapping, destination, page by page.

use std::borrow::Cow;

use futures::channel::mpsc;
use futures::sink::SinkExt;
use futures::stream::StreamExt;
use tombolo_model::Val;
use tombolo_model::run::RunError;

use super::scripted::{Fault, passes};
use super::shared::{Place, Shared};
use super::write::{Outgoing, Writer};
use super::{Item, Page};
use crate::lookup::Answers;
use crate::mapper::{Around, Mapped};
use crate::plan::Step;

/// What became of a record at this step.
enum Fate {
    /// The filter left it out; it goes on.
    Ignored,
    /// It is written; it goes on.
    Written,
    /// It goes on only if the step says so.
    Failed,
}

pub(super) async fn run(
    shared: &Shared<'_>,
    at: usize,
    mut incoming: mpsc::Receiver<Page>,
    mut outgoing: Option<mpsc::Sender<Page>>,
) -> Result<(), RunError> {
    let place = shared.step_place(at);
    let step = &shared.plan.steps[at];
    let fatal = |(code, message): (&str, String)| {
        let message = format!("“{}”: {message}", step.named.name);
        shared.step_failed(place, code, message)
    };
    let mut writer = Writer::open(shared, step).await.map_err(fatal)?;
    while let Some(page) = incoming.next().await {
        let fates = one_page(shared, place, step, &page, &mut writer).await.map_err(fatal)?;
        shared.page_done(place);
        if let Some(next) = &mut outgoing {
            let goes_on = |fate: &Fate| !matches!(fate, Fate::Failed) || step.proceed_on_failure;
            let page: Page =
                page.into_iter().zip(fates).filter(|(_, fate)| goes_on(fate)).map(|(item, _)| item).collect();
            // The next step ends before this one only when the run is ending.
            if !page.is_empty() && next.send(page).await.is_err() {
                return Ok(());
            }
        }
    }
    // A file with half of the records must not look like one with all of them.
    if shared.source_error().is_none()
        && let Some(file) = writer.finish().await.map_err(fatal)?
    {
        shared.file_done(place, file);
    }
    shared.say(place);
    Ok(())
}

async fn one_page(
    shared: &Shared<'_>,
    place: Place,
    step: &Step,
    page: &Page,
    writer: &mut Writer<'_, '_>,
) -> Result<Vec<Fate>, (&'static str, String)> {
    let mut fates: Vec<Fate> = Vec::with_capacity(page.len());
    let mut ready: Vec<Outgoing<'_>> = Vec::with_capacity(page.len());
    for item in page {
        shared.count(place, |count| count.received += 1);
        match filtered(shared, place, step, item).await {
            Ok(true) => {}
            Ok(false) => {
                shared.count(place, |count| count.ignored += 1);
                fates.push(Fate::Ignored);
                continue;
            }
            Err((code, message)) => {
                shared.record_failed(place, &code, message, item.index, Some(&item.value));
                fates.push(Fate::Failed);
                continue;
            }
        }
        match map(shared, step, item) {
            Ok(None) => {
                shared.count(place, |count| count.ignored += 1);
                fates.push(Fate::Ignored);
            }
            Ok(Some(mapped)) => {
                ready.push(Outgoing { at: fates.len(), item, mapped });
                fates.push(Fate::Written);
            }
            Err(message) => {
                shared.record_failed(place, "mapping", message, item.index, Some(&item.value));
                fates.push(Fate::Failed);
            }
        }
    }
    for submitted in writer.write(ready).await? {
        let item = &page[submitted.at];
        match submitted.result {
            Ok(answered) if answered.ignored => {
                shared.count(place, |count| count.ignored += 1);
                fates[submitted.at] = Fate::Ignored;
            }
            Ok(_) => shared.count(place, |count| count.success += 1),
            Err(failure) => {
                shared.record_failed(place, failure.code, failure.message, item.index, Some(&item.value));
                fates[submitted.at] = Fate::Failed;
            }
        }
    }
    Ok(fates)
}

async fn filtered(shared: &Shared<'_>, place: Place, step: &Step, item: &Item) -> Result<bool, Fault> {
    match &step.filter {
        None => Ok(true),
        Some(filter) => passes(shared, place, filter, &item.value, item.index).await,
    }
}

/// The record as it is written; nothing when the mapping discards it.
fn map<'i>(shared: &Shared<'_>, step: &Step, item: &'i Item) -> Result<Option<Cow<'i, Val>>, String> {
    let Some(mapper) = &step.mapper else {
        return Ok(Some(Cow::Borrowed(&item.value)));
    };
    let scope = |name: &str| match name {
        "record" => Some(&item.value),
        "timestamp" => Some(&shared.started),
        _ => step.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
    };
    let answers = Answers::default();
    match mapper.map(&item.value, &Around::new(&scope, &shared.env, &answers)) {
        Ok(Mapped::Made(mapped)) => Ok(Some(Cow::Owned(mapped))),
        Ok(Mapped::Discarded) => Ok(None),
        // Refused before the run.
        Ok(Mapped::Asks(_)) => Err("a lookup that asks does not run yet.".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
