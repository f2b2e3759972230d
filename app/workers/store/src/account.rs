//! The account this tab shows: its database, its catalogue, what is open, and its place among the tabs.
//!
//! One value a sign-in or switch; when the tab goes to another account, this one is closed and never used again.
//!
//! Invariant: no borrow of its cells is held over an await.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};

use tombolo_docs::{Actor, Author};
use tombolo_model::{Action, Id, Kind};
use tombolo_sync::client::Status;
use tombolo_wire::store::{AccountInfo, Event, Notice, Overview, SyncStatus};
use tombolo_wire::sync::Place;

use crate::api::Errands;
use crate::catalogue::{self, StoredRow};
use crate::documents::Documents;
use crate::fault::Fault;
use crate::leader::Lead;
use crate::pending::{self, Pending};
use crate::registry::Registry;
use crate::runs::Running;
use crate::storage::read::json;
use crate::storage::{Layout, Storage, StorageError, Store, text_of};
use crate::tabs::{Channel, Say};
use crate::undo::Undo;
use crate::untold::{self, Told};
use crate::writer::Writer;
use crate::{env, port};

/// The account of this tab.
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) info: RefCell<AccountInfo>,
    pub(crate) storage: Storage,
    /// This tab's name among the tabs.
    pub(crate) tab: String,
    pub(crate) actor: Cell<Actor>,
    /// The actor whose person was written down last.
    pub(crate) noted_actor: Cell<Actor>,
    pub(crate) documents: Documents,
    pub(crate) catalogue: RefCell<BTreeMap<Id, StoredRow>>,
    /// Which changes wait for the server.
    pub(crate) pending: RefCell<Pending>,
    pub(crate) parked: Cell<usize>,
    pub(crate) writer: Writer,
    /// Documents whose pieces do not fit together, although none of them can be put aside for it.
    pub(crate) unfit: RefCell<BTreeSet<Id>>,
    /// What was stored and told.
    pub(crate) told: Told,
    pub(crate) undo: RefCell<Undo>,
    /// What the leader knows of the link, here or elsewhere.
    pub(crate) link: RefCell<Status>,
    pub(crate) notices: RefCell<Vec<Notice>>,
    pub(crate) lead: Lead,
    /// What the screen was told last.
    pub(crate) shown_status: RefCell<Option<SyncStatus>>,
    pub(crate) running: RefCell<BTreeMap<Id, Running>>,
    pub(crate) visible: Cell<bool>,
    /// Where the person at this tab is.
    pub(crate) place: RefCell<Option<Place>>,
    /// Whose end the leader waits for.
    pub(crate) watched: RefCell<BTreeSet<String>>,
    pub(crate) registry: Rc<Registry>,
    pub(crate) errands: Errands,
    /// What was brought here from this device is being compared with what is there.
    pub(crate) finishing: Cell<bool>,
    /// Stubs of what may not be opened are about to be asked for.
    pub(crate) asks_for_stubs: Cell<bool>,
    channel: RefCell<Option<Channel>>,
    open: Cell<bool>,
}

impl Account {
    /// Opens an account's database and reads what lists need.
    pub(crate) async fn open(
        registry: &Rc<Registry>,
        info: AccountInfo,
        tab: &str,
        visible: bool,
    ) -> Result<Rc<Self>, Fault> {
        // Who shall let go of the lead when the database goes.
        let leader = Rc::new(RefCell::new(Weak::<Self>::new()));
        let holder = leader.clone();
        let storage = Storage::open(&database_name(&info), Layout::Account, move || {
            if let Some(account) = holder.borrow().upgrade() {
                account.retire();
            }
            port::event(Event::Reload {
                reason: "This page was opened in a newer version. Reload to go on.".to_owned(),
            });
        })
        .await?;
        let account = Rc::new(Self {
            id: info.id,
            info: RefCell::new(info),
            storage,
            tab: tab.to_owned(),
            actor: Cell::new(env::random()),
            noted_actor: Cell::default(),
            documents: Documents::default(),
            catalogue: RefCell::default(),
            pending: RefCell::default(),
            parked: Cell::new(0),
            writer: Writer::default(),
            unfit: RefCell::default(),
            told: Told::default(),
            undo: RefCell::default(),
            link: RefCell::default(),
            notices: RefCell::default(),
            lead: Lead::default(),
            shown_status: RefCell::default(),
            running: RefCell::default(),
            visible: Cell::new(visible),
            place: RefCell::default(),
            watched: RefCell::default(),
            registry: registry.clone(),
            errands: Errands::default(),
            finishing: Cell::new(false),
            asks_for_stubs: Cell::new(false),
            channel: RefCell::default(),
            open: Cell::new(true),
        });
        leader.replace(Rc::downgrade(&account));
        account.join()?;
        untold::begin(&account).await?;
        // Read before the rows: what is stored in between has its row.
        let documents = account.storage.documents(&[Store::Snapshots, Store::Chunks]).await?;
        let unreadable = account.read().await?;
        catalogue::rebuild(&account, documents).await?;
        account.say_unreadable(&unreadable);
        Ok(account)
    }

