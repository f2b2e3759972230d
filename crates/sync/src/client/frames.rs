//! What each of the server's frames does to the session.

use std::collections::BTreeSet;

use tombolo_docs::is_saved_document;
use tombolo_model::{Id, Rights};
use tombolo_wire::store::Access;
use tombolo_wire::sync::{
    ByteBuf, Course, Cursor, Down, Entry, MAX_DOWN_BYTES, ManifestEntry, RefusedChanges, RunRows, Up, VERSION, Welcome,
    decode_down, decode_page,
};

use super::core::{Client, Comparison};
use super::runs::Runs;
use super::{Effect, Park, Received};
use crate::prescan::{Caps, inflate, scan};

/// What one `fetch` names at most: their ids must fit into a frame.
const MOST_FETCHED: usize = 20_000;

impl Client {
    /// Takes a message from the server.
    pub(super) fn frame(&mut self, now_ms: u64, bytes: &[u8]) {
        if !self.link.is_open() {
            return;
        }
        self.link.heard(now_ms);
        match decode_down(bytes) {
            Ok(frame) => self.down(now_ms, frame),
            Err(error) => self.drop_link(now_ms, Some(format!("The server's message was not understood: {error}."))),
        }
    }

    fn down(&mut self, now_ms: u64, frame: Down) {
        match frame {
            Down::Welcome(welcome) => self.welcome(now_ms, &welcome),
            Down::Accepted { push } => {
                if let Some((document, done)) = self.outbox.accepted(now_ms, push) {
                    self.taken_since.insert(document);
                    self.unlisted.remove(&document);
                    self.intake.acked(done);
                }
            }
            Down::Refused { push, refusals } => self.refused(now_ms, push, refusals),
            Down::Need { push, hashes } => {
                if let Some((document, hashes)) = self.outbox.need(now_ms, push, &hashes)
                    && !hashes.is_empty()
                {
                    self.effects.push(Effect::Supply { document, hashes });
                }
            }
            Down::Failed { push, message } => {
                self.outbox.again(now_ms, push, true);
                self.link.reason = Some(message);
            }
            Down::Changes { entries, cursor, complete } => self.changes(entries, cursor, complete),
            Down::Bundle { page, cursor } => self.bundle(now_ms, &page, cursor),
            Down::Manifest { entries, complete } => self.manifest_part(entries, complete),
            Down::Forget { documents } => self.leaving.extend(documents),
            Down::RunsStored { push } => {
                if let Some(sent) = self.runs.stored(push) {
                    self.intake.acked_runs(sent);
                }
            }
            Down::Person(person) => {
                self.people.insert(person.session.clone(), person);
            }
            Down::Left { session } => {
                self.people.remove(&session);
            }
            Down::Role { role, grants } => self.effects.push(Effect::Rights(Rights { role, grants })),
            Down::Pong => {}
            Down::Bye { code, message } => self.bye(now_ms, &code, message),
        }
    }

    fn welcome(&mut self, now_ms: u64, welcome: &Welcome) {
        if welcome.version > VERSION {
            self.effects.push(Effect::Disconnect);
            self.forget_connection();
            self.link.stop(Some("The server speaks a newer language: reload the page.".to_owned()));
            return;
        }
        self.link.up(now_ms);
        self.taken_since.clear();
        let Welcome { role, grants, .. } = welcome;
        self.effects.push(Effect::Rights(Rights { role: *role, grants: grants.clone() }));
        if matches!(welcome.course, Course::Restored | Course::Rights) {
            self.manifest = Some(Comparison::Gathering { entries: Vec::new(), course: welcome.course });
        }
        self.complete = welcome.course == Course::Resume
            && self.cursor.is_some_and(|cursor| cursor.sequence >= welcome.cursor.sequence);
    }

    fn refused(&mut self, now_ms: u64, push: u64, refusals: Vec<RefusedChanges>) {
        let named: Vec<_> = refusals.iter().flat_map(|refusal| refusal.hashes.iter().copied()).collect();
        let Some((document, mut gone)) = self.outbox.refused(now_ms, push, &named) else {
            return;
        };
        self.parked.extend(gone.iter().map(|hash| (*hash, document)));
        let hidden = refusals.iter().any(|refusal| refusal.code == "rights") && self.unlisted.remove(&document);
        for (index, refusal) in refusals.into_iter().enumerate() {
            // What merely builds on a refused change shares the first reason.
            let hashes: Vec<_> = if index == 0 {
                gone.retain(|hash| !named.contains(hash));
                refusal.hashes.iter().copied().chain(gone.drain(..)).collect()
            } else {
                refusal.hashes
            };
            self.effects.push(Effect::Park(Park { document, hashes, code: refusal.code, message: refusal.message }));
        }
        if hidden {
            self.leaving.insert(document);
        }
    }

