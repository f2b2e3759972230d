//! Which connection takes the place of one that comes with a package.

use leptos::prelude::*;
use tombolo_model::Kind;
use tombolo_model::package::PackageItem;
use tombolo_wire::store::CatalogueRow;

use super::draft::Draft;
use crate::components::SelectBox;

/// What most people would choose: a copy goes on with what the first one uses, and what arrives from elsewhere with the
/// connection that has the same name and type. Nothing stands for a new one.
pub(super) fn first_choice(item: &PackageItem, rows: &[CatalogueRow], copy: bool) -> String {
    let same = |row: &&CatalogueRow| {
        if copy { row.id == item.id } else { row.adaptor == item.adaptor && row.name.eq_ignore_ascii_case(&item.name) }
    };
    rows.iter().find(same).map(|row| row.id.to_string()).unwrap_or_default()
}

/// What may be chosen: a new one, and those of the same type.
fn offered(item: &PackageItem, rows: &[CatalogueRow]) -> Vec<(String, String)> {
    let called = |name: &str| if name.is_empty() { "Without a name".to_owned() } else { name.to_owned() };
    let new = (String::new(), format!("A new connection, “{}”", called(&item.name)));
    let same = rows.iter().filter(|row| row.adaptor == item.adaptor);
    std::iter::once(new).chain(same.map(|row| (row.id.to_string(), called(&row.name)))).collect()
}

/// One choice a connection.
#[component]
pub(super) fn Connections(draft: Draft, items: Vec<PackageItem>) -> impl IntoView {
    let rows = Memo::new(move |_| draft.app.of_kind(Kind::Connection));
    let lines = items.into_iter().map(|item| {
        let id = item.id;
        let name = format!("package-connection-{id}");
        let label = if item.name.is_empty() { "Connection without a name".to_owned() } else { item.name.clone() };
        let value = Signal::derive(move || draft.connections.with(|all| all.get(&id).cloned().unwrap_or_default()));
        let choices = Signal::derive(move || rows.with(|rows| offered(&item, rows)));
        let choose = Callback::new(move |key: String| draft.connections.update(|all| drop(all.insert(id, key))));
        view! {
            <div class="pairing"><label class="cut" for=name.clone() title=label.clone()>{label.clone()}</label>
                <SelectBox name=name value=value choices=choices on_change=choose disabled=draft.busy/></div>
        }
    });
    view! {
        <fieldset class="choices pairings"><legend>"Connections"</legend>
            <p class="help">"Secrets never come along. Choose one that works already, or make a new one and enter its credentials afterwards."</p>
            {lines.collect_view()}
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::Id;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn row(n: u8, name: &str, adaptor: &str) -> CatalogueRow {
        CatalogueRow {
            id: id(n),
            kind: Kind::Connection,
            name: name.into(),
            integration: None,
            disabled: false,
            binned: false,
            references: Vec::new(),
            adaptor: Some(adaptor.into()),
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        }
    }

    #[test]
    fn a_connection_of_the_same_name_and_type_is_offered_first() {
        let rows = [row(1, "Shop", "ftp"), row(2, "shop", "http"), row(3, "Other", "http")];
        let item = PackageItem { id: id(9), kind: Kind::Connection, name: "Shop".into(), adaptor: Some("http".into()) };
        assert_eq!(first_choice(&item, &rows, false), id(2).to_string());
        assert_eq!(first_choice(&PackageItem { name: "New".into(), ..item.clone() }, &rows, false), "");
        assert_eq!(first_choice(&PackageItem { id: id(3), ..item.clone() }, &rows, true), id(3).to_string());
        let keys: Vec<String> = offered(&item, &rows).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [String::new(), id(2).to_string(), id(3).to_string()]);
    }
}
