//! The verdict on a push: all of it, none of it, or not yet.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_docs::{Actor, Hash};
use tombolo_model::{Id, Kind};

use super::context::session_of;
use super::refusal::Denied;
use super::{Context, Incoming, Refusal, rules};

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Store [`Accepted::fresh`]; the rest is stored already.
    Accept(Accepted),
    /// Store nothing.
    Refuse(Vec<Refusal>),
    /// Store nothing: these changes, which the push builds on, are missing.
    Need(Vec<Hash>),
}

/// What an accepted push means for the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Indices of the changes that are new, each after those it builds on.
    pub fresh: Vec<usize>,
    /// The document's kind; `None` only when nothing was pushed.
    pub kind: Option<Kind>,
    /// The document did not exist.
    pub created: bool,
    /// The person may not see the document; all that was pushed is stored already.
    pub hidden: bool,
    /// The integration that owns it, as the last of these changes has it.
    pub owner: Option<Id>,
    /// One of them may have given it to another integration, or registered it elsewhere.
    pub moved: bool,
    /// The highest operation counter of the document from now on.
    pub max_op: u64,
    /// Sessions that belong to the user from now on.
    pub bind: BTreeSet<Actor>,
}

/// The most that one document's changes may weigh together, in bytes as stored. With its envelope a document must fit
/// into one frame of [`MAX_DOWN_BYTES`](tombolo_wire::sync::MAX_DOWN_BYTES), or no empty device would ever get it.
const MOST_STORED_BYTES: u64 = 12 * 1024 * 1024;

/// The same after inflating: whoever opens the document holds that much, and what is stored says little about it.
const MOST_INFLATED_BYTES: u64 = 32 * 1024 * 1024;

/// Judges a push of one document.
///
/// What is stored already passes: a device whose connection broke before the answer asks again, and must not
/// be told no, even if its rights have gone meanwhile.
#[must_use]
pub fn judge(document: Id, changes: &[Incoming], context: &Context) -> Verdict {
    let mut batch = Batch::new(document, context);
    let mut denied = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        if let Err(no) = batch.take(index, change) {
            batch.refused.insert(change.scan.hash);
            denied.push((change.scan.hash, no));
        }
    }
    if !denied.is_empty() {
        return Verdict::Refuse(grouped(denied));
    }
    if !batch.missing.is_empty() {
        return Verdict::Need(batch.missing.into_iter().collect());
    }
    Verdict::Accept(Accepted {
        created: context.document.is_none() && !batch.fresh.is_empty(),
        hidden: context.is_hidden(),
        owner: batch.owner,
        moved: batch.moved,
        fresh: batch.fresh,
        kind: batch.kind,
        max_op: batch.max_op,
        bind: batch.bind,
    })
}

/// How far ahead of the document a change may count its operations. A text edit at older heads counts from all
/// that its device had, of which some may come later; without a limit one change would use the counter up.
const MOST_AHEAD: u64 = 10_000;

/// The document as it would be after the changes looked at so far.
struct Batch<'a> {
    document: Id,
    context: &'a Context,
    fresh: Vec<usize>,
    taken: BTreeSet<Hash>,
    refused: BTreeSet<Hash>,
    /// Pushed, but what they build on is missing.
    hanging: BTreeSet<Hash>,
    missing: BTreeSet<Hash>,
    seqs: BTreeMap<&'a [u8], u64>,
    bind: BTreeSet<Actor>,
    kind: Option<Kind>,
    owner: Option<Id>,
    moved: bool,
    max_op: u64,
    size_bytes: u64,
    inflated_bytes: u64,
}

impl<'a> Batch<'a> {
    fn new(document: Id, context: &'a Context) -> Self {
        let row = context.document.as_ref();
        Self {
            document,
            context,
            fresh: Vec::new(),
            taken: BTreeSet::new(),
            refused: BTreeSet::new(),
            hanging: BTreeSet::new(),
            missing: BTreeSet::new(),
            seqs: BTreeMap::new(),
            bind: BTreeSet::new(),
            kind: row.map(|row| row.kind),
            owner: row.and_then(|row| row.owner),
            moved: false,
            max_op: row.map_or(0, |row| row.max_op),
            size_bytes: row.map_or(0, |row| row.size_bytes),
            inflated_bytes: row.map_or(0, |row| row.inflated_bytes),
        }
    }

