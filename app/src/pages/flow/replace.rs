//! Puts another connection in the place of one, in every step of a flow that goes through it.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::{Id, Intent, Kind, presets};
use tombolo_wire::run::RunStatus;
use tombolo_wire::store::{Call, CallError, CatalogueRow, Edited, OpenReply};

use super::Builder;
use crate::components::{Dialog, Field, Icon, SelectBox};
use crate::state::App;
use crate::words;

const PATH: &str = "/_connectionId";

/// The connections that steps of a flow go through, and which exports and imports do.
fn through(rows: &BTreeMap<Id, CatalogueRow>, resources: &BTreeSet<Id>) -> BTreeMap<Id, Vec<Id>> {
    let mut found: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for row in resources.iter().filter_map(|id| rows.get(id)) {
        let is_connection = |id: &&Id| rows.get(*id).is_some_and(|row| row.kind == Kind::Connection);
        for connection in row.references.iter().filter(is_connection) {
            let users = found.entry(*connection).or_default();
            if !users.contains(&row.id) {
                users.push(row.id);
            }
        }
    }
    found
}

/// Whether flows other than this one use any of these exports and imports.
fn shared(rows: &BTreeMap<Id, CatalogueRow>, users: &[Id], flow: Id) -> usize {
    let elsewhere = |user: &&Id| {
        rows.values()
            .any(|row| row.kind == Kind::Flow && row.id != flow && !row.binned && row.references.contains(user))
    };
    users.iter().filter(elsewhere).count()
}

/// Whether steps that go through one connection can go through the other.
fn is_alike(one: &CatalogueRow, other: &CatalogueRow) -> bool {
    // A connection to an application has its key here, and speaks HTTP.
    let kind = |row: &CatalogueRow| {
        let adaptor = row.adaptor.clone()?;
        let http = adaptor == "rest" || presets::named(&adaptor).is_some();
        Some(if http { "http".to_owned() } else { adaptor })
    };
    one.id != other.id && kind(one) == kind(other)
}

/// The dialog.
#[component]
pub(super) fn ReplaceConnection(open: RwSignal<bool>) -> impl IntoView {
    view! { <Dialog open=open title="Replace a connection"><Ask open=open/></Dialog> }
}

#[component]
fn Ask(open: RwSignal<bool>) -> impl IntoView {
    const OLD: &str = "replace-old";
    const NEW: &str = "replace-new";
    let builder = expect_context::<Builder>();
    let (app, flow) = (builder.app, builder.doc.id);
    let resources = Memo::new(move |_| builder.steps.with(|all| all.iter().filter_map(|step| step.resource).collect()));
    let used = Memo::new(move |_| app.rows.with(|rows| resources.with(|resources| through(rows, resources))));
    let named = move |id: Id| app.row(id).map(|row| row.name).unwrap_or_default();
    let old =
        RwSignal::new(used.with_untracked(|used| used.keys().next().map(ToString::to_string)).unwrap_or_default());
    let new = RwSignal::new(String::new());
    let olds = Signal::derive(move || {
        used.with(|used| used.keys().map(|id| (id.to_string(), named(*id))).collect::<Vec<_>>())
    });
    let news = Signal::derive(move || {
        let mut choices = vec![(String::new(), "Choose a connection".to_owned())];
        let from = old.with(|old| old.parse::<Id>().ok()).and_then(|id| app.row(id));
        let alike = |row: &CatalogueRow| from.as_ref().is_some_and(|from| is_alike(from, row));
        let others = app.of_kind(Kind::Connection).into_iter().filter(alike);
        choices.extend(others.map(|row| (row.id.to_string(), row.name)));
        choices
    });
    let users = Memo::new(move |_| {
        let old = old.with(|old| old.parse::<Id>().ok());
        used.with(|used| old.and_then(|old| used.get(&old).cloned()).unwrap_or_default())
    });
    let says = move || {
        let (steps, also) = (users.with(Vec::len), app.rows.with(|rows| users.with(|users| shared(rows, users, flow))));
        let shared = match also {
            0 => String::new(),
            _ => format!(
                " {} of them {} used by other flows too, which change with it.",
                words::number(also as u64),
                if also == 1 { "is" } else { "are" }
            ),
        };
        format!(
            "{} of this flow will go through it. A run of the flow that is going is canceled.{shared}",
            words::count(steps, "source or destination").replace("source or destinations", "sources and destinations")
        )
    };
    let closed = Memo::new(move |_| {
        app.rows
            .with(|rows| users.with(|users| users.iter().filter_map(|id| rows.get(id)).any(|row| !app.may_change(row))))
    });
    // What was chosen for one may not fit another.
    let choose_old = Callback::new(move |id: String| {
        old.set(id);
        new.set(String::new());
    });
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(from), Ok(to)) = (old.get_untracked().parse::<Id>(), new.get_untracked().parse::<Id>()) else { return };
        replace(app, flow, users.get_untracked(), (from, to));
        open.set(false);
    };
    view! {
        <Show when=move || !used.with(BTreeMap::is_empty) fallback=|| view! { <p class="dialog-body muted">"No step of this flow goes through a connection."</p> }>
            <form class="dialog-body" on:submit=go>
                <Field label="Connection" name=OLD><SelectBox name=OLD value=old choices=olds on_change=choose_old/></Field>
                <Field label="In its place" name=NEW><SelectBox name=NEW value=new choices=news on_change=Callback::new(move |id| new.set(id))/></Field>
                <p class="muted">{says}</p>
                {move || closed.get().then(|| view! { <p class="error" role="alert"><Icon name="lock" small=true/>"You may look at some of these, not change them."</p> })}
                <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=move || closed.get() || new.with(String::is_empty)>"Replace"</button></footer>
            </form>
        </Show>
    }
}

