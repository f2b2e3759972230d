//! The table of resources of one kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::{Id, Kind, presets};
use tombolo_wire::store::CatalogueRow;

use super::address::Address;
use super::menu::RowMenu;
use super::rows::{Around, CHANGED, Column, Order, application, applications, found, integrations, states, users};
use super::selection::{CheckAll, CheckRow, Selected, SelectionBar};
use super::used_by::UsedByDialog;
use super::window::use_window;
use crate::components::{Ago, Icon, SelectBox, choices, offered};
use crate::state::App;
use crate::words;
use crate::words::kinds::{self, KindWords};

/// Which resources refer to each resource.
pub(super) type Users = Memo<Arc<BTreeMap<Id, Vec<Id>>>>;

/// A row of the table with what the others say of it.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    row: CatalogueRow,
    uses: usize,
}

/// The list with what finds things in it.
#[component]
pub(super) fn ResourceTable(words: &'static KindWords, all: Memo<Vec<CatalogueRow>>) -> impl IntoView {
    let app = App::here();
    let address = Address::here();
    let users: Users = Memo::new(move |_| Arc::new(app.rows.with(|rows| users(rows.values()))));
    let places = Memo::new(move |_| {
        let wanted = address.wanted();
        let is_offline = |id: Id| app.outage(id).is_some();
        all.with(|all| {
            users.with(|users| {
                app.rows.with(|rows| found(all, Around { users, rows, is_offline: &is_offline }, &wanted))
            })
        })
    });
    let asked = RwSignal::new(None::<Id>);
    let selected = RwSignal::new(BTreeSet::new());
    view! {
        <Show when=move || !all.with(Vec::is_empty) fallback=move || view! {
            <div class="empty"><span class="kind"><Icon name=words.icon/></span><h2>{format!("No {}s yet", words.one)}</h2><p>{words.what}</p></div>
        }>
            <Toolbar words=words all=all address=address found=Signal::derive(move || places.with(Vec::len))/>
            <Show when=move || !places.with(Vec::is_empty) fallback=move || view! {
                <div class="empty"><span class="kind"><Icon name="search"/></span><h2>"Nothing matches"</h2><button class="button" on:click=move |_| address.clear()>"Clear the search"</button></div>
            }>
                <Rows words=words all=all places=places users=users address=address asked=asked selected=selected/>
            </Show>
        </Show>
        <SelectionBar words=words all=all places=places users=users selected=selected/>
        <UsedByDialog asked=asked users=users/>
    }
}

/// Search and the filters of the columns.
#[component]
fn Toolbar(
    words: &'static KindWords,
    all: Memo<Vec<CatalogueRow>>,
    address: Address,
    found: Signal<usize>,
) -> impl IntoView {
    let label = format!("Find a {}", words.one);
    let app = App::here();
    let apps = Memo::new(move |_| all.with(|all| applications(all)));
    let several = Memo::new(move |_| apps.with(Vec::len) > 1 && words.kind != Kind::Script);
    let applications =
        Signal::derive(move || offered("All applications", apps.get().into_iter().map(|name| (name.clone(), name))));
    let homes = Memo::new(move |_| match words.kind {
        Kind::Flow => all.with(|all| app.rows.with(|rows| integrations(all, rows))),
        _ => Vec::new(),
    });
    let in_several = Memo::new(move |_| homes.with(Vec::len) > 1);
    let integrations = Signal::derive(move || {
        offered("All integrations", homes.get().into_iter().map(|(id, name)| (id.to_string(), name)))
    });
    let filter = move |name: &'static str,
                       label: &'static str,
                       choices: Signal<Vec<(String, String)>>,
                       now: Memo<Option<String>>,
                       set: SignalSetter<Option<String>>| {
        let value = Signal::derive(move || now.get().unwrap_or_default());
        let choose = Callback::new(move |key: String| set.set(Some(key).filter(|key| !key.is_empty())));
        view! { <div class="filter-box"><SelectBox name=name label=label value=value choices=choices on_change=choose/></div> }
    };
    let since = Signal::derive(|| CHANGED.map(|(key, words, _)| (key.to_owned(), words.to_owned())).to_vec());
    view! {
        <div class="toolbar">
            <label class="input"><Icon name="search"/>
                <input type="search" placeholder=label.clone() aria-label=label.clone() prop:value=move || address.search.get() on:input=move |event| address.type_in(event_target_value(&event))/>
            </label>
            {move || several.get().then(|| filter("filter-application", "Application", applications, address.application, address.set_application))}
            {move || in_several.get().then(|| filter("filter-integration", "Integration", integrations, address.integration, address.set_integration))}
            {(!states(words.kind).is_empty()).then(|| filter("filter-state", "Status", choices(states(words.kind)), address.state, address.set_state))}
            {filter("filter-usage", "Usage", choices(&[("", "Used or not"), ("used", "Used"), ("unused", "Unused")]), address.usage, address.set_usage)}
            {filter("filter-changed", "Last change", since, address.changed, address.set_changed)}
            <span class="grow"></span>
            // Of all of them the title tells the number.
            <span class="muted num" aria-live="polite">{move || (found.get() < all.with(Vec::len)).then(|| format!("{} of {}", words::number(found.get() as u64), words::number(all.with(Vec::len) as u64)))}</span>
        </div>
    }
}

