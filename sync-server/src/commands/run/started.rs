//! Flows that scripts start with `flows.run`, and those that follow another one: they run one after the other when the one
//! that started them has ended.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use futures_util::future::{FutureExt, LocalBoxFuture, ready};
use serde_json::Value;
use tombolo_engine::FlowStarter;
use tombolo_model::{Id, Kind};

use crate::fresh;
use crate::job::JobResource;

/// The most flows that scripts start in one command: two that start each other would never end.
const MOST: usize = 100;

/// The flows of the file, and those that are to run.
pub(super) struct Started {
    flows: BTreeMap<Id, Value>,
    waiting: RefCell<VecDeque<Next>>,
    count: RefCell<usize>,
}

/// A run that is to be made.
pub(super) struct Next {
    pub(super) run: Id,
    flow: Id,
    /// The exports that are read; all of them where none is named.
    pub(super) sources: Vec<Id>,
}

impl Started {
    pub(super) fn new(resources: &BTreeMap<Id, JobResource>) -> Self {
        let flows = resources.iter().filter(|(_, found)| found.kind == Kind::Flow);
        Self {
            flows: flows.map(|(id, found)| (*id, found.value.clone())).collect(),
            waiting: RefCell::default(),
            count: RefCell::default(),
        }
    }

    /// The next run, with its flow.
    pub(super) fn next(&self) -> Option<(Next, Value)> {
        let next = self.waiting.borrow_mut().pop_front()?;
        let flow = self.flows.get(&next.flow)?.clone();
        Some((next, flow))
    }

    fn wait(&self, flow: Id, sources: Vec<Id>) -> Result<Id, String> {
        if !self.flows.contains_key(&flow) {
            return Err(format!("The flow {flow} is not in the file that is run."));
        }
        if *self.count.borrow() >= MOST {
            return Err(format!("Scripts start {MOST} flows at most in one command."));
        }
        let run = fresh::id().map_err(|error| format!("The flow {flow} cannot be started: {error}."))?;
        *self.count.borrow_mut() += 1;
        self.waiting.borrow_mut().push_back(Next { run, flow, sources });
        Ok(run)
    }
}

impl FlowStarter for Started {
    fn start(&self, flow: Id, sources: Vec<Id>) -> LocalBoxFuture<'_, Result<Id, String>> {
        ready(self.wait(flow, sources)).boxed_local()
    }
}
