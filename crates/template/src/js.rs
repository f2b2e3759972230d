//! JavaScript's rules for values: what a value prints, when it is true, when two are equal.
//!
//! Templates behave as handlebars.js does, and handlebars.js leaves these questions to its language.

use std::borrow::Cow;
use std::cmp::Ordering;

use tombolo_model::{Record, Val};

/// Beyond this size not every whole number has a float of its own.
const SAFE: f64 = 9_007_199_254_740_992.0;

/// White space as `\s` and `trim` know it.
pub(crate) fn is_space(character: char) -> bool {
    matches!(
        character,
        '\t'..='\r'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}

/// The value as a text: lists become comma lists, objects `[object Object]`, no value nothing.
pub(crate) fn text(value: &Val) -> Cow<'_, str> {
    match value {
        Val::List(items) => {
            let parts: Vec<_> = items.iter().map(text).collect();
            parts.join(",").into()
        }
        Val::Map(_) if value.as_hidden().is_none() => "[object Object]".into(),
        other => other.display(),
    }
}

/// A number as JavaScript prints it.
pub(crate) fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        Val::Float(number).display().into_owned()
    }
}

/// A number as a value; what is no number is a text.
pub(crate) fn number(number: f64) -> Val {
    if !number.is_finite() {
        return Val::text(&number_text(number));
    }
    if number.fract() == 0.0 && number.abs() < SAFE {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        return Val::Int(number as i64);
    }
    Val::Float(number)
}

/// A count as a value.
pub(crate) fn count(count: usize) -> Val {
    i64::try_from(count).map_or(Val::Uint(u64::MAX), Val::Int)
}

/// `Number(value)`.
pub(crate) fn to_number(value: &Val) -> f64 {
    match value {
        Val::Absent | Val::Map(_) => f64::NAN,
        Val::Null => 0.0,
        Val::Bool(flag) => f64::from(u8::from(*flag)),
        Val::Str(text) => text_to_number(text),
        Val::List(_) => text_to_number(&text(value)),
        number => number.as_f64().unwrap_or(f64::NAN),
    }
}

fn text_to_number(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return 0.0;
    }
    let radix = |prefix: [&str; 2], radix| {
        let digits = text.strip_prefix(prefix[0]).or_else(|| text.strip_prefix(prefix[1]))?;
        #[expect(clippy::cast_precision_loss, reason = "as in JavaScript")]
        u64::from_str_radix(digits, radix).ok().map(|number| number as f64)
    };
    if let Some(number) = radix(["0x", "0X"], 16).or_else(|| radix(["0o", "0O"], 8)).or_else(|| radix(["0b", "0B"], 2))
    {
        return number;
    }
    match text {
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        text if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

/// The number that a value is or that its text spells; nothing for anything else.
pub(crate) fn numeric(value: &Val) -> Option<f64> {
    let number = match value {
        Val::Str(text) if !text.trim_matches(is_space).is_empty() => text_to_number(text),
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => to_number(value),
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// Whether an `if` of the language takes it for true: an empty list is true.
pub(crate) fn truthy(value: &Val) -> bool {
    match value {
        Val::Absent | Val::Null => false,
        Val::Bool(flag) => *flag,
        Val::Int(number) => *number != 0,
        Val::Uint(number) => *number != 0,
        Val::Float(number) => *number != 0.0,
        Val::Str(text) => !text.is_empty(),
        Val::List(_) | Val::Map(_) => true,
    }
}

/// `typeof`, with `array` for lists.
pub(crate) fn type_of(value: &Val) -> &'static str {
    match value {
        Val::Absent => "undefined",
        Val::Null | Val::Map(_) => "object",
        Val::Bool(_) => "boolean",
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => "number",
        Val::Str(_) => "string",
        Val::List(_) => "array",
    }
}

fn is_number(value: &Val) -> bool {
    matches!(value, Val::Int(_) | Val::Uint(_) | Val::Float(_))
}

#[expect(clippy::float_cmp, reason = "JavaScript compares them exactly")]
fn same_number(left: f64, right: f64) -> bool {
    left == right
}

/// `===`. Lists and objects are equal to nothing but themselves.
pub(crate) fn strict_eq(left: &Val, right: &Val) -> bool {
    match (left, right) {
        (Val::List(_) | Val::Map(_), _) => std::ptr::eq(left, right),
        (left, right) if is_number(left) && is_number(right) => same_number(to_number(left), to_number(right)),
        (left, right) => left == right,
    }
}

/// `==`.
pub(crate) fn loose_eq(left: &Val, right: &Val) -> bool {
    let nothing = |value: &Val| matches!(value, Val::Absent | Val::Null);
    let object = |value: &Val| matches!(value, Val::List(_) | Val::Map(_));
    match (left, right) {
        (left, right) if nothing(left) || nothing(right) => nothing(left) && nothing(right),
        (left, right) if object(left) && object(right) => std::ptr::eq(left, right),
        (Val::Str(left), Val::Str(right)) => left == right,
        (Val::Str(left), right) if object(right) => **left == *text(right),
        (left, Val::Str(right)) if object(left) => *text(left) == **right,
        (left, right) => same_number(to_number(left), to_number(right)),
    }
}

/// How two values stand to each other for `<` and its kin; nothing when one is no number.
pub(crate) fn order(left: &Val, right: &Val) -> Option<Ordering> {
    let texts = |value: &Val| matches!(value, Val::Str(_) | Val::List(_) | Val::Map(_));
    if texts(left) && texts(right) {
        return Some(text(left).encode_utf16().cmp(text(right).encode_utf16()));
    }
    to_number(left).partial_cmp(&to_number(right))
}

/// A property of its own that a value has. What it would inherit is not there, as in handlebars.js since 4.6.
pub(crate) fn own<'v>(value: &'v Val, name: &str) -> Option<Cow<'v, Val>> {
    match value {
        Val::Map(record) => record.get(name).map(Cow::Borrowed),
        Val::List(items) => match name {
            "length" => Some(Cow::Owned(count(items.len()))),
            name => items.get(index(name)?).map(Cow::Borrowed),
        },
        Val::Str(text) => match name {
            "length" => Some(Cow::Owned(count(utf16_len(text)))),
            name => {
                let at = index(name)?;
                (at < utf16_len(text)).then(|| Cow::Owned(Val::text(&utf16_slice(text, at, at + 1))))
            }
        },
        _ => None,
    }
}

