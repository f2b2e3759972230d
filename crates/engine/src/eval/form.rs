//! The evaluation of settings forms: which fields are shown, and what they save.
//!
//! `rules` is `{form: {fieldMap, layout}}` or what is in it, or `{fieldMap, layout}` alone; `input` has the values that are
//! saved, by the names of the fields. The output is `{fields, values}`: the fields in the order of the layout as they are
//! shown, and what is saved of them.

use serde_json::{Map, Value, json};
use tombolo_model::{Val, excerpt};

use super::weight::small;
use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};

pub(super) const ALL: &[Evaluator] = &[("form", form)];

/// The types of fields that forms have.
const TYPES: [&str; 19] = [
    "text",
    "textarea",
    "password",
    "number",
    "checkbox",
    "toggle",
    "radiogroup",
    "select",
    "multiselect",
    "date",
    "datetime",
    "expression",
    "editor",
    "keyvalue",
    "staticMap",
    "relativeuri",
    "refreshableselect",
    "labeltitle",
    "file",
];
/// Those whose values are chosen.
const CHOSEN: [&str; 3] = ["radiogroup", "select", "multiselect"];
const MOST_FIELDS: usize = 500;
const DEEPEST: usize = 16;
/// The most that the values of a form may take in memory.
const MOST_SAVED_BYTES: usize = 8 << 20;

fn form(request: &EvalRequest) -> EvalOutcome {
    let (form, place) = match request.rules.get("form") {
        Some(form) => (form, "/form"),
        None => (&request.rules, ""),
    };
    let Some(map) = form.get("fieldMap").and_then(Value::as_object) else {
        let message = "Enter the fields: {\"fieldMap\": {\"NAME\": {\"id\": …, \"type\": …, \"label\": …}}, \"layout\": {\"fields\": […]}}.";
        return EvalOutcome::failed([EvalError::at("invalid_form", message, &format!("{place}/fieldMap"))]);
    };
    let saved = match &request.input {
        Val::Map(_) | Val::Absent | Val::Null => small(&request.input, MOST_SAVED_BYTES, "/input"),
        _ => Err(EvalError::at("invalid_input", "Enter the values: an object.", "/input")),
    };
    let saved = match saved {
        Ok(saved) => saved,
        Err(error) => return EvalOutcome::failed([error]),
    };
    let mut drawn = Drawn { map, place, saved: &saved, errors: Vec::new(), fields: Vec::new(), seen: Vec::new() };
    match form.get("layout") {
        None | Some(Value::Null) => drawn.all(),
        Some(layout) => drawn.layout(layout, &format!("{place}/layout"), None, 0),
    }
    let Drawn { fields, mut errors, .. } = drawn;
    let mut values = Map::new();
    for field in fields.iter().filter(|field| field["visible"] == json!(true)) {
        let Some(name) = field["name"].as_str() else { continue };
        let value = &field["value"];
        if field["omitted"] != json!(true) && !value.is_null() {
            values.insert(name.to_owned(), value.clone());
        }
        if field["required"] == json!(true) && is_empty(value) {
            let label = field["label"].as_str().unwrap_or(name);
            let place = format!("{place}/fieldMap/{}", field["key"].as_str().unwrap_or_default());
            errors.push(EvalError::at(
                "required",
                format!("“{label}” is required: enter a value.", label = excerpt(&label)),
                &place,
            ));
        }
    }
    let output = json!({"fields": fields, "values": values});
    EvalOutcome { errors, ..EvalOutcome::made(output) }
}

/// A form while it is laid out.
struct Drawn<'f> {
    map: &'f Map<String, Value>,
    place: &'f str,
    saved: &'f Value,
    errors: Vec<EvalError>,
    fields: Vec<Value>,
    seen: Vec<&'f str>,
}

impl<'f> Drawn<'f> {
    fn wrong(&mut self, message: String, place: &str) {
        if self.errors.len() < 20 {
            self.errors.push(EvalError::at("invalid_form", message, place));
        }
    }

    fn all(&mut self) {
        for key in self.map.keys() {
            self.field(key, None);
        }
    }

