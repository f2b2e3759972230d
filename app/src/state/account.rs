//! The account on the screen: who, which resources, where the changes are, what runs.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use futures::lock::Mutex;
use leptos::prelude::*;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::Outage;
use tombolo_wire::store::{
    AccountInfo, Call, CallError, CatalogueRow, Event, Link, Notice, Overview, RunRow, SyncStatus, TestReport,
};
use wasm_bindgen_futures::spawn_local;

use super::document::Documents;
use super::drafts::Drafts;
use super::feedback::{self, Unsent};
use super::logs::Logs;
use super::outages::Outages;
use super::reading::read;
use super::runs::Marks;
use super::{Client, Demand, Saving, SigningOut, Toasts, demand, last_known, watch};
use crate::browser::time;
use crate::browser::waits::{self, Waits};

/// The catalogue as a map.
pub(crate) type Rows = Arc<BTreeMap<Id, CatalogueRow>>;

/// Everything that outlives a page of the app. Copied freely; all of it is signals and handles.
#[derive(Clone, Copy)]
pub(crate) struct App {
    client: StoredValue<Option<Rc<Client>>, LocalStorage>,
    /// The account, once the store has opened.
    pub(crate) account: RwSignal<Option<AccountInfo>>,
    /// All accounts that this device knows.
    pub(crate) accounts: RwSignal<Vec<AccountInfo>>,
    /// All resources.
    pub(crate) rows: RwSignal<Rows>,
    /// Where the changes are.
    pub(crate) sync: RwSignal<SyncStatus>,
    /// What the account asks of this person before it lets them in.
    pub(crate) demand: RwSignal<Option<Demand>>,
    /// Counts the news of where the changes are. A number of changes that goes down and up again before the screen is
    /// drawn looks as if nothing had happened; this does not.
    pub(crate) moved: RwSignal<u32>,
    /// When everything here was last on the server, as far as this page has seen.
    pub(crate) synced_ms: RwSignal<Option<i64>>,
    /// How much of what was entered here is not stored yet; see [`App::saving`].
    pub(crate) unstored: RwSignal<usize>,
    /// What a person should know.
    pub(crate) notices: RwSignal<Vec<Notice>>,
    /// The runs seen so far.
    pub(crate) runs: RwSignal<Arc<BTreeMap<Id, RunRow>>>,
    /// What people decided about their errors.
    pub(crate) marks: RwSignal<Arc<Marks>>,
    /// What runs of this tab said for those who look for a fault.
    pub(crate) logs: RwSignal<Logs>,
    /// The connections that are offline.
    pub(crate) outages: RwSignal<Arc<Outages>>,
    /// The flow that was tried out last, and what came of it: whole records, so of one flow alone.
    pub(crate) tried_out: RwSignal<Option<(Id, Arc<TestReport>)>>,
    /// Why the page must be loaded again.
    pub(crate) reload: RwSignal<Option<String>>,
    /// Why nothing can be shown or kept: the store does not start, or has stopped.
    pub(crate) failed: RwSignal<Option<String>>,
    /// A newer version of the page waits; what to do about it.
    pub(crate) update: RwSignal<Option<&'static str>>,
    /// What was made here and waits for another account of this person to be opened.
    pub(crate) waits: RwSignal<Option<Waits>>,
    /// The accounts that the server has told to be open to this person; empty while it has told of none.
    pub(crate) open: RwSignal<Vec<Id>>,
    /// The account of each change that members ask this person to take over, as last heard.
    pub(crate) reviews: RwSignal<Vec<Id>>,
    /// Counts the offers that were answered in the bell, for the page that lists them.
    pub(crate) answered: RwSignal<u32>,
    /// Messages to who runs the server that could not be sent yet.
    pub(crate) feedback: RwSignal<Vec<Unsent>>,
    /// The time as the screen shows it, which moves on twice a minute.
    pub(crate) now_ms: RwSignal<i64>,
    /// What is asked before the person signs out.
    pub(crate) signing_out: SigningOut,
    /// Messages.
    pub(crate) toasts: Toasts,
    /// Secrets that were typed and are not kept yet.
    pub(crate) drafts: Drafts,
    pub(super) documents: Documents,
    /// Held by an edit that asks the store first; see [`App::in_turn`].
    turns: StoredValue<Rc<Mutex<()>>, LocalStorage>,
}

