//! Going from one account to another: signing up, in and out, and switching.
//!
//! What is on the device goes along as new entries of the account's outbox; the local account stays until the server
//! has all of it (decision 21).

mod bring;
mod sign_out;

use std::rc::Rc;

use tombolo_model::{Id, Rights, Role};
use tombolo_wire::rest::{Accept, AccountSummary, AnswerInvitation, FinishSso, Me, SignIn, SignUp};
use tombolo_wire::store::{Access, AccountInfo, Event, Overview, UserInfo};
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::fault::Fault;
use crate::tabs::Say;
use crate::worker::Tab;
use crate::{api, ended, port, runs, writer};

pub(crate) use bring::{all_is_there, note_refused};
pub(crate) use sign_out::{delete_left, export_unsent, sign_out, unsent};

/// Signs up; what is on the device comes along.
pub(crate) async fn sign_up(tab: &Rc<Tab>, body: &SignUp) -> Result<Overview, Fault> {
    may_sign_in(&tab.account()).await?;
    let me: Me = api::call("POST", "/api/signup", Some(body)).await?;
    enter(tab, me, true).await
}

/// Signs in.
pub(crate) async fn sign_in(tab: &Rc<Tab>, body: &SignIn, bring_local: bool) -> Result<Overview, Fault> {
    may_sign_in(&tab.account()).await?;
    let me: Me = api::call("POST", "/api/signin", Some(body)).await?;
    enter(tab, me, bring_local).await
}

/// Ends a sign-in through an organization. Its account is not the place for what somebody made alone.
pub(crate) async fn finish_sso(tab: &Rc<Tab>, back: &FinishSso) -> Result<Overview, Fault> {
    may_leave(&tab.account()).await?;
    let me: Me = api::call("POST", "/api/sso/finish", Some(back)).await?;
    enter(tab, me, false).await
}

/// Follows an invitation as the person who is signed in.
pub(crate) async fn accept(tab: &Rc<Tab>, token: String) -> Result<Overview, Fault> {
    join(tab, "/api/invitations/accept", &Accept { invitation: token }).await
}

/// Accepts an invitation that the bell shows.
pub(crate) async fn accept_waiting(tab: &Rc<Tab>, account: Id) -> Result<Overview, Fault> {
    join(tab, "/api/bell/invitations/accept", &AnswerInvitation { account }).await
}

async fn join(tab: &Rc<Tab>, path: &str, body: &impl serde::Serialize) -> Result<Overview, Fault> {
    let before = tab.account();
    if before.is_local() {
        return Err(Fault::Invalid("Sign in or sign up first, then open the link of the invitation again.".to_owned()));
    }
    may_leave(&before).await?;
    let me: Me = api::call("POST", path, Some(body)).await?;
    enter(tab, me, false).await
}

/// Accounts have been opened to the person elsewhere, or again: this device knows of them from now on.
pub(crate) async fn learn(tab: &Rc<Tab>, open: &[Id]) -> Result<(), Fault> {
    let here = tab.account().info.borrow().clone();
    let known = tab.registry.accounts().await?;
    let knows = |id: &Id| known.iter().any(|info| info.id == *id && is_same_person(info, &here) && !info.ended);
    // The one on the screen hears it from its socket.
    let is_news = |id: &Id| *id != here.id && !knows(id);
    if !open.iter().any(is_news) {
        return Ok(());
    }
    let me: Me = api::call("GET", "/api/me", None::<&()>).await?;
    for info in infos(&me).iter().filter(|info| is_same_person(info, &here) && is_news(&info.id)) {
        tab.registry.update(info).await?;
    }
    Ok(())
}

