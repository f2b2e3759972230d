//! The fields of a sample record as lines of a tree. Plain functions.

use std::collections::BTreeSet;

use serde_json::Value;

/// How many lines are drawn at most; a search finds the others.
pub(super) const MOST: usize = 500;
/// How deep the tree goes.
const DEEP: usize = 12;
/// How many letters of a value are shown.
const LETTERS: usize = 40;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Leaf {
    /// Its path, as a mapping has it.
    pub(super) path: String,
    pub(super) name: String,
    pub(super) depth: usize,
    /// What it holds, in a sign.
    pub(super) kind: &'static str,
    /// The same in a word.
    pub(super) words: &'static str,
    /// Its value, cut; how many there are of a list.
    pub(super) sample: String,
    /// Whether it has fields, and whether they are shown.
    pub(super) open: Option<bool>,
}

/// The path of a field below another.
pub(super) fn below(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain {
        format!("{path}.{key}")
    } else {
        format!("{path}['{}']", key.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// The lines of a record. `closed` are the paths whose fields are hidden; with something `wanted`, only what has it in its
/// name is shown, and what it stands in.
pub(super) fn leaves(record: &Value, closed: &BTreeSet<String>, wanted: &str) -> Vec<Leaf> {
    let mut found = Vec::new();
    let wanted = wanted.trim().to_lowercase();
    let (root, rows) = match record {
        Value::Array(rows) => ("$[*]".to_owned(), rows.first()),
        other => ("$".to_owned(), Some(other)),
    };
    if let Some(Value::Object(_)) = rows {
        walk(rows.unwrap_or(&Value::Null), &root, 0, (closed, &wanted), &mut found);
    }
    found
}

type Shown<'s> = (&'s BTreeSet<String>, &'s str);

/// Whether anything at or below was kept.
fn walk(value: &Value, path: &str, depth: usize, shown: Shown<'_>, found: &mut Vec<Leaf>) -> bool {
    let Value::Object(fields) = value else { return false };
    let mut any = false;
    for (key, value) in fields {
        if found.len() >= MOST {
            return any;
        }
        let here = below(path, key);
        let (inner, many) = inside(value);
        let at = found.len();
        let has = inner.is_some_and(|inner| inner.as_object().is_some_and(|fields| !fields.is_empty())) && depth < DEEP;
        let (closed, wanted) = shown;
        let open = has.then(|| !wanted.is_empty() || !closed.contains(&here));
        let (kind, words) = kind_of(value);
        found.push(Leaf { path: here.clone(), name: key.clone(), depth, kind, words, sample: sample(value), open });
        let deeper = if many { format!("{here}[*]") } else { here };
        let below = open == Some(true) && walk(inner.unwrap_or(&Value::Null), &deeper, depth + 1, shown, found);
        let kept = below || wanted.is_empty() || key.to_lowercase().contains(wanted);
        if !kept {
            found.truncate(at);
        }
        any |= kept;
    }
    any
}

/// The value whose fields stand below one, and whether there are many such.
fn inside(value: &Value) -> (Option<&Value>, bool) {
    match value {
        Value::Object(_) => (Some(value), false),
        Value::Array(items) => (items.first().filter(|first| first.is_object()), true),
        _ => (None, false),
    }
}

fn kind_of(value: &Value) -> (&'static str, &'static str) {
    match value {
        Value::Null => ("–", "nothing"),
        Value::Bool(_) => ("t/f", "true or false"),
        Value::Number(_) => ("123", "number"),
        Value::String(_) => ("abc", "text"),
        Value::Object(_) => ("{}", "object"),
        Value::Array(items) if items.first().is_some_and(Value::is_object) => ("[{}]", "list of objects"),
        Value::Array(_) => ("[]", "list"),
    }
}

fn sample(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.chars().take(LETTERS).collect(),
        Value::Array(items) => match items.len() {
            1 => "1 item".to_owned(),
            many => format!("{many} items"),
        },
        Value::Object(fields) => match fields.len() {
            1 => "1 field".to_owned(),
            many => format!("{many} fields"),
        },
        other => other.to_string(),
    }
}

/// The type that a field has in a destination, for a row that is made of a value.
pub(super) fn type_for(value: &Value) -> &'static str {
    let item = |value: &Value| match value {
        Value::Number(_) => 1,
        Value::Bool(_) => 2,
        Value::Object(_) => 3,
        Value::Array(_) => 4,
        Value::Null | Value::String(_) => 0,
    };
    match value {
        Value::Array(items) => {
            ["stringarray", "numberarray", "booleanarray", "objectarray", "arrayarray"][items.first().map_or(0, item)]
        }
        other => ["string", "number", "boolean", "object", "string"][item(other)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order() -> Value {
        json!({"id": 7, "customer": {"name": "Ann", "e mail": "a@b"}, "lines": [{"sku": "A"}, {"sku": "B"}], "tags": ["x"]})
    }

    #[test]
    fn a_record_is_a_tree_of_paths_as_mappings_write_them() {
        let all = leaves(&order(), &BTreeSet::new(), "");
        let paths: Vec<_> = all.iter().map(|leaf| leaf.path.as_str()).collect();
        let wanted =
            ["$.id", "$.customer", "$.customer.name", "$.customer['e mail']", "$.lines", "$.lines[*].sku", "$.tags"];
        assert_eq!(paths.len(), wanted.len(), "{paths:?}");
        assert!(wanted.iter().all(|path| paths.contains(path)), "{paths:?}");
        let of = |path: &str| all.iter().find(|leaf| leaf.path == path).cloned().unwrap();
        assert_eq!(
            (of("$.lines").kind, of("$.lines").sample.as_str(), of("$.lines").open),
            ("[{}]", "2 items", Some(true))
        );
        assert_eq!((of("$.tags").open, of("$.id").depth, of("$.lines[*].sku").depth), (None, 0, 1));
    }

    #[test]
    fn what_is_closed_hides_its_fields_and_a_search_finds_them() {
        let closed: BTreeSet<String> = ["$.customer".to_owned()].into();
        let names =
            |wanted: &str| leaves(&order(), &closed, wanted).into_iter().map(|leaf| leaf.name).collect::<BTreeSet<_>>();
        assert!(!names("").contains("name"));
        assert_eq!(names("NAME"), ["customer".to_owned(), "name".to_owned()].into());
        assert!(names("nothing such").is_empty());
    }

    #[test]
    fn a_hostile_sample_is_cut() {
        let wide: Value = Value::Object((0..5_000).map(|at| (format!("f{at}"), json!("x".repeat(500)))).collect());
        let all = leaves(&wide, &BTreeSet::new(), "");
        assert_eq!((all.len(), all[0].sample.len()), (MOST, LETTERS));
        let mut deep = json!({"a": 1});
        for _ in 0..100 {
            deep = json!({"a": deep});
        }
        assert_eq!(leaves(&deep, &BTreeSet::new(), "").len(), DEEP + 1);
        assert!(leaves(&json!("text"), &BTreeSet::new(), "").is_empty());
    }

    #[test]
    fn a_group_of_rows_is_a_tree_of_its_rows() {
        let all = leaves(&json!([{"a": 1}, {"a": 2}]), &BTreeSet::new(), "");
        assert_eq!(all[0].path, "$[*].a");
    }
}
