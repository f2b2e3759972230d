//! The session itself: which event moves what.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::store::{Access, Link as Shown, Person};
use tombolo_wire::sync::{
    ByteBuf, Course, Cursor, Hello, MAX_CHANGE_BYTES, ManifestEntry, Place, Up, VERSION, encode_up,
};

use super::intake::Intake;
use super::link::{Due, Link, State};
use super::outbox::Outbox;
use super::runs::Runs;
use super::{Effect, Event, Outgoing, Park, Status};
use crate::prescan::{Caps, scan_change};
use crate::random::Random;

/// What a session starts with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// For the jitter of the back-off; any number that differs between devices.
    pub seed: u64,
    /// The cursor of the last strict transaction; absent on a device that never had a link.
    pub cursor: Option<Cursor>,
}

/// A device's end of the link.
#[derive(Debug)]
pub struct Client {
    pub(super) link: Link,
    pub(super) random: Random,
    pub(super) cursor: Option<Cursor>,
    pub(super) outbox: Outbox,
    /// Taken out of their documents: rows of them that were under way are not sent again.
    pub(super) parked: BTreeMap<Hash, Id>,
    /// The server's words, when the account does not have this person: whatever they still write is parked.
    pub(super) removed: Option<(Access, String)>,
    /// The device is to be emptied, after what is to be parked.
    pub(super) empties: bool,
    pub(super) intake: Intake,
    pub(super) runs: Runs,
    pub(super) places: BTreeMap<String, Place>,
    pub(super) unsent_places: BTreeSet<String>,
    pub(super) people: BTreeMap<String, Person>,
    pub(super) manifest: Option<Comparison>,
    pub(super) rounds: u64,
    /// Damaged here and wanted whole.
    pub(super) wanted: BTreeSet<Id>,
    /// Asked for over this connection.
    pub(super) fetching: BTreeSet<Id>,
    /// Documents of which the server took something since it began to list what it has.
    pub(super) taken_since: BTreeSet<Id>,
    /// Not in the server's list and being pushed: what of them is refused for want of rights is no longer visible.
    pub(super) unlisted: BTreeSet<Id>,
    /// No longer visible; dropped once the server has answered what was pushed of them.
    pub(super) leaving: BTreeSet<Id>,
    pub(super) frames_stored: u32,
    pub(super) complete: bool,
    pub(super) status: Status,
    pub(super) wake_ms: Option<u64>,
    pub(super) effects: Vec<Effect>,
}

/// A manifest under comparison.
#[derive(Debug)]
pub(super) enum Comparison {
    /// Its parts come in.
    Gathering { entries: Vec<ManifestEntry>, course: Course },
    /// The caller compares. An answer of another round is about another connection's list.
    Asked(u64, Course),
    /// What was found lacking is being pushed.
    Offering(BTreeSet<Hash>),
}

