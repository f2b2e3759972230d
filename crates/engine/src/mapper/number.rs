//! Numbers from texts, as JavaScript reads them.

use tombolo_model::Val;

/// Reads a decimal number; blanks around it are allowed, anything else in it is not.
pub(crate) fn parse(text: &str) -> Option<Val> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // Rust also reads "inf", "nan" and "infinity".
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if let Ok(number) = text.parse::<i64>() {
            return Some(Val::Int(number));
        }
        if let Ok(number) = text.parse::<u64>() {
            return Some(Val::Uint(number));
        }
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite()).map(from_f64)
}

/// A float as a value: whole when it is, no value when it is not finite.
pub(crate) fn from_f64(float: f64) -> Val {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !float.is_finite() {
        return Val::Absent;
    }
    if float.fract() == 0.0 && float.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        return Val::Int(float as i64);
    }
    Val::Float(float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_read_as_numbers() {
        assert_eq!(parse(" 12 "), Some(Val::Int(12)));
        assert_eq!(parse("-1.50"), Some(Val::Float(-1.5)));
        assert_eq!(parse("18446744073709551615"), Some(Val::Uint(u64::MAX)));
        assert_eq!(["1e3", "1.0", "-0.0"].map(parse), [1000, 1, 0].map(|whole| Some(Val::Int(whole))));
        for wrong in ["", "inf", "NaN", "1,000", "12px", "0x10", "-"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
