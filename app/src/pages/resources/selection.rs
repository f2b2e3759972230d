//! Several rows at once: what is selected, and what is done with it.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::store::CatalogueRow;

use super::copy;
use super::table::Users;
use crate::components::Icon;
use crate::pages::bin::put_away;
use crate::state::App;
use crate::words;
use crate::words::kinds::KindWords;

/// The rows that are selected; some may not be shown now.
pub(super) type Selected = RwSignal<BTreeSet<Id>>;

/// The rows at these places.
fn ids_at(all: &[CatalogueRow], places: &[usize]) -> Vec<Id> {
    places.iter().filter_map(|at| all.get(*at)).map(|row| row.id).collect()
}

/// Those of the selection that go, and how many stay because something that stays uses them.
fn deletable(chosen: &[Id], users: &BTreeMap<Id, Vec<Id>>) -> (Vec<Id>, usize) {
    let mut go = chosen.to_vec();
    // What stays may use others of the selection, which then stay too.
    loop {
        let going: BTreeSet<Id> = go.iter().copied().collect();
        let before = go.len();
        go.retain(|id| users.get(id).is_none_or(|by| by.iter().all(|by| going.contains(by))));
        if go.len() == before {
            let stay = chosen.len() - go.len();
            return (go, stay);
        }
    }
}

/// The box that selects all that is found.
#[component]
pub(super) fn CheckAll(all: Memo<Vec<CatalogueRow>>, places: Memo<Vec<usize>>, selected: Selected) -> impl IntoView {
    let found = move || all.with(|all| places.with(|places| ids_at(all, places)));
    let many = Memo::new(move |_| {
        let found = found();
        (selected.with(|selected| found.iter().filter(|id| selected.contains(*id)).count()), found.len())
    });
    let turn = move |event| {
        let on = event_target_checked(&event);
        let found = untrack(found);
        selected.update(|selected| {
            for id in found {
                if on {
                    selected.insert(id);
                } else {
                    selected.remove(&id);
                }
            }
        });
    };
    view! {
        <label class="check pick"><input type="checkbox" aria-label="Select all" prop:checked=move || { let (some, all) = many.get(); all > 0 && some == all }
            prop:indeterminate=move || { let (some, all) = many.get(); some > 0 && some < all } on:change=turn/></label>
    }
}

/// The box of one row.
#[component]
pub(super) fn CheckRow(id: Id, label: String, selected: Selected) -> impl IntoView {
    let on = Memo::new(move |_| selected.with(|selected| selected.contains(&id)));
    let turn = move |event| {
        let on = event_target_checked(&event);
        selected.update(|selected| {
            if on {
                selected.insert(id);
            } else {
                selected.remove(&id);
            }
        });
    };
    view! { <label class="check pick"><input type="checkbox" aria-label=label prop:checked=on on:change=turn/></label> }
}

/// What is done with the selection, while there is one.
#[component]
pub(super) fn SelectionBar(
    words: &'static KindWords,
    all: Memo<Vec<CatalogueRow>>,
    places: Memo<Vec<usize>>,
    users: Users,
    selected: Selected,
) -> impl IntoView {
    let app = App::here();
    let chosen = Memo::new(move |_| {
        if selected.with(BTreeSet::is_empty) {
            return Vec::new();
        }
        let found = all.with(|all| places.with(|places| ids_at(all, places)));
        selected.with(|selected| found.into_iter().filter(|id| selected.contains(id)).collect::<Vec<_>>())
    });
    let rows = move || {
        let ids = chosen.get_untracked();
        app.rows.with_untracked(|rows| ids.iter().filter_map(|id| rows.get(id).cloned()).collect::<Vec<_>>())
    };
    let closed = Memo::new(move |_| {
        let ids = chosen.get();
        let refused = app.rows.with(|rows| ids.iter().filter_map(|id| rows.get(id)).any(|row| !app.may_change(row)));
        refused.then_some("You may look at some of these, not change them.")
    });
    let delete = move |_| {
        let (go, stay) = users.with_untracked(|users| deletable(&chosen.get_untracked(), users));
        if go.is_empty() {
            app.toasts.fail("All of these are used elsewhere. Take them out there first; “Used by” says where.");
            return;
        }
        let mut said = match go.len() {
            1 => format!("1 {} is in the recycle bin.", words.one),
            many => format!("{} are in the recycle bin.", words::count(many, words.one)),
        };
        if stay > 0 {
            said.push_str(&format!(
                " {} stayed, because something uses {}.",
                words::count(stay, words.one),
                if stay == 1 { "it" } else { "them" }
            ));
        }
        selected.update(|selected| selected.retain(|id| !go.contains(id)));
        put_away(app, go, said);
    };
    view! {
        <Show when=move || !chosen.with(Vec::is_empty)>
            <div class="selection-bar floating-bar" role="toolbar" aria-label="Selection">
                <b class="num" role="status">{move || format!("{} selected", words::number(chosen.with(Vec::len) as u64))}</b>
                <span class="grow"></span>
                <button class="button small" on:click=move |_| copy::download_all(app, words, rows())><Icon name="download"/>"Download"</button>
                <button class="button small" prop:disabled=move || closed.get().is_some() title=move || closed.get() on:click=delete><Icon name="trash-2"/>"Delete"</button>
                <button class="button small" on:click=move |_| selected.update(BTreeSet::clear)><Icon name="x"/>"Clear"</button>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::resources::rows::tests::id;

    #[test]
    fn of_a_selection_what_others_use_stays() {
        let users = BTreeMap::from([(id(1), vec![id(2)]), (id(3), vec![id(9)])]);
        assert_eq!(deletable(&[id(1), id(2)], &users), (vec![id(1), id(2)], 0), "they go together");
        assert_eq!(deletable(&[id(1)], &users), (Vec::new(), 1));
        assert_eq!(deletable(&[id(2), id(3)], &users), (vec![id(2)], 1));
    }

    #[test]
    fn what_something_that_stays_uses_stays_too() {
        let users = BTreeMap::from([(id(1), vec![id(2)]), (id(2), vec![id(3)]), (id(3), vec![id(9)])]);
        assert_eq!(deletable(&[id(1), id(2), id(4)], &users), (vec![id(4)], 2));
        let ring = BTreeMap::from([(id(1), vec![id(2)]), (id(2), vec![id(1)])]);
        assert_eq!(deletable(&[id(1), id(2)], &ring), (vec![id(1), id(2)], 0));
    }
}
