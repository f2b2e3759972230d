//! What lists, search and used-by need to know of a resource, read off its JSON and its shape table.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Id, Kind, Shape, path, presets, shapes};

/// The small picture of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Its name; empty when it has none.
    pub name: String,
    /// The integration it belongs to.
    pub integration: Option<Id>,
    /// Switched off.
    pub disabled: bool,
    /// The resources it refers to, without itself.
    pub references: Vec<Id>,
    /// `adaptorType` or `type`; of a connection to a well-known application its key.
    pub adaptor: Option<String>,
    /// An export that looks things up for records and reads none of its own.
    pub lookup: bool,
    /// Of a flow: the group of its integration that it is in.
    pub group: Option<String>,
}

/// Describes a resource. Never fails: what is missing or of a wrong type is absent.
#[must_use]
pub fn describe(kind: Kind, value: &Value) -> Description {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let mut references = BTreeSet::new();
    collect(kind, value, &mut String::new(), &mut references);
    Description {
        name: text("name").or_else(|| text("title")).unwrap_or_default().to_owned(),
        integration: text("_integrationId").and_then(|id| id.parse().ok()),
        disabled: value.get("disabled").and_then(Value::as_bool).unwrap_or(false),
        references: references.into_iter().collect(),
        adaptor: text("assistant")
            .filter(|key| kind == Kind::Connection && presets::named(key).is_some())
            .or_else(|| text("adaptorType"))
            .or_else(|| text("type"))
            .map(ToOwned::to_owned),
        lookup: kind == Kind::Export && value.get("isLookup").and_then(Value::as_bool) == Some(true),
        group: text("_flowGroupingId").filter(|id| kind == Kind::Flow && !id.is_empty()).map(ToOwned::to_owned),
    }
}

/// Visits every reference of a resource with its place.
pub fn references(kind: Kind, value: &Value, visit: &mut dyn FnMut(&str, Kind, &str)) {
    walk(kind, value, &mut String::new(), visit);
}

/// What a run of a resource may ask for besides its [`Description::references`]: the resources that a script names in
/// its text, for `integrator-api`. Naming one is no reference: it neither keeps it from being deleted nor asks for a right.
#[must_use]
pub fn named(kind: Kind, value: &Value) -> Vec<Id> {
    let content = value.get("content").and_then(Value::as_str).filter(|_| kind == Kind::Script);
    let words = content.into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let ids: BTreeSet<Id> = words.filter(|word| word.len() == 24).filter_map(|word| word.parse().ok()).collect();
    ids.into_iter().collect()
}

fn collect(kind: Kind, value: &Value, place: &mut String, into: &mut BTreeSet<Id>) {
    walk(kind, value, place, &mut |_, _, text| {
        if let Ok(id) = text.parse() {
            into.insert(id);
        }
    });
}

fn walk(kind: Kind, value: &Value, place: &mut String, visit: &mut dyn FnMut(&str, Kind, &str)) {
    let table = shapes(kind);
    match value {
        Value::String(text) if looks_like_reference(place) => {
            if let Shape::Reference(target) = table.shape(place) {
                visit(place, target, text);
            }
        }
        // What follows a flow is a list of rows with references in them, under a name that begins like one.
        Value::Array(items) if looks_like_reference(place) && !matches!(table.shape(place), Shape::Rows) => {
            if let Shape::Reference(target) = table.shape(place) {
                items.iter().filter_map(Value::as_str).for_each(|text| visit(place, target, text));
            }
        }
        Value::Object(fields) => {
            for (key, below) in fields {
                let length = place.len();
                place.push('/');
                place.push_str(&path::escape(key));
                walk(kind, below, place, visit);
                place.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, below) in items.iter().enumerate() {
                let length = place.len();
                place.push('/');
                place.push_str(&index.to_string());
                walk(kind, below, place, visit);
                place.truncate(length);
            }
        }
        _ => {}
    }
}

