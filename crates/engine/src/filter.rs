//! Filter rules: prefix arrays compiled to a tree, tested per record.
//!
//! `["and", ["equals", ["string", ["extract", "status"]], "open"], ["greaterthan", ["number", ["extract", "qty"]], 5]]`

mod compare;
mod operand;

use std::sync::Arc;

use serde_json::Value;
use tombolo_model::{Problem, Val, excerpt};
use tombolo_template::{Pattern, begin_searches};

use compare::Operator;
use operand::Operand;

/// A compiled filter.
#[derive(Debug, Clone)]
pub(crate) struct Filter(Rule);

#[derive(Debug, Clone)]
enum Rule {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare {
        operator: Operator,
        left: Operand,
        right: Operand,
        /// The compiled pattern of `matches`.
        pattern: Option<Arc<Pattern>>,
    },
    Test(Operand),
}

/// What rules look at.
#[derive(Clone, Copy)]
struct Seen<'v> {
    record: &'v Val,
    context: &'v Val,
}

/// Nobody writes deeper rules by hand.
const DEEPEST: usize = 64;

impl Filter {
    /// Compiles the filter at a pointer of a resource; nothing when it has no rules.
    pub(crate) fn compile(resource: &Value, pointer: &str, settings: &Value) -> Result<Option<Self>, Problem> {
        let Some(filter) = resource.pointer(pointer).filter(|filter| !filter.is_null()) else {
            return Ok(None);
        };
        if filter.get("type").and_then(Value::as_str) == Some("script") {
            let place = format!("{pointer}/type");
            let message = "This version runs filters made of rules, not scripts: switch the filter to rules.";
            return Err(Problem::new(place, "unsupported", message));
        }
        let written = ["/expression/rules", "/rules"].into_iter().find_map(|place| {
            let rules = filter.pointer(place).filter(|rules| !rules.is_null() && !is_blank(rules));
            Some((rules?, format!("{pointer}{place}")))
        });
        let Some((rules, place)) = written else { return Ok(None) };
        rule(rules, settings, 0)
            .map(|rule| Some(Self(rule)))
            .map_err(|fault| Problem::new(format!("{place}{}", fault.place), "invalid_filter", fault.message))
    }

    /// Whether a record passes.
    ///
    /// # Errors
    ///
    /// When a pattern needs too many steps for a text.
    pub(crate) fn passes(&self, record: &Val) -> Result<bool, String> {
        self.passes_in(record, &Val::Absent)
    }

    /// As [`Self::passes`], where rules may also ask for what surrounds the record: `["context", "success"]`.
    pub(crate) fn passes_in(&self, record: &Val, context: &Val) -> Result<bool, String> {
        begin_searches();
        self.0.holds(Seen { record, context })
    }
}

impl Rule {
    fn holds(&self, seen: Seen<'_>) -> Result<bool, String> {
        Ok(match self {
            Self::All(rules) => !any(rules, seen, false)?,
            Self::Any(rules) => any(rules, seen, true)?,
            Self::Not(rule) => !rule.holds(seen)?,
            Self::Test(operand) => compare::is_truthy(&operand.value(seen)),
            Self::Compare { operator, left, right, pattern } => {
                let left = left.value(seen);
                match pattern {
                    Some(pattern) => pattern
                        .is_match(&left.display())
                        .map_err(|error| format!("The filter could not be tested: {error}."))?,
                    None => operator.holds(&left, &right.value(seen)),
                }
            }
        })
    }
}

