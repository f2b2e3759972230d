//! What people decide about errors: kept here at once, and sent like runs when the server is there.
//!
//! Invariant: a decision is on the disk before anybody is shown it.

use std::rc::Rc;

use js_sys::Array;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::run::{Decision, ErrorMark, MOST_MARKED, RunBy, RunRow, tag_problem};
use tombolo_wire::store::Event;
use wasm_bindgen::{JsCast, JsValue};

use super::{offer_soon, readable};
use crate::account::Account;
use crate::fault::Fault;
use crate::storage::{Batch, Store, pair, text, text_of};
use crate::tabs::Say;
use crate::{env, port};

/// Decides something about errors of a run.
pub(crate) async fn decide(account: &Rc<Account>, run: Id, errors: &[u64], decision: &Decision) -> Result<(), Fault> {
    if let Decision::Tag { tag } | Decision::Untag { tag } = decision
        && let Some(problem) = tag_problem(tag)
    {
        return Err(Fault::Invalid(problem));
    }
    let row: Option<RunRow> = account.storage.get_json(Store::Runs, &text(run.to_string())).await?;
    let row = row.ok_or_else(|| Fault::Invalid("This run is kept no longer, nor are its errors.".to_owned()))?;
    let owner = account.catalogue.borrow().get(&row.flow).and_then(|stored| stored.row.integration);
    if !account.info.borrow().may(Action::Run, Kind::Flow, owner) {
        return Err(Fault::Invalid("You may look at these errors, not decide about them.".to_owned()));
    }
    let by = account.info.borrow().user.as_ref().map(|user| Box::new(RunBy { user: user.id, name: user.name.clone() }));
    let time_ms = env::now_ms();
    let decided: Vec<ErrorMark> = errors
        .chunks(MOST_MARKED)
        .map(|errors| ErrorMark {
            id: env::new_id(),
            run,
            errors: errors.to_vec(),
            decision: decision.clone(),
            by: by.clone(),
            time_ms,
        })
        .collect();
    let mut batch = Batch::new();
    for mark in &decided {
        put(&mut batch, mark);
        if !account.is_local() {
            batch.put(Store::RunOutbox, &outbox_key(run, mark.id), 0.into());
        }
    }
    account.storage.write(&batch).await?;
    show_marks(account, decided);
    offer_soon(account);
    account.say(&Say::Errand);
    Ok(())
}

/// All decisions that are kept here.
pub(crate) async fn marks(account: &Rc<Account>) -> Result<Vec<ErrorMark>, Fault> {
    let found = account.storage.values(Store::RunMarks, None).await?;
    Ok(found.iter().filter_map(|value| readable(account, Store::RunMarks, value)).collect())
}

/// Shows decisions on all screens.
pub(crate) fn show_marks(account: &Rc<Account>, marks: Vec<ErrorMark>) {
    if !marks.is_empty() {
        account.say(&Say::Marks { marks: marks.clone() });
        port::event(Event::Marks { marks });
    }
}

/// Puts a decision into a batch. One that comes back from the server takes the place of what was kept, whose time may have
/// been from a clock that runs ahead.
pub(super) fn put(batch: &mut Batch, mark: &ErrorMark) {
    batch.put_json(Store::RunMarks, &pair(mark.run.to_string(), &text(mark.id.to_string())), mark);
}

pub(super) fn outbox_key(run: Id, mark: Id) -> JsValue {
    Array::of3(&text(run.to_string()), &text("mark"), &text(mark.to_string())).into()
}

/// Puts a stored decision that the server does not have into the outbox.
pub(crate) fn queue_mark(batch: &mut Batch, key: &JsValue) {
    if let (Some(run), Some(parts)) = (text_of(key, 0), key.dyn_ref::<Array>()) {
        let key = Array::of3(&text(run), &text("mark"), &parts.get(1));
        batch.put(Store::RunOutbox, &key, 0.into());
    }
}
