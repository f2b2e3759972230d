//! The rules of a filter as rows and as the expression that the engine runs. Plain functions.

use serde_json::{Value, json};

/// The comparisons, with their words.
pub(super) const OPERATORS: [(&str, &str); 12] = [
    ("equals", "equals"),
    ("notequals", "does not equal"),
    ("greaterthan", "is greater than"),
    ("greaterthanequals", "is at least"),
    ("lessthan", "is less than"),
    ("lessthanequals", "is at most"),
    ("startswith", "starts with"),
    ("endswith", "ends with"),
    ("contains", "contains"),
    ("doesnotcontain", "does not contain"),
    ("empty", "is empty"),
    ("notempty", "is not empty"),
];

/// What a field is compared as, with its words.
pub(super) const CASTS: [(&str, &str); 3] =
    [("string", "as text"), ("number", "as number"), ("boolean", "as true or false")];

/// One row of the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// The path of the record's field.
    pub(super) field: String,
    /// `string`, `number` or `boolean`.
    pub(super) cast: String,
    /// A key of [`OPERATORS`].
    pub(super) operator: String,
    /// What the field is compared with, as typed.
    pub(super) value: String,
}

impl Rule {
    /// A rule in which nothing is chosen yet.
    pub(super) fn new() -> Self {
        Self { field: String::new(), cast: "string".into(), operator: "equals".into(), value: String::new() }
    }

    /// Whether it compares with nothing.
    pub(super) fn unary(&self) -> bool {
        matches!(self.operator.as_str(), "empty" | "notempty")
    }

    fn is_stored(&self) -> bool {
        !self.field.trim().is_empty()
    }

    fn to_json(&self) -> Value {
        let field = json!([self.cast, ["extract", self.field]]);
        if self.unary() {
            return json!([self.operator, field]);
        }
        let value = match self.cast.as_str() {
            "number" => number(self.value.trim()).unwrap_or_else(|| self.value.clone().into()),
            "boolean" => Value::Bool(self.value.trim() == "true"),
            _ => self.value.clone().into(),
        };
        json!([self.operator, field, value])
    }

    fn from_json(value: &Value) -> Option<Self> {
        let parts = value.as_array()?;
        let operator = parts.first()?.as_str()?;
        OPERATORS.iter().find(|(key, _)| *key == operator)?;
        let operand = parts.get(1)?.as_array()?;
        let (cast, extract) = match operand.first()?.as_str()? {
            "extract" => ("string", operand),
            cast @ ("string" | "number" | "boolean") => (cast, operand.get(1)?.as_array()?),
            _ => return None,
        };
        let field = (extract.first()?.as_str()? == "extract").then(|| extract.get(1)?.as_str())??;
        let value = match parts.get(2) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other @ (Value::Number(_) | Value::Bool(_))) => other.to_string(),
            Some(_) => return None,
        };
        Some(Self { field: field.into(), cast: cast.into(), operator: operator.into(), value })
    }
}

/// The rules of an expression and whether all must hold; nothing when it is more than rows can show.
pub(super) fn read(expression: &Value) -> Option<(bool, Vec<Rule>)> {
    let parts = expression.as_array()?;
    match parts.first().and_then(Value::as_str) {
        None => Some((true, Vec::new())),
        Some(word @ ("and" | "or")) => {
            let rules = parts[1..].iter().map(Rule::from_json).collect::<Option<Vec<_>>>()?;
            Some((word == "and", rules))
        }
        Some(_) => Some((true, vec![Rule::from_json(expression)?])),
    }
}

/// A number as people write them: `5`, `-1.5`, `.5`, `+007`.
///
/// The reader of JSON is here anyway; the standard library's own brings tables that are 14 KiB of the first visit.
fn number(typed: &str) -> Option<Value> {
    if let Ok(whole) = typed.parse::<i64>() {
        return Some(whole.into());
    }
    let (sign, digits) = match typed.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", typed.strip_prefix('+').unwrap_or(typed)),
    };
    // JSON wants one zero before a dot, a digit after it, and no zero before other digits.
    let whole = digits.strip_suffix('.').filter(|whole| whole.bytes().all(|letter| letter.is_ascii_digit()));
    let digits = whole.unwrap_or(digits);
    if !digits.starts_with(|letter: char| letter == '.' || letter.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let zero = if digits.starts_with(|letter: char| letter.is_ascii_digit()) { "" } else { "0" };
    serde_json::from_str(&format!("{sign}{zero}{digits}")).ok()
}

/// The expression of rules; rows without a field do not count.
pub(super) fn write(all: bool, rules: &[Rule]) -> Value {
    let mut made: Vec<Value> = rules.iter().filter(|rule| rule.is_stored()).map(Rule::to_json).collect();
    match made.len() {
        0 => json!([]),
        1 => made.remove(0),
        _ => Value::Array(std::iter::once(Value::from(if all { "and" } else { "or" })).chain(made).collect()),
    }
}

/// A rule with the number by which the screen knows its row.
pub(super) type Numbered = (u64, Rule);

