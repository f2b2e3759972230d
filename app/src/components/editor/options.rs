//! The fields beside the rules.

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::content::Content;
use super::describe::{Editor, OptionField, OptionKind};

/// All options of an editor.
#[component]
pub(crate) fn Options(editor: &'static Editor, content: Content) -> impl IntoView {
    let fields = editor.options.iter().map(|field| view! { <OptionBox field=field content=content/> }).collect_view();
    view! { <div class="editor-options" role="group" aria-label="Options">{fields}</div> }
}

/// The id of an option's field on the page.
pub(crate) fn option_id(name: &str) -> String {
    format!("option-{name}")
}

#[component]
fn OptionBox(field: &'static OptionField, content: Content) -> impl IntoView {
    let id = option_id(field.name);
    let value = Memo::new(move |_| content.options.with(|options| options.get(field.name).cloned()));
    let text = move || value.with(|value| words(field.kind, value.as_ref()));
    let set = move |new: Value| content.options.update(|options| put(options, field.name, new));
    let boxed = |placeholder: &'static str, id: String| {
        view! {
            <input class="input" id=id type="text" placeholder=placeholder autocomplete="off" spellcheck="false" prop:value=text
                on:input=move |event| set(read(field.kind, &event_target_value(&event)))/>
        }
        .into_any()
    };
    let control = match field.kind {
        OptionKind::Check(usual) => {
            let checked = move || value.with(|value| value.as_ref().and_then(Value::as_bool).unwrap_or(usual));
            return view! {
                <label class="check"><input type="checkbox" id=id prop:checked=checked
                    on:change=move |event| set(Value::Bool(event_target_checked(&event)))/><span>{field.label}</span></label>
            }
            .into_any();
        }
        OptionKind::Text(placeholder) | OptionKind::Number(placeholder) | OptionKind::List(placeholder) => {
            boxed(placeholder, id.clone())
        }
        OptionKind::Headers(placeholder) | OptionKind::Lines(placeholder) => view! {
            <textarea class="input" id=id.clone() rows="2" placeholder=placeholder spellcheck="false" prop:value=text
                on:input=move |event| set(Value::String(event_target_value(&event)))></textarea>
        }
        .into_any(),
        OptionKind::Choice(choices) => view! {
            <select class="input select-native" id=id.clone() prop:value=text on:change=move |event| set(Value::String(event_target_value(&event)))>
                {choices.iter().map(|(key, words)| {
                    let chosen = move || text() == *key;
                    view! { <option value=*key prop:selected=chosen>{*words}</option> }
                }).collect_view()}
            </select>
        }
        .into_any(),
        OptionKind::ChoiceOrOwn(choices) => {
            let value = Memo::new(move |_| {
                value.with(|value| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned())
            });
            let set = Callback::new(move |text: String| set(Value::String(text)));
            view! { <ChoiceOrOwn id=id.clone() label=field.label choices=choices value=value set=set/> }.into_any()
        }
        OptionKind::Function => {
            let names = Memo::new(move |_| content.rules.with(|script| functions(script)));
            view! {
                <select class="input select-native" id=id.clone() prop:value=text on:change=move |event| set(Value::String(event_target_value(&event)))>
                    {move || {
                        let now = text();
                        let mut names = names.get();
                        if !names.contains(&now) {
                            names.insert(0, now.clone());
                        }
                        names.into_iter().map(|name| {
                            let chosen = name == now;
                            let shown = if name.is_empty() { "Choose a function".to_owned() } else { name.clone() };
                            view! { <option value=name prop:selected=chosen>{shown}</option> }
                        }).collect_view()
                    }}
                </select>
            }
            .into_any()
        }
    };
    let wide = matches!(field.kind, OptionKind::Headers(_) | OptionKind::Lines(_));
    view! { <div class="field" class:wide=wide><label for=id>{field.label}</label>{control}</div> }.into_any()
}

/// What a choice says when something else is typed beside it; no value is so.
const OWN: &str = "another…";

