//! Rows of what this person sees and may not open: connections and iClients that others sign in with (decision 25).
//!
//! The server sends no document of them; what lists and flows show is asked for by HTTP when the device comes online and
//! when something happened that it was not sent. A row without heads is such a stub.

use std::collections::BTreeMap;
use std::rc::Rc;

use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::Stubs;
use tombolo_wire::store::{CatalogueRow, Link};
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::storage::{Batch, Store, text};
use crate::tabs::Say;
use crate::{api, env, untold};

/// How long changes gather before they are asked for.
const SOON_MS: u32 = 1_000;

/// Asks soon, and once for all that happens until then.
pub(crate) fn ask_soon(account: &Rc<Account>) {
    if opens_all(account) || account.asks_for_stubs.replace(true) {
        return;
    }
    let account = account.clone();
    spawn_local(async move {
        env::pause(SOON_MS).await;
        account.asks_for_stubs.set(false);
        ask(&account).await;
    });
}

/// Whether a row is all that is here of its resource.
pub(crate) fn is_stub(account: &Account, id: Id) -> bool {
    account.catalogue.borrow().get(&id).is_some_and(|stored| stored.heads.is_empty())
}

fn opens_all(account: &Account) -> bool {
    account.is_local() || account.info.borrow().role.may(Action::Open, Kind::Connection)
}

/// Asks the server, and keeps and shows what it says. Without an answer what is known stays.
async fn ask(account: &Rc<Account>) {
    if !account.is_open() || account.link.borrow().link != Link::Online || opens_all(account) {
        return;
    }
    let path = format!("/api/accounts/{}/stubs", account.id);
    let Ok(Stubs { stubs }) = api::call("GET", &path, None::<&()>).await else { return };
    // What cannot be kept now comes with the next answer.
    drop(replace(account, stubs).await);
}

async fn replace(account: &Rc<Account>, there: Vec<CatalogueRow>) -> Result<(), Fault> {
    let mut here: BTreeMap<Id, StoredRow> = {
        let catalogue = account.catalogue.borrow();
        catalogue.iter().filter(|(_, stored)| stored.heads.is_empty()).map(|(id, row)| (*id, row.clone())).collect()
    };
    let (mut batch, mut rows) = (Batch::new(), Vec::new());
    for row in there {
        // Of a right that has just been widened the whole document may be here already.
        let whole = account.catalogue.borrow().get(&row.id).is_some_and(|stored| !stored.heads.is_empty());
        let known = here.remove(&row.id);
        let row = StoredRow { row, heads: Vec::new() };
        if !whole && known.as_ref() != Some(&row) {
            catalogue::put(&mut batch, &row);
            rows.push(row);
        }
    }
    let gone: Vec<Id> = here.into_keys().collect();
    for id in &gone {
        batch.delete(Store::Catalogue, &text(id.to_string()));
    }
    if batch.is_empty() || account.info.borrow().ended {
        return Ok(());
    }
    let number = untold::count(account, &mut batch);
    account.storage.write(&batch).await?;
    account.say(&Say::Stored { pieces: Vec::new(), rows: rows.clone(), removed: gone.clone() });
    account.take_rows(rows, &gone);
    untold::told(account, number);
    Ok(())
}