/// Whether one of the rules comes out as wanted; those behind it are not asked.
fn any(rules: &[Rule], seen: Seen<'_>, wanted: bool) -> Result<bool, String> {
    for rule in rules {
        if rule.holds(seen)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rules in which nothing was entered: none, or a group of none.
fn is_blank(rules: &Value) -> bool {
    match rules.as_array().map(Vec::as_slice) {
        Some([]) => true,
        Some([name, below @ ..]) => (name == "and" || name == "or") && below.iter().all(is_blank),
        None => false,
    }
}

/// What is wrong, and where: a pointer that begins at the rule.
struct Fault {
    place: String,
    message: String,
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self { place: String::new(), message }
    }
}

impl Fault {
    /// The same for the rule that has this one as its part.
    fn of_part(self, at: usize) -> Self {
        Self { place: format!("/{at}{}", self.place), ..self }
    }
}

fn rule(value: &Value, settings: &Value, depth: usize) -> Result<Rule, Fault> {
    let parts = value.as_array().filter(|parts| !parts.is_empty()).ok_or_else(|| {
        format!("“{}” is not a rule: a rule is a list that begins with its operator.", excerpt(&value.to_string()))
    })?;
    if depth > DEEPEST {
        return Err(format!("The rules are nested deeper than {DEEPEST} levels.").into());
    }
    let Some(name) = parts[0].as_str() else {
        return Err(format!("“{}” is not an operator.", excerpt(&parts[0].to_string())).into());
    };
    let part = |at: usize| rule(&parts[at], settings, depth + 1).map_err(|fault| fault.of_part(at));
    let below = || (1..parts.len()).filter(|at| !is_blank(&parts[*at])).map(part).collect::<Result<Vec<_>, _>>();
    let compared =
        |at: usize| operand::operand(&parts[at], settings, depth).map_err(|message| Fault::from(message).of_part(at));
    match name {
        "and" => return Ok(Rule::All(below()?)),
        "or" => return Ok(Rule::Any(below()?)),
        "not" if parts.len() == 2 => return Ok(Rule::Not(Box::new(part(1)?))),
        "not" => return Err("“not” takes exactly one rule.".to_owned().into()),
        _ => {}
    }
    let Some(operator) = Operator::named(name) else {
        if parts.len() == 1 {
            return Err(format!(
                "“{name}” alone is no rule: a rule is an operator with what it compares.",
                name = excerpt(&name)
            )
            .into());
        }
        // A value of its own, such as ["boolean", ["extract", "active"]].
        return Ok(Rule::Test(operand::operand(value, settings, depth)?));
    };
    let wanted = if operator.is_unary() { 2 } else { 3 };
    if parts.len() < wanted {
        return Err(format!("“{name}” is missing a value to compare.", name = excerpt(&name)).into());
    }
    // What comes behind is not looked at: flows that were made elsewhere have such rules, and run there.
    let left = compared(1)?;
    let right = match parts.get(2) {
        Some(_) if operator == Operator::AnyOf => Operand::Literal(choices(&parts[2..])),
        Some(_) if !operator.is_unary() => compared(2)?,
        _ => Operand::Literal(Val::Absent),
    };
    let pattern = match (&operator, &right) {
        (Operator::Matches, Operand::Literal(pattern)) => {
            let pattern = Pattern::new(&pattern.display(), "").map_err(|error| format!("{error}."))?;
            Some(Arc::new(pattern))
        }
        (Operator::Matches, _) => return Err("The pattern of “matches” must be written out.".to_owned().into()),
        _ => None,
    };
    Ok(Rule::Compare { operator, left, right, pattern })
}

/// The values of `anyof`, written one after the other or as one list.
fn choices(parts: &[Value]) -> Val {
    match parts {
        [Value::Array(items)] => Val::List(items.iter().map(Val::from).collect()),
        parts => Val::List(parts.iter().map(Val::from).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tombolo_model::KeyPool;

    fn passes(rules: &Value) -> Result<bool, String> {
        let record = br#"{"status":"open","qty":7,"price":"12.5","tags":["a","b"],"none":null,"blank":"","yes":true,
            "when":"2024-02-03T00:00:00Z","deep":{"x y":1},"Order No.":9,"lines":[{"sku":"x"},{"sku":"y"}]}"#;
        let record = Val::parse(record, &mut KeyPool::default()).unwrap();
        let settings = json!({"flow": {"limit": 5, "pattern": "^o"}});
        let filter = Filter::compile(&json!({"filter": {"rules": rules}}), "/filter", &settings);
        let filter = filter.map_err(|problem| problem.message)?;
        let context = Val::from(&json!({"success": true, "result": {"code": 0}}));
        filter.map_or(Ok(true), |filter| filter.passes_in(&record, &context))
    }

    #[test]
    fn a_word_alone_is_no_rule() {
        for rules in [json!(["bad"]), json!(["and", ["equals"]]), json!(["or", ["bad"]])] {
            assert!(passes(&rules).is_err(), "{rules}");
        }
    }

    #[test]
    fn every_operator_says_what_it_is_called() {
        let x = |name: &str| json!(["extract", name]);
        for (rules, want) in [
            (json!(["equals", ["string", x("status")], "open"]), true),
            (json!(["equals", x("qty"), "7"]), true),
            (json!(["notequals", x("status"), "Open"]), true),
            (json!(["greaterthan", ["number", x("price")], 12]), true),
            (json!(["greaterthan", x("missing"), 0]), false),
            (json!(["greaterthanequals", x("qty"), 7]), true),
            (json!(["lessthan", ["string", x("qty")], "10"]), false),
            (json!(["lessthanequals", ["number", x("status")], 1]), false),
            (json!(["startswith", x("status"), "op"]), true),
            (json!(["endswith", x("status"), "en"]), true),
            (json!(["contains", x("status"), "pe"]), true),
            (json!(["contains", x("tags"), "b"]), true),
            (json!(["doesnotcontain", x("status"), "x"]), true),
            (json!(["empty", x("none")]), true),
            (json!(["empty", x("missing")]), true),
            (json!(["notempty", x("blank")]), false),
            (json!(["matches", x("status"), "^o.*n$"]), true),
            (json!(["anyof", x("status"), "closed", "open"]), true),
            (json!(["equals", ["boolean", x("yes")], true]), true),
            (json!(["equals", ["uppercase", x("status")], "OPEN"]), true),
            (json!(["equals", ["floor", ["number", x("price")]], 12]), true),
            (json!(["lessthan", ["epochtime", x("when")], 1_706_918_400_001_i64]), true),
            (json!(["greaterthan", x("qty"), ["settings", "flow.limit"]]), true),
            (json!(["equals", x("deep.x y"), 1]), true),
            (json!(["not", ["equals", x("qty"), 7]]), false),
            (json!(["or", ["equals", x("qty"), 1], ["and", ["notempty", x("yes")]]]), true),
            (json!(["isempty", x("blank")]), true),
            (json!(["isnotempty", x("tags")]), true),
            (json!(["anyof", x("tags"), ["z", "b"]]), true),
            (json!(["anyof", x("status"), ["closed"]]), false),
            (json!(["equals", ["lowercase", ["string", x("status")]], "open"]), true),
            (json!(["equals", ["ceiling", ["number", x("price")]], 13]), true),
            (json!(["equals", ["abs", -7], x("qty")]), true),
            (json!(["equals", ["number", "7"], x("qty")]), true),
            // No value is the empty text, and less or more than nothing.
            (json!(["notequals", ["string", x("deep.no")], ""]), false),
            (json!(["equals", x("none"), ""]), true),
            (json!(["lessthan", ["string", x("missing")], "z"]), false),
            (json!(["equals", x("yes"), 1]), true),
            (json!(["equals", x("yes"), "true"]), true),
            (json!(["greaterthan", ["epochtime", "Sat, 03 Feb 2024 00:00:01 GMT"], ["epochtime", x("when")]]), true),
            (json!(["matches", x("status"), ["lowercase", "EN$"]]), true),
            (json!(["matches", x("status"), ["string", ["settings", "flow.pattern"]]]), true),
            (json!(["equals", ["context", "success"], true]), true),
            (json!(["equals", ["boolean", ["context", "result.code"]], false]), true),
            (json!(["equals", x("Order No."), 9]), true),
            (json!(["contains", x("lines[*].sku"), "x"]), true),
            // Groups in which nothing was entered yet.
            (json!(["and", ["or"], ["equals", x("qty"), 7]]), true),
            (json!(["or"]), true),
            (json!(["not", ["or", ["equals", x("qty"), 1], ["equals", x("qty"), 7]]]), false),
            (json!([]), true),
            (json!(["equals", x("qty"), 7, 8]), true),
            (json!(["equals", x("qty"), 8, 7]), false),
        ] {
            assert_eq!(passes(&rules), Ok(want), "{rules}");
        }
    }

    #[test]
    fn patterns_are_those_of_javascript_and_cost_no_more_than_they_may() {
        let matches = |text: &str, pattern: &str| {
            let rules = json!({"filter": {"rules": ["matches", ["extract", "a"], pattern]}});
            let filter = Filter::compile(&rules, "/filter", &Value::Null).unwrap().unwrap();
            filter.passes(&Val::from(&json!({ "a": text })))
        };
        for (text, pattern, want) in [
            ("price 12", r"(?<=price )\d+", true),
            ("abab", r"^(ab)\1$", true),
            ("abac", r"^(ab)\1$", false),
            ("x", r"^(?!y)[^]$", true),
            ("a\nb", "^b$", false),
        ] {
            assert_eq!(matches(text, pattern), Ok(want), "{pattern}");
        }
        let forever = matches(&"a".repeat(40), r"^(?=(a+)+$)(a|aa)+\1b$").unwrap_err();
        assert!(forever.starts_with("The filter") && forever.contains("takes too long"), "{forever}");
    }

    #[test]
    fn of_a_group_of_rows_a_field_is_the_first_ones() {
        let rows = Val::from(&json!([{"o": 1, "sku": "x"}, {"o": 1, "sku": "y"}]));
        for (rules, want) in [
            (json!(["equals", ["extract", "o"], 1]), true),
            (json!(["equals", ["extract", "1.sku"], "y"]), true),
            (json!(["contains", ["extract", "*.sku"], "y"]), true),
            (json!(["contains", ["extract", "*.sku"], "z"]), false),
        ] {
            let filter = Filter::compile(&json!({"f": {"rules": rules}}), "/f", &Value::Null).unwrap().unwrap();
            assert_eq!(filter.passes(&rows), Ok(want), "{rules}");
        }
    }

    #[test]
    fn rules_that_mean_nothing_say_what_is_wrong() {
        for (rules, want) in [
            (json!(["equals", ["extract", "a"]]), "missing a value"),
            (json!(["resembles", ["extract", "a"], 1]), "resembles"),
            (json!(["matches", ["extract", "a"], "("]), "not a regular expression"),
            (json!("open"), "not a rule"),
            (json!(["matches", ["extract", "a"], ["extract", "b"]]), "must be written out"),
            (json!(["equals", ["settings", "shop.limit"], 1]), "“shop”"),
            (json!(["and", ["equals", ["hash", "a"], 1]]), "“hash”"),
        ] {
            let message = passes(&rules).unwrap_err();
            assert!(message.contains(want), "{rules}: {message}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_rule_has_the_place_of_its_part() {
        for (rules, place) in [
            (json!(["and", ["equals", ["extract", "a"], 1], ["resembles", ["extract", "a"], 1]]), "/f/rules/2"),
            (json!(["or", ["and", ["not", ["equals", ["extract", "a"]]]]]), "/f/rules/1/1/1"),
            (json!(["equals", ["string", ["extract", "a"]], ["settings", "shop.limit"]]), "/f/rules/2"),
            (json!(["not"]), "/f/rules"),
        ] {
            let problem = Filter::compile(&json!({"f": {"rules": rules}}), "/f", &Value::Null).err().unwrap();
            assert_eq!(problem.path, place, "{rules}");
        }
    }
}
