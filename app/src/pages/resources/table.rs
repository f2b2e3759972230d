//! The table of resources of one kind: found by name, shown a piece at a time, so that thousands stay light.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::CatalogueRow;

use super::Listed;
use crate::components::{Ago, Icon};
use crate::pages::bin::put_away;
use crate::state::App;
use crate::words;

/// How many rows are shown at first, and how many more at a time.
const PIECE: usize = 100;

/// How many resources that are not in the bin refer to each resource.
fn uses<'a>(rows: impl Iterator<Item = &'a CatalogueRow>) -> BTreeMap<Id, usize> {
    let mut uses = BTreeMap::new();
    for row in rows.filter(|row| !row.binned) {
        let mut to = row.references.clone();
        to.sort();
        to.dedup();
        for id in to {
            *uses.entry(id).or_insert(0) += 1;
        }
    }
    uses
}

/// The application of a connection in words.
fn application(row: &CatalogueRow) -> String {
    match (row.kind, row.adaptor.as_deref()) {
        (Kind::Script, _) => "JavaScript".into(),
        (_, Some("http")) => "HTTP".into(),
        (_, Some(other)) => other.to_owned(),
        (_, None) => "Not set up".into(),
    }
}

/// The rows.
#[component]
pub(super) fn ResourceTable(listed: Listed, all: Memo<Vec<CatalogueRow>>) -> impl IntoView {
    let app = App::here();
    let search = RwSignal::new(String::new());
    let most = RwSignal::new(PIECE);
    let found = Memo::new(move |_| {
        let wanted = search.get().trim().to_lowercase();
        all.with(|all| all.iter().filter(|row| row.name.to_lowercase().contains(&wanted)).cloned().collect::<Vec<_>>())
    });
    let uses = Memo::new(move |_| app.rows.with(|rows| uses(rows.values())));
    let label = format!("Find a {}", listed.one);
    let rows = move || found.with(|found| found.iter().take(most.get()).cloned().collect::<Vec<_>>());
    let left = move || found.with(Vec::len).saturating_sub(most.get());
    view! {
        <Show when=move || !all.with(Vec::is_empty) fallback=move || view! {
            <div class="empty"><span class="kind"><Icon name=listed.icon/></span><h2>{format!("No {}s yet", listed.one)}</h2><p>{listed.what}</p></div>
        }>
            <div class="toolbar">
                <label class="input"><Icon name="search"/>
                    <input type="search" placeholder=label.clone() aria-label=label.clone() prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/>
                </label>
                <span class="grow"></span>
                // Of all of them the title tells the number.
                <span class="muted num" aria-live="polite">{move || (found.with(Vec::len) < all.with(Vec::len)).then(|| format!("{} of {}", words::number(found.with(Vec::len) as u64), words::number(all.with(Vec::len) as u64)))}</span>
            </div>
            <Show when=move || !found.with(Vec::is_empty) fallback=move || view! {
                <div class="empty"><span class="kind"><Icon name="search"/></span><h2>"Nothing matches"</h2><button class="button" on:click=move |_| search.set(String::new())>"Clear the search"</button></div>
            }>
                <div class="table-wrap"><table class="table resources">
                    <thead><tr><th>"Name"</th><th data-rank="2">"Application"</th><th class="num">"Used by"</th><th data-rank="2">"Last change"</th><th><span class="sr">"Actions"</span></th></tr></thead>
                    <tbody><For each=rows key=|row| (row.id, row.name.clone(), row.modified_ms, row.conflicts, row.damaged, row.pending) let:row><Line listed=listed row=row uses=uses/></For></tbody>
                </table></div>
                {move || (left() > 0).then(|| view! { <div class="table-foot"><button class="button" on:click=move |_| most.update(|most| *most += PIECE)>{format!("Show more of {}", words::number(left() as u64))}</button></div> })}
            </Show>
        </Show>
    }
}

#[component]
fn Line(listed: Listed, row: CatalogueRow, uses: Memo<BTreeMap<Id, usize>>) -> impl IntoView {
    let app = App::here();
    let id = row.id;
    let used = move || uses.with(|uses| uses.get(&id).copied().unwrap_or_default());
    let name = if row.name.is_empty() { "Without a name".to_owned() } else { row.name.clone() };
    let full = name.clone();
    let tile = format!("app t{}", words::tint(&name));
    let label = format!("Put {name} in the bin");
    // What runs with it would fail: it is taken out of use first.
    let blocked = move || match used() {
        _ if !app.row(id).is_some_and(|row| app.may_change(&row)) => Some("You may look, not change.".to_owned()),
        0 => None,
        many => Some(format!("It is used by {}. Choose another there first.", words::count(many, "resource"))),
    };
    let said = format!("{name} is in the recycle bin.");
    view! {
        <tr>
            <td><span class="row"><span class=tile aria-hidden="true">{words::monogram(&name)}</span>
                <A href=format!("{}/{id}", listed.folder) attr:class="name" attr:title=full>{name.clone()}</A>
                {(row.conflicts > 0).then(|| view! { <span class="badge warning">"Two values"</span> })}
                {row.damaged.then(|| view! { <span class="badge danger">"Damaged"</span> })}</span></td>
            <td class="muted" data-rank="2">{application(&row)}</td>
            <td class="num">{move || if used() == 0 { view! { <span class="faint">"Unused"</span> }.into_any() } else { words::number(used() as u64).into_any() }}</td>
            <td class="muted" data-rank="2"><Ago ms=row.modified_ms/></td>
            <td class="actions"><button class="icon-button small" aria-label=label title=move || blocked().unwrap_or_default() prop:disabled=move || blocked().is_some()
                on:click=move |_| put_away(app, vec![id], said.clone())><Icon name="trash-2" small=true/></button></td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: u8, references: &[u8], binned: bool) -> CatalogueRow {
        let id = |n: u8| Id::from_parts(0, [n; 8]);
        CatalogueRow {
            id: id(n),
            kind: Kind::Export,
            name: String::new(),
            integration: None,
            disabled: false,
            binned,
            references: references.iter().map(|n| id(*n)).collect(),
            adaptor: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        }
    }

    #[test]
    fn a_resource_is_used_once_by_each_that_names_it_and_never_from_the_bin() {
        let rows = [row(1, &[9, 9], false), row(2, &[9], false), row(3, &[9], true)];
        assert_eq!(uses(rows.iter()).get(&Id::from_parts(0, [9; 8])), Some(&2));
        assert_eq!(uses(rows[2..].iter()).len(), 0);
    }
}
