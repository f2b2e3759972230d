//! One change that was not accepted, field by field, in people's words: what the server has, and what was wanted.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::path;
use tombolo_wire::store::Difference;

use crate::state::App;
use crate::words;
use crate::words::fields::{value_words, whole_words};

/// How much of a value is shown: the browser lays out no megabytes while somebody waits.
const SHOWN: usize = 2_000;

/// The beginning of a long text, and how many characters of it are left out.
fn cut(text: &str) -> (&str, usize) {
    let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at);
    (&text[..end], text[end..].chars().count())
}

/// A field in which both sides hold a single value.
#[derive(Debug, PartialEq)]
struct Line {
    place: String,
    accepted: Option<Value>,
    refused: Option<Value>,
}

/// Takes values that are made of fields apart: a resource that was not accepted at all is one such value a field.
fn lines(differences: Vec<Difference>) -> Vec<Line> {
    let mut found = Vec::new();
    for Difference { path, accepted, refused } in differences {
        take_apart(path, accepted, refused, &mut found);
    }
    found
}

fn take_apart(place: String, accepted: Option<Value>, refused: Option<Value>, found: &mut Vec<Line>) {
    let whole = |side: &Option<Value>| matches!(side, None | Some(Value::Null | Value::Object(_)));
    let fields: BTreeSet<String> = [&accepted, &refused]
        .into_iter()
        .filter_map(|side| side.as_ref()?.as_object())
        .flat_map(|fields| fields.keys().cloned())
        .collect();
    if fields.is_empty() || !whole(&accepted) || !whole(&refused) {
        found.push(Line { place, accepted, refused });
        return;
    }
    for field in fields {
        let of = |side: &Option<Value>| side.as_ref().and_then(|side| side.get(&field)).cloned();
        take_apart(path::join(&place, &field), of(&accepted), of(&refused), found);
    }
}

/// The table of it.
#[component]
pub(crate) fn Changes(
    differences: Vec<Difference>,
    /// What stands above what is there and what was wanted.
    #[prop(default = ("Accepted", "Yours"))]
    heads: (&'static str, &'static str),
) -> impl IntoView {
    view! {
        <table class="table compact differences">
            <thead><tr><th>"Field"</th><th>{heads.0}</th><th>{heads.1}</th></tr></thead>
            <tbody>{lines(differences).into_iter().map(|line| view! { <Row line=line heads=heads/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(line: Line, heads: (&'static str, &'static str)) -> impl IntoView {
    view! {
        <tr>
            <td class="name">{whole_words(&line.place)}</td>
            <td data-label=heads.0><Side place=line.place.clone() value=line.accepted/></td>
            <td data-label=heads.1><Side place=line.place value=line.refused/></td>
        </tr>
    }
}

/// One side; a reference is shown by the name of what it names, as long as that is here.
#[component]
fn Side(place: String, value: Option<Value>) -> impl IntoView {
    let app = App::here();
    let named = move |id: &str| app.row(id.parse().ok()?).map(|row| row.name).filter(|name| !name.is_empty());
    move || match value_words(&place, value.as_ref(), named) {
        None => view! { <span class="faint">"Nothing"</span> }.into_any(),
        Some(text) => view! { <Text text=text/> }.into_any(),
    }
}

#[component]
fn Text(text: String) -> impl IntoView {
    let (shown, more) = cut(&text);
    let shown = shown.to_owned();
    let more = (more > 0).then(|| {
        let many = words::count(more, "more character");
        view! { <p class="muted">{format!("And {many}. Export has all of it.")}</p> }
    });
    if shown.contains('\n') {
        view! { <div><pre class="code">{shown}</pre>{more}</div> }.into_any()
    } else {
        view! { <div><span>{shown}</span>{more}</div> }.into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_long_value_is_cut_and_says_how_much_is_left_out() {
        assert_eq!(cut("short"), ("short", 0));
        let long = "ä".repeat(SHOWN + 7);
        let (shown, more) = cut(&long);
        assert_eq!((shown.chars().count(), more), (SHOWN, 7));
    }

    #[test]
    fn a_value_made_of_fields_is_shown_field_by_field() {
        let difference = |path: &str, accepted, refused| Difference { path: path.into(), accepted, refused };
        let found = lines(vec![
            difference("/http", None, Some(json!({"auth": {"type": "basic"}, "mediaType": "json"}))),
            difference("/name", Some(json!("Shop")), Some(json!("Store"))),
            difference("/settings", Some(json!("text")), Some(json!({"a": 1}))),
        ]);
        let places: Vec<_> = found.iter().map(|line| line.place.as_str()).collect();
        assert_eq!(places, ["/http/auth/type", "/http/mediaType", "/name", "/settings"]);
        assert_eq!(found[0].refused, Some(json!("basic")));
        assert_eq!(found[2].accepted, Some(json!("Shop")));
    }
}
