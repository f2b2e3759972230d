//! Settings, filled in by the form that somebody made for them; without one, and for what it has no field, as JSON.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::forms::{Input, SettingsField, SettingsInput, field, settings_fields};
use tombolo_model::{Intent, path};

use super::Form;
use super::line::LineField;
use crate::components::fields::Live;
use crate::components::{Field, FieldConflict, Icon, SelectBox, Switch, TextBox, Typed, described_by};
use crate::state::Doc;

/// Where the form is.
const FORM: &str = "/settingsForm/form";

static AS_JSON: tombolo_model::forms::Field =
    field("/settings", "Settings", Input::Json).optional().help("A JSON object for scripts, filters and templates.");
static FORM_JSON: tombolo_model::forms::Field = field(FORM, "Form of the settings", Input::Json).optional().help(
    "A JSON object with a “fieldMap” of fields (text, textarea, number, checkbox, select, radiogroup, multiselect) and, if \
     you like, a “layout”. The settings are then filled in by these fields.",
);

/// The settings of a document.
#[component]
pub(super) fn SettingsBox(form: Form) -> impl IntoView {
    let doc = form.doc;
    let read = Memo::new(move |_| {
        let described = doc.at(&form.path(FORM)).filter(|form| form.as_object().is_some_and(|form| !form.is_empty()));
        described.map(|described| settings_fields(&described))
    });
    let made = Memo::new(move |_| read.with(Option::is_some));
    view! {
        {move || read.get().map(|(fields, problems)| view! {
            {problems.into_iter().map(|problem| view! { <div class="banner warning" role="status"><Icon name="triangle-alert"/><p>{problem}</p></div> }).collect_view()}
            {fields.into_iter().map(|field| view! { <One form=form field=field/> }).collect_view()}
        })}
        {move || if made.get() {
            view! { <details class="group"><summary>"As JSON"</summary><div class="group-body"><LineField form=form field=&AS_JSON/></div></details> }.into_any()
        } else {
            view! { <LineField form=form field=&AS_JSON/> }.into_any()
        }}
        // It stays when it becomes a form: its editor may be open.
        <details class="group"><summary>{move || if made.get() { "The form" } else { "Make a form of them" }}</summary><div class="group-body"><LineField form=form field=&FORM_JSON/></div></details>
    }
}

/// A field of the settings and what is in it.
#[derive(Clone, Copy)]
struct Setting {
    form: Form,
    field: StoredValue<SettingsField>,
    at: StoredValue<String>,
    value: Memo<Option<Value>>,
    error: Signal<Option<String>>,
}

impl Setting {
    fn of(form: Form, field: SettingsField) -> Self {
        let at = StoredValue::new(form.path(&path::join("/settings", &field.name)));
        let field = StoredValue::new(field);
        let doc = form.doc;
        let value = Memo::new(move |_| {
            at.with_value(|at| doc.at(at)).or_else(|| field.with_value(|field| field.usual.clone()))
        });
        let error = Signal::derive(move || value.with(|value| field.with_value(|field| field.problem(value.as_ref()))));
        Self { form, field, at, value, error }
    }

    fn doc(self) -> Doc {
        self.form.doc
    }

    fn label(self) -> String {
        self.field.with_value(|field| field.label.clone())
    }

    fn help(self) -> String {
        self.field.with_value(|field| field.help.clone())
    }

    /// The id of its field on the page.
    fn id(self) -> String {
        let name = self.at.with_value(|at| at.replace(|c: char| !c.is_alphanumeric(), "-"));
        format!("setting{name}-{}", self.form.doc.id)
    }

    /// Writes it, or takes it away.
    fn store(self, value: Option<Value>) {
        let path = self.at.get_value();
        self.doc().edit(vec![match value {
            Some(value) => Intent::Set { path, value },
            None => Intent::Remove { path },
        }]);
    }
}

