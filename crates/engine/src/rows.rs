//! The rows of a list whose fields are written side by side: `data[*].sku`, `data[*].price`, `status`.
//!
//! Mappings of version 1.0 do not say which list they go through; their paths do. The one through most lists
//! decides. A path through the lists around it means the item on the way, one that goes through no list the same
//! value in each row, and one through another list its item of the same number.

use std::borrow::Cow;

use tombolo_model::Val;

use crate::mapper::items::{Items, Key, Many, begin};
use crate::path::{PathError, Segment, Wide};

/// Compiled columns of a list.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// What the rows are made of; without it there is one row.
    over: Option<Many>,
    /// Where the items on the way are; the first is the record.
    keys: Vec<Key>,
    columns: Vec<Column>,
}

#[derive(Debug, Clone)]
enum Column {
    /// From one of the items on the way.
    Item(usize, Wide),
    /// From another list, by number.
    Nth(Wide),
}

/// The values of a row, one for each column.
type Row<'r> = [Option<Cow<'r, Val>>];

impl Rows {
    /// Compiles columns from their paths.
    pub(crate) fn compile(paths: &[Vec<Segment>]) -> Result<Self, PathError> {
        let each = |path: &[Segment]| path.iter().filter(|segment| **segment == Segment::Each).count();
        // The first of those that go through most lists.
        let deepest = paths.iter().rev().max_by_key(|path| each(path)).filter(|path| each(path) > 0);
        Self::over(deepest.map(|path| lists_of(path)), paths)
    }

    /// Compiles columns beside a list that is named, such as `$.lines[*]`.
    pub(crate) fn over(list: Option<&[Segment]>, paths: &[Vec<Segment>]) -> Result<Self, PathError> {
        let mut keys = vec![Key::new()];
        let over = list.map(|path| Many::compile("", path.to_vec(), &mut keys)).transpose()?;
        let columns = paths
            .iter()
            .map(|path| {
                let (item, rest) = begin(&keys, path.clone());
                if item == 0 && over.is_some() && rest.contains(&Segment::Each) {
                    Column::Nth(Wide::of(&rest))
                } else {
                    Column::Item(item, Wide::of(&rest))
                }
            })
            .collect();
        Ok(Self { over, keys, columns })
    }

    /// Where the items on the way are; the first is the record.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Calls for each row with the values of its columns. Whether the list was there, be it an empty one.
    pub(crate) fn each<'r, E>(
        &self,
        record: &'r Val,
        call: &mut dyn FnMut(&Items<'r>, &Row<'r>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let others: Vec<_> = self.columns.iter().map(|column| column.others(record)).collect();
        let mut number = 0;
        let mut one = |items: &mut Items<'r>| {
            let values: Vec<_> = self
                .columns
                .iter()
                .zip(&others)
                .map(|(column, others)| match (column, others) {
                    (Column::Item(item, path), _) => items.get(*item).and_then(|item| path.get(item)),
                    (Column::Nth(_), others) => others.get(number).copied().map(Cow::Borrowed),
                })
                .collect();
            number += 1;
            call(items, &values)
        };
        match &self.over {
            Some(many) => many.each(&mut Items::of(record), &mut one),
            None => one(&mut Items::of(record)).map(|()| true),
        }
    }
}

impl Column {
    /// All values of another list.
    fn others<'r>(&self, record: &'r Val) -> Vec<&'r Val> {
        match self {
            Self::Item(..) => Vec::new(),
            Self::Nth(path) => path.all(record).unwrap_or_default(),
        }
    }
}

/// As much of a path as ends with its last list.
fn lists_of(path: &[Segment]) -> &[Segment] {
    let last = path.iter().rposition(|segment| *segment == Segment::Each);
    &path[..last.map_or(0, |at| at + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::dotted;
    use tombolo_model::KeyPool;

    #[test]
    fn columns_side_by_side_become_rows() {
        let text =
            br#"{"who":"Ann","orders":[{"id":1,"lines":[{"sku":"x"},{"sku":"y"}],"tags":["t"]},{"id":2,"lines":[{}]}],
            "notes":[{"n":"a"},{"n":"b"}],"none":[]}"#;
        let record = Val::parse(text, &mut KeyPool::default()).unwrap();
        let rows = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(|path| dotted(path).unwrap()).collect();
            let mut made = Vec::new();
            let there = Rows::compile(&paths).unwrap().each::<()>(&record, &mut |_, values| {
                let texts: Vec<_> =
                    values.iter().map(|value| value.as_ref().map_or("-".into(), |value| value.to_json())).collect();
                made.push(texts.join(" "));
                Ok(())
            });
            (there.unwrap(), made.join("|"))
        };
        for (paths, want) in [
            (vec!["orders[*].id", "who"], (true, r#"1 "Ann"|2 "Ann""#)),
            (vec!["orders[*].id", "orders[*].lines[*].sku"], (true, r#"1 "x"|1 "y"|2 -"#)),
            (vec!["orders[*].lines[*].sku", "orders[*].tags"], (true, r#""x" ["t"]|"y" ["t"]|- -"#)),
            (vec!["orders[*].lines[*].sku", "notes[*].n"], (true, r#""x" "a"|"y" "b"|- -"#)),
            (vec!["orders[0].id", "who"], (true, r#"1 "Ann""#)),
            (vec!["none[*].id", "who"], (true, "")),
            (vec!["no[*].id", "who"], (false, "")),
        ] {
            assert_eq!(rows(&paths), (want.0, want.1.to_owned()), "{paths:?}");
        }
    }
}
