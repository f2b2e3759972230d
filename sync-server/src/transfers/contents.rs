//! What goes with integrations, and what others use too.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_docs::Document;
use tombolo_model::{Id, Kind, catalogue};
use tombolo_wire::rest::{SharedResource, TransferContents, TransferItem};

use super::TransferError;
use crate::app::App;
use crate::store::Sight;

/// So many bytes of documents are read at a time.
const AT_ONCE: usize = 16 * 1024 * 1024;

/// What is known of a resource.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    kind: Kind,
    name: String,
    owner: Option<Id>,
    references: Vec<Id>,
    binned: bool,
}

/// All resources of an account.
#[derive(Debug, Default)]
pub(crate) struct All(BTreeMap<Id, Known>);

impl All {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Returns why they cannot be read.
    pub(crate) async fn read(app: &App, account: Id) -> Result<Self, TransferError> {
        let (mut all, mut after) = (BTreeMap::new(), None);
        loop {
            let (page, complete) = app.store.documents(account, &Sight::ALL, after, AT_ONCE).await?;
            after = page.last().map(|snapshot| snapshot.document).or(after);
            let described = tokio::task::spawn_blocking(move || page.iter().filter_map(describe).collect::<Vec<_>>());
            for (id, mut known) in described.await.map_err(TransferError::Ended)? {
                if let Some(home) = app.store.home(account, id).await? {
                    known.owner = home.owner;
                }
                all.insert(id, known);
            }
            if complete {
                return Ok(Self(all));
            }
        }
    }
}

impl All {
    /// What is not in the bin.
    fn there(&self) -> impl Iterator<Item = (&Id, &Known)> {
        self.0.iter().filter(|(_, known)| !known.binned)
    }
}

/// One that cannot be opened has no name and no references: it goes nowhere by itself.
fn describe(snapshot: &tombolo_wire::sync::Snapshot) -> Option<(Id, Known)> {
    let document = Document::load(snapshot.chunks.iter().map(|chunk| chunk.as_slice())).ok()?.document;
    let found = catalogue::describe(document.kind(), &document.value());
    let (kind, binned) = (document.kind(), document.binned());
    let known = Known { kind, name: found.name, owner: None, references: found.references, binned };
    Some((snapshot.document, known))
}

/// What would go with these integrations.
///
/// Everything that they own, and everything that is used by that and belongs to nobody else. What somebody who stays uses
/// as well, or what belongs to another integration, is in [`TransferContents::shared`]: it is copied, or it is an obstacle.
/// What lies in the bin stays there: it neither goes, nor takes anything along, nor is in the way.
/// Agents stay, for they are programs in the sender's network; so do flows and integrations that were not chosen.
pub(crate) fn preview(all: &All, chosen: &[Id]) -> TransferContents {
    let chosen: BTreeSet<Id> = chosen.iter().copied().filter(|id| is_integration(all, *id)).collect();
    let owned = |known: &Known| known.owner.is_some_and(|owner| chosen.contains(&owner));
    let mut goes: BTreeSet<Id> =
        all.there().filter(|(id, known)| chosen.contains(id) || owned(known)).map(|(id, _)| *id).collect();
    let mut open: Vec<Id> = goes.iter().copied().collect();
    let mut left_behind = BTreeSet::new();
    while let Some(id) = open.pop() {
        let references = all.0.get(&id).map(|known| known.references.as_slice()).unwrap_or_default();
        for reference in references {
            let Some(known) = all.0.get(reference).filter(|known| !known.binned && !goes.contains(reference)) else {
                continue;
            };
            if matches!(known.kind, Kind::Agent | Kind::Flow | Kind::Integration) {
                left_behind.insert(called(known));
            } else {
                goes.insert(*reference);
                open.push(*reference);
            }
        }
    }
    let shared: Vec<SharedResource> = goes.iter().filter_map(|id| shared(all, &chosen, &goes, *id)).collect();
    let copied: BTreeSet<Id> = shared.iter().map(|shared| shared.id).collect();
    let mut items: Vec<TransferItem> = goes
        .iter()
        .filter_map(|id| {
            let known = all.0.get(id)?;
            let references = known.references.iter().copied().filter(|id| goes.contains(id)).collect();
            let (kind, name) = (known.kind, called(known));
            Some(TransferItem { id: *id, kind, name, references, copied: copied.contains(id) })
        })
        .collect();
    items.sort_by_key(|item| (item.kind, item.name.to_lowercase()));
    TransferContents { items, shared, left_behind: left_behind.into_iter().collect() }
}

