//! Fields: label above, help below, the error in the help's place.
//!
//! A field in which somebody types shows that and never what comes from elsewhere meanwhile, so that nobody's text
//! jumps under their hands; `live` decides when it is applied. A field that merely has the focus shows what the document
//! says: leaving it must not write an old value over a colleague's new one.

mod json;
mod live;
mod shared;
mod stretch;
mod text_box;

use leptos::prelude::*;
use tombolo_model::Problem;
use tombolo_wire::store::Person;

use super::people::{Flag, in_field};
use super::{FieldConflict, Icon};
use crate::state::Doc;
use crate::words;

pub(crate) use json::{Reading as JsonReading, change, typed_json};
pub(super) use live::Live;
pub(crate) use shared::{Reading, Shared};
pub(crate) use text_box::{TextBox, Typed};

/// A label with what belongs to it.
#[component]
pub(crate) fn Field(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] help: String,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// Somebody else who is in it. That warns and does not lock.
    #[prop(optional, into)]
    held: Signal<Option<Person>>,
    children: Children,
) -> impl IntoView {
    let class = move || {
        held.with(|held| {
            held.as_ref()
                .map_or_else(|| "field".to_owned(), |person| format!("field held p{}", words::tint(&person.user.email)))
        })
    };
    let described = described_by(&name);
    view! {
        <div class=class>
            {move || held.get().map(|person| view! { <Flag person=person/> })}
            <label for=name>{label}{optional.then(|| view! { <span class="optional">"optional"</span> })}</label>
            {children()}
            {move || match error.get() {
                Some(error) => view! { <p class="error" id=described.clone()><Icon name="triangle-alert"/>{error}</p> }.into_any(),
                None if help.is_empty() => ().into_any(),
                None => view! { <p class="help" id=described.clone()>{help.clone()}</p> }.into_any(),
            }}
        </div>
    }
}

/// The id of a field's help or error, for the `aria-describedby` of what is inside it.
pub(crate) fn described_by(name: &str) -> String {
    format!("{name}-help")
}

/// What a [`SelectBox`] offers: keys with words.
pub(crate) fn choices(all: &'static [(&'static str, &'static str)]) -> Signal<Vec<(String, String)>> {
    Signal::derive(move || all.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect())
}

/// What a [`SelectBox`] offers whose first line is no choice, or all.
pub(crate) fn offered(first: &str, all: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    std::iter::once((String::new(), first.to_owned())).chain(all).collect()
}

/// A choice among a few.
#[component]
pub(crate) fn SelectBox(
    #[prop(into)] name: String,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] choices: Signal<Vec<(String, String)>>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// It stands in a [`Field`] of the same name, whose help or error belongs to it.
    #[prop(optional)]
    described: bool,
) -> impl IntoView {
    let described = described.then(|| described_by(&name));
    view! {
        <select class="input select-native" id=name.clone() name=name aria-label=label aria-describedby=described prop:disabled=disabled
            on:change=move |event| on_change.run(event_target_value(&event)) prop:value=move || value.get()>
            {move || choices.get().into_iter().map(|(key, words)| {
                let chosen = value.get() == key;
                view! { <option value=key prop:selected=chosen>{words}</option> }
            }).collect_view()}
        </select>
    }
}

fn write(doc: Doc, path: &str, text: String, listed: bool, number: bool) {
    match text.trim().parse::<i64>() {
        Ok(whole) if number => doc.set(path, whole),
        _ if listed && !text.is_empty() => doc.set(path, vec![text]),
        _ => doc.set_text(path, text),
    }
}

/// Where the name of a resource is.
const NAME: &str = "/name";

/// Why a text is not applied at a place, in words. Of a name that is empty the resource itself tells.
fn unfit(path: &str, text: &str) -> Option<String> {
    words::name_problem(text).filter(|_| path == NAME && !text.trim().is_empty())
}

/// How a whole number is shown once it is stored.
fn whole(text: &str) -> String {
    text.trim().parse::<i64>().map_or_else(|_| text.to_owned(), |whole| whole.to_string())
}