    fn layout(&mut self, layout: &'f Value, here: &str, section: Option<&str>, depth: usize) {
        if depth > DEEPEST {
            return self.wrong("The containers are nested too deeply: make the layout flatter.".to_owned(), here);
        }
        for (at, key) in layout.get("fields").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let known = key.as_str().filter(|key| self.map.contains_key(*key));
            match known {
                Some(key) if self.seen.contains(&key) => {
                    self.wrong(
                        format!("“{key}” stands in the layout twice: delete one.", key = excerpt(&key)),
                        &format!("{here}/fields/{at}"),
                    );
                }
                Some(key) => self.field(key, section),
                None => {
                    let message = format!("There is no field {key} in the fieldMap: add it, or delete it here.");
                    self.wrong(message, &format!("{here}/fields/{at}"));
                }
            }
        }
        for (at, one) in layout.get("containers").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let label = one.get("label").and_then(Value::as_str).or(section);
            self.layout(one, &format!("{here}/containers/{at}"), label, depth + 1);
        }
    }

    fn field(&mut self, key: &'f str, section: Option<&str>) {
        let Some(field) = self.map.get(key) else { return };
        if self.fields.len() >= MOST_FIELDS {
            return;
        }
        self.seen.push(key);
        let here = format!("{}/fieldMap/{}", self.place, key.replace('~', "~0").replace('/', "~1"));
        let text = |name: &str| field.get(name).and_then(Value::as_str);
        let kind = text("type").unwrap_or_default();
        if !TYPES.contains(&kind) {
            let message = match text("type") {
                Some(kind) => {
                    format!("There is no type “{kind}”. There are: {}.", TYPES.join(", "), kind = excerpt(&kind))
                }
                None => format!("The field has no type. There are: {}.", TYPES.join(", ")),
            };
            self.wrong(message, &format!("{here}/type"));
        }
        let name = text("name").or(text("id")).unwrap_or(key);
        if text("label").is_none() {
            self.wrong(
                format!("The field “{key}” has no label: nobody would know what to enter.", key = excerpt(&key)),
                &here,
            );
        }
        let choices = choices(field);
        if CHOSEN.contains(&kind) && choices.is_empty() {
            let message =
                "There is nothing to choose from: write \"options\": [{\"items\": [{\"label\": …, \"value\": …}]}].";
            self.wrong(message.to_owned(), &format!("{here}/options"));
        }
        let value = self.saved.get(name).or_else(|| field.get("defaultValue")).cloned().unwrap_or_default();
        let rules = [("visibleWhen", true), ("visibleWhenAll", false)];
        let visible = self.holds(field, &here, &rules).unwrap_or(true);
        let required = self.holds(field, &here, &[("requiredWhen", true), ("requiredWhenAll", false)]);
        let required = required.unwrap_or_else(|| field.get("required").and_then(Value::as_bool) == Some(true));
        let omitted = field.get("omitWhenValueIs").and_then(Value::as_array).is_some_and(|list| list.contains(&value));
        let mut drawn = json!({"key": key, "name": name, "type": kind, "label": text("label").unwrap_or(key), "value": value,
            "visible": visible, "required": required});
        for (to, value) in [
            ("section", section.map(Value::from)),
            ("help", text("helpText").or(text("description")).map(Value::from)),
            ("placeholder", text("placeholder").map(Value::from)),
            ("inputType", text("inputType").map(Value::from)),
            ("options", Some(Value::Array(choices)).filter(|list| *list != json!([]))),
            ("omitted", omitted.then_some(Value::Bool(true))),
        ] {
            if let Some(value) = value {
                drawn[to] = value;
            }
        }
        self.fields.push(drawn);
    }

    /// Whether the conditions of a field hold: one of the first kind, or all of the second. Nothing where it has none.
    fn holds(&mut self, field: &Value, here: &str, rules: &[(&str, bool)]) -> Option<bool> {
        let (name, any) = rules.iter().find(|(name, _)| field.get(*name).is_some())?;
        let Some(list) = field.get(*name).and_then(Value::as_array) else {
            self.wrong(
                format!("Enter {name} as a list: [{{\"field\": …, \"is\": [\"…\"]}}]."),
                &format!("{here}/{name}"),
            );
            return None;
        };
        let mut holds = Vec::new();
        for (at, one) in list.iter().enumerate() {
            let other = one.get("field").and_then(Value::as_str).unwrap_or_default();
            let known = self.map.iter().find(|(key, field)| {
                *key == other || [field.get("id"), field.get("name")].into_iter().flatten().any(|name| name == other)
            });
            let Some((key, known)) = known else {
                let message = format!(
                    "There is no field “{other}”: a condition looks at one of the fieldMap.",
                    other = excerpt(&other)
                );
                self.wrong(message, &format!("{here}/{name}/{at}/field"));
                continue;
            };
            let saved = known.get("name").or(known.get("id")).and_then(Value::as_str).unwrap_or(key);
            let value = self.saved.get(saved).or_else(|| known.get("defaultValue")).cloned().unwrap_or_default();
            let has = |name: &str| one.get(name).and_then(Value::as_array).map(|list| has(list, &value));
            holds.push(match (has("is"), has("isNot")) {
                (Some(is), _) => is,
                (None, Some(is_not)) => !is_not,
                (None, None) => !is_empty(&value),
            });
        }
        Some(if *any { holds.contains(&true) } else { !holds.contains(&false) })
    }
}

