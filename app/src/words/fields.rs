//! What people call a field and what is in it: the words of its form, for screens that name it elsewhere. Plain functions,
//! tested natively.

use serde_json::Value;
use tombolo_model::path;

use super::count;

/// The end of a path, and the label of its field.
const LABELS: [(&str, &str); 35] = [
    ("/name", "Name"),
    ("/description", "Description"),
    ("/disabled", "On or off"),
    ("/schedule", "Schedule"),
    ("/timezone", "Time zone"),
    ("/content", "Content"),
    ("/_connectionId", "Connection"),
    ("/_exportId", "Source"),
    ("/_importId", "Destination"),
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
    ("/adaptorType", "Application"),
    ("/mediaType", "Media type"),
    ("/mappings", "Mapping"),
    ("/pageGenerators", "Sources"),
    ("/pageProcessors", "Steps"),
    ("/routers", "Branches"),
];

/// What tells that a row is deleted, and where in its list it stands, at the end of a path.
const DELETED: &str = "~deleted";
const POSITION: &str = "~pos";
/// The place that says whether a resource is in the bin.
const BIN: &str = "bin";

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

/// The list of a resource in which a place lies, or the one word for all of it.
fn list_words(place: &str) -> Option<&'static str> {
    if place == BIN {
        return Some("Recycle bin");
    }
    Some(match path::segments(place).next()? {
        "mappings" => "Mapping",
        "filter" => "Filter",
        "pageGenerators" => "Sources",
        "pageProcessors" => "Steps",
        "routers" => "Branches",
        _ => return None,
    })
}

/// Where something was changed, as far as people tell such places apart: the list, or the form's word for the field.
pub(crate) fn place_words(place: &str) -> String {
    list_words(place).map_or_else(|| field_words(place), ToOwned::to_owned)
}

/// A place with the field in its list: `Mapping: Source field`.
pub(crate) fn whole_words(place: &str) -> String {
    let Some(list) = list_words(place) else { return field_words(place) };
    match path::last(place) {
        Some(DELETED) => format!("{list}: row"),
        Some(POSITION) => format!("{list}: order"),
        _ => {
            let field = field_words(place);
            // Of a filter the one word is all there is to say, as it is of a whole list.
            if field == list || path::segments(place).count() < 3 {
                list.to_owned()
            } else {
                format!("{list}: {field}")
            }
        }
    }
}

/// What is in a field, in people's words; `None` when there is nothing. `named` says what a resource is called.
pub(crate) fn value_words(
    place: &str,
    value: Option<&Value>,
    named: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let on = value.and_then(Value::as_bool);
    if place == BIN {
        return Some(if on == Some(true) { "In the bin" } else { "Not in the bin" }.to_owned());
    }
    Some(match (path::last(place).unwrap_or_default(), value) {
        (DELETED, _) => if on == Some(true) { "Deleted" } else { "Kept" }.to_owned(),
        (POSITION, _) => "Another place".to_owned(),
        ("disabled", Some(Value::Bool(off))) => if *off { "Off" } else { "On" }.to_owned(),
        (_, None | Some(Value::Null)) => return None,
        (_, Some(Value::Bool(yes))) => if *yes { "Yes" } else { "No" }.to_owned(),
        (_, Some(Value::String(text))) if text.is_empty() => return None,
        (_, Some(Value::String(text))) => named(text).unwrap_or_else(|| text.clone()),
        (_, Some(Value::Array(items))) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            count(items.len(), "row")
        }
        (_, Some(Value::Array(items))) => {
            let items = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), ToOwned::to_owned));
            items.collect::<Vec<_>>().join(", ")
        }
        (_, Some(other)) => other.to_string(),
    })
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
    fn a_field_of_a_list_is_named_with_the_list() {
        assert_eq!(whole_words("/name"), "Name");
        assert_eq!(whole_words("/mappings/r1/extract"), "Mapping: Source field");
        assert_eq!(whole_words("/pageProcessors/r1/~pos"), "Steps: order");
        assert_eq!(whole_words("/pageProcessors/r1/~deleted"), "Steps: row");
        assert_eq!(whole_words("/filter/expression/rules"), "Filter");
        assert_eq!(whole_words("/mappings"), "Mapping");
        assert_eq!(whole_words("bin"), "Recycle bin");
    }

    #[test]
    fn what_is_in_a_field_is_said_as_its_form_says_it() {
        let named = |id: &str| (id == "0a").then(|| "Shop".to_owned());
        let said = |place: &str, value: Value| value_words(place, Some(&value), named);
        assert_eq!(said("/disabled", json!(true)).as_deref(), Some("Off"));
        assert_eq!(said("/_connectionId", json!("0a")).as_deref(), Some("Shop"));
        assert_eq!(said("/http/relativeURI", json!(["/a", "/b"])).as_deref(), Some("/a, /b"));
        assert_eq!(said("/mappings", json!([{"extract": "a"}])).as_deref(), Some("1 row"));
        assert_eq!(said("/steps/r/~deleted", json!(true)).as_deref(), Some("Deleted"));
        assert_eq!(said("/settings/bin", json!("A3")).as_deref(), Some("A3"), "only one place is the recycle bin");
        assert_eq!(said("/name", json!("")), None);
        assert_eq!(value_words("bin", None, named).as_deref(), Some("Not in the bin"));
        assert_eq!(value_words("/name", None, named), None);
    }
}