/// The id of a field on the page; two documents may show a field of the same path at once.
fn field_id(doc: Doc, path: &str) -> String {
    format!("{}-{}", path.trim_start_matches('/').replace('/', "-"), doc.id)
}

/// The problem of a field, in words. That nothing is in it is told only to somebody who was there: what has just been
/// made has done nothing wrong.
pub(in crate::components) fn problem_at(problems: &[Problem], path: &str, visited: bool) -> Option<String> {
    let here = problems.iter().find(|problem| problem.path == path)?;
    (visited || here.code != "missing_required_field").then(|| here.message.clone())
}

/// A field of a document.
#[component]
pub(crate) fn DocText(
    doc: Doc,
    path: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] help: String,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional)] optional: bool,
    #[prop(optional)] code: bool,
    #[prop(optional)] lines: u32,
    /// The field is a list of texts of which this is the only one, as the import's `relativeURI` is.
    #[prop(optional)]
    listed: bool,
    /// The field is a whole number.
    #[prop(optional)]
    number: bool,
) -> impl IntoView {
    let visited = RwSignal::new(false);
    let held = Memo::new(move |_| in_field(doc.app, doc.id, path));
    let value = Signal::derive(move || doc.text(path));
    let name = field_id(doc, path);
    let typed = if !listed && !number && doc.is_text(path) {
        Shared::new(doc, path.to_owned(), Reading::default(), None).into()
    } else {
        let apply = Callback::new(move |text: String| {
            if unfit(path, &text).is_none() {
                write(doc, path, text, listed, number);
            }
        });
        let late: fn(&str) -> bool = if path == NAME { |text| unfit(NAME, text).is_some() } else { |_| false };
        let read: fn(&str) -> String = if number { whole } else { str::to_owned };
        Typed::Value(Live::new(value, apply, late, read))
    };
    let error = Signal::derive(move || {
        let unfit = match typed {
            Typed::Value(live) => unfit(path, &live.shown()),
            Typed::Text(_) => None,
        };
        let told = || doc.view.with(|view| problem_at(&view.as_ref()?.problems, path, visited.get()));
        unfit.or_else(told)
    });
    view! {
        <Field label=label name=name.clone() help=help optional=optional error=error held=held>
            <TextBox name=name typed=typed code=code lines=lines placeholder=placeholder described=true disabled=Signal::derive(move || !doc.writable.get())
                invalid=Signal::derive(move || error.get().is_some())
                on_focus=Callback::new(move |inside: bool| {
                    if !inside {
                        visited.try_set(true);
                    }
                    doc.here(inside.then(|| path.to_owned()), None);
                })/>
            <FieldConflict doc=doc path=path/>
        </Field>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_what_is_offered_is_no_choice() {
        let all = offered("Choose", [("1".to_owned(), "Orders".to_owned())]);
        assert_eq!(all, [(String::new(), "Choose".to_owned()), ("1".to_owned(), "Orders".to_owned())]);
    }

    #[test]
    fn a_name_that_is_too_long_is_not_applied_and_any_other_text_is() {
        let long = "n".repeat(1_000);
        assert!(unfit("/name", &long).is_some());
        assert_eq!(unfit("/description", &long), None);
        assert_eq!(unfit("/name", "Orders"), None);
        assert_eq!(unfit("/name", ""), None, "an empty field has its own sentence");
    }

    #[test]
    fn an_empty_field_is_a_problem_once_somebody_has_left_it_and_a_wrong_one_at_once() {
        let missing = [Problem::new("/name", "missing_required_field", "Enter a name.")];
        assert_eq!(problem_at(&missing, "/name", false), None);
        assert_eq!(problem_at(&missing, "/name", true).as_deref(), Some("Enter a name."));
        assert_eq!(problem_at(&missing, "/type", true), None);
        let wrong = [Problem::new("/name", "wrong_type", "This must be a text: a name.")];
        assert!(problem_at(&wrong, "/name", false).is_some());
    }
}
