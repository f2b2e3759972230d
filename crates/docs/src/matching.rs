//! Which item of a whole array is which row that is there already (decision 2).
//!
//! By natural key first, then by the longest common subsequence of equal content, then by place: what is written
//! back almost unchanged keeps its row ids, so that an edit made meanwhile finds its row.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tombolo_model::{Kind, RowId, path};

use crate::flatten::kept;
use crate::view::{Node, project};

/// Beyond so many comparisons only the beginning and the end of two lists are compared.
const MOST_CELLS: usize = 1_000_000;

/// For each item the index of the row that it is, if any.
pub(crate) fn pair(
    kind: Kind,
    list: &str,
    natural: &[&str],
    have: &[(&RowId, &Node)],
    items: &[Value],
) -> Vec<Option<usize>> {
    let mut pairing = Pairing { matched: vec![None; items.len()], free: (0..have.len()).collect() };
    let keys: Vec<Option<String>> =
        items.iter().map(|item| signature(natural, |name| item.get(name).cloned())).collect();
    pairing.by_key(natural, have, &keys);
    pairing.by_content(kind, list, have, items);
    pairing.by_place(&keys);
    pairing.matched
}

fn signature(natural: &[&str], field: impl Fn(&str) -> Option<Value>) -> Option<String> {
    let key: Vec<Option<Value>> = natural.iter().map(|name| field(name)).collect();
    key.iter().any(Option::is_some).then(|| format!("{key:?}"))
}

struct Pairing {
    matched: Vec<Option<usize>>,
    free: BTreeSet<usize>,
}

impl Pairing {
    fn by_key(&mut self, natural: &[&str], have: &[(&RowId, &Node)], keys: &[Option<String>]) {
        let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, (_, row)) in have.iter().enumerate().rev() {
            let field = |name: &str| row.below.get(path::escape(name).as_ref()).and_then(|field| field.leaf.clone());
            if let Some(key) = signature(natural, field) {
                known.entry(key).or_default().push(index);
            }
        }
        for (slot, key) in self.matched.iter_mut().zip(keys) {
            if let Some(row) = key.as_ref().and_then(|key| known.get_mut(key)?.pop()) {
                *slot = Some(row);
                self.free.remove(&row);
            }
        }
    }

    fn by_content(&mut self, kind: Kind, list: &str, have: &[(&RowId, &Node)], items: &[Value]) {
        let open: Vec<usize> = (0..items.len()).filter(|index| self.matched[*index].is_none()).collect();
        let free: Vec<usize> = self.free.iter().copied().collect();
        if open.is_empty() || free.is_empty() {
            return;
        }
        let content = |place: &str, value: &Value| kept(kind, place, value).map(|value| value.to_string());
        let mut numbers: BTreeMap<Option<String>, usize> = BTreeMap::new();
        let mut number = |content: Option<String>| {
            let next = numbers.len();
            *numbers.entry(content).or_insert(next)
        };
        let rows: Vec<usize> = free
            .iter()
            .map(|row| {
                let (id, node) = have[*row];
                let place = path::join(list, id);
                number(project(&place, node).and_then(|value| content(&place, &value)))
            })
            .collect();
        let place = path::join(list, "row");
        let wanted: Vec<usize> = open.iter().map(|index| number(content(&place, &items[*index]))).collect();
        for (item, row) in common(&wanted, &rows) {
            self.matched[open[item]] = Some(free[row]);
            self.free.remove(&free[row]);
        }
    }

    /// An item without a natural key that follows a known row is the row that followed it.
    fn by_place(&mut self, keys: &[Option<String>]) {
        let mut next = 0;
        for (slot, key) in self.matched.iter_mut().zip(keys) {
            if slot.is_none() && key.is_none() && self.free.remove(&next) {
                *slot = Some(next);
            }
            if let Some(row) = *slot {
                next = row + 1;
            }
        }
    }
}

/// The longest common subsequence of two lists, as pairs of indices.
fn common(left: &[usize], right: &[usize]) -> Vec<(usize, usize)> {
    let start = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let most = left.len().min(right.len()) - start;
    let end = left.iter().rev().zip(right.iter().rev()).take(most).take_while(|(left, right)| left == right).count();
    let (inner, other) = (&left[start..left.len() - end], &right[start..right.len() - end]);
    let mut pairs: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    if inner.len().saturating_mul(other.len()) <= MOST_CELLS {
        pairs.extend(longest(inner, other).into_iter().map(|(at, there)| (start + at, start + there)));
    }
    pairs.extend((1..=end).rev().map(|back| (left.len() - back, right.len() - back)));
    pairs
}

fn longest(left: &[usize], right: &[usize]) -> Vec<(usize, usize)> {
    // `lengths[i][j]` is the length that the rests from `i` and `j` have in common.
    let wide = right.len() + 1;
    let mut lengths = vec![0_u32; (left.len() + 1) * wide];
    for at in (0..left.len()).rev() {
        for there in (0..right.len()).rev() {
            lengths[at * wide + there] = if left[at] == right[there] {
                lengths[(at + 1) * wide + there + 1] + 1
            } else {
                lengths[(at + 1) * wide + there].max(lengths[at * wide + there + 1])
            };
        }
    }
    let (mut at, mut there) = (0, 0);
    let mut pairs = Vec::new();
    while at < left.len() && there < right.len() {
        if left[at] == right[there] {
            pairs.push((at, there));
            at += 1;
            there += 1;
        } else if lengths[(at + 1) * wide + there] >= lengths[at * wide + there + 1] {
            at += 1;
        } else {
            there += 1;
        }
    }
    pairs
}

/// The items whose rows keep their order: only the others get new positions.
pub(crate) fn longest_rising(matched: &[Option<usize>]) -> BTreeSet<usize> {
    let known: Vec<(usize, usize)> =
        matched.iter().enumerate().filter_map(|(item, row)| Some((item, (*row)?))).collect();
    let mut before = vec![None; known.len()];
    let mut tails: Vec<usize> = Vec::new();
    for (at, (_, row)) in known.iter().enumerate() {
        let length = tails.partition_point(|tail| known[*tail].1 < *row);
        before[at] = length.checked_sub(1).map(|shorter| tails[shorter]);
        if length == tails.len() { tails.push(at) } else { tails[length] = at }
    }
    let mut staying = BTreeSet::new();
    let mut at = tails.last().copied();
    while let Some(here) = at {
        staying.insert(known[here].0);
        at = before[here];
    }
    staying
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_common_subsequence_is_found_between_equal_ends() {
        assert_eq!(common(&[1, 2, 3, 4, 9], &[1, 3, 5, 4, 9]), [(0, 0), (2, 1), (3, 3), (4, 4)]);
        assert_eq!(common(&[7, 1, 2], &[1, 2]), [(1, 0), (2, 1)]);
        assert!(common(&[1], &[2]).is_empty() && common(&[], &[2]).is_empty());
    }
}
