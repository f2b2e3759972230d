//! What two people made of one JSON, in one: of an object field by field, of a list stretch by stretch.
//!
//! Invariant: what only one of them changed is as that one left it. Where both changed one value it is as `mine` has it;
//! where one took away what the other changed, the change stays, since it can be taken away again and not be thought up
//! again.

use serde_json::{Map, Value};

/// `theirs` with what turned `base` into `mine`.
#[must_use]
pub fn merged(base: &Value, mine: &Value, theirs: &Value) -> Value {
    if mine == base || mine == theirs {
        return theirs.clone();
    }
    match (base, mine, theirs) {
        _ if theirs == base => mine.clone(),
        // Where there was neither, both began with an empty one.
        (Value::Null | Value::Object(_), Value::Object(mine), Value::Object(theirs)) => {
            Value::Object(fields(base.as_object().unwrap_or(&Map::new()), mine, theirs))
        }
        (Value::Null | Value::Array(_), Value::Array(mine), Value::Array(theirs)) => {
            Value::Array(items(base.as_array().map_or(&[], Vec::as_slice), mine, theirs))
        }
        _ => mine.clone(),
    }
}

fn fields(base: &Map<String, Value>, mine: &Map<String, Value>, theirs: &Map<String, Value>) -> Map<String, Value> {
    let names = theirs.keys().chain(mine.keys().filter(|name| !theirs.contains_key(*name)));
    let field = |name: &String| match (base.get(name), mine.get(name), theirs.get(name)) {
        (had, Some(mine), Some(theirs)) => Some(merged(had.unwrap_or(&Value::Null), mine, theirs)),
        // One of them took it away: it stays where the other changed it.
        (had, Some(left), None) | (had, None, Some(left)) => (had != Some(left)).then(|| left.clone()),
        (_, None, None) => None,
    };
    names.filter_map(|name| Some((name.clone(), field(name)?))).collect()
}

/// The one stretch of a list that another list has otherwise.
#[derive(Clone, Copy)]
struct Stretch<'v> {
    from: usize,
    to: usize,
    now: &'v [Value],
}

impl<'v> Stretch<'v> {
    fn between(had: &[Value], have: &'v [Value]) -> Self {
        let most = had.len().min(have.len());
        let from = had.iter().zip(have).take_while(|(a, b)| a == b).count();
        let end = had.iter().rev().zip(have.iter().rev()).take(most - from).take_while(|(a, b)| a == b).count();
        Self { from, to: had.len() - end, now: &have[from..have.len() - end] }
    }
}

fn items(base: &[Value], mine: &[Value], theirs: &[Value]) -> Vec<Value> {
    if base.len() == mine.len() && base.len() == theirs.len() {
        return base.iter().zip(mine).zip(theirs).map(|((base, mine), theirs)| merged(base, mine, theirs)).collect();
    }
    let (here, there) = (Stretch::between(base, mine), Stretch::between(base, theirs));
    // At one place mine comes first, as in a text.
    let (first, second) = if there.from < here.from { (there, here) } else { (here, there) };
    if first.to <= second.from {
        return [&base[..first.from], first.now, &base[first.to..second.from], second.now, &base[second.to..]].concat();
    }
    both(base, here, there)
}

/// Beyond so many items that two people have otherwise, those of mine stay: each is looked for among the others.
const MOST: usize = 1_000;

/// Where the two stretches share items: rows that both have are merged from both ends on, as far as it is plain which of
/// them are the same.
fn both(base: &[Value], here: Stretch<'_>, there: Stretch<'_>) -> Vec<Value> {
    let (from, to) = (here.from.min(there.from), here.to.max(there.to));
    // What lies outside of one stretch is in both lists, unless the other took it away.
    let widened = |one: Stretch<'_>| [&base[from..one.from], one.now, &base[one.to..to]].concat();
    let (mine, theirs) = (widened(here), widened(there));
    let made =
        if mine.len().max(theirs.len()).max(to - from) > MOST { mine } else { paired(&base[from..to], &mine, &theirs) };
    [&base[..from], &made, &base[to..]].concat()
}

fn paired(mut base: &[Value], mut mine: &[Value], mut theirs: &[Value]) -> Vec<Value> {
    let (mut begin, mut end) = (Vec::new(), Vec::new());
    while let (Some((had, had_rest)), Some((my, my_rest)), Some((their, their_rest))) =
        (base.split_first(), mine.split_first(), theirs.split_first())
    {
        if !is_one(had, my, their) || is_moved(had, my, my_rest) || is_moved(had, their, their_rest) {
            break;
        }
        begin.push(merged(had, my, their));
        (base, mine, theirs) = (had_rest, my_rest, their_rest);
    }
    while let (Some((had, had_rest)), Some((my, my_rest)), Some((their, their_rest))) =
        (base.split_last(), mine.split_last(), theirs.split_last())
    {
        if !is_one(had, my, their) || is_moved(had, my, my_rest) || is_moved(had, their, their_rest) {
            break;
        }
        end.push(merged(had, my, their));
        (base, mine, theirs) = (had_rest, my_rest, their_rest);
    }
    begin.extend(left(base, mine, theirs));
    begin.extend(end.into_iter().rev());
    begin
}

