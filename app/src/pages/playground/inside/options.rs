//! The options of an editor and the fields of a resource that they are, kept the same whoever writes.
//!
//! Invariant: only what was chosen here since both last agreed is written. One edit is on its way at a time; what is
//! chosen meanwhile goes with the next, when the resource says what the one before made of it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Map, Value};
use tombolo_model::forms::Input;
use tombolo_model::{Intent, Kind};

use super::bind::text_option;
use super::headers;
use super::places::Place;
use crate::components::editor::{Content, Editor, OptionField, OptionKind, header_lines};
use crate::components::{Reading, Shared, change};
use crate::state::Doc;

type Options = Map<String, Value>;

/// Whether a resource has a list there, with one item for each operation, also where there is nothing yet.
pub(super) fn is_list(kind: Option<Kind>, path: &str) -> bool {
    kind == Some(Kind::Import) && matches!(path, "/http/method" | "/http/relativeURI" | "/http/body")
}

/// Whether what was typed is what the option holds: half a number is kept as a text while it is typed.
fn is_whole(kind: OptionKind, value: Option<&Value>) -> bool {
    !matches!((kind, value), (OptionKind::Number(_), Some(Value::String(_))))
}

/// An option as the editor has it: headers are lines, and of a list it is the first.
fn shown(kind: OptionKind, value: Value) -> Value {
    match (kind, value) {
        (OptionKind::Headers(_), value) => header_lines(&value),
        (OptionKind::Text(_) | OptionKind::Choice(_), Value::Array(mut items)) if !items.is_empty() => items.remove(0),
        (_, value) => value,
    }
}

/// The same as the resource has it, where it has `had` now and the editor had `base` when it was the same.
pub(super) fn stored(
    kind: OptionKind,
    is_list: bool,
    chosen: Option<&Value>,
    base: Option<&Value>,
    had: Option<&Value>,
) -> Option<Value> {
    match kind {
        OptionKind::Headers(_) => {
            Some(headers::rows(base, chosen, had)).filter(|rows| !rows.is_empty()).map(Value::Array)
        }
        OptionKind::Text(_) | OptionKind::Choice(_) if is_list || had.is_some_and(Value::is_array) => {
            Input::Item(0).value(chosen.and_then(Value::as_str).unwrap_or_default(), had)
        }
        _ => chosen.cloned(),
    }
}

/// The options that a resource has.
pub(super) fn options_of(doc: Doc, editor: &Editor, at: &dyn Fn(&str) -> String) -> Options {
    let said = |name: &str| doc.at(&at(name)).filter(|value| !value.is_null());
    let one = |field: &OptionField| Some((field.name.to_owned(), shown(field.kind, said(field.name)?)));
    editor.options.iter().filter_map(one).collect()
}

/// An option and the field of the resource that it is.
struct Bound {
    field: &'static OptionField,
    path: String,
    is_list: bool,
    /// What the resource has there.
    had: Option<Value>,
}

impl Bound {
    fn new(doc: Doc, field: &'static OptionField, path: &str) -> Self {
        let is_list = is_list(doc.kind.get_untracked(), path);
        let had = doc.at(path).filter(|value| !value.is_null());
        Self { field, path: path.to_owned(), is_list, had }
    }

    fn shown(&self) -> Option<Value> {
        self.had.clone().map(|had| shown(self.field.kind, had))
    }

    /// What the editor is to show, where it has `chosen`, and `was` when it last agreed with the resource.
    fn followed(&self, chosen: Option<&Value>, was: Option<&Value>) -> Option<Value> {
        let said = self.shown();
        match self.field.kind {
            OptionKind::Headers(_) => headers::followed(was, chosen, said.as_ref()),
            _ if chosen == was => said,
            _ => chosen.cloned(),
        }
    }

    /// What makes the resource say what was chosen. Where an edit `is_away` the resource does not say it yet.
    fn intents(&self, chosen: Option<&Value>, base: Option<&Value>, is_away: bool) -> Vec<Intent> {
        if !is_whole(self.field.kind, chosen) {
            return Vec::new();
        }
        let have = stored(self.field.kind, self.is_list, chosen, base, self.had.as_ref());
        match have {
            Some(value) if is_away => vec![Intent::Set { path: self.path.clone(), value }],
            have => change(&self.path, self.had.clone(), have),
        }
    }
}

/// The editor's options with what others wrote in them.
fn followed(all: &[Bound], chosen: &Options, was: &Options) -> Options {
    let mut now = chosen.clone();
    for one in all {
        let name = one.field.name;
        match one.followed(chosen.get(name), was.get(name)) {
            Some(value) => drop(now.insert(name.to_owned(), value)),
            None => drop(now.remove(name)),
        }
    }
    now
}

/// What the resource says of the options.
fn said(all: &[Bound]) -> Options {
    all.iter().filter_map(|one| Some((one.field.name.to_owned(), one.shown()?))).collect()
}

/// What makes the resource say what was chosen and is not `sent` yet.
fn intents(all: &[Bound], chosen: &Options, sent: &Options, base: &Options, is_away: bool) -> Vec<Intent> {
    let of = |one: &Bound| {
        let name = one.field.name;
        let have = chosen.get(name);
        if have == sent.get(name) { Vec::new() } else { one.intents(have, base.get(name), is_away) }
    };
    all.iter().flat_map(of).collect()
}

