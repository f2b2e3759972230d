//! Paths that may name many values: `data[*].id`.

use std::borrow::Cow;

use tombolo_model::Val;

use super::{Path, Segment};

/// A path, cut where it goes through the items of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wide(Vec<Path>);

impl Wide {
    /// The path of these segments.
    pub(crate) fn of(segments: &[Segment]) -> Self {
        Self(segments.split(|segment| *segment == Segment::Each).map(|part| Path(part.to_vec())).collect())
    }

    /// The value there; of a path through lists the list of all values, if the first of these lists is there.
    pub(crate) fn get<'v>(&self, root: &'v Val) -> Option<Cow<'v, Val>> {
        match self.0.as_slice() {
            [one] => one.get(root).map(Cow::Borrowed),
            _ => self.all(root).map(|values| Cow::Owned(Val::List(values.into_iter().cloned().collect()))),
        }
    }

    /// All values, if the first list on the way is there.
    pub(crate) fn all<'v>(&self, root: &'v Val) -> Option<Vec<&'v Val>> {
        let (first, rest) = self.0.split_first()?;
        let mut at = vec![first.get(root)?];
        if !rest.is_empty() && items(at[0]).is_none() {
            return None;
        }
        for part in rest {
            at = at.into_iter().filter_map(items).flatten().filter_map(|item| part.get(item)).collect();
        }
        Some(at)
    }
}

/// The items of a list; an object where a list may be is a list of one, as XML has it.
fn items(value: &Val) -> Option<&[Val]> {
    match value {
        Val::List(items) => Some(items),
        Val::Map(_) => Some(std::slice::from_ref(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::dotted;
    use tombolo_model::KeyPool;

    #[test]
    fn a_path_through_lists_names_all_values() {
        let text = br#"{"a":[{"b":[{"c":1},{"d":2}]},{"b":{"c":3}},{"b":4}],"none":[],"x":{"y":5}}"#;
        let record = Val::parse(text, &mut KeyPool::default()).unwrap();
        for (path, want) in [
            ("a[*].b[*].c", Some("[1,3]")),
            ("a.*.b[0].c", Some("[1]")),
            ("a[0].b[*].d", Some("[2]")),
            ("none[*].c", Some("[]")),
            ("none[*]", Some("[]")),
            ("x[*].y", Some("[5]")),
            ("x.y[*]", None),
            ("no[*].c", None),
            ("x.y", Some("5")),
        ] {
            let value = Wide::of(&dotted(path).unwrap()).get(&record).map(|value| value.to_json());
            assert_eq!(value.as_deref(), want, "{path}");
        }
        let rows = Val::List(vec![record]);
        assert_eq!(Wide::of(&dotted("*.x.y").unwrap()).get(&rows).map(|value| value.to_json()).as_deref(), Some("[5]"));
    }
}
