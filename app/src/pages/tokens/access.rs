//! What a token of the account reaches: everything, or what is ticked.

use std::collections::BTreeSet;

use leptos::prelude::*;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::CatalogueRow;

use super::form::Draft;
use super::token::LISTS;
use crate::state::App;
use crate::words;

/// The most that is drawn at once; more is found by its name.
const MOST: usize = 100;

#[component]
pub(super) fn Access(draft: Draft) -> impl IntoView {
    view! {
        <fieldset class="choices whole"><legend>"Access"</legend>
            <label class="row"><input type="radio" name="token-access" prop:checked=move || draft.full.get() on:change=move |_| draft.full.set(true)/>"Full: everything that an administrator may do by the API"</label>
            <label class="row"><input type="radio" name="token-access" prop:checked=move || !draft.full.get() on:change=move |_| draft.full.set(false)/>"Custom: chosen connections, sources, destinations and APIs"</label>
        </fieldset>
        <Show when=move || !draft.full.get()><Picker draft=draft/></Show>
    }
}

#[component]
fn Picker(draft: Draft) -> impl IntoView {
    let app = App::here();
    let sought = RwSignal::new(String::new());
    let all = Memo::new(move |_| LISTS.iter().flat_map(|(_, kind)| app.of_kind(*kind)).collect::<Vec<_>>());
    let found = Memo::new(move |_| sought.with(|sought| all.with(|all| named(all, sought))));
    let more = move || found.with(Vec::len).checked_sub(MOST).filter(|more| *more > 0);
    let choice = move |row: CatalogueRow| {
        let (id, kind) = (row.id, words::kinds::kind_name(row.kind));
        let name = if row.name.is_empty() { "Without a name".to_owned() } else { row.name };
        let tick = move |event| {
            draft.chosen.update(|chosen| {
                if event_target_checked(&event) {
                    chosen.insert(id);
                } else {
                    chosen.remove(&id);
                }
            });
        };
        view! { <label class="row"><input type="checkbox" prop:checked=move || draft.chosen.with(|chosen| chosen.contains(&id)) on:change=tick/><span class="cut" title=name.clone()>{name.clone()}</span><small class="muted">{kind}</small></label> }
    };
    let integrations = Memo::new(move |_| app.of_kind(Kind::Integration));
    let add_all = move |event: leptos::ev::Event| {
        let select: web_sys::HtmlSelectElement = event_target(&event);
        if let Ok(integration) = select.value().parse::<Id>() {
            let rows = app.rows.with_untracked(|rows| rows.values().cloned().collect::<Vec<_>>());
            draft.chosen.update(|chosen| chosen.extend(of_integration(&rows, integration)));
        }
        // It is a button with a list: nothing stays chosen in it.
        select.set_value("");
    };
    view! {
        <div class="token-access">
            <select class="input select-native" aria-label="Choose all of an integration" on:change=add_all>
                <option value="">"Choose all of an integration…"</option>
                {move || integrations.get().into_iter().map(|row| view! { <option value=row.id.to_string()>{row.name}</option> }).collect_view()}
            </select>
            <input class="input" type="search" aria-label="Find a resource" placeholder="Find a resource" prop:value=move || sought.get() on:input=move |event| sought.set(event_target_value(&event))/>
            <div class="choices" role="group" aria-label="Resources that the token reaches">
                <For each=move || found.get().into_iter().take(MOST) key=|row| row.id children=choice/>
            </div>
            <p class="help muted" role="status">{move || chosen_words(draft.chosen.with(BTreeSet::len), found.with(Vec::len), more())}</p>
        </div>
    }
}

/// What a token can reach of an integration: what belongs to it, and what that uses.
fn of_integration(rows: &[CatalogueRow], integration: Id) -> BTreeSet<Id> {
    let own = || rows.iter().filter(|row| row.integration == Some(integration) && !row.binned);
    let used: BTreeSet<Id> = own().flat_map(|row| row.references.iter().copied().chain([row.id])).collect();
    // A connection is used by the sources and destinations that a flow uses.
    let further = rows.iter().filter(|row| used.contains(&row.id)).flat_map(|row| row.references.iter().copied());
    let all: BTreeSet<Id> = further.chain(used.iter().copied()).collect();
    let reachable = |row: &&CatalogueRow| !row.binned && LISTS.iter().any(|(_, kind)| *kind == row.kind);
    rows.iter().filter(|row| all.contains(&row.id)).filter(reachable).map(|row| row.id).collect()
}

/// The rows whose name has a text in it.
fn named(rows: &[CatalogueRow], sought: &str) -> Vec<CatalogueRow> {
    let sought = sought.trim().to_lowercase();
    rows.iter().filter(|row| row.name.to_lowercase().contains(&sought)).cloned().collect()
}

fn chosen_words(chosen: usize, found: usize, more: Option<usize>) -> String {
    let says = match (chosen, found) {
        (0, 0) => "Nothing fits.".to_owned(),
        (0, _) => "Nothing is chosen yet.".to_owned(),
        (many, _) => format!("{} chosen.", words::number(many as u64)),
    };
    match more {
        Some(more) => format!("{says} {} more: type a part of the name.", words::number(more as u64)),
        None => says,
    }
}

/// What is chosen, with the kind of each. What is not on this device any more cannot be asked for.
pub(super) fn with_kinds(app: App, chosen: &BTreeSet<Id>) -> Vec<(Id, Kind)> {
    untrack(|| chosen.iter().filter_map(|id| app.row(*id).map(|row| (row.id, row.kind))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_an_integration_is_what_belongs_to_it_and_the_connections_of_that() {
        let id = |n: u8| Id::from_parts(1, [n; 8]);
        let row = |n: u8, kind, integration: Option<u8>, references: &[u8]| CatalogueRow {
            id: id(n),
            kind,
            name: String::new(),
            integration: integration.map(id),
            disabled: false,
            binned: n == 9,
            references: references.iter().map(|n| id(*n)).collect(),
            adaptor: None,
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        };
        let rows = [
            row(1, Kind::Integration, None, &[]),
            row(2, Kind::Flow, Some(1), &[3]),
            row(3, Kind::Export, None, &[4]),
            row(4, Kind::Connection, None, &[]),
            row(5, Kind::Import, Some(1), &[]),
            row(6, Kind::Export, Some(7), &[4]),
            row(8, Kind::Connection, None, &[]),
            row(9, Kind::Export, Some(1), &[8]),
        ];
        assert_eq!(of_integration(&rows, id(1)), [id(3), id(4), id(5)].into());
    }

    #[test]
    fn what_is_chosen_and_not_drawn_is_counted() {
        assert_eq!(chosen_words(0, 0, None), "Nothing fits.");
        assert_eq!(chosen_words(0, 3, None), "Nothing is chosen yet.");
        assert_eq!(chosen_words(2, 1_300, Some(1_200)), "2 chosen. 1,200 more: type a part of the name.");
    }
}
