//! Going from one account to another: signing up, in and out, and switching.
//!
//! What is on the device goes along as new entries of the account's outbox; the local account stays until the server
//! has all of it (decision 21).

mod bring;

use std::rc::Rc;

use tombolo_model::{Id, Role};
use tombolo_wire::rest::{Me, SignIn, SignUp};
use tombolo_wire::store::{AccountInfo, Event, Overview};
use wasm_bindgen_futures::spawn_local;

use crate::account::{Account, database_name};
use crate::fault::Fault;
use crate::storage::Storage;
use crate::worker::Tab;
use crate::{api, port};

pub(crate) use bring::all_is_there;

/// Signs up; what is on the device comes along.
pub(crate) async fn sign_up(tab: &Rc<Tab>, name: String, email: String, password: String) -> Result<Overview, Fault> {
    let body = SignUp { name, email, password, invitation: None };
    let me: Me = api::call("POST", "/api/signup", Some(&body)).await?;
    enter(tab, me, true).await
}

/// Signs in.
pub(crate) async fn sign_in(
    tab: &Rc<Tab>,
    email: String,
    password: String,
    bring_local: bool,
) -> Result<Overview, Fault> {
    let me: Me = api::call("POST", "/api/signin", Some(&SignIn { email, password })).await?;
    enter(tab, me, bring_local).await
}

async fn enter(tab: &Rc<Tab>, me: Me, bring_local: bool) -> Result<Overview, Fault> {
    let infos: Vec<AccountInfo> = me
        .accounts
        .iter()
        .map(|account| AccountInfo {
            id: account.id,
            name: account.name.clone(),
            local: false,
            user: Some(me.user.clone()),
            role: account.role,
        })
        .collect();
    let before = tab.account();
    // Somebody whose sign-in had ended goes on where they were.
    let target = infos.iter().find(|info| info.id == before.id).or_else(|| infos.first());
    let target = target
        .cloned()
        .ok_or_else(|| Fault::Invalid("You are a member of no account. Ask for an invitation.".to_owned()))?;
    if target.id == before.id {
        before.info.replace(target.clone());
        tab.registry.make_current(&infos, target.id).await?;
        before.rotate_actor();
        before.stop_leading();
        before.seek_lead();
        return overview(tab).await;
    }
    let next = Account::open(&tab.registry, target.clone(), &tab.name, tab.visible.get()).await?;
    if bring_local && before.is_local() {
        bring::bring(&before, &next).await?;
    }
    tab.registry.make_current(&infos, target.id).await?;
    go(tab, &before, next).await
}

/// Signs out; what the server has leaves this device, what it has not stays.
pub(crate) async fn sign_out(tab: &Rc<Tab>) -> Result<Overview, Fault> {
    let before = tab.account();
    if before.is_local() {
        return overview(tab).await;
    }
    match api::tell("POST", "/api/signout", None::<&()>).await {
        Ok(()) | Err(Fault::Refused { .. }) => {}
        Err(error) => return Err(error),
    }
    let info = tab.registry.local().await?;
    let next = Account::open(&tab.registry, info, &tab.name, tab.visible.get()).await?;
    let everything_there = bring::is_all_there(&before).await;
    for known in tab.registry.accounts().await? {
        // Others of the same person open again after signing in.
        if !known.local && (known.id != before.id || everything_there) {
            tab.registry.remove(known.id).await?;
        }
    }
    let left = before.id;
    let overview = go(tab, &before, next).await?;
    if everything_there {
        spawn_local(async move {
            // A tab that still has it open lets go when it loads anew; then the browser deletes it.
            drop(Storage::delete(&database_name(left)).await);
        });
    }
    Ok(overview)
}

/// Shows another account of the same person.
pub(crate) async fn switch(tab: &Rc<Tab>, id: Id) -> Result<Overview, Fault> {
    let before = tab.account();
    if before.id == id {
        return overview(tab).await;
    }
    let info = tab.registry.account(id).await?.ok_or(Fault::NotFound(id))?;
    let next = Account::open(&tab.registry, info, &tab.name, tab.visible.get()).await?;
    tab.registry.make_current(&[], id).await?;
    go(tab, &before, next).await
}

/// Puts an account in the place of the one before.
async fn go(tab: &Rc<Tab>, before: &Rc<Account>, next: Rc<Account>) -> Result<Overview, Fault> {
    before.close();
    tab.set_account(next.clone());
    tab.registry.others_reload("Another account was opened in another tab. Reload to go on there.");
    next.seek_lead();
    overview(tab).await
}

/// The first picture of the present account.
pub(crate) async fn overview(tab: &Rc<Tab>) -> Result<Overview, Fault> {
    let account = tab.account();
    let mut accounts = tab.registry.accounts().await?;
    if !account.is_local() {
        // The device's own account comes back with signing out.
        accounts.retain(|info| !info.local);
    } else {
        accounts.retain(|info| info.local);
    }
    Ok(account.overview(accounts))
}

/// The server says what the person may do now.
pub(crate) fn role_changed(account: &Rc<Account>, role: Role) {
    if account.info.borrow().role == role {
        return;
    }
    account.info.borrow_mut().role = role;
    let account = account.clone();
    spawn_local(async move {
        let info = account.info.borrow().clone();
        // What could not be kept is told again with the next connection.
        drop(account.registry.update(&info).await);
        port::event(Event::Account { account: info });
    });
}
