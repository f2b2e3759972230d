//! One rule of a filter: a field or a setting, the comparison, and a value, another field or a setting. Plain functions.

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
pub(super) const CASTS: [(&str, &str); 4] = [
    ("string", "as text"),
    ("number", "as number"),
    ("boolean", "as true or false"),
    ("epochtime", "as date and time"),
];

/// What is done with what is compared first, with its words.
pub(super) const FUNCTIONS: [(&str, &str); 6] = [
    ("", "As it stands"),
    ("lowercase", "In lower case"),
    ("uppercase", "In upper case"),
    ("ceiling", "Rounded up"),
    ("floor", "Rounded down"),
    ("abs", "Without its sign"),
];

/// Where what is compared comes from.
pub(super) const SOURCES: [(&str, &str); 2] = [(FIELD, "A field"), (SETTING, "A setting")];
/// What it is compared with: nothing for a value that is written in the rule.
pub(super) const PARTNERS: [(&str, &str); 3] =
    [("", "With a value"), (FIELD, "With a field"), (SETTING, "With a setting")];

const FIELD: &str = "extract";
const SETTING: &str = "settings";

/// One row of the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// The path of the record's field, or of the setting.
    pub(super) field: String,
    /// A key of [`SOURCES`].
    pub(super) of: String,
    /// A key of [`FUNCTIONS`].
    pub(super) function: String,
    /// A key of [`CASTS`].
    pub(super) cast: String,
    /// A key of [`OPERATORS`].
    pub(super) operator: String,
    /// What the field is compared with, as typed.
    pub(super) value: String,
    /// A key of [`PARTNERS`].
    pub(super) with: String,
}

impl Rule {
    /// A rule in which nothing is chosen yet.
    pub(super) fn new() -> Self {
        Self {
            field: String::new(),
            of: FIELD.into(),
            function: String::new(),
            cast: "string".into(),
            operator: "equals".into(),
            value: String::new(),
            with: String::new(),
        }
    }

    /// Whether it compares with nothing.
    pub(super) fn unary(&self) -> bool {
        matches!(self.operator.as_str(), "empty" | "notempty")
    }

    /// Whether it may compare with something else than a value. A pattern is always written out.
    pub(super) fn has_partner(&self) -> bool {
        !self.unary() && self.operator != "matches"
    }

    /// Whether what is compared is a setting.
    pub(super) fn is_of_setting(&self) -> bool {
        self.of == SETTING
    }

    /// What stands for what it is compared with, in words.
    pub(super) fn partner(&self) -> &'static str {
        match self.with.as_str() {
            FIELD if self.has_partner() => "Other field",
            SETTING if self.has_partner() => "Other setting",
            _ => "Value",
        }
    }

    /// Whether it says more than which field is how to which value.
    pub(super) fn is_special(&self) -> bool {
        self.is_of_setting() || !self.function.is_empty() || (self.has_partner() && !self.with.is_empty())
    }

    /// Whether it is in the expression: one without a field is not.
    pub(super) fn is_stored(&self) -> bool {
        !self.field.trim().is_empty()
    }

    /// The expression of it.
    pub(super) fn to_json(&self) -> Value {
        let left = json!([self.cast, [self.of, self.field]]);
        let left = if self.function.is_empty() { left } else { json!([self.function, left]) };
        if self.unary() {
            return json!([self.operator, left]);
        }
        if self.has_partner() && !self.with.is_empty() {
            return json!([self.operator, left, [self.cast, [self.with, self.value]]]);
        }
        let value = match self.cast.as_str() {
            "number" => number(self.value.trim()).unwrap_or_else(|| self.value.clone().into()),
            "boolean" => Value::Bool(self.value.trim() == "true"),
            // Milliseconds are a number, and a date is read by whoever runs the filter.
            "epochtime" => {
                self.value.trim().parse::<i64>().map_or_else(|_| json!(["epochtime", self.value]), Value::from)
            }
            _ => self.value.clone().into(),
        };
        json!([self.operator, left, value])
    }

    /// The rule of an expression; nothing where that is more than a row can show.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let parts = value.as_array()?;
        let operator = match parts.first()?.as_str()? {
            "isempty" => "empty",
            "isnotempty" => "notempty",
            other => OPERATORS.iter().find(|(key, _)| *key == other)?.0,
        };
        let (name, inner) = pair(parts.get(1)?)?;
        let function = FUNCTIONS.iter().find(|(key, _)| !key.is_empty() && *key == name).map_or("", |(key, _)| *key);
        let (cast, of, field) = cast_of(if function.is_empty() { parts.get(1)? } else { inner })?;
        let cast = cast.unwrap_or("string");
        let (with, value) = match parts.get(2) {
            None => ("", String::new()),
            Some(Value::String(text)) => ("", text.clone()),
            Some(other @ (Value::Number(_) | Value::Bool(_))) => ("", other.to_string()),
            Some(other) => partner(other, cast)?,
        };
        let rule = Self {
            field: field.to_owned(),
            of: of.to_owned(),
            function: function.to_owned(),
            cast: cast.to_owned(),
            operator: operator.to_owned(),
            value,
            with: with.to_owned(),
        };
        // A pattern that comes from elsewhere would be taken for one that is written out.
        (rule.with.is_empty() || rule.has_partner()).then_some(rule)
    }
}