/// The person has another name now, which the server knows: what this device knows of them says so too.
pub(crate) async fn renamed(tab: &Rc<Tab>, name: &str) -> Result<(), Fault> {
    let account = tab.account();
    let present = account.info.borrow().clone();
    for info in tab.registry.accounts().await? {
        if !info.local && is_same_person(&info, &present) {
            tab.registry.update(&with_name(info, name)).await?;
        }
    }
    let info = with_name(present, name);
    account.info.replace(info.clone());
    account.say(&Say::Account { info: Box::new(info.clone()) });
    port::event(Event::Account { account: info });
    Ok(())
}

fn with_name(info: AccountInfo, name: &str) -> AccountInfo {
    let user = info.user.map(|user| UserInfo { name: name.to_owned(), ..user });
    AccountInfo { user, ..info }
}

/// Whoever signs in leaves the local account. Somebody whose sign-in had ended mostly stays where they are.
async fn may_sign_in(account: &Rc<Account>) -> Result<(), Fault> {
    if account.is_local() { may_leave(account).await } else { Ok(()) }
}

/// Leaving an account ends what is in memory: nothing may be lost with it.
async fn may_leave(account: &Rc<Account>) -> Result<(), Fault> {
    if !account.running.borrow().is_empty() {
        return Err(Fault::Invalid(
            "A flow is running in this tab. Wait until it has ended or cancel it, then try again.".to_owned(),
        ));
    }
    writer::settled(account).await.map_err(|error| {
        Fault::Invalid(format!(
            "Your last changes are not saved yet: {error}. Keep this tab open until they are, then try again."
        ))
    })
}

/// Opens an account of the person who has just signed in: the one an invitation has led to, the one they were in, or
/// their first.
async fn enter(tab: &Rc<Tab>, me: Me, bring_local: bool) -> Result<Overview, Fault> {
    let infos = infos(&me);
    let before = tab.account();
    let wanted = me.joined.unwrap_or(before.id);
    let target = infos
        .iter()
        .find(|info| info.id == wanted)
        .or_else(|| infos.first())
        .cloned()
        .ok_or_else(|| Fault::Invalid("You are a member of no account. Ask for an invitation.".to_owned()))?;
    if target.id == before.id && is_same_person(&target, &before.info.borrow()) {
        // Somebody whose sign-in had ended goes on where they were.
        before.info.replace(target.clone());
        tab.registry.make_current(&infos, target.id).await?;
        before.rotate_actor();
        before.stop_leading();
        before.seek_lead();
        return overview(tab).await;
    }
    let next = Account::open(&tab.registry, target.clone(), &tab.name, tab.visible.get()).await?;
    if let Err(error) = prepare(tab, &before, &next, &infos, bring_local).await {
        next.close();
        return Err(error);
    }
    go(tab, &before, next).await
}

fn infos(me: &Me) -> Vec<AccountInfo> {
    let info = |account: &AccountSummary| AccountInfo {
        id: account.id,
        name: account.name.clone(),
        local: false,
        user: Some(me.user.clone()),
        role: account.role,
        grants: account.grants.clone(),
        ended: false,
    };
    me.accounts.iter().map(info).collect()
}

/// What must be stored before another account is shown.
async fn prepare(
    tab: &Rc<Tab>,
    before: &Rc<Account>,
    next: &Rc<Account>,
    infos: &[AccountInfo],
    bring_local: bool,
) -> Result<(), Fault> {
    if bring_local && before.is_local() {
        // What somebody made alone goes to their own account, also when an invitation leads them to another's.
        match infos.iter().find(|info| info.role == Role::Owner).filter(|own| own.id != next.id) {
            None => bring::bring(before, next).await?,
            Some(own) => {
                let own = Account::open(&tab.registry, own.clone(), &tab.name, false).await?;
                let brought = bring::bring(before, &own).await;
                own.close();
                brought?;
            }
        }
    }
    // What was edited meanwhile.
    may_leave(before).await?;
    tab.registry.make_current(infos, next.id).await
}

