//! What of a list is shown, and in which order. Plain functions, tested natively.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use tombolo_model::{Id, Kind, presets};
use tombolo_wire::store::CatalogueRow;

use crate::components::is_listener;

/// Which resources that are not in the bin refer to each resource.
pub(super) fn users<'a>(rows: impl Iterator<Item = &'a CatalogueRow>) -> BTreeMap<Id, Vec<Id>> {
    let mut users: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for row in rows.filter(|row| !row.binned) {
        for id in &row.references {
            let of = users.entry(*id).or_default();
            if of.last() != Some(&row.id) {
                of.push(row.id);
            }
        }
    }
    users
}

/// The application of a resource in words.
pub(super) fn application(row: &CatalogueRow) -> &str {
    match (row.kind, row.adaptor.as_deref()) {
        (Kind::Script, _) => "JavaScript",
        (Kind::Connection, Some(key)) if presets::named(key).is_some() => {
            presets::named(key).map_or("", |preset| preset.name)
        }
        (_, Some("http" | "rest" | "HTTPExport" | "HTTPImport" | "RESTExport" | "RESTImport")) => "HTTP",
        (_, Some(adaptor)) if is_listener(adaptor) => "Webhook",
        (_, Some("SimpleExport" | "simple")) => "Local file",
        (_, Some("SimpleImport")) => "File to download",
        (Kind::Stack, Some("server")) => "Server",
        (Kind::Stack, Some("lambda")) => "AWS Lambda",
        (Kind::Connection | Kind::Export | Kind::Import, None) => "Not set up",
        (_, Some(other)) => other,
        (_, None) => "",
    }
}

/// By which column a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Application,
    Integration,
    Uses,
    Changed,
}

impl Column {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Name, "name"),
        (Self::Application, "application"),
        (Self::Integration, "integration"),
        (Self::Uses, "uses"),
        (Self::Changed, "changed"),
    ];
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: Column,
    pub(super) down: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self { column: Column::Name, down: false }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Column::ALL.iter().find(|(column, _)| *column == self.column).map_or("", |(_, name)| name);
        write!(f, "{}{name}", if self.down { "-" } else { "" })
    }
}

impl FromStr for Order {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (down, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let column = Column::ALL.iter().find(|(_, have)| *have == name).map(|(column, _)| *column).ok_or(())?;
        Ok(Self { column, down })
    }
}

impl Order {
    /// The order after the head of a column was pressed. Numbers and times begin with the greatest.
    pub(super) fn pressed(self, column: Column) -> Self {
        if self.column == column {
            return Self { column, down: !self.down };
        }
        Self { column, down: matches!(column, Column::Uses | Column::Changed) }
    }

    /// What a head says to those who do not see its arrow.
    pub(super) fn said(self, column: Column) -> &'static str {
        match (self.column == column, self.down) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    }
}

/// What a person wants to see of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) search: String,
    /// One application, or all when it is empty.
    pub(super) application: String,
    /// The id of one integration, or all when it is empty.
    pub(super) integration: String,
    /// How they stand: a key of [`states`], or all when it is empty.
    pub(super) state: String,
    /// `used` or `unused`, or both when it is empty.
    pub(super) usage: String,
    /// Changed since then, in milliseconds since 1970.
    pub(super) since_ms: Option<i64>,
    pub(super) order: Order,
}

/// What others say of the rows of a list.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// Which resources refer to each.
    pub(super) users: &'a BTreeMap<Id, Vec<Id>>,
    /// All resources, for the names of their integrations.
    pub(super) rows: &'a BTreeMap<Id, CatalogueRow>,
    /// Whether a connection is offline.
    pub(super) is_offline: &'a dyn Fn(Id) -> bool,
}

impl Around<'_> {
    /// The name of the integration that a resource is in.
    fn home(&self, row: &CatalogueRow) -> &str {
        row.integration.and_then(|id| self.rows.get(&id)).map_or("", |home| home.name.as_str())
    }
}

/// How resources of a kind may stand, as keys with words; nothing where all stand alike.
pub(super) const fn states(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Flow => &[("", "On or off"), ("on", "On"), ("off", "Off")],
        Kind::Connection => &[("", "Online or offline"), ("online", "Online"), ("offline", "Offline")],
        Kind::Export => &[("", "Sources and lookups"), ("source", "Sources"), ("lookup", "Lookups")],
        _ => &[],
    }
}