impl App {
    /// Starts the store worker and asks for the first picture.
    pub(crate) fn start() -> Self {
        let app = Self {
            client: StoredValue::new_local(None),
            account: RwSignal::new(None),
            accounts: RwSignal::new(Vec::new()),
            rows: RwSignal::new(Rows::default()),
            sync: RwSignal::new(SyncStatus::default()),
            demand: RwSignal::new(None),
            moved: RwSignal::new(0),
            synced_ms: RwSignal::new(None),
            unstored: RwSignal::new(0),
            notices: RwSignal::new(Vec::new()),
            runs: RwSignal::new(Arc::default()),
            marks: RwSignal::new(Arc::default()),
            logs: RwSignal::new(Logs::default()),
            outages: RwSignal::new(Arc::default()),
            tried_out: RwSignal::new(None),
            reload: RwSignal::new(None),
            failed: RwSignal::new(None),
            update: RwSignal::new(None),
            waits: RwSignal::new(waits::noted()),
            open: RwSignal::new(Vec::new()),
            reviews: RwSignal::new(Vec::new()),
            answered: RwSignal::new(0),
            feedback: RwSignal::new(feedback::kept()),
            now_ms: RwSignal::new(time::now_ms()),
            signing_out: SigningOut::new(),
            toasts: Toasts::new(),
            drafts: Drafts::new(),
            documents: Documents::new(),
            turns: StoredValue::new_local(Rc::default()),
        };
        match Client::start(move |event| app.take(event), move |why| app.failed.set(Some(why)), app.unstored) {
            Ok(client) => app.client.set_value(Some(client)),
            Err(error) => {
                let why = format!(
                    "This browser does not start workers ({error:?}); Tombolo needs them. Open it in a current browser."
                );
                app.failed.set(Some(why));
            }
        }
        spawn_local(async move {
            match app.call::<Overview>(Call::Hello).await {
                Ok(overview) => app.show(overview),
                Err(error) => app.failed.update(|failed| {
                    failed.get_or_insert(error.message);
                }),
            }
        });
        watch::begin(app);
        feedback::begin(app);
        last_known::begin(app);
        demand::begin(app);
        app
    }

    /// The app that this screen belongs to.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// The store worker.
    ///
    /// # Errors
    ///
    /// Returns an error in words when it never started.
    pub(crate) fn client(self) -> Result<Rc<Client>, CallError> {
        self.client.get_value().ok_or_else(|| CallError {
            code: "internal".into(),
            message: "The store did not start. Reload the page.".into(),
        })
    }

    /// Says that something was entered, for as long as what is returned lives.
    pub(crate) fn saving(self) -> Saving {
        Saving::begin(self.unstored)
    }

    /// Calls the store worker.
    pub(crate) async fn call<R: serde::de::DeserializeOwned>(self, call: Call) -> Result<R, CallError> {
        self.client()?.call(call).await
    }

    /// Calls it and says when that fails; for what has no place of its own for an error.
    pub(crate) fn send(self, call: Call) {
        spawn_local(async move {
            if let Err(error) = self.call::<serde_json::Value>(call).await {
                self.toasts.fail(error.message);
            }
        });
    }

    /// Does `work` once the work before it is done. Single edits reach the store in the order in which they are
    /// made; this is for those that take several calls, and for what must see them whole.
    pub(crate) fn in_turn(self, work: impl Future<Output = Result<(), CallError>> + 'static) {
        let turns = self.turns.get_value();
        let saving = self.saving();
        spawn_local(async move {
            let _turn = turns.lock().await;
            if let Err(error) = work.await {
                self.toasts.fail(error.message);
            }
            drop(saving);
        });
    }

