//! Fields that are typed in.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::forms::{Field as Described, Input};

use super::Form;
use crate::components::fields::{Live, problem_at};
use crate::components::{
    Field, FieldConflict, JsonReading, Reading, Shared, TextBox, Typed, change, in_field, typed_json,
};
use crate::pages::Door;
use crate::state::Doc;
use crate::words;

/// How the document shows what is typed, for a field of one value that stores it in other words.
fn reading(input: Input) -> fn(&str) -> String {
    match input {
        Input::Number(..) => {
            |text| text.trim().parse::<i64>().map_or_else(|_| text.to_owned(), |whole| whole.to_string())
        }
        _ => str::to_owned,
    }
}

/// What a text says that stands for a JSON or a list of it; null where the field is to be taken away.
fn heard(input: Input, text: &str) -> Option<Value> {
    input.problem(text).is_none().then(|| input.value(text, None).unwrap_or_default())
}

/// What is typed in a field whose value has parts, of which others may change some.
fn typed_parts(doc: Doc, input: Input, path: String) -> Typed {
    let at = StoredValue::new(path);
    let some = |value: &Value| Some(value.clone()).filter(|value| !value.is_null());
    let reading = JsonReading {
        said: Box::new(move || at.try_get_value().and_then(|path| doc.at(&path)).unwrap_or_default()),
        hear: Box::new(move |text| heard(input, text)),
        show: Box::new(move |value| input.text(some(value).as_ref())),
        change: Box::new(move |had, have| {
            at.try_with_value(|path| change(path, some(had), some(have))).unwrap_or_default()
        }),
        takes_blank: true,
    };
    typed_json(doc, reading)
}

/// Why a text does not go into a field, in words.
fn unfit(field: &Described, text: &str) -> Option<String> {
    if field.path == "/name" && !text.trim().is_empty() {
        return words::name_problem(text);
    }
    field.input.problem(text)
}

/// What is typed in a field.
fn typed_in(form: Form, field: &'static Described) -> Typed {
    let (doc, input, path) = (form.doc, field.input, form.path(field.path));
    if matches!(input, Input::Line | Input::Code | Input::Area(_)) && doc.is_text(&path) {
        return Shared::new(doc, path, Reading::default(), None).into();
    }
    if matches!(input, Input::Json | Input::Words | Input::Lines) {
        return typed_parts(doc, input, path);
    }
    let value = Signal::derive(move || input.text(doc.at(&path).as_ref()));
    let apply = Callback::new(move |text: String| {
        if unfit(field, &text).is_none() {
            form.store(field, &text);
        }
    });
    Typed::Value(Live::new(value, apply, |_| false, reading(input)))
}

/// One of them.
#[component]
pub(super) fn LineField(form: Form, field: &'static Described) -> impl IntoView {
    let doc = form.doc;
    let (input, path) = (field.input, form.path(field.path));
    let visited = RwSignal::new(false);
    let at = StoredValue::new(path.clone());
    let held = Memo::new(move |_| at.with_value(|path| in_field(doc.app, doc.id, path)));
    let typed = typed_in(form, field);
    let error = Signal::derive(move || {
        let wrong = match typed {
            Typed::Value(live) => unfit(field, &live.shown()),
            Typed::Text(_) => None,
        };
        wrong.or_else(|| {
            doc.view.with(|view| at.with_value(|path| problem_at(&view.as_ref()?.problems, path, visited.get())))
        })
    });
    let lines = match input {
        Input::Area(lines) => lines,
        Input::Json => 4,
        Input::Lines => 3,
        Input::Item(_) if field.label.starts_with("Body") || field.label == "Statement" => 4,
        _ => 0,
    };
    let code = !(matches!(input, Input::Line) || matches!(input, Input::Area(_)) && field.path == "/description");
    let name = form.id(field);
    view! {
        <Field label=field.label name=name.clone() help=field.help optional=field.optional error=error held=held>
            <TextBox name=name typed=typed code=code lines=lines placeholder=field.placeholder described=true disabled=form.off()
                invalid=Signal::derive(move || error.get().is_some())
                on_focus=Callback::new(move |inside: bool| {
                    if !inside {
                        visited.try_set(true);
                    }
                    doc.here(inside.then(|| at.get_value()), None);
                })/>
            <Door doc=doc path=form.own_path(field) label=field.label text=Callback::new(move |()| typed_in(form, field))/>
            <FieldConflict doc=doc path=path/>
        </Field>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_known_again_in_the_words_of_the_document() {
        assert_eq!(heard(Input::Words, "a,b"), heard(Input::Words, " a, b "));
        assert_eq!(heard(Input::Lines, "a\n\n b\n"), heard(Input::Lines, "a\nb"));
        assert_eq!(heard(Input::Json, "{\"a\":1}"), heard(Input::Json, "{\n  \"a\": 1\n}"));
        assert_eq!((heard(Input::Json, "{"), heard(Input::Json, " ")), (None, Some(Value::Null)));
        assert_eq!(reading(Input::Number(0, 9))(" 7 "), "7");
        assert_eq!(reading(Input::Code)(" x "), " x ");
    }
}
