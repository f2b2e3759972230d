//! Several other resources in an order: those that are chosen, and a choice of one more.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::forms::Field as Described;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::CatalogueRow;

use super::Form;
use crate::components::{Field, FieldConflict, Icon, SelectBox};
use crate::state::App;
use crate::words::kinds;

/// The ids of a list as its field has them, between commas.
fn ids(text: &str) -> Vec<String> {
    text.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// What can be chosen besides: neither what is chosen already, nor the resource itself.
fn offered(all: Vec<CatalogueRow>, chosen: &[String], own: Id) -> Vec<(String, String)> {
    let rows = all.into_iter().map(|row| (row.id, row.id.to_string(), row.name));
    let others = rows.filter(|(id, text, _)| *id != own && !chosen.contains(text));
    let none = (String::new(), "Choose one to add".to_owned());
    std::iter::once(none).chain(others.map(|(_, text, name)| (text, name))).collect()
}

/// The field.
#[component]
pub(super) fn ReferencesField(form: Form, field: &'static Described, kind: Kind) -> impl IntoView {
    let app = App::here();
    let doc = form.doc;
    let chosen = Memo::new(move |_| ids(&form.text(field.path)));
    let choices = Signal::derive(move || chosen.with(|chosen| offered(app.of_kind(kind), chosen, doc.id)));
    let store = move |all: Vec<String>| form.store(field, &all.join(","));
    let add = Callback::new(move |id: String| {
        if !id.is_empty() {
            let mut all = chosen.get_untracked();
            all.push(id);
            store(all);
        }
    });
    let remove = move |id: &str| {
        let all = chosen.get_untracked().into_iter().filter(|one| one != id).collect();
        store(all);
    };
    let line = move |id: String| {
        let row = id.parse::<Id>().ok().and_then(|id| app.row(id));
        let name =
            row.as_ref().map_or_else(|| "Not here: deleted, or not yours to see".to_owned(), |row| row.name.clone());
        let label = format!("Take out {name}");
        let shown = match row.as_ref().and_then(kinds::address) {
            Some(to) => view! { <A href=to attr:class="link cut">{name}</A> }.into_any(),
            None => view! { <span class="muted cut">{name}</span> }.into_any(),
        };
        view! { <li class="row"><span class="grow">{shown}</span><button type="button" class="icon-button small" aria-label=label prop:disabled=form.off() on:click=move |_| remove(&id)><Icon name="x" small=true/></button></li> }
    };
    let name = form.id(field);
    view! {
        <Field label=field.label name=name.clone() help=field.help optional=field.optional>
            <ul class="references"><For each=move || chosen.get() key=String::clone let:id>{line(id)}</For></ul>
            <SelectBox name=name value=Signal::derive(String::new) choices=choices described=true disabled=form.off() on_change=add/>
            <FieldConflict doc=doc path=form.path(field.path)/>
        </Field>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_resources_is_read_from_its_field() {
        assert_eq!(ids(""), Vec::<String>::new());
        assert_eq!(ids("a,b"), ["a", "b"]);
    }
}