/// Keeps the options the same as the fields.
pub(super) fn keep(doc: Doc, place: &'static Place, editor: &'static Editor, content: Content) {
    // Where they are is as it was when the editor was opened: it shows this kind of file until it is closed.
    let kind = untrack(|| doc.text("/file/type"));
    let at = |field: &OptionField| place.option(field.name, &|_| kind.clone());
    let (texts, others): (Vec<_>, Vec<_>) = editor
        .options
        .iter()
        .map(|field| (field, at(field)))
        .partition(|(field, path)| matches!(field.kind, OptionKind::Text(_)) && doc.is_text(path));
    for (field, path) in texts {
        share(doc, path, field.name, content.options);
    }
    let others = StoredValue::new(others);
    let bound = move || {
        let all = |others: &Vec<(&'static OptionField, String)>| {
            others.iter().map(|&(field, ref path)| Bound::new(doc, field, path)).collect::<Vec<_>>()
        };
        others.try_with_value(all).unwrap_or_default()
    };
    let was = StoredValue::new(content.options.get_untracked());
    // What the resource said when an edit went.
    let earlier = StoredValue::new(Options::new());
    let away = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        let (chosen, is_away, all) = (content.options.get(), away.get(), bound());
        if before.is_none() || is_away || doc.view.with_untracked(Option::is_none) {
            return;
        }
        let (now, said) = (followed(&all, &chosen, &was.get_value()), said(&all));
        let intents = intents(&all, &now, &said, &said, false);
        was.set_value(if intents.is_empty() { said.clone() } else { now.clone() });
        if now != chosen {
            content.options.set(now);
        }
        if intents.is_empty() {
            return;
        }
        earlier.set_value(said);
        away.set(true);
        let saving = doc.app.saving();
        spawn_local(async move {
            if let Err(error) = doc.try_edit(intents).await {
                doc.app.toasts.fail(error.message);
            }
            away.try_set(false);
            drop(saving);
        });
    });
    on_cleanup(move || {
        let (Some(true), Some(chosen)) = (away.try_get_untracked(), content.options.try_get_untracked()) else {
            return;
        };
        let (Some(sent), Some(base)) = (was.try_get_value(), earlier.try_get_value()) else { return };
        let intents = intents(&untrack(bound), &chosen, &sent, &base, true);
        if !intents.is_empty() {
            doc.edit(intents);
        }
    });
}

/// Keeps an option the same as a text that several people may type in at once.
fn share(doc: Doc, path: String, name: &'static str, options: RwSignal<Options>) {
    let text = Shared::new(doc, path, Reading::default(), None);
    Effect::new(move |_| {
        let (now, _) = text.shown();
        options.try_maybe_update(|options| {
            let news = text_option(options, name) != now;
            if news {
                options.insert(name.to_owned(), now.into());
            }
            (news, ())
        });
    });
    Effect::new(move |before: Option<()>| {
        let typed = options.with(|options| text_option(options, name));
        if before.is_some() && untrack(|| text.shown().0) != typed {
            text.type_in(typed);
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const METHOD: OptionField = OptionField {
        name: "method",
        label: "Method",
        kind: OptionKind::ChoiceOrOwn(&[]),
        of: crate::components::editor::Of::Rules,
    };
    const HEADERS: OptionField = OptionField {
        name: "headers",
        label: "Headers",
        kind: OptionKind::Headers(""),
        of: crate::components::editor::Of::Rules,
    };

    fn bound(field: &'static OptionField, had: Value) -> Bound {
        Bound { field, path: format!("/http/{}", field.name), is_list: false, had: Some(had) }
    }

    fn options(value: &Value) -> Options {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_a_colleague_wrote_in_other_options_is_taken_over_and_not_written_over() {
        let was = options(&json!({"method": "GET", "headers": "A: 1"}));
        let chosen = options(&json!({"method": "POST", "headers": "A: 1"}));
        let rows = json!([{"name": "A", "value": "1"}, {"name": "Z", "value": "1"}]);
        let all = [bound(&METHOD, json!("GET")), bound(&HEADERS, rows)];
        let now = followed(&all, &chosen, &was);
        assert_eq!(now, options(&json!({"method": "POST", "headers": "A: 1\nZ: 1"})));
        let said = said(&all);
        let set = Intent::Set { path: "/http/method".to_owned(), value: json!("POST") };
        assert_eq!(intents(&all, &now, &said, &said, false), [set]);
    }

    #[test]
    fn half_a_number_of_an_option_is_not_written() {
        assert!(!is_whole(OptionKind::Number(""), Some(&json!("1x"))));
        assert!(is_whole(OptionKind::Number(""), Some(&json!(1))) && is_whole(OptionKind::Number(""), None));
        assert!(is_whole(OptionKind::Text(""), Some(&json!("1x"))));
    }

    #[test]
    fn the_options_of_a_request_are_fields_of_its_step() {
        let rows = json!([{"name": "A", "value": "b: c"}, {"name": "B", "value": ""}]);
        let headers = OptionKind::Headers("");
        assert_eq!(shown(headers, rows.clone()), json!("A: b: c\nB: "));
        assert_eq!(stored(headers, false, Some(&json!("A: b: c\nB:\nhalf")), None, None), Some(rows));
        assert_eq!(stored(headers, false, Some(&json!("half")), None, None), None);
        let (text, one) = (OptionKind::Text(""), json!("/a"));
        assert_eq!(shown(text, json!(["/a", "/b"])), one);
        assert_eq!(stored(text, true, Some(&one), None, None), Some(json!(["/a"])));
        let two = json!(["/a", "/b"]);
        assert_eq!(stored(text, true, Some(&json!("/c")), None, Some(&two)), Some(json!(["/c", "/b"])));
        assert_eq!(stored(text, false, Some(&one), None, None), Some(one));
        assert!(is_list(Some(Kind::Import), "/http/body") && !is_list(Some(Kind::Export), "/http/body"));
    }
}