/// The rows after somebody else wrote `theirs`: a rule keeps its row, and with it the focus of who types there, and a
/// row without a field stays behind the row it was behind. `number` makes numbers for new rows.
pub(super) fn merge(have: &[Numbered], theirs: Vec<Rule>, mut number: impl FnMut() -> u64) -> Vec<Numbered> {
    let (stored, unfinished): (Vec<_>, Vec<_>) = have.iter().enumerate().partition(|(_, (_, rule))| rule.is_stored());
    let same =
        |pairs: &mut dyn Iterator<Item = (&Rule, &Rule)>| pairs.take_while(|(ours, theirs)| ours == theirs).count();
    let ours = || stored.iter().map(|(_, (_, rule))| rule);
    let most = stored.len().min(theirs.len());
    let start = same(&mut ours().zip(&theirs));
    let end = same(&mut ours().rev().zip(theirs.iter().rev())).min(most - start);
    let (changed, total) = (stored.len() - end, theirs.len());
    let row = |at: usize| match at {
        _ if at + end >= total => Some(at + stored.len() - total),
        _ => Some(at).filter(|at| *at < changed),
    };
    let mut rows = Vec::with_capacity(total + unfinished.len());
    for (at, rule) in theirs.into_iter().enumerate() {
        let known = row(at).map(|at| stored[at].1.0);
        rows.push((known.unwrap_or_else(&mut number), rule));
    }
    for (at, unfinished) in unfinished {
        let before = have[..at].iter().rev().find_map(|(number, _)| rows.iter().position(|(have, _)| have == number));
        rows.insert(before.map_or(0, |before| before + 1), unfinished.clone());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_survive_being_stored() {
        let expressions = [
            json!([]),
            json!(["equals", ["string", ["extract", "state"]], "TX"]),
            json!([
                "and",
                ["greaterthan", ["number", ["extract", "a.b"]], 5],
                ["empty", ["string", ["extract", "Major Genre"]]]
            ]),
            json!([
                "or",
                ["equals", ["boolean", ["extract", "x"]], true],
                ["lessthan", ["number", ["extract", "y"]], 1.5]
            ]),
        ];
        for expression in expressions {
            let (all, rules) = read(&expression).unwrap();
            assert_eq!(write(all, &rules), expression);
        }
    }

    #[test]
    fn what_rows_cannot_show_is_left_alone() {
        assert_eq!(read(&json!(["and", ["or", ["equals", ["extract", "a"], "b"]]])), None);
        assert_eq!(read(&json!(["equals", ["lowercase", ["extract", "a"]], "b"])), None);
    }

    #[test]
    fn a_row_without_a_field_is_not_stored() {
        assert_eq!(write(true, &[Rule::new()]), json!([]));
    }

    fn on(field: &str) -> Rule {
        Rule { field: field.into(), ..Rule::new() }
    }

    fn merged(have: &[(u64, &str)], theirs: &[&str]) -> Vec<(u64, String)> {
        let have: Vec<Numbered> = have.iter().map(|(number, field)| (*number, on(field))).collect();
        let mut next = 100;
        let number = || {
            next += 1;
            next
        };
        let rows = merge(&have, theirs.iter().map(|field| on(field)).collect(), number);
        rows.into_iter().map(|(number, rule)| (number, rule.field)).collect()
    }

    fn rows(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter().map(|(number, field)| (*number, (*field).to_owned())).collect()
    }

    #[test]
    fn a_rule_that_somebody_else_left_alone_keeps_its_row() {
        let have = [(1, "a"), (2, "b"), (3, "c")];
        assert_eq!(merged(&have, &["a", "x", "c"]), rows(&[(1, "a"), (2, "x"), (3, "c")]));
        assert_eq!(merged(&have, &["a", "c"]), rows(&[(1, "a"), (3, "c")]));
        assert_eq!(merged(&have, &["a", "b", "x", "c"]), rows(&[(1, "a"), (2, "b"), (101, "x"), (3, "c")]));
        assert_eq!(merged(&have, &["x", "a", "b", "c"]), rows(&[(101, "x"), (1, "a"), (2, "b"), (3, "c")]));
        assert_eq!(merged(&have, &[]), []);
        assert_eq!(merged(&[], &["a"]), rows(&[(101, "a")]));
        assert_eq!(merged(&[(1, "a"), (2, "a")], &["a", "a", "a"]), rows(&[(1, "a"), (2, "a"), (101, "a")]));
    }

    #[test]
    fn a_row_that_is_not_finished_stays_when_somebody_else_writes() {
        assert_eq!(
            merged(&[(1, "a"), (2, ""), (3, "c")], &["a", "c", "d"]),
            rows(&[(1, "a"), (2, ""), (3, "c"), (101, "d")])
        );
        assert_eq!(merged(&[(1, "a"), (2, "")], &[]), rows(&[(2, "")]));
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let written = [
            ("+5", json!(5)),
            ("007", json!(7)),
            (".5", json!(0.5)),
            ("-.5", json!(-0.5)),
            ("+00.25", json!(0.25)),
            ("2.", json!(2)),
            ("0.", json!(0)),
            ("-0.0", json!(-0.0)),
            ("1e3", json!(1000.0)),
            ("-1.5E-2", json!(-0.015)),
        ];
        for (typed, read) in written {
            assert_eq!(number(typed), Some(read), "{typed}");
        }
        for typed in
            ["", "-", "+", ".", "-.", "1,5", "+ 5", "--5", "0x1", "1 2", "1.5.", "null", "true", "1e999", "e5", "-E2"]
        {
            assert_eq!(number(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_compared_as_it_was_typed() {
        let rule = |value: &str| Rule { cast: "number".into(), value: value.into(), ..on("a") };
        for (typed, stored) in [("5", json!(5)), ("1.5", json!(1.5)), ("inf", json!("inf")), ("NaN", json!("NaN"))] {
            assert_eq!(write(true, &[rule(typed)])[2], stored);
        }
    }
}
