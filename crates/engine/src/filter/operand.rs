//! What filters compare: fields, literals, settings, with casts and functions around them.

use std::borrow::Cow;

use serde_json::Value;
use tombolo_model::{Val, excerpt};

use super::Seen;
use crate::mapper::{date, number};
use crate::path::{OldPath, Path};

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Literal(Val),
    Extract(OldPath),
    /// What surrounds the record.
    Context(Path),
    Call(Function, Box<Self>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    Text,
    Number,
    Boolean,
    EpochTime,
    LowerCase,
    UpperCase,
    Ceiling,
    Floor,
    Absolute,
}

/// Whose settings rules may name.
const SCOPES: [&str; 6] = ["flow", "export", "import", "integration", "flowGrouping", "connection"];

const FUNCTIONS: [(&str, Function); 9] = [
    ("string", Function::Text),
    ("number", Function::Number),
    ("boolean", Function::Boolean),
    ("epochtime", Function::EpochTime),
    ("lowercase", Function::LowerCase),
    ("uppercase", Function::UpperCase),
    ("ceiling", Function::Ceiling),
    ("floor", Function::Floor),
    ("abs", Function::Absolute),
];

pub(super) fn operand(value: &Value, settings: &Value, depth: usize) -> Result<Operand, String> {
    let Value::Array(parts) = value else {
        return Ok(Operand::Literal(Val::from(value)));
    };
    let (Some(name), Some(argument)) = (parts.first().and_then(Value::as_str), parts.get(1)) else {
        return Ok(Operand::Literal(Val::from(value)));
    };
    if depth > super::DEEPEST {
        return Err("The rules are nested too deep.".to_owned());
    }
    match (name, argument.as_str()) {
        ("extract", Some(path)) => OldPath::compile(path).map(Operand::Extract).map_err(|error| format!("{error}.")),
        ("context", Some(path)) => Path::dotted(path).map(Operand::Context).map_err(|error| format!("{error}.")),
        ("settings", Some(path)) => {
            let place = Path::dotted(path).map_err(|error| format!("{error}."))?;
            let scope = path.trim().split(['.', '[']).next().unwrap_or_default();
            if !SCOPES.contains(&scope) {
                return Err(format!(
                    "There are no settings of “{scope}”: begin with {}.",
                    SCOPES.join(", "),
                    scope = excerpt(&scope)
                ));
            }
            let settings = Val::from(settings);
            Ok(Operand::Literal(place.get(&settings).cloned().unwrap_or_default()))
        }
        _ => match FUNCTIONS.iter().find(|(have, _)| *have == name) {
            Some((_, function)) => {
                // What is the same for every record is worked out once.
                Ok(match operand(argument, settings, depth + 1)? {
                    Operand::Literal(value) => Operand::Literal(function.of(&value)),
                    inner => Operand::Call(*function, Box::new(inner)),
                })
            }
            None => Err(format!("There is no operator or function “{name}”.", name = excerpt(&name))),
        },
    }
}

impl Operand {
    /// The value for a record; what cannot be converted is no value, which no comparison but “empty” accepts.
    pub(super) fn value<'v>(&'v self, seen: Seen<'v>) -> Cow<'v, Val> {
        match self {
            Self::Literal(value) => Cow::Borrowed(value),
            Self::Extract(path) => path.get(seen.record).unwrap_or(Cow::Owned(Val::Absent)),
            Self::Context(path) => path.get(seen.context).map_or(Cow::Owned(Val::Absent), Cow::Borrowed),
            Self::Call(function, inner) => Cow::Owned(function.of(&inner.value(seen))),
        }
    }
}

impl Function {
    /// The function of a value; no value stays none.
    fn of(self, value: &Val) -> Val {
        if matches!(value, Val::Absent | Val::Null) { Val::Absent } else { self.apply(value) }
    }

    fn apply(self, value: &Val) -> Val {
        let rounded = |round: fn(f64) -> f64| {
            as_number(value)
                .and_then(|number| number.as_f64())
                .map_or(Val::Absent, |float| number::from_f64(round(float)))
        };
        match self {
            Self::Text => Val::text(&value.display()),
            Self::LowerCase => Val::text(&value.display().to_lowercase()),
            Self::UpperCase => Val::text(&value.display().to_uppercase()),
            Self::Number => as_number(value).unwrap_or_default(),
            Self::Boolean => match value.as_str() {
                // As a mapping into a boolean reads them.
                Some(text) => Val::Bool(!matches!(text.trim().to_ascii_lowercase().as_str(), "" | "0" | "false")),
                None => Val::Bool(super::compare::is_truthy(value)),
            },
            Self::EpochTime => match value {
                Val::Str(text) => date::epoch_ms(text).map_or(Val::Absent, Val::Int),
                other => as_number(other).unwrap_or_default(),
            },
            Self::Ceiling => rounded(f64::ceil),
            Self::Floor => rounded(f64::floor),
            Self::Absolute => rounded(f64::abs),
        }
    }
}

fn as_number(value: &Val) -> Option<Val> {
    match value {
        Val::Str(text) => number::parse(text),
        Val::Bool(flag) => Some(Val::Int(i64::from(*flag))),
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => Some(value.clone()),
        _ => None,
    }
}
