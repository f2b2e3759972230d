//! What comes back with a resource: what it uses and what belongs to it, as far as that lies in the bin too.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_model::{Id, Kind};
use tombolo_wire::store::CatalogueRow;

/// The resource and all that comes back with it, itself first.
pub(super) fn comes_back(rows: &BTreeMap<Id, CatalogueRow>, id: Id) -> Vec<Id> {
    let (mut open, mut found, mut order) = (vec![id], BTreeSet::from([id]), Vec::new());
    while let Some(id) = open.pop() {
        let Some(row) = rows.get(&id).filter(|row| row.binned) else { continue };
        order.push(id);
        let mine =
            |other: &&CatalogueRow| row.kind == Kind::Integration && other.integration == Some(id) && other.binned;
        let owned = rows.values().filter(mine).map(|other| other.id);
        // The integration of a flow comes back with it: without, the flow has no page.
        let next = row.references.iter().copied().chain(owned).filter(|id| found.insert(*id));
        open.extend(next.collect::<Vec<_>>());
    }
    order
}

/// How many of the things that these use are not there any more.
pub(super) fn lost(rows: &BTreeMap<Id, CatalogueRow>, ids: &[Id]) -> usize {
    let uses: BTreeSet<Id> = ids.iter().filter_map(|id| rows.get(id)).flat_map(|row| row.references.clone()).collect();
    uses.iter().filter(|id| !rows.contains_key(*id)).count()
}

/// What is said once they are back.
pub(super) fn words(name: &str, others: usize, lost: usize) -> String {
    let back = match others {
        0 => format!("{name} is back."),
        1 => format!("{name} and 1 more that belongs to it are back."),
        many => format!("{name} and {many} more that belong to it are back."),
    };
    match lost {
        0 => back,
        1 => format!("{back} 1 thing that it uses was deleted for good: choose another in its place."),
        many => format!("{back} {many} things that it uses were deleted for good: choose others in their place."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn row(n: u8, kind: Kind, integration: Option<u8>, references: &[u8], binned: bool) -> (Id, CatalogueRow) {
        let row = CatalogueRow {
            id: id(n),
            kind,
            name: String::new(),
            integration: integration.map(id),
            disabled: false,
            binned,
            references: references.iter().copied().map(id).collect(),
            adaptor: None,
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        };
        (id(n), row)
    }

    #[test]
    fn what_a_resource_uses_and_what_belongs_to_it_come_back_with_it() {
        let rows = BTreeMap::from([
            row(1, Kind::Integration, None, &[], true),
            row(2, Kind::Flow, Some(1), &[1, 3, 9], true),
            row(3, Kind::Export, None, &[4], true),
            row(4, Kind::Connection, None, &[], false),
            row(5, Kind::Flow, Some(1), &[1], true),
            row(6, Kind::Script, None, &[], true),
        ]);
        let sorted = |mut ids: Vec<Id>| {
            ids.sort();
            ids
        };
        assert_eq!(comes_back(&rows, id(1))[0], id(1));
        assert_eq!(sorted(comes_back(&rows, id(1))), [1, 2, 3, 5].map(id));
        assert_eq!(comes_back(&rows, id(6)), [id(6)]);
        assert_eq!(lost(&rows, &[id(2)]), 1, "nine was deleted for good");
        assert_eq!(words("Shop", 0, 0), "Shop is back.");
        assert!(words("Shop", 3, 1).starts_with("Shop and 3 more that belong to it are back. 1 thing"));
    }
}