/// A value as the key of a choice.
fn key(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[component]
fn One(form: Form, field: SettingsField) -> impl IntoView {
    let input = field.input.clone();
    let setting = Setting::of(form, field);
    match input {
        SettingsInput::Check => view! { <Check setting=setting/> }.into_any(),
        SettingsInput::Choice(all) => view! { <Choice setting=setting all=all/> }.into_any(),
        SettingsInput::Many(all) => view! { <Many setting=setting all=all/> }.into_any(),
        SettingsInput::Text => view! { <Written setting=setting lines=0 number=false/> }.into_any(),
        SettingsInput::Area => view! { <Written setting=setting lines=4 number=false/> }.into_any(),
        SettingsInput::Number => view! { <Written setting=setting lines=0 number=true/> }.into_any(),
    }
}

#[component]
fn Check(setting: Setting) -> impl IntoView {
    let (doc, label, help) = (setting.doc(), setting.label(), setting.help());
    let on =
        Signal::derive(move || setting.value.with(|value| value.as_ref().and_then(Value::as_bool).unwrap_or(false)));
    let turn = move |on: bool| async move {
        doc.try_edit(vec![Intent::Set { path: setting.at.get_value(), value: on.into() }]).await.map(drop)
    };
    view! {
        <div class="field switch-field"><div class="row"><span class="grow" aria-hidden="true">{label.clone()}</span><Switch label=label on=on disabled=setting.form.off() turn=turn/></div>
            {(!help.is_empty()).then(|| view! { <p class="help">{help}</p> })}<FieldConflict doc=doc path=setting.at.get_value()/></div>
    }
}

#[component]
fn Choice(setting: Setting, all: Vec<(Value, String)>) -> impl IntoView {
    let all = StoredValue::new(all);
    let now = Memo::new(move |_| setting.value.with(|value| value.as_ref().map(key).unwrap_or_default()));
    let choices = Signal::derive(move || {
        let mut choices = vec![(String::new(), "Choose".to_owned())];
        all.with_value(|all| choices.extend(all.iter().map(|(value, words)| (key(value), words.clone()))));
        let now = now.get();
        // What is there and is not offered stays a choice.
        if !choices.iter().any(|(have, _)| *have == now) {
            choices.push((now.clone(), now));
        }
        choices
    });
    let choose = move |chosen: String| {
        let offered = |(value, _): &&(Value, String)| key(value) == chosen;
        let value = all.with_value(|all| all.iter().find(offered).map(|(value, _)| value.clone()));
        setting.store(value.or_else(|| (!chosen.is_empty()).then(|| Value::from(chosen.clone()))));
    };
    let id = setting.id();
    view! {
        <Field label=setting.label() name=id.clone() help=setting.help() error=setting.error>
            <SelectBox name=id value=now choices=choices described=true disabled=setting.form.off() on_change=Callback::new(choose)/>
            <FieldConflict doc=setting.doc() path=setting.at.get_value()/>
        </Field>
    }
}

/// The number in a text.
fn number_in(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text.trim()).ok().filter(Value::is_number)
}

#[component]
fn Written(setting: Setting, lines: u32, number: bool) -> impl IntoView {
    let text = Signal::derive(move || {
        setting.value.with(|value| value.as_ref().filter(|value| !value.is_null()).map(key).unwrap_or_default())
    });
    let apply = Callback::new(move |text: String| {
        if text.trim().is_empty() {
            setting.store(None);
        } else if !number {
            setting.store(Some(Value::from(text)));
        } else if let Some(read) = number_in(&text) {
            setting.store(Some(read));
        }
    });
    let live = Live::new(text, apply, |_| false, str::to_owned);
    let wrong = Signal::derive(move || {
        let shown = live.shown();
        let bad = number && !shown.trim().is_empty() && number_in(&shown).is_none();
        if bad { Some(format!("“{}” is not a number.", shown.trim())) } else { setting.error.get() }
    });
    let id = setting.id();
    view! {
        <Field label=setting.label() name=id.clone() help=setting.help() error=wrong>
            <TextBox name=id typed=Typed::Value(live) lines=lines described=true disabled=setting.form.off() invalid=Signal::derive(move || wrong.get().is_some())/>
            <FieldConflict doc=setting.doc() path=setting.at.get_value()/>
        </Field>
    }
}

/// Some of several values, each with a box.
#[component]
fn Many(setting: Setting, all: Vec<(Value, String)>) -> impl IntoView {
    let chosen =
        move || setting.value.with(|value| value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default());
    let boxes = all.into_iter().map(|(one, words)| {
        let (own, other) = (one.clone(), one);
        let turn = move |event| {
            let on = event_target_checked(&event);
            let mut now: Vec<Value> = untrack(chosen);
            now.retain(|value| *value != own);
            if on {
                now.push(own.clone());
            }
            setting.store(Some(Value::Array(now)));
        };
        view! { <label class="check"><input type="checkbox" prop:checked=move || chosen().contains(&other) prop:disabled=setting.form.off() on:change=turn/><span>{words}</span></label> }
    });
    let (id, help) = (described_by(&setting.id()), setting.help());
    let described = id.clone();
    view! {
        <fieldset class="choices" aria-describedby=described><legend class="label">{setting.label()}</legend>{boxes.collect_view()}
            {(!help.is_empty()).then(|| view! { <p class="help" id=id>{help}</p> })}<FieldConflict doc=setting.doc() path=setting.at.get_value()/></fieldset>
    }
}
