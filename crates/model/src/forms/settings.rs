//! The form of settings that somebody made: `settingsForm.form` of an integration, a flow or a connection, read as fields.
//!
//! The form is data of a resource, so anything may be in it. What cannot be drawn is named, and the others are drawn all
//! the same; what is in the settings and in no field stays.

use serde_json::Value;

/// A field of such a form.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingsField {
    /// The key of the settings that it fills in.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What it is for.
    pub help: String,
    /// How it is filled in.
    pub input: SettingsInput,
    /// Whether it has to be filled in.
    pub required: bool,
    /// What counts while nothing is entered.
    pub usual: Option<Value>,
}

/// How a field of settings is filled in.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingsInput {
    /// A line.
    Text,
    /// Several lines.
    Area,
    /// A number.
    Number,
    /// On or off.
    Check,
    /// One of these values, each with its words.
    Choice(Vec<(Value, String)>),
    /// Some of these values.
    Many(Vec<(Value, String)>),
}

/// The most fields that are drawn.
const MOST_FIELDS: usize = 200;
/// How deep containers lie in each other.
const MOST_DEPTH: usize = 8;

/// Reads a form; says beside the fields what of it cannot be drawn, in sentences.
#[must_use]
pub fn settings_fields(form: &Value) -> (Vec<SettingsField>, Vec<String>) {
    let Some(map) = form.get("fieldMap").and_then(Value::as_object) else {
        return (Vec::new(), vec!["The form has no “fieldMap”, an object of fields.".to_owned()]);
    };
    let mut order = Vec::new();
    if let Some(layout) = form.get("layout") {
        places(layout, 0, &mut order);
    }
    // A field that the layout leaves out is drawn at the end rather than hidden.
    order.extend(map.keys().map(String::as_str).filter(|key| !order.contains(key)).collect::<Vec<_>>());
    let (mut fields, mut problems) = (Vec::new(), Vec::new());
    for key in order.into_iter().take(MOST_FIELDS) {
        match map.get(key).map(|described| field(key, described)) {
            Some(Ok(field)) => fields.push(field),
            Some(Err(problem)) => problems.push(problem),
            None => problems.push(format!("The layout names “{key}”, which is no field of the form.")),
        }
    }
    (fields, problems)
}

fn places<'v>(layout: &'v Value, depth: usize, order: &mut Vec<&'v str>) {
    if depth > MOST_DEPTH {
        return;
    }
    let names = layout.get("fields").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in names {
        if !order.contains(&name) {
            order.push(name);
        }
    }
    for container in layout.get("containers").and_then(Value::as_array).into_iter().flatten() {
        places(container, depth + 1, order);
    }
}

fn field(key: &str, described: &Value) -> Result<SettingsField, String> {
    let text = |name: &str| described.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = if text("name").is_empty() { key } else { text("name") };
    let label = if text("label").is_empty() { name } else { text("label") };
    let input = match text("type") {
        "text" | "" if text("inputType") == "number" => SettingsInput::Number,
        "text" | "expression" | "uri" | "date" | "" => SettingsInput::Text,
        "textarea" => SettingsInput::Area,
        "number" => SettingsInput::Number,
        "checkbox" => SettingsInput::Check,
        "select" | "radiogroup" => SettingsInput::Choice(options(described)),
        "multiselect" => SettingsInput::Many(options(described)),
        other => {
            return Err(format!(
                "“{label}” is of the type “{other}”, which is not drawn here. Its value can be entered as JSON."
            ));
        }
    };
    Ok(SettingsField {
        name: name.to_owned(),
        label: label.to_owned(),
        help: if text("helpText").is_empty() { text("description") } else { text("helpText") }.to_owned(),
        input,
        required: described.get("required").and_then(Value::as_bool).unwrap_or(false),
        usual: described.get("defaultValue").filter(|value| !value.is_null()).cloned(),
    })
}

/// `options: [{ items: ["a", { label, value }] }]`, or the items themselves.
fn options(described: &Value) -> Vec<(Value, String)> {
    let groups = described.get("options").and_then(Value::as_array).into_iter().flatten();
    let items = groups.flat_map(|group| match group.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().collect::<Vec<_>>(),
        None => vec![group],
    });
    let option = |item: &Value| {
        let value = item.get("value").unwrap_or(item).clone();
        let plain = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let label = item.get("label").and_then(Value::as_str).unwrap_or(&plain).to_owned();
        (value, label)
    };
    items.take(1_000).map(option).collect()
}

impl SettingsField {
    /// What is wrong with what is in the settings, in words.
    #[must_use]
    pub fn problem(&self, value: Option<&Value>) -> Option<String> {
        let empty = value.or(self.usual.as_ref()).is_none_or(|value| {
            value.is_null() || value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty)
        });
        (self.required && empty).then(|| format!("Enter “{}”.", self.label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_form_of_settings_is_read_in_the_order_of_its_layout() {
        let form = json!({
            "fieldMap": {
                "limit": {"id": "limit", "name": "limit", "type": "text", "inputType": "number", "label": "Limit", "required": true},
                "region": {"type": "select", "label": "Region", "helpText": "Where.", "options": [{"items": ["eu", {"label": "America", "value": "us"}]}]},
                "on": {"type": "checkbox", "label": "On", "defaultValue": true},
                "odd": {"type": "staticMap", "label": "Odd"},
            },
            "layout": {"type": "column", "containers": [{"fields": ["region"]}, {"fields": ["limit", "gone"]}]},
        });
        let (fields, problems) = settings_fields(&form);
        assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["region", "limit", "on"]);
        assert_eq!(
            fields[0].input,
            SettingsInput::Choice(vec![(json!("eu"), "eu".into()), (json!("us"), "America".into())])
        );
        assert_eq!((&fields[1].input, fields[1].required), (&SettingsInput::Number, true));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(fields[1].problem(None).is_some_and(|why| why.contains("Limit")));
        assert_eq!(fields[1].problem(Some(&json!(3))), None);
        assert_eq!(fields[2].problem(None), None);
    }

    #[test]
    fn what_is_no_form_says_so_and_panics_nowhere() {
        for form in [
            json!(null),
            json!([]),
            json!({"fieldMap": 3}),
            json!({"fieldMap": {"a": 7}, "layout": {"containers": [[], 3]}}),
        ] {
            let (fields, problems) = settings_fields(&form);
            assert!(fields.len() <= 1 && problems.len() <= 1, "{form}");
        }
    }
}
