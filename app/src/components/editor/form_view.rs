//! A form as people see it: the fields that the evaluation gave, filled with the values of the input.
//!
//! What is entered goes into the text of the input and is read from there. The output says which fields there are and
//! what they have by themselves; it comes later than the next key, so its values must not replace what was typed.

use leptos::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::content::Content;

/// A field as the evaluation gives it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct FormField {
    key: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    label: String,
    #[serde(default)]
    value: Value,
    visible: bool,
    required: bool,
    #[serde(default)]
    section: Option<String>,
    #[serde(default)]
    help: Option<String>,
    #[serde(default)]
    placeholder: Option<String>,
    #[serde(default, rename = "inputType")]
    input_type: Option<String>,
    #[serde(default)]
    options: Vec<Choice>,
}

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Choice {
    label: String,
    #[serde(default)]
    value: Value,
}

/// Where a value goes.
#[derive(Clone, Copy)]
struct Entry {
    value: Memo<Value>,
    set: Callback<Value>,
}

/// The fields of an output.
fn fields(text: &str) -> Vec<FormField> {
    let output: Value = serde_json::from_str(text).unwrap_or_default();
    let fields = output.get("fields").cloned().unwrap_or_default();
    let fields: Vec<FormField> = serde_json::from_value(fields).unwrap_or_default();
    fields.into_iter().filter(|field| field.visible).collect()
}

/// The input with another value in it; nothing when it is no object.
fn with_value(input: &str, name: &str, value: Value) -> Option<String> {
    let mut values: Map<String, Value> =
        if input.trim().is_empty() { Map::new() } else { serde_json::from_str(input).ok()? };
    if value.is_null() {
        values.shift_remove(name);
    } else {
        values.insert(name.to_owned(), value);
    }
    serde_json::to_string_pretty(&values).ok()
}

/// What a field has: what the input says, and otherwise what the form has for it. The evaluation reads it the same way.
fn value_of(given: &Map<String, Value>, fields: &[FormField], name: &str, key: &str) -> Value {
    let own = || fields.iter().find(|field| field.key == key).map(|field| field.value.clone());
    given.get(name).cloned().or_else(own).unwrap_or_default()
}

/// The form of an output.
#[component]
pub(crate) fn FormView(text: Memo<String>, content: Content) -> impl IntoView {
    let shown = Memo::new(move |_| text.with(|text| fields(text)));
    let given: Memo<Map<String, Value>> =
        Memo::new(move |_| content.input.with(|input| serde_json::from_str(input).unwrap_or_default()));
    // A field stays the same element while its value changes, so that somebody can type in it.
    let shape = |field: &FormField| format!("{:?}", FormField { value: Value::Null, ..field.clone() });
    view! {
        <form class="form-view" aria-label="The form" on:submit=|event| event.prevent_default()>
            {move || shown.with(Vec::is_empty).then(|| view! { <p class="quiet-line">"The form has no fields yet."</p> })}
            <For each=move || sections(&shown.get()) key=move |(section, field)| format!("{section:?} {}", shape(field)) let:entry>
                {field_view(entry, shown, given, content)}
            </For>
        </form>
    }
}

/// The fields, and in front of the first of a section its name.
fn sections(fields: &[FormField]) -> Vec<(Option<String>, FormField)> {
    let mut last: Option<&str> = None;
    let mut made = Vec::new();
    for field in fields {
        let section = field.section.as_deref();
        let begins = section.filter(|_| section != last).map(ToOwned::to_owned);
        last = section;
        made.push((begins, field.clone()));
    }
    made
}

fn field_view(
    (section, field): (Option<String>, FormField),
    shown: Memo<Vec<FormField>>,
    given: Memo<Map<String, Value>>,
    content: Content,
) -> impl IntoView {
    let (key, name, own) = (field.key.clone(), field.name.clone(), field.name.clone());
    let value = Memo::new(move |_| given.with(|given| shown.with(|fields| value_of(given, fields, &own, &key))));
    let set = Callback::new(move |value: Value| {
        if let Some(text) = content.input.with_untracked(|input| with_value(input, &name, value)) {
            content.input.set(text);
        }
    });
    view! {
        {section.map(|section| view! { <h3>{section}</h3> })}
        {control(field, Entry { value, set })}
    }
}

