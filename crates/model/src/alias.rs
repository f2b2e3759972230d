//! Aliases: names by which scripts call what has another id in each account that an integration is copied to.
//!
//! An integration's aliases hold in all of its flows; a flow has its own, and of two with one name that of the flow is
//! meant. A name stands once among those of one resource.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Id, Kind, Problem};

/// The list of a flow's or an integration's aliases.
pub const ALIASES: &str = "/aliases";

/// The most characters of an alias.
pub const LONGEST_ALIAS: usize = 100;

/// What an alias can stand for: the field that says which, and its kind.
pub const ALIASED: [(&str, Kind); 5] = [
    ("_connectionId", Kind::Connection),
    ("_exportId", Kind::Export),
    ("_importId", Kind::Import),
    ("_flowId", Kind::Flow),
    ("_lookupCacheId", Kind::LookupCache),
];

/// One alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Its name.
    pub name: String,
    /// What kind of resource it stands for.
    pub kind: Kind,
    /// Which.
    pub id: Id,
}

/// One alias; nothing where a row has no name or stands for nothing.
#[must_use]
pub fn alias(row: &Value) -> Option<Alias> {
    let name = row.get("alias")?.as_str().filter(|name| !name.is_empty())?;
    let target = |(field, kind): &(&str, Kind)| Some((*kind, row.get(*field)?.as_str()?.parse().ok()?));
    let (kind, id) = ALIASED.iter().find_map(target)?;
    Some(Alias { name: name.to_owned(), kind, id })
}

/// The aliases of a flow or an integration, in their order.
#[must_use]
pub fn aliases(value: &Value) -> Vec<Alias> {
    value.get("aliases").and_then(Value::as_array).into_iter().flatten().filter_map(alias).collect()
}

/// What each alias stands for in a flow: its own before those of its integration, and of several with one name the first.
#[must_use]
pub fn resolved(flow: &Value, integration: Option<&Value>) -> BTreeMap<String, Alias> {
    let mut found = BTreeMap::new();
    for alias in aliases(flow).into_iter().chain(integration.into_iter().flat_map(aliases)) {
        found.entry(alias.name.clone()).or_insert(alias);
    }
    found
}

/// The resources that scripts call by an alias of the integration: a run has them too, and none that no script names.
#[must_use]
pub fn called<'v>(integration: &Value, scripts: impl Iterator<Item = &'v Value>) -> Vec<Id> {
    let all = aliases(integration);
    if all.is_empty() {
        return Vec::new();
    }
    let texts: Vec<&str> = scripts.filter_map(|script| script.get("content")?.as_str()).collect();
    all.into_iter().filter(|alias| texts.iter().any(|text| text.contains(&alias.name))).map(|alias| alias.id).collect()
}

/// Why a new alias cannot have this name, in words; `taken` are those of the same resource.
#[must_use]
pub fn name_problem<'n>(name: &str, mut taken: impl Iterator<Item = &'n str>) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if name.is_empty() {
        return Some("Enter a name.".to_owned());
    }
    if name.chars().count() > LONGEST_ALIAS {
        return Some(format!("An alias has {LONGEST_ALIAS} letters at most."));
    }
    if let Some(other) = name.chars().find(|letter| !plain(*letter)) {
        return Some(format!("“{other}” is not allowed: letters of English, digits, “-”, “_” and “.” are."));
    }
    if name.parse::<Id>().is_ok() {
        return Some("This is an id. Choose a name that no resource has for its id.".to_owned());
    }
    taken.any(|one| one == name).then(|| format!("There is an alias “{name}” already."))
}

/// Finds names that stand twice.
pub(crate) fn check(value: &Value, problems: &mut Vec<Problem>) {
    let rows = value.get("aliases").and_then(Value::as_array);
    let mut seen = BTreeSet::new();
    for (index, row) in rows.into_iter().flatten().enumerate() {
        let Some(name) = row.get("alias").and_then(Value::as_str) else { continue };
        if !seen.insert(name) {
            let message = format!("Two aliases are called “{name}”: delete one of them.");
            problems.push(Problem::new(format!("{ALIASES}/{index}/alias"), "duplicate_alias", message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    #[test]
    fn an_alias_of_a_flow_is_meant_before_that_of_its_integration() {
        let flow = json!({"aliases": [{"alias": "orders", "_exportId": id(1)}, {"alias": "half"}, {"_flowId": id(9)}]});
        let integration =
            json!({"aliases": [{"alias": "orders", "_importId": id(2)}, {"alias": "shop", "_connectionId": id(3)}]});
        let found = resolved(&flow, Some(&integration));
        let one = |name: &str| found.get(name).map(|alias| (alias.kind, alias.id));
        assert_eq!(one("orders"), Some((Kind::Export, id(1))));
        assert_eq!(one("shop"), Some((Kind::Connection, id(3))));
        assert_eq!(found.len(), 2, "what stands for nothing is none");
        assert_eq!(resolved(&flow, None).len(), 1);
    }

    #[test]
    fn only_what_a_script_calls_by_its_alias_comes_along() {
        let integration =
            json!({"aliases": [{"alias": "orders", "_exportId": id(1)}, {"alias": "stock", "_exportId": id(2)}]});
        let script = json!({"content": "exports.run({_id: 'orders'})"});
        assert_eq!(called(&integration, [&script].into_iter()), [id(1)]);
        assert_eq!(called(&json!({}), [&script].into_iter()), []);
    }

    #[test]
    fn an_alias_is_a_plain_name_that_stands_once_in_its_scope() {
        let said = |name: &str| name_problem(name, ["orders"].into_iter());
        assert_eq!((said("stock"), said("a.b-c_1")), (None, None));
        for wrong in ["", "orders", "two words", "ö", "000000010101010101010101", &"a".repeat(101)] {
            assert!(said(wrong).is_some(), "{wrong}");
        }
        let twice = json!({"name": "f", "aliases": [{"alias": "a", "_flowId": id(1)}, {"alias": "b"}, {"alias": "a"}]});
        for kind in [Kind::Flow, Kind::Integration] {
            let found = crate::validate(kind, &twice);
            let places: Vec<_> = found.iter().map(|problem| (problem.path.as_str(), problem.code.as_str())).collect();
            assert_eq!(places, [("/aliases/2/alias", "duplicate_alias")]);
        }
    }
}
