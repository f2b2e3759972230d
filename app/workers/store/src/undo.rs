//! Taking back: a stack of inverse edits for each document, this tab's own (decision 8).

use std::rc::Rc;

use tombolo_docs::{Chunk, Inverse};
use tombolo_model::{Id, Intent};
use tombolo_wire::store::Edited;

use crate::account::Account;
use crate::fault::Fault;
use crate::{documents, edit};

/// How many steps a tab remembers for a document.
const MOST_STEPS: usize = 200;

/// After so long without typing a new step begins.
const PAUSE_MS: i64 = 1_000;

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
    documents::release(account, id);
    result
}

async fn step_loaded(account: &Rc<Account>, id: Id, way: Way) -> Result<Edited, Fault> {
    let step = {
        let mut all = account.undo.borrow_mut();
        let stacks = all.entry(id).or_default();
        stacks.typing = None;
        match way {
            Way::Back => stacks.back.pop(),
            Way::Again => stacks.again.pop(),
        }
    };
    let (chunks, inverses, skipped) = apply(account, id, step.unwrap_or_default())?;
    {
        let mut all = account.undo.borrow_mut();
        let stacks = all.entry(id).or_default();
        match way {
            Way::Back => push(&mut stacks.again, inverses),
            Way::Again => push(&mut stacks.back, inverses),
        }
    }
    let heads = account.documents.with(id, |opened| opened.document.heads_hex());
    edit::save(account, id, chunks).await?;
    Ok(Edited { heads: heads.unwrap_or_default(), skipped })
}

type Taken = (Vec<Chunk>, Vec<Inverse>, Vec<String>);

fn apply(account: &Rc<Account>, id: Id, step: Vec<Inverse>) -> Result<Taken, Fault> {
    let (mut chunks, mut inverses, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    for inverse in step {
        let author = account.author();
        let undone = account
            .documents
            .with(id, |opened| opened.document.undo(&author, &inverse))
            .ok_or(Fault::NotFound(id))??;
        chunks.extend(undone.chunks);
        skipped.extend(undone.skipped);
        // The last thing done is the first to be taken back.
        inverses.splice(0..0, undone.inverses);
    }
    Ok((chunks, inverses, skipped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tombolo_docs::{Author, Document};
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
}