/// Shows another account of the same person.
pub(crate) async fn switch(tab: &Rc<Tab>, id: Id) -> Result<Overview, Fault> {
    let before = tab.account();
    if before.id == id {
        // Whoever was taken out of it asks whether they are in it again.
        if before.status().access != Access::Open {
            before.stop_leading();
            before.seek_lead();
        }
        return overview(tab).await;
    }
    let known = tab.registry.account(id).await?;
    let info = known.filter(|info| is_same_person(info, &before.info.borrow())).ok_or(Fault::NotFound(id))?;
    may_leave(&before).await?;
    let next = Account::open(&tab.registry, info, &tab.name, tab.visible.get()).await?;
    tab.registry.make_current(&[], id).await?;
    go(tab, &before, next).await
}

/// Puts an account in the place of the one before.
async fn go(tab: &Rc<Tab>, before: &Rc<Account>, next: Rc<Account>) -> Result<Overview, Fault> {
    let reason = "Another account was opened in another tab. Reload to go on there.";
    // Those that show the account too let go of its lead.
    before.say(&Say::Reload { reason: reason.to_owned() });
    before.close();
    tab.set_account(next.clone());
    tab.registry.others_reload(reason);
    next.seek_lead();
    if let Err(error) = ended::leave(before).await {
        // The next page that hears of it takes it off.
        web_sys::console::debug_1(&format!("an account that is over stays for now: {error}").into());
    }
    overview(tab).await
}

/// Whether an account, as this device knows it, is the same person's as another; local ones are nobody's.
pub(crate) fn is_same_person(one: &AccountInfo, other: &AccountInfo) -> bool {
    let user = |info: &AccountInfo| info.user.as_ref().map(|user| user.id);
    one.local == other.local && user(one) == user(other)
}

/// The first picture of the present account.
pub(crate) async fn overview(tab: &Rc<Tab>) -> Result<Overview, Fault> {
    let account = tab.account();
    let mut accounts = tab.registry.accounts().await?;
    // The device's own account comes back with signing out, those of other people with their signing in.
    accounts.retain(|info| is_same_person(info, &account.info.borrow()));
    Ok(account.overview(accounts))
}

/// The server says what the person may do now.
pub(crate) fn rights_changed(account: &Rc<Account>, rights: Rights) {
    let known = |info: &AccountInfo| info.rights() == rights && !info.ended;
    if known(&account.info.borrow()) {
        return;
    }
    let Rights { role, grants } = rights;
    account.info.replace_with(|info| AccountInfo { role, grants, ended: false, ..info.clone() });
    runs::end_forbidden(account);
    let account = account.clone();
    spawn_local(async move {
        let info = account.info.borrow().clone();
        // What could not be kept is told again with the next connection.
        drop(account.registry.update(&info).await);
        account.say(&Say::Account { info: Box::new(info.clone()) });
        port::event(Event::Account { account: info });
        account.show_status();
    });
}

/// The leading tab was told what the person may do now.
pub(crate) fn heard_account(account: &Rc<Account>, info: AccountInfo) {
    account.info.replace(info.clone());
    runs::end_forbidden(account);
    port::event(Event::Account { account: info });
    account.show_status();
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::store::UserInfo;

    fn info(local: bool, user: Option<u8>) -> AccountInfo {
        let user = user.map(|n| UserInfo { id: Id::from_parts(1, [n; 8]), name: String::new(), email: String::new() });
        AccountInfo {
            id: Id::from_parts(2, [0; 8]),
            name: String::new(),
            local,
            user,
            role: Role::Owner,
            grants: [].into(),
            ended: false,
        }
    }

    #[test]
    fn an_account_is_shown_to_its_own_person_alone() {
        assert!(is_same_person(&info(false, Some(1)), &info(false, Some(1))));
        assert!(!is_same_person(&info(false, Some(1)), &info(false, Some(2))));
        assert!(!is_same_person(&info(true, None), &info(false, Some(1))));
        assert!(is_same_person(&info(true, None), &info(true, None)));
    }
}