fn stands(row: &CatalogueRow, state: &str, around: Around<'_>) -> bool {
    match state {
        "on" => !row.disabled,
        "off" => row.disabled,
        "online" => !(around.is_offline)(row.id),
        "offline" => (around.is_offline)(row.id),
        "source" => !row.lookup,
        "lookup" => row.lookup,
        _ => true,
    }
}

/// Since when something has to have changed: keys of the address, words and days.
pub(super) const CHANGED: [(&str, &str, i64); 4] = [
    ("", "Changed at any time", 0),
    ("day", "Last 24 hours", 1),
    ("week", "Last 7 days", 7),
    ("month", "Last 30 days", 30),
];

/// The time that a key of [`CHANGED`] means; nothing for any time.
pub(super) fn changed_since(key: &str, now_ms: i64) -> Option<i64> {
    let (_, _, days) = CHANGED.iter().find(|(have, ..)| *have == key && !key.is_empty())?;
    Some(now_ms - days * 86_400_000)
}

/// The places of the rows that are wanted, in their order. `all` is sorted by name.
pub(super) fn found(all: &[CatalogueRow], around: Around<'_>, wanted: &Wanted) -> Vec<usize> {
    let search = wanted.search.trim().to_lowercase();
    let uses = |row: &CatalogueRow| around.users.get(&row.id).map_or(0, Vec::len);
    let fits = |row: &CatalogueRow| {
        (wanted.application.is_empty() || application(row) == wanted.application)
            && (wanted.integration.is_empty()
                || row.integration.is_some_and(|home| home.to_string() == wanted.integration))
            && stands(row, &wanted.state, around)
            && wanted.since_ms.is_none_or(|since_ms| row.modified_ms >= since_ms)
            && match wanted.usage.as_str() {
                "used" => uses(row) > 0,
                "unused" => uses(row) == 0,
                _ => true,
            }
            && (search.is_empty() || row.name.to_lowercase().contains(&search) || row.id.to_string() == search)
    };
    let mut places: Vec<usize> = (0..all.len()).filter(|at| fits(&all[*at])).collect();
    match wanted.order.column {
        Column::Name => {}
        Column::Application => places.sort_by_key(|at| application(&all[*at])),
        Column::Integration => places.sort_by_key(|at| around.home(&all[*at])),
        Column::Uses => places.sort_by_key(|at| uses(&all[*at])),
        Column::Changed => places.sort_by_key(|at| all[*at].modified_ms),
    }
    if wanted.order.down {
        places.reverse();
    }
    places
}

/// The integrations of a list with their names, each once, by name.
pub(super) fn integrations(all: &[CatalogueRow], rows: &BTreeMap<Id, CatalogueRow>) -> Vec<(Id, String)> {
    let ids: std::collections::BTreeSet<Id> = all.iter().filter_map(|row| row.integration).collect();
    let mut found: Vec<_> = ids.into_iter().filter_map(|id| Some((id, rows.get(&id)?.name.clone()))).collect();
    found.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
    found
}

