//! References that lead out of a package: found by the shape table, and taken out so that no empty row is left behind.

use std::collections::BTreeSet;

use serde_json::Value;
use tombolo_model::{Id, Kind, catalogue, path};

use crate::Part;

/// Lists whose rows say nothing any more once their reference is gone.
const ROWS: [&str; 2] = ["/_runNextExportIds", "/aliases"];

/// A reference with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) place: String,
    pub(crate) kind: Kind,
    pub(crate) id: Id,
}

/// All references of a part. A text that is no id refers to nothing.
pub(crate) fn of(part: &Part) -> Vec<Reference> {
    let mut found = Vec::new();
    catalogue::references(part.kind, &part.value, &mut |place, kind, text| {
        if let Ok(id) = text.parse() {
            found.push(Reference { place: place.to_owned(), kind, id });
        }
    });
    found
}

/// Takes references out of a part, with the rows that only they filled.
pub(crate) fn take_out(part: &mut Part, gone: &[Reference]) {
    let mut rows: BTreeSet<(&str, usize)> = BTreeSet::new();
    for reference in gone {
        if let Some(row) = row_of(&reference.place) {
            rows.insert(row);
            continue;
        }
        match part.value.pointer_mut(&reference.place) {
            Some(Value::Array(ids)) => {
                let text = reference.id.to_string();
                ids.retain(|id| !id.as_str().is_some_and(|id| id.eq_ignore_ascii_case(&text)));
            }
            Some(_) => remove(&mut part.value, &reference.place),
            None => {}
        }
    }
    // From the end, so that the places of the others stay what they are.
    for (list, row) in rows.into_iter().rev() {
        if let Some(Value::Array(items)) = part.value.pointer_mut(list)
            && row < items.len()
        {
            items.remove(row);
        }
    }
}

fn row_of(place: &str) -> Option<(&'static str, usize)> {
    ROWS.into_iter().find_map(|list| {
        let rest = place.strip_prefix(list)?.strip_prefix('/')?;
        rest.split('/').next()?.parse().ok().map(|row| (list, row))
    })
}

fn remove(value: &mut Value, place: &str) {
    let (Some(parent), Some(key)) = (path::parent(place), path::last(place)) else { return };
    if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
        fields.shift_remove(path::unescape(key).as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_leads_out_is_taken_out_with_the_row_that_it_filled() {
        let (gone, stays) = (Id::from_parts(1, [1; 8]), Id::from_parts(2, [2; 8]));
        let value = json!({
            "_runNextFlowIds": [gone, stays], "_runNextExportIds": [{"_flowId": gone, "_exportId": stays}, {"_flowId": stays}],
            "aliases": [{"alias": "a", "_flowId": gone}, {"alias": "b", "_exportId": stays}, {"alias": "c", "_flowId": gone}],
            "a/b": {"_agentId": gone, "kept": 1},
        });
        let mut part = Part { kind: Kind::Flow, id: stays, value };
        let found: Vec<Reference> = of(&part).into_iter().filter(|reference| reference.id == gone).collect();
        assert_eq!(found.len(), 5);
        take_out(&mut part, &found);
        assert_eq!(
            part.value,
            json!({
                "_runNextFlowIds": [stays], "_runNextExportIds": [{"_flowId": stays}],
                "aliases": [{"alias": "b", "_exportId": stays}], "a/b": {"kept": 1},
            })
        );
    }
}
