//! The worker's life: opens the account, says that it is ready, and answers calls until its tab ends.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run::{KeptAsk, KeptReply};
use tombolo_wire::store::{Call, CallError, Event, Notice, Outgoing};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageEvent};

use crate::account::Account;
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::registry::Registry;
use crate::{calls, compact, env, kept, moving, port, presence};

/// This tab.
pub(crate) struct Tab {
    /// Its name among the tabs.
    pub(crate) name: String,
    pub(crate) registry: Rc<Registry>,
    pub(crate) visible: Cell<bool>,
    account: RefCell<Rc<Account>>,
}

impl Tab {
    /// The account it shows.
    pub(crate) fn account(&self) -> Rc<Account> {
        self.account.borrow().clone()
    }

    /// Shows another account.
    pub(crate) fn set_account(&self, account: Rc<Account>) {
        self.account.replace(account);
    }
}

/// The worker without its frames: what a test drives, and what [`start`] puts behind messages.
pub struct Device {
    tab: Rc<Tab>,
}

impl Device {
    /// Opens the account that this browser shows, as a new tab would.
    ///
    /// # Errors
    ///
    /// Returns the words for the person when the browser lets nothing be stored.
    pub async fn open() -> Result<Self, String> {
        let tab = open().await.map_err(|error| error.to_wire().message)?;
        Ok(Self { tab })
    }

    /// The name of the database of its account.
    #[must_use]
    pub fn database(&self) -> String {
        self.tab.account().database()
    }

    /// Does what a call asks, without its file.
    ///
    /// # Errors
    ///
    /// Returns what the screen would be told.
    pub async fn call(&self, call: Call) -> Result<Value, CallError> {
        let answer = calls::answer(&self.tab, call, Vec::new()).await.map_err(|error| error.to_wire())?;
        serde_json::from_str(&answer.value).map_err(|error| Fault::Browser(error.to_string()).to_wire())
    }

    /// Does what a call asks that is answered with a file, and gives that.
    ///
    /// # Errors
    ///
    /// Returns what the screen would be told.
    pub async fn file(&self, call: Call) -> Result<Option<Blob>, CallError> {
        let answer = calls::answer(&self.tab, call, Vec::new()).await.map_err(|error| error.to_wire())?;
        Ok(answer.file)
    }

    /// Puts the pieces of a document together as the leader does; whether it was possible.
    ///
    /// # Errors
    ///
    /// Returns what the screen would be told.
    pub async fn compact(&self, document: Id) -> Result<bool, CallError> {
        compact::compact(&self.tab.account(), document).await.map_err(|error| error.to_wire())
    }

    /// Answers what a run in this tab asks of state and lookup caches.
    ///
    /// # Errors
    ///
    /// Returns what the screen would be told.
    pub async fn kept(&self, ask: KeptAsk) -> Result<KeptReply, CallError> {
        kept::answer(&self.tab.account(), ask).await.map_err(|error| error.to_wire())
    }

    /// Closes the account, as the end of the tab does.
    pub fn close(self) {
        self.tab.account().close();
    }
}

/// Starts the worker.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        port::event(Event::Notice {
            notice: Notice {
                code: "crashed".to_owned(),
                message: "Something in this page broke. Reload it; what is shown as on this device is safe.".to_owned(),
                document: None,
            },
        });
    }));
    spawn_local(async {
        match open().await {
            Ok(tab) => {
                listen(&tab);
                port::post(&Outgoing::Ready, None);
                tab.account().seek_lead();
            }
            Err(error) => port::event(Event::Notice {
                notice: Notice {
                    code: "not_opened".to_owned(),
                    message: format!(
                        "This browser does not let the page store anything: {error}. Leave private browsing, or free some space, and reload."
                    ),
                    document: None,
                },
            }),
        }
    });
}

async fn open() -> Result<Rc<Tab>, Fault> {
    let name = env::new_name();
    // Held until the browser ends this tab; never let go by hand.
    std::mem::forget(locks::take(&presence::tab_lock(&name), Ask::InTurn, || ()).await);
    let registry = Rc::new(Registry::open().await?);
    moving::delete_left(&registry).await?;
    let info = registry.current().await?;
    let account = Account::open(&registry, info, &name, true).await?;
    Ok(Rc::new(Tab { name, registry, visible: Cell::new(true), account: RefCell::new(account) }))
}

fn listen(tab: &Rc<Tab>) {
    let tab = tab.clone();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let (request, files) = match port::read(&message.data()) {
            Ok(read) => read,
            Err(reason) => {
                web_sys::console::error_1(&format!("a call was not understood: {reason}").into());
                return;
            }
        };
        let tab = tab.clone();
        spawn_local(async move {
            let result = calls::answer(&tab, request.call, files).await;
            port::reply(request.id, result.map_err(|error| error.to_wire()));
        });
    });
    env::scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // It listens as long as the tab lives.
    listener.forget();
}
