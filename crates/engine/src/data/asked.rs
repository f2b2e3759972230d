//! State, lookup caches and the start of flows where somebody else has them: the server of a process that has no database,
//! the worker that stores of one that only runs.
//!
//! What is asked goes out with a number, and the answer comes back with it, in whatever order. Invariant: whoever asks hears
//! something, also when the other end is gone.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use futures::channel::oneshot;
use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::Value;
use tombolo_model::Id;
use tombolo_model::kept::{Kept, KeptAsk, KeptReply};

use super::{DataAnswer, DataError, DataStore, StateOwner};
use crate::host::FlowStarter;

/// Asks somebody else.
pub struct Asked {
    say: Box<dyn Fn(u64, KeptAsk)>,
    number: Cell<u64>,
    /// Who waits for an answer; nobody waits any more when the other end is gone.
    waiting: RefCell<Option<BTreeMap<u64, oneshot::Sender<KeptReply>>>>,
}

impl Asked {
    /// Asks by `say`, which takes the number and the question to the other end.
    pub fn new(say: impl Fn(u64, KeptAsk) + 'static) -> Self {
        Self { say: Box::new(say), number: Cell::new(0), waiting: RefCell::new(Some(BTreeMap::new())) }
    }

    /// An answer has come. One that nobody waits for is forgotten.
    pub fn answered(&self, number: u64, reply: KeptReply) {
        let waiting = self.waiting.borrow_mut().as_mut().and_then(|waiting| waiting.remove(&number));
        if let Some(waiting) = waiting {
            // The call may have been given up meanwhile.
            drop(waiting.send(reply));
        }
    }

    /// The other end is gone: nothing is answered any more.
    pub fn hang_up(&self) {
        drop(self.waiting.take());
    }

    async fn ask(&self, ask: KeptAsk) -> Result<KeptReply, DataError> {
        let number = self.number.get() + 1;
        self.number.set(number);
        let (answer, answered) = oneshot::channel();
        match self.waiting.borrow_mut().as_mut() {
            Some(waiting) => waiting.insert(number, answer),
            None => return Err(gone()),
        };
        (self.say)(number, ask);
        match answered.await {
            Ok(KeptReply::NoCache(cache)) => Err(DataError::NoCache(cache)),
            Ok(KeptReply::CacheFull { cache, most_mb }) => Err(DataError::CacheFull { cache, most_mb }),
            Ok(KeptReply::No(said)) => Err(DataError::No(said)),
            Ok(reply) => Ok(reply),
            Err(_) => Err(gone()),
        }
    }
}

fn gone() -> DataError {
    DataError::No("State and lookup caches cannot be reached any more. Run the flow again.".to_owned())
}

/// An answer to another question.
fn strange() -> DataError {
    DataError::No("The answer about state or a lookup cache is not understood. Run the flow again.".to_owned())
}

fn owner(owner: StateOwner) -> Option<(tombolo_model::Kind, Id)> {
    match owner {
        StateOwner::Account => None,
        StateOwner::Resource(kind, id) => Some((kind, id)),
    }
}

impl DataStore for Asked {
    fn state<'a>(&'a self, of: StateOwner, key: &'a str) -> DataAnswer<'a, Option<Value>> {
        async move {
            match self.ask(KeptAsk::State { owner: owner(of), key: key.to_owned() }).await? {
                KeptReply::State(value) => Ok(value.0),
                _ => Err(strange()),
            }
        }
        .boxed_local()
    }

    fn put_state<'a>(&'a self, of: StateOwner, key: &'a str, value: Option<Value>) -> DataAnswer<'a, ()> {
        async move {
            match self.ask(KeptAsk::PutState { owner: owner(of), key: key.to_owned(), value: Kept(value) }).await? {
                KeptReply::Done => Ok(()),
                _ => Err(strange()),
            }
        }
        .boxed_local()
    }

