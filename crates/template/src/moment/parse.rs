//! A text to a time, by a pattern: as forgiving as moment.js is without its strict mode.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};

use super::tokens::{DAYS, MONTHS, Token, long, tokens};
use super::week::Week;
use super::{Zone, iso};

/// What the text says of the time.
#[derive(Default)]
struct Read {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    week: Week,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    ms: Option<i64>,
    afternoon: Option<bool>,
    offset: Option<i32>,
    whole_ms: Option<i64>,
    /// Whether anything was found at all.
    any: bool,
}

/// A time stands within so many bytes of a text.
pub(super) const LONGEST: usize = 4096;

pub(super) fn parse(text: &str, pattern: &str, zone: Zone, now_ms: i64) -> Option<i64> {
    let mut read = Read::default();
    // Each token of a pattern may look at all that is left.
    let mut rest = &text[..text.floor_char_boundary(LONGEST)];
    read.tokens(pattern, &mut rest)?;
    read.finish(zone, now_ms)
}

impl Read {
    fn tokens(&mut self, pattern: &str, rest: &mut &str) -> Option<()> {
        for token in tokens(pattern) {
            match token {
                Token::Literal(text) => skip(rest, text),
                Token::Plain(token) => match long(token) {
                    Some(pattern) => self.tokens(pattern, rest)?,
                    None => {
                        let before = rest.len();
                        self.token(token, rest)?;
                        self.any |= rest.len() < before && token.starts_with(|first: char| first.is_ascii_alphabetic());
                    }
                },
            }
        }
        Some(())
    }

    /// Reads one token; none when what stands there cannot be meant.
    fn token(&mut self, token: &str, rest: &mut &str) -> Option<()> {
        let two = |rest: &mut &str| number(rest, 1, 2);
        match token {
            "M" | "MM" | "Mo" => self.month = two(rest).or(self.month),
            "MMM" | "MMMM" => self.month = Some(name(rest, &MONTHS)? + 1),
            "D" | "DD" | "Do" => self.day = two(rest).or(self.day),
            "DDD" | "DDDD" | "DDDo" => self.day_of_year = number(rest, 1, 3).or(self.day_of_year),
            "Q" => self.month = number(rest, 1, 1).map(|quarter| quarter.saturating_sub(1) * 3 + 1).or(self.month),
            "YY" => self.year = number(rest, 1, 2).map(century).or(self.year),
            "YYYY" | "YYYYY" | "YYYYYY" | "Y" => {
                let digits = digits(rest, 1, if token == "YYYY" { 4 } else { 6 });
                let short = digits.is_some_and(|digits| digits.len() == 2);
                let year: Option<u32> = digits.and_then(|digits| digits.parse().ok());
                let year = year.and_then(|year| if short { Some(century(year)) } else { i32::try_from(year).ok() });
                self.year = year.or(self.year);
            }
            "Z" | "ZZ" => self.offset = offset(rest).or(self.offset),
            "X" | "x" => {
                let seconds = token == "X";
                let text = timestamp(rest)?;
                #[expect(clippy::cast_possible_truncation, reason = "a time beyond the range is no date")]
                let ms = (text.parse::<f64>().ok()? * if seconds { 1000.0 } else { 1.0 }).round() as i64;
                self.whole_ms = Some(ms);
            }
            _ => return self.of_week(token, rest),
        }
        Some(())
    }

    fn of_week(&mut self, token: &str, rest: &mut &str) -> Option<()> {
        let two = |rest: &mut &str| number(rest, 1, 2);
        let year = |rest: &mut &str, digits: usize| number(rest, 1, digits).and_then(|year| i32::try_from(year).ok());
        let week = &mut self.week;
        match token {
            "dd" | "ddd" | "dddd" => week.weekday = weekday(rest)?.or(week.weekday),
            "d" => week.weekday = two(rest).or(week.weekday),
            "e" => week.day = two(rest).or(week.day),
            "E" => week.iso_day = two(rest).or(week.iso_day),
            "w" | "ww" => week.week = two(rest).or(week.week),
            "W" | "WW" => week.iso_week = two(rest).or(week.iso_week),
            "gg" => week.year = two(rest).map(century).or(week.year),
            "GG" => week.iso_year = two(rest).map(century).or(week.iso_year),
            "gggg" => week.year = year(rest, 4).or(week.year),
            "GGGG" => week.iso_year = year(rest, 4).or(week.iso_year),
            "ggggg" => week.year = year(rest, 6).or(week.year),
            "GGGGG" => week.iso_year = year(rest, 6).or(week.iso_year),
            _ => return self.clock(token, rest),
        }
        Some(())
    }

