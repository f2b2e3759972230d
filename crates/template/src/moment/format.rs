//! A time to a text.

use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike};

use super::tokens::{DAYS, MONTHS, Token, long, tokens};
use super::week::english;
use super::{INVALID, Zone};

/// A time as the clocks of a zone show it.
struct Shown {
    ms: i64,
    local: NaiveDateTime,
    offset: i32,
    zone: String,
}

pub(super) fn format(ms: i64, pattern: &str, zone: Zone) -> String {
    let Some(time) = DateTime::from_timestamp_millis(ms) else { return INVALID.to_owned() };
    let utc = time.naive_utc();
    let (offset, name) = zone.at(utc);
    let Some(local) = utc.checked_add_signed(TimeDelta::seconds(offset.into())) else { return INVALID.to_owned() };
    let shown = Shown { ms, local, offset, zone: name };
    let pattern = if pattern.is_empty() { "YYYY-MM-DDTHH:mm:ssZ" } else { pattern };
    let mut out = String::new();
    shown.write(pattern, &mut out);
    out
}

impl Shown {
    fn write(&self, pattern: &str, out: &mut String) {
        for token in tokens(pattern) {
            match token {
                Token::Literal(text) => out.push_str(text),
                Token::Plain(token) => match long(token) {
                    Some(pattern) => self.write(pattern, out),
                    None => out.push_str(&self.day(token).or_else(|| self.time(token)).unwrap_or(token.to_owned())),
                },
            }
        }
    }

    /// What a token of the calendar prints.
    fn day(&self, token: &str) -> Option<String> {
        let date = self.local;
        let (year, month, day) = (date.year(), date.month(), date.day());
        let weekday = date.weekday().num_days_from_sunday();
        let day_name = DAYS[weekday as usize % 7];
        let month_name = MONTHS[date.month0() as usize % 12];
        let iso = date.iso_week();
        let (week_year, week) = english(date.date());
        Some(match token {
            "M" => month.to_string(),
            "Mo" => ordinal(month),
            "MM" => format!("{month:02}"),
            "MMM" => month_name[..3].to_owned(),
            "MMMM" => month_name.to_owned(),
            "Q" => (date.month0() / 3 + 1).to_string(),
            "Qo" => ordinal(date.month0() / 3 + 1),
            "D" => day.to_string(),
            "Do" => ordinal(day),
            "DD" => format!("{day:02}"),
            "DDD" => date.ordinal().to_string(),
            "DDDo" => ordinal(date.ordinal()),
            "DDDD" => format!("{:03}", date.ordinal()),
            "d" | "e" => weekday.to_string(),
            "do" => ordinal(weekday),
            "dd" => day_name[..2].to_owned(),
            "ddd" => day_name[..3].to_owned(),
            "dddd" => day_name.to_owned(),
            "E" => date.weekday().number_from_monday().to_string(),
            "w" => week.to_string(),
            "wo" => ordinal(week),
            "ww" => format!("{week:02}"),
            "W" => iso.week().to_string(),
            "Wo" => ordinal(iso.week()),
            "WW" => format!("{:02}", iso.week()),
            "Y" if year > 9999 => format!("+{year}"),
            "Y" | "YYYY" => signed(year, 4, false),
            "YY" => format!("{:02}", year.rem_euclid(100)),
            "YYYYY" => signed(year, 5, false),
            "YYYYYY" => signed(year, 6, true),
            "gg" => format!("{:02}", week_year.rem_euclid(100)),
            "gggg" => signed(week_year, 4, false),
            "ggggg" => signed(week_year, 5, false),
            "GG" => format!("{:02}", iso.year().rem_euclid(100)),
            "GGGG" => signed(iso.year(), 4, false),
            "GGGGG" => signed(iso.year(), 5, false),
            "N" | "NN" | "NNNNN" => if year > 0 { "AD" } else { "BC" }.to_owned(),
            _ => return None,
        })
    }