/// The applications of a list, each once.
pub(super) fn applications(all: &[CatalogueRow]) -> Vec<String> {
    let mut found: Vec<String> =
        all.iter().map(|row| application(row).to_owned()).filter(|name| !name.is_empty()).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::pages::resources) fn row(
        n: i64,
        name: &str,
        adaptor: Option<&str>,
        references: &[Id],
    ) -> CatalogueRow {
        CatalogueRow {
            id: id(n),
            kind: Kind::Connection,
            name: name.into(),
            integration: None,
            disabled: false,
            binned: false,
            references: references.to_vec(),
            adaptor: adaptor.map(str::to_owned),
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: n,
            pending: false,
            damaged: false,
        }
    }

    pub(in crate::pages::resources) fn id(n: i64) -> Id {
        Id::from_parts(u32::try_from(n).unwrap_or_default(), [0; 8])
    }

    #[test]
    fn a_list_is_searched_filtered_and_sorted() {
        let all = [
            row(3, "CRM", Some("http"), &[]),
            row(1, "Files", Some("ftp"), &[]),
            row(2, "Shop", Some("http"), &[id(3)]),
        ];
        let (users, rows) = (users(all.iter()), BTreeMap::new());
        let around = Around { users: &users, rows: &rows, is_offline: &|one| one == id(1) };
        let shown = |wanted: Wanted| {
            found(&all, around, &wanted).into_iter().map(|at| all[at].name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(shown(Wanted::default()), ["CRM", "Files", "Shop"]);
        assert_eq!(shown(Wanted { search: " sH".into(), ..Wanted::default() }), ["Shop"]);
        assert_eq!(shown(Wanted { application: "HTTP".into(), ..Wanted::default() }), ["CRM", "Shop"]);
        assert_eq!(shown(Wanted { usage: "used".into(), ..Wanted::default() }), ["CRM"]);
        assert_eq!(shown(Wanted { usage: "unused".into(), ..Wanted::default() }), ["Files", "Shop"]);
        assert_eq!(shown(Wanted { state: "offline".into(), ..Wanted::default() }), ["Files"]);
        assert_eq!(shown(Wanted { since_ms: Some(2), ..Wanted::default() }), ["CRM", "Shop"]);
        let newest = Order { column: Column::Changed, down: true };
        assert_eq!(shown(Wanted { order: newest, ..Wanted::default() }), ["CRM", "Shop", "Files"]);
        assert_eq!(applications(&all), ["HTTP", "ftp"]);
        assert_eq!(application(&row(4, "Store", Some("shopify"), &[])), "Shopify");
    }

    #[test]
    fn flows_are_narrowed_by_integration_and_whether_they_are_on_and_sorted_by_integration() {
        let flow = |n: i64, home: i64, off: bool| CatalogueRow {
            kind: Kind::Flow,
            integration: Some(id(home)),
            disabled: off,
            ..row(n, &format!("Flow {n}"), None, &[])
        };
        let all = [flow(1, 20, false), flow(2, 21, true), flow(3, 20, true)];
        let homes = [row(20, "Shop", None, &[]), row(21, "Bank", None, &[])];
        let rows: BTreeMap<Id, CatalogueRow> = homes.into_iter().map(|row| (row.id, row)).collect();
        let around = Around { users: &BTreeMap::new(), rows: &rows, is_offline: &|_| false };
        let shown = |wanted: Wanted| found(&all, around, &wanted);
        assert_eq!(shown(Wanted { integration: id(20).to_string(), ..Wanted::default() }), [0, 2]);
        assert_eq!(shown(Wanted { state: "off".into(), ..Wanted::default() }), [1, 2]);
        let order = Order { column: Column::Integration, down: false };
        assert_eq!(shown(Wanted { order, ..Wanted::default() }), [1, 0, 2]);
        assert_eq!(integrations(&all, &rows), [(id(21), "Bank".to_owned()), (id(20), "Shop".to_owned())]);
    }

    #[test]
    fn a_list_is_narrowed_to_what_changed_lately() {
        const DAY_MS: i64 = 86_400_000;
        assert_eq!(changed_since("week", 8 * DAY_MS), Some(DAY_MS));
        assert_eq!((changed_since("", 5), changed_since("year", 5)), (None, None));
    }

    #[test]
    fn the_order_of_a_list_is_in_its_address() {
        for text in ["name", "-changed", "uses", "-application", "integration"] {
            assert_eq!(text.parse::<Order>().map(|order| order.to_string()).as_deref(), Ok(text));
        }
        assert!("size".parse::<Order>().is_err());
        let order = Order::default().pressed(Column::Changed);
        assert_eq!(order.to_string(), "-changed");
        assert_eq!(order.pressed(Column::Changed).to_string(), "changed");
        assert_eq!((order.said(Column::Changed), order.said(Column::Name)), ("descending", "none"));
    }

    #[test]
    fn who_refers_to_a_resource_counts_once_and_not_from_the_bin() {
        let mut binned = row(9, "Old", None, &[id(1)]);
        binned.binned = true;
        let rows = [row(1, "a", None, &[]), row(2, "b", None, &[id(1), id(1)]), binned];
        assert_eq!(users(rows.iter()).get(&id(1)), Some(&vec![id(2)]));
    }

    #[test]
    fn ten_thousand_rows_are_found_and_sorted_within_a_frame_or_two() {
        let all: Vec<_> = (0..10_000).map(|n| row(n, &format!("Connection {n}"), Some("http"), &[])).collect();
        let users = users(all.iter());
        let wanted =
            Wanted { search: "99".into(), order: Order { column: Column::Changed, down: true }, ..Wanted::default() };
        let around = Around { users: &users, rows: &BTreeMap::new(), is_offline: &|_| false };
        let shown = found(&all, around, &wanted);
        assert_eq!(shown.len(), (0..10_000).filter(|n| n.to_string().contains("99")).count());
        assert_eq!(shown.first(), Some(&9_999));
    }
}