#[component]
fn Head(
    address: Address,
    column: Column,
    words: &'static str,
    #[prop(optional)] class: &'static str,
    #[prop(optional)] rank: &'static str,
    /// What stands before the words.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let order = move || address.order.get().unwrap_or_default();
    let press = move |_| {
        let next = untrack(order).pressed(column);
        address.set_order.set(Some(next).filter(|next| *next != Order::default()));
    };
    view! {
        <th class=class data-rank=rank aria-sort=move || order().said(column)>
            {children.map(|children| children())}<button on:click=press>{words}{move || match order().said(column) {
                "ascending" => view! { <Icon name="arrow-up"/> }.into_any(),
                "descending" => view! { <Icon name="arrow-down"/> }.into_any(),
                _ => ().into_any(),
            }}</button>
        </th>
    }
}

#[component]
fn Rows(
    words: &'static KindWords,
    all: Memo<Vec<CatalogueRow>>,
    places: Memo<Vec<usize>>,
    users: Users,
    address: Address,
    asked: RwSignal<Option<Id>>,
    selected: Selected,
) -> impl IntoView {
    let body = NodeRef::<html::Tbody>::new();
    let count = Signal::derive(move || places.with(Vec::len));
    let part = use_window(count, body);
    let shown = move || {
        let part = part.get();
        all.with(|all| {
            users.with(|users| {
                places.with(|places| {
                    let rows = places.get(part.from..part.to.min(places.len())).unwrap_or_default().iter();
                    let row = |at: &usize| all.get(*at).cloned();
                    rows.filter_map(row)
                        .map(|row| Shown { uses: users.get(&row.id).map_or(0, Vec::len), row })
                        .collect::<Vec<_>>()
                })
            })
        })
    };
    let connections = words.kind == Kind::Connection;
    // One cell: a row of more than there are, or than are shown on a telephone, would add columns.
    let room = move |rows: usize| {
        #[expect(clippy::cast_precision_loss, reason = "pixels of a table")]
        let height = rows as f64 * part.with(|part| part.height);
        (rows > 0).then(
            || view! { <tr class="room" aria-hidden="true"><td style:block-size=format!("{height}px")></td></tr> },
        )
    };
    let integrations = words.kind == Kind::Flow;
    view! {
        <div class="table-wrap"><table class="table resources" class:connections=connections aria-rowcount=move || (count.get() + 1).to_string()>
            <thead><tr>
                <Head address=address column=Column::Name words="Name"><CheckAll all=all places=places selected=selected/></Head>
                {if integrations { view! { <Head address=address column=Column::Integration words="Integration" rank="2"/> }.into_any() } else { view! { <Head address=address column=Column::Application words="Application" rank="2"/> }.into_any() }}
                <Head address=address column=Column::Uses words="Used by" class="num"/>
                <Head address=address column=Column::Changed words="Last change" rank="2"/>
                {connections.then(|| view! { <th>"Status"</th> })}
                <th><span class="sr">"Actions"</span></th>
            </tr></thead>
            <tbody node_ref=body>
                {move || room(part.with(|part| part.from))}
                <For each=shown key=|shown| (shown.row.id, shown.row.name.clone(), shown.row.modified_ms, shown.row.conflicts, shown.row.damaged, shown.uses, shown.row.adaptor.clone(), (shown.row.disabled, shown.row.lookup)) let:shown>
                    <Line words=words row=shown.row uses=shown.uses asked=asked selected=selected/>
                </For>
                {move || room(count.get().saturating_sub(part.with(|part| part.to)))}
            </tbody>
        </table></div>
    }
}

