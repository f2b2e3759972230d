//! Drives the schedules: reads flows, waits, starts.
//!
//! Invariant: what cannot be read or started because something failed stays as it is and is tried again; only a flow
//! that has no schedule, is switched off or is in the bin loses a tick. A flow that is damaged, or whose schedule is not
//! understood, loses its ticks as well, and the people of its account are told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tombolo_model::views::Flow;
use tombolo_model::{Id, Kind};

use super::{Due, FlowKey, Schedule, Scheduler, Since, Slot};
use crate::app::App;
use crate::clock;
use crate::resources::{self, Resource, ResourceError};
use crate::runner::{self, NoStart, StartError};
use crate::store::TickKey;

/// The longest sleep: the machine's clock may be set meanwhile.
const LOOK: Duration = Duration::from_secs(30);
/// After a failure.
const RETRY: Duration = Duration::from_secs(5);
/// Edits of a flow are waited for, so that typing a schedule does not read the flow at each key.
const SETTLE: Duration = Duration::from_millis(200);

/// Runs until it is aborted.
pub(crate) async fn drive(app: App) {
    let changes = app.hub.flows();
    let mut driver = Driver {
        scheduler: Scheduler::new(app.config.min_schedule_interval_ms),
        app,
        changes,
        unread: BTreeSet::new(),
        all_unread: true,
        failing: false,
        refused: BTreeMap::new(),
    };
    loop {
        driver.failing = false;
        driver.look().await;
        driver.start_due().await;
        let wait = driver.wait();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = driver.changes.recv() => driver.hear(changed).await,
        }
    }
}

struct Driver {
    app: App,
    scheduler: Scheduler,
    changes: Receiver<FlowKey>,
    /// Flows that have to be read.
    unread: BTreeSet<FlowKey>,
    /// All flows have to be read.
    all_unread: bool,
    /// Something failed in this round.
    failing: bool,
    /// Flows that no schedule starts, and why; people have been told.
    refused: BTreeMap<FlowKey, NoStart>,
}

/// What a flow wants of the scheduler.
enum Wish {
    Nothing,
    Runs(Vec<(Slot, Schedule, Since)>),
    /// It is to run and cannot; what can be read of it.
    Refused {
        flow: Option<Box<Resource>>,
        why: NoStart,
    },
}

impl Driver {
    fn wait(&self) -> Duration {
        if self.failing {
            return RETRY;
        }
        self.scheduler.wake_ms().map_or(LOOK, |wake| {
            let ms = u64::try_from(wake - clock::now_ms()).unwrap_or(0);
            LOOK.min(Duration::from_millis(ms))
        })
    }

