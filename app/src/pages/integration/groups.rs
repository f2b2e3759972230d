//! The groups of an integration's flows: the list at the left that filters the table, and what is done with a group.

use std::collections::BTreeMap;

use leptos::ev::DragEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::json;
use tombolo_model::forms::FLOW_GROUP;
use tombolo_model::{Id, Intent, RowId, path};
use tombolo_wire::store::{Call, CallError, CatalogueRow, Edited};
use wasm_bindgen::JsCast;

use super::Page;
use super::listed::{Chosen, GROUPS, Group, counts, dropped, group_of, shifted};
use crate::browser::time;
use crate::components::{AskName, Dialog, DocForm, Icon, Menu, MenuItem};
use crate::state::{App, row_id};
use crate::words;

impl Page {
    /// Makes a group at the end of the list.
    pub(super) fn add_group(self, name: &str) {
        let after = self.groups.with_untracked(|all| all.last().map(|group| group.row.clone()));
        let value = json!({"_id": row_id::id(time::now_ms()).to_string(), "name": name});
        self.doc.edit(vec![Intent::InsertRow { list: GROUPS.to_owned(), row: row_id::fresh(), after, value }]);
    }

    fn move_group(self, row: RowId, after: Option<Option<RowId>>) {
        if let Some(after) = after {
            self.doc.edit(vec![Intent::MoveRow { list: GROUPS.to_owned(), row, after }]);
        }
    }

    /// Deletes a group; its flows stay, in none.
    fn delete_group(self, group: Group) {
        let flows: Vec<Id> = self.flows.with_untracked(|flows| {
            let of = flows.iter().filter(|flow| flow.group.as_deref() == Some(group.id.as_str()));
            of.map(|flow| flow.id).collect()
        });
        let said = match flows.len() {
            0 => format!("The group {} is deleted.", group.title()),
            many => format!("The group {} is deleted. {} in it stayed.", group.title(), words::count(many, "flow")),
        };
        let (app, doc) = (self.doc.app, self.doc);
        let list = || GROUPS.to_owned();
        app.in_turn(async move {
            doc.try_edit(vec![Intent::DeleteRow { list: list(), row: group.row.clone() }]).await?;
            // One flow that stays behind must not cost the others, nor the way back.
            let mut refused = None;
            for flow in &flows {
                if let Err(error) = put_into(app, *flow, None).await {
                    refused.get_or_insert(error);
                }
            }
            app.toasts.offer_undo(said, move || {
                let (row, id, flows) = (group.row.clone(), group.id.clone(), flows.clone());
                app.in_turn(async move {
                    doc.try_edit(vec![Intent::RestoreRow { list: list(), row }]).await?;
                    for flow in flows {
                        put_into(app, flow, Some(id.clone())).await?;
                    }
                    Ok(())
                });
            });
            refused.map_or(Ok(()), Err)
        });
    }
}

/// Puts a flow into a group, or into none.
async fn put_into(app: App, flow: Id, group: Option<String>) -> Result<(), CallError> {
    let path = "/_flowGroupingId".to_owned();
    let intent = match group {
        Some(id) => Intent::Set { path, value: id.into() },
        None => Intent::Remove { path },
    };
    app.call::<Edited>(Call::Edit { id: flow, intents: vec![intent] }).await.map(drop)
}

/// The list of groups. Without one there is no list: then an integration is its flows.
#[component]
pub(super) fn Groups(page: Page) -> impl IntoView {
    let adding = page.adding_group;
    let found = Memo::new(move |_| page.flows.with(|flows| page.groups.with(|groups| counts(flows, groups))));
    let edited = RwSignal::new(None::<Group>);
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(edited.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && edited.with_untracked(Option::is_some) {
            edited.set(None);
        }
    });
    let off = Signal::derive(move || !page.doc.writable.get());
    let all = Signal::derive(move || page.flows.with(Vec::len));
    let rest = Signal::derive(move || found.with(|found| found.get("").copied().unwrap_or_default()));
    view! {
        <Show when=move || !page.groups.with(Vec::is_empty)>
            <nav class="flow-groups" aria-label="Flow groups">
                <ul>
                    <li><Choose page=page chosen=Chosen::All name="All flows".to_owned() count=all/></li>
                    <For each=move || page.groups.get() key=|group| (group.row.clone(), group.id.clone(), group.name.clone()) let:group>
                        <GroupLine page=page group=group found=found edited=edited/>
                    </For>
                    <li><Choose page=page chosen=Chosen::Rest name="Miscellaneous".to_owned() count=rest/></li>
                </ul>
                <button class="button small quiet" prop:disabled=off on:click=move |_| adding.set(true)><Icon name="plus" small=true/>"Create group"</button>
            </nav>
        </Show>
        <AskName action="Create group" open=adding on_create=Callback::new(move |name: String| page.add_group(&name)) hint="Flows are put into it from their row."/>
        <Dialog open=open title="Settings of the group"><div class="dialog-body form">
            {move || edited.get().map(|group| view! { <DocForm doc=page.doc sections=FLOW_GROUP base=path::join(GROUPS, &group.row)/> })}
        </div></Dialog>
    }
}