/// Whether a value is one of a list; a switch that nobody touched is off.
fn has(list: &[Value], value: &Value) -> bool {
    let is_off = value.is_null() && list.iter().any(|one| one == &json!(false) || one == &json!(""));
    is_off || list.contains(value)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// What can be chosen, each as `{label, value}`: forms write texts, such objects, and groups of them.
fn choices(field: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let list = field.get("options").and_then(Value::as_array).into_iter().flatten();
    for one in
        list.flat_map(|one| one.get("items").and_then(Value::as_array).map_or(std::slice::from_ref(one), Vec::as_slice))
    {
        match one {
            Value::String(text) => found.push(json!({"label": text, "value": text})),
            Value::Object(fields) => {
                let value = fields.get("value").cloned().unwrap_or_default();
                let label = fields.get("label").and_then(Value::as_str).map(ToOwned::to_owned);
                found.push(json!({"label": label.unwrap_or_else(|| value.to_string()), "value": value}));
            }
            _ => {}
        }
    }
    found.truncate(MOST_FIELDS);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::eval;

    fn made(rules: Value, input: Value) -> EvalOutcome {
        eval("form", &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap()
    }

    fn shop() -> Value {
        json!({"form": {"fieldMap": {
            "mode": {"id": "mode", "name": "mode", "type": "select", "label": "Mode", "required": true,
                "options": [{"items": [{"label": "All", "value": "all"}, "none"]}]},
            "since": {"id": "since", "name": "sinceDate", "type": "date", "label": "Since",
                "visibleWhen": [{"field": "mode", "is": ["all"]}]},
            "note": {"id": "note", "name": "note", "type": "text", "label": "Note", "defaultValue": "-", "omitWhenValueIs": ["-"]}
        }, "layout": {"fields": ["mode"], "containers": [{"label": "More", "fields": ["since", "note"]}]}}})
    }

    #[test]
    fn a_form_shows_what_its_conditions_let_and_saves_what_is_shown() {
        let all = made(shop(), json!({"mode": "all", "sinceDate": "2026-11-01"}));
        assert_eq!(*all.output.get("values").unwrap(), json!({"mode": "all", "sinceDate": "2026-11-01"}));
        assert_eq!(*all.output.pointer("/fields/1/section").unwrap(), json!("More"));
        assert!(all.errors.is_empty());
        let none = made(shop(), json!({"mode": "none", "sinceDate": "2026-11-01", "note": "x"}));
        assert_eq!(*none.output.get("values").unwrap(), json!({"mode": "none", "note": "x"}));
        let blank = made(shop(), Value::Null);
        assert_eq!(
            (blank.errors[0].code.as_str(), blank.errors[0].path.as_deref()),
            ("required", Some("/form/fieldMap/mode"))
        );
    }

    #[test]
    fn what_is_wrong_with_a_form_is_told_where_it_stands() {
        for (pointer, value, place, said) in [
            ("/form/fieldMap/mode/type", json!("choice"), "/form/fieldMap/mode/type", "There is no type “choice”"),
            ("/form/layout/fields", json!(["mod"]), "/form/layout/fields/0", "There is no field"),
            ("/form/fieldMap/since/visibleWhen/0/field", json!("x"), "/form/fieldMap/since/visibleWhen/0/field", "“x”"),
            ("/form/fieldMap/mode/options", json!([]), "/form/fieldMap/mode/options", "nothing to choose from"),
            ("/form/fieldMap", json!(1), "/form/fieldMap", "Enter the fields"),
        ] {
            let mut rules = shop();
            *rules.pointer_mut(pointer).unwrap() = value;
            let errors = made(rules, json!({"mode": "all"})).errors;
            let found = errors.iter().any(|error| error.path.as_deref() == Some(place) && error.message.contains(said));
            assert!(found, "{pointer}: {errors:?}");
        }
    }
}
