//! Texts of fields as the values that are stored, and back.

use serde_json::Value;

use super::Input;

/// A value as the text of its field; a list is its parts between commas.
#[must_use]
pub fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(on)) => on.to_string(),
        Some(Value::Array(items)) => items.iter().map(|item| text_of(Some(item))).collect::<Vec<_>>().join(","),
        _ => String::new(),
    }
}

impl Input {
    /// What is wrong with a text that is to become a value, in words.
    #[must_use]
    pub fn problem(&self, text: &str) -> Option<String> {
        match self {
            Self::Number(low, high) if !text.trim().is_empty() => match text.trim().parse::<i64>() {
                Ok(number) if (*low..=*high).contains(&number) => None,
                _ if *high == i64::MAX => Some(format!("Enter a whole number, {low} or more.")),
                _ => Some(format!("Enter a whole number from {low} to {high}.")),
            },
            Self::Json if !text.trim().is_empty() => {
                serde_json::from_str::<Value>(text).err().map(|error| format!("This is not JSON: {error}."))
            }
            _ => None,
        }
    }

    /// A text as the value that is stored; nothing where the field is to be taken away. `now` is what is stored.
    #[must_use]
    pub fn value(&self, text: &str, now: Option<&Value>) -> Option<Value> {
        let trimmed = text.trim();
        match self {
            Self::Item(at) | Self::ItemChoice(at, _) => with_item(now, *at, text),
            _ if trimmed.is_empty() && !matches!(self, Self::Line) => None,
            Self::Number(..) => trimmed.parse::<i64>().ok().map(Value::from),
            Self::Json => serde_json::from_str(trimmed).ok(),
            Self::ListChoice(_) | Self::References(_) => Some(trimmed.split(',').map(Value::from).collect()),
            Self::Lines => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                Some(lines.map(Value::from).collect())
            }
            Self::Words => {
                let words = trimmed.split(',').map(str::trim).filter(|word| !word.is_empty());
                Some(words.map(|word| word.parse::<i64>().map_or_else(|_| Value::from(word), Value::from)).collect())
            }
            _ => Some(Value::from(text)).filter(|_| !text.is_empty()),
        }
    }

    /// A stored value as the text of the field.
    #[must_use]
    pub fn text(&self, value: Option<&Value>) -> String {
        match (self, value) {
            (Self::Item(at) | Self::ItemChoice(at, _), Some(Value::Array(items))) => text_of(items.get(*at)),
            (Self::Item(at) | Self::ItemChoice(at, _), _) if *at > 0 => String::new(),
            (Self::Json, Some(value)) => serde_json::to_string_pretty(value).unwrap_or_default(),
            (Self::Lines, Some(Value::Array(items))) => {
                items.iter().map(|item| text_of(Some(item))).collect::<Vec<_>>().join("\n")
            }
            (Self::Words, Some(Value::Array(items))) => {
                items.iter().map(|item| text_of(Some(item))).collect::<Vec<_>>().join(", ")
            }
            // A list of one is what a single text was before.
            (Self::Line | Self::Code | Self::Area(_) | Self::Choice(_), Some(Value::Array(items))) => {
                text_of(items.first())
            }
            (_, value) => text_of(value),
        }
    }
}

/// A list with another text at a place; empty texts at its end are left out.
fn with_item(now: Option<&Value>, at: usize, text: &str) -> Option<Value> {
    let mut items: Vec<Value> = match now {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one.clone()],
    };
    while items.len() <= at {
        items.push(Value::from(""));
    }
    items[at] = Value::from(text);
    while items.last().is_some_and(|last| last.as_str() == Some("")) {
        items.pop();
    }
    (!items.is_empty()).then_some(Value::Array(items))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Kind;

    #[test]
    fn a_number_out_of_bounds_says_its_bounds_and_a_word_is_none() {
        let number = Input::Number(1, 50);
        assert_eq!(number.problem("7"), None);
        assert_eq!(number.problem(""), None);
        assert_eq!(number.problem("51").as_deref(), Some("Enter a whole number from 1 to 50."));
        assert!(number.problem("seven").is_some());
        assert!(Input::Json.problem("{").is_some_and(|why| why.starts_with("This is not JSON")));
    }

    #[test]
    fn a_text_becomes_the_value_that_the_engine_reads_and_the_value_the_same_text() {
        for (input, text, value) in [
            (Input::Number(0, 9), "7", json!(7)),
            (Input::ListChoice(&[]), "CREATE,UPDATE", json!(["CREATE", "UPDATE"])),
            (Input::References(Kind::Flow), "a,b", json!(["a", "b"])),
            (Input::Lines, "a\nb", json!(["a", "b"])),
            (Input::Words, "200, ok", json!([200, "ok"])),
            (Input::Json, "{\n  \"a\": 1\n}", json!({"a": 1})),
            (Input::Code, "/orders", json!("/orders")),
        ] {
            assert_eq!(input.value(text, None), Some(value.clone()), "{text}");
            assert_eq!(input.text(Some(&value)), text);
        }
        assert_eq!(Input::Number(0, 9).value(" ", None), None);
        assert_eq!(Input::Code.text(Some(&json!(["/a", "/b"]))), "/a");
    }

    #[test]
    fn of_a_list_for_each_operation_only_the_own_item_changes() {
        let second = Input::Item(1);
        assert_eq!(second.value("/b", Some(&json!(["/a"]))), Some(json!(["/a", "/b"])));
        assert_eq!(second.value("/b", None), Some(json!(["", "/b"])));
        assert_eq!(second.value("", Some(&json!(["/a", "/b"]))), Some(json!(["/a"])));
        assert_eq!(second.text(Some(&json!(["/a", "/b"]))), "/b");
        assert_eq!(second.text(Some(&json!("/a"))), "");
        assert_eq!(Input::Item(0).value("", Some(&json!(["/a"]))), None);
    }
}