    fn changes(&mut self, entries: Vec<Entry>, cursor: Cursor, complete: bool) {
        let mut shown: Vec<Received> = Vec::new();
        for entry in entries {
            match entry {
                Entry::Change { document, bytes, user } => {
                    let received = Received { document, chunks: vec![bytes.into_vec()], user };
                    self.show(&mut shown, received, &Caps::CHANGE);
                }
                Entry::Run(row) => self.intake.runs(RunRows { runs: vec![row], ..RunRows::default() }),
                Entry::RunError(row) => self.intake.runs(RunRows { errors: vec![row], ..RunRows::default() }),
                Entry::RunMark(mark) => self.intake.runs(RunRows { marks: vec![mark], ..RunRows::default() }),
                Entry::Purged { document } => {
                    shown.retain(|received| received.document != document);
                    self.forget(&[document]);
                }
            }
        }
        self.deliver(shown);
        self.intake.frame(Some(cursor));
        self.complete = complete;
    }

    fn bundle(&mut self, now_ms: u64, page: &[u8], cursor: Option<Cursor>) {
        let page = inflate(page, MAX_DOWN_BYTES)
            .map_err(|error| error.to_string())
            .and_then(|bytes| decode_page(&bytes).map_err(|error| error.to_string()));
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                self.drop_link(now_ms, Some(format!("The server's message was not understood: {error}.")));
                return;
            }
        };
        let mut shown = Vec::new();
        for snapshot in page.documents {
            self.fetching.remove(&snapshot.document);
            let chunks = snapshot.chunks.into_iter().map(ByteBuf::into_vec).collect();
            let received = Received { document: snapshot.document, chunks, user: None };
            self.show(&mut shown, received, &Caps::SNAPSHOT);
        }
        self.deliver(shown);
        self.intake.runs(page.runs);
        self.intake.frame(cursor);
    }

    /// Keeps what passes the scan, and says what does not.
    fn show(&mut self, shown: &mut Vec<Received>, mut received: Received, caps: &Caps) {
        let document = received.document;
        let (effects, parked) = (&mut self.effects, &mut self.parked);
        received.chunks.retain(|chunk| match scan(chunk, caps) {
            Ok(scans) => {
                // The server has it after all: somebody else was allowed to bring it.
                for scan in scans {
                    parked.remove(&scan.hash);
                }
                if is_saved_document(chunk) {
                    // It does not list what it holds: whatever it lacks is found out by the next push.
                    parked.retain(|_, of| *of != document);
                }
                true
            }
            Err(error) => {
                effects.push(Effect::Damaged { document, reason: error.to_string() });
                false
            }
        });
        if received.chunks.is_empty() {
            return;
        }
        match shown.last_mut() {
            Some(last) if last.document == document && last.user == received.user => {
                last.chunks.append(&mut received.chunks);
            }
            _ => shown.push(received),
        }
    }

    fn deliver(&mut self, shown: Vec<Received>) {
        if !shown.is_empty() {
            self.intake.receive(shown.iter().cloned());
            self.effects.push(Effect::Show(shown));
        }
    }

    fn manifest_part(&mut self, part: Vec<ManifestEntry>, complete: bool) {
        self.intake.frame(None);
        let gathering = self.manifest.take_if(|comparison| matches!(comparison, Comparison::Gathering { .. }));
        let Some(Comparison::Gathering { mut entries, course }) = gathering else {
            return;
        };
        entries.extend(part);
        if complete {
            self.rounds += 1;
            self.manifest = Some(Comparison::Asked(self.rounds, course));
            self.effects.push(Effect::Compare { manifest: entries, course, round: self.rounds });
        } else {
            self.manifest = Some(Comparison::Gathering { entries, course });
        }
    }

    /// The caller compared: fetches, forgets, and then waits until the server has what it lacked.
    pub(super) fn compared(&mut self, now_ms: u64, course: Course, fetch: &[Id], forget: &[Id], unlisted: Vec<Id>) {
        // What the server took meanwhile is visible, although the list is older; what was edited meanwhile it judges.
        let waiting = self.outbox.documents();
        let mut unlisted: BTreeSet<Id> = unlisted.into_iter().collect();
        unlisted.extend(forget.iter().copied().filter(|id| waiting.contains(id)));
        // What a restored server lacks and could not be offered, because it is damaged here, stays.
        let stays_unasked = course == Course::Restored;
        unlisted.retain(|id| !self.taken_since.contains(id) && (!stays_unasked || waiting.contains(id)));
        let stays = |id: &Id| self.taken_since.contains(id) || waiting.contains(id);
        let forget: Vec<Id> = forget.iter().copied().filter(|id| !stays(id)).collect();
        self.unlisted = unlisted;
        self.forget(&forget);
        self.fetch(now_ms, fetch);
        self.manifest = Some(Comparison::Offering(self.outbox.hashes()));
    }

    fn fetch(&mut self, now_ms: u64, documents: &[Id]) {
        for documents in documents.chunks(MOST_FETCHED) {
            self.send(now_ms, &Up::Fetch { documents: documents.to_vec() });
        }
    }

    /// Asks for what is damaged here. A connection that breaks before it comes asks again.
    pub(super) fn fetch_wanted(&mut self, now_ms: u64) {
        let wanted: Vec<Id> = std::mem::take(&mut self.wanted).into_iter().collect();
        self.fetch(now_ms, &wanted);
        self.fetching.extend(wanted);
    }

    /// Ends the comparison once everything that was in the outbox then has been answered.
    ///
    /// Until then the device keeps the cursor of before: a connection that breaks here compares again.
    pub(super) fn compared_when_answered(&mut self, now_ms: u64) {
        if let Some(Comparison::Offering(offered)) = &self.manifest
            && !self.outbox.contains_any(offered)
            && self.leaving.is_empty()
        {
            self.manifest = None;
            self.send(now_ms, &Up::Compared);
        }
    }

    /// Drops what is no longer visible, unless something of it waits for its answer: the server may have that already,
    /// and then it was accepted and is not put aside.
    pub(super) fn forget_when_answered(&mut self) {
        if self.leaving.is_empty() && self.unlisted.is_empty() {
            return;
        }
        let waiting = self.outbox.documents();
        // What was put aside before the server could answer, because it built on something that is not there.
        self.leaving.extend(self.unlisted.extract_if(.., |id| !waiting.contains(id)));
        let (stay, gone): (BTreeSet<Id>, Vec<Id>) = {
            let (stay, gone) = self.leaving.iter().partition::<Vec<&Id>, _>(|id| waiting.contains(id));
            (stay.into_iter().copied().collect(), gone.into_iter().copied().collect())
        };
        self.leaving = stay;
        self.forget(&gone);
    }

    /// Drops documents; changes of them that never went are parked first.
    fn forget(&mut self, documents: &[Id]) {
        for document in documents {
            let message = "This resource is no longer there for you; your last changes of it were not sent.";
            self.park_unsent(*document, "forgotten", message);
        }
        if !documents.is_empty() {
            self.intake.forget(documents);
        }
    }

    /// Puts aside what the server does not have of a document and will not take.
    fn park_unsent(&mut self, document: Id, code: &str, message: &str) {
        let hashes = self.outbox.of(document);
        if hashes.is_empty() {
            return;
        }
        self.outbox.withdraw(hashes.iter().copied());
        let (code, message) = (code.to_owned(), message.to_owned());
        self.effects.push(Effect::Park(Park { document, hashes, code, message }));
    }

    /// Nothing of the account is for this person any more, and what is still on its way to the disk neither.
    fn ended(&mut self) {
        self.intake.ended();
        self.runs = Runs::default();
        self.cursor = None;
        for documents in [&mut self.wanted, &mut self.fetching, &mut self.unlisted, &mut self.leaving] {
            documents.clear();
        }
        self.empties = true;
    }

    fn bye(&mut self, now_ms: u64, code: &str, message: String) {
        match code {
            // Another sign-in is needed: coming again as the same changes nothing.
            "version" | "removed" | "stranger" | "signedOut" | "ssoNeeded" | "passwordNeeded" => {
                self.effects.push(Effect::Disconnect);
                self.forget_connection();
                if matches!(code, "removed" | "stranger") {
                    // A server that was restored from an old backup knows nobody who came since: theirs is the only copy.
                    let access = if code == "removed" { Access::Ended } else { Access::Unknown };
                    for document in self.outbox.documents() {
                        self.park_unsent(document, "removed", &message);
                    }
                    self.removed = Some((access, message.clone()));
                    if access == Access::Ended {
                        self.ended();
                    }
                }
                self.link.stop(Some(message));
            }
            _ => self.drop_link(now_ms, Some(message)),
        }
    }
}
