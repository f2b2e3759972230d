//! The recycle bin: what was put there, and the way back.

mod cascade;
mod tokens;
mod told;

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::store::{Call, CallError, CatalogueRow, Edited, Link};

use super::packages;
use crate::browser::page;
use crate::components::{Ago, Dialog, Icon, Menu, MenuItem, SelectBox};
use crate::state::App;
use crate::words;
use crate::words::kinds::kind_name;
use tokens::{BinnedToken, TokenRow};
use told::Asked;

/// Everything in the bin, last changed first.
pub(crate) fn binned<'a>(rows: impl Iterator<Item = &'a CatalogueRow>) -> Vec<CatalogueRow> {
    let mut found: Vec<_> = rows.filter(|row| row.binned).cloned().collect();
    found.sort_by_key(|row| (std::cmp::Reverse(row.modified_ms), row.id));
    found
}

/// Puts resources into the bin, says so once they are there, and offers to take exactly these back.
pub(crate) fn put_away(app: App, ids: Vec<Id>, said: String) {
    spawn_local(async move {
        match each(app, &ids, &Intent::Bin).await {
            Ok(()) => app.toasts.offer_undo(said, move || {
                let ids = ids.clone();
                app.in_turn(async move { each(app, &ids, &Intent::Unbin).await });
            }),
            Err(error) => app.toasts.fail(error.message),
        }
    });
}

async fn each(app: App, ids: &[Id], intent: &Intent) -> Result<(), CallError> {
    for id in ids {
        app.call::<Edited>(Call::Edit { id: *id, intents: vec![intent.clone()] }).await?;
    }
    Ok(())
}

/// Says that what is shown lies in the bin, with the way back.
#[component]
pub(crate) fn BinnedBanner(id: Id, says: &'static str) -> impl IntoView {
    let app = App::here();
    let row = Memo::new(move |_| app.row(id).filter(|row| row.binned));
    move || {
        row.get().map(|row| {
            let (name, closed) = (row.name.clone(), Signal::derive(move || !app.may_change(&row)));
            view! {
                <div class="banner warning attention" role="status"><Icon name="trash-2"/><p class="grow">{says}</p>
                    <button class="button small" prop:disabled=closed on:click=move |_| restore(app, id, name.clone())><Icon name="rotate-ccw"/>"Restore"</button></div>
            }
        })
    }
}

/// The recycle bin.
#[component]
pub(crate) fn BinPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Recycle bin".into());
    let (search, kind) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let rows = Memo::new(move |_| app.rows.with(|rows| binned(rows.values())));
    let found =
        Memo::new(move |_| rows.with(|rows| search.with(|search| kind.with(|kind| matching(rows, search, kind)))));
    let asked = Asked::new();
    let Asked { told, tokens, problem } = asked;
    let found_tokens = Memo::new(move |_| {
        tokens.with(|tokens| search.with(|search| kind.with(|kind| tokens::matching(tokens, search, kind))))
    });
    let account = Memo::new(move |_| app.account.with(|account| account.as_ref().map(|account| account.id)));
    let link = Memo::new(move |_| app.sync.with(|sync| sync.link));
    // Whatever comes into the bin while it is looked at has somebody who put it there.
    Effect::new(move |_| {
        rows.track();
        account.track();
        link.track();
        asked.again(app);
    });
    let again = Callback::new(move |()| asked.again(app));
    let unknown = Signal::derive(move || {
        let away = !app.is_alone() && matches!(link.get(), Link::Offline | Link::Stopped);
        if away { Some("The server does not answer.".to_owned()) } else { problem.get() }
    });
    let kinds = Signal::derive(move || rows.with(|rows| tokens.with(|tokens| kinds_of(rows, !tokens.is_empty()))));
    let some = move || !rows.with(Vec::is_empty) || !tokens.with(Vec::is_empty);
    let some_found = move || !found.with(Vec::is_empty) || !found_tokens.with(Vec::is_empty);
    let clear = move |_| {
        search.set(String::new());
        kind.set(String::new());
    };
    view! {
        <div class="page-head"><div>
            <h1>"Recycle bin"</h1>
            <p class="sub">{move || if app.is_alone() {
                "What is here still exists on this device. Nothing runs from the bin."
            } else {
                "What is here still exists, for everybody in the account, and is deleted for good after 30 days. Nothing runs from the bin."
            }}</p>
        </div></div>
        {move || unknown.get().map(|why| view! {
            <div class="banner warning" role="status"><Icon name="triangle-alert"/><p>{format!("Deleted API tokens are not shown, and not who put what here: {why}")}</p></div>
        })}
        <Show when=some fallback=move || view! {
            <div class="empty"><span class="kind"><Icon name="trash-2"/></span>
                <h2>{move || if unknown.with(Option::is_some) { "Nothing of this device is in the bin" } else { "The bin is empty" }}</h2><p>"What you put in the bin waits here until you take it back."</p></div>
        }>
            <div class="toolbar">
                <label class="input"><Icon name="search"/>
                    <input type="search" placeholder="Find in the bin" aria-label="Find in the bin" prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/>
                </label>
                <SelectBox name="bin-kind" label="Kind" value=kind choices=kinds on_change=Callback::new(move |key| kind.set(key))/>
            </div>
            <Show when=some_found fallback=move || view! {
                <div class="empty"><span class="kind"><Icon name="search"/></span><h2>"Nothing matches"</h2><button class="button" on:click=clear>"Clear filters"</button></div>
            }>
                <div class="table-wrap">
                    <table class="table">
                        <thead><tr><th>"Name"</th><th data-rank="2">"Kind"</th><th data-rank="2">"Deleted"</th>
                            {move || (!app.is_alone()).then(|| view! { <th data-rank="3">"Deleted by"</th><th data-rank="2">"Days left"</th> })}
                            <th><span class="sr">"Actions"</span></th></tr></thead>
                        <tbody><For each=move || found.get() key=|row| (row.id, row.modified_ms) let:row><BinRow row=row told=told/></For>
                            <For each=move || found_tokens.get() key=BinnedToken::clone let:token><TokenRow token=token again=again/></For></tbody>
                    </table>
                </div>
            </Show>
        </Show>
    }
}

