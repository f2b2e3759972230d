//! Puts the rules of an editor into a resource, after its owner has seen what changes.
//!
//! Which kinds take the rules of which editor, and where, is a table; an editor that is not in it makes nothing that a
//! resource holds as it is.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::store::{Call, Edited};

use crate::components::editor::{Content, Editor};
use crate::components::{Dialog, Field, Icon};
use crate::state::{App, use_document};
use crate::words;

const RESOURCE: &str = "use-in";
/// What is above and below a change, so that one sees where it is.
const AROUND: usize = 2;
const MOST_LINES: usize = 400;

/// Where the rules of an editor go.
struct Target {
    editor: &'static str,
    kind: Kind,
    /// The applications whose resources have such a place; none is all of them.
    adaptors: &'static [&'static str],
    path: &'static str,
    /// What is written there, of the rules as they are typed.
    value: fn(&str) -> Result<Value, String>,
}

const HTTP_EXPORT: &[&str] = &["HTTPExport"];
const HTTP_IMPORT: &[&str] = &["HTTPImport"];
const RDBMS_EXPORT: &[&str] = &["RDBMSExport"];
const FILE_IMPORT: &[&str] = &["SimpleImport", "FTPImport", "S3Import", "FileSystemImport"];

const fn to(editor: &'static str, kind: Kind, path: &'static str, value: fn(&str) -> Result<Value, String>) -> Target {
    Target { editor, kind, adaptors: &[], path, value }
}

const TARGETS: [Target; 17] = [
    to("javascript", Kind::Script, "/content", text),
    to("mapper-2", Kind::Import, "/mappings", mappings),
    to("mapper-1", Kind::Import, "/mapping", parsed),
    to("output-filter", Kind::Export, "/filter", filter),
    to("input-filter", Kind::Import, "/filter", filter),
    to("transformation-1", Kind::Export, "/transform", transform_1),
    to("transformation-2", Kind::Export, "/transform", transform_2),
    to("data-uri", Kind::Import, "/dataURITemplate", text),
    to("trace-key", Kind::Export, "/traceKeyTemplate", text),
    to("form-builder", Kind::Integration, "/settingsForm/form", settings_form),
    to("schedule", Kind::Flow, "/schedule", text),
    Target { adaptors: HTTP_IMPORT, ..to("json-body", Kind::Import, "/http/body", text) },
    Target { adaptors: HTTP_IMPORT, ..to("xml-body", Kind::Import, "/http/body", text) },
    Target { adaptors: HTTP_EXPORT, ..to("relative-uri", Kind::Export, "/http/relativeURI", text) },
    Target { adaptors: HTTP_EXPORT, ..to("paging-body", Kind::Export, "/http/paging/body", text) },
    Target { adaptors: RDBMS_EXPORT, ..to("sql", Kind::Export, "/rdbms/query", text) },
    Target { adaptors: FILE_IMPORT, ..to("file-name", Kind::Import, "/file/fileName", text) },
];

impl Target {
    /// Whether a resource of this application has the place.
    fn fits(&self, adaptor: Option<&str>) -> bool {
        self.adaptors.is_empty() || adaptor.is_some_and(|adaptor| self.adaptors.contains(&adaptor))
    }
}

fn target(editor: &Editor) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.editor == editor.slug)
}

/// Whether the rules of an editor can be put into a resource.
pub(super) fn goes_somewhere(editor: &Editor) -> bool {
    target(editor).is_some()
}

fn text(rules: &str) -> Result<Value, String> {
    Ok(rules.into())
}

fn parsed(rules: &str) -> Result<Value, String> {
    serde_json::from_str(rules).map_err(|_| "The rules are not JSON. Mend them first.".to_owned())
}

fn mappings(rules: &str) -> Result<Value, String> {
    let rules = parsed(rules)?;
    let rows = rules.get("mappings").unwrap_or(&rules);
    if rows.is_array() {
        Ok(rows.clone())
    } else {
        Err("The rules are no list of mappings. Mend them first.".to_owned())
    }
}

fn filter(rules: &str) -> Result<Value, String> {
    let rules = parsed(rules)?;
    let rules = rules.pointer("/expression/rules").or_else(|| rules.get("rules")).unwrap_or(&rules);
    Ok(json!({"type": "expression", "version": "1", "expression": {"version": "1", "rules": rules}, "rules": rules}))
}

