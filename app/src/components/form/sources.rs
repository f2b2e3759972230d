//! Single sources of other flows: those that are chosen, and a choice of one more, first its flow and then the source.

use leptos::prelude::*;
use serde_json::json;
use tombolo_model::forms::Field as Described;
use tombolo_model::{Id, Intent, Kind, RowId};

use super::Form;
use crate::browser::page;
use crate::components::{Field, FieldConflict, Icon, SelectBox, offered};
use crate::state::{App, list_rows, row_id, use_document};

/// One that is chosen: the row, the flow and the source.
type Chosen = (RowId, Option<Id>, Option<Id>);

/// The name of a resource that is here.
fn name_of(app: App, id: Option<Id>) -> String {
    let row = id.and_then(|id| app.row(id));
    row.map_or_else(|| "not here: deleted, or not yours to see".to_owned(), |row| row.name)
}

/// The field.
#[component]
pub(super) fn SourcesField(form: Form, field: &'static Described) -> impl IntoView {
    let app = App::here();
    let doc = form.doc;
    let list = StoredValue::new(form.path(field.path));
    let chosen = Memo::new(move |_| {
        let rows = doc.view.with(|view| list.with_value(|list| view.as_ref().map(|view| list_rows(view, list))));
        let id = |row: &serde_json::Value, name: &str| row.get(name).and_then(|id| id.as_str()?.parse().ok());
        let all = rows.unwrap_or_default().into_iter();
        all.map(|(row, value)| (row, id(&value, "_flowId"), id(&value, "_exportId"))).collect::<Vec<Chosen>>()
    });
    let flow = RwSignal::new(String::new());
    let flows = Signal::derive(move || {
        let others = app.of_kind(Kind::Flow).into_iter().filter(|row| row.id != doc.id);
        offered("Choose a flow to add", others.map(|row| (row.id.to_string(), row.name)))
    });
    let name = form.id(field);
    let first = name.clone();
    let add = Callback::new(move |(of, source): (Id, Id)| {
        let after = chosen.with_untracked(|all| all.last().map(|(row, ..)| row.clone()));
        let there =
            chosen.with_untracked(|all| all.iter().any(|(_, flow, one)| (*flow, *one) == (Some(of), Some(source))));
        flow.set(String::new());
        page::focus_soon(vec![first.clone()]);
        if there {
            return;
        }
        let value = json!({"_flowId": of, "_exportId": source});
        doc.edit(vec![Intent::InsertRow { list: list.get_value(), row: row_id::fresh(), after, value }]);
    });
    let line = move |(row, flow, source): Chosen| {
        let words = move || format!("{} of {}", name_of(app, source), name_of(app, flow));
        let remove = move |_| doc.edit(vec![Intent::DeleteRow { list: list.get_value(), row: row.clone() }]);
        view! { <li class="row"><span class="grow cut">{words}</span><button type="button" class="icon-button small" aria-label=move || format!("Take out {}", words()) prop:disabled=form.off() on:click=remove><Icon name="x" small=true/></button></li> }
    };
    view! {
        <Field label=field.label name=name.clone() help=field.help optional=field.optional>
            <ul class="references"><For each=move || chosen.get() key=Clone::clone let:one>{line(one)}</For></ul>
            <div class="row">
                <SelectBox name=name value=flow choices=flows described=true disabled=form.off() on_change=Callback::new(move |id| flow.set(id))/>
                {move || flow.get().parse::<Id>().ok().map(|flow| view! { <SourcesOf flow=flow add=add/> })}
            </div>
            <FieldConflict doc=doc path=list.get_value()/>
        </Field>
    }
}

/// The sources of a flow.
#[component]
fn SourcesOf(flow: Id, add: Callback<(Id, Id)>) -> impl IntoView {
    const NAME: &str = "source-to-follow";
    let app = App::here();
    let doc = use_document(flow);
    let sources = Memo::new(move |_| {
        let view = doc.view.get()?;
        let exports = tombolo_model::views::Flow(&view.value).generators();
        Some(exports.iter().filter_map(|one| one.export()).collect::<Vec<Id>>())
    });
    let choices = Signal::derive(move || {
        let all = sources.get().unwrap_or_default();
        let first = if sources.with(|all| all.as_ref().is_some_and(Vec::is_empty)) {
            "This flow has no source"
        } else {
            "Choose one of its sources"
        };
        offered(first, all.into_iter().map(|id| (id.to_string(), name_of(app, Some(id)))))
    });
    view! {
        {move || doc.error.get().map(|error| view! { <p class="error">{error.message}</p> })}
        <SelectBox name=NAME label="Source" value=Signal::derive(String::new) choices=choices on_change=Callback::new(move |id: String| {
            if let Ok(source) = id.parse::<Id>() {
                add.run((flow, source));
            }
        })/>
    }
}
