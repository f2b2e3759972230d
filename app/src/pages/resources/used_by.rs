//! Who refers to a resource, as links.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::Id;
use tombolo_wire::store::CatalogueRow;

use super::rows;
use super::table::Users;
use crate::components::{Dialog, Icon};
use crate::state::App;
use crate::words::kinds::{address, row_kind};

/// The dialog of a list: open while a resource is asked for.
#[component]
pub(super) fn UsedByDialog(asked: RwSignal<Option<Id>>, users: Users) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(asked.get().is_some()));
    Effect::new(move |_| {
        if !open.get() && asked.get_untracked().is_some() {
            asked.set(None);
        }
    });
    let of = move || asked.get().map(|id| (id, users.with(|users| users.get(&id).cloned().unwrap_or_default())));
    view! {
        <Dialog open=open title="Used by">{move || of().map(|(id, by)| view! { <Users id=id by=by on_follow=Callback::new(move |()| asked.set(None))/> })}</Dialog>
    }
}

/// The dialog of the page of one resource.
#[component]
pub(crate) fn UsedBy(id: Id, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let by = Memo::new(move |_| app.rows.with(|all| rows::users(all.values()).remove(&id).unwrap_or_default()));
    view! {
        <Dialog open=open title="Used by">{move || view! { <Users id=id by=by.get() on_follow=Callback::new(move |()| open.set(false))/> }}</Dialog>
    }
}

#[component]
fn Users(id: Id, by: Vec<Id>, on_follow: Callback<()>) -> impl IntoView {
    let app = App::here();
    let name = app.row(id).map(|row| row.name).unwrap_or_default();
    let mut found: Vec<CatalogueRow> = by.into_iter().filter_map(|id| app.row(id)).collect();
    found.sort_by_key(|row| (row.kind, row.name.to_lowercase()));
    let none = found.is_empty();
    view! {
        <div class="dialog-body">
            <p class="muted">{if none {
                format!("Nothing refers to “{name}”.")
            } else {
                format!("“{name}” is used here. It can be deleted once none of these refers to it any more.")
            }}</p>
            <ul class="users">
                {found.into_iter().map(|row| {
                    let to = address(&row);
                    let name = if row.name.is_empty() { "Without a name".to_owned() } else { row.name.clone() };
                    view! {
                        <li class="row">
                            {match to {
                                Some(to) => view! { <A href=to attr:class="link cut" on:click=move |_| on_follow.run(())>{name}</A> }.into_any(),
                                None => view! { <span class="cut">{name}</span> }.into_any(),
                            }}
                            <span class="grow"></span><small class="muted">{row_kind(&row)}</small><Icon name="chevron-right" small=true/>
                        </li>
                    }
                }).collect_view()}
            </ul>
        </div>
    }
}
