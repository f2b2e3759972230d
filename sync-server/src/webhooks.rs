//! Listeners: takes what other programs send to the addresses of flows.
//!
//! Nobody signs in to send: what a sender shows ([`proof`]) is held against what the listener asks for. What came is on the disk
//! before it is acknowledged; [`dispatch`] hands it to runs. What is in it is left to the process of a run, which reads hostile
//! data; here a body is at most looked at for its token.
//!
//! Invariant: an address that is not there, one whose proof is wrong and one whose account is gone are answered alike, and
//! nothing of them is kept.

mod answer;
mod bodies;
pub(crate) mod dispatch;
mod limits;
mod listener;
mod mask;
mod proof;
mod receive;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tombolo_model::Id;

use crate::rest::bucket::Buckets;
use bodies::Bodies;
use limits::Misses;
pub(crate) use receive::{Sent, receive};

/// How long it is remembered which flows read a listener: a flow that is changed to read it is found this much later.
const REMEMBERED: Duration = Duration::from_secs(2);
/// Beyond so many listeners all is forgotten and looked up anew.
const MOST: usize = 10_000;

/// For so long nothing is handed to a flow that could not take it, unless the flow is changed.
const PAUSE: Duration = Duration::from_secs(300);

/// The flows that may read each listener, and since when they are remembered; by account and export.
type Readers = HashMap<(Id, Id), (Instant, Vec<Id>)>;

/// What listeners keep in memory.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    /// How often a listener is sent something that proves itself.
    buckets: Buckets,
    misses: Misses,
    /// How often networks ask whether somebody is there without proving themselves.
    asks: Misses,
    bodies: Bodies,
    readers: Mutex<Readers>,
    /// The flows that cannot take anything now, and since when.
    paused: Mutex<HashMap<(Id, Id), Instant>>,
    came: Notify,
}

impl Webhooks {
    /// Something came, or a flow may take what waits for it.
    pub(crate) fn wake(&self) {
        self.came.notify_one();
    }

    /// Hands a flow nothing for a while: it is off, or its runs end before they read anything.
    pub(crate) fn pause(&self, account: Id, flow: Id) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        if paused.len() >= MOST {
            paused.clear();
        }
        paused.insert((account, flow), Instant::now());
    }

    fn is_paused(&self, account: Id, flow: Id) -> bool {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        paused.get(&(account, flow)).is_some_and(|since| since.elapsed() < PAUSE)
    }

    /// A flow was changed; without one, any may have been.
    fn resume(&self, flow: Option<(Id, Id)>) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        match flow {
            Some(flow) => {
                paused.remove(&flow);
            }
            None => paused.clear(),
        }
    }

    fn remembered(&self, listener: (Id, Id)) -> Option<Vec<Id>> {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.get(&listener).filter(|(since, _)| since.elapsed() < REMEMBERED).map(|(_, flows)| flows.clone())
    }

    /// That nothing reads it is not remembered: who switches a flow on may send at once.
    fn remember(&self, listener: (Id, Id), flows: &[Id]) {
        if flows.is_empty() {
            return;
        }
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() >= MOST {
            readers.clear();
        }
        readers.insert(listener, (Instant::now(), flows.to_vec()));
    }
}