fn is_integration(all: &All, id: Id) -> bool {
    all.0.get(&id).is_some_and(|known| known.kind == Kind::Integration && !known.binned)
}

fn called(known: &Known) -> String {
    if known.name.is_empty() { format!("{} without a name", known.kind) } else { known.name.clone() }
}

fn shared(all: &All, chosen: &BTreeSet<Id>, goes: &BTreeSet<Id>, id: Id) -> Option<SharedResource> {
    let known = all.0.get(&id)?;
    let stay = all.there().filter(|(other, _)| !goes.contains(other));
    let mut used_by: Vec<String> =
        stay.filter(|(_, other)| other.references.contains(&id)).map(|(_, other)| called(other)).collect();
    // What belongs to another integration is that one's, whether or not it uses it.
    let elsewhere = known.owner.filter(|owner| !chosen.contains(owner) && *owner != id);
    if let Some(owner) = elsewhere.and_then(|owner| all.0.get(&owner)).filter(|owner| !owner.binned) {
        used_by.push(called(owner));
    }
    used_by.sort();
    used_by.dedup();
    (!used_by.is_empty()).then(|| SharedResource { id, kind: known.kind, name: called(known), used_by })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn all(rows: &[(u8, Kind, Option<u8>, &[u8])]) -> All {
        let known = |kind, n: u8, owner: Option<u8>, references: &[u8]| Known {
            kind,
            name: format!("{n}"),
            owner: owner.map(id),
            references: references.iter().copied().map(id).collect(),
            binned: false,
        };
        All(rows.iter().map(|(n, kind, owner, refs)| (id(*n), known(*kind, *n, *owner, refs))).collect())
    }

    #[test]
    fn what_lies_in_the_bin_neither_goes_nor_is_in_the_way() {
        let mut all = all(&[
            (1, Kind::Integration, Some(1), &[]),
            (2, Kind::Connection, None, &[]),
            (3, Kind::Flow, Some(1), &[2]),
            (4, Kind::Export, None, &[2]),
            (5, Kind::Flow, Some(1), &[6]),
            (6, Kind::Connection, None, &[]),
        ]);
        for n in [4, 5] {
            all.0.get_mut(&id(n)).unwrap().binned = true;
        }
        let found = preview(&all, &[id(1)]);
        let ids: BTreeSet<Id> = found.items.iter().map(|item| item.id).collect();
        assert_eq!((ids, found.shared.len()), ([1, 2, 3].map(id).into(), 0));
    }

    #[test]
    fn what_a_flow_uses_goes_along_and_what_others_use_too_is_an_obstacle() {
        let all = all(&[
            (1, Kind::Integration, Some(1), &[]),
            (2, Kind::Integration, Some(2), &[]),
            (3, Kind::Flow, Some(1), &[1, 4, 9]),
            (4, Kind::Export, None, &[5, 6]),
            (5, Kind::Connection, None, &[7]),
            (6, Kind::Script, Some(2), &[]),
            (7, Kind::Agent, None, &[]),
            (8, Kind::Export, Some(2), &[5]),
            (9, Kind::Flow, Some(2), &[]),
        ]);
        let found = preview(&all, &[id(1)]);
        let ids: BTreeSet<Id> = found.items.iter().map(|item| item.id).collect();
        assert_eq!(ids, [1, 3, 4, 5, 6].map(id).into());
        let shared: Vec<_> = found.shared.iter().map(|shared| (shared.id, shared.used_by.clone())).collect();
        assert_eq!(shared, [(id(5), vec!["8".to_owned()]), (id(6), vec!["2".to_owned()])]);
        assert_eq!(found.left_behind, ["7", "9"]);
        let both = preview(&all, &[id(1), id(2)]);
        assert!(both.shared.is_empty());
    }
}
