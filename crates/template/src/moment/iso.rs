//! Dates without a pattern: ISO 8601, RFC 2822, and the ways of writing that people use.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

use super::Zone;
use super::parse::{LONGEST, parse as by_pattern};

pub(super) fn parse(text: &str, zone: Zone) -> Option<i64> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    iso(text, zone)
        .or_else(|| chrono::DateTime::parse_from_rfc2822(text).ok().map(|time| time.timestamp_millis()))
        .or_else(|| usual(text, zone))
}

/// ISO 8601, with and without its signs.
fn iso(text: &str, zone: Zone) -> Option<i64> {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim())),
        None => (text, None),
    };
    let date = date_of(date)?;
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        return zone.utc_of(date.and_hms_opt(0, 0, 0)?);
    };
    let end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, offset_text) = (rest[..end].trim(), &rest[end..]);
    let local = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::milliseconds(clock(time)?))?;
    match offset_text {
        "" => zone.utc_of(local),
        text => {
            let offset = offset(text)?;
            Some(local.and_utc().timestamp_millis() - i64::from(offset) * 1000)
        }
    }
}

/// An offset in seconds: `Z`, `+01`, `+0130`, `-01:30`.
pub(super) fn offset(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replacen(':', "", 1);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits[2..].parse().unwrap_or_default();
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn date_of(text: &str) -> Option<NaiveDate> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let signed = text.starts_with(['+', '-']);
    let (year, rest) = text.split_at_checked(if signed { 7 } else { 4 })?;
    if !digits(year.trim_start_matches(['+', '-'])) {
        return None;
    }
    let year: i32 = year.parse().ok()?;
    let extended = rest.starts_with('-');
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    if let Some(week) = rest.strip_prefix('W') {
        let (week, day) = week.split_at_checked(2)?;
        let day = day.strip_prefix('-').filter(|day| !day.is_empty()).unwrap_or(day);
        let day = if day.is_empty() { 1 } else { day.parse::<u8>().ok().filter(|day| (1..=7).contains(day))? };
        return NaiveDate::from_isoywd_opt(year, week.parse().ok()?, Weekday::try_from(day - 1).ok()?);
    }
    match rest.len() {
        0 if !extended => NaiveDate::from_ymd_opt(year, 1, 1),
        2 if digits(rest) && extended => NaiveDate::from_ymd_opt(year, rest.parse().ok()?, 1),
        3 if digits(rest) => NaiveDate::from_yo_opt(year, rest.parse().ok()?),
        4 if digits(rest) => NaiveDate::from_ymd_opt(year, rest[..2].parse().ok()?, rest[2..].parse().ok()?),
        5 => {
            let (month, day) = rest.split_once('-')?;
            (digits(month) && digits(day) && month.len() == 2)
                .then(|| NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?))?
        }
        _ => None,
    }
}

/// A time of day in milliseconds: `09`, `09:30`, `09:30:26`, `09:30:26.123`, `093026`.
fn clock(text: &str) -> Option<i64> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let whole = whole.replace(':', "");
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(&whole) || !digits(fraction) || !matches!(whole.len(), 2 | 4 | 6) {
        return None;
    }
    let part = |from: usize| whole.get(from..from + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    let (hour, minute, second) = (part(0)?, part(2)?, part(4)?);
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction.parse::<i64>().ok()?;
    (minute < 60 && second < 60 && (hour < 24 || ms == 86_400_000)).then_some(ms)
}

/// How people write dates, months first as in moment's English.
fn usual(text: &str, zone: Zone) -> Option<i64> {
    const PATTERNS: [&str; 6] = ["M/D/YYYY", "YYYY/M/D", "MMM D, YYYY", "MMM D YYYY", "D MMM YYYY", "ddd MMM D YYYY"];
    const TIMES: [&str; 5] = ["", " h:mm:ss A", " h:mm A", " HH:mm:ss", " HH:mm"];
    // Patterns forgive much, so the text must have the look of the pattern.
    let look = |text: &str| -> String {
        let mut look = String::new();
        for character in text.chars() {
            let kind = match character {
                character if character.is_ascii_digit() => '0',
                character if character.is_alphabetic() => 'a',
                other => other,
            };
            if !look.ends_with(kind) || !matches!(kind, '0' | 'a') {
                look.push(kind);
            }
        }
        look
    };
    let seen = look(text);
    for pattern in PATTERNS {
        for time in TIMES {
            let pattern = format!("{pattern}{time}");
            let sample = super::format(0, &pattern, Zone::UTC);
            if look(&sample) == seen
                && let Some(ms) = by_pattern(text, &pattern, zone, 0)
            {
                return Some(ms);
            }
        }
    }
    None
}

/// A local time from its parts; the day and month count from 1.
pub(super) fn local(year: i32, month: u32, day: u32, ms: i64) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(year, month, day)?.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::milliseconds(ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment;

    #[test]
    fn dates_without_a_pattern_are_read() {
        for (text, want) in [
            ("2013-02-08", "2013-02-08T00:00:00.000Z"),
            ("2013-02", "2013-02-01T00:00:00.000Z"),
            ("20130208", "2013-02-08T00:00:00.000Z"),
            ("2013-039", "2013-02-08T00:00:00.000Z"),
            ("2013-W06-5", "2013-02-08T00:00:00.000Z"),
            ("2013-02-08T09:30:26.123456+0700", "2013-02-08T02:30:26.123Z"),
            ("2013-02-08 24:00:00", "2013-02-09T00:00:00.000Z"),
            ("20130208T080910Z", "2013-02-08T08:09:10.000Z"),
            ("2013-02-08T09", "2013-02-08T09:00:00.000Z"),
            ("2013-02-08 09:30 -05:30", "2013-02-08T15:00:00.000Z"),
            ("Fri, 08 Feb 2013 09:30:26 +0000", "2013-02-08T09:30:26.000Z"),
            ("2/8/2013", "2013-02-08T00:00:00.000Z"),
            ("2013/02/08 13:05", "2013-02-08T13:05:00.000Z"),
            ("Feb 8, 2013 1:05 PM", "2013-02-08T13:05:00.000Z"),
            ("8 February 2013", "2013-02-08T00:00:00.000Z"),
        ] {
            let read = parse(text, Zone::UTC).map(|ms| moment::iso(ms, Zone::UTC));
            assert_eq!(read.as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "2013-13-01",
            "2013-02-30",
            "2013-02-08T25:00",
            "2013-W06-",
            "13/40/2013",
            "12",
            "2013-02-08T09:3",
        ] {
            assert_eq!(parse(text, Zone::UTC), None, "{text}");
        }
    }
}
