//! Where resources lie in an archive, and of what kind they are.
//!
//! What this product writes is `{collection}/{id}.json`. What others write is read as far as it says what it is: by a folder,
//! by the name of the file, or by a `model` in it; a file may hold one resource, a list of them, or `{"model", "doc"}`.

use serde_json::Value;
use tombolo_model::Kind;

use crate::PackageError;

/// Folders and files that systems add, and that mean nothing.
pub(crate) fn is_noise(name: &str) -> bool {
    name.ends_with('/') || name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX")
}

/// Refuses names that would lead out of a folder, although nothing is ever written under them: somebody meant harm.
pub(crate) fn checked(name: &str) -> Result<(), PackageError> {
    let drive = name.as_bytes().get(1) == Some(&b':');
    let leads_out = name.starts_with('/') || drive || name.split('/').any(|part| part == "..") || name.contains('\0');
    if leads_out { Err(PackageError::Escapes { name: name.chars().take(200).collect() }) } else { Ok(()) }
}

/// The kind that a name stands for, however it is spelt.
fn kind_named(word: &str) -> Option<Kind> {
    let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Kind::ALL.into_iter().find(|kind| {
        let name = kind.name().to_ascii_lowercase();
        plain == name || plain == kind.collection() || plain.strip_suffix('s') == Some(&name)
    })
}

/// The kind that the path of a file says.
pub(crate) fn kind_of_path(name: &str) -> Option<Kind> {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    let in_folder = || folders.rsplit('/').find_map(kind_named);
    let in_name = || stem(file).split(['.', '_', '-', ' ']).rev().find_map(kind_named);
    in_folder().or_else(in_name)
}

/// The name of a file without its folders and its ending.
pub(crate) fn stem(name: &str) -> &str {
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The resources of one file with what each says of its kind.
pub(crate) fn resources(name: &str, value: Value) -> Result<Vec<(Option<Kind>, Value)>, PackageError> {
    match value {
        Value::Array(items) => {
            let each = items.into_iter().map(|item| resource(name, item));
            each.collect()
        }
        Value::Object(mut fields) if matches!(fields.get("objects"), Some(Value::Array(_))) => {
            match fields.shift_remove("objects") {
                Some(Value::Array(items)) => items.into_iter().map(|item| resource(name, item)).collect(),
                _ => Ok(Vec::new()),
            }
        }
        value => Ok(vec![resource(name, value)?]),
    }
}

fn resource(name: &str, value: Value) -> Result<(Option<Kind>, Value), PackageError> {
    let not_one = || PackageError::NotAResource { name: name.to_owned() };
    let Value::Object(mut fields) = value else { return Err(not_one()) };
    let model = fields.get("model").and_then(Value::as_str).and_then(kind_named);
    match (model, fields.get("doc")) {
        (Some(kind), Some(Value::Object(_))) => Ok((Some(kind), fields.shift_remove("doc").ok_or_else(not_one)?)),
        _ => Ok((None, Value::Object(fields))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_of_what_kind_a_file_is() {
        for (name, kind) in [
            ("exports/000000000000000000000001.json", Kind::Export),
            ("My integration/lookupCaches/a.json", Kind::LookupCache),
            ("flow_000000000000000000000001.json", Kind::Flow),
            ("000000000000000000000001.connection.json", Kind::Connection),
            ("iClients/x.json", Kind::IClient),
            ("tpconnectors/x.json", Kind::TradingPartnerConnector),
            ("Imports.json", Kind::Import),
        ] {
            assert_eq!(kind_of_path(name), Some(kind), "{name}");
        }
        assert_eq!(kind_of_path("a/b.json"), None);
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["../a.json", "a/../../b.json", "/etc/passwd", "C:/a.json", "a\0.json", "..", "a/.."] {
            assert!(matches!(checked(name), Err(PackageError::Escapes { .. })), "{name:?}");
        }
        assert_eq!(checked("a/..b/c...json"), Ok(()));
    }
}
