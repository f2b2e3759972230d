//! The comparisons of filters, on values as JavaScript would compare them.

use std::cmp::Ordering;

use tombolo_model::Val;

use crate::mapper::number;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equals,
    NotEquals,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    StartsWith,
    EndsWith,
    Contains,
    DoesNotContain,
    Empty,
    NotEmpty,
    Matches,
    AnyOf,
}

const NAMES: [(&str, Operator); 16] = [
    ("equals", Operator::Equals),
    ("notequals", Operator::NotEquals),
    ("greaterthan", Operator::Greater),
    ("greaterthanequals", Operator::GreaterOrEqual),
    ("lessthan", Operator::Less),
    ("lessthanequals", Operator::LessOrEqual),
    ("startswith", Operator::StartsWith),
    ("endswith", Operator::EndsWith),
    ("contains", Operator::Contains),
    ("doesnotcontain", Operator::DoesNotContain),
    ("empty", Operator::Empty),
    ("isempty", Operator::Empty),
    ("notempty", Operator::NotEmpty),
    ("isnotempty", Operator::NotEmpty),
    ("matches", Operator::Matches),
    ("anyof", Operator::AnyOf),
];

impl Operator {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(have, _)| *have == name).map(|(_, operator)| *operator)
    }

    pub(super) fn is_unary(self) -> bool {
        matches!(self, Self::Empty | Self::NotEmpty)
    }

    pub(super) fn holds(self, left: &Val, right: &Val) -> bool {
        match self {
            Self::Equals => equal(left, right),
            Self::NotEquals => !equal(left, right),
            Self::Greater => order(left, right).is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
            Self::Less => order(left, right).is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
            Self::StartsWith => left.display().starts_with(&*right.display()),
            Self::EndsWith => left.display().ends_with(&*right.display()),
            Self::Contains => contains(left, right),
            Self::DoesNotContain => !contains(left, right),
            Self::Empty => is_empty(left),
            Self::NotEmpty => !is_empty(left),
            Self::AnyOf => match (left, right) {
                (Val::List(have), Val::List(wanted)) => {
                    have.iter().any(|one| wanted.iter().any(|item| equal(one, item)))
                }
                (one, Val::List(wanted)) => wanted.iter().any(|item| equal(one, item)),
                _ => false,
            },
            // Compiled with its pattern.
            Self::Matches => false,
        }
    }
}

pub(super) fn is_truthy(value: &Val) -> bool {
    match value {
        Val::Absent | Val::Null => false,
        Val::Bool(flag) => *flag,
        Val::Str(text) => !text.is_empty(),
        Val::List(_) | Val::Map(_) => true,
        other => other.as_f64().is_some_and(|number| number != 0.0),
    }
}

fn is_empty(value: &Val) -> bool {
    match value {
        Val::List(items) => items.is_empty(),
        Val::Map(record) => record.is_empty(),
        other => other.is_empty(),
    }
}

fn contains(left: &Val, right: &Val) -> bool {
    match left {
        Val::List(items) => items.iter().any(|item| equal(item, right)),
        other => other.display().contains(&*right.display()),
    }
}

fn equal(left: &Val, right: &Val) -> bool {
    match (left, right) {
        (Val::Absent | Val::Null, Val::Absent | Val::Null) => true,
        // A field that is not there equals the empty text, as it is entered beside “is not”.
        (Val::Absent | Val::Null, other) | (other, Val::Absent | Val::Null) => other.is_empty(),
        (Val::Str(left), Val::Str(right)) => left == right,
        (Val::List(_) | Val::Map(_), _) | (_, Val::List(_) | Val::Map(_)) => left == right,
        (Val::Bool(left), Val::Bool(right)) => left == right,
        (Val::Bool(flag), Val::Str(text)) | (Val::Str(text), Val::Bool(flag))
            if matches!(&**text, "true" | "false") =>
        {
            (&**text == "true") == *flag
        }
        _ => order(left, right).is_some_and(Ordering::is_eq),
    }
}

/// Two texts compare by their characters, anything else as numbers; what is no number does not compare.
fn order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Str(left), Val::Str(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        (Val::Int(left), Val::Int(right)) => Some(left.cmp(right)),
        _ => as_number(left)?.partial_cmp(&as_number(right)?),
    }
}

fn as_number(value: &Val) -> Option<f64> {
    match value {
        Val::Str(text) => number::parse(text)?.as_f64(),
        Val::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_f64(),
    }
}
