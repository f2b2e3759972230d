//! Which tab leads: one of all that show the account holds the socket and compacts (decision 17).
//!
//! The browser's lock decides, and frees itself when a tab dies. A visible tab takes the lead from a hidden one,
//! because hidden tabs are slowed down.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::account::{Account, database_name};
use crate::locks::{self, Ask, Held};
use crate::session::Session;
use crate::tabs::Say;
use crate::{env, news, runs, session};

/// This tab's part in it.
#[derive(Default)]
pub(crate) struct Lead {
    held: RefCell<Option<Held>>,
    session: RefCell<Option<Rc<Session>>>,
    /// Counts the requests, so that the loss of an earlier lock does not end a later lead.
    turn: Cell<u32>,
}

impl Account {
    /// Whether this tab leads.
    pub(crate) fn leads(&self) -> bool {
        self.lead.held.borrow().is_some()
    }

    /// The session with the server, when this tab leads an account of the server.
    pub(crate) fn session(&self) -> Option<Rc<Session>> {
        self.lead.session.borrow().clone()
    }

    /// Gets in line for the lead; a visible tab asks a hidden leader to give way.
    pub(crate) fn seek_lead(self: &Rc<Self>) {
        self.ask_lead(Ask::InTurn);
        if self.visible.get() {
            self.say(&Say::WouldLead);
        }
    }

    fn ask_lead(self: &Rc<Self>, ask: Ask) {
        let account = self.clone();
        spawn_local(async move {
            let turn = account.lead.turn.get() + 1;
            account.lead.turn.set(turn);
            let name = format!("{}-leader", database_name(account.id));
            let loser = Rc::downgrade(&account);
            let held = locks::take(&name, ask, move || {
                if let Some(account) = loser.upgrade() {
                    account.lost_lead(turn);
                }
            });
            match held.await {
                Some(held) if account.is_open() && !account.leads() => account.start_leading(held).await,
                Some(held) => held.release(),
                None => {}
            }
        });
    }

    async fn start_leading(self: &Rc<Self>, held: Held) {
        self.lead.held.replace(Some(held));
        runs::end_orphans(self).await;
        if self.is_local() || !self.leads() {
            return;
        }
        let Some(session) = self.start_session().await else {
            return;
        };
        if self.leads() && self.is_open() {
            self.lead.session.replace(Some(session.clone()));
            session::begin(self, &session).await;
        }
    }

    /// The cursor must be read before the first word is said; while storage fails there is no session.
    async fn start_session(self: &Rc<Self>) -> Option<Rc<Session>> {
        const AGAIN_MS: u32 = 2_000;
        while self.leads() && self.is_open() {
            match Session::new(self).await {
                Ok(session) => return Some(Rc::new(session)),
                Err(_) => env::pause(AGAIN_MS).await,
            }
        }
        None
    }

    fn lost_lead(self: &Rc<Self>, turn: u32) {
        if self.lead.turn.get() != turn || !self.leads() {
            return;
        }
        self.lead.held.replace(None);
        self.end_session();
        if !self.is_open() {
            return;
        }
        self.ask_lead(Ask::InTurn);
        // What was shown and not stored yet comes again to the next leader; until then memory is ahead of the disk.
        for id in self.documents.open_ids() {
            let account = self.clone();
            spawn_local(async move { drop(news::reload(&account, id).await) });
        }
    }

    /// Gives up the lead for good.
    pub(crate) fn stop_leading(self: &Rc<Self>) {
        self.end_session();
        if let Some(held) = self.lead.held.take() {
            held.release();
        }
    }

    fn end_session(self: &Rc<Self>) {
        if let Some(session) = self.lead.session.take() {
            session::end(self, &session);
        }
    }

    /// The screen was hidden or shown.
    pub(crate) fn set_visible(self: &Rc<Self>, visible: bool) {
        self.visible.set(visible);
        match (visible, self.leads()) {
            (true, false) => self.say(&Say::WouldLead),
            (false, true) => self.say(&Say::Yields),
            (true, true) => self.nudge(),
            (false, false) => {}
        }
    }

    /// A visible tab would lead: a hidden leader offers it.
    pub(crate) fn heard_would_lead(&self) {
        if self.leads() && !self.visible.get() {
            self.say(&Say::Yields);
        }
    }

    /// The leader is hidden: a visible tab takes the lead.
    pub(crate) fn heard_yields(self: &Rc<Self>) {
        if self.visible.get() && !self.leads() {
            self.ask_lead(Ask::Steal);
        }
    }

    /// The network may be back: no reason to wait.
    pub(crate) fn nudge(self: &Rc<Self>) {
        if let Some(session) = self.session() {
            session::drive(self, &session, tombolo_sync::client::Event::Nudge);
        }
    }

    /// Changes of this tab wait for the server.
    pub(crate) fn outbox_grew(self: &Rc<Self>) {
        if let Some(session) = self.session() {
            session::read_outbox(self, &session);
        }
    }
}