    fn clock(&mut self, token: &str, rest: &mut &str) -> Option<()> {
        let two = |rest: &mut &str| number(rest, 1, 2).map(i64::from);
        match token {
            "H" | "HH" | "h" | "hh" => self.hour = two(rest).or(self.hour),
            "k" | "kk" => self.hour = two(rest).map(|hour| hour % 24).or(self.hour),
            "m" | "mm" => self.minute = two(rest).or(self.minute),
            "s" | "ss" => self.second = two(rest).or(self.second),
            "Hmm" | "hmm" | "Hmmss" | "hmmss" => {
                let seconds = token.len() > 3;
                let digits = digits(rest, if seconds { 5 } else { 3 }, if seconds { 6 } else { 4 })?;
                let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<i64>().ok());
                let hour = digits.len() - if seconds { 4 } else { 2 };
                self.hour = part(0, hour);
                self.minute = part(hour, hour + 2);
                self.second = if seconds { part(hour + 2, hour + 4) } else { self.second };
            }
            "a" | "A" => {
                let at = rest.find(['a', 'A', 'p', 'P']);
                if let Some(at) = at {
                    self.afternoon = Some(rest[at..].starts_with(['p', 'P']));
                    *rest = rest[at + 1..].trim_start_matches(['.', 'm', 'M']);
                }
            }
            fraction if fraction.starts_with('S') => {
                let digits = digits(rest, 1, if fraction.len() > 3 { 9 } else { 3 })?;
                let padded: String = digits.chars().chain("000".chars()).take(3).collect();
                self.ms = padded.parse().ok();
            }
            text => skip(rest, text),
        }
        Some(())
    }

    fn finish(self, zone: Zone, now_ms: i64) -> Option<i64> {
        if !self.any {
            return None;
        }
        if self.whole_ms.is_some() {
            return self.whole_ms;
        }
        let ms = self.day_ms()?;
        // Whatever it says of the day of the week has to be so.
        let says = self.week.weekday;
        let date = self
            .date(zone, now_ms)
            .filter(|date| says.is_none_or(|day| date.weekday().num_days_from_sunday() == day))?;
        let local = iso::local(date.year(), date.month(), date.day(), ms)?;
        match self.offset {
            Some(offset) => Some(local.and_utc().timestamp_millis() - i64::from(offset) * 1000),
            None => zone.utc_of(local),
        }
    }

    fn day_ms(&self) -> Option<i64> {
        let hour = self.hour.unwrap_or(0);
        let hour = match self.afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        let (minute, second, ms) = (self.minute.unwrap_or(0), self.second.unwrap_or(0), self.ms.unwrap_or(0));
        let all = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
        (minute < 60 && second < 60 && (hour < 24 || all == 86_400_000)).then_some(all)
    }

    /// The date; what stands before the biggest part that is named is today's, what stands behind it the first.
    fn date(&self, zone: Zone, now_ms: i64) -> Option<NaiveDate> {
        let utc = DateTime::from_timestamp_millis(now_ms)?.naive_utc();
        let today = utc.checked_add_signed(TimeDelta::seconds(zone.at(utc).0.into()))?.date();
        if !self.week.is_empty() && self.month.is_none() && self.day.is_none() {
            return self.week.date(self.year, today);
        }
        let year = self.year;
        if let Some(day) = self.day_of_year {
            return NaiveDate::from_yo_opt(year.unwrap_or(today.year()), day);
        }
        let month = self.month.or(if year.is_none() { Some(today.month()) } else { None });
        let whole = year.is_none() && self.month.is_none();
        let day = self.day.or(if whole { Some(today.day()) } else { None });
        NaiveDate::from_ymd_opt(year.unwrap_or(today.year()), month.unwrap_or(1), day.unwrap_or(1))
    }
}

