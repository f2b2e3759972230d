//! Puts the rules of an editor into a resource, after its owner has seen what changes.

mod difference;
mod made;
mod targets;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Map, Value};
use tombolo_model::{Id, Intent};
use tombolo_wire::store::{Call, CatalogueRow, Edited};

use crate::components::editor::{Content, Editor};
use crate::components::{Dialog, Field, Icon};
use crate::state::{App, use_document};
use crate::words::kinds::kind_name;
use difference::difference;
use made::{Made, Part};
use targets::{Target, targets};

const RESOURCE: &str = "use-in";
const NAME: &str = "use-name";

/// Whether the rules of an editor can be put into a resource.
pub(super) fn goes_somewhere(editor: &Editor) -> bool {
    targets(editor.slug).next().is_some()
}

/// The dialog.
#[component]
pub(super) fn UseThis(editor: &'static Editor, content: Content, open: RwSignal<bool>) -> impl IntoView {
    goes_somewhere(editor).then(|| {
        view! {
            <Dialog open=open title="Use in a resource" wide=true>
                <Form editor=editor content=content open=open/>
            </Dialog>
        }
    })
}

/// The resources that have a place for the rules, with that place, kind by kind.
fn places(app: App, editor: &Editor) -> Vec<(&'static Target, Vec<CatalogueRow>)> {
    let of = |target: &'static Target| {
        let fits = |row: &CatalogueRow| app.may_change(row) && target.fits(row.adaptor.as_deref());
        (target, app.of_kind(target.kind).into_iter().filter(fits).collect::<Vec<_>>())
    };
    targets(editor.slug).map(of).filter(|(_, rows)| !rows.is_empty()).collect()
}

/// Where the rules belong, in words.
fn belongs(editor: &Editor) -> String {
    let mut kinds: Vec<_> = targets(editor.slug).map(|target| format!("“{}”", kind_name(target.kind))).collect();
    kinds.dedup();
    let kinds = kinds.join(" or ");
    let some = targets(editor.slug).all(|target| !target.adaptors.is_empty());
    let fit = if some { " of an application that has a place for them" } else { "" };
    format!("These rules belong into a resource of the kind {kinds}{fit}, and there is none that you may change.")
}

#[component]
fn Form(editor: &'static Editor, content: Content, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let all = places(app, editor);
    let first = all.first().and_then(|(target, rows)| Some((*target, rows.first()?.id)));
    let Some(first) = first else {
        return view! { <div class="dialog-body"><p>{belongs(editor)}</p></div> }.into_any();
    };
    let choices: Vec<_> = all.iter().flat_map(|(target, rows)| rows.iter().map(move |row| (*target, row.id))).collect();
    let (chosen, name) = (RwSignal::new(first.1), RwSignal::new(String::new()));
    let target = StoredValue::new(choices);
    let target = move || {
        let id = chosen.get();
        target.with_value(|all| all.iter().find(|(_, have)| *have == id).map(|(target, _)| *target))
    };
    let asks = Memo::new(move |_| target().and_then(|target| target.asks));
    let choose = move |event| {
        if let Ok(id) = event_target_value(&event).parse() {
            chosen.set(id);
        }
    };
    let several = all.len() > 1;
    let options = all
        .into_iter()
        .map(|(target, rows)| {
            let rows = rows.into_iter().map(|row| view! { <option value=row.id.to_string()>{row.name}</option> });
            let rows = rows.collect_view();
            if several {
                view! { <optgroup label=kind_name(target.kind)>{rows}</optgroup> }.into_any()
            } else {
                rows.into_any()
            }
        })
        .collect_view();
    let label = if several { "Resource".to_owned() } else { kind_name(first.0.kind) };
    view! {
        <div class="dialog-body">
            <Field label=label name=RESOURCE>
                <select class="input select-native" id=RESOURCE on:change=choose>{options}</select>
            </Field>
            {move || asks.get().map(|asks| view! {
                <Field label=asks name=NAME>
                    <input class="input code" id=NAME autocomplete="off" spellcheck="false" prop:value=name on:input=move |event| name.set(event_target_value(&event))/>
                </Field>
            })}
            {move || target().map(|target| view! { <Change id=chosen.get() editor=editor target=target content=content name=name open=open/> })}
        </div>
    }
    .into_any()
}