/// The button that shows a group's flows.
#[component]
fn Choose(page: Page, chosen: Chosen, name: String, count: Signal<usize>) -> impl IntoView {
    let chosen = StoredValue::new(chosen);
    let is = move || page.chosen.with(|now| chosen.with_value(|chosen| now == chosen));
    let (label, full) = (name.clone(), name.clone());
    view! {
        <button type="button" class="group-name" aria-current=move || is().then_some("true") aria-label=move || format!("{label}, {}", words::count(count.get(), "flow"))
            title=full on:click=move |_| page.choose(&chosen.get_value())><span class="cut">{name}</span><span class="num muted">{move || words::number(count.get() as u64)}</span></button>
    }
}

/// Whether something is dropped on the upper half of what it is dropped on.
fn upper_half(event: &DragEvent) -> bool {
    let target = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| {
        let place = target.get_bounding_client_rect();
        f64::from(event.client_y()) < place.top() + place.height() / 2.0
    })
}

#[component]
fn GroupLine(
    page: Page,
    group: Group,
    found: Memo<BTreeMap<String, usize>>,
    edited: RwSignal<Option<Group>>,
) -> impl IntoView {
    let name = group.title();
    let id = group.id.clone();
    let count = Signal::derive(move || found.with(|found| found.get(&id).copied().unwrap_or_default()));
    let blocked = Signal::derive(move || (!page.doc.writable.get()).then(|| "You may look, not change.".to_owned()));
    let menu = format!("group-{}", group.row);
    let (label, chosen) = (format!("More for {name}"), Chosen::Group(group.id.clone()));
    let group = StoredValue::new(group);
    let shift = move |down: bool| {
        let row = group.with_value(|group| group.row.clone());
        page.move_group(row.clone(), page.groups.with_untracked(|all| shifted(all, &row, down)));
    };
    let drag = move |event: DragEvent| {
        let row = group.with_value(|group| group.row.clone());
        if let Some(Err(error)) = event.data_transfer().map(|data| data.set_data("text/plain", &row)) {
            leptos::logging::debug_warn!("{error:?}");
        }
    };
    let on_drop = move |event: DragEvent| {
        event.prevent_default();
        let dragged = event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        let (above, row) = (upper_half(&event), group.with_value(|group| group.row.clone()));
        if page.doc.writable.get_untracked() {
            let after = page.groups.with_untracked(|all| dropped(all, &dragged, &row, above));
            page.move_group(dragged, after);
        }
    };
    view! {
        <li draggable=move || page.doc.writable.get().to_string() on:dragstart=drag on:dragover=|event| event.prevent_default() on:drop=on_drop>
            <Choose page=page chosen=chosen name=name count=count/>
            <Menu id=menu label=label class="icon-button small" face=view! { <Icon name="ellipsis" small=true/> }.into_any()>
                <MenuItem on_choose=Callback::new(move |()| edited.set(Some(group.get_value())))><Icon name="settings"/>"Name and settings"</MenuItem>
                <MenuItem on_choose=Callback::new(move |()| shift(false)) blocked=blocked><Icon name="arrow-up"/>"Move up"</MenuItem>
                <MenuItem on_choose=Callback::new(move |()| shift(true)) blocked=blocked><Icon name="arrow-down"/>"Move down"</MenuItem>
                <MenuItem on_choose=Callback::new(move |()| page.delete_group(group.get_value())) blocked=blocked><Icon name="trash-2"/>"Delete the group"</MenuItem>
            </Menu>
        </li>
    }
}

/// Says which group a flow goes into.
#[component]
pub(super) fn MoveToGroup(page: Page) -> impl IntoView {
    let asked = page.moving;
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(asked.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && asked.with_untracked(Option::is_some) {
            asked.set(None);
        }
    });
    let now =
        move |flow: &CatalogueRow| page.groups.with(|groups| group_of(flow, groups).map(|group| group.id.clone()));
    let put = move |flow: Id, group: Option<String>| {
        let app = page.doc.app;
        open.set(false);
        spawn_local(async move {
            if let Err(error) = put_into(app, flow, group).await {
                app.toasts.fail(error.message);
            }
        });
    };
    let choices = move || {
        let groups = page.groups.get().into_iter().map(|group| (Some(group.id.clone()), group.title()));
        groups.chain([(None, "Miscellaneous".to_owned())])
    };
    view! {
        <Dialog open=open title="Move to a group"><div class="dialog-body">
            {move || asked.get().map(|flow| {
                let here = now(&flow);
                view! {
                    <p class="muted cut">{flow.name.clone()}</p>
                    <div class="group-choices">{choices().map(|(id, name)| {
                        let current = id == here;
                        view! { <button type="button" class="button" aria-pressed=current.to_string() on:click=move |_| put(flow.id, id.clone())>{name}</button> }
                    }).collect_view()}</div>
                }
            })}
        </div></Dialog>
    }
}