    fn state_keys(&self, of: StateOwner) -> DataAnswer<'_, Vec<String>> {
        async move {
            match self.ask(KeptAsk::StateKeys { owner: owner(of) }).await? {
                KeptReply::Keys(keys) => Ok(keys),
                _ => Err(strange()),
            }
        }
        .boxed_local()
    }

    fn cache_values<'a>(&'a self, cache: Id, keys: &'a [&'a str]) -> DataAnswer<'a, Vec<Option<Value>>> {
        async move {
            let asked = keys.iter().map(|key| (*key).to_owned()).collect();
            match self.ask(KeptAsk::CacheValues { cache, keys: asked }).await? {
                KeptReply::Values(values) if values.len() == keys.len() => {
                    Ok(values.into_iter().map(|value| value.0).collect())
                }
                _ => Err(strange()),
            }
        }
        .boxed_local()
    }

    fn cache_entries<'a>(&'a self, cache: Id, start: &'a str, most: usize) -> DataAnswer<'a, Vec<(String, Value)>> {
        async move {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            match self.ask(KeptAsk::CacheEntries { cache, start: start.to_owned(), most }).await? {
                KeptReply::Entries(entries) => Ok(entries),
                _ => Err(strange()),
            }
        }
        .boxed_local()
    }

    fn put_cache(&self, cache: Id, entries: Vec<(String, Option<Value>)>) -> DataAnswer<'_, ()> {
        async move {
            let entries = entries.into_iter().map(|(key, value)| (key, Kept(value))).collect();
            match self.ask(KeptAsk::PutCache { cache, entries }).await? {
                KeptReply::Done => Ok(()),
                _ => Err(strange()),
            }
        }
        .boxed_local()
    }
}

impl FlowStarter for Asked {
    fn start(&self, flow: Id, sources: Vec<Id>) -> LocalBoxFuture<'_, Result<Id, String>> {
        async move {
            match self.ask(KeptAsk::Start { flow, sources }).await {
                Ok(KeptReply::Started(run)) => Ok(run),
                Ok(_) => Err(strange().to_string()),
                Err(error) => Err(error.to_string()),
            }
        }
        .boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use futures::executor::block_on;
    use futures::future::join;

    use super::*;

    fn id() -> Id {
        Id::from_parts(1, [0; 8])
    }

    type Said = Rc<RefCell<Vec<(u64, KeptAsk)>>>;

    fn asked() -> (Asked, Said) {
        let said = Said::default();
        let heard = Rc::clone(&said);
        (Asked::new(move |number, ask| heard.borrow_mut().push((number, ask))), said)
    }

    #[test]
    fn answers_come_to_those_who_asked_in_whatever_order() {
        let (asked, said) = asked();
        let both = join(asked.state(StateOwner::Account, "a"), asked.state(StateOwner::Account, "b"));
        let answer = async {
            let numbers: Vec<u64> = said.borrow().iter().map(|(number, _)| *number).collect();
            for number in numbers.into_iter().rev() {
                asked.answered(number, KeptReply::State(Kept(Some(number.into()))));
            }
        };
        let ((a, b), ()) = block_on(join(both, answer));
        assert_eq!((a, b), (Ok(Some(1.into())), Ok(Some(2.into()))));
    }

    #[test]
    fn who_waits_hears_of_it_when_the_other_end_is_gone() {
        let (asked, _said) = asked();
        let (waited, ()) = block_on(join(asked.start(id(), Vec::new()), async { asked.hang_up() }));
        assert!(waited.unwrap_err().contains("Run the flow again"));
        assert!(block_on(asked.state_keys(StateOwner::Account)).is_err());
    }

    #[test]
    fn an_answer_to_another_question_is_an_error_and_no_value() {
        let (asked, _said) = asked();
        let asking = asked.cache_values(id(), &["a", "b"]);
        let (values, ()) = block_on(join(asking, async { asked.answered(1, KeptReply::Values(vec![Kept(None)])) }));
        assert_eq!(values, Err(strange()));
        let asking = asked.put_cache(id(), Vec::new());
        let (put, ()) = block_on(join(asking, async { asked.answered(2, KeptReply::NoCache(id())) }));
        assert_eq!(put, Err(DataError::NoCache(id())));
    }
}
