//! What goes down: whole documents, the manifest, or the changes since, each from this peer's own position.
//!
//! One question to the storage at a time, and at most [`WINDOW`] frames ahead of what the device has stored, so
//! that a slow device costs the server one page of memory and no more.

use std::collections::{BTreeSet, VecDeque};

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::sync::{
    BUNDLE_BYTES, ByteBuf, Cursor, Down, Entry, MARKS_VERSION, ManifestEntry, SnapshotPage, WINDOW, encode_page,
};

use super::peer::Peer;
use super::{Effect, Numbered, Request};
use crate::prescan::deflate;

/// What one `changes` frame is filled up to.
const CHANGES_BYTES: usize = 512 * 1024;

/// What one `manifest` frame holds at most.
const MANIFEST_ENTRIES: usize = 10_000;

/// How long a position moves on in silence, over changes the device has itself.
const SILENCE_MS: u64 = 5_000;

/// What is being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Whole documents behind this one.
    Documents { after: Option<Id> },
    /// The manifest behind this document.
    Manifest { after: Option<Id> },
    /// The manifest has gone; the device compares.
    Comparing,
    /// The changes since.
    Live,
}

/// What the open question was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Changes,
    Documents,
    Fetch,
    Runs,
    Manifest,
}

/// The way down.
#[derive(Debug)]
pub(super) struct Feed {
    stage: Stage,
    /// What the device has once everything sent is stored.
    cursor: Cursor,
    /// The account's sequence, as last heard.
    pub(super) available: u64,
    /// The same, when the open question was asked.
    available_asked: u64,
    /// A notice may have been lost: look, even if there seems to be nothing.
    pub(super) look: bool,
    /// Documents the device asked for.
    pub(super) fetching: VecDeque<Id>,
    /// Changes that this device pushed and that have not passed by yet.
    pub(super) own: BTreeSet<Hash>,
    asked: Option<(Request, Asked)>,
    sent_frames: u32,
    received_frames: u32,
    /// Runs are owed: a comparison does not list them.
    runs_owed: bool,
    /// A frame is owed although there may be nothing in it: it carries a cursor of a new kind.
    owed: bool,
    /// When the cursor moved on without the device being told.
    silent_since_ms: Option<u64>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            stage: Stage::Live,
            cursor: Cursor::default(),
            available: 0,
            available_asked: 0,
            look: false,
            fetching: VecDeque::new(),
            own: BTreeSet::new(),
            asked: None,
            sent_frames: 0,
            received_frames: 0,
            runs_owed: false,
            owed: false,
            silent_since_ms: None,
        }
    }
}

impl Feed {
    pub(super) fn begin(&mut self, stage: Stage, cursor: Cursor, available: u64) {
        self.stage = stage;
        self.cursor = cursor;
        self.available = self.available.max(available);
        self.owed = stage != Stage::Live;
    }

    pub(super) fn received(&mut self, frames: u32) {
        self.received_frames = frames.clamp(self.received_frames, self.sent_frames);
    }

    pub(super) fn compared(&mut self) {
        if self.stage == Stage::Comparing {
            self.stage = Stage::Live;
            self.runs_owed = true;
        }
    }

    /// Whether everything that was to be sent is stored on the device.
    pub(super) fn is_settled(&self) -> bool {
        let quiet = self.asked.is_none() && !self.owed && !self.runs_owed;
        quiet && self.stage == Stage::Live && self.sent_frames == self.received_frames
    }

    pub(super) fn asked(&self, request: Request) -> bool {
        self.asked.is_some_and(|(open, _)| open == request)
    }

    fn answered(&mut self, request: Request, what: &[Asked]) -> Option<Asked> {
        let (_, asked) = self.asked.take_if(|(open, asked)| *open == request && what.contains(asked))?;
        Some(asked)
    }

    pub(super) fn wake_ms(&self) -> Option<u64> {
        self.silent_since_ms.map(|since| since + SILENCE_MS)
    }

    /// What to ask next, if the window allows it.
    fn next(&self) -> Option<Asked> {
        if self.asked.is_some() || self.sent_frames.saturating_sub(self.received_frames) >= WINDOW {
            return None;
        }
        if !self.fetching.is_empty() {
            return Some(Asked::Fetch);
        }
        match self.stage {
            Stage::Documents { .. } => Some(Asked::Documents),
            Stage::Manifest { .. } => Some(Asked::Manifest),
            Stage::Live if self.runs_owed => Some(Asked::Runs),
            Stage::Live if self.owed || self.look || self.available > self.cursor.sequence => Some(Asked::Changes),
            Stage::Live | Stage::Comparing => None,
        }
    }
}

