//! Taking back: a stack of inverse edits for each document, this tab's own (decision 8).

use std::rc::Rc;

use tombolo_docs::{Chunk, Inverse};
use tombolo_model::Id;
use tombolo_wire::store::Edited;

use crate::account::Account;
use crate::fault::Fault;
use crate::{documents, edit};

/// How many steps a tab remembers for a document.
const MOST_STEPS: usize = 200;

/// What can be taken back and what can be done again; a step may be several inverses, last first.
#[derive(Default)]
pub(crate) struct Stacks {
    back: Vec<Vec<Inverse>>,
    again: Vec<Vec<Inverse>>,
}

impl Stacks {
    /// A new step was made: what was taken back before cannot be done again.
    pub(crate) fn done(&mut self, inverses: Vec<Inverse>) {
        self.again.clear();
        push(&mut self.back, inverses);
    }
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