    /// Shows an account. Of the one before, if it is another, nothing stays.
    pub(crate) fn show(self, overview: Overview) {
        let account = overview.account.id;
        let before = self.account.with_untracked(|before| before.as_ref().map(|before| before.id));
        if before.is_some_and(|before| before != account) {
            self.synced_ms.set(None);
            self.documents.clear(self);
            self.runs.set(Arc::default());
            self.marks.set(Arc::default());
            self.logs.set(Logs::default());
            self.outages.set(Arc::default());
            self.tried_out.set(None);
            self.toasts.clear();
            if self.drafts.clear() {
                self.toasts.fail(
                    "A secret that was typed in the other account was not kept. Go back there and enter it again.",
                );
            }
        }
        let rows = overview.catalogue.into_iter().map(|row| (row.id, row)).collect();
        self.rows.set(Arc::new(rows));
        self.account.set(Some(overview.account));
        self.accounts.set(overview.accounts);
        self.note_sync(overview.sync);
        self.notices.set(overview.notices);
        if before != Some(account) {
            self.ask_for_runs(account);
            self.send(Call::Outages);
        }
    }

    /// Notes what waits for another account, or that nothing does any more.
    pub(crate) fn note_waits(self, waits: Option<Waits>) {
        waits::note(waits);
        self.waits.set(waits);
    }

    /// Makes a call that ends in another account, and shows that; tells whether it did.
    pub(crate) async fn enter(self, call: Call) -> bool {
        match self.call::<Overview>(call).await {
            Ok(overview) => {
                self.show(overview);
                true
            }
            Err(error) => {
                self.toasts.fail(error.message);
                false
            }
        }
    }

    /// The resources of a kind that are not in the bin, by name.
    pub(crate) fn of_kind(self, kind: Kind) -> Vec<CatalogueRow> {
        let mut found: Vec<CatalogueRow> =
            read(self.rows, |rows| rows.values().filter(|row| row.kind == kind && !row.binned).cloned().collect());
        found.sort_by_key(|row| (row.name.to_lowercase(), row.id));
        found
    }

    /// A resource's row.
    pub(crate) fn row(self, id: Id) -> Option<CatalogueRow> {
        read(self.rows, |rows| rows.get(&id).cloned())
    }

    /// Whether the account is on this device alone: nobody has signed in.
    pub(crate) fn is_alone(self) -> bool {
        read(self.account, |account| account.as_ref().is_none_or(|account| account.local))
    }

    /// Whether this person may change resources. Until the store has opened nothing says that they may not,
    /// and a call made meanwhile waits for it.
    pub(crate) fn may_write(self) -> bool {
        self.may(Action::Write, Kind::Flow)
    }

    /// Whether this person may do something with resources of a kind, as far as is known.
    pub(crate) fn may(self, action: Action, kind: Kind) -> bool {
        read(self.account, |account| account.as_ref().is_none_or(|account| account.role.may(action, kind)))
    }

    /// Whether this person may do something with a resource that an integration owns, as far as is known.
    pub(crate) fn may_in(self, action: Action, kind: Kind, owner: Option<Id>) -> bool {
        read(self.account, |account| account.as_ref().is_none_or(|account| account.may(action, kind, owner)))
    }

    /// The same with a resource that is listed.
    pub(crate) fn may_change(self, row: &CatalogueRow) -> bool {
        let owner = if row.kind == Kind::Integration { Some(row.id) } else { row.integration };
        self.may_in(Action::Write, row.kind, owner)
    }

    /// Whether this person may look into a resource that is listed. Of what signs in elsewhere some see the name alone.
    pub(crate) fn may_open(self, row: &CatalogueRow) -> bool {
        !matches!(row.kind, Kind::Connection | Kind::IClient) || self.may_in(Action::Open, row.kind, row.integration)
    }

    /// The accounts that one may go to. One that was closed to this person meanwhile is not among them, unless it is
    /// on the screen or this device keeps changes of theirs that it did not get.
    pub(crate) fn choices(self) -> Vec<AccountInfo> {
        let here = read(self.account, |account| account.as_ref().map(|account| account.id));
        let open = read(self.open, Clone::clone);
        read(self.accounts, |all| may_go(all, &open, here))
    }

    /// Why a connection is offline, and since when; nothing where it is not.
    pub(crate) fn outage(self, connection: Id) -> Option<Outage> {
        read(self.outages, |outages| outages.get(&connection).cloned())
    }

    fn note_sync(self, status: SyncStatus) {
        // It is so until it is not any more: both ends count.
        if is_in_step(&status) || self.sync.with_untracked(is_in_step) {
            self.synced_ms.set(Some(time::now_ms()));
        }
        self.sync.set(status);
    }

