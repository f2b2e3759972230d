//! Which flows of an integration are listed, and the groups that they are in. Plain functions.
//!
//! A flow is in one group at most. One that names a group which is not there any more, because somebody deleted it
//! meanwhile, is in none.

use std::collections::BTreeMap;

use serde_json::Value;
use tombolo_model::{RowId, View};
use tombolo_wire::store::CatalogueRow;

use crate::state::list_rows;

/// The list of groups in an integration.
pub(super) const GROUPS: &str = "/flowGroupings";

/// What stands in the address for flows without a group.
const REST: &str = "none";

/// A group of flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Its row in the integration.
    pub(super) row: RowId,
    /// What flows name it by.
    pub(super) id: String,
    pub(super) name: String,
}

impl Group {
    /// Its name; what it is when it has none.
    pub(super) fn title(&self) -> String {
        if self.name.trim().is_empty() { "Group without a name".to_owned() } else { self.name.clone() }
    }
}

/// The groups of an integration, in their order. What has no id cannot be named by any flow.
pub(super) fn groups(view: &View) -> Vec<Group> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rows = list_rows(view, GROUPS).into_iter();
    rows.map(|(row, value)| Group { row, id: text(&value, "_id"), name: text(&value, "name") })
        .filter(|group| !group.id.is_empty())
        .collect()
}

/// Which group is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Chosen {
    #[default]
    All,
    /// The group with this id.
    Group(String),
    /// The flows of no group.
    Rest,
}

impl Chosen {
    /// As the address says; a group that is not there is all flows.
    pub(super) fn of(said: Option<&str>, groups: &[Group]) -> Self {
        match said {
            Some(REST) if !groups.is_empty() => Self::Rest,
            Some(id) if groups.iter().any(|group| group.id == id) => Self::Group(id.to_owned()),
            _ => Self::All,
        }
    }

    /// What stands in the address.
    pub(super) fn said(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Group(id) => Some(id.clone()),
            Self::Rest => Some(REST.to_owned()),
        }
    }

    /// The group that a flow which is made now goes into.
    pub(super) fn group(&self) -> Option<&str> {
        match self {
            Self::Group(id) => Some(id),
            Self::All | Self::Rest => None,
        }
    }
}

/// The group of a flow, when the integration has it.
pub(super) fn group_of<'g>(flow: &CatalogueRow, groups: &'g [Group]) -> Option<&'g Group> {
    let id = flow.group.as_deref()?;
    groups.iter().find(|group| group.id == id)
}

/// How many flows each group has, by its id; those of no group under the empty one.
pub(super) fn counts(flows: &[CatalogueRow], groups: &[Group]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for flow in flows {
        let id = group_of(flow, groups).map(|group| group.id.clone()).unwrap_or_default();
        *found.entry(id).or_default() += 1;
    }
    found
}

/// The flows of the chosen group whose name has the text.
pub(super) fn listed(flows: &[CatalogueRow], groups: &[Group], chosen: &Chosen, search: &str) -> Vec<CatalogueRow> {
    let wanted = search.trim().to_lowercase();
    let is_in = |flow: &CatalogueRow| match (chosen, group_of(flow, groups)) {
        (Chosen::All, _) | (Chosen::Rest, None) => true,
        (Chosen::Group(id), Some(group)) => group.id == *id,
        (Chosen::Group(_), None) | (Chosen::Rest, Some(_)) => false,
    };
    flows.iter().filter(|flow| is_in(flow) && flow.name.to_lowercase().contains(&wanted)).cloned().collect()
}

/// The group that one comes after when it is moved by one place; nothing when it cannot go further.
pub(super) fn shifted(groups: &[Group], row: &str, down: bool) -> Option<Option<RowId>> {
    let at = groups.iter().position(|group| group.row == row)?;
    match (down, at) {
        (true, at) => groups.get(at + 1).map(|next| Some(next.row.clone())),
        (false, 0) => None,
        (false, at) => Some(at.checked_sub(2).map(|before| groups[before].row.clone())),
    }
}