/// Those of a kind whose name holds what is looked for; an empty kind is any.
fn matching(rows: &[CatalogueRow], search: &str, kind: &str) -> Vec<CatalogueRow> {
    let wanted = search.trim().to_lowercase();
    let fits =
        |row: &&CatalogueRow| (kind.is_empty() || row.kind.name() == kind) && row.name.to_lowercase().contains(&wanted);
    rows.iter().filter(fits).cloned().collect()
}

/// The kinds that there are, to choose from.
fn kinds_of(rows: &[CatalogueRow], tokens: bool) -> Vec<(String, String)> {
    let there: BTreeSet<Kind> = rows.iter().map(|row| row.kind).collect();
    let all = (String::new(), "All kinds".to_owned());
    let kinds = there.into_iter().map(|kind| (kind.name().to_owned(), kind_name(kind)));
    let tokens = tokens.then(|| (tokens::KIND.to_owned(), tokens::NAME.to_owned()));
    std::iter::once(all).chain(kinds).chain(tokens).collect()
}

/// Takes a resource out of the bin with all that belongs to it, and says so once it is back.
fn restore(app: App, id: Id, name: String) {
    let (ids, lost) = app.rows.with_untracked(|rows| {
        let ids = cascade::comes_back(rows, id);
        let lost = cascade::lost(rows, &ids);
        (ids, lost)
    });
    spawn_local(async move {
        // One that is refused keeps none of the others in the bin.
        let (mut back, mut why) = (0_usize, None);
        for id in ids.iter().filter(|id| app.row(**id).is_none_or(|row| app.may_change(&row))) {
            match each(app, std::slice::from_ref(id), &Intent::Unbin).await {
                Ok(()) => back += 1,
                Err(error) => why = Some(error.message),
            }
        }
        match why {
            None => app.toasts.say(cascade::words(&name, back.saturating_sub(1), lost)),
            Some(why) => app.toasts.fail(format!("{back} of {} are restored. {why}", ids.len())),
        }
    });
}

/// Deletes a resource for good; of an integration, what belongs to it in the bin too.
async fn purge(app: App, row: &CatalogueRow) -> Result<(), CallError> {
    let account = app
        .account
        .with_untracked(|account| account.as_ref().filter(|account| !account.local).map(|account| account.id));
    match account {
        Some(account) => told::purge(account, row.kind, row.id).await,
        None => {
            let ids = app.rows.with_untracked(|rows| with_owned(rows.values(), row));
            app.call::<serde_json::Value>(Call::Purge { ids }).await.map(drop)
        }
    }
}

