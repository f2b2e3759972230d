//! The rules of a filter as lines and as the expression that the engine runs. Plain functions.
//!
//! Groups within groups stand as lines in reading order, each with its depth: what is in a group follows it, one deeper.

use serde_json::{Value, json};

/// The comparisons, with their words.
pub(super) const OPERATORS: [(&str, &str); 13] = [
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
    ("matches", "matches the pattern"),
];

/// What a field is compared as, with its words.
pub(super) const CASTS: [(&str, &str); 3] =
    [("string", "as text"), ("number", "as number"), ("boolean", "as true or false")];

/// How deep groups go; an expression that is deeper is left as it is.
pub(super) const DEEPEST: usize = 6;

/// How the rules of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Join {
    /// All must hold.
    #[default]
    All,
    /// One is enough.
    One,
    /// None may hold.
    None,
}

/// One line of the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// In how many groups it is.
    pub(super) depth: usize,
    pub(super) what: What,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Rule(Rule),
    Group(Join),
}

impl Line {
    /// A rule in which nothing is chosen yet.
    pub(super) fn rule(depth: usize) -> Self {
        Self { depth, what: What::Rule(Rule::new()) }
    }

    /// The rule, if it is one.
    pub(super) fn as_rule(&self) -> Option<&Rule> {
        match &self.what {
            What::Rule(rule) => Some(rule),
            What::Group(_) => None,
        }
    }
}

/// Where what is in the group at a place ends.
pub(super) fn end_of(depths: &[usize], at: usize) -> usize {
    let below = depths.iter().skip(at + 1).take_while(|depth| **depth > depths[at]).count();
    at + 1 + below
}

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

    /// Whether it is in the expression: one without a field is not.
    pub(super) fn is_stored(&self) -> bool {
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

/// The lines of an expression and how those that are in no group are joined; nothing when it is more than lines can show.
pub(super) fn read(expression: &Value) -> Option<(Join, Vec<Line>)> {
    let parts = expression.as_array()?;
    if parts.is_empty() {
        return Some((Join::All, Vec::new()));
    }
    let mut lines = Vec::new();
    match group(expression) {
        Some((join, below)) => {
            below.iter().try_for_each(|part| walk(part, 0, &mut lines))?;
            Some((join, lines))
        }
        None => walk(expression, 0, &mut lines).map(|()| (Join::All, lines)),
    }
}

/// How an expression joins others, and which, if it does.
fn group(expression: &Value) -> Option<(Join, &[Value])> {
    let parts = expression.as_array()?;
    match parts.first()?.as_str()? {
        "and" => Some((Join::All, &parts[1..])),
        "or" => Some((Join::One, &parts[1..])),
        "not" => {
            let inner = parts.get(1).filter(|_| parts.len() == 2)?;
            // None of several: not one of them.
            match group(inner) {
                Some((Join::One, below)) => Some((Join::None, below)),
                _ => Some((Join::None, &parts[1..])),
            }
        }
        _ => None,
    }
}

fn walk(expression: &Value, depth: usize, lines: &mut Vec<Line>) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    if let Some((join, below)) = group(expression) {
        lines.push(Line { depth, what: What::Group(join) });
        return below.iter().try_for_each(|part| walk(part, depth + 1, lines));
    }
    lines.push(Line { depth, what: What::Rule(Rule::from_json(expression)?) });
    Some(())
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

/// The expression of lines; rules without a field do not count, nor groups without rules.
pub(super) fn write(join: Join, lines: &[Line]) -> Value {
    let mut made = written(lines, 0);
    match (join, made.len()) {
        (_, 0) => json!([]),
        (Join::All | Join::One, 1) => made.remove(0),
        _ => joined(join, made),
    }
}

fn joined(join: Join, made: Vec<Value>) -> Value {
    let word = if join == Join::All { "and" } else { "or" };
    let list = Value::Array(std::iter::once(Value::from(word)).chain(made).collect());
    if join == Join::None { json!(["not", list]) } else { list }
}

/// The expressions of the lines of one depth.
fn written(lines: &[Line], depth: usize) -> Vec<Value> {
    let mut made = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.depth == depth) {
        match &line.what {
            What::Rule(rule) if rule.is_stored() => made.push(rule.to_json()),
            What::Rule(_) => {}
            What::Group(join) => {
                let below = lines[at + 1..].iter().take_while(|below| below.depth > depth).count();
                let inner = written(&lines[at + 1..at + 1 + below], depth + 1);
                if !inner.is_empty() {
                    made.push(joined(*join, inner));
                }
            }
        }
    }
    made
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
            json!(["not", ["or", ["equals", ["string", ["extract", "a"]], "1"]]]),
            json!([
                "and",
                ["equals", ["string", ["extract", "a"]], "1"],
                [
                    "or",
                    ["empty", ["string", ["extract", "b"]]],
                    ["not", ["or", ["notempty", ["string", ["extract", "c"]]]]]
                ],
                ["and", ["matches", ["string", ["extract", "d"]], "^x"]]
            ]),
        ];
        for expression in expressions {
            let (join, lines) = read(&expression).unwrap();
            assert_eq!(write(join, &lines), expression);
        }
    }

    #[test]
    fn what_rows_cannot_show_is_left_alone() {
        let mut deep = json!(["equals", ["extract", "a"], "b"]);
        for _ in 0..DEEPEST + 2 {
            deep = json!(["and", deep]);
        }
        assert_eq!(read(&deep), None);
        assert_eq!(read(&json!(["not", 5])), None);
        assert_eq!(read(&json!(["equals", ["lowercase", ["extract", "a"]], "b"])), None);
    }

    #[test]
    fn a_row_without_a_field_is_not_stored() {
        assert_eq!(write(Join::All, &[Line::rule(0)]), json!([]));
        let group = |join| Line { depth: 0, what: What::Group(join) };
        assert_eq!(write(Join::One, &[group(Join::None), Line::rule(1)]), json!([]), "nor a group of such");
    }

    #[test]
    fn groups_stand_before_what_is_in_them() {
        let expression = json!([
            "or",
            ["not", ["and", ["empty", ["extract", "a"]], ["empty", ["extract", "b"]]]],
            ["empty", ["extract", "c"]]
        ]);
        let (join, lines) = read(&expression).unwrap();
        let depths: Vec<_> = lines.iter().map(|line| line.depth).collect();
        assert_eq!((join, depths.as_slice()), (Join::One, [0, 1, 2, 2, 0].as_slice()));
        assert_eq!((end_of(&depths, 0), end_of(&depths, 1), end_of(&depths, 4)), (4, 4, 5));
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
        let rule = |value: &str| Rule { cast: "number".into(), value: value.into(), field: "a".into(), ..Rule::new() };
        for (typed, stored) in [("5", json!(5)), ("1.5", json!(1.5)), ("inf", json!("inf")), ("NaN", json!("NaN"))] {
            let line = Line { depth: 0, what: What::Rule(rule(typed)) };
            assert_eq!(write(Join::All, &[line])[2], stored);
        }
    }
}
