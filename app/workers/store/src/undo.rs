//! Taking back: a stack of inverse edits for each document, this tab's own (decision 8).
//!
//! A document that is closed keeps its stack, so that who goes to another step of a flow and comes back can still take
//! back. Invariant: no more than [`MOST_DOCUMENTS`] have one, so that a tab that stays open for weeks does not grow.

use std::rc::Rc;

use tombolo_docs::{Chunk, Document, Inverse};
use tombolo_model::{Id, Intent};
use tombolo_wire::store::{Edited, UndoState};

use crate::account::Account;
use crate::fault::Fault;
use crate::{documents, edit};

/// How many documents a tab remembers steps for: those that were edited last.
const MOST_DOCUMENTS: usize = 100;

/// How many steps a tab remembers for a document.
const MOST_STEPS: usize = 200;

/// After so long without typing a new step begins.
const PAUSE_MS: i64 = 1_000;

/// What can be taken back and done again of each document that has something; the one edited last is the last.
#[derive(Default)]
pub(crate) struct Undo(Vec<(Id, Stacks)>);

impl Undo {
    /// The stacks of a document that is being edited.
    pub(crate) fn of(&mut self, id: Id) -> &mut Stacks {
        let known = self.0.iter().position(|(have, _)| *have == id).map(|at| self.0.remove(at));
        if self.0.len() >= MOST_DOCUMENTS {
            self.0.remove(0);
        }
        let place = self.0.len();
        self.0.push(known.unwrap_or_else(|| (id, Stacks::default())));
        &mut self.0[place].1
    }

    /// Forgets what could be taken back of a document: the changes that it refers to have left it.
    pub(crate) fn forget(&mut self, id: Id) {
        self.0.retain(|(have, _)| *have != id);
    }

    fn state(&self, id: Id) -> UndoState {
        self.0.iter().find(|(have, _)| *have == id).map(|(_, stacks)| stacks.state()).unwrap_or_default()
    }
}

/// What can be taken back and what can be done again; a step may be several inverses, last first.
#[derive(Default)]
pub(crate) struct Stacks {
    back: Vec<Vec<Inverse>>,
    again: Vec<Vec<Inverse>>,
    /// The place that the last step typed at, and until when more of it belongs to the step.
    typing: Option<(String, i64)>,
}

impl Stacks {
    /// A new step was made: what was taken back before cannot be done again.
    ///
    /// A field is written as it is typed: what is typed at one place without a pause is one step.
    pub(crate) fn done(&mut self, intents: &[Intent], now_ms: i64, inverses: Vec<Inverse>) {
        self.again.clear();
        let typed = typed_at(intents);
        let goes_on =
            self.typing.take().is_some_and(|(place, until_ms)| typed == Some(place.as_str()) && now_ms <= until_ms);
        match self.back.last_mut().filter(|_| goes_on) {
            Some(step) => drop(step.splice(0..0, inverses)),
            None => push(&mut self.back, inverses),
        }
        self.typing = typed.map(|place| (place.to_owned(), now_ms + PAUSE_MS));
    }

    fn state(&self) -> UndoState {
        UndoState { back: !self.back.is_empty(), again: !self.again.is_empty() }
    }
}

/// What may be taken back of a document, and done again.
pub(crate) fn state(account: &Account, id: Id) -> UndoState {
    account.undo.borrow().state(id)
}

/// The one place at which these intents type, when they do nothing else.
fn typed_at(intents: &[Intent]) -> Option<&str> {
    let mut places = intents.iter().map(|intent| match intent {
        Intent::Set { path, .. } | Intent::Splice { path, .. } => Some(path.as_str()),
        _ => None,
    });
    let first = places.next()??;
    places.all(|place| place == Some(first)).then_some(first)
}

fn push(stack: &mut Vec<Vec<Inverse>>, step: Vec<Inverse>) {
    if step.is_empty() {
        return;
    }
    if stack.len() >= MOST_STEPS {
        stack.remove(0);
    }
    stack.push(step);
}

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Back,
    Again,
}

/// Takes the last step back, or does it again. With nothing to take back nothing happens.
pub(crate) async fn step(account: &Rc<Account>, id: Id, way: Way) -> Result<Edited, Fault> {
    documents::ensure(account, id).await?;
    let result = step_loaded(account, id, way).await;
    documents::release(account);
    result
}

async fn step_loaded(account: &Rc<Account>, id: Id, way: Way) -> Result<Edited, Fault> {
    let step = {
        let mut all = account.undo.borrow_mut();
        let stacks = all.of(id);
        stacks.typing = None;
        match way {
            Way::Back => stacks.back.pop(),
            Way::Again => stacks.again.pop(),
        }
    };
    let step = step.unwrap_or_default();
    let applied = apply(account, id, &step);
    let (chunks, skipped) = {
        let mut all = account.undo.borrow_mut();
        let stacks = all.of(id);
        let (from, to) = match way {
            Way::Back => (&mut stacks.back, &mut stacks.again),
            Way::Again => (&mut stacks.again, &mut stacks.back),
        };
        match applied {
            Ok((chunks, inverses, skipped)) => {
                push(to, inverses);
                (chunks, skipped)
            }
            Err(error) => {
                push(from, step);
                return Err(error);
            }
        }
    };
    let heads = account.documents.with(id, |opened| opened.document.heads_hex());
    edit::save(account, id, chunks).await?;
    Ok(Edited { heads: heads.unwrap_or_default(), skipped, undo: state(account, id) })
}

