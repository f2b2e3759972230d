//! Answers what a run asks beyond its flow: state, lookup caches, other flows.
//!
//! An account without a server has its state and the data of its lookup caches on this device. Those of an account that
//! belongs to a server are there and nowhere else, for every device and every scheduled run writes the same ones: away from
//! the server a run hears that they cannot be reached, never of other values.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use tombolo_model::{Id, Kind};
use tombolo_wire::run::{KeptAsk, KeptReply};
use tombolo_wire::run_worker::{RunJob, RunOptions};
use tombolo_wire::store::Link;

use super::start;
use crate::account::Account;
use crate::fault::Fault;
use crate::{api, kept};

/// So many flows start each other in a row at most: two that do would never end.
const MOST_STARTED: u32 = 10;
/// The most flows that one run starts.
const MOST: u32 = 100;

/// What a run has, and what it has asked for.
pub(super) struct Desk {
    /// The resources that came with the flow, and the flow.
    has: BTreeMap<Id, Kind>,
    /// How many flows started each other before this one.
    before: u32,
    started: Cell<u32>,
}

impl Desk {
    pub(super) fn new(job: &RunJob, before: u32) -> Self {
        let mut has: BTreeMap<Id, Kind> = job.resources.iter().map(|(id, found)| (*id, found.kind)).collect();
        has.insert(job.row.flow, Kind::Flow);
        Self { has, before, started: Cell::new(0) }
    }

    /// Answers one question.
    pub(super) fn answer<'a>(&'a self, account: &'a Rc<Account>, ask: KeptAsk) -> LocalBoxFuture<'a, KeptReply> {
        async move {
            let answered = match ask {
                KeptAsk::Start { flow, sources } => self.start(account, flow, sources).await,
                ask => match self.refusal(&ask) {
                    Some(no) => Ok(no),
                    None => kept(account, ask).await,
                },
            };
            answered.unwrap_or_else(|fault| KeptReply::No(fault.to_wire().message))
        }
        .boxed_local()
    }

    /// Why this run does not have what it asks for.
    fn refusal(&self, ask: &KeptAsk) -> Option<KeptReply> {
        let (kind, id) = kept::owner(ask)?;
        if self.has.get(&id) == Some(&kind) {
            return None;
        }
        Some(match kind {
            Kind::LookupCache => KeptReply::NoCache(id),
            kind => KeptReply::No(format!(
                "The state of {id} is not here: no {} with this id came with the flow. Write its id into the script.",
                kind.name()
            )),
        })
    }

    async fn start(&self, account: &Rc<Account>, flow: Id, sources: Vec<Id>) -> Result<KeptReply, Fault> {
        let no = |said: String| Ok(KeptReply::No(said));
        if self.started.get() >= MOST {
            return no(format!("A run starts {MOST} flows at most."));
        }
        if self.before >= MOST_STARTED {
            return no("Flows have started each other too often in a row. Look at which flow starts which.".to_owned());
        }
        let found = account.catalogue.borrow().get(&flow).map(|stored| (stored.row.kind, stored.row.disabled));
        match found {
            Some((Kind::Flow, false)) => {}
            Some((Kind::Flow, true)) => return no(format!("The flow {flow} is switched off. Switch it on first.")),
            _ => return no(format!("The flow {flow} is not here: it was deleted, or you may not run it.")),
        }
        start::refuse_binned(account, flow)?;
        let run = start::here(account, flow, RunOptions { sources, ..RunOptions::default() }, self.before + 1).await?;
        self.started.set(self.started.get() + 1);
        Ok(KeptReply::Started(run))
    }
}

/// Reads or writes where the account keeps it.
async fn kept(account: &Rc<Account>, ask: KeptAsk) -> Result<KeptReply, Fault> {
    if account.is_local() {
        return kept::answer(account, ask).await;
    }
    let away = || {
        KeptReply::No(
            "State and lookup caches of this account are on its server, and this device is not connected to it. Run the flow again when it is online."
                .to_owned(),
        )
    };
    if account.link.borrow().link != Link::Online {
        return Ok(away());
    }
    match api::call("POST", &format!("/api/accounts/{}/kept", account.id), Some(&ask)).await {
        Err(Fault::Offline(_)) => Ok(away()),
        answered => answered,
    }
}