fn with_owned<'a>(rows: impl Iterator<Item = &'a CatalogueRow>, row: &CatalogueRow) -> Vec<Id> {
    let mine =
        |other: &&CatalogueRow| other.binned && row.kind == Kind::Integration && other.integration == Some(row.id);
    std::iter::once(row.id).chain(rows.filter(mine).map(|other| other.id).filter(|id| *id != row.id)).collect()
}

#[component]
fn BinRow(row: CatalogueRow, told: told::All) -> impl IntoView {
    let app = App::here();
    let id = row.id;
    let name = if row.name.is_empty() { "Without a name".to_owned() } else { row.name.clone() };
    let (back, kind, modified_ms) = (name.clone(), row.kind, row.modified_ms);
    let own = row.clone();
    let closed = Signal::derive(move || (!app.may_change(&own)).then(|| "You may look, not change.".to_owned()));
    let asking = RwSignal::new(false);
    let by = move || told.with(|told| told.get(&id).and_then(|told| told.by.clone()));
    view! {
        <tr>
            <td class="name"><span class="cut" title=name.clone()>{name.clone()}</span></td>
            <td class="muted" data-rank="2">{kind_name(kind)}</td>
            <td class="muted" data-rank="2"><Ago ms=modified_ms/></td>
            {move || (!app.is_alone()).then(|| view! {
                <td class="muted" data-rank="3">{move || by().unwrap_or_else(|| "—".to_owned())}</td>
                <td class="muted" data-rank="2">{move || told::days_left(modified_ms, app.now_ms.get())}</td>
            })}
            <td class="actions"><span class="row end">
                <button class="button small" aria-label=format!("Restore {name}") on:click=move |_| restore(app, id, back.clone()) prop:disabled=move || closed.with(Option::is_some)><Icon name="rotate-ccw"/>"Restore"</button>
                <Menu id=format!("bin-{id}") label=format!("More for {name}") face=view! { <Icon name="ellipsis"/> }.into_any() class="icon-button small">
                    <MenuItem on_choose=Callback::new(move |()| packages::download(app, id))><Icon name="download"/>"Download"</MenuItem>
                    <MenuItem on_choose=Callback::new(move |()| asking.set(true)) blocked=closed><Icon name="trash-2"/>"Delete for good"</MenuItem>
                </Menu>
            </span>
            <Dialog open=asking title=format!("Delete {name} for good")><Purge row=row.clone() open=asking/></Dialog></td>
        </tr>
    }
}

#[component]
fn Purge(row: CatalogueRow, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let others = app.rows.with_untracked(|rows| with_owned(rows.values(), &row)).len() - 1;
    let more = match others {
        0 => String::new(),
        1 => " 1 more resource in the bin goes with it.".to_owned(),
        many => format!(" {} more resources in the bin go with it.", words::number(many as u64)),
    };
    let whose = if app.account.with_untracked(|account| account.as_ref().is_none_or(|account| account.local)) {
        ""
    } else {
        " for everybody"
    };
    let name = row.name.clone();
    let delete = move |_| {
        let row = row.clone();
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match purge(app, &row).await {
                Ok(()) => {
                    app.toasts.say(format!("{} is deleted for good.", row.name));
                    open.try_set(false);
                }
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="dialog-body">
            <p>{format!("“{name}”, its history and its runs are lost{whose} and cannot be taken back.{more}")}</p>
            {move || problem.get().map(|why| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> })}
            <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Keep it"</button>
                <button class="button danger" prop:disabled=busy aria-busy=move || busy.get().to_string() on:click=delete>"Delete for good"</button></footer>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bin_is_searched_by_name_and_filtered_by_kind() {
        let row = |n: u8, kind: Kind, name: &str| CatalogueRow {
            id: Id::from_parts(1, [n; 8]),
            kind,
            name: name.into(),
            integration: None,
            disabled: false,
            binned: true,
            references: Vec::new(),
            adaptor: None,
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        };
        let rows = [row(1, Kind::Flow, "Orders"), row(2, Kind::Script, "Orders hook"), row(3, Kind::Flow, "Items")];
        let names = |search: &str, kind: &str| {
            matching(&rows, search, kind).into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        assert_eq!(names("order", ""), ["Orders", "Orders hook"]);
        assert_eq!(names(" ORDER ", "flow"), ["Orders"]);
        assert_eq!((kinds_of(&rows, false).len(), kinds_of(&rows, true).len()), (3, 4));
    }
}
