//! Values to the type that a rule asks for.

use tombolo_model::{Val, excerpt};

use super::number::parse;

/// The data types of Mapper 2.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataType {
    Text,
    Number,
    Boolean,
    Object,
    Texts,
    Numbers,
    Booleans,
    Objects,
    Lists,
    /// An item of `Lists`; no rule asks for it.
    List,
}

const NAMES: [(&str, DataType); 9] = [
    ("string", DataType::Text),
    ("number", DataType::Number),
    ("boolean", DataType::Boolean),
    ("object", DataType::Object),
    ("stringarray", DataType::Texts),
    ("numberarray", DataType::Numbers),
    ("booleanarray", DataType::Booleans),
    ("objectarray", DataType::Objects),
    ("arrayarray", DataType::Lists),
];

impl DataType {
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(have, _)| *have == name).map(|(_, kind)| *kind)
    }

    /// What the items of a list of this type are.
    pub(crate) fn item(self) -> Option<Self> {
        match self {
            Self::Text | Self::Number | Self::Boolean | Self::Object | Self::List => None,
            Self::Texts => Some(Self::Text),
            Self::Numbers => Some(Self::Number),
            Self::Booleans => Some(Self::Boolean),
            Self::Objects => Some(Self::Object),
            Self::Lists => Some(Self::List),
        }
    }

    /// Converts a value, or says why it cannot be.
    pub(crate) fn convert(self, value: &Val) -> Result<Val, String> {
        match self {
            Self::Text => text(value),
            Self::Number => number(value),
            Self::Boolean => boolean(value),
            Self::Object => match value {
                Val::Map(_) => Ok(value.clone()),
                other => Err(format!("it is {} and not an object.", other.kind())),
            },
            Self::Texts => list(value, text),
            Self::Numbers => list(value, number),
            Self::Booleans => list(value, boolean),
            Self::Objects => list(value, |item| Self::Object.convert(item)),
            Self::List => match value {
                Val::List(_) => Ok(value.clone()),
                other => Err(format!("it is {} and not a list.", other.kind())),
            },
            Self::Lists => list(value, |item| Self::List.convert(item)),
        }
    }
}

fn text(value: &Val) -> Result<Val, String> {
    match value {
        Val::Str(_) => Ok(value.clone()),
        // As it is written in JSON: any value has a text.
        Val::List(_) | Val::Map(_) => Ok(Val::text(&value.to_json())),
        other => Ok(Val::text(&other.display())),
    }
}

fn number(value: &Val) -> Result<Val, String> {
    match value {
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => Ok(value.clone()),
        Val::Bool(flag) => Ok(Val::Int(i64::from(*flag))),
        Val::Str(text) => parse(text).ok_or_else(|| format!("“{}” is not a number.", excerpt(text))),
        other => Err(format!("it is {} and not a number.", other.kind())),
    }
}

fn boolean(value: &Val) -> Result<Val, String> {
    match value {
        Val::Bool(_) => Ok(value.clone()),
        Val::Str(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Val::Bool(true)),
            "false" | "0" => Ok(Val::Bool(false)),
            // Any other text is truthy, as in JavaScript.
            other => Ok(Val::Bool(!other.is_empty())),
        },
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => Ok(Val::Bool(value.as_f64() != Some(0.0))),
        other => Ok(Val::Bool(matches!(other, Val::List(_) | Val::Map(_)))),
    }
}

fn list(value: &Val, convert: impl Fn(&Val) -> Result<Val, String>) -> Result<Val, String> {
    match value {
        Val::List(items) => items.iter().map(convert).collect::<Result<_, _>>().map(Val::List),
        other => Err(format!("it is {} and not a list.", other.kind())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn any_value_has_a_text_and_is_truthy_or_not() {
        for (value, text, truth) in [
            (json!({"x": 1}), r#"{"x":1}"#, true),
            (json!([1, "a"]), r#"[1,"a"]"#, true),
            (json!("yes"), "yes", true),
            (json!("False"), "False", false),
            (json!(""), "", false),
            (json!(0), "0", false),
            (json!(2.5), "2.5", true),
        ] {
            let value = Val::from(&value);
            assert_eq!(DataType::Text.convert(&value), Ok(Val::text(text)));
            assert_eq!(DataType::Boolean.convert(&value), Ok(Val::Bool(truth)), "{text}");
        }
    }
}
