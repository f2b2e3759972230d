//! Steps that are there already: exports, lookups and imports that other flows use, or none any more.

use leptos::prelude::*;
use tombolo_model::Kind;
use tombolo_wire::store::CatalogueRow;

use super::{Offer, Side, Taking};
use crate::components::Icon;
use crate::pages::flow::application::Application;
use crate::pages::flow::shared::users;
use crate::pages::flow::steps::StepKind;
use crate::words;

/// How many are listed at once; whoever has more types a part of the name.
const SHOWN: usize = 50;

/// What a resource is in a flow, where one end of it takes it.
pub(super) fn as_step(row: &CatalogueRow, side: Side) -> Option<StepKind> {
    match (side, row.kind, row.lookup) {
        (Side::Source, Kind::Export, false) => Some(StepKind::Source),
        (Side::Destination, Kind::Export, true) => Some(StepKind::Lookup),
        (Side::Destination, Kind::Import, _) => Some(StepKind::Import),
        _ => None,
    }
}

/// What can be used at one end of a flow, by name.
pub(super) fn of<'r>(rows: impl Iterator<Item = &'r CatalogueRow>, side: Side) -> Vec<(StepKind, &'r CatalogueRow)> {
    let mut found: Vec<_> = rows.filter(|row| !row.binned).filter_map(|row| Some((as_step(row, side)?, row))).collect();
    found.sort_by_key(|(_, row)| (row.name.to_lowercase(), row.id));
    found
}

/// One line of the list.
#[derive(Clone, PartialEq)]
struct Line {
    row: CatalogueRow,
    step: StepKind,
    connection: Option<String>,
    flows: usize,
}

impl Line {
    /// What is said below its name: what it is, over which connection, who has it.
    fn about(&self) -> String {
        let what = Application::of(self.row.adaptor.as_deref()).words();
        let mut parts = vec![format!("{what}, {}", self.step.words().to_lowercase())];
        parts.extend(self.connection.clone());
        parts.push(match self.flows {
            0 => "In no flow".to_owned(),
            flows => format!("In {}", words::count(flows, "flow")),
        });
        parts.join(" · ")
    }
}

/// The list, with a search.
#[component]
pub(super) fn Existing(side: Side, taking: Taking) -> impl IntoView {
    let app = taking.builder.app;
    let wanted = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let wanted = wanted.get().trim().to_lowercase();
        app.rows.with(|rows| {
            let all = of(rows.values(), side).into_iter().filter(|(_, row)| row.name.to_lowercase().contains(&wanted));
            let line = |(step, row): (StepKind, &CatalogueRow)| {
                let connections = row.references.iter().filter_map(|id| rows.get(id));
                let connection = connections.filter(|of| of.kind == Kind::Connection).map(|of| of.name.clone()).next();
                Line { step, connection, flows: users(rows.values(), row.id).len(), row: row.clone() }
            };
            let all: Vec<_> = all.collect();
            (all.len(), all.into_iter().take(SHOWN).map(line).collect::<Vec<_>>())
        })
    });
    view! {
        <p class="shared-note muted"><Icon name="link" small=true/>"It is used, not copied: what is changed in one flow changes in every flow that has it."</p>
        <span class="input"><Icon name="search" small=true/><input type="search" aria-label="Find a step" placeholder="Find a step" prop:value=move || wanted.get() on:input=move |event| wanted.set(event_target_value(&event))/></span>
        <ul class="existing steps" aria-label="Steps that are there">
            <For each=move || found.get().1 key=|line| (line.row.id, line.row.name.clone(), line.flows, line.connection.clone()) let:line>
                {
                    let (id, step) = (line.row.id, line.step);
                    let name = if line.row.name.is_empty() { format!("{} without a name", step.words()) } else { line.row.name.clone() };
                    let full = name.clone();
                    view! {
                        <li><button class="offer" aria-label=full prop:disabled=taking.busy on:click=move |_| taking.add(Offer::There(step, id))>
                            <span class="kind" data-kind=step.key()><Icon name=Application::of(line.row.adaptor.as_deref()).icon()/></span>
                            <span class="cut"><b class="cut">{name}</b><small class="muted cut">{line.about()}</small></span>
                        </button></li>
                    }
                }
            </For>
        </ul>
        {move || {
            let (all, shown) = found.with(|(all, shown)| (*all, shown.len()));
            match (all, shown) {
                (0, _) => Some("No step has this in its name.".to_owned()),
                (all, shown) if all > shown => Some(format!("{shown} of {} are shown. Type a part of the name to find the others.", words::number(all as u64))),
                _ => None,
            }.map(|says| view! { <p class="muted" role="status">{says}</p> })
        }}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::Id;

    fn row(n: u32, kind: Kind, name: &str, lookup: bool, binned: bool) -> CatalogueRow {
        CatalogueRow {
            id: Id::from_parts(n, [0; 8]),
            kind,
            name: name.into(),
            integration: None,
            disabled: false,
            binned,
            references: Vec::new(),
            adaptor: Some("HTTPExport".into()),
            lookup,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        }
    }

    #[test]
    fn lookups_are_offered_behind_the_sources_and_exports_only_as_one() {
        let rows = [
            row(1, Kind::Export, "orders", false, false),
            row(2, Kind::Export, "Find customer", true, false),
            row(3, Kind::Import, "Create order", false, false),
            row(4, Kind::Import, "Gone", false, true),
            row(5, Kind::Connection, "Shop", false, false),
        ];
        let names =
            |side| of(rows.iter(), side).into_iter().map(|(step, row)| (step, row.name.as_str())).collect::<Vec<_>>();
        assert_eq!(names(Side::Source), [(StepKind::Source, "orders")]);
        assert_eq!(names(Side::Destination), [(StepKind::Import, "Create order"), (StepKind::Lookup, "Find customer")]);
    }

    #[test]
    fn a_step_that_is_there_says_what_it_is_and_who_has_it() {
        let line = |flows, connection: Option<&str>| Line {
            row: row(1, Kind::Export, "Find", true, false),
            step: StepKind::Lookup,
            connection: connection.map(str::to_owned),
            flows,
        };
        assert_eq!(line(2, Some("Shop")).about(), "HTTP, lookup · Shop · In 2 flows");
        assert_eq!(line(0, None).about(), "HTTP, lookup · In no flow");
    }
}
