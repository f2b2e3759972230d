//! What filters compare: fields, literals, settings, with casts and functions around them.

use std::borrow::Cow;

use serde_json::Value;
use tombolo_model::Val;

use crate::mapper::{date, number};
use crate::path::Path;

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Literal(Val),
    Extract(Path),
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
        ("extract", Some(path)) => Path::dotted(path).map(Operand::Extract).map_err(|error| format!("{error}.")),
        ("settings", Some(path)) => {
            let place = Path::dotted(path).map_err(|error| format!("{error}."))?;
            let settings = Val::from(settings);
            Ok(Operand::Literal(place.get(&settings).cloned().unwrap_or_default()))
        }
        _ => match FUNCTIONS.iter().find(|(have, _)| *have == name) {
            Some((_, function)) => {
                let inner = operand(argument, settings, depth + 1)?;
                Ok(Operand::Call(*function, Box::new(inner)))
            }
            None => Err(format!("There is no operator or function “{name}”.")),
        },
    }
}

impl Operand {
    /// The value for a record; what cannot be converted is no value, which no comparison but “empty” accepts.
    pub(super) fn value<'v>(&'v self, record: &'v Val) -> Cow<'v, Val> {
        match self {
            Self::Literal(value) => Cow::Borrowed(value),
            Self::Extract(path) => path.get(record).map_or(Cow::Owned(Val::Absent), Cow::Borrowed),
            Self::Call(function, inner) => {
                let inner = inner.value(record);
                if matches!(*inner, Val::Absent | Val::Null) {
                    return Cow::Owned(Val::Absent);
                }
                Cow::Owned(function.apply(&inner))
            }
        }
    }
}

impl Function {
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
                Some(text) => Val::Bool(!text.is_empty() && !text.eq_ignore_ascii_case("false")),
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
