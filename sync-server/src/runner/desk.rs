//! Answers what the process of a run asks: it has no database.
//!
//! A run has what came with its flow, whoever started it: those resources were put there by somebody who may see them. Other
//! flows are started with the rights of the person who started this one; a schedule starts those of the same integration.

use std::collections::BTreeMap;

use tombolo_model::kept::{KeptAsk, KeptReply};
use tombolo_model::{Action, Id, Kind, Permission, Standing, Subject, permission};

use super::{Narrowed, Wish, may_run, start_narrowed};
use crate::app::App;
use crate::error::ApiError;
use crate::job::Job;
use crate::routes::runs::not_started;
use crate::store::StoreError;
use crate::{fresh, kept};

/// The most flows that one run starts.
const MOST: u32 = 100;

/// The answers of a run.
pub(super) struct Desk<'a> {
    app: &'a App,
    account: Id,
    flow: Id,
    wish: Wish,
    /// The resources that came with the flow, and the flow.
    has: BTreeMap<Id, Kind>,
    started: u32,
}

impl<'a> Desk<'a> {
    pub(super) fn new(app: &'a App, account: Id, job: &Job, wish: Wish) -> Self {
        let mut has: BTreeMap<Id, Kind> = job.resources.iter().map(|(id, found)| (*id, found.kind)).collect();
        has.insert(job.row.flow, Kind::Flow);
        Self { app, account, flow: job.row.flow, wish, has, started: 0 }
    }

    /// Answers one question.
    pub(super) async fn answer(&mut self, ask: KeptAsk) -> KeptReply {
        let answer = match ask {
            KeptAsk::Start { flow, sources } => self.start(flow, sources).await,
            ask => match self.refused(&ask).await {
                Ok(Some(no)) => Ok(no),
                Ok(None) => kept::answer(self.app, self.account, ask).await,
                Err(error) => Err(error),
            },
        };
        answer.unwrap_or_else(|error| KeptReply::No(ApiError::from(error).message().to_owned()))
    }

    /// Why this run does not have what it asks for.
    async fn refused(&self, ask: &KeptAsk) -> Result<Option<KeptReply>, StoreError> {
        match kept::about(ask) {
            (Some(of), _) => Ok(self.absent(of)),
            (None, writes) => self.forbidden(if writes { Action::Write } else { Action::Read }).await,
        }
    }

    /// State of the account is for who has a right in the account, whoever's script asks.
    async fn forbidden(&self, action: Action) -> Result<Option<KeptReply>, StoreError> {
        let Some(person) = self.wish.by else { return Ok(None) };
        let rights = self.app.store.rights(self.account, person).await?;
        let granted = rights.is_some_and(|rights| {
            let asked = Subject::Account(Kind::Integration);
            permission(Standing::Accepted, &rights, action, asked) == Permission::Granted
        });
        Ok((!granted).then(|| {
            KeptReply::No(
                "The state of the account is not yours to use: keep it with the integration, export or import instead."
                    .to_owned(),
            )
        }))
    }

    fn absent(&self, (kind, id): (Kind, Id)) -> Option<KeptReply> {
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

    async fn start(&mut self, flow: Id, sources: Vec<Id>) -> Result<KeptReply, StoreError> {
        let no = |said: String| Ok(KeptReply::No(said));
        if self.started >= MOST {
            return no(format!("A run starts {MOST} flows at most."));
        }
        if !self.may_start(flow).await? {
            return no(format!("The flow {flow} is not here: it was deleted, or you may not run it."));
        }
        let run = match fresh::id() {
            Ok(run) => run,
            Err(error) => return no(format!("The flow {flow} cannot be started: {error}.")),
        };
        let narrowed = Narrowed { sources, ..Narrowed::default() };
        match start_narrowed(self.app, self.account, flow, run, self.wish.next(), narrowed).await {
            Ok(_) => {
                self.started += 1;
                Ok(KeptReply::Started(run))
            }
            Err(error) => no(format!("The flow {flow} was not started. {}", not_started(error).message())),
        }
    }

    async fn may_start(&self, flow: Id) -> Result<bool, StoreError> {
        let Some(home) = self.app.store.home(self.account, flow).await? else { return Ok(false) };
        match self.wish.by {
            Some(person) => may_run(self.app, self.account, flow, person).await,
            None => {
                let own = self.app.store.home(self.account, self.flow).await?;
                Ok(own.is_some_and(|own| own.owner == home.owner))
            }
        }
    }
}