/// The place that a canonical index names: `0`, `12`, never `01`.
pub(crate) fn index(name: &str) -> Option<usize> {
    let canonical = name == "0" || (!name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit()));
    let number: u32 = canonical.then(|| name.parse().ok()).flatten()?;
    usize::try_from(number).ok().filter(|_| number != u32::MAX)
}

/// The fields in the order of `Object.keys`: indexes by size, then names as they came.
pub(crate) fn entries(record: &Record) -> Vec<(&str, &Val)> {
    let mut entries: Vec<_> = record.iter().collect();
    if entries.iter().any(|(name, _)| index(name).is_some()) {
        entries.sort_by_key(|(name, _)| index(name).unwrap_or(usize::MAX));
    }
    entries
}

/// `text.length`.
pub(crate) fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// `text.slice(from, to)` for `from <= to <= length`; half a character becomes a replacement character.
pub(crate) fn utf16_slice(text: &str, from: usize, to: usize) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.get(from..to).unwrap_or_default().into();
    }
    let units: Vec<u16> = text.encode_utf16().skip(from).take(to.saturating_sub(from)).collect();
    String::from_utf16_lossy(&units).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn val(json: &str) -> Val {
        Val::parse(json.as_bytes(), &mut tombolo_model::KeyPool::default()).unwrap()
    }

    #[test]
    fn values_print_as_in_javascript() {
        for (json, want) in
            [("[1,null,[2,3],\"a\"]", "1,,2,3,a"), ("{\"a\":1}", "[object Object]"), ("1e21", "1e+21"), ("null", "")]
        {
            assert_eq!(text(&val(json)), want);
        }
    }

    #[test]
    fn equality_and_order_are_those_of_javascript() {
        for (left, right, loose, strict) in [
            ("5", "\"5\"", true, false),
            ("null", "0", false, false),
            ("true", "\"1\"", true, false),
            ("[1]", "\"1\"", true, false),
            ("1", "1.0", true, true),
            ("{}", "{}", false, false),
            ("\"\"", "0", true, false),
        ] {
            let (left, right) = (val(left), val(right));
            assert_eq!((loose_eq(&left, &right), strict_eq(&left, &right)), (loose, strict), "{left:?} {right:?}");
        }
        assert_eq!(order(&val("\"10\""), &val("\"9\"")), Some(Ordering::Less));
        assert_eq!(order(&val("\"10\""), &val("9")), Some(Ordering::Greater));
        assert_eq!(order(&val("\"a\""), &val("9")), None);
    }

    #[test]
    fn keys_that_are_indexes_come_first() {
        let Val::Map(record) = val(r#"{"b":1,"10":2,"2":3,"01":4}"#) else { panic!("an object") };
        let names: Vec<_> = entries(&record).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["2", "10", "b", "01"]);
    }
}
