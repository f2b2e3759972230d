//! Every call of the screen, and what answers it.

use std::rc::Rc;

use serde::Serialize;
use tombolo_model::Id;
use tombolo_wire::rest::{SignIn, SignUp};
use tombolo_wire::store::{AccountInfo, BlobInfo, Call, Created, Packed};
use tombolo_wire::sync::Place;
use web_sys::Blob;

use crate::account::Account;
use crate::fault::Fault;
use crate::port::Answer;
use crate::undo::Way;
use crate::worker::Tab;
use crate::{
    bin, blobs, caches, create, documents, edit, ended, env, export, history, moving, outages, packages, park,
    presence, runs, secrets, undo,
};

/// Does what is asked.
pub(crate) async fn answer(tab: &Rc<Tab>, call: Call, files: Vec<Blob>) -> Result<Answer, Fault> {
    let account = tab.account();
    match call {
        Call::Hello => value(moving::overview(tab).await?),
        Call::Open { id } => value(documents::open(&account, id).await?),
        Call::Close { id } => close(&account, id),
        Call::Create { kind, value: resource } => created(create::create(&account, kind, &resource).await?),
        Call::Edit { id, intents } => value(edit::edit(&account, id, &intents).await?),
        Call::Undo { id } => value(undo::step(&account, id, Way::Back).await?),
        Call::Redo { id } => value(undo::step(&account, id, Way::Again).await?),
        Call::History { id } => value(history::history(&account, id).await?),
        Call::Version { id, hashes } => value(history::version(&account, id, &hashes).await?),
        Call::PutFile { name } => put_file(&account, name, files.first()).await,
        Call::StartRun { flow, on_server, options } => created(runs::start(&account, flow, on_server, options).await?),
        Call::TestRun { flow, options, reads_only } => {
            value(runs::test_run(&account, flow, options, reads_only).await?)
        }
        Call::TestConnection { connection, secrets } => {
            value(runs::test_connection(&account, connection, &secrets).await?)
        }
        Call::Outages => outages_of(&account),
        Call::CancelRun { run } => value(runs::cancel(&account, run).await?),
        Call::Runs { flow, limit } => value(runs::list(&account, flow, limit).await?),
        Call::RunErrors { run } => value(runs::errors(&account, run).await?),
        Call::LastError { run, step } => value(runs::last_error(&account, run, step).await?),
        Call::FlowErrors { flow, limit } => value(runs::flow_errors(&account, flow, limit).await?),
        Call::Marks => value(runs::marks(&account).await?),
        Call::Decide { run, errors, decision } => value(runs::decide(&account, run, &errors, &decision).await?),
        Call::RunFile { run, step } => run_file(&account, run, &step).await,
        Call::SetSecret { connection, path, value: secret } => set_secret(&account, connection, &path, &secret).await,
        Call::SignInTo { connection } => value(runs::sign_in_to(&account, connection).await?),
        Call::SignedInTo { state, code, problem, iss } => {
            created(runs::signed_in_to(&account, &state, code, &problem, iss.as_deref()).await?)
        }
        Call::Secrets { connection } => value(secrets::paths(&account, connection).await?),
        Call::CacheRead { cache, start, after } => cache_page(&account, cache, &start, after.as_deref()).await,
        Call::CacheWrite { cache, put, delete } => value(caches::write(&account, cache, put, delete).await?),
        Call::CachePurge { cache } => value(caches::purge(&account, cache).await?),
        Call::SignUp { name, email, password, invitation } => {
            value(moving::sign_up(tab, &SignUp { name, email, password, invitation }).await?)
        }
        Call::SignIn { email, password, code, trust, bring_local, invitation } => {
            value(moving::sign_in(tab, &SignIn { email, password, code, trust, invitation }, bring_local).await?)
        }
        Call::FinishSso { back } => value(moving::finish_sso(tab, &back).await?),
        Call::AcceptInvitation { token } => value(moving::accept(tab, token).await?),
        Call::AcceptWaiting { account } => value(moving::accept_waiting(tab, account).await?),
        Call::Renamed { name } => value(moving::renamed(tab, &name).await?),
        Call::SignOut { unsent } => value(moving::sign_out(tab, unsent).await?),
        Call::Unsent => value(moving::unsent(tab).await?),
        Call::ExportUnsent => exported("tombolo-unsent", moving::export_unsent(tab).await?),
        Call::SwitchAccount { account } => value(moving::switch(tab, account).await?),
        Call::Accounts { open, ended } => value(accounts(tab, &open, &ended).await?),
        Call::Presence { document, field, cursor } => {
            seen_at(&account, document.map(|document| place(document, field, cursor)))
        }
        Call::ParkedList => value(park::list(&account).await?),
        Call::ParkedOffer { parked } => value(park::offer(&account, &parked).await?),
        Call::ParkedRetry { parked } => value(park::retry(&account, &parked).await?),
        Call::ParkedDiscard { parked } => value(park::discard(&account, &parked).await?),
        Call::ExportAll => exported("tombolo", export::export_all(&account).await?),
        Call::Purge { ids } => value(bin::purge(&account, &ids).await?),
        Call::Pack { id } => packed(packages::pack(&account, id).await?),
        Call::Bundle { id, password } => packed(packages::bundle(&account, id, &password).await?),
        Call::LookAtPackage { of } => value(packages::look(&account, &of, files.first()).await?),
        Call::Install { of, choices } => value(packages::install(&account, &of, &choices, files.first()).await?),
        Call::Visible { visible } => show(tab, &account, visible),
    }
}

