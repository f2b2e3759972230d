//! Numbers as JavaScript writes them: `1` and not `1.0`, `0` for minus zero, `1e+21`.
//!
//! A value that goes through a template, a script and a file is spelt the same in all of them.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// Floats below this are whole exactly when they look whole (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The whole number that a float is.
#[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
pub(super) fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
}

/// A float as JavaScript prints it: `1`, `0.5`, `1e+21`, `1e-7`.
pub(super) fn float_text(float: f64) -> String {
    let size = float.abs();
    if float == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&size) {
        return format!("{float}");
    }
    let text = format!("{float:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text,
    }
}

/// Writes JSON as another one does, but for its numbers.
#[derive(Debug, Clone)]
pub(super) struct JsNumbers<F>(pub(super) F);

impl<F: Formatter> Formatter for JsNumbers<F> {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(float_text(value).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{KeyPool, Val, to_js_json};

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (text, want) in [
            ("1.0", "1"),
            ("1e3", "1000"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0.10", "0.1"),
            ("1e20", "100000000000000000000"),
            ("123456789012345680000", "123456789012345680000"),
            ("1e21", "1e+21"),
            ("1E-6", "0.000001"),
            ("15e-8", "1.5e-7"),
            ("9007199254740993", "9007199254740993"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            let read = Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap();
            assert_eq!(read.to_json(), want, "{text}");
            assert_eq!(to_js_json(&vec![&read]), format!("[{want}]"), "{text}");
            assert_eq!(Val::parse(want.as_bytes(), &mut KeyPool::default()).unwrap(), read, "{text}");
            if !want.contains('e') {
                assert_eq!(read.display(), want, "{text}");
            }
        }
        assert_eq!(Value::from(&Val::Float(2.0)).to_string(), "2");
        assert_eq!(Val::List(vec![Val::Float(1e20)]).to_pretty_json(), "[\n  100000000000000000000\n]");
        assert_eq!(Val::Float(2.0), json!(2));
    }
}
