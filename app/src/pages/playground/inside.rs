//! The editors of the playground inside the resources that they are about: beside a field that has one is a way into
//! it. What is written there is written into the resource as it is typed, as in the field itself.

mod answered;
mod bind;
mod connection;
pub(super) mod graphql;
mod headers;
mod object;
mod options;
mod places;
mod script;

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run_worker::StageRow;

use super::my_data::{takes_records, wrapped};
use super::{InnerFrame, bench_of};
use crate::browser::page;
use crate::components::editor::{Content, Editor, Saved, leave_full};
use crate::components::{Dialog, Icon, Typed};
use crate::state::{App, Doc, Evaluator};
use connection::LateConnection;
use graphql::Body;
use places::{Place, Shown, places};
pub(crate) use script::ScriptDoor;

/// The ways into the editors of a field, where it has some.
#[component]
pub(crate) fn Door(
    doc: Doc,
    /// Where the field is.
    #[prop(into)]
    path: String,
    label: &'static str,
    /// What is typed in the field, where it is a text.
    #[prop(optional)]
    text: Option<Callback<(), Typed>>,
) -> impl IntoView {
    let all: Vec<_> = places(&path).collect();
    if all.is_empty() {
        return None;
    }
    let path = StoredValue::new(path);
    let ways = all.into_iter().map(|place| view! { <Way doc=doc place=place path=path label=label text=text/> });
    Some(view! { <div class="to-editors">{ways.collect_view()}</div> })
}

#[component]
fn Way(
    doc: Doc,
    place: &'static Place,
    path: StoredValue<String>,
    label: &'static str,
    text: Option<Callback<(), Typed>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let found = move || {
        if !doc.kind.get().is_some_and(|kind| place.is_of(kind)) {
            return None;
        }
        let own = || path.try_with_value(|path| doc.text(path)).unwrap_or_default();
        (place.editor)(&|at| if at.is_empty() { own() } else { doc.text(at) })
    };
    // While it is open it stays, whatever becomes of the field in it.
    let there = Memo::new(move |_| found().is_some() || open.get());
    let named = place.words.is_empty();
    let words = if named { "Editor" } else { place.words };
    let title = if named { label } else { place.words };
    view! {
        <Show when=move || there.get()>
            <button class="link to-editor" type="button" aria-haspopup="dialog" aria-label=named.then(|| format!("Editor of {label}")) title="Try it with a record, and see what comes of it" on:click=move |_| open.set(true)>
                <Icon name="maximize" small=true/>{words}
            </button>
            <Dialog open=open title=title vast=true>
                {move || untrack(found).map(|editor| view! { <Inside doc=doc place=place editor=editor path=path text=text/> })}
            </Dialog>
        </Show>
    }
}

/// The editor, with what the resource says.
#[component]
fn Inside(
    doc: Doc,
    place: &'static Place,
    editor: &'static Editor,
    path: StoredValue<String>,
    text: Option<Callback<(), Typed>>,
) -> impl IntoView {
    let helpers = RwSignal::default();
    let evaluator = StoredValue::new_local(Evaluator::start(helpers));
    on_cleanup(move || {
        evaluator.try_with_value(Evaluator::end);
    });
    let typed = bind::typed(doc, place.shown, path, text);
    let sample = input(doc, place, editor).or_else(|| path.with_value(|path| answered::answered(doc, editor, path)));
    let is_example = sample.is_none() && takes_records(editor);
    let example = || editor.examples.first().map(|example| example.input.to_owned()).unwrap_or_default();
    let rules = untrack(|| typed.map(|typed| typed.shown().0).unwrap_or_default());
    let is_query = editor.eval == "graphql";
    let content = Content::new(if is_query {
        let body = Body::read(&rules).unwrap_or_default();
        Saved { options: bind::query_options(&body), rules: body.query, input: sample.unwrap_or_else(example) }
    } else {
        let options = untrack(|| options::options_of(doc, editor, &|name| place.option(name, &|at| doc.text(at))));
        Saved { rules, input: sample.unwrap_or_else(example), options }
    });
    let writable = doc.writable.get_untracked();
    if writable {
        match typed {
            Some(typed) if is_query => bind::query(typed, content),
            Some(typed) => bind::rules(typed, content.rules),
            None => {}
        }
        if !is_query {
            options::keep(doc, place, editor, content);
        }
        tell_what_is_lost(doc.app, place, content);
    }
    let of_requests = matches!(editor.eval, "httpRequest" | "sql");
    let late = of_requests.then(|| connection::put_into(doc, content)).flatten();
    page::focus_when_there(vec![editor.beginning()]);
    let full = RwSignal::new(false);
    view! {
        <div class="inside" class:full=full on:keydown=move |event| leave_full(full, &event)>
        {(!writable).then(|| view! { <p class="play-note">"You may look, not change: what you write here is tried, and not kept."</p> })}
        {is_example.then(|| view! { <p class="play-note">"The input is an example. “Use my data” brings a record of yours."</p> })}
        {late.map(|late| view! { <LateConnection late=late content=content/> })}
        <InnerFrame editor=editor content=content bench=bench_of(|| None) evaluator=evaluator helpers=helpers full=full/>
        </div>
    }
}

