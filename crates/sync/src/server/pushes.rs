//! What comes up to be stored: scanned, inspected, judged by the storage, and answered once.

use std::collections::BTreeMap;

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::sync::{ByteBuf, Down, RunRows};

use super::peer::Peer;
use super::{Effect, Judged, Request};
use crate::gate::{Incoming, Refusal, Verdict};

/// Unanswered pushes of one device; it keeps fewer.
const MOST_OPEN: usize = 128;

/// Unanswered bytes of one device; it keeps fewer.
const MOST_OPEN_BYTES: usize = 8 * 1024 * 1024;

/// Changes in one push; a device sends fewer.
const MOST_CHANGES: usize = 2_000;

/// A question to the storage that a push waits for.
#[derive(Debug)]
struct Open {
    push: u64,
    document: Id,
    hashes: Vec<Hash>,
    size_bytes: usize,
}

/// The way up.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    open: BTreeMap<Request, Open>,
    open_bytes: usize,
    runs: BTreeMap<Request, u64>,
}

impl Pushes {
    fn close(&mut self, request: Request) -> Option<Open> {
        let open = self.open.remove(&request)?;
        self.open_bytes = self.open_bytes.saturating_sub(open.size_bytes);
        Some(open)
    }

    pub(super) fn is_runs(&self, request: Request) -> bool {
        self.runs.contains_key(&request)
    }
}

impl Peer {
    pub(super) fn push(&mut self, push: u64, document: Id, changes: Vec<ByteBuf>) {
        let size_bytes: usize = changes.iter().map(|change| change.len()).sum();
        if changes.len() > MOST_CHANGES
            || self.pushes.open.len() >= MOST_OPEN
            || self.pushes.open_bytes + size_bytes > MOST_OPEN_BYTES
        {
            self.bye("protocol", "Too much was pushed at once.");
            return;
        }
        match read_all(changes) {
            Err(refusal) => self.say(&Down::Refused { push, refusals: vec![refusal.to_wire()] }),
            Ok(changes) => {
                let request = self.ask();
                let hashes = changes.iter().map(|change| change.scan.hash).collect();
                self.pushes.open.insert(request, Open { push, document, hashes, size_bytes });
                self.pushes.open_bytes += size_bytes;
                let recovering = self.recovering;
                self.effects.push(Effect::Commit { request, document, changes, recovering });
            }
        }
    }

    pub(super) fn judged(&mut self, request: Request, judged: Judged) {
        let Some(open) = self.pushes.close(request) else {
            return;
        };
        let push = open.push;
        let hidden = matches!(&judged, Judged::Verdict(Verdict::Accept(accepted)) if accepted.hidden);
        let answer = match judged {
            Judged::Verdict(Verdict::Accept(accepted)) => {
                let fresh = accepted.fresh.iter().filter_map(|index| open.hashes.get(*index));
                self.feed.own.extend(fresh.copied());
                Down::Accepted { push }
            }
            Judged::Verdict(Verdict::Refuse(refusals)) => {
                Down::Refused { push, refusals: refusals.iter().map(Refusal::to_wire).collect() }
            }
            Judged::Verdict(Verdict::Need(hashes)) => Down::Need { push, hashes },
            Judged::Failed(message) => Down::Failed { push, message },
        };
        self.say(&answer);
        if hidden {
            self.say_if_open(&Down::Forget { documents: vec![open.document] });
        }
    }

    /// Whether the question belonged to a push, which is then answered.
    pub(super) fn push_failed(&mut self, request: Request, message: &str) -> bool {
        let Some(open) = self.pushes.close(request) else {
            return false;
        };
        self.say(&Down::Failed { push: open.push, message: message.to_owned() });
        true
    }

    pub(super) fn keep_runs(&mut self, push: u64, rows: RunRows) {
        if self.pushes.runs.len() >= MOST_OPEN {
            self.bye("protocol", "Too much was pushed at once.");
            return;
        }
        let request = self.ask();
        self.pushes.runs.insert(request, push);
        self.effects.push(Effect::KeepRuns { request, rows });
    }

    pub(super) fn runs_kept(&mut self, request: Request) {
        if let Some(push) = self.pushes.runs.remove(&request) {
            self.say(&Down::RunsStored { push });
        }
    }
}

/// Reads every change, or says what is wrong with the first that cannot be read.
fn read_all(changes: Vec<ByteBuf>) -> Result<Vec<Incoming>, Refusal> {
    changes.into_iter().map(|bytes| Incoming::read(bytes.into_vec())).collect()
}