fn century(year: u32) -> i32 {
    let year = i32::try_from(year % 100).unwrap_or_default();
    year + if year > 68 { 1900 } else { 2000 }
}

/// Goes on behind a text, if it is there.
fn skip(rest: &mut &str, text: &str) {
    if let Some(at) = rest.find(text) {
        *rest = &rest[at + text.len()..];
    }
}

/// The next run of digits, of at most so many.
fn digits<'t>(rest: &mut &'t str, least: usize, most: usize) -> Option<&'t str> {
    let text = *rest;
    let mut from = 0;
    loop {
        from += text[from..].find(|character: char| character.is_ascii_digit())?;
        // No more of them are looked at: a text may be nothing but digits, and be read by as many tokens.
        let run = text[from..].bytes().take(most).take_while(u8::is_ascii_digit).count();
        if run >= least {
            let end = from + run.min(most);
            *rest = &text[end..];
            return Some(&text[from..end]);
        }
        from += run;
    }
}

fn number(rest: &mut &str, least: usize, most: usize) -> Option<u32> {
    digits(rest, least, most)?.parse().ok()
}

/// The place of a name, whole or by its first three letters, wherever it stands next.
fn name(rest: &mut &str, names: &[&str]) -> Option<u32> {
    let lower = rest.to_ascii_lowercase();
    let mut best: Option<(usize, usize, usize)> = None;
    for (place, name) in names.iter().enumerate() {
        let name = name.to_ascii_lowercase();
        let short = &name[..3];
        if let Some(at) = lower.find(short) {
            let length = if lower[at..].starts_with(&name) { name.len() } else { 3 };
            if best.is_none_or(|(found, ..)| at < found) {
                best = Some((at, length, place));
            }
        }
    }
    let (at, length, place) = best?;
    *rest = &rest[at + length..];
    u32::try_from(place).ok()
}

/// The day that the next word begins with the name of, from Sunday; none where there is no word, and none at all where it
/// is another.
fn weekday(rest: &mut &str) -> Option<Option<u32>> {
    let Some(from) = rest.find(char::is_alphabetic) else { return Some(None) };
    let word = &rest[from..];
    let length = word.find(|character: char| !character.is_alphabetic()).unwrap_or(word.len());
    let begins = word.get(..2)?;
    let day = DAYS.iter().position(|name| name[..2].eq_ignore_ascii_case(begins))?;
    *rest = &word[length..];
    u32::try_from(day).ok().map(Some)
}

fn offset(rest: &mut &str) -> Option<i32> {
    let at = rest.find(['Z', 'z', '+', '-'])?;
    let text = &rest[at..];
    for length in [6, 5, 3, 1] {
        if let Some(offset) = text.get(..length).and_then(iso::offset) {
            *rest = &text[length..];
            return Some(offset);
        }
    }
    None
}