fn control(field: FormField, entry: Entry) -> AnyView {
    let id = format!("form-{}", field.key);
    let help = field.help.clone().map(|help| view! { <p class="help">{help}</p> });
    let label =
        view! { {field.label.clone()}{field.required.then(|| view! { <span class="optional">" required"</span> })} };
    let many = match field.kind.as_str() {
        "checkbox" | "toggle" => {
            let role = (field.kind == "toggle").then_some("switch");
            let checked = move || entry.value.get() == Value::Bool(true);
            return view! {
                <div class="field">
                    <label class="check"><input type="checkbox" class:switch=role.is_some() role=role prop:checked=checked
                        on:change=move |event| entry.set.run(Value::Bool(event_target_checked(&event)))/><span>{label}</span></label>
                    {help}
                </div>
            }
            .into_any();
        }
        "labeltitle" => return view! { <h3>{field.label}</h3> }.into_any(),
        "radiogroup" => false,
        "multiselect" => true,
        _ => {
            return view! { <div class="field"><label for=id.clone()>{label}</label>{one_value(&field, id, entry)}{help}</div> }
                .into_any();
        }
    };
    let name = id.clone();
    view! {
        <fieldset class="field">
            <legend>{label}</legend>
            {field.options.into_iter().map(|choice| chosen_of(choice, many, name.clone(), entry)).collect_view()}
            {help}
        </fieldset>
    }
    .into_any()
}

/// One of the boxes of a group: of several that may be checked, or of one.
fn chosen_of(choice: Choice, many: bool, name: String, entry: Entry) -> impl IntoView {
    let Choice { label, value } = choice;
    let own = value.clone();
    let checked = move || entry.value.with(|now| now == &own || now.as_array().is_some_and(|list| list.contains(&own)));
    let change = move |event: leptos::ev::Event| {
        if !many {
            return entry.set.run(value.clone());
        }
        let mut list = entry.value.with_untracked(|now| now.as_array().cloned().unwrap_or_default());
        list.retain(|one| *one != value);
        if event_target_checked(&event) {
            list.push(value.clone());
        }
        entry.set.run(Value::Array(list));
    };
    view! {
        <label class="check"><input type=if many { "checkbox" } else { "radio" } name=name prop:checked=checked on:change=change/><span>{label}</span></label>
    }
}

/// A field that holds one value.
fn one_value(field: &FormField, id: String, entry: Entry) -> AnyView {
    let placeholder = field.placeholder.clone().unwrap_or_default();
    if matches!(field.kind.as_str(), "select" | "refreshableselect") {
        let text = move || entry.value.with(words);
        let choices = field.options.clone();
        let set = choices.clone();
        let change = move |event: leptos::ev::Event| {
            let wanted = event_target_value(&event);
            let chosen = set.iter().find(|choice| words(&choice.value) == wanted);
            entry.set.run(chosen.map(|choice| choice.value.clone()).unwrap_or_default());
        };
        return view! {
            <select class="input select-native" id=id on:change=change>
                <option value="" prop:selected=move || text().is_empty()>"Choose one"</option>
                {choices.into_iter().map(|choice| {
                    let own = words(&choice.value);
                    let value = own.clone();
                    view! { <option value=value prop:selected=move || text() == own>{choice.label}</option> }
                }).collect_view()}
            </select>
        }
        .into_any();
    }
    let kind = match (field.kind.as_str(), field.input_type.as_deref()) {
        ("number", _) | (_, Some("number")) => "number",
        ("password", _) => "password",
        ("date", _) => "date",
        ("datetime", _) => "datetime-local",
        _ => "text",
    };
    let is_number = kind == "number";
    let is_json = matches!(field.kind.as_str(), "keyvalue" | "staticMap" | "expression");
    // What was typed stays as it was typed until the field is left: of `1.50` the value is `1.5`.
    let draft = RwSignal::new(None::<(Value, String)>);
    let text = Memo::new(move |_| {
        let value = entry.value.get();
        let typed = draft.with(|draft| draft.as_ref().filter(|(made, _)| *made == value).map(|(_, text)| text.clone()));
        typed.unwrap_or_else(|| words(&value))
    });
    // A browser gives nothing for a number or a date that is half typed. To write anything into the field would take
    // away what is there, so its text stays the same and is not written.
    let halves = matches!(kind, "number" | "date" | "datetime-local");
    let input = move |event: leptos::ev::Event| {
        let typed = event_target_value(&event);
        let value = entered(&typed, is_number, is_json);
        let shown = if halves && typed.is_empty() { text.get_untracked() } else { typed };
        draft.set(Some((value.clone(), shown)));
        entry.set.run(value);
    };
    // A browser blurs a field also while it takes it off the page, when its signals are gone.
    let leave = move |_| drop(draft.try_set(None));
    if is_json || matches!(field.kind.as_str(), "textarea" | "editor") {
        return view! { <textarea class="input" id=id rows="3" placeholder=placeholder prop:value=move || text.get() on:input=input on:blur=leave></textarea> }
            .into_any();
    }
    view! { <input class="input" id=id type=kind placeholder=placeholder autocomplete="off" prop:value=move || text.get() on:input=input on:blur=leave/> }
        .into_any()
}