type Taken = (Vec<Chunk>, Vec<Inverse>, Vec<String>);

/// Takes the whole step back or nothing of it: of half a step, memory would keep what is on no disk.
fn apply(account: &Rc<Account>, id: Id, step: &[Inverse]) -> Result<Taken, Fault> {
    let author = account.author();
    let taken = account.documents.with(id, |opened| {
        let mut document = opened.document.clone();
        let (mut chunks, mut inverses, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for inverse in step {
            let undone = document.undo(&author, inverse)?;
            chunks.extend(undone.chunks);
            skipped.extend(undone.skipped);
            // The last thing done is the first to be taken back.
            inverses.splice(0..0, undone.inverses);
        }
        opened.document = document;
        Ok((chunks, inverses, skipped))
    });
    taken.ok_or(Fault::NotFound(id))?
}

/// How changes that were just made go back, last first.
pub(crate) fn inverses(document: &Document, chunks: &[Chunk]) -> Vec<Inverse> {
    chunks.iter().rev().filter_map(|chunk| document.inverse(&chunk.hash)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tombolo_docs::Author;
    use tombolo_model::Kind;

    fn set(path: &str, value: Value) -> Intent {
        Intent::Set { path: path.to_owned(), value }
    }

    #[test]
    fn what_is_typed_at_one_place_without_a_pause_is_one_step() {
        let author = Author { actor: [1; 16], time_ms: 1 };
        let id = Id::from_parts(1, [2; 8]);
        let value = json!({"name": "", "timezone": "UTC"});
        let (mut document, _) = Document::create(Kind::Flow, id, &value, &author, &mut String::new).unwrap();
        let mut stacks = Stacks::default();
        let edits = [
            (0, set("/name", json!("O"))),
            (400, set("/name", json!("Or"))),
            (1_300, set("/name", json!("Ord"))),
            (1_400, set("/timezone", json!("Europe/Paris"))),
            (1_500, set("/name", json!("Orde"))),
            (9_000, set("/name", json!("Orders"))),
        ];
        for (now_ms, intent) in edits {
            let intents = [intent];
            let change = document.edit(&author, &intents, &mut String::new).unwrap().unwrap();
            stacks.done(&intents, now_ms, document.inverse(&change.hash).into_iter().collect());
        }
        let sizes: Vec<usize> = stacks.back.iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 1, 1, 1]);
        for inverse in stacks.back.into_iter().rev().flatten() {
            let undone = document.undo(&author, &inverse).unwrap();
            assert!(undone.skipped.is_empty(), "{undone:?}");
        }
        assert_eq!(document.value(), value);
    }

    #[test]
    fn the_documents_that_were_edited_last_are_the_ones_that_are_remembered() {
        let id = |n: usize| Id::from_parts(u32::try_from(n).unwrap(), [0; 8]);
        let mut undo = Undo::default();
        for n in 0..MOST_DOCUMENTS {
            undo.of(id(n)).back.push(Vec::new());
        }
        // The first is edited again, so that another is the one that goes.
        undo.of(id(0)).again.push(Vec::new());
        undo.of(id(MOST_DOCUMENTS)).back.push(Vec::new());
        assert_eq!(undo.0.len(), MOST_DOCUMENTS);
        assert_eq!(undo.state(id(0)), UndoState { back: true, again: true });
        assert_eq!(undo.state(id(1)), UndoState::default());
        assert_eq!(undo.state(id(2)), UndoState { back: true, again: false });
        undo.forget(id(2));
        assert_eq!(undo.state(id(2)), UndoState::default());
    }

    #[test]
    fn there_is_something_to_take_back_only_after_an_edit_of_ones_own() {
        let author = Author { actor: [1; 16], time_ms: 1 };
        let id = Id::from_parts(1, [0; 8]);
        let value = json!({"name": "Orders"});
        let mut rows = || "r1".to_owned();
        let (mut document, _) = Document::create(Kind::Flow, id, &value, &author, &mut rows).unwrap();
        let mut stacks = Stacks::default();
        assert_eq!(stacks.state(), UndoState::default());
        let intents = [set("/name", json!("Returns"))];
        let change = document.edit(&author, &intents, &mut rows).unwrap().unwrap();
        stacks.done(&intents, 0, document.inverse(&change.hash).into_iter().collect());
        assert_eq!(stacks.state(), UndoState { back: true, again: false });
        let step = stacks.back.pop().unwrap();
        push(&mut stacks.again, step);
        assert_eq!(stacks.state(), UndoState { back: false, again: true });
    }
}
