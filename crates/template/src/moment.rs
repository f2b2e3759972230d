//! Dates by the tokens of moment.js and the zones of IANA: the same in templates, mappings and file names.
//!
//! Reads no clock: who asks brings the time. Zones come from the program's own table, never from the machine.

mod format;
mod iso;
mod parse;
mod tokens;
mod week;

use chrono::{DateTime, FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};
use tombolo_model::excerpt;

/// What is printed for a date that is none, as moment.js does.
pub const INVALID: &str = "Invalid date";

/// A time zone: an IANA name or a fixed offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// With its rules through the years.
    Named(Tz),
    /// Always so far from UTC.
    Fixed(FixedOffset),
}

/// There is no such zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone “{text}”: use a name like Europe/Paris, UTC, or an offset like +02:00", text = excerpt(.0))]
pub struct UnknownZone(pub String);

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self::Named(Tz::UTC);

    /// Finds a zone by its name, in whatever case, or by an offset.
    ///
    /// # Errors
    ///
    /// Returns [`UnknownZone`] when there is none.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let name = name.trim();
        if let Ok(zone) = name.parse() {
            return Ok(Self::Named(zone));
        }
        if let Some(zone) = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)) {
            return Ok(Self::Named(*zone));
        }
        let fixed = iso::offset(name).and_then(FixedOffset::east_opt);
        fixed.map(Self::Fixed).ok_or_else(|| UnknownZone(name.to_owned()))
    }

    /// How far the zone is from UTC at a time, in seconds, and its short name then.
    fn at(self, utc: NaiveDateTime) -> (i32, String) {
        match self {
            Self::Named(zone) => {
                let offset = zone.offset_from_utc_datetime(&utc);
                let seconds = offset.fix().local_minus_utc();
                (seconds, offset.abbreviation().map_or_else(|| numeric(seconds), ToOwned::to_owned))
            }
            Self::Fixed(offset) => (offset.local_minus_utc(), String::new()),
        }
    }

    /// The time at which clocks of the zone show this; the first of two, and an hour later where it is skipped.
    fn utc_of(self, local: NaiveDateTime) -> Option<i64> {
        let offset = match self {
            Self::Fixed(offset) => offset.local_minus_utc(),
            Self::Named(zone) => match zone.offset_from_local_datetime(&local) {
                MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                    offset.fix().local_minus_utc()
                }
                MappedLocalTime::None => self.at(local.checked_sub_signed(TimeDelta::days(1))?).0,
            },
        };
        let utc = local.checked_sub_signed(TimeDelta::seconds(offset.into()))?;
        Some(utc.and_utc().timestamp_millis())
    }
}

/// The short name of a zone that has no letters: `+11`, `-0930`.
fn numeric(seconds: i32) -> String {
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let sign = if seconds < 0 { '-' } else { '+' };
    if minutes == 0 { format!("{sign}{hours:02}") } else { format!("{sign}{hours:02}{minutes:02}") }
}

/// Writes a time by a pattern of moment's tokens.
#[must_use]
pub fn format(ms: i64, pattern: &str, zone: Zone) -> String {
    format::format(ms, pattern, zone)
}

/// Reads a date: by a pattern, or else as ISO 8601, RFC 2822 or one of the usual ways to write dates.
///
/// A text that names no offset is in `zone`; what it leaves out, as in `10:30`, is taken from `now_ms`.
#[must_use]
pub fn parse(text: &str, pattern: Option<&str>, zone: Zone, now_ms: i64) -> Option<i64> {
    match pattern {
        Some(pattern) => parse::parse(text, pattern, zone, now_ms),
        None => iso::parse(text, zone),
    }
}

/// Writes a time as `2026-11-24T04:00:00.000Z`, with the offset of another zone than UTC.
#[must_use]
pub fn iso(ms: i64, zone: Zone) -> String {
    let utc = DateTime::from_timestamp_millis(ms).is_some_and(|time| zone.at(time.naive_utc()).0 == 0);
    format(ms, if utc { "YYYY-MM-DDTHH:mm:ss.SSS[Z]" } else { "YYYY-MM-DDTHH:mm:ss.SSSZ" }, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_found_by_name_in_any_case_or_by_offset() {
        for (name, want) in
            [("europe/paris", "+02:00"), ("US/Eastern", "-04:00"), ("+05:30", "+05:30"), ("utc", "+00:00")]
        {
            assert_eq!(format(1_752_000_000_000, "Z", Zone::named(name).unwrap()), want, "{name}");
        }
        assert!(Zone::named("Europe/Atlantis").unwrap_err().to_string().contains("Atlantis"));
    }

    #[test]
    fn clocks_that_are_put_forward_or_back_are_read() {
        let zone = Zone::named("Europe/Paris").unwrap();
        for (text, want) in [
            ("2025-03-30 02:30", "2025-03-30T03:30:00.000+02:00"),
            ("2025-10-26 02:30", "2025-10-26T02:30:00.000+02:00"),
            ("2025-10-26 03:30", "2025-10-26T03:30:00.000+01:00"),
        ] {
            assert_eq!(iso(parse(text, None, zone, 0).unwrap(), zone), want, "{text}");
        }
    }

    #[test]
    fn a_text_of_nothing_but_digits_is_read_at_once() {
        let (text, pattern) = ("1".repeat(1_000_000), "YYYY MMM ".repeat(20_000));
        assert_eq!(parse(&text, Some(&pattern), Zone::UTC, 0), None);
        let far = format!("{}2020", " ".repeat(5_000));
        assert_eq!(parse(&far, Some("YYYY"), Zone::UTC, 0), None, "no time stands so far behind");
    }
}