    fn take(self, event: Event) {
        match event {
            Event::Document { id, view, splices, own, undo } => self.documents.changed(id, view, &splices, own, undo),
            Event::Catalogue { rows, removed } => {
                let came: Vec<Id> = rows.iter().map(|row| row.id).collect();
                self.rows.update(|all| {
                    let all = Arc::make_mut(all);
                    removed.iter().for_each(|id| {
                        all.remove(id);
                    });
                    all.extend(rows.into_iter().map(|row| (row.id, row)));
                });
                self.documents.gone(&removed);
                self.documents.came(self, &came);
                if !removed.is_empty() {
                    let of_those = |run: &&RunRow| removed.contains(&run.flow);
                    let gone: Vec<Id> =
                        self.runs.with_untracked(|runs| runs.values().filter(of_those).map(|run| run.id).collect());
                    self.drop_runs(&gone);
                }
            }
            Event::Sync { status } => {
                if self.sync.with_untracked(|before| has_moved(before, &status)) {
                    self.moved.update(|moved| *moved = moved.wrapping_add(1));
                }
                self.note_sync(status);
            }
            event @ (Event::Run { .. } | Event::Marks { .. } | Event::RunsGone { .. }) => self.take_run(event),
            Event::Log { run, line } => self.logs.update(|logs| logs.take(run, line)),
            Event::Outages { outages } => {
                let all = outages.into_iter().map(|outage| (outage.connection, outage)).collect();
                self.outages.set(Arc::new(all));
            }
            Event::Notice { notice } => self.notices.update(|notices| {
                notices.retain(|have| have.code != notice.code || have.document != notice.document);
                notices.push(notice);
            }),
            Event::Account { account } => self.account.set(Some(account)),
            Event::Reload { reason } => self.reload.set(Some(reason)),
        }
    }
}

fn may_go(all: &[AccountInfo], open: &[Id], here: Option<Id>) -> Vec<AccountInfo> {
    let may = |account: &&AccountInfo| {
        let closed = !open.is_empty() && !open.contains(&account.id);
        account.local || account.ended || !closed || here == Some(account.id)
    };
    all.iter().filter(may).cloned().collect()
}

/// Whether everything that was written here is on the server, and everything from there is here.
pub(crate) fn is_in_step(sync: &SyncStatus) -> bool {
    sync.link == Link::Online && sync.waiting == 0
}

/// Whether changes have moved between two states: people who come and go move none.
fn has_moved(before: &SyncStatus, now: &SyncStatus) -> bool {
    let places = |sync: &SyncStatus| (sync.link, sync.waiting, sync.unsaved, sync.not_accepted);
    places(before) != places(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_was_closed_to_somebody_is_no_choice() {
        let account = |n: u8| AccountInfo {
            id: Id::from_parts(1, [n; 8]),
            name: n.to_string(),
            local: false,
            user: None,
            role: tombolo_model::Role::Manage,
            grants: [].into(),
            ended: false,
        };
        let all = [account(1), account(2), account(3)];
        let names = |open: &[Id], here: u8| {
            may_go(&all, open, Some(account(here).id)).into_iter().map(|account| account.name).collect::<String>()
        };
        assert_eq!(names(&[], 1), "123", "nothing is known yet");
        assert_eq!(names(&[all[0].id, all[2].id], 1), "13");
        assert_eq!(names(&[all[0].id], 2), "12", "what is on the screen is told");
        let all = [account(1), AccountInfo { ended: true, ..account(2) }];
        assert_eq!(may_go(&all, &[all[0].id], None).len(), 2, "what is kept can be reached");
    }

    #[test]
    fn each_step_of_a_change_is_news_and_a_colleague_is_none() {
        let parked = SyncStatus { link: Link::Online, not_accepted: 1, ..SyncStatus::default() };
        let tried = SyncStatus { not_accepted: 0, waiting: 1, ..parked.clone() };
        assert!(has_moved(&parked, &tried) && has_moved(&tried, &parked));
        let told = SyncStatus { reason: Some("Why.".into()), ..parked.clone() };
        assert!(!has_moved(&parked, &told));
    }
}