/// The group that `dragged` comes after when it is dropped on `target`, above or below it.
pub(super) fn dropped(groups: &[Group], dragged: &str, target: &str, above: bool) -> Option<Option<RowId>> {
    let rest: Vec<&Group> = groups.iter().filter(|group| group.row != dragged).collect();
    let from = groups.iter().position(|group| group.row == dragged)?;
    let at = rest.iter().position(|group| group.row == target)?;
    let place = if above { at } else { at + 1 };
    (place != from).then(|| place.checked_sub(1).map(|before| rest[before].row.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tombolo_model::{Id, Kind};

    fn three() -> Vec<Group> {
        let of = |row: &str| Group { row: row.into(), id: format!("id-{row}"), name: row.to_uppercase() };
        ["a", "b", "c"].map(of).into()
    }

    fn flow(n: u8, name: &str, group: Option<&str>) -> CatalogueRow {
        CatalogueRow {
            id: Id::from_parts(1, [n; 8]),
            kind: Kind::Flow,
            name: name.into(),
            integration: None,
            disabled: false,
            binned: false,
            references: Vec::new(),
            adaptor: None,
            lookup: false,
            group: group.map(str::to_owned),
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        }
    }

    #[test]
    fn groups_are_read_in_their_order() {
        let view = View {
            value: json!({"flowGroupings": [{"_id": "1", "name": "Daily"}, {"name": "Without"}, {"_id": "2"}]}),
            rows: [(GROUPS.to_owned(), ["x", "y", "z"].map(str::to_owned).to_vec())].into(),
            ..View::default()
        };
        let found = groups(&view);
        assert_eq!(found.iter().map(|group| group.row.as_str()).collect::<Vec<_>>(), ["x", "z"]);
        assert_eq!((found[0].title(), found[1].title()), ("Daily".into(), "Group without a name".into()));
    }

    #[test]
    fn a_group_lists_its_flows_and_the_rest_lists_those_of_no_group() {
        let all = [flow(1, "Orders", Some("id-a")), flow(2, "Stock", None), flow(3, "Old orders", Some("gone"))];
        let names = |chosen: Chosen, search: &str| {
            listed(&all, &three(), &chosen, search).into_iter().map(|flow| flow.name).collect::<Vec<_>>()
        };
        assert_eq!(names(Chosen::All, "").len(), 3);
        assert_eq!(names(Chosen::Group("id-a".into()), ""), ["Orders"]);
        assert_eq!(names(Chosen::Rest, ""), ["Stock", "Old orders"], "that of a deleted group is in none");
        assert_eq!(names(Chosen::Rest, " ORD"), ["Old orders"]);
        assert_eq!(counts(&all, &three()), [(String::new(), 2), ("id-a".into(), 1)].into());
    }

    #[test]
    fn the_chosen_group_is_in_the_address_and_one_that_is_gone_is_all_flows() {
        let of = |said: Option<&str>| Chosen::of(said, &three());
        for chosen in [Chosen::All, Chosen::Rest, Chosen::Group("id-b".into())] {
            assert_eq!(of(chosen.said().as_deref()), chosen);
        }
        assert_eq!((of(Some("gone")), Chosen::of(Some("none"), &[])), (Chosen::All, Chosen::All));
    }

    #[test]
    fn a_group_moves_by_one_place_or_to_where_it_is_dropped() {
        let all = three();
        assert_eq!(shifted(&all, "a", true), Some(Some("b".into())));
        assert_eq!((shifted(&all, "b", false), shifted(&all, "c", false)), (Some(None), Some(Some("a".into()))));
        assert_eq!((shifted(&all, "a", false), shifted(&all, "c", true)), (None, None));
        assert_eq!(dropped(&all, "c", "a", true), Some(None));
        assert_eq!(dropped(&all, "a", "b", false), Some(Some("b".into())));
        assert_eq!((dropped(&all, "a", "b", true), dropped(&all, "b", "b", true)), (None, None), "it is there");
    }
}
