//! What of a list is shown, and in which order. Plain functions, tested natively.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use tombolo_model::{Id, Kind, presets};
use tombolo_wire::store::CatalogueRow;

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
        (_, Some("WebhookExport" | "webhook")) => "Webhook",
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
    Uses,
    Changed,
}

impl Column {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Name, "name"), (Self::Application, "application"), (Self::Uses, "uses"), (Self::Changed, "changed")];
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
    /// `used` or `unused`, or both when it is empty.
    pub(super) usage: String,
    pub(super) order: Order,
}

/// The places of the rows that are wanted, in their order. `all` is sorted by name.
pub(super) fn found(all: &[CatalogueRow], users: &BTreeMap<Id, Vec<Id>>, wanted: &Wanted) -> Vec<usize> {
    let search = wanted.search.trim().to_lowercase();
    let uses = |row: &CatalogueRow| users.get(&row.id).map_or(0, Vec::len);
    let fits = |row: &CatalogueRow| {
        (wanted.application.is_empty() || application(row) == wanted.application)
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
        Column::Uses => places.sort_by_key(|at| uses(&all[*at])),
        Column::Changed => places.sort_by_key(|at| all[*at].modified_ms),
    }
    if wanted.order.down {
        places.reverse();
    }
    places
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
        let users = users(all.iter());
        let shown = |wanted: Wanted| {
            found(&all, &users, &wanted).into_iter().map(|at| all[at].name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(shown(Wanted::default()), ["CRM", "Files", "Shop"]);
        assert_eq!(shown(Wanted { search: " sH".into(), ..Wanted::default() }), ["Shop"]);
        assert_eq!(shown(Wanted { application: "HTTP".into(), ..Wanted::default() }), ["CRM", "Shop"]);
        assert_eq!(shown(Wanted { usage: "used".into(), ..Wanted::default() }), ["CRM"]);
        assert_eq!(shown(Wanted { usage: "unused".into(), ..Wanted::default() }), ["Files", "Shop"]);
        let newest = Order { column: Column::Changed, down: true };
        assert_eq!(shown(Wanted { order: newest, ..Wanted::default() }), ["CRM", "Shop", "Files"]);
        assert_eq!(applications(&all), ["HTTP", "ftp"]);
        assert_eq!(application(&row(4, "Store", Some("shopify"), &[])), "Shopify");
    }

    #[test]
    fn the_order_of_a_list_is_in_its_address() {
        for text in ["name", "-changed", "uses", "-application"] {
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
        let shown = found(&all, &users, &wanted);
        assert_eq!(shown.len(), (0..10_000).filter(|n| n.to_string().contains("99")).count());
        assert_eq!(shown.first(), Some(&9_999));
    }
}