/// Takes off what the device has of accounts that this person was taken out of, and learns of those that are new.
async fn accounts(tab: &Rc<Tab>, open: &[Id], ended: &[Id]) -> Result<Vec<AccountInfo>, Fault> {
    ended::elsewhere(tab, ended).await?;
    moving::learn(tab, open).await?;
    Ok(moving::overview(tab).await?.accounts)
}

fn close(account: &Rc<Account>, id: Id) -> Result<Answer, Fault> {
    documents::close(account, id);
    value(())
}

async fn run_file(account: &Rc<Account>, run: Id, step: &str) -> Result<Answer, Fault> {
    let (info, file) = runs::file(account, run, step).await?;
    with_file(&info, file)
}

async fn set_secret(account: &Rc<Account>, connection: Id, path: &str, secret: &str) -> Result<Answer, Fault> {
    value(secrets::set(account, connection, path, secret).await?)
}

async fn cache_page(account: &Rc<Account>, cache: Id, start: &str, after: Option<&str>) -> Result<Answer, Fault> {
    value(caches::read(account, cache, start, after).await?)
}

/// The connections that are offline, as this device knows them, and asks for anew.
fn outages_of(account: &Rc<Account>) -> Result<Answer, Fault> {
    outages::show(account);
    outages::ask(account);
    value(())
}

/// Tells where the person is.
fn seen_at(account: &Rc<Account>, place: Option<Place>) -> Result<Answer, Fault> {
    presence::set(account, place);
    value(())
}

async fn put_file(account: &Rc<Account>, name: String, file: Option<&Blob>) -> Result<Answer, Fault> {
    let file = file.ok_or_else(|| Fault::Invalid("No file came along.".to_owned()))?;
    value(blobs::put(account, name, file).await?)
}

fn exported(of: &str, file: Blob) -> Result<Answer, Fault> {
    let info = blobs::info(String::new(), export_name(of), &file);
    with_file(&info, file)
}

fn show(tab: &Tab, account: &Rc<Account>, visible: bool) -> Result<Answer, Fault> {
    tab.visible.set(visible);
    account.set_visible(visible);
    value(())
}

fn value(value: impl Serialize) -> Result<Answer, Fault> {
    let value = serde_json::to_string(&value).map_err(|error| Fault::Browser(error.to_string()))?;
    Ok(Answer { value, file: None })
}

fn created(id: Id) -> Result<Answer, Fault> {
    value(Created { id })
}

fn packed((packed, file): (Packed, Blob)) -> Result<Answer, Fault> {
    let answer = value(packed)?;
    Ok(Answer { file: Some(file), ..answer })
}

fn with_file(info: &BlobInfo, file: Blob) -> Result<Answer, Fault> {
    let answer = value(info)?;
    Ok(Answer { file: Some(file), ..answer })
}

fn place(document: Id, field: Option<String>, cursor: Option<(usize, usize)>) -> Place {
    let wide = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
    Place { document: Some(document), field, cursor: cursor.map(|(anchor, head)| (wide(anchor), wide(head))) }
}

fn export_name(of: &str) -> String {
    let date = js_sys::Date::new(&(js_sys::Date::now().into()));
    let day = String::from(date.to_iso_string());
    format!("{of}-{}-{}.json", day.get(..10).unwrap_or("export"), env::now_ms() % 100_000)
}