fn transform_1(rules: &str) -> Result<Value, String> {
    let rules = parsed(rules)?;
    let rules = rules.pointer("/expression/rules").or_else(|| rules.get("rules")).unwrap_or(&rules);
    Ok(json!({"type": "expression", "expression": {"version": "1", "rules": rules}}))
}

fn transform_2(rules: &str) -> Result<Value, String> {
    let rules = parsed(rules)?;
    let rules = rules.pointer("/expression/rulesTwoDotZero").or_else(|| rules.get("rulesTwoDotZero")).unwrap_or(&rules);
    Ok(json!({"type": "expression", "expression": {"version": "2", "rulesTwoDotZero": rules}}))
}

fn settings_form(rules: &str) -> Result<Value, String> {
    let rules = parsed(rules)?;
    Ok(rules.get("form").unwrap_or(&rules).clone())
}

/// The dialog.
#[component]
pub(super) fn UseThis(editor: &'static Editor, content: Content, open: RwSignal<bool>) -> impl IntoView {
    target(editor).map(|target| {
        view! {
            <Dialog open=open title="Use in a resource" wide=true>
                <Form target=target content=content open=open/>
            </Dialog>
        }
    })
}

#[component]
fn Form(target: &'static Target, content: Content, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let kind = words::kinds::kind_name(target.kind);
    let value = match (target.value)(&content.rules.get_untracked()) {
        Ok(value) => value,
        Err(message) => return view! { <div class="dialog-body"><p role="alert">{message}</p></div> }.into_any(),
    };
    let rows: Vec<_> = app
        .of_kind(target.kind)
        .into_iter()
        .filter(|row| app.may_change(row) && target.fits(row.adaptor.as_deref()))
        .collect();
    if rows.is_empty() {
        let fit = if target.adaptors.is_empty() { "" } else { " of an application that has a place for them" };
        let none = format!(
            "These rules belong into a resource of the kind “{kind}”{fit}, and there is none that you may change."
        );
        return view! { <div class="dialog-body"><p>{none}</p></div> }.into_any();
    }
    let chosen = RwSignal::new(rows.first().map(|row| row.id));
    view! {
        <div class="dialog-body">
            <Field label=kind name=RESOURCE>
                <select class="input select-native" id=RESOURCE on:change=move |event| chosen.set(event_target_value(&event).parse().ok())>
                    {rows.into_iter().map(|row| view! { <option value=row.id.to_string()>{row.name}</option> }).collect_view()}
                </select>
            </Field>
            {move || chosen.get().map(|id| view! { <Change id=id target=target value=value.clone() open=open/> })}
        </div>
    }
    .into_any()
}

#[component]
fn Change(id: Id, target: &'static Target, value: Value, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let doc = use_document(id);
    let wanted = pretty(&value);
    let new = wanted.clone();
    let before = Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| old(&view.value, target.path))));
    let lines = Memo::new(move |_| before.with(|before| before.as_ref().map(|before| difference(before, &new))));
    let same = Memo::new(move |_| lines.with(|lines| lines.as_ref().is_none_or(Vec::is_empty)));
    let busy = RwSignal::new(false);
    let put = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let path = target.path.to_owned();
        let set = Intent::Set { path: path.clone(), value: value.clone() };
        // Fields of what was there would stay beside those of what comes.
        let intents = if value.is_object() { vec![Intent::Remove { path }, set] } else { vec![set] };
        spawn_local(async move {
            let done = app.call::<Edited>(Call::Edit { id, intents }).await;
            busy.try_set(false);
            match done {
                Ok(_) => {
                    open.try_set(false);
                    app.toasts.offer_undo("The rules are in the resource.".to_owned(), move || doc.undo());
                }
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    view! {
        {move || lines.get().map(|lines| if lines.is_empty() {
            view! { <p class="quiet-line">"The resource has these rules already."</p> }.into_any()
        } else {
            view! { <pre class="changed-lines" tabindex="0" aria-label="What changes">{lines.into_iter().map(Line::view).collect_view()}</pre> }.into_any()
        })}
        <footer class="dialog-foot"><button class="button primary" prop:disabled=same aria-busy=move || busy.get().to_string() on:click=put><Icon name="check"/>"Put the rules in"</button></footer>
    }
}

fn old(resource: &Value, path: &str) -> String {
    resource.pointer(path).map(pretty).unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => serde_json::to_string_pretty(&ordered(value)).unwrap_or_default(),
    }
}

/// The same with the names of each object in order: in which order they were typed is no difference.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            names.into_iter().map(|(name, value)| (name.clone(), ordered(value))).collect()
        }
        Value::Array(list) => list.iter().map(ordered).collect(),
        value => value.clone(),
    }
}