/// The field names of references all begin with an underscore; asking the table only then keeps lists of
/// 10,000 resources quick.
fn looks_like_reference(place: &str) -> bool {
    path::last(place).is_some_and(|key| key.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_flow_tells_its_group_and_nothing_else_has_one() {
        let grouped = json!({"_flowGroupingId": "g1"});
        assert_eq!(describe(Kind::Flow, &grouped).group.as_deref(), Some("g1"));
        assert_eq!(describe(Kind::Export, &grouped).group, None);
        assert_eq!(describe(Kind::Flow, &json!({"_flowGroupingId": ""})).group, None, "which is in none");
    }

    #[test]
    fn a_flow_names_everything_it_refers_to() {
        let flow = json!({
            "name": "Orders", "_integrationId": "000000000000000000000001", "disabled": true,
            "pageGenerators": [{"_exportId": "000000000000000000000002"}],
            "routers": [{"branches": [{"pageProcessors": [{"_importId": "000000000000000000000003"}]}]}],
            "_runNextFlowIds": ["000000000000000000000004", "nonsense"],
            "_runNextExportIds": [{"_flowId": "000000000000000000000005", "_exportId": "000000000000000000000006"}],
        });
        let found = describe(Kind::Flow, &flow);
        assert_eq!(found.name, "Orders");
        assert!(found.disabled);
        let ids: Vec<_> = found.references.iter().map(ToString::to_string).collect();
        assert_eq!(ids.len(), 6);
        assert_eq!(found.integration.unwrap().to_string(), ids[0]);
    }

    #[test]
    fn a_connection_is_of_its_application_and_a_lookup_is_no_source() {
        let adaptor = |value: Value| describe(Kind::Connection, &value).adaptor;
        assert_eq!(adaptor(json!({"type": "http", "assistant": "shopify"})).as_deref(), Some("shopify"));
        assert_eq!(adaptor(json!({"type": "http", "assistant": "not known here"})).as_deref(), Some("http"));
        assert!(describe(Kind::Export, &json!({"adaptorType": "HTTPExport", "isLookup": true})).lookup);
        assert!(!describe(Kind::Export, &json!({"adaptorType": "HTTPExport"})).lookup);
    }

    #[test]
    fn whatever_calls_a_script_refers_to_it() {
        let id = "000000000000000000000007";
        let hook = json!({"_scriptId": id, "function": "f"});
        let by_script = json!({"type": "script", "script": hook});
        for (kind, value) in [
            (Kind::Export, json!({"hooks": {"preSavePage": hook}})),
            (Kind::Export, json!({"filter": by_script, "adaptorType": "HTTPExport"})),
            (Kind::Export, json!({"transform": by_script})),
            (Kind::Import, json!({"hooks": {"preMap": hook, "postMap": null}})),
            (Kind::Import, json!({"hooks": {"postAggregate": hook}})),
            (Kind::Import, json!({"responseTransform": by_script})),
            (Kind::Import, json!({"filter": by_script})),
            (Kind::Connection, json!({"settingsForm": {"init": hook}})),
            (Kind::Flow, json!({"pageProcessors": [{"type": "import", "hooks": {"postResponseMap": hook}}]})),
            (Kind::Flow, json!({"pageProcessors": [{"inputFilter": by_script}]})),
            (Kind::Flow, json!({"routers": [{"routeRecordsUsing": "script", "script": hook}]})),
            (Kind::Flow, json!({"routers": [{"branches": [{"inputFilter": by_script}]}]})),
            (
                Kind::Flow,
                json!({"routers": [{"branches": [{"pageProcessors": [{"hooks": {"postResponseMap": hook}}]}]}]}),
            ),
        ] {
            let found: Vec<_> = describe(kind, &value).references.iter().map(ToString::to_string).collect();
            assert_eq!(found, [id], "{value}");
        }
    }

    #[test]
    fn a_script_names_what_it_asks_for_and_does_not_refer_to_it() {
        let content =
            "exports.run({ _id: '00000000000000000000000a' }); // 00000000000000000000000b1, x00000000000000000000000c
            const path = '/connections/00000000000000000000000d/x00000000000000000000';";
        let script = json!({"name": "s", "content": content});
        let found: Vec<_> = named(Kind::Script, &script).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["00000000000000000000000a", "00000000000000000000000d"]);
        assert!(describe(Kind::Script, &script).references.is_empty());
        assert!(named(Kind::Export, &script).is_empty());
    }
}
