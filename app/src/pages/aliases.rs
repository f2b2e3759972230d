//! The aliases of a flow or an integration: names by which scripts call what has another id in each copy.
//!
//! What an integration says holds in its flows too; a flow may say otherwise.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::components::A;
use serde_json::{Map, Value};
use tombolo_model::alias::{ALIASED, ALIASES, Alias, alias, aliases, name_problem};
use tombolo_model::{Id, Intent, Kind, RowId, View};

use crate::components::{Dialog, Field, Icon, SelectBox, described_by};
use crate::state::{App, Doc, list_rows, row_id, use_document};
use crate::words::kinds::{self, kind_name};

/// The rows of a document that are aliases, with their ids.
fn rows(view: &View) -> Vec<(RowId, Alias)> {
    list_rows(view, ALIASES).into_iter().filter_map(|(row, value)| Some((row, alias(&value)?))).collect()
}

/// The names that somebody gave twice or more, none of which a second alias may have.
fn names(view: &View) -> Vec<String> {
    let of = |(_, value): (RowId, Value)| value.get("alias")?.as_str().map(str::to_owned);
    list_rows(view, ALIASES).into_iter().filter_map(of).collect()
}

/// A new alias as it is stored; nothing where the choice is none.
fn made(name: &str, target: &str) -> Option<Value> {
    let (field, id) = target.split_once('/')?;
    let known = ALIASED.iter().any(|(one, _)| *one == field) && id.parse::<Id>().is_ok();
    let fields = [("alias".to_owned(), name.into()), (field.to_owned(), id.into())];
    known.then(|| Value::Object(Map::from_iter(fields)))
}

/// What an alias can stand for: the field and the id, and the name with its kind.
fn targets(app: App) -> Vec<(String, String)> {
    let none = (String::new(), "Choose what it stands for".to_owned());
    let of = |(field, kind): &(&'static str, Kind)| {
        let (field, kind) = (*field, *kind);
        let rows = app.of_kind(kind).into_iter();
        rows.map(move |row| (format!("{field}/{}", row.id), format!("{}: {}", kind_name(kind), row.name)))
    };
    std::iter::once(none).chain(ALIASED.iter().flat_map(of)).collect()
}

/// The dialog. With `above` the aliases of that integration are shown too.
#[component]
pub(crate) fn AliasesDialog(doc: Doc, open: RwSignal<bool>, above: Option<Id>) -> impl IntoView {
    view! {
        <Dialog open=open title="Aliases"><div class="dialog-body form aliases">
            <p class="muted">"A script may call each of these by its alias in place of its id. Copies keep their aliases, so the script needs no change."</p>
            <Own doc=doc/>
            <Add doc=doc/>
            {above.map(|id| view! { <Above doc=doc integration=id/> })}
        </div></Dialog>
    }
}

#[component]
fn Own(doc: Doc) -> impl IntoView {
    let all = Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| rows(view)).unwrap_or_default()));
    let delete = move |row: RowId, name: String| {
        let list = ALIASES.to_owned();
        doc.edit(vec![Intent::DeleteRow { list: list.clone(), row: row.clone() }]);
        doc.app.toasts.offer_undo(format!("The alias {name} is deleted."), move || {
            doc.edit(vec![Intent::RestoreRow { list: list.clone(), row: row.clone() }]);
        });
    };
    view! {
        <Show when=move || !all.with(Vec::is_empty)>
            <ul class="alias-list" aria-label="Aliases">
                <For each=move || all.get() key=|(row, alias)| (row.clone(), alias.name.clone(), alias.id) let:item>
                    <Line alias=item.1.clone()>
                        {
                            let (row, name) = (item.0.clone(), item.1.name.clone());
                            let label = format!("Delete {name}");
                            view! { <button type="button" class="icon-button small" aria-label=label prop:disabled=move || !doc.writable.get() on:click=move |_| delete(row.clone(), name.clone())><Icon name="trash-2" small=true/></button> }
                        }
                    </Line>
                </For>
            </ul>
        </Show>
    }
}