/// A line of what changes.
#[derive(Debug, Clone, PartialEq)]
enum Line {
    Same(String),
    Gone(String),
    New(String),
}

impl Line {
    fn view(self) -> impl IntoView {
        let (class, sign, text) = match self {
            Self::Same(text) => ("same", "  ", text),
            Self::Gone(text) => ("gone", "- ", text),
            Self::New(text) => ("new", "+ ", text),
        };
        view! { <span class=class>{sign}{text}"\n"</span> }
    }
}

/// What is taken out and put in: what both begin and end with is left away but for a few lines.
fn difference(before: &str, after: &str) -> Vec<Line> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if before == after {
        return Vec::new();
    }
    let head = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let least = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(least).take_while(|(one, other)| one == other).count();
    let owned = |lines: &[&str], make: fn(String) -> Line| {
        lines.iter().map(|line| make((*line).to_owned())).collect::<Vec<_>>()
    };
    let mut lines = owned(&before[head.saturating_sub(AROUND)..head], Line::Same);
    lines.extend(owned(&before[head..before.len() - tail], Line::Gone));
    lines.extend(owned(&after[head..after.len() - tail], Line::New));
    lines.extend(owned(&after[after.len() - tail..(after.len() - tail + AROUND).min(after.len())], Line::Same));
    lines.truncate(MOST_LINES);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::playground::editors;

    #[test]
    fn the_rules_of_an_editor_become_what_a_resource_holds() {
        let value = |slug: &str, rules: &str| (target(editors::find(slug).unwrap()).unwrap().value)(rules);
        assert_eq!(value("javascript", "function f() {}"), Ok(json!("function f() {}")));
        assert_eq!(value("mapper-2", r#"{"mappings": [{"generate": "a"}]}"#), Ok(json!([{"generate": "a"}])));
        assert_eq!(value("output-filter", r#"["empty", 1]"#).unwrap()["expression"]["rules"], json!(["empty", 1]));
        let rules = r#"{"mode": "create", "mappings": []}"#;
        let made = value("transformation-2", rules).unwrap();
        assert_eq!(made.pointer("/expression/rulesTwoDotZero/mode"), Some(&json!("create")));
        assert!(value("mapper-2", "[").is_err() && value("mapper-2", "5").is_err());
    }

    #[test]
    fn every_target_is_the_rules_of_an_editor() {
        for target in &TARGETS {
            assert!(editors::find(target.editor).is_some_and(|editor| editor.rules.is_some()), "{}", target.editor);
        }
        assert!(!goes_somewhere(editors::find("json-path").unwrap()));
    }

    #[test]
    fn rules_are_offered_to_resources_that_have_a_place_for_them() {
        let target = |slug: &str| target(editors::find(slug).unwrap()).unwrap();
        assert!(target("sql").fits(Some("RDBMSExport")) && !target("sql").fits(Some("HTTPExport")));
        assert!(!target("file-name").fits(None) && target("trace-key").fits(None));
        assert_eq!((target("form-builder").value)("{\"form\": {\"a\": 1}}"), Ok(json!({"a": 1})));
        assert_eq!((target("form-builder").value)("{\"fieldMap\": 1}"), Ok(json!({"fieldMap": 1})));
    }

    #[test]
    fn fields_in_another_order_are_no_difference() {
        let one: Value = serde_json::from_str(r#"[{"a": 1, "b": {"c": 2, "d": 3}}]"#).unwrap();
        let other: Value = serde_json::from_str(r#"[{"b": {"d": 3, "c": 2}, "a": 1}]"#).unwrap();
        assert_eq!(pretty(&one), pretty(&other));
        assert_ne!(pretty(&json!([1, 2])), pretty(&json!([2, 1])));
    }

    #[test]
    fn what_changes_is_shown_with_what_is_around_it() {
        let (same, gone, new) = (
            |text: &str| Line::Same(text.to_owned()),
            |text: &str| Line::Gone(text.to_owned()),
            |text: &str| Line::New(text.to_owned()),
        );
        let lines = difference("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\nY\ne\nf\ng");
        assert_eq!(lines, [same("b"), same("c"), gone("d"), new("X"), new("Y"), same("e"), same("f")]);
        assert!(difference("a", "a").is_empty());
        assert_eq!(difference("", "a"), [new("a")]);
        assert_eq!(difference("a\na", "a"), [same("a"), gone("a")]);
    }
}
