//! The paths of rules of version 1.0: `a.b[0]`, `items[*].sku`, `*.id`, `[Field name]`, and `/Order/Id` of XML.

use std::borrow::Cow;

use tombolo_model::Val;

use super::{MOST_STEPS, PathError, Segment, Wide, dotted};

/// A compiled path of version 1.0.
#[derive(Debug, Clone)]
pub(crate) struct OldPath {
    /// The path as one name: a field that is called so comes first, as `Unit.Price` does in CSV.
    whole: Option<Box<str>>,
    segments: Vec<Segment>,
    wide: Wide,
    /// Whether lists on the way mean their first item.
    of_xml: bool,
}

impl OldPath {
    /// Compiles a path. A text that is none, such as `Order No.`, is the name of one field.
    pub(crate) fn compile(text: &str) -> Result<Self, PathError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix('/') {
            let segments: Vec<_> = path.split('/').filter(|name| !name.is_empty()).flat_map(of_xml).collect();
            if segments.len() > MOST_STEPS {
                return Err(PathError::deep(text));
            }
            let wide = Wide::of(&segments);
            return Ok(Self { whole: None, segments, wide, of_xml: true });
        }
        if text.is_empty() {
            return Err(PathError::Syntax(text.to_owned()));
        }
        let whole = text.contains(['.', '[']).then(|| text.into());
        let segments = match dotted(text) {
            Err(PathError::Syntax(_) | PathError::Many(_)) => vec![Segment::Name(text.into())],
            read => read?,
        };
        let wide = Wide::of(&segments);
        Ok(Self { whole, segments, wide, of_xml: false })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether it goes through each of the rows of a group.
    pub(crate) fn is_of_rows(&self) -> bool {
        self.segments.first() == Some(&Segment::Each)
    }

    /// The value there. Of a group of rows a name means the first row's.
    pub(crate) fn get<'v>(&self, root: &'v Val) -> Option<Cow<'v, Val>> {
        if self.of_xml {
            return in_xml(&self.segments, root).map(Cow::Borrowed);
        }
        let root = match (root, self.segments.first()) {
            (Val::List(rows), Some(Segment::Name(name))) if name.parse::<usize>().is_err() => rows.first()?,
            _ => root,
        };
        if let (Some(whole), Val::Map(record)) = (&self.whole, root)
            && let Some(value) = record.get(whole)
        {
            return Some(Cow::Borrowed(value));
        }
        self.wide.get(root)
    }
}

/// `Line[2]` counts from one; `@id` is an attribute.
fn of_xml(step: &str) -> Vec<Segment> {
    if let Some(attribute) = step.strip_prefix('@') {
        return vec![Segment::Name("$".into()), Segment::Name(attribute.into())];
    }
    let numbered = step.strip_suffix(']').and_then(|rest| rest.split_once('['));
    match numbered.and_then(|(name, number)| Some((name, number.parse::<usize>().ok()?.checked_sub(1)?))) {
        Some((name, index)) => vec![Segment::Name(name.into()), Segment::Index(index)],
        None => vec![Segment::Name(step.into())],
    }
}

fn in_xml<'v>(segments: &[Segment], root: &'v Val) -> Option<&'v Val> {
    let first = |value: &'v Val| match value {
        Val::List(items) => items.first(),
        other => Some(other),
    };
    let mut at = root;
    for segment in segments {
        at = match (segment, at) {
            (Segment::Index(index), Val::List(items)) => items.get(*index)?,
            // One element is no list.
            (Segment::Index(0), other) => other,
            (Segment::Name(name), _) => match first(at)? {
                Val::Map(record) => record.get(name)?,
                _ => return None,
            },
            _ => return None,
        };
    }
    let at = first(at)?;
    match at {
        Val::Map(record) => record.get("_").or_else(|| record.get("&txt")).or(Some(at)),
        _ => Some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_that_is_deeper_than_any_record_is_refused_and_not_taken_for_a_name() {
        for text in ["a.".repeat(100_000) + "a", "/a".repeat(100_000)] {
            assert!(matches!(OldPath::compile(&text), Err(PathError::Deep(_))));
        }
    }

    #[test]
    fn paths_of_version_1_reach_fields_of_any_name() {
        let record =
            json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "Unit.Price": 5, "Order No.": 6, "Item Name": 7, "x y": {"z": 8}});
        let rows = json!([{"id": 1, "Internal ID": 2}, {"id": 3}]);
        let xml = json!({"Feed": [{"$": {"v": "1"}, "Status": [{"_": "done"}], "Line": [{"n": "a"}, {"n": ["b"]}]}]});
        for (input, path, want) in [
            (&record, "a.b[1].c", json!(2)),
            (&record, "a.b[*].c", json!([1, 2])),
            (&record, "Unit.Price", json!(5)),
            (&record, "Order No.", json!(6)),
            (&record, "[Item Name]", json!(7)),
            (&record, "x y.z", json!(8)),
            (&record, "no", json!(null)),
            (&rows, "*.id", json!([1, 3])),
            (&rows, "*.[Internal ID]", json!([2])),
            (&rows, "id", json!(1)),
            (&rows, "1.id", json!(3)),
            (&xml, "/Feed/Status", json!("done")),
            (&xml, "/Feed/@v", json!("1")),
            (&xml, "/Feed/Line[2]/n", json!("b")),
            (&xml, "/Feed/No", json!(null)),
        ] {
            let input = Val::from(input);
            let path = OldPath::compile(path).unwrap();
            let got = path.get(&input).map_or(json!(null), |value| serde_json::Value::from(&*value));
            assert_eq!(got, want, "{path:?}");
        }
    }
}
