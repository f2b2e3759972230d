//! Dates and times. Without a zone they are in UTC; a text that names no offset is read as UTC.

use tombolo_model::{Val, excerpt};

use super::{Args, Inline, Made, made, nothing};
use crate::js;
use crate::moment::{INVALID, Zone, format, iso, parse};

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "dateFormat",
        arguments: "format date inputFormat? zone?",
        least: 2,
        help: "The date in a format of moment's tokens, in a zone.",
        example: ("{{dateFormat \"MM-DD-YYYY hh:mm A\" record.date}}", "03-26-2025 12:34 PM"),
        run: |args| match time(args, 1, 2)? {
            Time::Missing => nothing(),
            Time::Invalid => made(INVALID),
            Time::At(ms) => made(format(ms, &args.text(0), zone(args, 3)?)),
        },
    },
    Inline {
        name: "dateAdd",
        arguments: "date milliseconds? zone?",
        least: 1,
        help: "The date so many milliseconds later, or earlier, in ISO 8601.",
        example: ("{{dateAdd record.date \"86400000\"}}", "2025-03-27T12:34:56.000Z"),
        run: date_add,
    },
    Inline {
        name: "timestamp",
        arguments: "format? zone?",
        least: 0,
        help: "The time now, in ISO 8601 or in a format of moment's tokens, in a zone.",
        example: ("{{timestamp \"YYYY-MM-DD HH:mm\" \"Europe/Paris\"}}", "2025-04-20 19:38"),
        run: |args| {
            let zone = zone(args, 1)?;
            made(match args.optional(0) {
                Some(pattern) => format(args.env.now_ms, &pattern, zone),
                None => iso(args.env.now_ms, zone),
            })
        },
    },
];

enum Time {
    Missing,
    Invalid,
    At(i64),
}

fn zone(args: &Args<'_>, at: usize) -> Result<Zone, String> {
    args.optional(at).map_or(Ok(Zone::UTC), |name| Zone::named(&name).map_err(|error| error.to_string()))
}

#[expect(clippy::unnecessary_wraps, reason = "a pattern may come to be refused")]
fn time(args: &Args<'_>, at: usize, pattern: usize) -> Result<Time, String> {
    let value = args.get(at);
    let text = js::text(value);
    if text.trim_matches(js::is_space).is_empty() {
        return Ok(Time::Missing);
    }
    let pattern = args.optional(pattern);
    // A number, also one of as many digits in a text, counts milliseconds.
    let counted = matches!(value, Val::Int(_) | Val::Uint(_) | Val::Float(_))
        || (text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()));
    let ms = match (&pattern, js::numeric(value)) {
        #[expect(clippy::cast_possible_truncation, reason = "beyond the range is no date")]
        (None, Some(number)) if counted => Some(number as i64),
        _ => parse(&text, pattern.as_deref(), Zone::UTC, args.env.now_ms),
    };
    Ok(ms.map_or(Time::Invalid, Time::At))
}

fn date_add(args: &Args<'_>) -> Made {
    let zone = zone(args, 2)?;
    let ms = match time(args, 0, usize::MAX)? {
        Time::Missing => return nothing(),
        Time::Invalid => return made(INVALID),
        Time::At(ms) => ms,
    };
    let offset = match (args.number(1), args.get(1).is_empty()) {
        #[expect(clippy::cast_possible_truncation, reason = "beyond the range is no date")]
        (Some(offset), _) => offset as i64,
        (None, true) => 0,
        (None, false) => return Err(format!("“{}” is not a number of milliseconds", excerpt(&args.text(1)))),
    };
    made(ms.checked_add(offset).map_or(INVALID.to_owned(), |ms| iso(ms, zone)))
}

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn dates_are_formatted_added_to_and_taken_from_the_clock() {
        checks::all(
            r#"{"d":"2025-03-26T12:34:56Z","n":1743000000000,"none":null,"us":"03/26/2025"}"#,
            &[
                ("{{dateFormat \"YYYY-MM-DD HH:mm Z\" d \"\" \"US/Eastern\"}}", "2025-03-26 08:34 -04:00"),
                (
                    "{{dateFormat \"D.M.YY\" us \"MM/DD/YYYY\"}} {{dateFormat \"x\" n}} {{dateFormat \"X\" \"1743000000000\"}}",
                    "26.3.25 1743000000000 1743000000",
                ),
                (
                    "{{dateFormat \"YYYY\" none}}|{{dateFormat \"YYYY\" missing}}|{{dateFormat \"YYYY\" \"soon\"}}",
                    "||Invalid date",
                ),
                ("{{dateFormat \"YYYY\" d \"\" \"Mars/Base\"}}", "!Mars/Base"),
                (
                    "{{{dateAdd d}}} {{{dateAdd d \"-1000\" \"Asia/Tokyo\"}}}",
                    "2025-03-26T12:34:56.000Z 2025-03-26T21:34:55.000+09:00",
                ),
                ("{{dateAdd none 5}}|{{dateAdd \"x\"}}", "|Invalid date"),
                ("{{dateAdd d \"soon\"}}", "!“soon”"),
                (
                    "{{{timestamp}}} {{{timestamp \"\" \"UTC\"}}} {{{timestamp \"\" \"Europe/Paris\"}}}",
                    "2025-04-20T17:38:20.123Z 2025-04-20T17:38:20.123Z 2025-04-20T19:38:20.123+02:00",
                ),
                ("{{timestamp \"YYYYMMDDHHmmssSSS\"}}", "20250420173820123"),
            ],
        );
    }
}