/// Of rules that are several fields, what is no JSON cannot be kept, nor a field that there is not: whoever leaves them so
/// hears it.
fn tell_what_is_lost(app: App, place: &'static Place, content: Content) {
    if matches!(place.shown, Shown::Text | Shown::Other(_) | Shown::Nothing) {
        return;
    }
    on_cleanup(move || {
        let lost = content.rules.try_with_untracked(|rules| bind::unkept(place.shown, rules)).flatten();
        if let Some(why) = lost {
            app.toasts.fail(why);
        }
    });
}

/// What the editor is tried with: what the last test run in this tab gave this step, or what the resource itself has.
fn input(doc: Doc, place: &Place, editor: &Editor) -> Option<String> {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    if editor.eval == "form" {
        return untrack(|| doc.at("/settings"))
            .filter(|settings| !settings.is_null())
            .map(|settings| pretty(&settings));
    }
    if !takes_records(editor) || editor.eval == "responseMapping" {
        return None;
    }
    let record = doc.app.tried_out.with_untracked(|kept| {
        let (_, report) = kept.as_ref()?;
        record_of(&report.stages, doc.id, place.path.ends_with("/body"))
    })?;
    Some(pretty(&wrapped(editor, record)))
}

/// The first record that came to a step, and where bodies are made, what its mapping made of it; of a source, the first
/// that it read.
fn record_of(stages: &[StageRow], step: Id, mapped: bool) -> Option<Value> {
    let id = step.to_string();
    // Where a flow uses it several times, the others have a number behind it.
    let here = |stage: &&StageRow| {
        stage.index.is_some()
            && stage.step.strip_prefix(&id).is_some_and(|rest| rest.is_empty() || rest.starts_with('~'))
    };
    let given = |name: Option<&str>| {
        let of = |stage: &&StageRow| name.is_none_or(|name| stage.name == name) && !stage.input.is_null();
        stages.iter().filter(here).find(of).map(|stage| stage.input.clone())
    };
    let read = || stages.iter().filter(here).find(|stage| !stage.output.is_null()).map(|stage| stage.output.clone());
    mapped.then(|| given(Some("request"))).flatten().or_else(|| given(None)).or_else(read)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_editor_is_tried_with_what_the_last_test_run_gave_its_step() {
        let id: Id = "0123456789abcdef01234567".parse().unwrap();
        let stage = |step: &str, name: &str, input: Value, output: Value| StageRow {
            step: step.to_owned(),
            name: name.to_owned(),
            index: Some(0),
            input,
            output,
            errors: Vec::new(),
        };
        let all = [
            stage("aaaaaaaaaaaaaaaaaaaaaaaa", "mapping", json!({"other": 1}), Value::Null),
            stage("0123456789abcdef01234567~2", "mapping", json!({"a": 1}), json!({"b": 1})),
            stage("0123456789abcdef01234567", "request", json!({"b": 1}), Value::Null),
        ];
        assert_eq!(record_of(&all, id, false), Some(json!({"a": 1})));
        assert_eq!(record_of(&all, id, true), Some(json!({"b": 1})));
        let read = [stage("0123456789abcdef01234567", "parse", Value::Null, json!({"a": 2}))];
        assert_eq!(record_of(&read, id, true), Some(json!({"a": 2})));
        assert_eq!(record_of(&all[..1], id, false), None);
    }
}
