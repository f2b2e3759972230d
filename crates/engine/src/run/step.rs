//! One step: what comes to it, what becomes of that, and what goes on.
//!
//! Decides which records are the step's, counts them, and lets go on what may. How they are written or looked up is
//! left to [`super::import`] and [`super::lookup`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use futures::channel::mpsc;
use futures::sink::SinkExt;
use futures::stream::StreamExt;
use tombolo_model::Val;
use tombolo_model::run::RunError;

use super::Page;
use super::import::Importer;
use super::receipt::Held;
use super::scripted::{Fault, pass};
use super::shared::{Place, Shared};
use super::write::Fatal;
use super::{lookup, respond, units};
use crate::plan::{Source, Step, Work};

/// A record as the step sees it: one that came, or with one-to-many an element of its list.
pub(super) struct Unit<'p> {
    /// The place in the page of the record that came.
    pub(super) item: usize,
    /// The place in its list.
    pub(super) child: Option<usize>,
    /// The place of the record in its source.
    pub(super) index: u64,
    pub(super) value: Cow<'p, Val>,
}

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The filter, a hook or the destination left it out; it goes on.
    Ignored,
    /// It is written or looked up; it goes on.
    Done,
    /// It goes on only if the step says so.
    Failed,
}

/// What became of a unit, and what was answered, where something reads that.
pub(super) struct Met {
    pub(super) fate: Fate,
    pub(super) response: Option<Val>,
}

impl Met {
    pub(super) fn without_answer(fate: Fate) -> Self {
        Self { fate, response: None }
    }
}

enum Worker<'a, 's> {
    Import(Box<Importer<'a, 's>>),
    Lookup(&'a Source),
}

/// What is only said of records once the file that they are written to is complete.
#[derive(Default)]
struct Unfinished {
    receipts: Held,
    /// The trace keys of open errors that went through, each with the record that did so last.
    through: BTreeMap<String, u64>,
}

impl Unfinished {
    fn complete(self, shared: &Shared<'_>, place: Place) {
        for (key, index) in self.through {
            shared.went_through(place, &key, index);
        }
        self.receipts.release();
    }
}

pub(super) async fn run(
    shared: &Shared<'_>,
    step: &Step,
    mut incoming: mpsc::Receiver<Page>,
    mut outgoing: Option<mpsc::Sender<Page>>,
) -> Result<(), RunError> {
    let place = step.place;
    let fatal = |(code, message): Fatal| {
        let message = format!("“{}”: {message}", step.named().name);
        shared.step_failed(place, code, message)
    };
    let mut worker = match &step.work {
        Work::Import(import) => Worker::Import(Box::new(Importer::new(shared, step, import))),
        Work::Lookup(source) => Worker::Lookup(source),
    };
    let writes_to_end = matches!(&worker, Worker::Import(importer) if importer.writes_to_end());
    let mut unfinished = writes_to_end.then(Unfinished::default);
    let mut turn = 0;
    while let Some(page) = incoming.next().await {
        let page = if page.is_empty() {
            page
        } else {
            turn += 1;
            let page = one_page(shared, step, page, (&mut worker, unfinished.as_mut()), turn).await.map_err(fatal)?;
            shared.page_done(place);
            page
        };
        // The next step ends before this one only when the run is ending.
        if let Some(next) = &mut outgoing
            && next.send(page).await.is_err()
        {
            return Ok(());
        }
    }
    // A file with half of the records must not look like one with all of them.
    if let (Worker::Import(importer), None) = (worker, shared.source_error()) {
        importer.finish().await.map_err(fatal)?;
        if let Some(unfinished) = unfinished {
            unfinished.complete(shared, place);
        }
    }
    shared.say(place);
    Ok(())
}

/// Works on a page; returns what goes on. `turn` counts the pages.
async fn one_page(
    shared: &Shared<'_>,
    step: &Step,
    mut page: Page,
    (worker, mut unfinished): (&mut Worker<'_, '_>, Option<&mut Unfinished>),
    turn: u64,
) -> Result<Page, Fatal> {
    let mut whole = Vec::with_capacity(page.len());
    {
        let (units, failed) = units::of(shared, step, &page);
        whole.extend(failed.into_iter().map(|at| (at, None, Met::without_answer(Fate::Failed))));
        let mut own = Vec::with_capacity(units.len());
        let mut fates = Vec::with_capacity(units.len());
        let judged = judge(shared, step, &units, turn).await;
        for (unit, fate) in units.into_iter().zip(judged) {
            fates.push((unit.item, unit.child, fate));
            if fate == Fate::Done {
                own.push(unit);
            }
        }
        let met = match worker {
            Worker::Import(importer) => importer.work(&own, turn).await?,
            Worker::Lookup(source) => lookup::work(shared, step, source, &own).await?,
        };
        for (unit, _) in own.iter().zip(&met).filter(|(_, met)| met.fate == Fate::Done) {
            let Some(key) = shared.open_key(step.place, &unit.value) else { continue };
            match &mut unfinished {
                Some(unfinished) => {
                    unfinished.through.insert(key, unit.index);
                }
                None => shared.went_through(step.place, &key, unit.index),
            }
        }
        let mut met = met.into_iter();
        for (item, child, fate) in fates {
            // Exactly those that passed were worked on.
            let met = if fate == Fate::Done { met.next() } else { None };
            whole.push((item, child, met.unwrap_or_else(|| Met::without_answer(fate))));
        }
    }
    let gone = respond::respond(shared, step, &mut page, whole, turn).await;
    let mut left = Page::with_capacity(page.len());
    for (item, gone) in page.into_iter().zip(gone) {
        if gone {
            item.fail();
        } else {
            left.push(item);
        }
    }
    if let Some(unfinished) = unfinished {
        unfinished.receipts.keep(&left);
    }
    Ok(left)
}

/// Which units are the step's own ([`Fate::Done`]); a script is asked about all of them at once.
async fn judge(shared: &Shared<'_>, step: &Step, units: &[Unit<'_>], turn: u64) -> Vec<Fate> {
    let Some(filter) = &step.filter else { return vec![Fate::Done; units.len()] };
    let place = |unit: &Unit<'_>| unit.index.wrapping_add((unit.child.unwrap_or_default() as u64) << 32) ^ (turn << 48);
    let asked: Vec<(&Val, u64)> = units.iter().map(|unit| (&*unit.value, place(unit))).collect();
    let passed = pass(shared, step.place, filter, &asked).await;
    units.iter().zip(passed).map(|(unit, passed)| judged(shared, step, unit, passed)).collect()
}

fn judged(shared: &Shared<'_>, step: &Step, unit: &Unit<'_>, passed: Result<bool, Fault>) -> Fate {
    let came = passed.as_ref().map(|passed| Some(*passed)).map_err(|(code, message)| (code.as_str(), message.as_str()));
    shared.verdict_stage(step.place, "inputFilter", unit.index, &unit.value, came);
    match passed {
        Ok(true) => Fate::Done,
        Ok(false) => {
            shared.count(step.place, |count| count.ignored += 1);
            Fate::Ignored
        }
        Err((code, message)) => {
            shared.record_failed(step.place, &code, message, unit.index, Some(&unit.value));
            Fate::Failed
        }
    }
}
