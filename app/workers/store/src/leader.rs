//! Which tab leads: one of all that show the account holds the socket and compacts (decision 17).
//!
//! The browser's lock decides, and frees itself when a tab dies. A visible tab takes the lead from a hidden one,
//! because hidden tabs are slowed down; a hidden leader keeps it until a visible tab has asked. A tab that cannot talk
//! to the server any more lets go, so that another one can.

mod turns;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tombolo_wire::store::Link;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::locks::{self, Ask, Held};
use crate::session::Session;
use crate::tabs::Say;
use crate::{api, env, news, presence, runs, session, untold};

use turns::{Grant, Turns};

/// This tab's part in it.
#[derive(Default)]
pub(crate) struct Lead {
    turns: RefCell<Turns>,
    held: RefCell<Option<Held>>,
    session: RefCell<Option<Rc<Session>>>,
    /// Counts the times it led, so that the beginning of an earlier one does not go on in a later one.
    term: Cell<u32>,
    /// The visible tab that asked for the lead while this one was visible too.
    asked: RefCell<Option<String>>,
}

impl Account {
    /// Whether this tab leads.
    pub(crate) fn leads(&self) -> bool {
        self.lead.turns.borrow().leads()
    }

    /// The session with the server, when this tab leads an account of the server.
    pub(crate) fn session(&self) -> Option<Rc<Session>> {
        self.lead.session.borrow().clone()
    }

    /// Gets in line for the lead; a visible tab asks a hidden leader to give way.
    pub(crate) fn seek_lead(self: &Rc<Self>) {
        self.lead.turns.borrow_mut().wake();
        self.say(&Say::HowIsTheLink);
        self.ask_lead(Ask::InTurn);
        if self.visible.get() {
            self.say(&Say::WouldLead { tab: self.tab.clone() });
        }
    }

    fn ask_lead(self: &Rc<Self>, ask: Ask) {
        let Some(turn) = self.lead.turns.borrow_mut().ask(ask) else {
            return;
        };
        let account = self.clone();
        spawn_local(async move {
            let name = format!("{}-leader", account.database());
            let loser = Rc::downgrade(&account);
            let held = locks::take(&name, ask, move || {
                if let Some(account) = loser.upgrade() {
                    account.lost_lead(turn);
                }
            });
            match held.await {
                Some(held) if account.is_open() => account.granted(turn, ask, held).await,
                Some(held) => held.release(),
                None => account.lead.turns.borrow_mut().left_line(ask),
            }
        });
    }

    async fn granted(self: &Rc<Self>, turn: u32, ask: Ask, held: Held) {
        let grant = self.lead.turns.borrow_mut().granted(turn, ask);
        match grant {
            Grant::Release => held.release(),
            Grant::Replace => drop(self.lead.held.replace(Some(held))),
            Grant::Start => {
                self.lead.held.replace(Some(held));
                // Whoever led before may have died of it.
                untold::check(self);
                presence::watch_all(self);
                untold::forget_soon(self);
                self.start_leading().await;
            }
        }
    }

    async fn start_leading(self: &Rc<Self>) {
        let term = self.lead.term.get() + 1;
        self.lead.term.set(term);
        runs::end_orphans(self).await;
        if self.is_local() || !self.leads_in(term) {
            return;
        }
        let Some(session) = self.start_session(term).await else {
            return;
        };
        if self.leads_in(term) && self.is_open() {
            self.lead.session.replace(Some(session.clone()));
            self.forget_old_runs(term);
            session::begin(self, &session).await;
        }
    }

    /// Now, and each day for as long as this tab leads.
    fn forget_old_runs(self: &Rc<Self>, term: u32) {
        const DAY_MS: u32 = 24 * 3_600 * 1_000;
        // An account that is closed meanwhile is not kept in memory by its clock.
        let account = Rc::downgrade(self);
        spawn_local(async move {
            while let Some(account) = account.upgrade().filter(|account| account.leads_in(term) && account.is_open()) {
                runs::forget_old(&account).await;
                drop(account);
                env::pause(DAY_MS).await;
            }
        });
    }

    fn leads_in(&self, term: u32) -> bool {
        self.leads() && self.lead.term.get() == term
    }

    /// The cursor must be read before the first word is said; while storage fails there is no session.
    async fn start_session(self: &Rc<Self>, term: u32) -> Option<Rc<Session>> {
        const AGAIN_MS: u32 = 2_000;
        while self.leads_in(term) && self.is_open() {
            match Session::new(self).await {
                Ok(session) => return Some(Rc::new(session)),
                Err(_) => env::pause(AGAIN_MS).await,
            }
        }
        None
    }

    fn lost_lead(self: &Rc<Self>, turn: u32) {
        if !self.lead.turns.borrow_mut().lost(turn) {
            return;
        }
        self.lead.held.replace(None);
        self.lead.asked.replace(None);
        self.end_session();
        if !self.is_open() {
            return;
        }
        // The next leader may have said how the link is while this tab took itself for the leader.
        self.say(&Say::HowIsTheLink);
        self.ask_lead(Ask::InTurn);
        // What was shown and not stored yet comes again to the next leader; until then memory is ahead of the disk.
        for id in self.documents.open_ids() {
            let account = self.clone();
            spawn_local(async move { drop(news::reload(&account, id).await) });
        }
    }

    /// Gives up the lead.
    pub(crate) fn stop_leading(self: &Rc<Self>) {
        self.end_session();
        self.lead.turns.borrow_mut().let_go();
        if let Some(held) = self.lead.held.take() {
            held.release();
        }
    }

    /// Gives up the lead for good: the page is to be loaded anew, or its database is gone.
    pub(crate) fn retire(self: &Rc<Self>) {
        self.lead.turns.borrow_mut().retire();
        self.stop_leading();
    }

    /// The link does not try again by itself. Where the sign-in has ended another tab may have a newer one.
    pub(crate) fn link_stopped(self: &Rc<Self>) {
        let (account, term) = (self.clone(), self.lead.term.get());
        spawn_local(async move {
            let stopped = || account.leads_in(term) && account.link.borrow().link == Link::Stopped;
            if stopped() && api::signed_out().await && stopped() {
                account.lead.turns.borrow_mut().rest();
                account.stop_leading();
            }
        });
    }

    /// The leader's link, as it says: when it is up, whoever let go gets in line again.
    pub(crate) fn heard_link(self: &Rc<Self>, link: Link) {
        if link == Link::Online && self.lead.turns.borrow_mut().wake() {
            self.ask_lead(Ask::InTurn);
        }
    }

    /// Tells all tabs how the link is, when this one knows.
    pub(crate) fn say_link(&self) {
        if self.leads() && self.session().is_some() {
            self.say(&Say::Link { status: self.status() });
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
            (true, false) => self.say(&Say::WouldLead { tab: self.tab.clone() }),
            (false, true) => self.lead.asked.take().into_iter().for_each(|to| self.say(&Say::Yields { to })),
            (true, true) => self.nudge(),
            (false, false) => {}
        }
    }

    /// A visible tab would lead: a hidden leader offers it, a visible one remembers it.
    pub(crate) fn heard_would_lead(self: &Rc<Self>, tab: String) {
        if !self.leads() {
            return;
        }
        presence::watch(self, &tab);
        if self.visible.get() {
            self.lead.asked.replace(Some(tab));
        } else {
            self.say(&Say::Yields { to: tab });
        }
    }

    /// The leader is hidden: the visible tab that it names takes the lead.
    pub(crate) fn heard_yields(self: &Rc<Self>, to: &str) {
        if to == self.tab && self.visible.get() && !self.leads() {
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
