//! Exports and imports that several flows use: what is edited in one changes in all of them, and each says so.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::CatalogueRow;

use crate::components::Icon;
use crate::state::App;
use crate::words;
use crate::words::kinds::address;

/// How many are named; of the others there is a number.
const NAMED: usize = 3;

/// The flows outside the bin that use a resource, by name.
pub(super) fn users<'r>(rows: impl Iterator<Item = &'r CatalogueRow>, id: Id) -> Vec<&'r CatalogueRow> {
    let uses = |row: &&CatalogueRow| row.kind == Kind::Flow && !row.binned && row.references.contains(&id);
    let mut found: Vec<_> = rows.filter(uses).collect();
    found.sort_by_key(|row| (row.name.to_lowercase(), row.id));
    found
}

/// Which other flows use the export or import of a step.
#[component]
pub(super) fn AlsoUsed(id: Id, flow: Id) -> impl IntoView {
    let app = App::here();
    let others = Memo::new(move |_| {
        app.rows
            .with(|rows| users(rows.values(), id).into_iter().filter(|row| row.id != flow).cloned().collect::<Vec<_>>())
    });
    let links = move || {
        let all = others.get();
        let more = all.len().saturating_sub(NAMED);
        let named = all.into_iter().take(NAMED).enumerate().map(|(at, row)| {
            let name = if row.name.is_empty() { "a flow without a name".to_owned() } else { row.name.clone() };
            let link = match address(&row) {
                Some(to) => view! { <A href=to attr:class="link">{name}</A> }.into_any(),
                None => name.into_any(),
            };
            view! { {(at > 0).then_some(", ")}{link} }
        });
        view! { {named.collect_view()}{(more > 0).then(|| format!(" and {}", words::count(more, "other")))} }
    };
    move || {
        others.with(|others| !others.is_empty()).then(|| view! {
            <p class="shared-note muted"><Icon name="link" small=true/><span>"Also used by "{links}". What is edited here changes there too."</span></p>
        })
    }
}