/// One of several values, or another one in a field of its own.
#[component]
fn ChoiceOrOwn(
    id: String,
    label: &'static str,
    choices: &'static [(&'static str, &'static str)],
    value: Memo<String>,
    set: Callback<String>,
) -> impl IntoView {
    // What was typed, and the value that it made: an example puts another one there, which is chosen again.
    let typed = RwSignal::new(None::<(String, String)>);
    let is_own = Memo::new(move |_| {
        let value = value.get();
        let listed = value.is_empty() || choices.iter().any(|(key, _)| *key == value);
        !listed || typed.with(|typed| typed.as_ref().is_some_and(|(_, made)| *made == value))
    });
    let shown = move || {
        let value = value.get();
        let draft = typed.with(|typed| typed.as_ref().filter(|(_, made)| *made == value).map(|(text, _)| text.clone()));
        draft.unwrap_or_else(|| escaped(&value))
    };
    // Without a word the first one is meant.
    let usual = choices.first().map_or("", |(key, _)| *key);
    let chosen = move |key: &'static str| {
        !is_own.get() && value.with(|value| value == key || (value.is_empty() && key == usual))
    };
    let choose = move |event: leptos::ev::Event| match event_target_value(&event) {
        key if key == OWN => {
            let value = value.get_untracked();
            typed.set(Some((escaped(&value), value)));
        }
        key => {
            typed.set(None);
            set.run(key);
        }
    };
    let input = move |event: leptos::ev::Event| {
        let text = event_target_value(&event);
        let made = unescaped(&text);
        typed.set(Some((text, made.clone())));
        set.run(made);
    };
    view! {
        <select class="input select-native" id=id on:change=choose>
            {choices.iter().map(|&(key, words)| view! { <option value=key prop:selected=move || chosen(key)>{words}</option> }).collect_view()}
            <option value=OWN prop:selected=is_own>"Another"</option>
        </select>
        {move || is_own.get().then(|| view! {
            <input class="input" type="text" aria-label=format!("{label}: another") autocomplete="off" spellcheck="false" prop:value=shown on:input=input/>
        })}
    }
}

/// A tab and line ends cannot be typed in a field: they are written `\t`, `\n`.
fn unescaped(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\r", "\r").replace("\\n", "\n")
}

fn escaped(text: &str) -> String {
    text.replace('\t', "\\t").replace('\r', "\\r").replace('\n', "\\n")
}

/// What is emptied is not set any more.
fn put(options: &mut Map<String, Value>, name: &str, value: Value) {
    if value == Value::String(String::new()) {
        options.shift_remove(name);
    } else {
        options.insert(name.to_owned(), value);
    }
}

/// What is typed, as the option holds it.
fn read(kind: OptionKind, text: &str) -> Value {
    match kind {
        OptionKind::Number(_) => {
            text.trim().parse::<u64>().map_or_else(|_| Value::String(text.to_owned()), Value::from)
        }
        OptionKind::List(_) if !text.trim().is_empty() => {
            text.split(',').map(|item| Value::String(item.trim().to_owned())).collect()
        }
        OptionKind::Headers(_) | OptionKind::Lines(_) => Value::String(text.to_owned()),
        _ => Value::String(unescaped(text)),
    }
}

fn words(kind: OptionKind, value: Option<&Value>) -> String {
    match (value, kind) {
        // Without a word the first one is meant.
        (None | Some(Value::Null), OptionKind::Choice(choices)) => {
            choices.first().map_or("", |(key, _)| key).to_owned()
        }
        (None | Some(Value::Null), _) => String::new(),
        // Values of a choice are keys, and lines are typed as they are.
        (Some(Value::String(text)), OptionKind::Choice(_) | OptionKind::Headers(_) | OptionKind::Lines(_)) => {
            text.clone()
        }
        (Some(Value::String(text)), _) => escaped(text),
        (Some(Value::Array(items)), _) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        (Some(other), _) => other.to_string(),
    }
}

/// The functions of a script, as somebody would look for them: `function name(`.
pub(crate) fn functions(script: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in script.split("function").skip(1) {
        let rest = part.trim_start_matches('*').trim_start();
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).collect();
        let called = rest.get(name.len()..).is_some_and(|after| after.trim_start().starts_with('('));
        if !name.is_empty() && called && part.starts_with([' ', '*', '\n', '\t']) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_of_a_script_are_found_by_their_names() {
        let script = "export function preMap (options) {}\nconst f = function(x) {};\nasync function  $a_1(){}\n// functional(\nfunction preMap() {}";
        assert_eq!(functions(script), ["preMap", "$a_1"]);
    }

    #[test]
    fn what_is_typed_in_an_option_is_shown_again() {
        for (kind, text) in [
            (OptionKind::Text(""), "\\t"),
            (OptionKind::Text(""), "|"),
            (OptionKind::Headers(""), "A: 1\nB: 2"),
            (OptionKind::Lines(""), "{\n  \"a\": \"x\\ny\"\n}"),
            (OptionKind::List(""), "a, b"),
            (OptionKind::Number(""), "12"),
            (OptionKind::Number(""), "x"),
        ] {
            assert_eq!(words(kind, Some(&read(kind, text))), text);
        }
    }
}
