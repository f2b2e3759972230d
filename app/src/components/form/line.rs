//! Fields that are typed in.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::forms::{Field as Described, Input};

use super::Form;
use crate::components::fields::{Live, problem_at};
use crate::components::{Field, FieldConflict, Reading, Shared, TextBox, Typed, in_field};
use crate::pages::Door;
use crate::words;

/// How the document shows what is typed, for the kinds of field that store it in other words.
fn reading(input: Input) -> fn(&str) -> String {
    fn again(input: Input, text: &str) -> String {
        input.value(text, None).map_or_else(String::new, |value| input.text(Some(&value)))
    }
    match input {
        Input::Number(..) => {
            |text| text.trim().parse::<i64>().map_or_else(|_| text.to_owned(), |whole| whole.to_string())
        }
        Input::Json => |text| {
            let value = serde_json::from_str::<Value>(text).ok();
            value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
        },
        Input::Words => |text| again(Input::Words, text),
        Input::Lines => |text| again(Input::Lines, text),
        _ => str::to_owned,
    }
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
        assert_eq!(reading(Input::Words)("a,b"), "a, b");
        assert_eq!(reading(Input::Lines)("a\n\n b\n"), "a\nb");
        assert_eq!(reading(Input::Json)("{\"a\":1}"), "{\n  \"a\": 1\n}");
        assert_eq!(reading(Input::Number(0, 9))(" 7 "), "7");
        assert_eq!(reading(Input::Code)(" x "), " x ");
    }
}