/// A value as it stands in its field.
fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What was entered, as it is saved. What is no number or no JSON yet is kept as a text. So is nothing at all: in place
/// of a value that is missing the form puts its own, and a field that has one could not be emptied.
fn entered(text: &str, is_number: bool, is_json: bool) -> Value {
    let read = serde_json::from_str::<Value>(text).ok();
    match read {
        Some(value) if is_number && value.is_number() || is_json && !value.is_string() => value,
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_entered_in_a_form_goes_into_the_values() {
        let input = "{\"a\": 1, \"b\": \"x\"}";
        let read = |text: Option<String>| serde_json::from_str::<Value>(&text.unwrap()).unwrap();
        assert_eq!(read(with_value(input, "b", json!("y"))), json!({"a": 1, "b": "y"}));
        assert_eq!(read(with_value("", "c", json!(true))), json!({"c": true}));
        assert_eq!(read(with_value(input, "a", Value::Null)), json!({"b": "x"}));
        assert_eq!(with_value("[1]", "a", json!(1)), None);
        assert_eq!((entered("5", true, false), entered("5", false, false)), (json!(5), json!("5")));
        assert_eq!((entered("{\"a\":1}", false, true), entered("{\"a", false, true)), (json!({"a": 1}), json!("{\"a")));
        assert_eq!((entered("", true, false), entered("", false, true)), (json!(""), json!("")));
    }

    #[test]
    fn what_was_typed_counts_before_the_output_that_does_not_know_it_yet() {
        let output = json!({"fields": [{"key": "k", "name": "n", "type": "text", "label": "N", "value": "older",
            "visible": true, "required": false}]});
        let fields = fields(&output.to_string());
        let value = |given: Value| value_of(given.as_object().unwrap(), &fields, "n", "k");
        assert_eq!(value(json!({"n": "newer"})), json!("newer"));
        assert_eq!(value(json!({"n": ""})), json!(""), "an emptied field is not filled again");
        assert_eq!(value(json!({})), json!("older"));
    }

    #[test]
    fn a_form_has_the_fields_that_are_shown_under_their_sections() {
        let field = |key: &str, section: &str, visible: bool| json!({"key": key, "name": key, "type": "text", "label": key, "value": null, "visible": visible, "required": false, "section": section});
        let output =
            json!({"fields": [field("a", "S", true), field("b", "S", true), field("c", "T", false)], "values": {}});
        let shown = sections(&fields(&output.to_string()));
        let names: Vec<_> = shown.iter().map(|(section, field)| (section.as_deref(), field.key.as_str())).collect();
        assert_eq!(names, [(Some("S"), "a"), (None, "b")]);
        assert!(fields("no json").is_empty());
    }
}
