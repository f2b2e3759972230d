//! What the server knows and the gate needs: looked up per message, never kept with a connection.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_docs::{Actor, Hash};
use tombolo_model::{Action, Home, Id, Kind, Rights};

use super::Incoming;

/// What to look up before [`judge`](super::judge).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Which of these changes does the document have? (Those pushed and those they build on.)
    pub hashes: BTreeSet<Hash>,
    /// To whom are these sessions bound, in the whole server?
    pub sessions: BTreeSet<Actor>,
    /// What is the last number of each of these actors in this document?
    pub actors: BTreeSet<Vec<u8>>,
    /// Which of these resources exist in the account and are hidden from the user?
    pub references: BTreeSet<Id>,
}

/// The server's knowledge at the moment of judging.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who pushes.
    pub user: Id,
    /// Their rights now; `None` for somebody who is no member (any more), or is switched off.
    pub rights: Option<Rights>,
    /// The document's row, when the account has it.
    pub document: Option<DocumentRow>,
    /// Of [`Wanted::sessions`], those that are bound.
    pub owners: BTreeMap<Actor, Id>,
    /// Of [`Wanted::actors`], the highest number that this document has.
    pub last_seqs: BTreeMap<Vec<u8>, u64>,
    /// Of [`Wanted::hashes`], those that this document has.
    pub known: BTreeSet<Hash>,
    /// Of [`Wanted::references`], those that exist in the account but not for this user. One that does
    /// not exist (yet) is not in it: a flow may arrive before its export.
    pub hidden: BTreeSet<Id>,
    /// The device brings back what a restored server lost, its own and what it had from others
    /// ([`Effect::Commit`](crate::server::Effect::Commit) says so): who made a change is then not asked, and nobody is bound.
    pub recovering: bool,
}

/// A document as the server's table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Its kind, from its first change.
    pub kind: Kind,
    /// The integration that owns it (decision 22).
    pub owner: Option<Id>,
    /// The integrations it is registered with.
    pub registered: Vec<Id>,
    /// The highest operation counter of its changes; [`Accepted::max_op`](super::Accepted::max_op) is the new one.
    pub max_op: u64,
    /// Deleted for good or moved away: nothing enters any more.
    pub purged: bool,
    /// All its changes together, in bytes as they are stored.
    pub size_bytes: u64,
    /// The same after inflating: what opening the document costs.
    pub inflated_bytes: u64,
}

impl DocumentRow {
    /// Where it belongs.
    #[must_use]
    pub fn home(&self) -> Home<'_> {
        Home { owner: self.owner, registered: &self.registered }
    }
}

impl Context {
    /// Whether the document exists and this person may not see it.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.document.as_ref().is_some_and(|row| {
            let rights = self.rights.as_ref();
            !rights.is_some_and(|rights| rights.may(Action::Read, row.kind, row.home()))
        })
    }
}

/// The session that an actor belongs to: its last sixteen bytes.
///
/// A text edit at heads that are no longer the newest is written by an actor that Automerge derives from
/// the session's own by putting bytes in front of it.
#[must_use]
pub fn session_of(actor: &[u8]) -> Option<Actor> {
    actor.last_chunk::<16>().copied()
}

/// Says what to look up for these changes.
#[must_use]
pub fn wanted(changes: &[Incoming]) -> Wanted {
    let mut wanted = Wanted::default();
    for change in changes {
        wanted.hashes.insert(change.scan.hash);
        wanted.hashes.extend(change.scan.deps.iter().copied());
        wanted.sessions.extend(session_of(&change.scan.actor));
        wanted.actors.insert(change.scan.actor.clone());
        wanted.references.extend(change.references());
    }
    wanted
}