impl Peer {
    pub(super) fn pump_feed(&mut self, now_ms: u64) {
        if self.feed.silent_since_ms.is_some_and(|since| now_ms >= since + SILENCE_MS) {
            self.feed.silent_since_ms = None;
            self.feed.owed = true;
        }
        let Some(asked) = self.feed.next() else {
            return;
        };
        let request = self.ask();
        self.feed.asked = Some((request, asked));
        self.feed.available_asked = self.feed.available;
        self.feed.look &= asked != Asked::Changes;
        let most_bytes = BUNDLE_BYTES;
        self.effects.push(match asked {
            Asked::Changes => Effect::Read { request, after: self.feed.cursor.sequence, most_bytes: CHANGES_BYTES },
            Asked::Documents => {
                let after = match self.feed.stage {
                    Stage::Documents { after } => after,
                    _ => None,
                };
                Effect::Documents { request, after, most_bytes }
            }
            Asked::Fetch => {
                let documents = self.feed.fetching.iter().copied().collect();
                Effect::Fetch { request, documents, most_bytes }
            }
            Asked::Runs => {
                self.feed.runs_owed = false;
                Effect::Runs { request }
            }
            Asked::Manifest => {
                let after = match self.feed.stage {
                    Stage::Manifest { after } => after,
                    _ => None,
                };
                Effect::Manifest { request, after, limit: MANIFEST_ENTRIES }
            }
        });
    }

    pub(super) fn read(&mut self, now_ms: u64, request: Request, entries: Vec<Numbered>, upto: u64, more: bool) {
        if self.feed.answered(request, &[Asked::Changes]).is_none() {
            return;
        }
        let last = entries.last().map_or(0, |entry| entry.sequence);
        self.feed.cursor.sequence = self.feed.cursor.sequence.max(upto).max(last);
        // Nothing was left then: only a notice that came meanwhile is a reason to ask again.
        if !more && self.feed.available == self.feed.available_asked {
            self.feed.available = self.feed.cursor.sequence;
        }
        let entries: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| entry.hash.is_none_or(|hash| !self.feed.own.remove(&hash)))
            .filter(|entry| self.version >= MARKS_VERSION || !matches!(entry.entry, Entry::RunMark(_)))
            .map(|entry| entry.entry)
            .collect();
        if entries.is_empty() && !self.feed.owed {
            self.feed.silent_since_ms.get_or_insert(now_ms);
            return;
        }
        self.feed.owed = false;
        self.feed.silent_since_ms = None;
        let cursor = self.feed.cursor;
        let complete = !more && self.feed.available <= cursor.sequence;
        self.count(&Down::Changes { entries, cursor, complete });
    }

    pub(super) fn documents(&mut self, request: Request, page: &SnapshotPage, complete: bool) {
        let Some(asked) = self.feed.answered(request, &[Asked::Documents, Asked::Fetch, Asked::Runs]) else {
            return;
        };
        let cursor = if asked == Asked::Runs {
            None
        } else if asked == Asked::Fetch {
            self.fetched(page, complete);
            None
        } else {
            let last = page.documents.last().map(|snapshot| snapshot.document);
            let before = match self.feed.stage {
                Stage::Documents { after } => after,
                _ => None,
            };
            if complete {
                self.feed.stage = Stage::Live;
                self.feed.cursor.bootstrap = None;
            } else {
                self.feed.stage = Stage::Documents { after: last.or(before) };
                self.feed.cursor.bootstrap = last.or(before);
            }
            Some(self.feed.cursor)
        };
        let packed = encode_page(page)
            .map_err(|error| error.to_string())
            .and_then(|bytes| deflate(&bytes).map_err(|error| error.to_string()));
        match packed {
            Ok(packed) => self.count(&Down::Bundle { page: ByteBuf::from(packed), cursor }),
            Err(error) => self.bye("storage", format!("A document could not be sent: {error}.")),
        }
    }

    /// Crosses off what came; what does not exist any more is never going to.
    fn fetched(&mut self, page: &SnapshotPage, complete: bool) {
        let came: BTreeSet<Id> = page.documents.iter().map(|snapshot| snapshot.document).collect();
        if complete || came.is_empty() {
            self.feed.fetching.clear();
        } else {
            self.feed.fetching.retain(|document| !came.contains(document));
        }
    }

    pub(super) fn manifest(&mut self, request: Request, entries: Vec<ManifestEntry>, complete: bool) {
        if self.feed.answered(request, &[Asked::Manifest]).is_none() {
            return;
        }
        let last = entries.last().map(|entry| entry.document);
        let complete = complete || last.is_none();
        self.feed.stage = if complete { Stage::Comparing } else { Stage::Manifest { after: last } };
        self.count(&Down::Manifest { entries, complete });
    }

    /// Sends a frame that counts against the window.
    fn count(&mut self, frame: &Down) {
        self.feed.sent_frames += 1;
        self.say(frame);
    }
}
