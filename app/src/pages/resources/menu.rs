//! What is done with one resource from its row.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::store::CatalogueRow;

use super::copy;
use crate::components::{HistoryDialog, Icon, Menu, MenuItem};
use crate::pages::bin::put_away;
use crate::pages::packages::{self, CloneDialog};
use crate::state::{App, use_document};
use crate::words;
use crate::words::kinds::address;

/// Why a resource cannot be put away; nothing where it can.
pub(super) fn kept(writable: bool, uses: usize) -> Option<String> {
    match (writable, uses) {
        (false, _) => Some("You may look, not change.".to_owned()),
        (true, 0) => None,
        (true, many) => Some(format!("It is used in {}: take it out there first.", words::count(many, "place"))),
    }
}

/// The menu of a row.
#[component]
pub(super) fn RowMenu(row: CatalogueRow, uses: usize, asked: RwSignal<Option<Id>>) -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let go = move |to: Option<String>| {
        if let Some(to) = to {
            navigate.with_value(|navigate| navigate(&to, NavigateOptions::default()));
        }
    };
    let (id, kind) = (row.id, row.kind);
    let opens = app.may_open(&row);
    let history = RwSignal::new(None::<Id>);
    let writable = move || app.row(id).map_or_else(|| app.may(Action::Write, kind), |row| app.may_change(&row));
    let closed = Signal::derive(move || (!writable()).then(|| "You may look, not change.".to_owned()));
    let row = StoredValue::new(row);
    let name = row.with_value(|row| if row.name.is_empty() { "Without a name".to_owned() } else { row.name.clone() });
    let said = format!("{name} is in the recycle bin.");
    let delete = move |()| match untrack(|| kept(writable(), uses)) {
        None => put_away(app, vec![id], said.clone()),
        // Who refers to it is the reason, and the way on.
        Some(_) => asked.set(Some(id)),
    };
    // The server keeps the log, and shows it to who administers the account.
    let may_audit = Memo::new(move |_| !app.is_alone() && app.may(Action::ReadAudit, Kind::Integration));
    let cloning = RwSignal::new(false);
    let download = move |()| match kind {
        Kind::Flow => packages::download(app, id),
        _ => copy::download(app, row.get_value()),
    };
    view! {
        <Menu id=format!("row-{id}") label=format!("More for {name}") face=view! { <Icon name="ellipsis"/> }.into_any() class="icon-button small">
            {opens.then(|| view! { <MenuItem on_choose=Callback::new(move |()| go(row.with_value(address)))><Icon name="pencil"/>"Edit"</MenuItem> })}
            <MenuItem on_choose=Callback::new(move |()| cloning.set(true)) blocked=closed><Icon name="copy"/>"Clone"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| asked.set(Some(id)))><Icon name="link"/>"Used by"</MenuItem>
            {opens.then(|| view! { <MenuItem on_choose=Callback::new(move |()| history.set(Some(id)))><Icon name="history"/>"History"</MenuItem> })}
            {move || may_audit.get().then(|| view! { <MenuItem on_choose=Callback::new(move |()| go(Some(format!("/audit?resource={id}"))))><Icon name="scroll-text"/>"Audit log"</MenuItem> })}
            {opens.then(|| view! { <MenuItem on_choose=Callback::new(download)><Icon name="download"/>"Download"</MenuItem> })}
            <MenuItem on_choose=Callback::new(delete) blocked=closed><Icon name="trash-2"/>"Delete"</MenuItem>
        </Menu>
        {move || history.get().map(|id| view! { <RowHistory id=id shown=history/> })}
        {move || cloning.get().then(|| view! { <CloneDialog id=id open=cloning/> })}
    }
}

/// The history of a resource that is not open.
#[component]
fn RowHistory(id: Id, shown: RwSignal<Option<Id>>) -> impl IntoView {
    let doc = use_document(id);
    let open = RwSignal::new(true);
    Effect::new(move |_| {
        if !open.get() {
            shown.set(None);
        }
    });
    view! { <HistoryDialog doc=doc open=open/> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_not_deleted_and_says_so() {
        assert_eq!(kept(true, 0), None);
        assert_eq!(kept(true, 2).as_deref(), Some("It is used in 2 places: take it out there first."));
        assert!(kept(false, 0).is_some());
    }
}
