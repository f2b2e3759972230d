//! One socket: which event moves what.

use std::collections::BTreeSet;

use tombolo_model::Rights;
use tombolo_wire::store::UserInfo;
use tombolo_wire::sync::{Down, encode_down};

use super::feed::Feed;
use super::pushes::Pushes;
use super::{AccountState, Effect, Event, Request};

/// A device that says nothing for this long is gone; it pings far more often.
const SILENT_MS: u64 = 90_000;

/// To who was removed or switched off. A page of before knows such words by how the first sentence ends.
pub const ENDED: &str = "You are no longer a member of this account. What this device had of it is taken off; what you had not sent is kept.";

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The person, signed in.
    pub user: UserInfo,
    /// Unique for the socket; people see the tabs of it as different sessions.
    pub session: String,
}

/// How far the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// `hello` has not come.
    New,
    /// The account is being looked up.
    Beginning(Request),
    /// Welcomed.
    Open,
    /// Nothing is taken or said any more.
    Closed,
}

/// The server's end of a socket.
#[derive(Debug)]
pub struct Peer {
    pub(super) session: Session,
    pub(super) phase: Phase,
    pub(super) hello: Option<tombolo_wire::sync::Cursor>,
    pub(super) version: u16,
    pub(super) recovering: bool,
    /// The device was restored from its own copies, of which this person may not see all: it must compare once more.
    pub(super) compares_again: bool,
    pub(super) feed: Feed,
    pub(super) pushes: Pushes,
    pub(super) tabs: BTreeSet<String>,
    last_request: Request,
    heard_ms: u64,
    wake_ms: Option<u64>,
    pub(super) effects: Vec<Effect>,
}

impl Peer {
    /// A socket that has just opened.
    #[must_use]
    pub fn new(session: Session, now_ms: u64) -> Self {
        Self {
            session,
            phase: Phase::New,
            hello: None,
            version: 0,
            recovering: false,
            compares_again: false,
            feed: Feed::default(),
            pushes: Pushes::default(),
            tabs: BTreeSet::new(),
            last_request: 0,
            heard_ms: now_ms,
            wake_ms: None,
            effects: Vec::new(),
        }
    }

    /// Takes an event and says what is to be done, in this order.
    pub fn handle(&mut self, now_ms: u64, event: Event) -> Vec<Effect> {
        if self.phase != Phase::Closed {
            self.take(now_ms, event);
            self.pump(now_ms);
        }
        std::mem::take(&mut self.effects)
    }

    fn take(&mut self, now_ms: u64, event: Event) {
        match event {
            Event::Frame(bytes) => {
                self.heard_ms = now_ms;
                self.frame(&bytes);
            }
            Event::Begun { request, state } => self.begun(request, state),
            Event::Judged { request, judged } => self.judged(request, judged),
            Event::RunsKept { request } => self.runs_kept(request),
            Event::Read { request, entries, upto, more } => self.read(now_ms, request, entries, upto, more),
            Event::Documents { request, page, complete } => self.documents(request, &page, complete),
            Event::Manifest { request, entries, complete } => self.manifest(request, entries, complete),
            Event::Failed { request, message } => self.failed(request, message),
            Event::Available { sequence } => self.feed.available = self.feed.available.max(sequence),
            Event::RightsChanged { rights: Some(Rights { role, grants }) } => {
                self.say_if_open(&Down::Role { role, grants });
            }
            // The next hello has an old visibility epoch, which begins the comparison.
            Event::SightChanged => self.bye("rights", "What you may see has changed. The device compares anew."),
            Event::RightsChanged { rights: None } => {
                self.bye("removed", ENDED);
            }
            Event::SignedOut => self.bye("signedOut", "You have signed out. Sign in again to go on."),
            Event::ShuttingDown => self.bye("restart", "The server restarts and will be back in a moment."),
            Event::Person(person) => self.say_if_open(&Down::Person(person)),
            Event::Left { session } => self.say_if_open(&Down::Left { session }),
            Event::Wake => self.wake_ms = None,
            Event::Closed => self.close(),
        }
    }

    fn pump(&mut self, now_ms: u64) {
        if self.phase != Phase::Closed && now_ms >= self.heard_ms + SILENT_MS {
            self.effects.push(Effect::Close);
            self.close();
        }
        if self.phase == Phase::Open {
            self.pump_feed(now_ms);
        }
        if self.phase == Phase::Open && self.compares_again && self.feed.is_settled() {
            self.bye("rights", "The server was restored. The device compares what you may see.");
        }
        if self.phase == Phase::Closed {
            return;
        }
        let silent = self.heard_ms + SILENT_MS;
        let wake = self.feed.wake_ms().map_or(silent, |at| at.min(silent));
        // An alarm that rings too early only looks again; one that is moved with each frame costs more.
        if self.wake_ms.is_none_or(|set| set > wake) {
            self.wake_ms = Some(wake);
            self.effects.push(Effect::WakeAt(wake));
        }
    }

    /// A fresh number for a question.
    pub(super) const fn ask(&mut self) -> Request {
        self.last_request += 1;
        self.last_request
    }

    /// Says something to the device.
    pub(super) fn say(&mut self, frame: &Down) {
        match encode_down(frame) {
            Ok(bytes) => self.effects.push(Effect::Send(bytes)),
            Err(error) => {
                let code = "storage".to_owned();
                let message = format!("Something is too large to be sent: {error}.");
                if let Ok(bytes) = encode_down(&Down::Bye { code, message }) {
                    self.effects.push(Effect::Send(bytes));
                }
                self.effects.push(Effect::Close);
                self.close();
            }
        }
    }

    pub(super) fn say_if_open(&mut self, frame: &Down) {
        if self.phase == Phase::Open {
            self.say(frame);
        }
    }

    /// Says why, and closes.
    pub(super) fn bye(&mut self, code: &str, message: impl Into<String>) {
        self.say(&Down::Bye { code: code.to_owned(), message: message.into() });
        if self.phase != Phase::Closed {
            self.effects.push(Effect::Close);
            self.close();
        }
    }

    fn close(&mut self) {
        for tab in std::mem::take(&mut self.tabs) {
            let session = self.tab_session(&tab);
            self.effects.push(Effect::Leave { session });
        }
        self.phase = Phase::Closed;
    }

    /// What others know a tab by.
    pub(super) fn tab_session(&self, tab: &str) -> String {
        format!("{}/{tab}", self.session.session)
    }

    fn begun(&mut self, request: Request, state: Option<AccountState>) {
        if self.phase != Phase::Beginning(request) {
            return;
        }
        match state {
            // The door has let them in a moment ago.
            None => self.bye("removed", ENDED),
            Some(state) => self.welcome(state),
        }
    }

    /// The storage failed to answer. A push is answered by itself; without the rest the session cannot go on.
    fn failed(&mut self, request: Request, message: String) {
        if self.push_failed(request, &message) {
            return;
        }
        if self.phase == Phase::Beginning(request) || self.feed.asked(request) || self.pushes.is_runs(request) {
            self.bye("storage", message);
        }
    }
}
