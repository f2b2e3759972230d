//! What each of the device's frames does to the session.

use tombolo_model::{Id, Rights};
use tombolo_wire::store::Person;
use tombolo_wire::sync::{Course, Cursor, Down, Hello, Place, Up, VERSION, Welcome, decode_up};

use super::feed::Stage;
use super::peer::{Peer, Phase};
use super::{AccountState, Effect};

/// Tabs of one device that say where they are.
const MOST_TABS: usize = 64;

/// Characters of a tab's name, and of a field's path.
const MOST_NAME: usize = 64;
const MOST_FIELD: usize = 512;

/// Documents that one device may wait for.
const MOST_FETCHED: usize = 100_000;

impl Peer {
    pub(super) fn frame(&mut self, bytes: &[u8]) {
        let frame = match decode_up(bytes) {
            Ok(frame) => frame,
            Err(error) => {
                self.bye("protocol", format!("The message was not understood: {error}."));
                return;
            }
        };
        match (self.phase, frame) {
            (Phase::New, Up::Hello(hello)) => self.hello(&hello),
            (Phase::New | Phase::Beginning(_), _) | (Phase::Open, Up::Hello(_)) => {
                self.bye("protocol", "The conversation begins with one hello, and goes on after the welcome.");
            }
            (Phase::Open, frame) => self.up(frame),
            (Phase::Closed, _) => {}
        }
    }

    fn hello(&mut self, hello: &Hello) {
        if hello.version == 0 {
            self.bye("version", "This page is too old for the server: reload it.");
            return;
        }
        self.version = hello.version.min(VERSION);
        self.hello = hello.cursor;
        let request = self.ask();
        self.phase = Phase::Beginning(request);
        self.effects.push(Effect::Begin { request });
    }

    /// Chooses the course and begins it.
    pub(super) fn welcome(&mut self, state: AccountState) {
        let now = Cursor {
            server_epoch: state.server_epoch,
            visibility_epoch: state.visibility_epoch,
            sequence: state.sequence,
            bootstrap: None,
        };
        let (course, cursor, stage) = match self.hello {
            None => (Course::Bootstrap, now, Stage::Documents { after: None }),
            Some(was) if was.server_epoch != now.server_epoch || was.sequence > now.sequence => {
                (Course::Restored, now, Stage::Manifest { after: None })
            }
            Some(was) if was.visibility_epoch != now.visibility_epoch => {
                (Course::Rights, now, Stage::Manifest { after: None })
            }
            Some(was) if was.bootstrap.is_some() => (Course::Bootstrap, was, Stage::Documents { after: was.bootstrap }),
            Some(was) => (Course::Resume, was, Stage::Live),
        };
        self.recovering = course == Course::Restored && state.restored;
        let mut cursor = cursor;
        if course == Course::Restored && state.rights.sight().is_some() {
            // What it offers and the server knows is accepted, seen or not. An epoch that never is makes it compare.
            self.compares_again = true;
            cursor.visibility_epoch = !now.visibility_epoch;
        }
        self.phase = Phase::Open;
        self.feed.begin(stage, cursor, state.sequence);
        let Rights { role, grants } = state.rights;
        self.say(&Down::Welcome(Welcome { version: self.version, role, grants, course, cursor: now }));
    }

    fn up(&mut self, frame: Up) {
        match frame {
            Up::Hello(_) => {}
            Up::Push { push, document, changes } => self.push(push, document, changes),
            Up::Received { frames } => self.feed.received(frames),
            Up::Fetch { documents } => self.fetch(documents),
            Up::Compared => {
                self.recovering = false;
                self.feed.compared();
            }
            Up::Runs { push, rows } => self.keep_runs(push, rows),
            Up::Presence { tab, place } => self.presence(tab, place),
            Up::Ping => {
                self.feed.look = true;
                self.say(&Down::Pong);
            }
        }
    }

    fn fetch(&mut self, documents: Vec<Id>) {
        if self.feed.fetching.len() + documents.len() > MOST_FETCHED {
            self.bye("protocol", "Too many documents were asked for at once.");
            return;
        }
        self.feed.fetching.extend(documents);
    }

    fn presence(&mut self, tab: String, place: Option<Place>) {
        if tab.len() > MOST_NAME {
            self.bye("protocol", "A tab's name is too long.");
            return;
        }
        let session = self.tab_session(&tab);
        let Some(place) = place else {
            if self.tabs.remove(&tab) {
                self.effects.push(Effect::Leave { session });
            }
            return;
        };
        if self.tabs.len() >= MOST_TABS && !self.tabs.contains(&tab) {
            return;
        }
        self.tabs.insert(tab);
        let to_usize = |(anchor, head): (u64, u64)| Some((usize::try_from(anchor).ok()?, usize::try_from(head).ok()?));
        self.effects.push(Effect::Announce(Person {
            session,
            user: self.session.user.clone(),
            document: place.document,
            field: place.field.filter(|field| field.len() <= MOST_FIELD),
            cursor: place.cursor.and_then(to_usize),
        }));
    }
}
