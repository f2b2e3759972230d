//! The one database that all tabs share: which accounts this device knows, which one is shown, and the device's key.

use tombolo_model::{Id, Role};
use tombolo_wire::store::{AccountInfo, Event};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use crate::account::database_name;
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::read::json;
use crate::storage::{Batch, Layout, Storage, Store, bytes, bytes_of, text};
use crate::tabs::{Channel, Say};
use crate::{env, port};

const NAME: &str = "tombolo";
const CURRENT: &str = "current";
const KEY: &str = "secrets";
const SIGNING: &str = "signing";
/// Before the name of a database that is to be deleted.
const LEAVING: &str = "leaving:";

/// The registry.
pub(crate) struct Registry {
    storage: Storage,
    channel: Channel,
}

impl Registry {
    /// Opens it.
    pub(crate) async fn open() -> Result<Self, Fault> {
        let storage = Storage::open(NAME, Layout::Registry, || {
            port::event(Event::Reload {
                reason: "This page was opened in a newer version. Reload to go on.".to_owned(),
            });
        })
        .await?;
        let channel = Channel::join(NAME, |said| {
            if let Say::Reload { reason } = said {
                port::event(Event::Reload { reason });
            }
        });
        let channel = channel.map_err(|error| Fault::Browser(format!("Tabs cannot talk to each other: {error:?}")))?;
        Ok(Self { storage, channel })
    }

    /// The account to be shown; a device that has none gets a local one. Tabs that start at once get the same.
    pub(crate) async fn current(&self) -> Result<AccountInfo, Fault> {
        let turn = locks::take("tombolo-start", Ask::InTurn, || ()).await;
        let found = self.find_or_make().await;
        if let Some(turn) = turn {
            turn.release();
        }
        found
    }

    async fn find_or_make(&self) -> Result<AccountInfo, Fault> {
        let id: Option<Id> = self.storage.get_json(Store::Meta, &text(CURRENT)).await?;
        if let Some(id) = id
            && let Some(info) = self.account(id).await?
        {
            return Ok(info);
        }
        self.local().await
    }

    /// The local account, made when there is none, as the current one.
    pub(crate) async fn local(&self) -> Result<AccountInfo, Fault> {
        let known = self.accounts().await?.into_iter().find(|info| info.local);
        let info = known.unwrap_or_else(|| AccountInfo {
            id: env::new_id(),
            name: "This device".to_owned(),
            local: true,
            user: None,
            role: Role::Owner,
            grants: [].into(),
            ended: false,
        });
        self.make_current(std::slice::from_ref(&info), info.id).await?;
        Ok(info)
    }

    /// One account.
    pub(crate) async fn account(&self, id: Id) -> Result<Option<AccountInfo>, Fault> {
        Ok(self.storage.get_json(Store::Accounts, &text(id.to_string())).await?)
    }

    /// All accounts.
    pub(crate) async fn accounts(&self) -> Result<Vec<AccountInfo>, Fault> {
        let mut accounts = Vec::new();
        for value in self.storage.values(Store::Accounts, None).await? {
            accounts.push(json::<AccountInfo>(Store::Accounts, &value)?);
        }
        Ok(accounts)
    }

    /// Writes accounts and says which one is current.
    pub(crate) async fn make_current(&self, accounts: &[AccountInfo], current: Id) -> Result<(), Fault> {
        let mut batch = Batch::new();
        accounts.iter().for_each(|info| know(&mut batch, info));
        batch.put_json(Store::Meta, &text(CURRENT), &current);
        Ok(self.storage.write(&batch).await?)
    }

    /// Writes what is known of an account.
    pub(crate) async fn update(&self, info: &AccountInfo) -> Result<(), Fault> {
        let mut batch = Batch::new();
        know(&mut batch, info);
        Ok(self.storage.write(&batch).await?)
    }

    /// Forgets the accounts of a person who signs out, and remembers which databases are to be deleted: this tab may end
    /// before it has done that.
    pub(crate) async fn leave(&self, accounts: &[AccountInfo]) -> Result<(), Fault> {
        let mut batch = Batch::new();
        for info in accounts {
            let database = database_name(info);
            // The row may be somebody else's by now, who came to the same account.
            if self.account(info.id).await?.is_some_and(|known| database_name(&known) == database) {
                batch.delete(Store::Accounts, &text(info.id.to_string()));
            }
            batch.put_json(Store::Meta, &leaving_key(&database), &true);
        }
        Ok(self.storage.write(&batch).await?)
    }

    /// The databases that are to be deleted.
    pub(crate) async fn leaving(&self) -> Result<Vec<String>, Fault> {
        let found = self.storage.entries(&[(Store::Meta, None)]).await?;
        let names = found.iter().flatten().filter_map(|(key, _)| key.as_string());
        Ok(names.filter_map(|key| key.strip_prefix(LEAVING).map(str::to_owned)).collect())
    }

    /// A database is deleted.
    pub(crate) async fn left(&self, database: &str) -> Result<(), Fault> {
        let mut batch = Batch::new();
        batch.delete(Store::Meta, &leaving_key(database));
        Ok(self.storage.write(&batch).await?)
    }

    /// Forgets an account.
    pub(crate) async fn remove(&self, id: Id) -> Result<(), Fault> {
        let mut batch = Batch::new();
        batch.delete(Store::Accounts, &text(id.to_string()));
        Ok(self.storage.write(&batch).await?)
    }

    /// Tells the other tabs to load anew: they show an account that is not current any more.
    pub(crate) fn others_reload(&self, reason: &str) {
        self.channel.say(&Say::Reload { reason: reason.to_owned() });
    }

    /// The key that never leaves this browser, if it was made.
    pub(crate) async fn key(&self) -> Result<Option<CryptoKey>, Fault> {
        let key = self.storage.get(Store::Keys, &JsValue::from_str(KEY)).await?;
        Ok(key.and_then(|key| key.dyn_into().ok()))
    }

    /// The sealed seed of the key that signs bundles, if it was made.
    pub(crate) async fn signing(&self) -> Result<Option<Vec<u8>>, Fault> {
        let seed = self.storage.get(Store::Keys, &JsValue::from_str(SIGNING)).await?;
        Ok(seed.as_ref().and_then(bytes_of))
    }

    /// Keeps it.
    pub(crate) async fn keep_signing(&self, sealed: &[u8]) -> Result<(), Fault> {
        let mut batch = Batch::new();
        batch.put(Store::Keys, &JsValue::from_str(SIGNING), bytes(sealed));
        Ok(self.storage.write(&batch).await?)
    }

    /// Keeps the key.
    pub(crate) async fn keep_key(&self, key: &CryptoKey) -> Result<(), Fault> {
        let mut batch = Batch::new();
        batch.put(Store::Keys, &JsValue::from_str(KEY), key.into());
        Ok(self.storage.write(&batch).await?)
    }
}

fn leaving_key(database: &str) -> JsValue {
    text(format!("{LEAVING}{database}"))
}

/// An account is known here from now on: whoever has come back keeps what they get.
fn know(batch: &mut Batch, info: &AccountInfo) {
    batch.put_json(Store::Accounts, &text(info.id.to_string()), info);
    batch.delete(Store::Meta, &leaving_key(&database_name(info)));
}