/// An alias with what it stands for.
#[component]
fn Line(alias: Alias, children: Children) -> impl IntoView {
    let app = App::here();
    let Alias { name, kind, id } = alias;
    let target = move || {
        match app.row(id) {
        Some(row) => {
            let said = format!("{}: {}", kind_name(kind), row.name);
            match kinds::address(&row) {
                Some(to) => view! { <A href=to attr:class="link cut">{said}</A> }.into_any(),
                None => view! { <span class="cut">{said}</span> }.into_any(),
            }
        }
        None => view! { <span class="muted cut">{format!("{}: not here, deleted or not yours to see", kind_name(kind))}</span> }.into_any(),
    }
    };
    view! { <li><code class="cut">{name}</code>{target}{children()}</li> }
}

/// What is asked for a new one.
#[component]
fn Add(doc: Doc) -> impl IntoView {
    const NAME: &str = "new-alias";
    const TARGET: &str = "alias-target";
    let (name, target) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let tried = RwSignal::new(false);
    let wrong = Signal::derive(move || {
        let taken = doc.view.with(|view| view.as_ref().map(|view| names(view)).unwrap_or_default());
        let problem = name_problem(name.get().trim(), taken.iter().map(String::as_str));
        problem.filter(|_| tried.get() || !name.with(|name| name.trim().is_empty()))
    });
    let missing = Signal::derive(move || {
        (tried.get() && target.with(String::is_empty)).then(|| "Choose what the alias stands for.".to_owned())
    });
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if wrong.get_untracked().is_some() || missing.get_untracked().is_some() {
            return;
        }
        let (said, chosen) = (name.get_untracked().trim().to_owned(), target.get_untracked());
        let Some(value) = made(&said, &chosen) else { return };
        let last = |view: &std::sync::Arc<View>| view.rows.get(ALIASES).and_then(|rows| rows.last().cloned());
        let after = doc.view.with_untracked(|view| view.as_ref().and_then(last));
        doc.edit(vec![Intent::InsertRow { list: ALIASES.to_owned(), row: row_id::fresh(), after, value }]);
        tried.set(false);
        name.set(String::new());
        target.set(String::new());
    };
    let off = Signal::derive(move || !doc.writable.get());
    view! {
        <form class="form" novalidate=true on:submit=add>
            <Field label="Alias" name=NAME error=wrong help="A name without spaces, such as orders-export.">
                <input class="input code" id=NAME autocomplete="off" prop:disabled=off aria-describedby=described_by(NAME) aria-invalid=move || wrong.get().is_some().to_string()
                    prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/>
            </Field>
            <Field label="Stands for" name=TARGET error=missing>
                <SelectBox name=TARGET value=target choices=Signal::derive(move || targets(doc.app)) described=true disabled=off on_change=Callback::new(move |key| target.set(key))/>
            </Field>
            <div><button class="button" type="submit" prop:disabled=off><Icon name="plus"/>"Add alias"</button></div>
        </form>
    }
}

/// The aliases of the integration around a flow; one that the flow has too means what the flow says.
#[component]
fn Above(doc: Doc, integration: Id) -> impl IntoView {
    let around = use_document(integration);
    let own = Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| names(view)).unwrap_or_default()));
    let all =
        Memo::new(move |_| around.view.with(|view| view.as_ref().map(|view| aliases(&view.value)).unwrap_or_default()));
    view! {
        <Show when=move || !all.with(Vec::is_empty)>
            <h3>"From the integration"</h3>
            <ul class="alias-list" aria-label="From the integration">
                <For each=move || all.get() key=|alias| (alias.name.clone(), alias.id) let:alias>
                    <Line alias=alias.clone()>{move || own.with(|own| own.contains(&alias.name)).then(|| view! { <span class="badge">"The flow has its own"</span> })}</Line>
                </For>
            </ul>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_new_alias_names_its_resource_by_the_field_of_its_kind() {
        let id = Id::from_parts(1, [1; 8]);
        assert_eq!(made("orders", &format!("_exportId/{id}")), Some(json!({"alias": "orders", "_exportId": id})));
        assert_eq!(
            (made("orders", ""), made("orders", "_scriptId/1"), made("orders", "_exportId/1")),
            (None, None, None)
        );
    }

    #[test]
    fn a_name_is_taken_also_by_an_alias_that_stands_for_nothing() {
        let view = View {
            value: json!({"aliases": [{"alias": "half"}, {"alias": "whole", "_flowId": Id::from_parts(1, [1; 8])}]}),
            rows: [(ALIASES.to_owned(), ["a", "b"].map(str::to_owned).to_vec())].into(),
            ..View::default()
        };
        assert_eq!(names(&view), ["half", "whole"]);
        assert_eq!(rows(&view).len(), 1);
    }
}
