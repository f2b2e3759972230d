//! What people call a field: the words of its form, for messages that name it elsewhere.

use serde_json::Value;
use tombolo_model::path;

/// The end of a path, and the label of its field.
const LABELS: [(&str, &str); 33] = [
    ("/name", "Name"),
    ("/description", "Description"),
    ("/disabled", "On or off"),
    ("/schedule", "Schedule"),
    ("/timezone", "Time zone"),
    ("/content", "Content"),
    ("/_connectionId", "Connection"),
    ("/_exportId", "Export"),
    ("/_importId", "Import"),
    ("/_integrationId", "Integration"),
    ("/rawData", "File"),
    ("/rawDataName", "File"),
    ("/file/type", "Format"),
    ("/file/fileName", "File name"),
    ("/file/csv/columnDelimiter", "Column delimiter"),
    ("/http/baseURI", "Base URL"),
    ("/http/relativeURI", "Relative URL"),
    ("/http/method", "Method"),
    ("/http/body", "Body"),
    ("/http/auth/type", "Authentication"),
    ("/basic/username", "User name"),
    ("/paging/method", "Paging"),
    ("/paging/page", "First page"),
    ("/paging/lastPageStatusCode", "Last page status"),
    ("/resourcePath", "Records are at"),
    ("/filter/expression/rules", "Filter"),
    ("/generate", "Destination field"),
    ("/extract", "Source field"),
    ("/dataType", "Type"),
    ("/mappings", "Mapping"),
    ("/pageGenerators", "Sources"),
    ("/pageProcessors", "Steps"),
    ("/routers", "Branches"),
];

/// A field in people's words; a field without a form is spelled out.
pub(crate) fn field_words(place: &str) -> String {
    let known = LABELS.iter().find(|(end, _)| place.ends_with(end));
    known.map_or_else(|| spelled(place), |(_, words)| (*words).to_owned())
}

/// `/a/lastPageStatusCode` becomes "Last page status code".
fn spelled(place: &str) -> String {
    let last = path::last(place).map(|last| path::unescape(last).into_owned()).unwrap_or_default();
    let letters: Vec<char> = last.trim_start_matches('_').chars().collect();
    let mut words = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let begins = letter.is_uppercase() && at.checked_sub(1).is_some_and(|before| letters[before].is_lowercase());
        if begins {
            words.push(' ');
        }
        match letter {
            _ if at == 0 => words.extend(letter.to_uppercase()),
            '_' | '-' => words.push(' '),
            // Of "baseURL" the last word keeps its capitals.
            _ if begins && letters.get(at + 1).is_some_and(|next| next.is_lowercase()) => {
                words.extend(letter.to_lowercase());
            }
            _ => words.push(*letter),
        }
    }
    if words.is_empty() { place.to_owned() } else { words }
}

/// What a row is called by what is in it.
pub(super) fn row_name(row: &Value) -> Option<String> {
    ["generate", "name", "label"]
        .iter()
        .filter_map(|field| row.get(field).and_then(Value::as_str))
        .find(|name| !name.is_empty())
        .map(ToOwned::to_owned)
}

/// What a row holds, in one line.
pub(super) fn row_words(row: &Value) -> String {
    let text = |field: &str| row.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("extract"), row_name(row)) {
        (Some(from), Some(name)) => format!("{name}, from {}", from.strip_prefix("$.").unwrap_or(from)),
        (Some(from), None) => format!("from {}", from.strip_prefix("$.").unwrap_or(from)),
        (None, Some(name)) => name,
        (None, None) => row.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_is_called_as_its_form_calls_it() {
        assert_eq!(field_words("/name"), "Name");
        assert_eq!(field_words("/http/relativeURI"), "Relative URL");
        assert_eq!(field_words("/mappings/r1/mappings/r2/extract"), "Source field");
        assert_eq!(field_words("/http/retry/maxRetryCount"), "Max retry count");
        assert_eq!(field_words("/settings/imageURL"), "Image URL");
        assert_eq!(field_words("/settings/a~1b_c"), "A/b c");
        assert_eq!(field_words(""), "");
    }

    #[test]
    fn a_row_is_called_by_what_it_writes() {
        assert_eq!(row_words(&json!({"generate": "amount", "extract": "$.grand_total"})), "amount, from grand_total");
        assert_eq!(row_words(&json!({"name": "Retry"})), "Retry");
        assert_eq!(row_name(&json!({"generate": "", "extract": "$.a"})), None);
    }
}