/// What the tile of a row is made of: the application of a connection to a well-known one, else the name.
fn face_of(row: &CatalogueRow, name: &str) -> String {
    let preset = row.adaptor.as_deref().filter(|_| row.kind == Kind::Connection).and_then(presets::named);
    preset.map_or(name, |preset| preset.name).to_owned()
}

/// Whether requests go through a connection.
#[component]
fn Standing(connection: Id) -> impl IntoView {
    let app = App::here();
    move || match app.outage(connection) {
        Some(outage) => {
            let title = format!("Its credentials were refused: {}.", outage.why);
            view! { <span class="status warning" title=title><Icon name="unplug"/>"Offline"</span> }.into_any()
        }
        None => view! { <span class="status off">"Online"</span> }.into_any(),
    }
}

#[component]
fn Line(
    words: &'static KindWords,
    row: CatalogueRow,
    uses: usize,
    asked: RwSignal<Option<Id>>,
    selected: Selected,
) -> impl IntoView {
    let app = App::here();
    let id = row.id;
    let name = if row.name.is_empty() { "Without a name".to_owned() } else { row.name.clone() };
    let full = name.clone();
    // A tile stands for the application where it is a well-known one.
    let face = face_of(&row, &name);
    let tile = format!("app t{}", words::tint(&face));
    let to = kinds::address(&row).unwrap_or_default();
    let second = if words.kind == Kind::Flow {
        row.integration.and_then(|id| app.row(id)).map(|row| row.name).unwrap_or_default()
    } else {
        application(&row).to_owned()
    };
    let used = format!("{name} is used in {}", words::count(uses, "place"));
    view! {
        <tr data-row="">
            <td><span class="row"><CheckRow id=id label=format!("Select {name}") selected=selected/><span class=tile aria-hidden="true">{words::monogram(&face)}</span>
                <A href=to attr:class="name" attr:title=full>{name.clone()}</A>
                {row.lookup.then(|| view! { <span class="badge">"Lookup"</span> })}
                {(row.conflicts > 0).then(|| view! { <span class="badge warning">"Two values"</span> })}
                {row.damaged.then(|| view! { <span class="badge danger">"Damaged"</span> })}
                {(row.disabled && words.kind == Kind::Flow).then(|| view! { <span class="badge">"Off"</span> })}</span></td>
            <td class="muted" data-rank="2">{second}</td>
            <td class="num" data-label=(uses > 0).then_some(if uses == 1 { "use" } else { "uses" })>{if uses == 0 {
                view! { <span class="faint">"Unused"</span> }.into_any()
            } else {
                view! { <button class="link" aria-label=used on:click=move |_| asked.set(Some(id))>{words::number(uses as u64)}</button> }.into_any()
            }}</td>
            <td class="muted" data-rank="2"><Ago ms=row.modified_ms/></td>
            {(words.kind == Kind::Connection).then(|| view! { <td><Standing connection=id/></td> })}
            <td class="actions"><RowMenu row=row uses=uses asked=asked/></td>
        </tr>
    }
}
