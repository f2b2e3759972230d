//! Which connections are offline, and what of an integration goes through them.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_model::{Id, Kind};
use tombolo_wire::rest::Outage;
use tombolo_wire::store::CatalogueRow;

/// The connections that are offline, as far as this device knows.
pub(crate) type Outages = BTreeMap<Id, Outage>;

/// How many connections are offline that an integration owns or its flows go through.
pub(crate) fn offline_of(rows: &BTreeMap<Id, CatalogueRow>, outages: &Outages, integration: Id) -> usize {
    if outages.is_empty() {
        return 0;
    }
    let own = rows.values().filter(|row| row.integration == Some(integration) && !row.binned);
    let mut open: Vec<Id> = own.map(|row| row.id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some(row) = rows.get(&id).filter(|_| seen.insert(id)) else { continue };
        // Flows that come next may be other integrations'; its own are in the list already.
        if row.kind != Kind::Integration {
            let others = row.references.iter().filter(|to| rows.get(to).is_some_and(|to| to.kind != Kind::Flow));
            open.extend(others);
        }
    }
    outages.keys().filter(|connection| seen.contains(connection)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: u32, kind: Kind, integration: Option<u32>, references: &[u32]) -> (Id, CatalogueRow) {
        let row = CatalogueRow {
            id: id(n),
            kind,
            name: String::new(),
            integration: integration.map(id),
            disabled: false,
            binned: false,
            references: references.iter().map(|n| id(*n)).collect(),
            adaptor: None,
            lookup: false,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        };
        (row.id, row)
    }

    fn id(n: u32) -> Id {
        Id::from_parts(n, [0; 8])
    }

    #[test]
    fn an_integration_counts_the_connections_that_its_flows_go_through_and_are_offline() {
        let rows = BTreeMap::from([
            row(1, Kind::Integration, None, &[]),
            row(2, Kind::Flow, Some(1), &[3, 9]),
            row(3, Kind::Export, None, &[4]),
            row(4, Kind::Connection, None, &[]),
            row(5, Kind::Connection, Some(1), &[]),
            row(9, Kind::Flow, Some(8), &[10]),
            row(10, Kind::Connection, None, &[]),
        ]);
        let outage = |n| {
            let connection = id(n);
            (connection, Outage { connection, why: String::new(), since_ms: 0, checked_ms: 0 })
        };
        assert_eq!(offline_of(&rows, &Outages::default(), id(1)), 0);
        assert_eq!(offline_of(&rows, &[outage(4), outage(5), outage(10)].into(), id(1)), 2);
        assert_eq!(offline_of(&rows, &[outage(10)].into(), id(8)), 1);
    }
}