impl Client {
    /// A session that is stopped.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            link: Link::new(),
            random: Random::new(options.seed),
            cursor: options.cursor,
            outbox: Outbox::default(),
            parked: BTreeMap::new(),
            removed: None,
            empties: false,
            intake: Intake::default(),
            runs: Runs::default(),
            places: BTreeMap::new(),
            unsent_places: BTreeSet::new(),
            people: BTreeMap::new(),
            manifest: None,
            rounds: 0,
            wanted: BTreeSet::new(),
            fetching: BTreeSet::new(),
            taken_since: BTreeSet::new(),
            unlisted: BTreeSet::new(),
            leaving: BTreeSet::new(),
            frames_stored: 0,
            complete: false,
            status: Status::default(),
            wake_ms: None,
            effects: Vec::new(),
        }
    }

    /// The cursor that the last confirmed transaction wrote.
    #[must_use]
    pub const fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    /// What the device knows of the link.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// Takes an event and says what is to be done, in this order.
    pub fn handle(&mut self, now_ms: u64, event: Event) -> Vec<Effect> {
        self.take(now_ms, event);
        self.pump(now_ms);
        std::mem::take(&mut self.effects)
    }

    fn take(&mut self, now_ms: u64, event: Event) {
        match event {
            Event::Start => self.start(now_ms),
            Event::Stop => self.stop(),
            Event::Nudge => {
                if matches!(self.link.state, State::Waiting { .. }) {
                    self.link.state = State::Waiting { until_ms: now_ms };
                }
            }
            Event::Connected => self.greet(now_ms),
            Event::Closed { reason, retry } => self.closed(now_ms, reason, retry),
            Event::Frame(bytes) => self.frame(now_ms, &bytes),
            Event::Outbox(changes) => {
                for change in changes {
                    self.outgoing(now_ms, change);
                }
            }
            Event::Withdrawn { document, hashes } => {
                self.parked.extend(hashes.iter().map(|hash| (*hash, document)));
                self.outbox.withdraw(hashes);
            }
            Event::Absent { document, hashes } => self.absent(now_ms, document, &hashes),
            Event::Fetch(documents) => self.wanted.extend(documents),
            Event::Stored { token } => self.stored(token),
            Event::StoreFailed { token, reason } => {
                let again = self.link.later(now_ms, &mut self.random);
                if self.intake.failed(token, again) {
                    self.link.reason = Some(reason);
                }
            }
            Event::Compared { round, fetch, forget, unlisted } => {
                // The comparison of a connection that broke meanwhile: rights and server may be others by now.
                if let Some(Comparison::Asked(asked, course)) = self.manifest
                    && asked == round
                {
                    self.compared(now_ms, course, &fetch, &forget, unlisted);
                }
            }
            Event::Runs(rows) => self.runs.add(rows),
            Event::Presence { tab, place } => {
                self.unsent_places.insert(tab.clone());
                match place {
                    Some(place) => self.places.insert(tab, place),
                    None => self.places.remove(&tab),
                };
            }
            Event::Wake => self.wake_ms = None,
        }
    }

    fn start(&mut self, now_ms: u64) {
        if self.link.state == State::Stopped {
            self.link.state = State::Waiting { until_ms: now_ms };
            self.removed = None;
        }
    }

    fn stop(&mut self) {
        if !matches!(self.link.state, State::Stopped | State::Waiting { .. }) {
            self.effects.push(Effect::Disconnect);
        }
        self.forget_connection();
        self.link.stop(None);
    }

    fn open(&mut self, now_ms: u64) {
        self.link.opening(now_ms);
        self.effects.push(Effect::Connect);
    }

    fn greet(&mut self, now_ms: u64) {
        if !matches!(self.link.state, State::Opening { .. }) {
            return;
        }
        self.link.greeting(now_ms);
        self.send(now_ms, &Up::Hello(Hello { version: VERSION, cursor: self.cursor }));
    }

    fn closed(&mut self, now_ms: u64, reason: String, retry: bool) {
        self.forget_connection();
        if !retry {
            self.link.stop(Some(reason));
        } else if !matches!(self.link.state, State::Stopped | State::Waiting { .. }) {
            self.link.lost(now_ms, Some(reason), &mut self.random);
        }
    }

    /// Gives up the connection from this side.
    pub(super) fn drop_link(&mut self, now_ms: u64, reason: Option<String>) {
        if matches!(self.link.state, State::Stopped | State::Waiting { .. }) {
            return;
        }
        self.effects.push(Effect::Disconnect);
        self.forget_connection();
        self.link.lost(now_ms, reason, &mut self.random);
    }

    pub(super) fn forget_connection(&mut self) {
        self.outbox.disconnected();
        self.intake.disconnected();
        self.runs.disconnected();
        self.people.clear();
        self.wanted.append(&mut self.fetching);
        self.unsent_places = self.places.keys().cloned().collect();
        self.manifest = None;
        self.frames_stored = 0;
        self.complete = false;
    }

    /// Takes a change into the outbox, unless the server could never read it.
    fn outgoing(&mut self, now_ms: u64, change: Outgoing) {
        let Outgoing { document, hash, bytes } = change;
        let scanned = scan_change(&bytes, &Caps::CHANGE);
        let (code, message) = match scanned {
            Ok(_) if bytes.len() + 9 > MAX_CHANGE_BYTES => {
                ("too_large", format!("The change has {} bytes, too many to be sent.", bytes.len()))
            }
            Ok(scan)
                if self.parked.contains_key(&hash) || scan.deps.iter().any(|dep| self.parked.contains_key(dep)) =>
            {
                let message = "This change builds on one that was not accepted.";
                ("depends_on_refused", message.to_owned())
            }
            Ok(scan) => match &self.removed {
                Some((access, message)) => {
                    // What it was written into is gone; what another tab has stored of it goes after it.
                    self.empties |= *access == Access::Ended;
                    ("removed", message.clone())
                }
                None => {
                    self.outbox.add(now_ms, hash, document, bytes, scan.deps);
                    return;
                }
            },
            Err(error) => (error.code(), format!("The change cannot be sent: {error}.")),
        };
        self.parked.insert(hash, document);
        self.effects.push(Effect::Park(Park { document, hashes: vec![hash], code: code.to_owned(), message }));
    }

    /// Parks what can never be sent, because what it builds on is gone.
    fn absent(&mut self, now_ms: u64, document: Id, absent: &[Hash]) {
        let hashes = self.outbox.orphaned(now_ms, document, absent);
        if hashes.is_empty() {
            return;
        }
        self.parked.extend(hashes.iter().map(|hash| (*hash, document)));
        self.effects.push(Effect::Park(Park {
            document,
            hashes,
            code: "depends_on_refused".to_owned(),
            message: "This change builds on one that neither the server nor this device has.".to_owned(),
        }));
    }

    fn stored(&mut self, token: super::Token) {
        let Some(confirmed) = self.intake.stored(token) else {
            return;
        };
        if confirmed.cursor.is_some() {
            self.cursor = confirmed.cursor;
        }
        self.frames_stored = self.frames_stored.saturating_add(confirmed.frames);
        if confirmed.frames > 0 && self.link.is_up() {
            let frames = self.frames_stored;
            self.push_frame(&Up::Received { frames });
        }
    }

    /// Does whatever has become possible, and says when to look again.
    fn pump(&mut self, now_ms: u64) {
        if std::mem::take(&mut self.empties) {
            self.effects.push(Effect::Empty);
        }
        match self.link.due(now_ms) {
            Due::Nothing => {}
            // What an earlier connection brought is written first, or a disk that fails would let it pile up.
            Due::Connect if !self.intake.settled() => {}
            Due::Connect => self.open(now_ms),
            Due::Ping => self.send(now_ms, &Up::Ping),
            Due::Dead => self.drop_link(now_ms, Some("The server does not answer.".to_owned())),
        }
        if self.link.is_up() {
            self.pump_up(now_ms);
        }
        if let Some(store) = self.intake.flush(now_ms) {
            self.effects.push(Effect::Store(store));
        }
        self.show_status();
        self.set_alarm(now_ms);
    }

    fn pump_up(&mut self, now_ms: u64) {
        self.forget_when_answered();
        self.compared_when_answered(now_ms);
        self.fetch_wanted(now_ms);
        while let Some(push) = self.outbox.next(now_ms) {
            let changes = push.changes.into_iter().map(ByteBuf::from).collect();
            self.send(now_ms, &Up::Push { push: push.push, document: push.document, changes });
        }
        self.pump_runs(now_ms);
        for tab in std::mem::take(&mut self.unsent_places) {
            let place = self.places.get(&tab).cloned();
            self.send(now_ms, &Up::Presence { tab, place });
        }
    }

    fn pump_runs(&mut self, now_ms: u64) {
        while let Some((push, rows)) = self.runs.next() {
            match encode_up(&Up::Runs { push, rows }) {
                Ok(frame) => {
                    self.link.sent(now_ms);
                    self.effects.push(Effect::Send(frame));
                }
                Err(error) => {
                    self.link.reason = Some(format!("A run's error is too large to be sent: {error}."));
                    if let Some(sent) = self.runs.drop_flight() {
                        self.intake.acked_runs(sent);
                    }
                }
            }
        }
    }

    /// Sends a frame.
    pub(super) fn send(&mut self, now_ms: u64, frame: &Up) {
        self.link.sent(now_ms);
        self.push_frame(frame);
    }

    fn push_frame(&mut self, frame: &Up) {
        match encode_up(frame) {
            Ok(bytes) => self.effects.push(Effect::Send(bytes)),
            Err(error) => self.link.reason = Some(format!("A message could not be sent: {error}.")),
        }
    }

    fn show_status(&mut self) {
        let caught_up = self.link.is_up() && self.complete && self.intake.is_empty();
        let link = match self.link.state {
            State::Up { .. } if caught_up => Shown::Online,
            State::Up { .. } | State::Opening { .. } | State::Greeting { .. } => Shown::Connecting,
            State::Stopped if self.link.reason.is_some() => Shown::Stopped,
            State::Stopped | State::Waiting { .. } => Shown::Offline,
        };
        let link = match (link, self.status.link) {
            // A link that has caught up once does not flicker while single changes are written.
            (Shown::Connecting, Shown::Online) if self.link.is_up() => Shown::Online,
            // A link that is tried again and again does not flicker either.
            (Shown::Connecting, Shown::Offline) if !self.link.is_up() && self.link.reason.is_some() => Shown::Offline,
            (link, _) => link,
        };
        let status = Status {
            link,
            waiting: self.outbox.len(),
            caught_up,
            reason: self.link.reason.clone(),
            access: self.removed.as_ref().map_or(Access::Open, |(access, _)| *access),
            people: self.people.values().cloned().collect(),
        };
        if status != self.status {
            self.status = status.clone();
            self.effects.push(Effect::Status(status));
        }
    }

    fn set_alarm(&mut self, now_ms: u64) {
        let outbox = if self.link.is_up() { self.outbox.wake_ms() } else { None };
        let link = self.link.wake_ms().filter(|at| *at > now_ms || self.link.is_open());
        let wake = [link, outbox, self.intake.wake_ms()].into_iter().flatten().min();
        if let Some(at) = wake
            && self.wake_ms != wake
        {
            self.effects.push(Effect::WakeAt(at));
        }
        self.wake_ms = wake;
    }
}
