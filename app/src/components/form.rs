//! The one renderer of all forms: it draws what `tombolo_model::forms` describes, and writes each field as it is
//! filled in.
//!
//! A form shows a document at a place: a resource at its root, a step of a flow at the row of the step. What depends on
//! another field comes and goes with it; what is in it stays in the document.

mod choice;
mod connection;
mod file;
mod functions;
mod hook;
mod json;
mod line;
mod lists;
mod pairs;
mod references;
mod secret;
mod settings;
mod sign_in;
mod sources;
mod table;
mod test;

use leptos::prelude::*;
use tombolo_model::Intent;
use tombolo_model::forms::{Field as Described, Input, Section, text_of};

use crate::state::Doc;
use choice::{ChoiceField, ReferenceField, SwitchField};
use connection::ConnectionField;
use file::FileField;
use hook::HookField;
use line::LineField;
use lists::ListsField;
use pairs::PairsField;
use references::ReferencesField;
use secret::{Kept, SecretField};
use settings::SettingsBox;
use sources::SourcesField;
use table::TableField;

pub(crate) use connection::NewConnection;
pub(crate) use file::format_of;
pub(crate) use json::JsonView;
pub(crate) use sign_in::SignInTo;
pub(crate) use test::TestConnection;

/// A document at a place.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) doc: Doc,
    base: StoredValue<String>,
}

impl Form {
    /// The whole path of a field.
    fn path(self, path: &str) -> String {
        self.base.try_with_value(|base| format!("{base}{path}")).unwrap_or_else(|| path.to_owned())
    }

    /// Where the editors of a field find it: of a list with an item for each operation, its own.
    fn own_path(self, field: &Described) -> String {
        let path = self.path(field.path);
        match field.input {
            Input::Item(at) | Input::ItemChoice(at, _) if at > 0 => format!("{path}/{at}"),
            _ => path,
        }
    }

    /// The text at a path of the form.
    fn text(self, path: &str) -> String {
        text_of(self.doc.at(&self.path(path)).as_ref())
    }

    /// The id of a field on the page; several documents and rows may show fields of one path at once.
    fn id(self, field: &Described) -> String {
        let slot = match field.input {
            Input::Item(at) | Input::ItemChoice(at, _) if at > 0 => format!("-{at}"),
            _ => String::new(),
        };
        format!("{}{slot}-{}", self.path(field.path).trim_start_matches('/').replace(['/', '~'], "-"), self.doc.id)
    }

    fn shows(self, when: &tombolo_model::forms::When) -> bool {
        when.holds(&|path| self.text(path))
    }

    fn off(self) -> Signal<bool> {
        let doc = self.doc;
        Signal::derive(move || !doc.writable.get())
    }

    /// Stores what was entered in a field.
    fn store(self, field: &Described, text: &str) {
        let path = self.path(field.path);
        let now = untrack(|| self.doc.at(&path));
        let value = field.input.value(text, now.as_ref());
        if value == now {
            return;
        }
        self.doc.edit(vec![match value {
            Some(value) => Intent::Set { path, value },
            None => Intent::Remove { path },
        }]);
    }
}

/// A form. `base` is where in the document it begins.
#[component]
pub(crate) fn DocForm(
    doc: Doc,
    #[prop(into)] sections: Signal<&'static [Section]>,
    #[prop(optional, into)] base: String,
) -> impl IntoView {
    let form = Form { doc, base: StoredValue::new(base) };
    provide_context(Kept::of(doc));
    // A field that is there before its text would show nothing and take nothing.
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let sections = Memo::new(move |_| sections.get());
    move || {
        open.get().then(|| {
            let all = sections.get().iter().map(|section| view! { <SectionView form=form section=section/> });
            all.collect_view()
        })
    }
}

#[component]
fn SectionView(form: Form, section: &'static Section) -> impl IntoView {
    let shown = Memo::new(move |_| form.shows(&section.when));
    let fields = move || section.fields.iter().map(|field| view! { <FieldView form=form field=field/> }).collect_view();
    let help = move || (!section.help.is_empty()).then(|| view! { <p class="help">{section.help}</p> });
    move || {
        shown.get().then(|| match (section.title, section.folded) {
            ("", _) => fields().into_any(),
            (title, false) => {
                view! { <fieldset class="group"><legend>{title}</legend>{help()}{fields()}</fieldset> }.into_any()
            }
            (title, true) => {
                let set = untrack(|| section.fields.iter().any(|field| is_set(form, field)));
                view! { <details class="group" open=set><summary>{title}</summary><div class="group-body">{help()}{fields()}</div></details> }
                    .into_any()
            }
        })
    }
}

/// Whether something is in a field that is not there anyway.
fn is_set(form: Form, field: &Described) -> bool {
    let text = form.text(field.path);
    !text.is_empty()
        && text != field.usual
        && !(matches!(field.input, Input::Switch(usual) if usual.to_string() == text))
        || matches!(
            field.input,
            Input::Json
                | Input::Settings
                | Input::Pairs { .. }
                | Input::Table { .. }
                | Input::Lists
                | Input::Sources
                | Input::Hook
        ) && form.doc.at(&form.path(field.path)).is_some_and(|value| {
            value.as_array().is_none_or(|items| !items.is_empty())
                && value.as_object().is_none_or(|fields| !fields.is_empty())
        })
}

#[component]
fn FieldView(form: Form, field: &'static Described) -> impl IntoView {
    let shown = Memo::new(move |_| form.shows(&field.when));
    move || {
        shown.get().then(|| match field.input {
            Input::Line
            | Input::Code
            | Input::Area(_)
            | Input::Number(..)
            | Input::Lines
            | Input::Words
            | Input::Item(_)
            | Input::Json => view! { <LineField form=form field=field/> }.into_any(),
            Input::Switch(usual) => view! { <SwitchField form=form field=field usual=usual/> }.into_any(),
            Input::Choice(choices) | Input::ListChoice(choices) | Input::ItemChoice(_, choices) => {
                view! { <ChoiceField form=form field=field choices=choices/> }.into_any()
            }
            Input::Secret => view! { <SecretField form=form field=field/> }.into_any(),
            Input::Reference(kind) => view! { <ReferenceField form=form field=field kind=kind/> }.into_any(),
            Input::References(kind) => view! { <ReferencesField form=form field=field kind=kind/> }.into_any(),
            Input::Lists => view! { <ListsField form=form field=field/> }.into_any(),
            Input::Sources => view! { <SourcesField form=form field=field/> }.into_any(),
            Input::Pairs { left, right, left_label, right_label, one } => {
                let words = pairs::Words { left, right, left_label, right_label, one };
                view! { <PairsField form=form field=field words=words/> }.into_any()
            }
            Input::Table { left_label, right_label, one } => {
                let words = table::Words { left_label, right_label, one };
                view! { <TableField form=form field=field words=words/> }.into_any()
            }
            Input::Settings => view! { <SettingsBox form=form/> }.into_any(),
            Input::File => view! { <FileField doc=form.doc/> }.into_any(),
            Input::Hook => view! { <HookField form=form field=field/> }.into_any(),
            Input::Connection => view! { <ConnectionField doc=form.doc/> }.into_any(),
        })
    }
}
