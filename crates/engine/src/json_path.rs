//! JSON paths as RFC 9535 has them: descendants, slices, unions, filters, functions.
//!
//! Compiled once and followed over our own records. The paths that nearly all mappings use, `$.a.b[0]` and
//! `$.a[*].b`, are [`crate::path`]'s; what that cannot say comes here. Following one costs a bounded number of steps,
//! whatever the path and the record are.

mod follow;
mod parse;

use std::sync::Arc;

use tombolo_model::Val;
use tombolo_template::{Pattern, begin_searches};

use crate::path::Segment;

/// A compiled path.
#[derive(Debug, Clone)]
pub(crate) struct JsonPath(Vec<Step>);

/// Why there is no path, or no answer to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonPathError {
    #[error("the path is not understood at character {at}: {reason}")]
    Syntax { at: usize, reason: String },
    #[error("the path goes through too many values")]
    TooMuch,
    #[error("{0}")]
    Pattern(String),
}

/// From each value on to others.
#[derive(Debug, Clone)]
struct Step {
    /// Also from all values inside it.
    deep: bool,
    selectors: Vec<Selector>,
}

#[derive(Debug, Clone)]
enum Selector {
    Name(Box<str>),
    All,
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Test),
}

#[derive(Debug, Clone)]
enum Test {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(Operand, Comparison, Operand),
    Exists(Query),
    Matches(Matching),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A path inside a filter, from the value that is tested or from the root.
#[derive(Debug, Clone)]
struct Query {
    from_root: bool,
    steps: Vec<Step>,
}

/// One value, or none.
#[derive(Debug, Clone)]
enum Operand {
    Literal(Val),
    /// Of a path to one value at most.
    At(Query),
    Length(Box<Self>),
    Count(Query),
    Value(Query),
}

/// `match` and `search`.
#[derive(Debug, Clone)]
struct Matching {
    text: Operand,
    /// From the first character to the last.
    whole: bool,
    pattern: PatternOf,
}

#[derive(Debug, Clone)]
enum PatternOf {
    Written(Arc<Pattern>),
    /// What a record has.
    Found(Operand),
}

/// The pattern of a text, for `match` around all of it.
fn pattern(text: &str, whole: bool) -> Result<Pattern, String> {
    let around = if whole { format!("^(?:{text})$") } else { text.to_owned() };
    Pattern::new(&around, "u").map_err(|error| error.to_string())
}

impl JsonPath {
    /// The values that the path names, in its order.
    ///
    /// # Errors
    ///
    /// When it goes through too many values.
    pub(crate) fn all<'v>(&self, root: &'v Val) -> Result<Vec<&'v Val>, JsonPathError> {
        begin_searches();
        follow::Follower::new(root).steps(&self.0, root)
    }

    /// The values, each with the items of lists on the way to it: the last of them is the item itself.
    pub(crate) fn trails<'v>(&self, root: &'v Val) -> Result<Vec<Vec<&'v Val>>, JsonPathError> {
        begin_searches();
        follow::Follower::new(root).trails(&self.0, root)
    }

    /// The names on the way to each list of items, and to the item, with no sign of how items are chosen.
    /// Nothing when the way is not always the same.
    pub(crate) fn names(&self) -> Option<Vec<Vec<Segment>>> {
        let mut keys = Vec::new();
        let mut key = Vec::new();
        for step in &self.0 {
            if step.deep || step.selectors.len() != 1 {
                return None;
            }
            match &step.selectors[0] {
                Selector::Name(name) => key.push(Segment::Name(name.clone())),
                Selector::Index(index) => key.push(Segment::Index(usize::try_from(*index).ok()?)),
                Selector::All | Selector::Slice { .. } | Selector::Filter(_) => {
                    if key.is_empty() {
                        key.push(Segment::Each);
                    }
                    keys.push(key.clone());
                }
            }
        }
        if keys.last() != Some(&key) {
            keys.push(key);
        }
        Some(keys)
    }
}