/// The parts as one value: that of the only one, or each under its path.
fn whole(parts: &[Part]) -> Value {
    match parts {
        [(_, value)] => value.clone().unwrap_or_default(),
        parts => {
            let there = |(path, value): &Part| Some((path.trim_start_matches('/').to_owned(), value.clone()?));
            Value::Object(parts.iter().filter_map(there).collect::<Map<_, _>>())
        }
    }
}

/// The same places as they are now.
fn before(resource: &Value, parts: &[Part]) -> Value {
    let now = |path: &str| resource.pointer(path).filter(|value| !value.is_null()).cloned();
    whole(&parts.iter().map(|(path, _)| (*path, now(path))).collect::<Vec<_>>())
}

/// What has to be done for the resource to hold the parts.
fn intents(resource: &Value, parts: Vec<Part>) -> Vec<Intent> {
    let there = |path: &str| resource.pointer(path).is_some_and(|value| !value.is_null());
    let mut all = Vec::new();
    for (path, value) in parts {
        // Fields of what was there would stay beside those of what comes.
        let gone = value.is_none() || value.as_ref().is_some_and(Value::is_object);
        if gone && there(path) {
            all.push(Intent::Remove { path: path.to_owned() });
        }
        all.extend(value.map(|value| Intent::Set { path: path.to_owned(), value }));
    }
    all
}

#[component]
fn Change(
    id: Id,
    editor: &'static Editor,
    target: &'static Target,
    content: Content,
    name: RwSignal<String>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let app = App::here();
    let doc = use_document(id);
    let resource = Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| view.value.clone())));
    let made = Memo::new(move |_| {
        let (now, saved) = (resource.get()?, content.saved()?);
        Some((target.parts)(&Made { editor, saved: &saved, name: &name.get(), now: &now }))
    });
    let lines = Memo::new(move |_| match (made.get(), resource.get()) {
        (Some(Ok(parts)), Some(now)) => Some(difference(&before(&now, &parts), &whole(&parts))),
        _ => None,
    });
    let wrong = move || made.get().and_then(Result::err);
    let same = Memo::new(move |_| lines.with(|lines| lines.as_ref().is_none_or(Vec::is_empty)));
    let busy = RwSignal::new(false);
    let put = move |_| {
        let (Some(Ok(parts)), Some(now)) = (made.get_untracked(), resource.get_untracked()) else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let intents = intents(&now, parts);
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
        {move || wrong().map(|message| view! { <p role="alert">{message}</p> })}
        {move || lines.get().map(|lines| if lines.is_empty() {
            view! { <p class="quiet-line">"The resource has these rules already."</p> }.into_any()
        } else {
            view! { <pre class="changed-lines" tabindex="0" aria-label="What changes">{lines.into_iter().map(difference::Line::view).collect_view()}</pre> }.into_any()
        })}
        <footer class="dialog-foot"><button class="button primary" prop:disabled=same aria-busy=move || busy.get().to_string() on:click=put><Icon name="check"/>"Put the rules in"</button></footer>
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn several_parts_are_shown_as_one_and_written_one_by_one() {
        let parts = vec![("/file/type", Some(json!("csv"))), ("/file/csv", Some(json!({"a": 1}))), ("/x", None)];
        let now = json!({"file": {"type": "xml", "csv": {"b": 2}}, "x": 1});
        assert_eq!(whole(&parts), json!({"file/type": "csv", "file/csv": {"a": 1}}));
        assert_eq!(before(&now, &parts), json!({"file/type": "xml", "file/csv": {"b": 2}, "x": 1}));
        let set = |path: &str, value: Value| Intent::Set { path: path.to_owned(), value };
        let remove = |path: &str| Intent::Remove { path: path.to_owned() };
        assert_eq!(
            intents(&now, parts.clone()),
            [set("/file/type", json!("csv")), remove("/file/csv"), set("/file/csv", json!({"a": 1})), remove("/x")]
        );
        assert_eq!(intents(&json!({}), parts).len(), 2);
    }

    #[test]
    fn who_has_no_resource_for_the_rules_hears_of_which_kind_it_would_be() {
        let said = |slug: &str| belongs(crate::pages::playground::editors::find(slug).unwrap());
        assert!(said("edi-parser").contains("of the kind “File definition”, and"), "{}", said("edi-parser"));
        assert!(
            said("graphql").contains(" or ") && said("graphql").contains("that has a place"),
            "{}",
            said("graphql")
        );
    }
}
