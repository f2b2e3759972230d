//! Numbers for people, and the names of characters in HTML.

use tombolo_model::Val;

use super::{Args, Inline, Made, made, nothing};
use crate::js;

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "addCommas",
        arguments: "number",
        least: 1,
        help: "The number with commas between thousands.",
        example: ("{{addCommas record.price}}", "1,234.5"),
        run: add_commas,
    },
    Inline {
        name: "bytes",
        arguments: "number | text precision?",
        least: 1,
        help: "A count of bytes, or those of a text, in the unit that suits.",
        example: ("{{bytes 825399}}", "825.39 kB"),
        run: bytes,
    },
    Inline {
        name: "ordinalize",
        arguments: "number",
        least: 1,
        help: "The number as a place: 1st, 2nd, 3rd.",
        example: ("{{ordinalize 22}}", "22nd"),
        run: ordinalize,
    },
];

fn add_commas(args: &Args<'_>) -> Made {
    let Some(number) = args.number(0) else { return nothing() };
    let text = match args.get(0) {
        // Its own digits: what stands behind the point stays as it was written.
        Val::Str(text) if text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte)) => text.to_string(),
        _ => js::number_text(number),
    };
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let whole = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    let mut out = String::from(sign);
    for (at, digit) in digits[..whole].chars().enumerate() {
        if at > 0 && (whole - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(&digits[whole..]);
    made(out)
}

fn bytes(args: &Args<'_>) -> Made {
    const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    #[expect(clippy::cast_precision_loss, reason = "texts are shorter than that")]
    let number = match args.get(0) {
        Val::Absent | Val::Null => 0.0,
        value => js::numeric(value).unwrap_or_else(|| js::text(value).len() as f64),
    };
    let precision = 10_f64.powi(args.count(1).unwrap_or(2).min(20).try_into().unwrap_or(2));
    let mut made_of = (number, UNITS[0]);
    let mut size = 1.0;
    for unit in UNITS {
        if size <= number {
            made_of = ((number * precision / size).floor() / precision, unit);
        }
        size *= 1000.0;
    }
    made(format!("{} {}", js::number_text(made_of.0), made_of.1))
}

fn ordinalize(args: &Args<'_>) -> Made {
    let Some(number) = args.number(0) else { return made(args.text(0)) };
    let size = number.abs().trunc();
    let suffix = match (size % 100.0, size % 10.0) {
        (teen, _) if (11.0..=13.0).contains(&teen) => "th",
        (_, 1.0) => "st",
        (_, 2.0) => "nd",
        (_, 3.0) => "rd",
        _ => "th",
    };
    made(format!("{}{suffix}", js::number_text(number)))
}

/// The names of the characters 160 to 255, in order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro \
para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute \
Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN \
szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve \
oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

const OTHERS: [(&str, char); 20] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("bull", '•'),
    ("hellip", '…'),
    ("euro", '€'),
    ("trade", '™'),
    ("minus", '−'),
];

/// The text with the names and numbers of characters replaced by these; what is none stays.
pub(super) fn html_decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        // No name is longer.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    let latin = || {
        let place = LATIN.split(' ').position(|have| have == name)?;
        char::from_u32(160 + u32::try_from(place).ok()?)
    };
    OTHERS.iter().find(|(have, _)| *have == name).map(|(_, character)| *character).or_else(latin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helpers::checks;

    #[test]
    fn every_latin_name_has_its_character() {
        assert_eq!(LATIN.split(' ').count(), 96);
        assert_eq!((entity("yuml"), entity("times"), entity("szlig")), (Some('ÿ'), Some('×'), Some('ß')));
    }

    #[test]
    fn numbers_are_written_for_people() {
        checks::all(
            r#"{"none":null,"text":"héllo"}"#,
            &[
                (
                    "{{addCommas 45200000}} {{addCommas \"-1234.50\"}} {{addCommas 999}} {{addCommas \"x\"}}|",
                    "45,200,000 -1,234.50 999 |",
                ),
                ("{{addCommas none}}|{{addCommas \"1e21\"}}", "|1e+21"),
                (
                    "{{bytes 0}} {{bytes 999}} {{bytes 1000}} {{bytes 1500000 0}} {{bytes \"2048\"}}",
                    "0 B 999 B 1 kB 1 MB 2.04 kB",
                ),
                ("{{bytes none}} {{bytes text}} {{bytes 998}} {{bytes 12345 3}}", "0 B 6 B 998 B 12.345 kB"),
                (
                    "{{ordinalize 1}} {{ordinalize 11}} {{ordinalize 112}} {{ordinalize 103}} {{ordinalize \"21\"}} {{ordinalize \"x\"}}",
                    "1st 11th 112th 103rd 21st x",
                ),
            ],
        );
    }
}