/// Ends the flow's run and changes the steps; says how many, and offers the way back.
fn replace(app: App, flow: Id, users: Vec<Id>, (from, to): (Id, Id)) {
    app.in_turn(async move {
        cancel_runs(app, flow).await?;
        let mut changed = Vec::new();
        let mut done = Ok(());
        for user in users {
            match change(app, user, (from, to)).await {
                Ok(true) => changed.push(user),
                Ok(false) => {}
                Err(error) => {
                    done = Err(error);
                    break;
                }
            }
        }
        // What was changed before one failed can be taken back too.
        if changed.is_empty() && done.is_err() {
            return done;
        }
        let said = format!("The connection is replaced in {}.", words::count(changed.len(), "step"));
        app.toasts.offer_undo(said, move || {
            let changed = changed.clone();
            app.in_turn(async move {
                for user in changed {
                    change(app, user, (to, from)).await?;
                }
                Ok(())
            });
        });
        done
    });
}

async fn cancel_runs(app: App, flow: Id) -> Result<(), CallError> {
    let going: Vec<Id> = app.runs.with_untracked(|runs| {
        let of = runs.values().filter(|run| run.flow == flow);
        of.filter(|run| matches!(run.status, RunStatus::Queued | RunStatus::Running)).map(|run| run.id).collect()
    });
    for run in going {
        let canceled = app.call::<Value>(Call::CancelRun { run }).await;
        // One that has just ended needs no end.
        if let Err(error) = canceled
            && error.code == "offline"
        {
            return Err(error);
        }
    }
    Ok(())
}

/// Changes an export or import that goes through the connection; tells whether it did.
async fn change(app: App, user: Id, (from, to): (Id, Id)) -> Result<bool, CallError> {
    let opened = app.call::<OpenReply>(Call::Open { id: user }).await?;
    let now = opened.view.value.pointer(PATH).and_then(Value::as_str).and_then(|id| id.parse::<Id>().ok());
    let goes = now == Some(from);
    if goes {
        let intents = vec![Intent::Set { path: PATH.to_owned(), value: to.to_string().into() }];
        app.call::<Edited>(Call::Edit { id: user, intents }).await?;
    }
    Ok(goes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn row(n: u8, kind: Kind, references: &[u8]) -> (Id, CatalogueRow) {
        let row = CatalogueRow {
            id: id(n),
            kind,
            name: String::new(),
            integration: None,
            disabled: false,
            binned: false,
            references: references.iter().map(|n| id(*n)).collect(),
            adaptor: None,
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        };
        (row.id, row)
    }

    #[test]
    fn the_steps_that_go_through_a_connection_are_found_and_those_that_other_flows_use_counted() {
        let rows = BTreeMap::from([
            row(1, Kind::Connection, &[]),
            row(2, Kind::Connection, &[]),
            row(3, Kind::Export, &[1, 9]),
            row(4, Kind::Import, &[1, 2]),
            row(5, Kind::Import, &[2]),
            row(6, Kind::Flow, &[3, 4]),
            row(7, Kind::Flow, &[4]),
        ]);
        let found = through(&rows, &[id(3), id(4)].into());
        assert_eq!(found, BTreeMap::from([(id(1), vec![id(3), id(4)]), (id(2), vec![id(4)])]));
        assert_eq!(shared(&rows, &found[&id(1)], id(6)), 1);
    }

    #[test]
    fn a_connection_is_replaced_by_one_that_speaks_the_same() {
        let with = |n: u8, adaptor: &str| CatalogueRow {
            adaptor: Some(adaptor.to_owned()),
            ..row(n, Kind::Connection, &[]).1
        };
        assert!(is_alike(&with(1, "http"), &with(2, "shopify")) && is_alike(&with(1, "rest"), &with(2, "http")));
        assert!(!is_alike(&with(1, "http"), &with(2, "ftp")));
        assert!(!is_alike(&with(1, "http"), &with(1, "http")), "it is the same one");
    }
}