/// Whether a step may lead to more than one value.
fn is_many(step: &Step) -> bool {
    step.deep || step.selectors.len() != 1 || !matches!(step.selectors[0], Selector::Name(_) | Selector::Index(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The record of RFC 9535, section 1.5.
    fn store() -> Value {
        json!({"store": {"book": [
            {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
            {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99}],
            "bicycle": {"color": "red", "price": 399}}})
    }

    fn found(path: &str, record: &Value) -> Result<Value, String> {
        let path = JsonPath::compile(path).map_err(|error| error.to_string())?;
        let record = Val::from(record);
        let values = path.all(&record).map_err(|error| error.to_string())?;
        Ok(values.into_iter().map(Value::from).collect())
    }

    #[test]
    fn paths_of_the_rfc_find_what_it_says() {
        let book = |field: &str, at: &[usize]| {
            at.iter().map(|at| store()["store"]["book"][*at][field].clone()).collect::<Value>()
        };
        for (path, want) in [
            ("$.store.book[*].author", book("author", &[0, 1, 2, 3])),
            ("$..author", book("author", &[0, 1, 2, 3])),
            ("$.store..price", json!([8.95, 12.99, 8.99, 22.99, 399])),
            ("$..book[2].title", book("title", &[2])),
            ("$..book[-1].title", book("title", &[3])),
            ("$..book[0,1].title", book("title", &[0, 1])),
            ("$..book[:2].title", book("title", &[0, 1])),
            ("$..book[::-2].title", book("title", &[3, 1])),
            ("$..book[?@.isbn].title", book("title", &[2, 3])),
            ("$..book[?(@.price < 10)].title", book("title", &[0, 2])),
            ("$..book[?@.price > $.store.bicycle.price]", json!([])),
            ("$..book[?@.category == 'fiction' && !(@.price >= 20)].title", book("title", &[1, 2])),
            ("$..book[?length(@.author) == 12].title", book("title", &[1])),
            ("$..book[?match(@.author, '[A-J].*')].title", book("title", &[1, 2, 3])),
            ("$..book[?search(@.title, 'S')].title", book("title", &[0, 1])),
            ("$.store[?count(@[*]) == 2].color", json!(["red"])),
            ("$.store['bicycle','no']['color']", json!(["red"])),
            ("$", json!([store()])),
        ] {
            assert_eq!(found(path, &store()), Ok(want), "{path}");
        }
        assert_eq!(found("$..*", &store()).unwrap().as_array().unwrap().len(), 27);
    }

    #[test]
    fn comparisons_of_the_rfc_hold_as_it_says() {
        let record = json!({"obj": {"x": "y"}, "arr": [2, 3]});
        for (test, want) in [
            ("$.absent1 == $.absent2", true),
            ("$.absent1 <= $.absent2", true),
            ("$.absent == 'g'", false),
            ("$.absent1 != $.absent2", false),
            ("$.absent != 'g'", true),
            ("1 <= 2", true),
            ("1 > 2", false),
            ("13 == '13'", false),
            ("'a' <= 'b'", true),
            ("'a' > 'b'", false),
            ("$.obj == $.arr", false),
            ("$.obj != $.arr", true),
            ("$.obj == $.obj", true),
            ("$.arr == $.arr", true),
            ("$.obj == 17", false),
            ("$.obj <= $.arr", false),
            ("$.obj <= $.obj", true),
            ("1 <= $.arr", false),
            ("1 >= $.arr", false),
            ("true <= true", true),
            ("true > true", false),
            ("1.0 == 1", true),
            ("-1e1 == -10", true),
            ("null == null", true),
            ("value($..x) == 'y'", true),
        ] {
            let some = found(&format!("$[?{test}]"), &record).unwrap() != json!([]);
            assert_eq!(some, want, "{test}");
        }
    }

    #[test]
    fn what_is_no_path_says_where() {
        for (path, at) in [
            ("store", 0),
            ("$.", 2),
            ("$[", 2),
            ("$['a", 4),
            ("$[01]", 3),
            ("$[?@.a ==]", 9),
            ("$[?@[*] == 1]", 3),
            ("$[?length(@.*) == 1]", 10),
            ("$[?nope(@)]", 3),
            ("$[?'a']", 6),
            ("$ ", 1),
        ] {
            match JsonPath::compile(path) {
                Err(JsonPathError::Syntax { at: found, .. }) => assert_eq!(found, at, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
        let deep = format!("$[?{}@.a{}]", "(".repeat(10_000), ")".repeat(10_000));
        assert!(JsonPath::compile(&deep).unwrap_err().to_string().contains("deep"));
    }

    #[test]
    fn a_path_that_multiplies_ends_with_an_error() {
        let list: Vec<u32> = (0..3_000).collect();
        let error = found("$[*][?count($[*]) > 0]", &json!([list, list, list])).map(|_| ());
        assert_eq!(error, Ok(()));
        let error = found("$[?$[?$[?$[?@ > 1]]]]", &json!(list)).unwrap_err();
        assert!(error.contains("too many"), "{error}");
    }

    #[test]
    fn names_stay_data_in_paths() {
        let record = json!({"__proto__": {"constructor": 1}, "a'b": 2, "ü": {"☺": 3}});
        assert_eq!(found("$.__proto__.constructor", &record), Ok(json!([1])));
        assert_eq!(found(r"$['a\'b']", &record), Ok(json!([2])));
        assert_eq!(found(r#"$["\u00fc"].☺"#, &record), Ok(json!([3])));
    }
}
