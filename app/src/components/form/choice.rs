//! Fields that are chosen: among a few, among resources, on or off.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::forms::{Choices, Field as Described};
use tombolo_model::{Id, Intent, Kind};

use super::Form;
use crate::components::{Field, FieldConflict, Icon, SelectBox, Switch, in_field};
use crate::pages::Door;
use crate::state::App;
use crate::words::kinds;

/// The list that says of each request of an import whether it creates or updates.
const OPERATIONS: &str = "/http/requestType";
/// What has one item for each of them.
const OF_OPERATIONS: [&str; 3] = ["/http/method", "/http/relativeURI", "/http/body"];

/// The choices of a field; what it holds and is not among them stays one.
fn offered(choices: Choices, now: &str) -> Vec<(String, String)> {
    let mut all: Vec<_> = choices.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect();
    if !choices.iter().any(|(key, _)| *key == now) {
        all.push((now.to_owned(), format!("Another ({now})")));
    }
    all
}

/// Leaves each list of an import with one operation with its first item.
fn one_operation(form: Form) -> Vec<Intent> {
    let of = |path: &&str| {
        let items = form.doc.at(path)?.as_array().filter(|items| items.len() > 1)?.clone();
        Some(Intent::Set { path: (*path).to_owned(), value: items.into_iter().take(1).collect() })
    };
    OF_OPERATIONS.iter().filter_map(of).collect()
}

/// One of a few.
#[component]
pub(super) fn ChoiceField(form: Form, field: &'static Described, choices: Choices) -> impl IntoView {
    let doc = form.doc;
    let path = StoredValue::new(form.path(field.path));
    let held = Memo::new(move |_| path.with_value(|path| in_field(doc.app, doc.id, path)));
    let value = Memo::new(move |_| {
        let text = path.with_value(|path| field.input.text(doc.at(path).as_ref()));
        if text.is_empty() { field.usual.to_owned() } else { text }
    });
    let all = Signal::derive(move || value.with(|now| offered(choices, now)));
    let choose = move |key: String| {
        if field.path == OPERATIONS && !key.contains(',') {
            let fewer = untrack(|| one_operation(form));
            if !fewer.is_empty() {
                doc.edit(fewer);
            }
        }
        form.store(field, &key);
    };
    let name = form.id(field);
    view! {
        <Field label=field.label name=name.clone() help=field.help held=held>
            <SelectBox name=name value=value choices=all described=true disabled=form.off() on_change=Callback::new(choose)/>
            <Door doc=doc path=form.own_path(field) label=field.label/>
            <FieldConflict doc=doc path=path.get_value()/>
        </Field>
    }
}

/// On or off.
#[component]
pub(super) fn SwitchField(form: Form, field: &'static Described, usual: bool) -> impl IntoView {
    let doc = form.doc;
    let path = StoredValue::new(form.path(field.path));
    let on =
        Signal::derive(move || path.with_value(|path| doc.at(path)).and_then(|value| value.as_bool()).unwrap_or(usual));
    let turn = move |on: bool| async move {
        doc.try_edit(vec![Intent::Set { path: path.get_value(), value: on.into() }]).await.map(drop)
    };
    view! {
        <div class="field switch-field">
            <div class="row"><span class="grow" aria-hidden="true">{field.label}</span><Switch label=field.label on=on disabled=form.off() turn=turn/></div>
            {(!field.help.is_empty()).then(|| view! { <p class="help">{field.help}</p> })}
            <FieldConflict doc=doc path=path.get_value()/>
        </div>
    }
}

/// Another resource.
#[component]
pub(super) fn ReferenceField(form: Form, field: &'static Described, kind: Kind) -> impl IntoView {
    let app = App::here();
    let doc = form.doc;
    let value = Memo::new(move |_| form.text(field.path));
    let chosen = Memo::new(move |_| value.get().parse::<Id>().ok());
    let all = Signal::derive(move || {
        let now = value.get();
        let mut all = vec![(String::new(), "None".to_owned())];
        let rows = app.of_kind(kind).into_iter().filter(|row| row.id != doc.id);
        all.extend(rows.map(|row| (row.id.to_string(), row.name)));
        if !all.iter().any(|(id, _)| *id == now) {
            all.push((now.clone(), "Not here: deleted, or not yours to see".to_owned()));
        }
        all
    });
    let name = form.id(field);
    view! {
        <Field label=field.label name=name.clone() help=field.help optional=field.optional>
            <div class="row">
                <SelectBox name=name value=value choices=all described=true disabled=form.off() on_change=Callback::new(move |id: String| form.store(field, &id))/>
                {move || chosen.get().and_then(|id| app.row(id)).and_then(|row| kinds::address(&row)).map(|to| view! {
                    <A href=to attr:class="icon-button" attr:aria-label=format!("Open {}", field.label) attr:title="Open it"><Icon name="external-link" small=true/></A>
                })}
            </div>
            <FieldConflict doc=doc path=form.path(field.path)/>
        </Field>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::forms::SIGN_INS;

    #[test]
    fn what_a_field_holds_stays_a_choice_though_it_is_not_offered() {
        assert_eq!(offered(SIGN_INS, "basic").len(), SIGN_INS.len());
        let other = offered(SIGN_INS, "kerberos");
        assert_eq!(
            other.last().map(|(key, words)| (key.as_str(), words.as_str())),
            Some(("kerberos", "Another (kerberos)"))
        );
    }
}
