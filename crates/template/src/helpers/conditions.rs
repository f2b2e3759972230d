//! The conditions of blocks, which are also values: `{{#if (and a b)}}`.

use tombolo_model::{Val, excerpt};

use super::{Args, Inline};
use crate::js;
use crate::render::is_empty;

type Answer = Result<bool, String>;

/// The name of a question about a value, and the question.
type Test = (&'static str, fn(&Val) -> bool);

/// What `{{#some}}` asks of each item.
pub(super) const KINDS: [Test; 8] = [
    ("isTruthy", js::truthy),
    ("isFalsy", |value| !js::truthy(value)),
    ("isFalsey", |value| !js::truthy(value)),
    ("isArray", |value| matches!(value, Val::List(_))),
    ("isString", |value| matches!(value, Val::Str(_))),
    ("isObject", |value| matches!(value, Val::Map(_))),
    ("isNumber", |value| matches!(value, Val::Int(_) | Val::Uint(_) | Val::Float(_))),
    ("isBoolean", |value| matches!(value, Val::Bool(_))),
];

macro_rules! value {
    ($name:literal, $least:literal, $test:path) => {
        Inline {
            name: $name,
            arguments: "value …",
            least: $least,
            help: "The condition of the block, as a value.",
            example: ("", ""),
            run: |args| $test(args).map(Val::Bool),
        }
    };
}

pub(super) const AS_VALUES: &[Inline] = &[
    value!("and", 1, and),
    value!("or", 1, or),
    value!("neither", 1, neither),
    value!("not", 1, not),
    value!("compare", 2, compare),
    value!("contains", 2, contains),
    value!("inArray", 2, in_array),
    value!("some", 2, some),
    value!("startsWith", 2, starts_with),
    value!("isEmpty", 1, empty),
    value!("ifEven", 1, even),
];

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn truth(args: &Args<'_>) -> Answer {
    let value = args.get(0);
    let zero = matches!(js::numeric(value), Some(0.0)) && !matches!(value, Val::Str(_));
    Ok(if zero { args.hash.get("includeZero").is_some_and(js::truthy) } else { js::truthy(value) && !is_empty(value) })
}

pub(super) fn untruth(args: &Args<'_>) -> Answer {
    truth(args).map(|truth| !truth)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn and(args: &Args<'_>) -> Answer {
    Ok(args.values.iter().all(|value| js::truthy(value)))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn or(args: &Args<'_>) -> Answer {
    Ok(args.values.iter().any(|value| js::truthy(value)))
}

pub(super) fn neither(args: &Args<'_>) -> Answer {
    or(args).map(|any| !any)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn not(args: &Args<'_>) -> Answer {
    Ok(!js::truthy(args.get(0)))
}

pub(super) fn compare(args: &Args<'_>) -> Answer {
    // Two arguments are compared for being the same.
    let (left, operator, right) = match args.values {
        [_, _] => (args.get(0), "===".into(), args.get(1)),
        _ => (args.get(0), args.text(1), args.get(2)),
    };
    let order = || js::order(left, right);
    Ok(match &*operator {
        "==" => js::loose_eq(left, right),
        "!=" => !js::loose_eq(left, right),
        "===" => js::strict_eq(left, right),
        "!==" => !js::strict_eq(left, right),
        "<" => order().is_some_and(std::cmp::Ordering::is_lt),
        ">" => order().is_some_and(std::cmp::Ordering::is_gt),
        "<=" => order().is_some_and(std::cmp::Ordering::is_le),
        ">=" => order().is_some_and(std::cmp::Ordering::is_ge),
        other => {
            return Err(format!(
                "it compares with ==, ===, !=, !==, <, >, <= or >= and not with “{other}”",
                other = excerpt(&other)
            ));
        }
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn contains(args: &Args<'_>) -> Answer {
    let want = args.get(1);
    Ok(match args.get(0) {
        Val::List(items) => items.iter().any(|item| js::strict_eq(item, want)),
        Val::Str(text) => text.contains(&*args.text(1)),
        Val::Map(record) => record.get(&args.text(1)).is_some(),
        _ => false,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn in_array(args: &Args<'_>) -> Answer {
    Ok(args.list(0).is_some_and(|items| items.iter().any(|item| js::strict_eq(item, args.get(1)))))
}

pub(super) fn some(args: &Args<'_>) -> Answer {
    let name = args.text(1);
    let Some((_, test)) = KINDS.iter().find(|(kind, _)| *kind == name) else {
        let kinds: Vec<_> = KINDS.iter().map(|(kind, _)| *kind).collect();
        return Err(format!("it asks for one of {}, and not for “{name}”", kinds.join(", "), name = excerpt(&name)));
    };
    Ok(args.list(0).is_some_and(|items| items.iter().any(test)))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn starts_with(args: &Args<'_>) -> Answer {
    Ok(matches!(args.get(1), Val::Str(_)) && args.text(1).starts_with(&*args.text(0)))
}

/// An empty list or object, and everything that is neither.
#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn empty(args: &Args<'_>) -> Answer {
    Ok(match args.get(0) {
        Val::List(items) => items.is_empty(),
        Val::Map(record) => record.is_empty(),
        _ => true,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all conditions")]
pub(super) fn even(args: &Args<'_>) -> Answer {
    Ok(args.number(0).is_some_and(|number| number % 2.0 == 0.0))
}
