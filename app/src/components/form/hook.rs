//! A hook: a script, and the function of it that is called.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::forms::Field as Described;
use tombolo_model::{Id, Intent, Kind};

use super::Form;
use super::functions::functions;
use crate::components::{Field, FieldConflict, Icon, SelectBox};
use crate::pages::ScriptDoor;
use crate::state::{App, use_document};

/// What the function is given: by the place, which is called after it but for two.
fn place_of(kind: Option<Kind>, path: &'static str) -> &'static str {
    match path.rsplit('/').next().unwrap_or(path) {
        "script" if kind == Some(Kind::Api) => "handleRequest",
        "script" => "branching",
        name => name,
    }
}

/// One of them.
#[component]
pub(super) fn HookField(form: Form, field: &'static Described) -> impl IntoView {
    let app = App::here();
    let doc = form.doc;
    let script = form.path(&format!("{}/_scriptId", field.path));
    let at = StoredValue::new(script.clone());
    let value = Memo::new(move |_| at.with_value(|path| doc.text(path)));
    let chosen = Memo::new(move |_| value.get().parse::<Id>().ok());
    let all = Signal::derive(move || {
        let now = value.get();
        let mut all = vec![(String::new(), "No script".to_owned())];
        all.extend(app.of_kind(Kind::Script).into_iter().map(|row| (row.id.to_string(), row.name)));
        if !all.iter().any(|(id, _)| *id == now) {
            all.push((now.clone(), "Not here: deleted, or not yours to see".to_owned()));
        }
        all
    });
    // Without a script there is no hook.
    let choose = move |id: String| {
        doc.edit(vec![if id.is_empty() {
            Intent::Remove { path: form.path(field.path) }
        } else {
            Intent::Set { path: at.get_value(), value: id.into() }
        }]);
    };
    let name = form.id(field);
    view! {
        <Field label=field.label name=name.clone() help=field.help optional=field.optional>
            <div class="row">
                <SelectBox name=name value=value choices=all described=true disabled=form.off() on_change=Callback::new(choose)/>
                {move || chosen.get().map(|id| view! {
                    <A href=format!("/scripts/{id}") attr:class="icon-button" attr:aria-label="Open the script" attr:title="Open it"><Icon name="external-link" small=true/></A>
                })}
            </div>
            <FieldConflict doc=doc path=script/>
        </Field>
        {move || chosen.get().map(|id| view! { <FunctionField form=form field=field script=id/> })}
    }
}

/// The function, among those that the script has now.
#[component]
fn FunctionField(form: Form, field: &'static Described, script: Id) -> impl IntoView {
    let doc = form.doc;
    let path = form.path(&format!("{}/function", field.path));
    let at = StoredValue::new(path.clone());
    let content = use_document(script);
    let value = Memo::new(move |_| at.with_value(|path| doc.text(path)));
    let all = Signal::derive(move || {
        let now = value.get();
        let found = functions(&content.text("/content"));
        let mut all = vec![(
            String::new(),
            if found.is_empty() { "The script has no function" } else { "Choose a function" }.to_owned(),
        )];
        let open = content.view.with(Option::is_some);
        let missing = !now.is_empty() && !found.contains(&now);
        all.extend(found.into_iter().map(|name| (name.clone(), name)));
        if missing {
            all.push((now.clone(), if open { format!("{now} (not in the script)") } else { now.clone() }));
        }
        all
    });
    let error = Signal::derive(move || {
        let none = value.with(String::is_empty) && content.view.with(Option::is_some);
        none.then(|| "Choose the function that is called.".to_owned())
    });
    let name = format!("function-{}", form.id(field));
    view! {
        <Field label=format!("{}: function", field.label) name=name.clone() error=error>
            <SelectBox name=name value=value choices=all described=true disabled=form.off() on_change=Callback::new(move |name: String| doc.set_text(&at.get_value(), name))/>
            <ScriptDoor script=content of=doc hook=place_of(doc.kind.get_untracked(), field.path) function=value label=field.label/>
            <FieldConflict doc=doc path=path/>
        </Field>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::playground_stubs;

    #[test]
    fn each_hook_is_tried_with_what_its_place_gives() {
        let known = |kind, path| playground_stubs().iter().any(|stub| stub.name == place_of(kind, path));
        assert_eq!(place_of(Some(Kind::Api), "/script"), "handleRequest");
        for path in [
            "/hooks/preMap",
            "/hooks/postMap",
            "/hooks/postSubmit",
            "/hooks/preSavePage",
            "/hooks/postResponseMap",
            "/script",
        ] {
            assert!(known(Some(Kind::Flow), path), "{path}");
        }
        assert!(known(Some(Kind::Api), "/script"));
    }
}