    /// Joins the other tabs before anything is read, so that nothing is missed between.
    fn join(self: &Rc<Self>) -> Result<(), Fault> {
        let weak = Rc::downgrade(self);
        let channel = Channel::join(&self.database(), move |said| {
            if let Some(account) = weak.upgrade()
                && account.is_open()
            {
                account.heard(said);
            }
        });
        let channel = channel.map_err(|error| Fault::Browser(format!("Tabs cannot talk to each other: {error:?}")))?;
        self.channel.replace(Some(channel));
        Ok(())
    }

    /// Reads rows and counts; gives what could not be read of the catalogue.
    async fn read(&self) -> Result<Vec<(Option<Id>, StorageError)>, Fault> {
        let wanted = [(Store::Catalogue, None), (Store::Parked, None)];
        let found = self.storage.entries(&wanted).await?;
        let [rows, parked] = found.as_slice() else {
            return Err(Fault::Browser("The database answered something else than was asked.".to_owned()));
        };
        let (mut catalogue, mut unreadable) = (BTreeMap::new(), Vec::new());
        for (key, value) in rows {
            match json::<StoredRow>(Store::Catalogue, value) {
                Ok(row) => {
                    catalogue.insert(row.row.id, row);
                }
                Err(error) => unreadable.push((key.as_string().and_then(|id| id.parse().ok()), error)),
            }
        }
        // What was heard meanwhile is newer.
        self.catalogue.borrow_mut().extend(catalogue);
        self.parked.set(parked.len());
        // The others must not wait for one that cannot be read.
        for error in pending::read(self).await? {
            self.notices.borrow_mut().push(Notice {
                code: "damaged".to_owned(),
                message: format!("A note of what the server lacks is damaged: {error}. Change the resource whose last edits are missing on other devices once more."),
                document: None,
            });
        }
        Ok(unreadable)
    }

    /// Says which rows were damaged and could not be made anew.
    fn say_unreadable(&self, unreadable: &[(Option<Id>, StorageError)]) {
        for (id, error) in unreadable {
            if id.is_none_or(|id| !self.catalogue.borrow().contains_key(&id)) {
                self.notices.borrow_mut().push(Notice {
                    code: "damaged".to_owned(),
                    message: format!("An entry of the list is damaged and is made anew when it is opened: {error}."),
                    document: *id,
                });
            }
        }
    }

    /// The name of its database; its channel and locks are named after it.
    pub(crate) fn database(&self) -> String {
        database_name(&self.info.borrow())
    }

    /// Whether everything lives on this device alone.
    pub(crate) fn is_local(&self) -> bool {
        self.info.borrow().local
    }

    /// Whether the person may change a resource of a kind that an integration owns, as last known.
    pub(crate) fn may_write(&self, kind: Kind, owner: Option<Id>) -> bool {
        self.info.borrow().may(Action::Write, kind, owner)
    }

    /// Whether this is still the tab's account.
    pub(crate) fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Gives up the account: another one takes its place in this tab.
    pub(crate) fn close(self: &Rc<Self>) {
        self.open.set(false);
        self.stop_leading();
        self.say(&Say::Place { tab: self.tab.clone(), place: None });
        if let Some(channel) = self.channel.take() {
            channel.leave();
        }
        self.writer.close();
        self.storage.close();
    }

    /// Tells the other tabs.
    pub(crate) fn say(&self, say: &Say) {
        if let Some(channel) = &*self.channel.borrow() {
            channel.say(say);
        }
    }

    /// Who edits, and when.
    pub(crate) fn author(&self) -> Author {
        Author { actor: self.actor.get(), time_ms: env::now_ms() }
    }

    /// Takes a new actor: the old one's numbers must not be used twice (decision 14).
    pub(crate) fn rotate_actor(&self) {
        self.actor.set(env::random());
    }

    /// Tells this screen something, and remembers it for the overview.
    pub(crate) fn notice(&self, notice: Notice) {
        let mut notices = self.notices.borrow_mut();
        if notices.contains(&notice) {
            return;
        }
        notices.push(notice.clone());
        drop(notices);
        port::event(Event::Notice { notice });
    }

    /// The tab's first picture.
    pub(crate) fn overview(&self, accounts: Vec<AccountInfo>) -> Overview {
        Overview {
            account: self.info.borrow().clone(),
            accounts,
            catalogue: self.shown_catalogue(),
            sync: self.status(),
            notices: self.notices.borrow().clone(),
        }
    }
}

/// A row of the outbox.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct OutboxRow {
    pub(crate) document: Id,
    /// The change's hash (hex).
    pub(crate) hash: String,
}

/// The name of an account's database. Each person has their own, also of an account that several of them open on this
/// computer: what one could not send yet is neither shown to another nor sent in their name.
pub(crate) fn database_name(info: &AccountInfo) -> String {
    match &info.user {
        Some(user) if !info.local => format!("tombolo-{}-{}", info.id, user.id),
        _ => local_database(info.id),
    }
}

/// The name of the database of an account that lives on this device alone.
pub(crate) fn local_database(account: Id) -> String {
    format!("tombolo-{account}")
}

/// The id in the first part of a key.
pub(crate) fn id_of(key: &wasm_bindgen::JsValue) -> Option<Id> {
    text_of(key, 0)?.parse().ok()
}