    /// Takes in what changed, and what changes while it settles.
    async fn hear(&mut self, first: Result<FlowKey, RecvError>) {
        match first {
            Ok(key) => {
                self.unread.insert(key);
            }
            Err(RecvError::Lagged(_)) => self.all_unread = true,
            Err(RecvError::Closed) => return,
        }
        tokio::time::sleep(SETTLE).await;
        loop {
            match self.changes.try_recv() {
                Ok(key) => {
                    self.unread.insert(key);
                }
                Err(TryRecvError::Lagged(_)) => self.all_unread = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Reads what has to be read; what cannot be read is read again later.
    async fn look(&mut self) {
        if self.all_unread {
            match self.app.store.documents_of(None, Kind::Flow).await {
                Ok(keys) => {
                    self.unread = keys.into_iter().collect();
                    self.scheduler.retain(&self.unread);
                    self.all_unread = false;
                }
                Err(error) => {
                    tracing::error!(%error, "the flows cannot be listed; the schedules stay as they were");
                    self.failing = true;
                }
            }
        }
        for key in std::mem::take(&mut self.unread) {
            match self.load(key).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::error!(%error, flow = %key.1, "a flow cannot be read; its schedule stays as it was");
                    self.unread.insert(key);
                    self.failing = true;
                }
            }
        }
    }

    async fn load(&mut self, key: FlowKey) -> Result<(), ResourceError> {
        match read(&self.app, key).await? {
            Wish::Runs(schedules) => {
                self.refused.remove(&key);
                self.scheduler.keep_slots(key, &schedules.iter().map(|(slot, ..)| *slot).collect::<Vec<_>>());
                for (slot, schedule, since) in schedules {
                    self.scheduler.set(key, slot, schedule, since);
                }
            }
            Wish::Nothing => {
                self.refused.remove(&key);
                self.scheduler.remove(key);
            }
            // Reading it again would find the same: its next change brings it back here.
            Wish::Refused { flow, why } => {
                self.scheduler.remove(key);
                if self.refused.get(&key) != Some(&why) {
                    tracing::warn!(?why, flow = %key.1, "no schedule starts this flow");
                    runner::refuse_schedule(&self.app, key, flow.as_deref(), &why).await?;
                    self.refused.insert(key, why);
                }
            }
        }
        Ok(())
    }

    async fn start_due(&mut self) {
        // What is due of a flow by several of its schedules is one run: a second one would find it running.
        let mut by_flow: BTreeMap<FlowKey, Vec<Due>> = BTreeMap::new();
        for due in self.scheduler.due(clock::now_ms()) {
            by_flow.entry(due.key).or_default().push(due);
        }
        for (key, dues) in by_flow {
            self.start(key, dues).await;
        }
    }

    async fn start(&mut self, (account, flow): FlowKey, dues: Vec<Due>) {
        let missed: u32 = dues.iter().map(|due| due.missed).fold(0, u32::saturating_add);
        if missed > 0 {
            tracing::warn!(%flow, missed, "scheduled starts were missed; the last one is caught up");
        }
        let ticks: Vec<TickKey> =
            dues.iter().map(|due| TickKey { account, flow, source: due.slot, nominal_ms: due.nominal_ms }).collect();
        match runner::start_ticks(&self.app, account, flow, &ticks).await {
            Ok(()) => {}
            Err(error @ (StartError::NoFlow(_) | StartError::Binned(_) | StartError::Disabled(_))) => {
                tracing::info!(%error, ?ticks, "a scheduled run is left out");
            }
            Err(error) => {
                tracing::error!(%error, %flow, "a scheduled run cannot be started; it is tried again");
                for due in dues {
                    self.scheduler.put_back(due);
                }
                self.failing = true;
                // It may be damaged by now: then it is taken out, and said.
                self.unread.insert((account, flow));
            }
        }
    }
}

async fn read(app: &App, (account, id): FlowKey) -> Result<Wish, ResourceError> {
    let flow = match resources::read(&*app.store, account, id).await {
        Ok(Some(flow)) => flow,
        Ok(None) => return Ok(Wish::Nothing),
        Err(error) => return refused(error, id, None),
    };
    let view = Flow(&flow.value);
    let wanted = if flow.binned || view.disabled() { Vec::new() } else { schedules(view) };
    if wanted.is_empty() {
        return Ok(Wish::Nothing);
    }
    let mut found = Vec::new();
    for (slot, text) in wanted {
        match Schedule::parse(&text, view.timezone()) {
            Ok(schedule) => match since(app, (account, id), slot, &flow).await {
                Ok(since) => found.push((slot, schedule, since)),
                Err(error) => return refused(error, id, Some(Box::new(flow))),
            },
            Err(error) => {
                let why = NoStart::Unclear { schedule: text, why: error.to_string() };
                return Ok(Wish::Refused { flow: Some(Box::new(flow)), why });
            }
        }
    }
    Ok(Wish::Runs(found))
}

/// The schedules of a flow: its own, where a source follows it, and those of its sources.
fn schedules(flow: Flow<'_>) -> Vec<(Slot, String)> {
    let generators = flow.generators();
    let own: BTreeMap<Id, String> =
        generators.iter().filter_map(|one| Some((one.export()?, one.schedule()?))).collect();
    let follows = generators.is_empty() || generators.iter().any(|one| one.schedule().is_none());
    let of_flow = flow.schedule().filter(|_| follows).map(|text| (None, text.to_owned()));
    of_flow.into_iter().chain(own.into_iter().map(|(source, text)| (Some(source), text))).collect()
}

/// What is damaged is said; whatever else failed is tried again.
///
/// A damaged flow is refused also when what is left of it names no schedule: that may be the piece that is lost.
fn refused(error: ResourceError, flow: Id, found: Option<Box<Resource>>) -> Result<Wish, ResourceError> {
    let (ResourceError::Document { id, .. } | ResourceError::Damaged { id, .. }) = &error else {
        return Err(error);
    };
    let why = if *id == flow { NoStart::FlowDamaged } else { NoStart::IntegrationDamaged(*id) };
    let source = std::error::Error::source(&error).map(ToString::to_string);
    tracing::error!(%error, source, %flow, "a flow has no schedule");
    let rest = match error {
        ResourceError::Damaged { rest, .. } => Some(rest),
        _ => None,
    };
    Ok(Wish::Refused { flow: found.or(rest), why })
}

/// What was due before the last change, before the integration came out of the bin, or before a backup was restored
/// is not caught up.
async fn since(app: &App, (account, id): FlowKey, slot: Slot, flow: &Resource) -> Result<Since, ResourceError> {
    let home = match Flow(&flow.value).integration() {
        Some(integration) => resources::read(&*app.store, account, integration).await?,
        None => None,
    };
    let home_ms = home.map_or(0, |home| home.modified_ms);
    let restored_ms = app.store.restored_ms().await?;
    let last_ms = app.store.last_tick(account, id, slot).await?;
    let base_ms = flow.modified_ms.max(home_ms).max(restored_ms).max(last_ms.unwrap_or(0));
    Ok(Since { base_ms, last_ms })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_flow_has_its_schedule_where_a_source_follows_it_and_those_of_its_sources() {
        let id = |n: u32| Id::from_parts(n, [0; 8]);
        let found = |flow: serde_json::Value| schedules(Flow(&flow));
        let own = |n: u32| json!({ "_exportId": id(n), "schedule": "? 0 * ? * *" });
        let plain = json!({ "_exportId": id(9) });
        let daily = "? 0 6 ? * *";
        assert_eq!(found(json!({ "pageGenerators": [plain] })), []);
        assert_eq!(found(json!({ "schedule": daily })), [(None, daily.to_owned())]);
        let both = found(json!({ "schedule": daily, "pageGenerators": [own(1), plain] }));
        assert_eq!(both, [(None, daily.to_owned()), (Some(id(1)), "? 0 * ? * *".to_owned())]);
        let none = found(json!({ "schedule": daily, "pageGenerators": [own(1), own(2)] }));
        assert_eq!(
            none.iter().map(|(slot, _)| *slot).collect::<Vec<_>>(),
            [Some(id(1)), Some(id(2))],
            "none follows it"
        );
    }
}