/// Whether what stands at one place is the same row, which two people left or changed.
fn is_one(had: &Value, mine: &Value, theirs: &Value) -> bool {
    had == mine || had == theirs || (is_like(had, mine) && is_like(had, theirs))
}

/// Whether something else stands where a row was that is still there.
fn is_moved(had: &Value, now: &Value, rest: &[Value]) -> bool {
    had != now && rest.contains(had)
}

fn is_like(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one.iter().any(|(name, value)| other.get(name) == Some(value)),
        _ => false,
    }
}

/// Where nothing says which rows are the same: those of mine, and behind them what there is in theirs alone.
fn left(base: &[Value], mine: &[Value], theirs: &[Value]) -> Vec<Value> {
    let gone_there = |item: &&Value| base.contains(item) && !theirs.contains(item);
    let alone = |item: &&Value| !base.contains(item) && !mine.contains(item);
    mine.iter().filter(|item| !gone_there(item)).chain(theirs.iter().filter(alone)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_each_of_two_people_changed_is_in_what_comes_of_both() {
        for (base, mine, theirs, both) in [
            (json!({"a": 1, "b": 2}), json!({"a": 3, "b": 2}), json!({"a": 1, "b": 4}), json!({"a": 3, "b": 4})),
            (json!({"a": {"x": 1}}), json!({"a": {"x": 1, "y": 2}}), json!({"a": {}}), json!({"a": {"y": 2}})),
            (json!({"a": 1}), json!({}), json!({"a": 1, "b": 2}), json!({"b": 2})),
            (json!({"a": 1}), json!({"a": 2}), json!({"a": 3}), json!({"a": 2})),
            (json!({}), json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2})),
            (json!(null), json!({"a": 1}), json!(5), json!({"a": 1})),
            (json!(null), json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2})),
        ] {
            assert_eq!(merged(&base, &mine, &theirs), both, "{base}: {mine}, {theirs}");
        }
    }

    #[test]
    fn what_one_changed_stays_where_the_other_took_it_away() {
        let base = json!({"a": 1, "b": 1});
        assert_eq!(merged(&base, &json!({"b": 1}), &json!({"a": 2, "b": 1})), json!({"a": 2, "b": 1}));
        assert_eq!(merged(&base, &json!({"a": 2, "b": 1}), &json!({"b": 1})), json!({"a": 2, "b": 1}));
    }

    #[test]
    fn rows_that_two_people_added_changed_and_took_away_are_as_each_of_them_left_them() {
        for (base, mine, theirs, both) in [
            (json!([1, 2, 3]), json!([1, 2, 3, 4]), json!([0, 1, 2, 3]), json!([0, 1, 2, 3, 4])),
            (json!([1, 2, 3]), json!([1, 5, 3]), json!([1, 2, 6]), json!([1, 5, 6])),
            (json!([1, 2]), json!([1, 2, 3]), json!([1, 2, 4]), json!([1, 2, 3, 4])),
            (json!([1, 2, 3]), json!([1, 3]), json!([1, 2, 3, 4]), json!([1, 3, 4])),
            (json!([1, 2, 3]), json!([2, 3]), json!([1, 2]), json!([2])),
            (json!([1, 2, 3, 4]), json!([1, 9, 4]), json!([1, 2, 8, 4]), json!([1, 9, 8, 4])),
            (
                json!([{"a": 1, "b": 1}]),
                json!([{"a": 2, "b": 1}]),
                json!([{"a": 1, "b": 2}]),
                json!([{"a": 2, "b": 2}]),
            ),
            (json!([]), json!([1]), json!([]), json!([1])),
            (json!([1, 2, 3]), json!([1, 9]), json!([1, 2, 2, 3]), json!([1, 9, 2])),
            (
                json!([{"to": "x", "from": 1}, 2]),
                json!([{"to": "x", "from": 5}, 2]),
                json!([{"to": "x", "from": 6}, 2, 3]),
                json!([{"to": "x", "from": 5}, 2, 3]),
            ),
        ] {
            assert_eq!(merged(&base, &mine, &theirs), both, "{base}: {mine}, {theirs}");
        }
    }
}