/// A word and what it is about.
fn pair(operand: &Value) -> Option<(&str, &Value)> {
    match operand.as_array()?.as_slice() {
        [name, inner] => Some((name.as_str()?, inner)),
        _ => None,
    }
}

/// A field or a setting, and what it is compared as, where that is said.
fn cast_of(operand: &Value) -> Option<(Option<&str>, &str, &str)> {
    let (name, inner) = pair(operand)?;
    if let FIELD | SETTING = name {
        return Some((None, name, inner.as_str()?));
    }
    CASTS.iter().find(|(key, _)| *key == name)?;
    match pair(inner)? {
        (of @ (FIELD | SETTING), path) => Some((Some(name), of, path.as_str()?)),
        _ => None,
    }
}

/// What a rule is compared with where that is no plain value.
fn partner<'v>(operand: &'v Value, cast: &str) -> Option<(&'v str, String)> {
    if let Some((_, Value::String(date))) = pair(operand).filter(|(name, _)| cast == "epochtime" && *name == cast) {
        // A number would be written as milliseconds.
        return date.trim().parse::<i64>().is_err().then(|| ("", date.clone()));
    }
    let (its, with, path) = cast_of(operand)?;
    its.is_none_or(|its| its == cast).then(|| (with, path.to_owned()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_settings_dates_and_other_fields_survive_being_edited() {
        for expression in [
            json!(["equals", ["lowercase", ["string", ["extract", "state"]]], "tx"]),
            json!(["greaterthan", ["number", ["extract", "qty"]], ["number", ["settings", "flow.limit"]]]),
            json!(["lessthan", ["epochtime", ["extract", "at"]], ["epochtime", "2026-01-01T00:00:00Z"]]),
            json!(["lessthan", ["epochtime", ["extract", "at"]], 1_900_000_000_000_i64]),
            json!(["lessthan", ["epochtime", ["extract", "from"]], ["epochtime", ["extract", "to"]]]),
            json!(["notempty", ["string", ["settings", "export.region"]]]),
            json!(["equals", ["abs", ["number", ["extract", "n"]]], 5]),
        ] {
            let rule = Rule::from_json(&expression).unwrap();
            assert_eq!(rule.to_json(), expression);
        }
    }

    #[test]
    fn what_one_row_cannot_say_is_no_rule() {
        for expression in [
            json!(["equals", ["reverse", ["extract", "a"]], "b"]),
            json!(["equals", ["lowercase", ["uppercase", ["extract", "a"]]], "b"]),
            json!(["equals", ["number", ["extract", "a"]], ["string", ["extract", "b"]]]),
            json!(["equals", ["string", ["extract", "a"]], ["lowercase", "B"]]),
            json!(["matches", ["string", ["extract", "a"]], ["string", ["extract", "b"]]]),
            json!(["lessthan", ["epochtime", ["extract", "at"]], ["epochtime", "2026"]]),
            json!(["anyof", ["extract", "a"], "b", "c"]),
        ] {
            assert_eq!(Rule::from_json(&expression), None, "{expression}");
        }
    }

    #[test]
    fn a_rule_says_what_stands_beside_its_operator() {
        let rule = Rule { with: "settings".into(), ..Rule::new() };
        assert_eq!((rule.partner(), rule.is_special()), ("Other setting", true));
        let pattern = Rule { operator: "matches".into(), ..rule };
        assert_eq!((pattern.partner(), pattern.is_special()), ("Value", false));
        assert!(!Rule::new().is_special());
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
            assert_eq!(rule(typed).to_json()[2], stored);
        }
    }
}
