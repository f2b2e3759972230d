//! What must hold once the world has healed.

use std::collections::BTreeSet;

use thiserror::Error;
use tombolo_docs::{Document, Hash, hash_to_hex};
use tombolo_model::Id;

use super::device::Device;
use super::world::World;

/// The first thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// Something that must never happen happened.
    #[error("{0}")]
    Broken(String),
    /// A device never caught up.
    #[error("device {device} did not settle: {status}")]
    Unsettled {
        /// Which.
        device: usize,
        /// What it knows.
        status: String,
    },
    /// A device and the server hold different documents, or different states of one.
    #[error("device {device} differs in document {document}: {what}")]
    Different {
        /// Which.
        device: usize,
        /// The document.
        document: Id,
        /// How.
        what: String,
    },
    /// A change that a device called saved is neither on the server nor parked.
    #[error("change {0} is lost")]
    Lost(String),
    /// A change that the server refused is on it.
    #[error("change {0} was refused and is on the server")]
    Entered(String),
    /// A run is missing somewhere.
    #[error("device {device} has {here} runs, the server {there}")]
    Runs {
        /// Which.
        device: usize,
        /// Its runs.
        here: usize,
        /// The server's.
        there: usize,
    },
}

pub(super) fn all(world: &World) -> Result<(), Failure> {
    settled(world)?;
    nothing_lost(world)?;
    let documents: BTreeSet<Id> = world.server.disk.documents().collect();
    for document in &documents {
        equal(world, *document)?;
    }
    for (device, here) in members(world) {
        let permitted = |id: &Id| documents.contains(id) && world.server.disk.sees(here.user, *id);
        let extra = here.disk.chunks.keys().find(|id| !permitted(id));
        if let Some(document) = extra {
            let what = "the server does not have it, or not for this person".to_owned();
            return Err(Failure::Different { device, document: *document, what });
        }
        let ids: BTreeSet<Id> = here.disk.runs.runs.iter().map(|row| row.id).collect();
        let there: BTreeSet<Id> = world.server.disk.runs.keys().copied().collect();
        if !there.is_subset(&ids) {
            return Err(Failure::Runs { device, here: ids.len(), there: there.len() });
        }
    }
    Ok(())
}

/// The devices of members; what the others have is theirs.
fn members(world: &World) -> impl Iterator<Item = (usize, &Device)> {
    world.devices.iter().enumerate().filter(|(_, device)| world.server.disk.members.contains_key(&device.user))
}

fn settled(world: &World) -> Result<(), Failure> {
    for (device, here) in world.devices.iter().enumerate() {
        let status = here.client.status();
        let settled = match world.server.disk.members.get(&here.user) {
            Some(_) => status.caught_up && status.waiting == 0,
            None => here.is_turned_away(),
        };
        if !settled {
            let status = format!("{status:?}, server at {}", world.server.disk.sequence());
            return Err(Failure::Unsettled { device, status });
        }
    }
    Ok(())
}

/// Every strictly stored edit is on the server or parked on a device; what was refused is parked and nowhere else.
///
/// Whoever is no member any more cannot give a restored server back what it had acknowledged: it stays with them.
fn nothing_lost(world: &World) -> Result<(), Failure> {
    let parked: BTreeSet<Hash> = world.devices.iter().flat_map(|device| device.disk.parked.iter().copied()).collect();
    // Who had to drop what the server had cannot bring it back to one that was restored from before that.
    let dropped = |hash: &Hash| world.report.restores > 0 && world.forgotten.contains(hash);
    for hash in world.saved.union(&world.acked).filter(|hash| !dropped(hash)) {
        if !world.on_server(hash) && !parked.contains(hash) && !kept_outside(world, hash) {
            return Err(Failure::Lost(hash_to_hex(hash)));
        }
    }
    // After a restore somebody else may bring back what its author may no longer send.
    if world.report.restores == 0
        && let Some((hash, _)) = world.refused.iter().find(|(hash, _)| world.on_server(hash))
    {
        return Err(Failure::Entered(hash_to_hex(hash)));
    }
    // A member has heard of everything that they see on the server; of the rest nobody knows what arrived last.
    for (_, here) in members(world) {
        let disk = &world.server.disk;
        let heard = |hash: &&Hash| disk.document_of(hash).is_some_and(|document| disk.sees(here.user, document));
        if let Some(hash) = here.disk.parked.iter().find(heard) {
            return Err(Failure::Entered(hash_to_hex(hash)));
        }
    }
    Ok(())
}

/// Whether somebody who is no member has it in a document.
fn kept_outside(world: &World, hash: &Hash) -> bool {
    let outside = world.devices.iter().filter(|device| !world.server.disk.members.contains_key(&device.user));
    outside.flat_map(|device| device.documents.values()).any(|document| document.has(hash))
}

/// Heads and view of a document on every disk are those of the server.
fn equal(world: &World, document: Id) -> Result<(), Failure> {
    let different = |device, what: String| Failure::Different { device, document, what };
    let server = Document::load(world.server.disk.changes(document))
        .map_err(|error| Failure::Broken(format!("the server cannot open {document}: {error}")))?
        .document;
    if server.heads() != world.server.disk.heads(document) {
        return Err(Failure::Broken(format!("the server's heads of {document} are wrong")));
    }
    let view = server.view();
    for (device, here) in members(world).filter(|(_, here)| world.server.disk.sees(here.user, document)) {
        let chunks = here.disk.chunks.get(&document).ok_or_else(|| different(device, "absent".to_owned()))?;
        let disk = Document::load(chunks.values().map(Vec::as_slice))
            .map_err(|error| different(device, error.to_string()))?
            .document;
        let memory = here.documents.get(&document).ok_or_else(|| different(device, "not in memory".to_owned()))?;
        if disk.heads() != server.heads() {
            let extra = disk.chunks_since(&[]);
            let extra = extra.iter().filter(|chunk| !world.on_server(&chunk.hash)).count();
            let fewer = server.chunks_since(&[]);
            let fewer = fewer.iter().filter(|chunk| !disk.has(&chunk.hash)).count();
            let what = format!("{extra} changes more and {fewer} fewer on its disk");
            return Err(different(device, what));
        }
        if memory.heads() != server.heads() {
            return Err(different(device, "other heads in memory".to_owned()));
        }
        if disk.view() != view {
            return Err(different(device, "same heads, other view".to_owned()));
        }
    }
    Ok(())
}