    /// What a token of the clock prints.
    fn time(&self, token: &str) -> Option<String> {
        let (hour, minute, second) = (self.local.hour(), self.local.minute(), self.local.second());
        let half = if hour % 12 == 0 { 12 } else { hour % 12 };
        Some(match token {
            "a" => if hour < 12 { "am" } else { "pm" }.to_owned(),
            "A" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            "H" => hour.to_string(),
            "HH" => format!("{hour:02}"),
            "h" => half.to_string(),
            "hh" => format!("{half:02}"),
            "k" => if hour == 0 { 24 } else { hour }.to_string(),
            "kk" => format!("{:02}", if hour == 0 { 24 } else { hour }),
            "hmm" => format!("{half}{minute:02}"),
            "hmmss" => format!("{half}{minute:02}{second:02}"),
            "Hmm" => format!("{hour}{minute:02}"),
            "Hmmss" => format!("{hour}{minute:02}{second:02}"),
            "m" => minute.to_string(),
            "mm" => format!("{minute:02}"),
            "s" => second.to_string(),
            "ss" => format!("{second:02}"),
            "x" => self.ms.to_string(),
            "X" => self.ms.div_euclid(1000).to_string(),
            "z" | "zz" => self.zone.clone(),
            "Z" => offset(self.offset, ":"),
            "ZZ" => offset(self.offset, ""),
            fraction if fraction.starts_with('S') => {
                let digits = format!("{:03}000000", self.ms.rem_euclid(1000));
                digits[..fraction.len().min(9)].to_owned()
            }
            _ => return None,
        })
    }
}

fn signed(year: i32, width: usize, plus: bool) -> String {
    let mut text = String::new();
    if year < 0 {
        text.push('-');
    } else if plus {
        text.push('+');
    }
    // Writing into memory does not fail.
    if write!(text, "{:0width$}", year.unsigned_abs()).is_err() {
        text.clear();
    }
    text
}

fn offset(seconds: i32, colon: &str) -> String {
    let minutes = seconds.abs() / 60;
    format!("{}{:02}{colon}{:02}", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

fn ordinal(number: u32) -> String {
    let suffix = match (number % 100 / 10, number % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ms: i64, zone: &str, rows: &[(&str, &str)]) {
        for (pattern, want) in rows {
            assert_eq!(format(ms, pattern, Zone::named(zone).unwrap()), *want, "{pattern}");
        }
    }

    #[test]
    fn every_token_prints_what_moment_prints() {
        // 2020-07-09T19:59:39.156Z
        check(
            1_594_324_779_156,
            "UTC",
            &[
                ("M Mo MM MMM MMMM", "7 7th 07 Jul July"),
                ("Q Qo D Do DD DDD DDDo DDDD", "3 3rd 9 9th 09 191 191st 191"),
                ("d do dd ddd dddd e E", "4 4th Th Thu Thursday 4 4"),
                ("w wo ww W Wo WW", "28 28th 28 28 28th 28"),
                ("YY YYYY YYYYY YYYYYY Y gg gggg GG GGGG", "20 2020 02020 +002020 2020 20 2020 20 2020"),
                ("A a H HH h hh k kk m mm s ss", "PM pm 19 19 7 07 19 19 59 59 39 39"),
                ("S SS SSS SSSS SSSSSSSSS", "1 15 156 1560 156000000"),
                ("Z ZZ z X x", "+00:00 +0000 UTC 1594324779 1594324779156"),
                ("L LL LLL", "07/09/2020 July 9, 2020 July 9, 2020 7:59 PM"),
                ("LLLL LT LTS", "Thursday, July 9, 2020 7:59 PM 7:59 PM 7:59:39 PM"),
                ("l ll lll llll", "7/9/2020 Jul 9, 2020 Jul 9, 2020 7:59 PM Thu, Jul 9, 2020 7:59 PM"),
                ("YYYY-MM-DD [at] HH:mm \\YYYY", "2020-07-09 at 19:59 YYYY"),
                ("hmm hmmss Hmm", "759 75939 1959"),
                ("", "2020-07-09T19:59:39+00:00"),
                ("[MM", "[07"),
            ],
        );
    }

    #[test]
    fn zones_and_the_edges_of_years_are_right() {
        check(1_594_324_779_156, "America/New_York", &[("YYYY-MM-DD HH:mm Z z", "2020-07-09 15:59 -04:00 EDT")]);
        check(1_594_324_779_156, "Australia/Lord_Howe", &[("z Z", "+1030 +10:30")]);
        check(1_594_324_779_156, "Asia/Kolkata", &[("DD HH:mm ZZ", "10 01:29 +0530")]);
        // 2024-12-31, a Tuesday whose week has the first of January.
        check(1_735_603_200_000, "UTC", &[("gggg ww GGGG WW DDDD", "2025 01 2025 01 366")]);
        // 2023-01-01, a Sunday.
        check(1_672_531_200_000, "UTC", &[("gggg ww GGGG WW E", "2023 01 2022 52 7")]);
        check(-62_135_596_800_000, "UTC", &[("YYYY-MM-DD", "0001-01-01")]);
        assert_eq!(format(i64::MAX, "YYYY", Zone::UTC), INVALID);
    }
}