    fn take(&mut self, index: usize, change: &'a Incoming) -> Result<(), Denied> {
        let (scan, context) = (&change.scan, self.context);
        if context.known.contains(&scan.hash) || self.taken.contains(&scan.hash) {
            return Ok(());
        }
        let rights = context.rights.as_ref().ok_or_else(rules::not_member)?;
        if context.document.as_ref().is_some_and(|row| row.purged) {
            return Err(rules::gone());
        }
        if scan.deps.iter().any(|dep| self.refused.contains(dep)) {
            return Err(rules::depends_on_refused());
        }
        let hangs = self.hangs(change);
        let hidden = context.is_hidden();
        // One that may not be seen answers like one that does not exist.
        if hangs && (self.kind.is_none() || hidden) {
            return Ok(());
        }
        if hidden {
            return Err(rules::not_there());
        }
        let kind = rules::kind_of(self.document, &change.inspected, self.kind)?;
        let owner = rules::owner_after(self.document, kind, &change.inspected, self.owner);
        if self.kind.is_some() {
            rules::may_write(rights, kind, self.owner)?;
        }
        rules::may_write(rights, kind, owner)?;
        let session = self.session(&scan.actor)?;
        rules::keys(kind, &change.inspected, &context.hidden)?;
        if hangs {
            return Ok(());
        }
        self.numbers(change)?;
        self.bind.extend(session);
        self.kind = Some(kind);
        self.owner = owner;
        self.moved |= rules::moves(&change.inspected);
        self.taken.insert(scan.hash);
        self.fresh.push(index);
        Ok(())
    }

    /// Whether something that the change builds on is missing; notes what.
    fn hangs(&mut self, change: &Incoming) -> bool {
        let mut hangs = false;
        for dep in &change.scan.deps {
            if self.context.known.contains(dep) || self.taken.contains(dep) {
                continue;
            }
            hangs = true;
            if !self.hanging.contains(dep) {
                self.missing.insert(*dep);
            }
        }
        if hangs {
            self.hanging.insert(change.scan.hash);
        }
        hangs
    }

    /// Checks that the actor is nobody else's; says which session is to be bound.
    fn session(&self, actor: &[u8]) -> Result<Option<Actor>, Denied> {
        let session = session_of(actor).ok_or_else(rules::short_actor)?;
        if self.context.recovering {
            return Ok(None);
        }
        match self.context.owners.get(&session) {
            Some(owner) if *owner != self.context.user => Err(rules::foreign_actor()),
            Some(_) => Ok(None),
            None => Ok(Some(session)),
        }
    }

    /// Checks the numbers that must go on from where the document is, and the document's size.
    fn numbers(&mut self, change: &'a Incoming) -> Result<(), Denied> {
        let scan = &change.scan;
        let actor = scan.actor.as_slice();
        let last = match self.seqs.get(actor) {
            Some(last) => *last,
            None => self.context.last_seqs.get(actor).copied().unwrap_or(0),
        };
        if scan.seq != last.saturating_add(1) {
            return Err(rules::sequence());
        }
        let ahead = if self.context.recovering { MOST_AHEAD * 100 } else { MOST_AHEAD };
        if scan.start_op == 0 || scan.start_op > self.max_op.saturating_add(ahead) {
            return Err(rules::counter());
        }
        let grown = |before: u64, by: usize| before.saturating_add(u64::try_from(by).unwrap_or(u64::MAX));
        let size_bytes = grown(self.size_bytes, change.bytes.len());
        let inflated_bytes = grown(self.inflated_bytes, scan.inflated_bytes);
        if size_bytes > MOST_STORED_BYTES || inflated_bytes > MOST_INFLATED_BYTES {
            return Err(rules::full());
        }
        self.size_bytes = size_bytes;
        self.inflated_bytes = inflated_bytes;
        self.seqs.insert(actor, scan.seq);
        let last_op = scan.start_op.saturating_add(scan.ops).saturating_sub(1);
        self.max_op = self.max_op.max(last_op);
        Ok(())
    }
}

/// One refusal a reason, in the order in which the reasons came up.
fn grouped(denied: Vec<(Hash, Denied)>) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    for (hash, no) in denied {
        match refusals.iter_mut().find(|known| known.code == no.code && known.message == no.message) {
            Some(known) => known.hashes.push(hash),
            None => refusals.push(Refusal { code: no.code, message: no.message, hashes: vec![hash] }),
        }
    }
    refusals
}