fn timestamp<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let text = *rest;
    let from = text.find(|character: char| character.is_ascii_digit() || matches!(character, '+' | '-'))?;
    let length = text[from..]
        .bytes()
        .enumerate()
        .take_while(|(at, byte)| byte.is_ascii_digit() || *byte == b'.' || (*at == 0 && matches!(byte, b'+' | b'-')))
        .count();
    *rest = &text[from + length..];
    Some(&text[from..from + length])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment;

    /// 2025-04-20T17:38:20.123Z.
    const NOW: i64 = 1_745_170_700_123;

    #[test]
    fn dates_are_read_by_their_pattern() {
        for (text, pattern, want) in [
            ("03/26/2025", "MM/DD/YYYY", "2025-03-26T00:00:00.000Z"),
            ("26-3-25 1:05 pm", "D-M-YY h:mm a", "2025-03-26T13:05:00.000Z"),
            ("20250326133456", "YYYYMMDDHHmmss", "2025-03-26T13:34:56.000Z"),
            ("March 26th, 2025", "MMMM Do, YYYY", "2025-03-26T00:00:00.000Z"),
            ("Wed 26 mar 2025", "ddd D MMM YYYY", "2025-03-26T00:00:00.000Z"),
            ("1743000000", "X", "2025-03-26T14:40:00.000Z"),
            ("1743000000123", "x", "2025-03-26T14:40:00.123Z"),
            ("2025-03-26T10:00:00.5+02:00", "YYYY-MM-DDTHH:mm:ss.SSSZ", "2025-03-26T08:00:00.500Z"),
            ("2025 085", "YYYY DDDD", "2025-03-26T00:00:00.000Z"),
            ("10:30", "HH:mm", "2025-04-20T10:30:00.000Z"),
            ("12:00 AM", "hh:mm A", "2025-04-20T00:00:00.000Z"),
            ("2025", "YYYY", "2025-01-01T00:00:00.000Z"),
            ("03/26", "MM/DD", "2025-03-26T00:00:00.000Z"),
            ("945", "Hmm", "2025-04-20T09:45:00.000Z"),
            ("at 2025/3/26", "[at] YYYY/M/D", "2025-03-26T00:00:00.000Z"),
            ("69-01-01", "YYYY-MM-DD", "1969-01-01T00:00:00.000Z"),
        ] {
            let read = parse(text, pattern, Zone::UTC, NOW).map(|ms| moment::iso(ms, Zone::UTC));
            assert_eq!(read.as_deref(), Some(want), "{text} {pattern}");
        }
    }

    /// What moment.js 2.30.1 makes of them.
    #[test]
    fn weeks_and_days_of_them_are_read_by_either_custom() {
        for (text, pattern, want) in [
            ("2025-13-3", "gggg-ww-e", "2025-03-26"),
            ("2025-01-0", "gggg-ww-e", "2024-12-29"),
            ("25-13", "gg-ww", "2025-03-23"),
            ("2025-13-3", "YYYY-ww-d", "2025-03-26"),
            ("2025-13 Wednesday", "gggg-ww dddd", "2025-03-26"),
            ("2025-13 Su", "gggg-ww dd", "2025-03-23"),
            ("2025", "gggg", "2025-04-20"),
            ("13", "ww", "2025-03-23"),
            ("3", "d", "2025-04-23"),
            ("Wed 10:00", "ddd HH:mm", "2025-04-23T10:00"),
            ("2025 We", "YYYY dd", "2025-04-23"),
            ("2025-W13-3", "GGGG-[W]WW-E", "2025-03-26"),
            ("2020-W53-7", "GGGG-[W]WW-E", "2021-01-03"),
            ("2025-W13", "YYYY-[W]W", "2025-03-24"),
            ("2025", "GGGG", "2024-12-30"),
            ("5", "E", "2025-01-03"),
            ("2025-03 3", "YYYY-MM e", "2025-03-01"),
            ("2025-100-13-3", "YYYY-DDD-ww-e", "2025-03-26"),
            ("2025-13", "gggg-wo", "2025-04-20"),
        ] {
            let read = parse(text, pattern, Zone::UTC, NOW).map(|ms| moment::iso(ms, Zone::UTC)).unwrap_or_default();
            assert!(read.starts_with(want), "{text} {pattern}: {read}");
        }
        for (text, pattern) in [
            ("2025-13-7", "gggg-ww-e"),
            ("2024-53", "gggg-ww"),
            ("00", "ww"),
            ("7", "d"),
            ("2025-W13-8", "GGGG-[W]WW-E"),
            ("2021-W53-7", "GGGG-[W]WW-E"),
            ("Foo", "ddd"),
            ("Mon 26 mar 2025", "ddd D MMM YYYY"),
            ("2025 W13 Wed", "GGGG [W]WW ddd"),
        ] {
            assert_eq!(parse(text, pattern, Zone::UTC, NOW), None, "{text} {pattern}");
        }
    }

    #[test]
    fn what_does_not_fit_the_calendar_is_no_date() {
        for (text, pattern) in
            [("02/30/2025", "MM/DD/YYYY"), ("13", "MM"), ("x", "YYYY"), ("25:00", "HH:mm"), ("Foo", "MMM")]
        {
            assert_eq!(parse(text, pattern, Zone::UTC, NOW), None, "{text} {pattern}");
        }
    }
}
